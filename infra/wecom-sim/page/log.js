// A list on the left and what was picked from it on the right, for both logs.

import { h, toast } from './dom.js';
import { paint, paintList } from './paint.js';

/** A row of a log: a button with cells. */
export function row(item, isChosen, cells, pick) {
  return h('button', { class: 'log-row', role: 'option', 'aria-selected': isChosen, tabindex: isChosen ? 0 : -1, onclick: pick }, cells);
}

/** Draws newest first; the first row is in Tab's way where none is chosen. */
export function drawRows(host, entries) {
  paintList(host, entries);
  const buttons = [...host.querySelectorAll('button')];
  if (buttons.length && !buttons.some((button) => button.tabIndex === 0)) buttons[0].tabIndex = 0;
}

/** A text to read and to copy. */
export function sheet(title, text, note) {
  return h('section', null,
    h('div', { class: 'row' }, h('h3', { class: 'grow' }, title),
      text && h('button', { class: 'plain', onclick: () => copy(text) }, '复制')),
    text ? h('pre', { class: 'code', tabindex: 0 }, text) : h('div', { class: 'faint' }, note));
}

function copy(text) {
  const done = navigator.clipboard?.writeText(text);
  if (!done) toast('浏览器不允许复制', 'bad');
  else done.then(() => toast('已复制'), () => toast('浏览器不允许复制', 'bad'));
}

export const drawDetail = (host, about, build) => paint(host, about, build);

/** XML with one element to a line. Texts, CDATA too, stay as they are. */
export function prettyXml(xml) {
  const parts = xml.match(/<!\[CDATA\[[\s\S]*?\]\]>|<[^>]+>|[^<]+/g) ?? [];
  const lines = [];
  let depth = 0;
  let line = '';
  const flush = () => {
    if (line) lines.push('  '.repeat(depth) + line);
    line = '';
  };
  parts.forEach((part, at) => {
    const isTag = part.startsWith('<') && !part.startsWith('<![CDATA[');
    if (!isTag) {
      line += part;
    } else if (part.startsWith('</')) {
      const opens = line.startsWith('<');
      if (!opens) depth -= 1;
      line += part;
      flush();
      if (opens) return;
    } else {
      const next = parts[at + 1] ?? '';
      line += part;
      if (next.startsWith('<') && !next.startsWith('<![CDATA[') && !next.startsWith('</')) {
        flush();
        depth += 1;
      }
    }
  });
  flush();
  return lines.join('\n');
}

/** JSON spread out; what is none stays as it is. */
export function prettyJson(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}
