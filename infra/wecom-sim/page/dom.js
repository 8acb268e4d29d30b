// Making elements, and what every part of the page needs of them.

/** An element. Text is always text: nothing people wrote is ever read as HTML. */
export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null) continue;
    // the state of an ARIA attribute is a word, and "false" is one of them
    if (name.startsWith('aria-')) node.setAttribute(name, String(value));
    else if (value === false) continue;
    else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'class') node.className = value;
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== ''));
  return node;
}

export const $ = (id) => document.getElementById(id);

/** Says something at the edge of the page for a while. */
export function toast(text, kind = '') {
  const node = h('div', { class: `toast ${kind}` }, text);
  $('toasts').append(node);
  setTimeout(() => node.remove(), kind === 'bad' ? 8000 : 2600);
}

const colours = ['#4f7cff', '#12a594', '#d9663a', '#8e6bd8', '#d6409f', '#2e9e5b', '#b07a00', '#3b8fd4'];

export function avatar(name, small) {
  const text = String(name || '?');
  let sum = 0;
  for (const letter of text) sum = (sum * 31 + letter.codePointAt(0)) >>> 0;
  const node = h('span', { class: small ? 'avatar small' : 'avatar', 'aria-hidden': 'true' }, [...text][0].toUpperCase());
  node.style.background = colours[sum % colours.length];
  return node;
}

export const pill = (text, kind = '') => h('span', { class: `pill ${kind}` }, text);
export const empty = (...text) => h('div', { class: 'empty' }, ...text);

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** Arrow keys walk through the buttons of a group, which Tab enters and leaves as one. */
export function rove(host) {
  host.addEventListener('keydown', (event) => {
    const buttons = [...host.querySelectorAll('button:not(:disabled)')];
    const at = buttons.indexOf(document.activeElement);
    const last = buttons.length - 1;
    if (at < 0) return;
    let to = null;
    if (STEPS[event.key]) to = (at + STEPS[event.key] + buttons.length) % buttons.length;
    else if (event.key === 'Home') to = 0;
    else if (event.key === 'End') to = last;
    if (to === null) return;
    event.preventDefault();
    buttons[to].focus();
  });
}

/**
 * Leaves one button of the group in Tab's way: the chosen one, or the first. When another is chosen it
 * comes into sight.
 */
export function settleTabs(host, isChosen) {
  const buttons = [...host.querySelectorAll('button')];
  const found = buttons.find(isChosen);
  const chosen = found ?? buttons[0];
  for (const button of buttons) button.tabIndex = button === chosen ? 0 : -1;
  const key = found?.dataset.key ?? '';
  if (host.dataset.chosen === key) return;
  host.dataset.chosen = key;
  if (found) reveal(host, found);
}

/** Scrolls the group itself and nothing around it. */
function reveal(host, node) {
  const [frame, place] = [host.getBoundingClientRect(), node.getBoundingClientRect()];
  if (place.top < frame.top || place.bottom > frame.bottom) host.scrollTop += place.top - frame.top - 8;
  if (place.left < frame.left || place.right > frame.right) host.scrollLeft += place.left - frame.left - 8;
}
