// What the page knows, who is chosen, and how both come to be on it.

import { product, segment, simState } from './api.js';
import { $, toast } from './dom.js';

const MEMORY = 'wecom-sim';

export const store = {
  /** The simulator's answer to /sim/state; null before the first. */
  sim: null,
  /** Why there is none, or why it is not today's. */
  lost: null,
  /** Who and what is chosen; kept across reloads. */
  chosen: { customer: null, member: null, staff: null, tab: 'tasks', friend: null, board: null, drawer: null, tall: false },
  /** What is searched for; not kept. */
  find: { customers: '', friends: '', staff: '' },
  /** What the product says; null where it said nothing. */
  product: { tasks: null, boards: null, cards: {}, customer: null, enrollments: null, timeline: null, error: null },
};

try {
  Object.assign(store.chosen, JSON.parse(localStorage.getItem(MEMORY) ?? '{}'));
} catch { /* a page that forgets is no harm */ }

/** The chosen customer with their messages; null until they are read. */
export const phone = () => {
  const found = store.sim?.phone;
  return found?.external_userid === store.chosen.customer ? found : null;
};
/** The chosen member's desk; null until it is read. */
export const desk = () => {
  const found = store.sim?.desk;
  return found?.userid === store.chosen.staff ? found : null;
};
export const staff = (userid = store.chosen.staff) => store.sim?.staff.find((one) => one.userid === userid);
export const staffName = (userid) => staff(userid)?.name ?? userid;
export const relationOf = (one, userid) => one?.relations.find((relation) => relation.userid === userid);

export function customerName(id) {
  const { sim } = store;
  const found = sim?.customers.find((one) => one.external_userid === id) ?? sim?.desk?.friends.find((one) => one.external_userid === id);
  return found?.name ?? (sim?.phone?.external_userid === id ? sim.phone.name : id);
}

const painters = [];
/** A part of the page that is drawn whenever something changed. */
export const draws = (painter) => painters.push(painter);
export function draw() {
  for (const painter of painters) {
    // one part that fails must not take the others with it
    try { painter(); } catch (error) { console.error(error); }
  }
}

export function choose(change) {
  Object.assign(store.chosen, change);
  try { localStorage.setItem(MEMORY, JSON.stringify(store.chosen)); } catch { /* private window */ }
  draw();
  refresh();
}

let underWay = 0;

/** Does something, shows that it is under way, and looks again. Answers undefined if it was refused. */
export async function act(deed, done) {
  underWay += 1;
  $('progress').hidden = false;
  try {
    const answer = await deed();
    if (done) toast(typeof done === 'function' ? done(answer) : done);
    return answer ?? null;
  } catch (error) {
    toast(error.message, 'bad');
    return undefined;
  } finally {
    underWay -= 1;
    $('progress').hidden = underWay === 0;
    await refresh({ all: true });
  }
}

/** What the page has of the simulated side: asked with these, of this revision. */
let known = { asked: '', revision: '' };

/** Reads the simulated side; true if anything is new. */
async function readSim() {
  const { chosen, find } = store;
  const parameters = { customer: chosen.customer, staff: chosen.staff, find: find.customers, friends: find.friends };
  const asked = JSON.stringify(parameters);
  const since = asked === known.asked && store.sim && !store.lost ? known.revision : '';
  const answer = await simState({ ...parameters, since });
  const isNew = answer.staff !== undefined;
  if (isNew) store.sim = answer;
  else Object.assign(store.sim, answer);
  known = { asked, revision: answer.revision };
  store.lost = null;
  if (isNew && asked === JSON.stringify({ ...parameters, customer: chosen.customer, staff: chosen.staff })) settleChoice();
  return isNew;
}

/** Keeps the choice on things that exist. */
function settleChoice() {
  const { sim, chosen } = store;
  chosen.customer = sim.phone?.external_userid ?? null;
  chosen.staff = sim.desk?.userid ?? null;
  const relations = sim.phone?.relations ?? [];
  if (!relationOf(sim.phone, chosen.member)) chosen.member = relations[0]?.userid ?? null;
}

const quietly = (promise) => promise.catch(() => null);
const items = (answer) => answer?.items ?? [];

async function readProduct() {
  const { chosen } = store;
  const next = { tasks: null, boards: null, cards: {}, customer: null, enrollments: null, timeline: null, error: null };
  if (!store.sim.connected) return next;
  const id = chosen.customer && segment(chosen.customer);
  const [tasks, boards, one, enrollments, timeline] = await Promise.all([
    chosen.staff ? quietly(product(`/api/v1/tasks?limit=200&userid=${segment(chosen.staff)}`)) : null,
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
let all = false;
let beats = 0;

/**
 * Reads what is new; with `all` also what the product says though nothing seems to have happened. A call
 * during a reading is answered by one more reading after it.
 */
export function refresh(how = {}) {
  all ||= Boolean(how.all);
  if (reading) {
    again = true;
    return reading;
  }
  reading = (async () => {
    do {
      again = false;
      const wholly = all || beats % 2 === 0;
      all = false;
      try {
        const isNew = await readSim();
        draw();
        if (isNew || wholly) store.product = await readProduct();
      } catch (error) {
        store.lost = error.message;
      }
      draw();
    } while (again);
  })().finally(() => { reading = null; });
  return reading;
}

export function beat() {
  beats += 1;
  return refresh();
}
