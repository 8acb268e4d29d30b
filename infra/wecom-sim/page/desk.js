// A member's desk: what is due, what Stepwise told them, and the customers in their phone.

import { $, askForm, avatar, control, fullTime, h, paint, productPost, segment, shortTime } from './dom.js';
import { act, choose, customerName, staff, store } from './app.js';
import { condition } from './phone.js';

const KINDS = { touch: '触达', todo: '待办', follow_up: '跟进', urgent: '紧急' };

export function drawDesk() {
  const { sim, chosen } = store;
  const members = sim.staff.map((each) => [each.userid, each.name, each.licensed]);
  paint($('staff'), [members, chosen.staff], () => members.length
    ? members.map(([userid, name, licensed]) => h('button', { 'aria-pressed': userid === chosen.staff, title: userid, onclick: () => choose({ staff: userid, friend: null }) },
      avatar(name, true), name, !licensed && h('span', { class: 'pill warn' }, '未授权')))
    : h('span', { class: 'faint' }, '还没有成员'));

  const member = staff();
  const tasks = store.product.tasks;
  const inbox = member?.inbox ?? [];
  const friends = sim.customers.flatMap((one) => one.relations
    .filter((relation) => relation.userid === chosen.staff)
    .map((relation) => ({ one, relation })));
  $('count-tasks').textContent = tasks?.length || '';
  $('count-inbox').textContent = inbox.length || '';
  $('count-friends').textContent = friends.length || '';
  for (const tab of $('desk-tabs').children) tab.setAttribute('aria-selected', tab.dataset.tab === chosen.tab);

  const desk = $('desk');
  if (!member) paint(desk, 'nobody', () => h('div', { class: 'empty' }, '先建一位成员。'));
  else if (chosen.tab === 'inbox') paint(desk, ['inbox', inbox], () => drawInbox(inbox));
  else if (chosen.tab === 'friends') drawFriends(desk, friends);
  else paint(desk, ['tasks', tasks, sim.connected, chosen.staff], () => drawTasks(tasks));

  const talks = chosen.tab === 'friends' && friends.some(({ one }) => one.external_userid === chosen.friend);
  $('reply').hidden = !talks;
  if (talks) $('reply-text').placeholder = `以 ${member.name} 的身份对 ${customerName(chosen.friend)} 说…`;
}

function drawTasks(tasks) {
  if (tasks === null) return h('div', { class: 'empty' }, store.sim.connected ? '产品没有给出待办。' : '产品未连接，看不到待办。');
  if (!tasks.length) return h('div', { class: 'empty' }, '没有到期的待办。');
  return tasks.map((task) => {
    const id = task.customer?.id;
    const text = task.content?.text;
    return h('article', { class: task.overdue ? 'item late' : 'item' },
      h('div', { class: 'row' },
        h('span', { class: task.kind === 'urgent' ? 'pill bad' : 'pill blue' }, KINDS[task.kind] ?? task.kind ?? '任务'),
        h('span', { class: 'title grow clip' }, task.title || task.step || '待办'),
        task.overdue && h('span', { class: 'pill bad' }, '已逾期')),
      h('div', { class: 'faint' }, [
        task.customer?.name ?? id, task.sop?.name,
        task.due_at && `应于 ${shortTime(task.due_at)}`, task.until && `至 ${shortTime(task.until)}`,
      ].filter(Boolean).join(' · ')),
      text && h('div', { class: 'quote' }, text),
      h('div', { class: 'row end' },
        id && h('button', { class: 'plain', onclick: () => choose({ customer: id, member: store.chosen.staff }) }, '看客户'),
        h('button', { onclick: () => skip(task) }, '跳过'),
        finish(task)));
  });
}

/** A touch goes to the customer; what a todo says is for the member alone, who reports it done. */
function finish(task) {
  if (task.kind !== 'touch') return h('button', { class: 'primary', onclick: (event) => complete(event.target, task) }, '完成');
  const ready = task.content?.text && task.customer?.id;
  return h('button', { class: 'primary', disabled: !ready, onclick: (event) => send(event.target, task) }, '一键发送');
}

function complete(button, task) {
  button.disabled = true;
  const path = `/api/v1/tasks/${segment(task.id)}/sent?userid=${segment(store.chosen.staff)}`;
  act(() => productPost(path, { evidence: 'staff_marked' }), '已完成').finally(() => { button.disabled = false; });
}

function send(button, task) {
  button.disabled = true;
  const { staff: userid } = store.chosen;
  const id = task.customer.id;
  act(async () => {
    await control(`staff/${segment(userid)}/send`, { external_userid: id, task: task.id });
    // the phone on the left shows it arrive
    choose({ customer: id, member: userid });
  }, '已发送').finally(() => { button.disabled = false; });
}

function skip(task) {
  const userid = store.chosen.staff;
  askForm('跳过这一条', [
    { name: 'reason', label: '原因', options: [['已电话沟通', '已电话沟通'], ['时机不合适', '时机不合适'], ['客户已成交', '客户已成交'], ['', '其他（写在下面）']] },
    { name: 'other', label: '其他原因', placeholder: '可空' },
  ], async (values) => {
    const reason = values.other || values.reason || '其他';
    await productPost(`/api/v1/tasks/${segment(task.id)}/skip?userid=${segment(userid)}`, { reason });
    await act(async () => {}, '已跳过');
  }, '跳过');
}

