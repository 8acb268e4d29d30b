// The drawer at the foot: what the simulator saw, and the switches that people do not have.

import { $, rove, settleTabs } from './dom.js';
import { choose, draws, store } from './store.js';

const TABS = ['events', 'calls', 'limits', 'faults', 'clock', 'crowd'];
/** What is read from the simulator while its tab is open, by tab. */
const readers = {};

/** Registers what is read and drawn while the tab is open. */
export function whileOpen(tab, read) {
  readers[tab] = read;
}

/** The tab that is open, if any. */
export const openTab = () => (TABS.includes(store.chosen.drawer) ? store.chosen.drawer : null);

/** Opens a tab; what is open already closes, unless it is to stay. */
export function openDrawer(tab, stays = false) {
  choose({ drawer: openTab() === tab && !stays ? null : tab });
}

let seen = '';

/** Reads what the open tab shows, when anything can have changed; `again` if it was asked otherwise. */
export async function readDrawer(again = false) {
  const tab = openTab();
  if (!tab || !store.sim || !readers[tab]) return;
  const now = `${tab} ${store.sim.revision} ${store.sim.now_ms}`;
  if (now === seen && !again) return;
  seen = now;
  await readers[tab]().catch(() => { seen = ''; });
}

draws(() => {
  const tab = openTab();
  $('drawer').classList.toggle('tall', Boolean(tab && store.chosen.tall));
  document.body.classList.toggle('drawn', Boolean(tab));
  $('drawer-body').hidden = !tab;
  $('drawer-size').hidden = !tab;
  $('drawer-size').textContent = store.chosen.tall ? '矮一些' : '高一些';
  $('drawer-close').hidden = !tab;
  for (const button of $('drawer-tabs').children) {
    const isChosen = button.dataset.tab === tab;
    button.setAttribute('aria-selected', isChosen);
    $(`drawer-${button.dataset.tab}`).hidden = !isChosen;
  }
  settleTabs($('drawer-tabs'), (button) => button.dataset.tab === tab);
  readDrawer();
});

rove($('drawer-tabs'));
$('drawer-tabs').addEventListener('click', (event) => {
  const tab = event.target.closest('button')?.dataset.tab;
  if (tab) openDrawer(tab);
});
$('drawer-size').addEventListener('click', () => choose({ tall: !store.chosen.tall }));
$('drawer-close').addEventListener('click', () => choose({ drawer: null }));
