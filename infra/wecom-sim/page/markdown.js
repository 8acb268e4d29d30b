// The little Markdown that WeCom knows, as elements: headings, bold, links, code, quotes, three colours.

import { h } from './dom.js';

/** Only addresses of the web: a message may carry anything. */
export function webLink(url, text) {
  return /^https?:\/\//i.test(url ?? '') ? h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, text) : h('span', { class: 'faint' }, text || url || '');
}

const INLINE = /\*\*(.+?)\*\*|\[([^\]]*)\]\(([^)\s]+)\)|`([^`]+)`|<font color="(info|comment|warning)">(.*?)<\/font>|<@([^>]+)>/g;

function inline(text) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(INLINE)) {
    parts.push(text.slice(from, found.index));
    from = found.index + found[0].length;
    const [, bold, name, url, code, colour, coloured, at] = found;
    if (bold !== undefined) parts.push(h('b', null, inline(bold)));
    else if (url !== undefined) parts.push(webLink(url, name || url));
    else if (code !== undefined) parts.push(h('code', null, code));
    else if (colour !== undefined) parts.push(h('span', { class: `md-${colour}` }, inline(coloured)));
    else parts.push(h('b', null, `@${at}`));
  }
  parts.push(text.slice(from));
  return parts;
}

/** One element for each line. */
export function markdown(text) {
  return text.split('\n').map((line) => {
    const [, marks, rest] = /^(#{1,6}|>)\s*(.*)$/.exec(line) ?? [];
    if (marks === '>') return h('div', { class: 'md-quote' }, inline(rest));
    if (marks) return h('div', { class: 'title' }, inline(rest));
    return h('div', { class: 'md-line' }, inline(line));
  });
}
