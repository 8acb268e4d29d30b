// Template cards, and pressing on them.

import { h, pill } from './dom.js';
import { control, segment } from './api.js';
import { act } from './store.js';
import { webLink } from './markdown.js';

/** The card of a message in a member's hand. */
export function drawCard(message, userid) {
  const { card } = message;
  const form = h('form', { class: 'tcard', onsubmit: (event) => event.preventDefault() });
  const press = (key) => pressed(message, userid, key, form);
  form.append(...[
    top(card, press, message.msgid),
    texts(card),
    pairs(card),
    questions(card, message),
    links(card),
    buttons(card, message, press),
  ].flat(Infinity).filter(Boolean));
  return form;
}

function pressed(message, userid, key, form) {
  const selected = {};
  for (const field of form.querySelectorAll('[data-question]')) {
    const { question } = field.dataset;
    if (field.tagName === 'SELECT') selected[question] = [field.value];
    else if (field.checked) (selected[question] ??= []).push(field.value);
  }
  const body = { msgid: message.msgid };
  if (key !== null) body.key = key;
  if (Object.keys(selected).length) body.selected = selected;
  act(() => control(`staff/${segment(userid)}/click`, body), (done) => {
    const fate = done.delivery?.fate === 'delivered' ? '应用已收到点击' : '点击已发出，应用还没有应答';
    return done.reply ? `${fate}：${done.reply.replace('reply applied:', '已按回复更新').replace('reply ignored:', '回复无效')}` : fate;
  });
}

/** Where it comes from, and the menu in its corner. */
function top(card, press, msgid) {
  const menu = card.action_menu;
  if (!card.source?.desc && !menu) return null;
  return h('div', { class: 'row' },
    h('span', { class: 'grow' }, card.source?.desc && pill(card.source.desc)),
    menu && h('details', { class: 'menu', 'data-keep': `menu ${msgid}` },
      h('summary', { 'aria-label': '卡片菜单' }, menu.desc || '⋯'),
      h('div', { class: 'row wrap' }, (menu.action_list ?? []).map((action) =>
        h('button', { type: 'button', onclick: () => press(action.key) }, action.text)))));
}

function texts(card) {
  const main = card.main_title ?? {};
  const quote = card.quote_area;
  const area = card.image_text_area;
  const big = card.emphasis_content;
  return [
    main.title && h('div', { class: 'title' }, main.title),
    main.desc && h('div', { class: 'faint' }, main.desc),
    card.card_image?.url && h('div', { class: 'cover', title: card.card_image.url }, h('span', { class: 'icon image' })),
    big?.title && h('div', { class: 'big' }, h('b', null, big.title), h('div', { class: 'faint' }, big.desc ?? '')),
    quote && (quote.title || quote.quote_text) && h('div', { class: 'md-quote' }, quote.title && h('b', null, quote.title), h('div', null, quote.quote_text ?? '')),
    card.sub_title_text && h('div', { class: 'quote' }, card.sub_title_text),
    area && h('div', { class: 'article' },
      h('span', { class: 'cover small', title: area.image_url ?? '' }, h('span', { class: 'icon image' })),
      h('div', { class: 'grow' }, h('b', { class: 'two' }, area.title ?? ''), h('div', { class: 'faint two' }, area.desc ?? ''))),
    (card.vertical_content_list ?? []).map((one) => h('div', null, h('b', null, one.title ?? ''), h('div', { class: 'faint' }, one.desc ?? ''))),
  ];
}

function pairs(card) {
  const list = card.horizontal_content_list ?? [];
  return list.length > 0 && h('dl', { class: 'pairs' }, list.map((pair) => [
    h('dt', null, pair.keyname ?? ''),
    h('dd', null, pair.type === 1 ? webLink(pair.url, pair.value || '打开') : pair.value ?? pair.userid ?? '')]));
}

/** A question keeps what was chosen while the page refreshes. */
function questions(card, message) {
  const off = Boolean(message.replaced);
  const keep = (question, id = '') => `${message.msgid} ${question} ${id}`;
  const list = [...(card.select_list ?? []), ...(card.button_selection ? [card.button_selection] : [])].map((asked) =>
    h('label', { class: 'asked' }, asked.title ?? '请选择',
      h('select', { 'data-question': asked.question_key, 'data-keep': keep(asked.question_key), disabled: off || asked.disable },
        (asked.option_list ?? []).map((option) => h('option', { value: option.id, selected: option.id === asked.selected_id }, option.text)))));
  const box = card.checkbox;
  if (!box) return list;
  const type = box.mode === 1 ? 'checkbox' : 'radio';
  return [...list, h('fieldset', { class: 'asked' },
    h('legend', null, box.mode === 1 ? '可多选' : '单选'),
    (box.option_list ?? []).map((option) => h('label', { class: 'check' },
      h('input', { type, name: `${message.msgid} ${box.question_key}`, value: option.id, checked: Boolean(option.is_checked), disabled: off || box.disable,
        'data-question': box.question_key, 'data-keep': keep(box.question_key, option.id) }),
      h('span', null, option.text))))];
}

function links(card) {
  const jumps = (card.jump_list ?? []).map((jump) => webLink(jump.url, jump.title));
  const whole = card.card_action?.url && webLink(card.card_action.url, '打开');
  const all = [...jumps, whole].filter(Boolean);
  return all.length > 0 && h('div', { class: 'row wrap' }, all);
}

function buttons(card, message, press) {
  const submit = card.submit_button;
  if (message.replaced) return h('button', { type: 'button', disabled: true, class: 'wide' }, message.replaced);
  const list = (card.button_list ?? []).map((button) => button.type === 1
    ? h('span', { class: 'row' }, webLink(button.url, button.text))
    : h('button', { type: 'button', class: { 1: 'primary', 3: 'danger', 4: 'danger' }[button.style] ?? '', onclick: () => press(button.key) }, button.text));
  if (submit) list.push(h('button', { type: 'button', class: 'primary', onclick: () => press(null) }, submit.text));
  return list.length > 0 && h('div', { class: 'row wrap end' }, list);
}
