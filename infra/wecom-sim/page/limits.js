// 频率: how often each API was called, against what WeCom allows.

import { $, empty, h, pill } from './dom.js';
import { control, look } from './api.js';
import { openTab, whileOpen } from './drawer.js';
import { askForm } from './form.js';
import { paint } from './paint.js';
import { act, store } from './store.js';
import { preciseTime } from './time.js';

let limits = null;

/** Those whose calls do not count in the base rate, unless somebody gives them a cap of their own. */
const UNMETERED = ['message/send', 'auth/getuserinfo'];
const SUBJECTS = { debug: 'debug=1 的调用', wrong_secrets: '错误的密钥', uploaded_images: '上传图片', tickets_of_corp: '企业 ticket', tickets_of_app: '应用 ticket' };

async function read() {
  limits = await look('limits');
  draw();
}

function draw() {
  if (openTab() !== 'limits') return;
  paint($('limits'), limits, () => (limits ? [table(), others()] : empty('正在读取…')));
}

const capOf = (api) => limits.caps[api] ?? (UNMETERED.includes(api) ? {} : limits.caps.api ?? {});

/** Blocks by API: a block's name is its subject and whom it concerns. */
function blockOf(api) {
  return Object.entries(limits.blocked).find(([what]) => what === `api ${api}`)?.[1];
}

function table() {
  const rows = Object.entries(limits.apis).sort(([, a], [, b]) => b.total - a.total);
  if (!rows.length) return empty('还没有人调用过接口。');
  return h('table', null,
    h('thead', null, h('tr', null, ['接口', '本分钟', '本小时', '今天', '最忙一分钟', '总计', '状态'].map((name) => h('th', { scope: 'col' }, name)))),
    h('tbody', null, rows.map(([api, counted]) => {
      const cap = capOf(api);
      const until = blockOf(api);
      return h('tr', null,
        h('th', { scope: 'row' }, api),
        h('td', null, meter(counted.minute, cap.minute)),
        h('td', null, meter(counted.hour, cap.hour)),
        h('td', null, meter(counted.day, cap.day)),
        h('td', null, String(counted.busiest_minute)),
        h('td', null, String(counted.total)),
        h('td', null, until ? pill(`封禁至 ${preciseTime(until)}`, 'bad') : limits.caps[api] ? pill('自定上限', 'warn') : h('span', { class: 'faint' }, '正常')));
    })));
}

function meter(count, most) {
  if (!most) return `${count}${most === 0 ? ' / 0' : ''}`;
  return h('span', { class: 'metered' }, `${count} / ${most.toLocaleString('zh-CN')}`,
    h('meter', { min: 0, max: most, high: most * 0.8, optimum: 0, value: Math.min(count, most) }));
}

function others() {
  const today = limits.app_messages_today;
  const dropped = Object.values(limits.app_messages_dropped).reduce((sum, each) => sum + each, 0);
  const blocked = Object.entries(limits.blocked).filter(([what]) => !what.startsWith('api '));
  return h('ul', { class: 'facts-line' },
    h('li', null, `应用消息：今天 ${today.sent} / ${today.most} 人次${dropped ? `，因单人超频丢弃 ${dropped} 条` : ''}`),
    h('li', null, `群发规则：每位客户${{ month: '每月不超过当月天数', week: '每周 7 条', day: '每天 1 条' }[limits.mass_rule] ?? limits.mass_rule}`),
    h('li', null, `并发上限：${limits.concurrency ?? '不限'}${limits.latency_ms ? `，每次调用耗时 ${limits.latency_ms} 毫秒` : ''}`),
    blocked.map(([what, until]) => h('li', null, pill(`${SUBJECTS[what.split(' ')[0]] ?? what} 封禁至 ${preciseTime(until)}`, 'bad'))));
}

const number = (text) => (text === '' ? null : Number(text));

function askCap() {
  const apis = Object.keys(limits?.apis ?? {}).sort();
  const rest = (store.sim?.apis ?? []).filter((api) => !apis.includes(api));
  askForm('设上限', [
    { name: 'api', label: '接口', options: [['api', '每个接口的基础频率'], ...[...apis, ...rest].map((api) => [api, api])] },
    { name: 'minute', label: '每分钟', type: 'number', hint: '留空为不限' },
    { name: 'hour', label: '每小时', type: 'number', hint: '留空为不限' },
  ], ({ api, minute, hour }) => control('limits', { [api]: { minute: number(minute), hour: number(hour) } }), '设定');
}

function askCrowd() {
  askForm('并发与耗时', [
    { name: 'concurrency', label: '同时在途的调用最多', type: 'number', value: limits?.concurrency ?? '', hint: '超过的得到 45033；留空为不限' },
    { name: 'latency_ms', label: '每次调用耗时（毫秒）', type: 'number', value: limits?.latency_ms ?? 0 },
  ], ({ concurrency, latency_ms }) => control('limits', { concurrency: number(concurrency), latency_ms: number(latency_ms) ?? 0 }), '设定');
}

function askRule() {
  askForm('群发规则', [
    { name: 'per', label: '每位客户最多接收', value: limits?.mass_rule, options: [['month', '每月：当月天数条'], ['week', '每周：7 条'], ['day', '每天：1 条']] },
  ], (values) => control('mass/rule', values), '设定');
}

whileOpen('limits', read);
$('limits-cap').addEventListener('click', askCap);
$('limits-crowd').addEventListener('click', askCrowd);
$('limits-rule').addEventListener('click', askRule);
$('limits-lift').addEventListener('click', () => act(() => control('limits', { lift: true }), '已解除封禁'));
$('limits-reset').addEventListener('click', () => act(() => control('limits', { reset: true }), '已恢复企业微信的上限'));
