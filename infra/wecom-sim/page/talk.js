// 聊天: the chosen customer, from the member's side.

import { $, avatar, h } from './dom.js';
import { control, segment } from './api.js';
import { paint, paintList } from './paint.js';
import { draws, phone, relationOf, staff, store } from './store.js';
import { drawThread, keepEnd, notice } from './thread.js';
import { draftFor, wireSpeaking } from './typing.js';
import { condition } from './words.js';

draws(() => {
  if (!store.sim) return;
  const { customer: id, staff: userid } = store.chosen;
  const one = phone();
  if (!one && id && store.sim.phone) return;
  const member = staff();
  const relation = member && relationOf(one, userid);
  const shown = relation && (relation.remark || one.name);
  paint($('talk-head'), [shown, one?.name, relation && condition(relation)], () => relation && [
    avatar(one.name, true), h('b', { class: 'clip' }, shown), h('span', { class: 'faint clip' }, shown === one.name ? '' : one.name),
  ]);
  const host = $('talk');
  if (!member) paintList(host, [notice('nobody', '先建一位成员。')]);
  else if (!one) paintList(host, [notice('none', '先选一位客户。')]);
  else if (!relation) paintList(host, [notice('stranger', `${one.name} 不是 ${member.name} 的客户。在“客户”里选一位，或让 ${one.name} 在左边添加 ${member.name}。`)]);
  else drawThread(host, { one, relation, mine: (message) => message.via !== 'customer' });

  const maySpeak = relation && !condition(relation);
  for (const field of $('reply').elements) field.disabled = !maySpeak;
  const field = $('reply-text');
  draftFor(field, `staff ${userid} ${id}`);
  field.placeholder = maySpeak ? `以 ${member.name} 的身份对 ${shown} 说…` : relation ? `不能发消息：${condition(relation)}` : '不是好友，不能发消息';
});

keepEnd($('talk'));
wireSpeaking($('reply'), $('reply-text'), (text) => {
  const { staff: userid, customer: id } = store.chosen;
  return control(`staff/${segment(userid)}/say`, { external_userid: id, text });
});
