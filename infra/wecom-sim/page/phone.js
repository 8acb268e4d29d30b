// The customers' phones.

import { $, askForm, avatar, control, h, paint, segment, shortTime } from './dom.js';
import { act, choose, customer, relationOf, staffName, store } from './app.js';

const WAYS = [['1', '扫描二维码'], ['2', '搜索手机号'], ['3', '名片分享'], ['4', '群聊'], ['16', '获客链接'], ['10', '视频号'], ['0', '未知来源']];
const VIA = { welcome: '欢迎语', sidebar: '侧边栏一键发送', staff: '' };

/** What stands between them, in a word; empty while all is well. */
export function condition(relation) {
  if (!relation) return '未添加';
  if (relation.customer_side === 'closed') return '客户已拉黑';
  if (relation.half) return '成员未通过';
  if (relation.staff_side === 'closed') return '成员已删除';
  return '';
}

export function drawPhone() {
  const { sim, chosen } = store;
  const people = sim.customers.map((one) => [one.external_userid, one.name]);
  paint($('customers'), [people, chosen.customer], () => people.length
    ? people.map(([id, name]) => h('button', { 'aria-current': id === chosen.customer, title: id, onclick: () => choose({ customer: id }) },
      avatar(name), h('span', { class: 'clip' }, name)))
    : h('div', { class: 'empty' }, '无客户'));

  const one = customer();
  const relation = relationOf(one, chosen.member);
  paint($('phone-head'), [one?.name, one?.external_userid, relation], () => one && [
    avatar(one.name),
    h('div', { class: 'grow' }, h('div', { class: 'clip' }, h('b', null, one.name)), h('div', { class: 'faint clip' }, one.external_userid)),
    h('div', { class: 'actions' },
      h('button', { onclick: add }, '添加成员'),
      h('button', { class: 'danger', disabled: !relation || relation.customer_side === 'closed', onclick: block }, '拉黑')),
  ]);

  const friends = (one?.relations ?? []).map((each) => [each.userid, staffName(each.userid), condition(each)]);
  paint($('members'), [friends, chosen.member], () => friends.map(([userid, name, state]) =>
    h('button', { role: 'tab', 'aria-selected': userid === chosen.member, onclick: () => choose({ member: userid }) },
      state ? `${name} · ${state}` : name)));

  drawChat(one, relation);
  const may_speak = relation && relation.customer_side === 'open' && (relation.half || relation.staff_side === 'open');
  for (const field of $('speak').elements) field.disabled = !may_speak;
}

function drawChat(one, relation) {
  const chat = $('chat');
  const messages = relation ? one.messages.filter((message) => message.userid === relation.userid) : [];
  const follows = chat.scrollTop + chat.clientHeight >= chat.scrollHeight - 40;
  const changed = paint(chat, [one?.external_userid, relation, messages, store.sim.staff.length], () => {
    if (!one) return h('div', { class: 'empty' }, '先建一位客户，再让 TA 添加成员。');
    if (!relation) return h('div', { class: 'empty' }, `${one.name} 还没有添加任何成员。`);
    const name = staffName(relation.userid);
    const lines = [
      h('div', { class: 'when' }, shortTime(relation.created_at)),
      h('div', { class: 'notice' }, relation.half ? `已添加 ${name}，等待对方通过` : `已添加 ${name}${relation.state ? `（渠道 ${relation.state}）` : ''}`),
    ];
    let earlier = 0;
    for (const message of messages) {
      const at = Date.parse(message.at);
      if (at - earlier > 300_000) lines.push(h('div', { class: 'when' }, shortTime(message.at)));
      earlier = at;
      lines.push(bubble(message, one, name));
    }
    const state = condition(relation);
    if (state && !relation.half) lines.push(h('div', { class: 'notice' }, state));
    return lines;
  });
  if (changed && follows) chat.scrollTop = chat.scrollHeight;
}

function bubble(message, one, name) {
  const mine = message.via === 'customer';
  return h('div', { class: mine ? 'bubble mine' : 'bubble' },
    avatar(mine ? one.name : name),
    h('div', null,
      h('div', { class: 'body' }, message.text,
        (message.attachments ?? []).map((part) => h('div', { class: 'attachment' }, describe(part)))),
      VIA[message.via] && h('div', { class: 'via' }, VIA[message.via])));
}

const KINDS = { image: '图片', link: '链接', miniprogram: '小程序', video: '视频', file: '文件' };

function describe(part) {
  const body = part[part.msgtype] ?? {};
  return [`[${KINDS[part.msgtype] ?? part.msgtype ?? '附件'}] `, body.title ?? body.url ?? body.media_id ?? ''];
}

function add() {
  const one = customer();
  const open = store.sim.staff.filter((each) => {
    const relation = relationOf(one, each.userid);
    return !relation || condition(relation);
  });
  if (!open.length) {
    act(async () => { throw new Error(store.sim.staff.length ? '所有成员都已是好友' : '先建一位成员'); });
    return;
  }
  const preferred = open.some((each) => each.userid === store.chosen.staff) ? store.chosen.staff : open[0].userid;
  askForm(`${one.name} 添加成员`, [
    { name: 'userid', label: '成员', options: open.map((each) => [each.userid, each.name]), value: preferred },
    { name: 'state', label: '渠道参数 state（可空）', placeholder: '例如 expo' },
    { name: 'add_way', label: '添加方式', options: WAYS },
    { name: 'half', label: '成员尚未通过（单向添加）', check: true },
  ], async (values) => {
    const body = { userid: values.userid, add_way: Number(values.add_way) };
    if (values.state) body.state = values.state;
    if (values.half) body.half = true;
    await control(`customers/${segment(one.external_userid)}/add`, body);
    choose({ member: values.userid });
  }, '添加');
}

function block() {
  const { customer: id, member: userid } = store.chosen;
  act(() => control(`customers/${segment(id)}/block`, { userid }), '已拉黑');
}

export function wirePhone() {
  $('speak').addEventListener('submit', (event) => {
    event.preventDefault();
    const field = $('speak-text');
    const text = field.value.trim();
    if (!text) return;
    field.value = '';
    const { customer: id, member: userid } = store.chosen;
    act(() => control(`customers/${segment(id)}/say`, { userid, text }));
  });
  $('new-customer').addEventListener('click', () => askForm('新客户', [
    { name: 'name', label: '微信昵称', placeholder: '例如 王女士' },
    { name: 'id', label: 'external_userid', value: `wm${Math.random().toString(36).slice(2, 12)}` },
  ], async (values) => {
    await control('customers', { external_userid: values.id, name: values.name || values.id });
    choose({ customer: values.id });
  }, '创建'));
}
