// Stepwise's own view of the same people, read-only.

import { $, avatar, empty, h, pill } from './dom.js';
import { paint } from './paint.js';
import { choose, customerName, draws, staffName, store } from './store.js';
import { shortTime } from './time.js';

const STATES = { planned: '计划', due: '到期', offered: '已提醒', sent: '已发送', done: '完成', missed: '错过', skipped: '跳过', failed: '失败', cancelled: '取消', active: '进行中', sending: '发送中', completed: '已走完', exited: '已退出', paused: '已暂停' };

const nameOf = (thing) => (thing && typeof thing === 'object' ? thing.name ?? thing.id : thing) ?? '';

draws(() => {
  const { sim, product, chosen } = store;
  if (!sim) return;
  const boards = product.boards ?? [];
  paint($('boards'), [boards.map((board) => [board.id, board.name]), chosen.board], () => boards.map((board) =>
    h('button', { class: 'text', 'aria-pressed': board.id === chosen.board, onclick: () => choose({ board: board.id }) }, board.name ?? board.id)));
  drawBoard(boards.find((board) => board.id === chosen.board));
  drawProfile(boards);
});

function drawBoard(board) {
  const { product, chosen, sim } = store;
  paint($('board'), [board, product.cards, chosen.customer, sim.connected, product.error], () => {
    if (!board) {
      return empty(!sim.connected ? '产品未连接。' : product.error ? `产品没有应答：${product.error}` : '还没有看板。');
    }
    return (board.stages ?? []).map((stage) => {
      const cards = product.cards[stage.id] ?? [];
      return h('div', { class: `stage ${stage.kind ?? ''}` },
        h('header', null, h('span', { class: 'clip' }, stage.name ?? stage.id), h('span', null, String(stage.count ?? cards.length))),
        h('div', { class: 'cards' }, cards.map((card) => h('button', {
          class: 'card', 'aria-current': card.customer?.id === chosen.customer, onclick: () => choose({ customer: card.customer?.id }),
          title: card.next ? `下一步 ${shortTime(card.next.due_at)}` : '没有计划中的节点',
        },
        h('span', { class: 'clip' }, card.customer?.name ?? card.customer?.id ?? '?'),
        h('span', { class: 'faint clip' }, card.owner ? staffName(nameOf(card.owner)) : '无归属成员'),
        card.next && h('span', { class: 'faint clip' }, shortTime(card.next.due_at))))));
    });
  });
}

function drawProfile(boards) {
  const { product, chosen, sim } = store;
  const one = product.customer;
  paint($('profile'), [one, product.enrollments, product.timeline, chosen.customer, boards.map((board) => board.stages), sim.connected], () => {
    if (!sim.connected) return empty('产品未连接：左边两栏仍可使用。');
    if (!one) return empty(chosen.customer ? `产品还不认识 ${customerName(chosen.customer)}。` : '选一位客户。');
    return [
      h('div', { class: 'who' }, avatar(one.name), h('div', { class: 'grow' },
        h('b', null, one.name ?? one.id),
        h('div', { class: 'faint' }, one.owner ? `归属 ${staffName(nameOf(one.owner))}` : '无归属成员'))),
      h('h3', null, '阶段'),
      stages(one, boards),
      h('h3', null, '标签'),
      h('div', { class: 'tags' }, one.tags?.length ? one.tags.map((tag) => h('span', { class: 'tag', title: tag.origin ? `来源：${nameOf(tag.origin)}` : '' }, tag.group ? `${nameOf(tag.group)}/${tag.name}` : nameOf(tag))) : h('span', { class: 'faint' }, '无')),
      h('h3', null, 'SOP 进度'),
      enrollments(product.enrollments),
      h('h3', null, '动态'),
      timeline(product.timeline),
    ];
  });
}

function stages(one, boards) {
  const entries = Object.entries(one.stages ?? {});
  if (!entries.length) return h('span', { class: 'faint' }, '不在任何看板上');
  return h('div', { class: 'tags' }, entries.map(([id, card]) => {
    const board = boards.find((each) => each.id === id);
    const stage = board?.stages?.find((each) => each.id === card?.stage);
    return pill(`${board?.name ?? id}：${stage?.name ?? card?.stage ?? '?'}${card?.since ? ` · ${shortTime(card.since)} 起` : ''}`, 'blue');
  }));
}

function enrollments(list) {
  if (!list?.length) return h('span', { class: 'faint' }, '没有进行过 SOP');
  return list.map((each) => h('div', { class: 'sop' },
    h('div', { class: 'row' }, h('b', { class: 'grow clip' }, each.name || nameOf(each.sop)), pill(STATES[each.state] ?? each.state ?? '')),
    h('div', { class: 'faint' }, [
      each.anchor_at && `起算 ${shortTime(each.anchor_at)}`,
      each.next && `下一步 ${each.next.title || nameOf(each.next.step)} ${shortTime(each.next.due_at)}`,
    ].filter(Boolean).join(' · ')),
    h('div', { class: 'steps' }, (each.steps ?? []).map((step) => h('span', {
      class: `step ${step.state ?? ''}`,
      title: [STATES[step.state] ?? step.state, step.reason, step.evidence, shortTime(step.at ?? step.due_at)].filter(Boolean).join(' · '),
    }, step.title || nameOf(step.step))))));
}

function timeline(list) {
  if (!list?.length) return h('span', { class: 'faint' }, '还没有动态');
  return h('ul', { class: 'timeline' }, list.map((entry) => {
    const facts = entry.facts ?? [];
    return h('li', null,
      h('div', null, entry.text ?? entry.kind ?? ''),
      h('div', { class: 'faint' }, shortTime(entry.at)),
      facts.length > 0 && h('ul', { class: 'facts' }, facts.map((fact, at) => {
        const line = h('li', null, fact.text ?? fact.kind ?? '');
        line.style.paddingLeft = `${depth(facts, at) * 16}px`;
        return line;
      })));
  }));
}

/** How far down the chain of causes a fact stands: `because` names an earlier fact by place or id. */
function depth(facts, at, seen = new Set()) {
  const because = facts[at]?.because;
  if (because === null || because === undefined || seen.has(at)) return 0;
  seen.add(at);
  const cause = typeof because === 'object' ? because.fact ?? because.id : because;
  const found = typeof cause === 'number' ? cause : facts.findIndex((fact) => fact.id !== undefined && fact.id === cause);
  if (found < 0 || found >= facts.length || found === at) return cause === undefined ? 0 : 1;
  return 1 + depth(facts, found, seen);
}
