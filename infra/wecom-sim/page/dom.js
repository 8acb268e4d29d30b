// Building and keeping the page, talking to the simulator, telling the time.

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
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const painted = new WeakMap();

/**
 * Builds what stands in `host` anew, only when `about` (anything that becomes JSON) has changed: what the
 * eye rests on stays, and a click never lands on an element that was just replaced.
 */
export function paint(host, about, build) {
  const key = JSON.stringify(about) ?? '';
  if (painted.get(host) === key) return false;
  painted.set(host, key);
  const top = host.scrollTop;
  host.replaceChildren(...[build()].flat(Infinity).filter(Boolean));
  host.scrollTop = top;
  return true;
}

export const $ = (id) => document.getElementById(id);

async function ask(method, url, body) {
  const request = { method, headers: {} };
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers['Content-Type'] = 'application/json';
  }
  const response = await fetch(url, request);
  const text = await response.text();
  let answer = null;
  try { answer = text ? JSON.parse(text) : null; } catch { answer = { detail: text.slice(0, 200) }; }
  if (!response.ok) {
    const error = new Error(answer?.detail || answer?.title || `HTTP ${response.status}`);
    error.status = response.status;
    throw error;
  }
  return answer;
}

const segment = encodeURIComponent;

/** What people do. */
export const control = (path, body) => ask('POST', `/sim/control/${path}`, body);
export const simState = () => ask('GET', '/sim/state');
/** The product's REST API, read through the simulator. */
export const product = (path) => ask('GET', `/sim/product?path=${segment(path)}`);
export const productPost = (path, body) => ask('POST', `/sim/product?path=${segment(path)}`, body);
export { segment };

export function toast(text, kind = '') {
  const node = h('div', { class: `toast ${kind}` }, text);
  $('toasts').append(node);
  setTimeout(() => node.remove(), kind === 'bad' ? 6000 : 2600);
}

const zone = 'Asia/Shanghai';
const full = new Intl.DateTimeFormat('zh-CN', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit', weekday: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const short = new Intl.DateTimeFormat('zh-CN', { timeZone: zone, month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

const format = (with_, at) => {
  const date = new Date(at ?? NaN);
  return Number.isNaN(date.getTime()) ? '' : with_.format(date);
};
export const fullTime = (at) => format(full, at).replace(/\s*(周.)\s*/, ' $1 ');
export const shortTime = (at) => format(short, at);

/** Tomorrow 9:00 in China, whatever zone the browser is in. */
export function tomorrowAtNine(nowMs) {
  const day = 86_400_000;
  const china = 8 * 3_600_000;
  return new Date((Math.floor((nowMs + china) / day) + 1) * day - china + 9 * 3_600_000).toISOString();
}

const colours = ['#4f7cff', '#12a594', '#e5734a', '#8e6bd8', '#d6409f', '#2e9e5b', '#c98a00', '#3b8fd4'];

export function avatar(name, small) {
  const text = String(name || '?');
  let sum = 0;
  for (const letter of text) sum = (sum * 31 + letter.codePointAt(0)) >>> 0;
  const node = h('span', { class: small ? 'avatar small' : 'avatar', 'aria-hidden': 'true' }, [...text][0].toUpperCase());
  node.style.background = colours[sum % colours.length];
  return node;
}

/**
 * Asks in a dialog. Fields: {name, label, value?, placeholder?, options?: [[value, text]], check?: true}.
 * `submit` gets the values; the dialog closes unless it throws.
 */
export function askForm(title, fields, submit, action = '确定') {
  const dialog = $('dialog');
  const inputs = {};
  const rows = fields.map((field) => {
    let input;
    if (field.options) {
      input = h('select', { name: field.name }, field.options.map(([value, text]) => h('option', { value }, text)));
      if (field.value !== undefined) input.value = field.value;
    } else if (field.check) {
      input = h('input', { type: 'checkbox', name: field.name });
      inputs[field.name] = input;
      return h('label', { class: 'check' }, input, field.label);
    } else {
      input = h('input', { name: field.name, value: field.value, placeholder: field.placeholder, autocomplete: 'off' });
    }
    inputs[field.name] = input;
    return h('label', null, field.label, input);
  });
  const go = h('button', { class: 'primary' }, action);
  const form = h('form', { method: 'dialog', onsubmit: async (event) => {
    event.preventDefault();
    const values = {};
    for (const [name, input] of Object.entries(inputs)) {
      values[name] = input.type === 'checkbox' ? input.checked : input.value.trim();
    }
    go.disabled = true;
    try {
      await submit(values);
      dialog.close();
    } catch (error) {
      toast(error.message, 'bad');
    } finally {
      go.disabled = false;
    }
  } },
  h('h4', null, title), rows,
  h('div', { class: 'row end' }, h('button', { type: 'button', onclick: () => dialog.close() }, '取消'), go));
  dialog.replaceChildren(form);
  dialog.showModal();
}
