// Fields that always stand there: what is typed into them, and when it is used.

import { act, refresh, store } from './store.js';

const drafts = new Map();

/** A field that always stands there, with a draft of its own for each that it is about. */
export function draftFor(field, about) {
  const before = field.dataset.about;
  if (before === about) return;
  if (before !== undefined) drafts.set(before, field.value);
  field.dataset.about = about;
  field.value = drafts.get(about) ?? '';
}

/** A form with one field: what could not be sent comes back into it. */
export function wireSpeaking(form, field, send) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (!text) return;
    const { about } = field.dataset;
    field.value = '';
    if ((await act(() => send(text))) === undefined && field.dataset.about === about && !field.value) field.value = text;
  });
}

/** Searches once the typing pauses. */
export function wireSearch(field, name) {
  let searching;
  field.addEventListener('input', () => {
    clearTimeout(searching);
    searching = setTimeout(() => {
      store.find[name] = field.value.trim();
      refresh();
    }, 200);
  });
}
