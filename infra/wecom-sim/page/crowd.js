// 人群: many people at once.

import { $, h, pill, toast } from './dom.js';
import { control, look, remove } from './api.js';
import { openTab, whileOpen } from './drawer.js';
import { paint } from './paint.js';
import { act, draw as drawAll, store } from './store.js';
import { fullTime } from './time.js';

let state = null;
const form = $('crowd-form');

async function read() {
  state = await look('population');
  draw();
}

function draw() {
  if (openTab() !== 'crowd' || !state) return;
  const { left, done, skipped, next } = state;
  const total = left + done + skipped;
  $('crowd-stop').disabled = !left;
  $('crowd-speed').hidden = Boolean(store.sim?.manual);
  paint($('crowd'), [state, store.sim?.manual], () => [
    h('div', { class: 'row' }, left ? pill('进行中', 'blue') : pill(total ? '已结束' : '未开始'),
      h('span', { class: 'grow' }, total ? `计划 ${total} 件事：已做 ${done}，跳过 ${skipped}，还有 ${left}` : '还没有生成过人群。')),
    total > 0 && h('progress', { max: total, value: done + skipped, 'aria-label': '进度' }),
    next && h('p', { class: 'faint' }, `下一件：${fullTime(next)}${store.sim?.manual ? '。时钟走到那时才会发生：拨动时钟。' : ''}`),
    skipped > 0 && h('p', { class: 'faint' }, '跳过：轮到时已不可能，例如好友关系已经结束。'),
  ]);
}

const number = (name) => Number(form.elements[name].value);

function order() {
  const body = { staff: number('staff'), customers: number('customers'), days: number('days'), silent: form.elements.silent.checked };
  if (form.elements.seed.value !== '') body.seed = number('seed');
  if (!store.sim.manual && form.elements.speed.value !== '') body.speed = number('speed');
  const scenario = form.elements.scenario.value.trim();
  if (scenario) body.scenario = JSON.parse(scenario);
  return body;
}

whileOpen('crowd', read);
form.addEventListener('submit', (event) => {
  event.preventDefault();
  let body;
  try {
    body = order();
  } catch {
    toast('剧本不是 JSON', 'bad');
    return;
  }
  act(() => control('population', body), (made) => (body.silent
    ? `已放好 ${made.customers} 位客户`
    : `${made.staff.length} 位成员、${made.customers} 位客户，${made.acts} 件事，到 ${fullTime(made.until)}`)).then(drawAll);
});
$('crowd-stop').addEventListener('click', () => act(() => remove('population'), '已停止：还没做的事不再发生'));
