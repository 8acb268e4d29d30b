// 接口: the API calls that came in.

import { $, empty, h, pill, rove } from './dom.js';
import { look } from './api.js';
import { openTab, readDrawer, whileOpen } from './drawer.js';
import { drawDetail, drawRows, row, sheet } from './log.js';
import { notice } from './thread.js';
import { preciseTime } from './time.js';
import { codeName } from './words.js';

const SHOWN = 100;
let list = null;
let chosen = null;
let whole = null;

async function read() {
  const asked = { api: $('calls-api').value.trim(), errors: $('calls-errors').checked ? 'true' : '', brief: 'true', limit: SHOWN };
  list = await look('calls', asked);
  draw();
}

function draw() {
  if (openTab() !== 'calls') return;
  const entries = (list?.items ?? []).toReversed().map((one) => ({ key: String(one.n), about: [one, one.n === chosen], build: () => item(one) }));
  if (!list) entries.push(notice('wait', '正在读取…'));
  else if (!entries.length) entries.push(notice('none', $('calls-api').value || $('calls-errors').checked ? '没有符合条件的调用。' : '还没有人调用过接口。'));
  drawRows($('calls-list'), entries);
  drawDetail($('calls-detail'), [whole, chosen], detail);
}

function outcome(one) {
  if (one.errcode === 0) return pill('0', 'good');
  if (one.errcode !== null) return pill([one.errcode, codeName(one.errcode)].filter(Boolean).join(' '), 'bad');
  return pill(one.status === 599 ? '超时' : `HTTP ${one.status}`, 'bad');
}

function item(one) {
  return row(one, one.n === chosen, [
    h('span', { class: 'faint number' }, `#${one.n}`),
    h('span', { class: 'faint number' }, preciseTime(one.at)),
    h('span', { class: 'grow clip', title: one.api }, h('b', null, one.api), h('span', { class: 'faint' }, ` ${one.method}`)),
    one.fault && pill(`故障 ${one.fault}`, 'warn'),
    outcome(one),
  ], () => pick(one.n));
}

async function pick(n) {
  chosen = n;
  draw();
  const found = await look(`calls/${n}`).catch((error) => ({ lost: error.message }));
  if (chosen !== n) return;
  whole = { ...found, number: n };
  draw();
}

function detail() {
  if (!whole || whole.number !== chosen) return empty(chosen === null ? '选一条，看参数和请求体。密钥和 token 不在里面。' : '正在读取…');
  if (whole.lost) return empty(whole.lost);
  const body = whole.body === null ? '' : typeof whole.body === 'string' ? whole.body : JSON.stringify(whole.body, null, 2);
  return [
    h('div', { class: 'row wrap' }, h('b', null, whole.api), h('span', { class: 'faint' }, `${whole.method} · HTTP ${whole.status}`), outcome(whole), whole.fault && pill(`故障 ${whole.fault}`, 'warn')),
    Object.keys(whole.query).length > 0 && sheet('参数', JSON.stringify(whole.query, null, 2)),
    sheet('请求体', body, '没有请求体。'),
  ];
}

whileOpen('calls', read);
rove($('calls-list'));
$('calls-api').addEventListener('input', () => readDrawer(true));
$('calls-errors').addEventListener('change', () => readDrawer(true));
