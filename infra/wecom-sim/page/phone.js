// The customers' phones: who there is, whom they talk to, what they say.

import { $, avatar, h, rove, settleTabs } from './dom.js';
import { control, segment } from './api.js';
import { paint, paintList } from './paint.js';
import { act, choose, draws, phone, relationOf, staffName, store } from './store.js';
import { drawThread, keepEnd, notice } from './thread.js';
import { askAdd, askCustomer, askScan } from './adding.js';
import { draftFor, wireSearch, wireSpeaking } from './typing.js';
import { condition } from './words.js';

function drawPhone() {
  const { sim, chosen } = store;
  if (!sim) return;
  drawPeople();
  const one = phone();
  // what stands there stays until the next one's phone is read
  if (!one && chosen.customer && sim.phone) return;
  const relation = relationOf(one, chosen.member);
  drawHead(one, relation);
  drawMembers(one);

  const chat = $('chat');
  if (!sim.customers_total) paintList(chat, [notice('none', '还没有客户。点上面的“新客户”建一位，或在下方“人群”里生成一批。')]);
  else if (!one) paintList(chat, [notice('nobody', '没有找到这样的客户。')]);
  else if (!relation) paintList(chat, [notice('alone', sim.staff.length ? `${one.name} 还没有添加任何成员。点“添加成员”。` : '先在右边建一位成员，再让客户添加 TA。')]);
  else drawThread(chat, { one, relation, mine: (message) => message.via === 'customer' });

  const maySpeak = relation && relation.customer_side === 'open' && (relation.half || relation.staff_side === 'open');
  for (const field of $('speak').elements) field.disabled = !maySpeak;
  const field = $('speak-text');
  draftFor(field, `customer ${chosen.customer} ${chosen.member}`);
  field.placeholder = maySpeak ? `以 ${one.name} 的身份对 ${staffName(relation.userid)} 说…` : relation ? `不能发消息：${condition(relation)}` : '先添加一位成员';
}

function drawPeople() {
  const { sim, chosen } = store;
  const rail = $('customers');
  const mine = phone();
  const isListed = !mine || store.find.customers || sim.customers.some((one) => one.external_userid === chosen.customer);
  const entries = (isListed ? sim.customers : [mine, ...sim.customers]).map((one) => {
    const id = one.external_userid;
    const isChosen = id === chosen.customer;
    return { key: id, about: [one.name, isChosen], build: () => h('button', {
      'aria-current': isChosen, title: `${one.name}\n${id}`, onclick: () => choose({ customer: id }),
    }, avatar(one.name), h('span', { class: 'clip' }, one.name)) };
  });
  const more = sim.customers_found - sim.customers.length;
  if (!entries.length) entries.push(notice('none', store.find.customers ? '没有找到' : '无客户'));
  if (more > 0) entries.push(notice('more', `还有 ${more} 位，请搜索`));
  paintList(rail, entries);
  settleTabs(rail, (button) => button.getAttribute('aria-current') === 'true');
  $('count-customers').textContent = sim.customers_total ? `${sim.customers_total} 位` : '';
}

function drawHead(one, relation) {
  paint($('phone-head'), [one?.name, one?.external_userid, relation, store.sim.ways.length > 0], () => one && [
    avatar(one.name),
    h('div', { class: 'grow' }, h('div', { class: 'clip' }, h('b', { title: one.name }, one.name)), h('div', { class: 'faint clip', title: one.external_userid }, one.external_userid)),
    h('div', { class: 'actions' },
      h('button', { onclick: askAdd }, '添加成员'),
      store.sim.ways.length > 0 && h('button', { onclick: askScan }, '扫码'),
      h('button', { class: 'danger', disabled: !relation || relation.customer_side === 'closed', onclick: block }, '拉黑')),
  ]);
}

function drawMembers(one) {
  const { chosen } = store;
  const host = $('members');
  paintList(host, (one?.relations ?? []).map((relation) => {
    const { userid } = relation;
    const isChosen = userid === chosen.member;
    const text = [staffName(userid), condition(relation)].filter(Boolean).join(' · ');
    return { key: userid, about: [text, isChosen], build: () => h('button', {
      role: 'tab', 'aria-selected': isChosen, onclick: () => choose({ member: userid }),
    }, text) };
  }));
  settleTabs(host, (button) => button.getAttribute('aria-selected') === 'true');
}

function block() {
  const { customer: id, member: userid } = store.chosen;
  act(() => control(`customers/${segment(id)}/block`, { userid }), '已拉黑');
}

/** What the customer taps on is opened as their phone does. */
function openLink(event) {
  const url = event.target.closest?.('[data-url]')?.dataset.url;
  const { customer: id } = store.chosen;
  if (!url || !id) return;
  act(() => control(`customers/${segment(id)}/open`, { url }), (answer) => `已打开 ${answer.url}`);
}

draws(drawPhone);
keepEnd($('chat'));
rove($('customers'));
rove($('members'));
wireSearch($('find-customer'), 'customers');
wireSpeaking($('speak'), $('speak-text'), (text) => {
  const { customer: id, member: userid } = store.chosen;
  return control(`customers/${segment(id)}/say`, { userid, text });
});
$('new-customer').addEventListener('click', askCustomer);
$('chat').addEventListener('click', openLink);
