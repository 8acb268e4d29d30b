// Asking in a dialog. It stands above the page, so that nothing redraws what is being typed.

import { $, h } from './dom.js';
import { refresh } from './store.js';

/**
 * Fields: `{name, label, value?, placeholder?, hint?}` and one of `options: [[value, text]]`, `check: true`,
 * `lines: n`, `type`, `many: [[value, text]]`. `submit` gets the values; the dialog closes unless it
 * throws, and then says why.
 */
export function askForm(title, fields, submit, action = '确定') {
  const dialog = $('dialog');
  const readers = {};
  const rows = fields.map((field) => {
    const [row, read] = build(field);
    readers[field.name] = read;
    return row;
  });
  const go = h('button', { class: 'primary' }, action);
  const complaint = h('p', { class: 'complaint', role: 'alert', hidden: true });
  const form = h('form', { method: 'dialog', onsubmit: async (event) => {
    event.preventDefault();
    const values = Object.fromEntries(Object.entries(readers).map(([name, read]) => [name, read()]));
    go.disabled = true;
    complaint.hidden = true;
    try {
      await submit(values);
      dialog.close();
      refresh({ all: true });
    } catch (error) {
      complaint.textContent = error.message;
      complaint.hidden = false;
    } finally {
      go.disabled = false;
    }
  } },
  h('h4', { id: 'dialog-title' }, title), rows, complaint,
  h('div', { class: 'row end' }, h('button', { type: 'button', onclick: () => dialog.close() }, '取消'), go));
  dialog.setAttribute('aria-labelledby', 'dialog-title');
  dialog.replaceChildren(form);
  dialog.showModal();
}

function build(field) {
  if (field.many) return many(field);
  const { name, value, placeholder } = field;
  const hint = field.hint && h('small', null, field.hint);
  if (field.check) {
    const input = h('input', { type: 'checkbox', name, checked: Boolean(value) });
    return [h('label', { class: 'check' }, input, h('span', null, field.label, hint)), () => input.checked];
  }
  let input;
  if (field.options) {
    input = h('select', { name }, field.options.map(([each, text]) => h('option', { value: each, selected: each === value }, text)));
  } else if (field.lines) {
    input = h('textarea', { name, rows: field.lines, placeholder }, value ?? '');
  } else {
    input = h('input', { name, value, placeholder, type: field.type ?? 'text', autocomplete: 'off' });
  }
  return [h('label', null, field.label, input, hint), () => input.value.trim()];
}

/** Ticks for several of many, all at first. */
function many(field) {
  const boxes = field.many.map(([value, text]) => [value, text, h('input', { type: 'checkbox', checked: true })]);
  const set = (checked) => () => { for (const [, , box] of boxes) box.checked = checked; };
  const row = h('fieldset', null, h('legend', null, field.label),
    h('div', { class: 'row' },
      h('button', { type: 'button', class: 'plain', onclick: set(true) }, '全选'),
      h('button', { type: 'button', class: 'plain', onclick: set(false) }, '全不选')),
    h('div', { class: 'ticks' }, boxes.map(([, text, box]) => h('label', { class: 'check' }, box, h('span', { class: 'clip' }, text)))));
  return [row, () => boxes.filter(([, , box]) => box.checked).map(([value]) => value)];
}
