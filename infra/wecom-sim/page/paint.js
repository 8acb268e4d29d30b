// Keeping what is on the page while the world behind it changes: only what changed is built anew, and what
// somebody is typing, has ticked, opened or scrolled to survives that.

const painted = new WeakMap();
let composing = false;
document.addEventListener('compositionstart', () => { composing = true; });
document.addEventListener('compositionend', () => { composing = false; });

/** Half a word of an input method would be lost: the element waits for the next beat. */
const isBusy = (node) => composing && node.contains(document.activeElement);

/**
 * Builds what stands in `host` anew, only when `about` (anything that becomes JSON) has changed: what the
 * eye rests on stays, and a click never lands on an element that was just replaced.
 */
export function paint(host, about, build) {
  const key = JSON.stringify(about) ?? '';
  if (painted.get(host) === key || isBusy(host)) return false;
  painted.set(host, key);
  const memo = remember(host);
  const top = host.scrollTop;
  host.replaceChildren(...[build()].flat(Infinity).filter(Boolean));
  host.scrollTop = top;
  restore(host, memo);
  return true;
}

/** The same for a list: one element for each entry `{key, about, build}`, and unchanged ones stay. */
export function paintList(host, entries) {
  const wanted = new Set(entries.map((entry) => entry.key));
  const nodes = new Map();
  for (const node of [...host.children]) {
    if (wanted.has(node.dataset.key)) nodes.set(node.dataset.key, node);
    else node.remove();
  }
  let changed = false;
  let at = host.firstElementChild;
  for (const entry of entries) {
    const about = JSON.stringify(entry.about) ?? '';
    let node = nodes.get(entry.key);
    if (!node || (painted.get(node) !== about && !isBusy(node))) {
      const fresh = entry.build();
      fresh.dataset.key = entry.key;
      painted.set(fresh, about);
      changed = true;
      if (node) {
        const memo = remember(node);
        node.replaceWith(fresh);
        restore(fresh, memo);
        if (at === node) at = fresh;
      }
      node = fresh;
    }
    if (node === at) at = at.nextElementSibling;
    else host.insertBefore(node, at);
  }
  return changed;
}

/** Back to the top when the list is about somebody else. */
export function startOver(host, of) {
  if (host.dataset.of === of) return;
  host.dataset.of = of;
  host.scrollTop = 0;
}

const fields = (node) => [...node.querySelectorAll('[data-keep]')];

function isTouched(field) {
  if (field.type === 'checkbox' || field.type === 'radio') return field.checked !== field.defaultChecked;
  if (field.tagName === 'SELECT') return [...field.options].some((option) => option.selected !== option.defaultSelected);
  if (field.tagName === 'DETAILS') return true;
  return field.value !== field.defaultValue;
}

function remember(node) {
  const kept = new Map();
  for (const field of fields(node)) {
    if (!isTouched(field)) continue;
    kept.set(field.dataset.keep, { value: field.value, checked: field.checked, open: field.open });
  }
  const active = document.activeElement;
  const isItself = active === node;
  const isWithin = active !== document.body && !isItself && node.contains(active);
  const focus = isWithin ? active.dataset.keep ?? active.textContent : null;
  return { kept, isItself, focus, from: active?.selectionStart, to: active?.selectionEnd };
}

function restore(node, { kept, isItself, focus, from, to }) {
  for (const field of fields(node)) {
    const was = kept.get(field.dataset.keep);
    if (!was) continue;
    if (field.tagName === 'DETAILS') field.open = was.open;
    else if (field.type === 'checkbox' || field.type === 'radio') field.checked = was.checked;
    else field.value = was.value;
  }
  if (isItself) node.focus({ preventScroll: true });
  if (focus === null) return;
  const again = fields(node).find((field) => field.dataset.keep === focus)
    ?? [...node.querySelectorAll('button, a')].find((button) => button.textContent === focus);
  again?.focus({ preventScroll: true });
  if (typeof from === 'number' && again?.setSelectionRange) {
    try { again.setSelectionRange(from, to); } catch { /* a field without a selection */ }
  }
}