function drawInbox(inbox) {
  if (!inbox.length) return h('div', { class: 'empty' }, 'Stepwise 还没有发来消息。');
  return inbox.toReversed().map((message) => h('article', { class: 'item' },
    h('div', { class: 'faint' }, fullTime(message.at)),
    message.card ? drawCard(message.card) : h('div', { class: 'quote' }, message.text ?? '')));
}

function drawCard(card) {
  const go = card.card_action?.url;
  return [
    card.source?.desc && h('span', { class: 'pill' }, card.source.desc),
    h('div', { class: 'title' }, card.main_title?.title ?? card.sub_title_text ?? '卡片'),
    card.main_title?.desc && h('div', { class: 'faint' }, card.main_title.desc),
    card.emphasis_content?.title && h('div', { class: 'row' }, h('b', null, card.emphasis_content.title), h('span', { class: 'faint' }, card.emphasis_content.desc ?? '')),
    card.main_title?.title && card.sub_title_text && h('div', { class: 'quote' }, card.sub_title_text),
    card.horizontal_content_list?.length && h('dl', { class: 'pairs' }, card.horizontal_content_list.map((pair) =>
      [h('dt', null, pair.keyname ?? ''), h('dd', null, pair.value ?? '')])),
    h('div', { class: 'row' }, (card.jump_list ?? []).filter((jump) => jump.url).map((jump) => link(jump.url, jump.title)), go && link(go, '打开')),
  ];
}

/** Only addresses of the web: a card may carry anything. */
function link(url, text) {
  return /^(https?:)?\//i.test(url) ? h('a', { href: url, target: '_blank', rel: 'noopener' }, text) : h('span', { class: 'faint' }, url);
}

function drawFriends(desk, friends) {
  const { chosen, sim } = store;
  const about = friends.map(({ one, relation }) => [one.external_userid, one.name, relation]);
  paint(desk, ['friends', about, chosen.friend, sim.tags], () => {
    if (!friends.length) return h('div', { class: 'empty' }, '通讯录里还没有客户。让一位客户在左边添加这位成员。');
    return friends.map(({ one, relation }) => {
      const open = one.external_userid === chosen.friend;
      const state = condition(relation);
      return [
        h('button', { class: 'friend', 'aria-expanded': open, onclick: () => choose(open ? { friend: null } : { friend: one.external_userid, customer: one.external_userid, member: relation.userid }) },
          avatar(one.name),
          h('span', { class: 'grow' }, h('span', { class: 'clip' }, relation.remark || one.name), h('span', { class: 'faint' }, ` ${shortTime(relation.created_at)} 添加`),
            h('span', { class: 'tags' }, relation.tags.map((tag) => h('span', { class: 'tag' }, tag.name)), relation.personal_tags.map((name) => h('span', { class: 'tag' }, `个人·${name}`)))),
          state && h('span', { class: 'pill warn' }, state)),
        open && h('div', { class: 'friend-detail' }, detail(one, relation)),
      ];
    });
  });
}

function detail(one, relation) {
  const id = one.external_userid;
  const userid = segment(relation.userid);
  const has = new Set(relation.tags.map((tag) => tag.id));
  const usable = relation.staff_side === 'open';
  const toggle = (tag) => act(() => control(`staff/${userid}/tag`, { external_userid: id, [has.has(tag.id) ? 'remove' : 'add']: [tag.id] }));
  return [
    store.sim.tags.map((group) => [
      h('h3', null, group.name),
      h('div', { class: 'tags' }, group.tags.map((tag) => h('button', { class: 'tag', 'aria-pressed': has.has(tag.id), disabled: !usable, onclick: () => toggle(tag) }, tag.name))),
    ]),
    h('div', { class: 'row end' },
      h('button', { class: 'plain', onclick: newTag }, '＋ 企业标签'),
      h('button', { disabled: !usable, onclick: () => askForm('改备注', [{ name: 'remark', label: '备注', value: relation.remark }], async ({ remark }) => {
        await control(`staff/${userid}/tag`, { external_userid: id, remark });
        await act(async () => {}, '已改备注');
      }) }, '改备注'),
      h('button', { class: 'danger', disabled: !usable, onclick: () => act(() => control(`staff/${userid}/delete`, { external_userid: id }), '已删除客户') }, '删除客户')),
  ];
}

function newTag() {
  const groups = store.sim.tags.map((group) => group.name).join('、');
  askForm('新建企业标签（管理后台）', [
    { name: 'group', label: '标签组', placeholder: groups || '例如 客户状态' },
    { name: 'name', label: '标签', placeholder: '例如 已报价' },
  ], async (values) => {
    await control('tags', values);
    await act(async () => {}, '已新建');
  }, '新建');
}

export function wireDesk() {
  $('desk-tabs').addEventListener('click', (event) => {
    const tab = event.target.closest('button')?.dataset.tab;
    if (tab) choose({ tab });
  });
  $('reply').addEventListener('submit', (event) => {
    event.preventDefault();
    const field = $('reply-text');
    const text = field.value.trim();
    if (!text) return;
    field.value = '';
    const { staff: userid, friend } = store.chosen;
    act(() => control(`staff/${segment(userid)}/say`, { external_userid: friend, text }));
  });
  $('new-staff').addEventListener('click', () => askForm('新成员', [
    { name: 'name', label: '姓名', placeholder: '例如 小李' },
    { name: 'userid', label: 'userid', placeholder: '例如 LiMing' },
  ], async (values) => {
    await control('staff', { userid: values.userid, name: values.name || values.userid });
    choose({ staff: values.userid });
  }, '创建'));
}
