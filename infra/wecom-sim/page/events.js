// 事件: callbacks and ingested events, raw and in plain.

import { $, empty, h, pill, rove } from './dom.js';
import { look } from './api.js';
import { openTab, readDrawer, whileOpen } from './drawer.js';
import { drawDetail, drawRows, prettyJson, prettyXml, row, sheet } from './log.js';
import { notice } from './thread.js';
import { preciseTime } from './time.js';
import { EVENTS, FATES, isIngested } from './words.js';

const SHOWN = 100;
let list = null;
let chosen = null;
let whole = null;

async function read() {
  const asked = { what: $('events-what').value, fate: $('events-fate').value, limit: SHOWN };
  list = await look('deliveries', asked);
  draw();
  await readWhole();
}

async function readWhole() {
  const wanted = chosen;
  if (wanted === null) return;
  const found = await look(`deliveries/${wanted}`).catch((error) => ({ lost: error.message }));
  if (chosen !== wanted) return;
  whole = { ...found, number: wanted };
  draw();
}

function draw() {
  if (openTab() !== 'events') return;
  const entries = (list?.items ?? []).toReversed().map((one) => ({ key: String(one.n), about: [one, one.n === chosen], build: () => item(one) }));
  if (!list) entries.push(notice('wait', '正在读取…'));
  else if (!entries.length) entries.push(notice('none', $('events-what').value || $('events-fate').value ? '没有符合条件的事件。' : '还没有发出过事件。加一位好友，或说一句话。'));
  drawRows($('events-list'), entries);
  drawDetail($('events-detail'), [whole, chosen], detail);
}

const nameOf = (what) => EVENTS[what] ?? what;

function item(one) {
  const [fate, colour] = FATES[one.fate] ?? [one.fate, ''];
  return row(one, one.n === chosen, [
    h('span', { class: 'faint number' }, `#${one.n}`),
    h('span', { class: 'faint number' }, preciseTime(one.at)),
    h('span', { class: 'grow clip', title: one.what }, h('b', null, nameOf(one.what)), h('span', { class: 'faint' }, ` ${one.what}`)),
    pill(isIngested(one.what) ? '网关' : '回调', isIngested(one.what) ? '' : 'blue'),
    h('span', { class: 'faint' }, one.attempts.length > 1 ? `${one.attempts.length} 次` : ''),
    pill(fate, colour),
  ], () => pick(one.n));
}

function pick(n) {
  chosen = n;
  draw();
  readWhole();
}

function detail() {
  if (!whole || whole.number !== chosen) return empty(chosen === null ? '选一条，看原文和解密后的内容。' : '正在读取…');
  if (whole.lost) return empty(whole.lost);
  const ingested = isIngested(whole.what);
  const forgotten = '内容不再保留（只保留最近 300 条）。';
  return [
    h('div', { class: 'row wrap' }, h('b', null, nameOf(whole.what)), h('span', { class: 'faint' }, whole.what), pill(...(FATES[whole.fate] ?? [whole.fate]))),
    h('ol', { class: 'attempts' }, whole.attempts.map((attempt) => h('li', null,
      preciseTime(attempt.at), ' ', attempt.status === null ? pill('没有应答', 'bad') : pill(`HTTP ${attempt.status}`, attempt.status < 300 ? 'good' : 'bad'),
      attempt.detail && h('span', { class: 'faint' }, ` ${attempt.detail}`)))),
    !whole.attempts.length && h('div', { class: 'faint' }, whole.fate === 'dropped' ? '按故障设置丢弃，没有发出。' : '还没有发出。'),
    ingested
      ? sheet('事件正文', whole.plain && prettyJson(whole.plain), forgotten)
      : [sheet('解密后', whole.plain && prettyXml(whole.plain), forgotten), sheet('原文', whole.raw && prettyXml(whole.raw), forgotten)],
  ];
}

whileOpen('events', read);
rove($('events-list'));
$('events-what').append(...Object.entries(EVENTS).map(([what, name]) => h('option', { value: what }, `${name} ${what}`)));
$('events-fate').append(...Object.entries(FATES).map(([fate, [name]]) => h('option', { value: fate }, name)));
for (const filter of ['events-what', 'events-fate']) $(filter).addEventListener('change', () => readDrawer(true));
