// What the page shows, who is chosen, and the beat of 2 seconds.

import { $, control, fullTime, h, paint, product, segment, simState, toast, tomorrowAtNine } from './dom.js';
import { drawPhone, wirePhone } from './phone.js';
import { drawDesk, wireDesk } from './desk.js';
import { drawProduct } from './product.js';

const BEAT_MS = 2000;

export const store = {
  /** The simulator's answer to /sim/state. */
  sim: null,
  /** Who and what is chosen; kept across reloads. */
  chosen: { customer: null, member: null, staff: null, tab: 'tasks', friend: null, board: null },
  /** What the product says; null where it said nothing. */
  product: { tasks: null, boards: null, cards: {}, customer: null, enrollments: null, timeline: null, error: null },
};

try {
  Object.assign(store.chosen, JSON.parse(localStorage.getItem('wecom-sim') ?? '{}'));
} catch { /* a page that forgets is no harm */ }

export const customer = () => store.sim?.customers.find((one) => one.external_userid === store.chosen.customer);
export const staff = (userid = store.chosen.staff) => store.sim?.staff.find((one) => one.userid === userid);
export const staffName = (userid) => staff(userid)?.name ?? userid;
export const customerName = (id) => store.sim?.customers.find((one) => one.external_userid === id)?.name ?? id;
export const relationOf = (one, userid) => one?.relations.find((relation) => relation.userid === userid);

export function choose(change) {
  Object.assign(store.chosen, change);
  try { localStorage.setItem('wecom-sim', JSON.stringify(store.chosen)); } catch { /* private window */ }
  draw();
  refresh();
}

let under_way = 0;

/** Does something, shows that it is under way, and looks again. */
export async function act(deed, done) {
  under_way += 1;
  $('progress').hidden = false;
  try {
    const answer = await deed();
    if (done) toast(done);
    return answer;
  } catch (error) {
    toast(error.message, 'bad');
    return undefined;
  } finally {
    under_way -= 1;
    $('progress').hidden = under_way === 0;
    await refresh();
  }
}

/** Keeps the choice on things that exist. */
function settleChoice() {
  const { sim, chosen } = store;
  if (!customer()) chosen.customer = sim.customers[0]?.external_userid ?? null;
  const relations = customer()?.relations ?? [];
  if (!relations.some((relation) => relation.userid === chosen.member)) {
    chosen.member = relations[0]?.userid ?? null;
  }
  // the desk of whom the customer talks to, so that what the one does shows on the other
  if (!staff()) chosen.staff = chosen.member ?? sim.staff[0]?.userid ?? null;
}

const quietly = (promise) => promise.catch(() => null);
const items = (answer) => answer?.items ?? [];

async function readProduct() {
  const { chosen } = store;
  const next = { tasks: null, boards: null, cards: {}, customer: null, enrollments: null, timeline: null, error: null };
  if (!store.sim.connected) return next;
  const id = chosen.customer && segment(chosen.customer);
  const [tasks, boards, one, enrollments, timeline] = await Promise.all([
    chosen.staff ? quietly(product(`/api/v1/tasks?userid=${segment(chosen.staff)}`)) : null,
    product('/api/v1/boards').catch((error) => { next.error = error.message; return null; }),
    id ? quietly(product(`/api/v1/customers/${id}`)) : null,
    id ? quietly(product(`/api/v1/customers/${id}/enrollments`)) : null,
    id ? quietly(product(`/api/v1/customers/${id}/timeline`)) : null,
  ]);
  next.tasks = tasks && items(tasks);
  next.boards = boards && items(boards);
  next.customer = one;
  next.enrollments = enrollments && items(enrollments);
  next.timeline = timeline && items(timeline);
  const board = next.boards?.find((each) => each.id === chosen.board) ?? next.boards?.[0];
  if (board) {
    chosen.board = board.id;
    const stages = board.stages ?? [];
    const lists = await Promise.all(stages.map((stage) =>
      quietly(product(`/api/v1/boards/${segment(board.id)}/cards?stage=${segment(stage.id)}`))));
    stages.forEach((stage, at) => { next.cards[stage.id] = items(lists[at]); });
  }
  return next;
}

let reading = null;
let again = false;

/** Reads everything anew. A call during a reading is answered by one more reading after it. */
export function refresh() {
  if (reading) {
    again = true;
    return reading;
  }
  reading = (async () => {
    do {
      again = false;
      try {
        store.sim = await simState();
        settleChoice();
        draw();
        store.product = await readProduct();
      } catch {
        store.sim = store.sim && { ...store.sim, connected: false, lost: true };
      }
      draw();
    } while (again);
  })().finally(() => { reading = null; });
  return reading;
}

function draw() {
  if (!store.sim) return;
  drawHeader();
  drawPhone();
  drawDesk();
  drawProduct();
}

function drawHeader() {
  const { sim } = store;
  $('now').textContent = fullTime(sim.now_ms);
  $('clock-kind').textContent = sim.manual ? '手动时钟' : '真实时钟';
  for (const button of $('advance').children) {
    button.disabled = !sim.manual;
    button.title = sim.manual ? '' : '真实时钟不能拨动：以 --clock manual 启动';
  }
  const pills = [];
  if (sim.lost) pills.push(['bad', '连接已断开']);
  else if (!sim.connected) pills.push(['warn', '产品未连接']);
  else pills.push(['good', '产品已连接']);
  if (sim.pending) pills.push(['warn', `待投递 ${sim.pending}`]);
  if (sim.faults?.length) pills.push(['bad', `故障注入 ${sim.faults.length}`]);
  if (sim.customers_total > sim.customers.length) pills.push(['', `显示 ${sim.customers.length} / ${sim.customers_total} 位客户`]);
  paint($('status'), pills, () => pills.map(([kind, text]) => h('span', { class: `pill ${kind}` }, text)));
}

$('advance').addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  const body = button.dataset.seconds
    ? { seconds: Number(button.dataset.seconds) }
    : { to: tomorrowAtNine(store.sim.now_ms) };
  act(() => control('clock/advance', body), `时钟：${button.textContent}`);
});

wirePhone();
wireDesk();
refresh();
setInterval(() => { if (document.visibilityState === 'visible') refresh(); }, BEAT_MS);
document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') refresh(); });
