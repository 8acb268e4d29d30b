// 故障: trouble to order, and what is in force.

import { $, empty, h, pill } from './dom.js';
import { control, remove } from './api.js';
import { paint, paintList } from './paint.js';
import { act, draws, store } from './store.js';
import { notice } from './thread.js';
import { EVENTS, codeName } from './words.js';

/** Which fields of the form a kind of trouble needs. */
const KINDS = {
  errcode: ['api', 'code'], errcode_after: ['api', 'code'], timeout_before: ['api'], timeout_after: ['api'], http_status: ['api', 'status'], garbage: ['api'],
  drop: ['change'], duplicate: ['change'], delay: ['change', 'seconds'], reorder: ['change', 'seconds'],
};
const NAMES = {
  errcode: '返回错误码', errcode_after: '返回错误码，已生效', timeout_before: '超时，未生效', timeout_after: '超时，已生效', http_status: 'HTTP 状态', garbage: '返回乱码',
  drop: '丢失', duplicate: '重复', delay: '延迟', reorder: '乱序',
};

const form = $('fault-form');
const field = (name) => form.elements[name];

function showFields() {
  const needs = KINDS[field('kind').value];
  for (const label of form.querySelectorAll('[data-for]')) label.hidden = !needs.includes(label.dataset.for);
  const how = field('how').value;
  form.querySelector('[data-how=times]').hidden = how !== 'times';
  form.querySelector('[data-how=rate]').hidden = how !== 'rate';
}

function order() {
  const kind = field('kind').value;
  const needs = KINDS[kind];
  const body = {};
  if (needs.includes('api')) body.api = field('api').value.trim() || '*';
  if (needs.includes('code')) body[kind] = Number(field('code').value);
  else if (kind === 'http_status') body.http_status = Number(field('status').value);
  else if (needs.includes('change')) body.callbacks = kind;
  else body[kind] = true;
  if (needs.includes('change') && field('change').value) body.change = field('change').value;
  if (needs.includes('seconds') && field('seconds').value !== '') body.seconds = Number(field('seconds').value);
  if (field('how').value === 'times') body.times = Number(field('times').value);
  if (field('how').value === 'rate') body.rate = Number(field('rate').value) / 100;
  return body;
}

draws(() => {
  const { sim } = store;
  if (!sim) return;
  paint($('apis'), sim.apis, () => sim.apis.map((api) => h('option', { value: api })));
  const list = sim.faults ?? [];
  const entries = list.map((fault) => ({ key: String(fault.id), about: fault, build: () => item(fault) }));
  if (!entries.length) entries.push(notice('none', '没有故障，一切照常。'));
  paintList($('faults'), entries);
  $('faults-clear').disabled = !list.length;
});

/** [what, upon whom] of a fault, as the simulator writes it. */
function describe({ api, callbacks }) {
  if (api) {
    const [kind, value] = typeof api.trouble === 'string' ? [api.trouble, null] : Object.entries(api.trouble)[0];
    const name = value === null ? NAMES[kind] : [NAMES[kind], value, kind.startsWith('errcode') && codeName(value)].filter(Boolean).join(' ');
    return [name, api.api === '*' ? '所有接口' : api.api];
  }
  const [kind, value] = typeof callbacks.mischief === 'string' ? [callbacks.mischief, null] : Object.entries(callbacks.mischief)[0];
  return [`回调${NAMES[kind]}${value ? ` ${value.seconds} 秒` : ''}`, callbacks.change ? `${EVENTS[callbacks.change] ?? ''} ${callbacks.change}` : '所有回调'];
}

function item(fault) {
  const [what, whom] = describe(fault.target);
  const left = fault.left !== null ? `还有 ${fault.left} 次` : fault.rate !== null ? `概率 ${Math.round(fault.rate * 100)}%` : '直到移除';
  return h('div', { class: 'item row' },
    pill(what, 'bad'), h('span', { class: 'grow clip' }, whom),
    h('span', { class: 'faint' }, `${left} · 已发生 ${fault.strikes} 次`),
    h('button', { 'aria-label': `移除：${what} ${whom}`, onclick: () => act(() => remove(`faults/${fault.id}`), '已移除') }, '移除'));
}

field('change').append(...Object.entries(EVENTS).filter(([what]) => !what.includes('.')).map(([what, name]) => h('option', { value: what }, `${name} ${what}`)));
form.addEventListener('change', showFields);
form.addEventListener('submit', (event) => {
  event.preventDefault();
  act(() => control('faults', order()), '故障已打开');
});
$('faults-clear').addEventListener('click', () => act(() => remove('faults'), '已全部移除'));
showFields();
