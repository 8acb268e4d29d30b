// Puts the page together and keeps it going, with a beat of 2 seconds.

import './phone.js';
import './desk.js';
import './tasks.js';
import './notices.js';
import './mass.js';
import './friends.js';
import './talk.js';
import './product.js';
import './events.js';
import './calls.js';
import './limits.js';
import './faults.js';
import './clock.js';
import './crowd.js';
import { $, h, pill } from './dom.js';
import { openDrawer } from './drawer.js';
import { paint } from './paint.js';
import { beat, draw, draws, refresh, store } from './store.js';

const BEAT_MS = 2000;

const state = (text, kind, tab) => h('button', { class: `pill ${kind}`, onclick: () => openDrawer(tab, true) }, text);

draws(() => {
  const { sim, lost } = store;
  $('lost').hidden = !lost;
  $('lost').textContent = lost ? `${lost}。每 2 秒再试一次，${sim ? '下面是最后看到的样子。' : '还没有读到任何内容。'}` : '';
  document.body.classList.toggle('waiting', !sim);
  if (!sim) return;
  const faults = sim.faults?.length ?? 0;
  paint($('status'), [lost, sim.connected, sim.pending, faults], () => [
    lost ? pill('连接已断开', 'bad') : sim.connected ? pill('产品已连接', 'good') : pill('产品未连接', 'warn'),
    sim.pending > 0 && state(`待投递 ${sim.pending}`, 'warn', 'events'),
    faults > 0 && state(`故障 ${faults}`, 'bad', 'faults'),
  ]);
});

const isSeen = () => document.visibilityState === 'visible';
draw();
refresh();
setInterval(() => { if (isSeen()) beat(); }, BEAT_MS);
document.addEventListener('visibilitychange', () => { if (isSeen()) refresh({ all: true }); });
