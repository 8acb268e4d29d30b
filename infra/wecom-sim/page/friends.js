// 客户: whom the member knows, and what the member notes about them.

import { $, avatar, h, pill } from './dom.js';
import { control, segment } from './api.js';
import { deskState } from './desk.js';
import { askForm } from './form.js';
import { paintList, startOver } from './paint.js';
import { act, choose, desk, draws, staffName, store } from './store.js';
import { notice } from './thread.js';
import { shortTime } from './time.js';
import { wireSearch } from './typing.js';
import { condition, wayName } from './words.js';

draws(() => {
  if (!store.sim) return;
  const host = $('friends');
  startOver(host, store.chosen.staff ?? '');
  const state = deskState();
  if (state) {
    paintList(host, [state]);
    return;
  }
  const mine = desk();
  const entries = mine.friends.map((one) => {
    const isOpen = one.external_userid === store.chosen.friend;
    const about = [one, isOpen, isOpen && store.sim.tags, isOpen && store.sim.staff.length];
    return { key: one.external_userid, about, build: () => item(one, isOpen) };
  });
  if (!entries.length) entries.push(notice('none', store.find.friends ? '没有找到这样的客户。' : '通讯录里还没有客户。让一位客户在左边添加这位成员。'));
  const more = mine.friends_found - mine.friends.length;
  if (more > 0) entries.push(notice('more', `还有 ${more} 位，请搜索。`));
  paintList(host, entries);
});

function item(one, isOpen) {
  const { relation } = one;
  const state = condition(relation);
  const toggle = () => choose(isOpen ? { friend: null } : { friend: one.external_userid, customer: one.external_userid, member: relation.userid });
  return h('div', { class: 'friend' },
    h('button', { class: 'head', 'aria-expanded': isOpen, onclick: toggle, 'data-keep': `friend ${one.external_userid}` },
      avatar(one.name),
      h('span', { class: 'grow' },
        h('span', { class: 'row' }, h('span', { class: 'clip', title: one.name }, relation.remark || one.name), h('span', { class: 'faint' }, `${shortTime(relation.created_at)} 添加`)),
        h('span', { class: 'tags' }, relation.tags.map((tag) => h('span', { class: 'tag' }, tag.name)), relation.personal_tags.map((name) => h('span', { class: 'tag own' }, name)))),
      state && pill(state, 'warn')),
    isOpen && h('div', { class: 'friend-detail' }, detail(one, relation)));
}

function detail(one, relation) {
  const id = one.external_userid;
  const usable = relation.staff_side === 'open';
  return [
    h('div', { class: 'faint' }, [`微信昵称 ${one.name}`, wayName(relation.add_way), relation.state && `渠道 ${relation.state}`, id].filter(Boolean).join(' · ')),
    corpTags(id, relation, usable),
    personalTags(id, relation, usable),
    h('div', { class: 'row end wrap' },
      h('button', { onclick: () => choose({ customer: id, member: relation.userid, tab: 'talk' }) }, '聊天'),
      h('button', { disabled: !usable, onclick: () => askRemark(id, relation) }, '改备注'),
      h('button', { disabled: !usable, onclick: () => askTransfer(one, relation) }, '转给同事'),
      h('button', { class: 'danger', disabled: !usable, onclick: () => askDelete(one, relation) }, '删除客户')),
  ];
}

const edit = (relation, id, change) => control(`staff/${segment(relation.userid)}/tag`, { external_userid: id, ...change });

function corpTags(id, relation, usable) {
  const has = new Set(relation.tags.map((tag) => tag.id));
  const toggle = (tag) => act(() => edit(relation, id, { [has.has(tag.id) ? 'remove' : 'add']: [tag.id] }));
  return [
    store.sim.tags.map((group) => h('div', { role: 'group', 'aria-label': group.name },
      h('h3', null, group.name),
      h('div', { class: 'tags' }, group.tags.map((tag) => h('button', { class: 'tag', 'aria-pressed': has.has(tag.id), disabled: !usable, onclick: () => toggle(tag) }, tag.name))))),
    !store.sim.tags.length && h('div', { class: 'faint' }, '还没有企业标签。'),
    h('button', { class: 'plain', onclick: askTag }, '＋ 企业标签'),
  ];
}

function personalTags(id, relation, usable) {
  const field = h('input', { placeholder: '新的个人标签', 'aria-label': '新的个人标签', disabled: !usable, autocomplete: 'off', 'data-keep': `personal ${id}` });
  return [
    h('h3', null, '个人标签（只有自己看得到）'),
    h('div', { class: 'tags' }, relation.personal_tags.map((name) => h('button', {
      class: 'tag own', title: '点击去掉', 'aria-label': `去掉个人标签 ${name}`, disabled: !usable, onclick: () => act(() => edit(relation, id, { remove_personal: [name] })),
    }, name, ' ×'))),
    h('form', { class: 'row tight', onsubmit: async (event) => {
      event.preventDefault();
      const name = field.value.trim();
      if (!name) return;
      field.value = '';
      if ((await act(() => edit(relation, id, { add_personal: [name] }))) === undefined) field.value = name;
    } }, field, h('button', { disabled: !usable }, '添加')),
  ];
}

function askRemark(id, relation) {
  askForm('改备注', [{ name: 'remark', label: '备注', value: relation.remark }], ({ remark }) => edit(relation, id, { remark }));
}

function askDelete(one, relation) {
  askForm(`删除客户“${relation.remark || one.name}”？`, [], () =>
    control(`staff/${segment(relation.userid)}/delete`, { external_userid: one.external_userid }), '删除');
}

function askTransfer(one, relation) {
  const colleagues = store.sim.staff.filter((each) => each.userid !== relation.userid && each.status === 'active');
  askForm(`把“${relation.remark || one.name}”转给同事`, [
    { name: 'to', label: '接替成员', options: colleagues.map((each) => [each.userid, each.licensed ? each.name : `${each.name}（未授权）`]) },
    { name: 'fail', label: '结果', options: [['', '接替成功'], ['customer_refused', '客户拒绝'], ['customer_limit_exceed', '接替成员的客户已满']] },
  ], async (values) => {
    if (!values.to) throw new Error('没有可以接替的同事');
    const body = { from: relation.userid, to: values.to, external_userid: [one.external_userid] };
    if (values.fail) body.fail = values.fail;
    const done = await control('transfer', body);
    const code = done.items[0]?.errcode;
    if (code === 40128) throw new Error('90 天内已经转过两次，不能再转（40128）');
    if (code) throw new Error(`不能转接（${code}），${staffName(relation.userid)} 已没有这位客户`);
  }, '转接');
}

function askTag() {
  const groups = store.sim.tags.map((group) => group.name).join('、');
  askForm('新建企业标签（管理后台）', [
    { name: 'group', label: '标签组', placeholder: groups || '例如 客户状态', hint: groups && `已有：${groups}` },
    { name: 'name', label: '标签', placeholder: '例如 已报价' },
  ], (values) => control('tags', values), '新建');
}

wireSearch($('find-friends'), 'friends');
