// The messages between one customer and one member, seen from either side.

import { h, avatar, empty } from './dom.js';
import { paintList, startOver } from './paint.js';
import { attachments } from './attachment.js';
import { staffName } from './store.js';
import { shortTime } from './time.js';
import { VIA, condition } from './words.js';

/** After so long the time is written between two messages. */
const PAUSE_MS = 300_000;

export const notice = (key, text) => ({ key, about: text, build: () => empty(text) });

/** `mine` tells which messages stand on the right. */
export function drawThread(host, { one, relation, mine }) {
  const about = `${one.external_userid} ${relation.userid}`;
  if (host.dataset.of !== about) scrolledUp.delete(host);
  startOver(host, about);
  paintList(host, lines(one, relation, mine));
  follow(host);
}

const scrolledUp = new Set();
const follow = (host) => { if (!scrolledUp.has(host)) host.scrollTop = host.scrollHeight; };

/** Keeps the end in sight, also when the place for it shrinks, unless somebody has scrolled up. */
export function keepEnd(host) {
  host.addEventListener('scroll', () => {
    if (host.scrollTop + host.clientHeight < host.scrollHeight - 60) scrolledUp.add(host);
    else scrolledUp.delete(host);
  });
  new ResizeObserver(() => follow(host)).observe(host);
}

function lines(one, relation, mine) {
  const name = staffName(relation.userid);
  const began = relation.half ? `${one.name} 添加了 ${name}，等待通过` : `${one.name} 与 ${name} 成为好友${relation.state ? `（渠道 ${relation.state}）` : ''}`;
  const entries = [
    when('began', relation.created_at),
    { key: 'notice', about: began, build: () => h('div', { class: 'notice' }, began) },
  ];
  let earlier = Date.parse(relation.created_at);
  for (const message of one.messages.filter((each) => each.userid === relation.userid)) {
    const at = Date.parse(message.at);
    if (at - earlier > PAUSE_MS) entries.push(when(`before ${message.id}`, message.at));
    earlier = at;
    entries.push({ key: message.id, about: [message, one.name, name], build: () => bubble(message, one.name, name, mine(message)) });
  }
  const state = condition(relation);
  if (state && !relation.half) entries.push({ key: 'end', about: state, build: () => h('div', { class: 'notice' }, state) });
  return entries;
}

const when = (key, at) => ({ key, about: at, build: () => h('div', { class: 'when' }, shortTime(at)) });

function bubble(message, customer, member, isMine) {
  const speaker = message.via === 'customer' ? customer : member;
  return h('div', { class: isMine ? 'bubble mine' : 'bubble' },
    avatar(speaker),
    h('div', { class: 'said' },
      message.text && h('div', { class: 'body' }, message.text),
      attachments(message),
      VIA[message.via] && h('div', { class: 'via' }, VIA[message.via])));
}
