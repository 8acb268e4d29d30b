// The clock: told at the top, and moved there or in the drawer.

import { $, h } from './dom.js';
import { control, look } from './api.js';
import { openTab, whileOpen } from './drawer.js';
import { paint } from './paint.js';
import { act, draws, store } from './store.js';
import { fromField, fullTime, howLong, toField, tomorrowAtNine } from './time.js';

let next = null;

async function read() {
  next = (await look('clock')).next;
  draw();
}

function draw() {
  const { sim } = store;
  if (!sim) return;
  $('now').textContent = fullTime(sim.now_ms);
  $('now').dateTime = sim.now;
  $('clock-kind').textContent = sim.manual ? '手动时钟' : '真实时钟';
  $('advance').hidden = !sim.manual;
  if (openTab() !== 'clock') return;
  $('clock-to').hidden = !sim.manual;
  $('clock-steps').hidden = !sim.manual;
  const at = next && Date.parse(next);
  paint($('clock-says'), [sim.manual, sim.now_ms, next], () => [
    h('div', { class: 'big' }, h('b', null, fullTime(sim.now_ms))),
    h('p', { class: 'faint' }, sim.manual
      ? '手动时钟：时间停着，拨一下走一段，途中到期的事依次发生，处理完才停下。'
      : '真实时钟：与本机一致，不能拨动。要几秒走完几天，用 --clock manual 启动。'),
    h('p', null, at === null ? '没有将要发生的事。' : at <= sim.now_ms ? '有事现在就该发生。' : `下一件事：${fullTime(at)}（${howLong(at - sim.now_ms)}后）`),
  ]);
  const field = $('clock-field');
  if (!field.value) field.value = toField(sim.now_ms + 3_600_000);
}

/** `{seconds}`, `{next}` or `{to}`. */
function advance(body, name) {
  act(() => control('clock/advance', body), (clock) => `${name}：现在 ${fullTime(clock.now)}`);
}

function step(button) {
  const { seconds, tomorrow, next: toNext } = button.dataset;
  if (seconds) advance({ seconds: Number(seconds) }, button.textContent);
  else if (toNext !== undefined) advance({ next: true }, '到下一件事');
  else if (tomorrow !== undefined) advance({ to: tomorrowAtNine(store.sim.now_ms) }, '到明天 9:00');
}

draws(draw);
whileOpen('clock', read);
for (const id of ['advance', 'clock-steps']) {
  $(id).addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (button) step(button);
  });
}
$('clock-to').addEventListener('submit', (event) => {
  event.preventDefault();
  const { value } = $('clock-field');
  if (value) advance({ to: fromField(value) }, '拨到指定时间');
});
