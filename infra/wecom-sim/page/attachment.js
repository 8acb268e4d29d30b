// What comes with a message, as cards. Pictures and films are stood in for: the simulator shows no files.

import { h } from './dom.js';
import { sizeOf } from './words.js';

/** One attachment `{msgtype, <msgtype>: {…}}`; `files` names uploaded files by media id. */
export function attachment(part, files = {}) {
  const kind = part.msgtype;
  const body = part[kind] ?? {};
  const file = files[body.media_id] ?? files[body.pic_media_id];
  switch (kind) {
    case 'image': return picture('image', '图片', file, body.pic_url);
    case 'video': return picture('video', '视频', file, body.url);
    case 'file': return paper(file ?? (body.name && { name: body.name }), body.media_id);
    case 'link': return link(body);
    case 'miniprogram': return miniprogram(body, file);
    default: return h('div', { class: 'att paper' }, h('span', { class: 'grow' }, `附件（${kind ?? '未知类型'}）`));
  }
}

export const attachments = (message) => (message.attachments ?? []).map((part) => attachment(part, message.files));

export function picture(icon, name, file, url) {
  return h('div', { class: `att picture ${icon}`, role: 'img', 'aria-label': name, title: url ?? file?.name ?? '' },
    h('span', { class: `icon ${icon}` }),
    h('span', { class: 'clip' }, file ? `${file.name} · ${sizeOf(file.size)}` : url ? url.replace(/^https?:\/\//, '') : name));
}

export function paper(file, id) {
  return h('div', { class: 'att paper' },
    h('span', { class: 'grow' },
      h('b', { class: 'clip' }, file?.name ?? '文件'),
      h('span', { class: 'faint clip' }, file ? file.size !== undefined && sizeOf(file.size) : `已过期或未知 ${id ?? ''}`)),
    h('span', { class: 'icon file' }));
}

function link(body) {
  return h('div', { class: 'att link', title: body.url ?? '', 'data-url': body.url || null },
    h('b', { class: 'two' }, body.title ?? '链接'),
    h('div', { class: 'row' },
      h('span', { class: 'faint two grow' }, body.desc ?? ''),
      h('span', { class: 'icon link', title: body.picurl ?? '' })),
    h('span', { class: 'foot clip' }, body.url ?? ''));
}

function miniprogram(body, file) {
  return h('div', { class: 'att program' },
    h('b', { class: 'two' }, body.title ?? '小程序'),
    h('div', { class: 'cover', title: file?.name ?? '' }, h('span', { class: 'icon image' })),
    h('span', { class: 'foot clip', title: `${body.appid ?? ''} ${body.page ?? ''}` }, h('span', { class: 'icon program' }), '小程序 · ', body.page ?? body.appid ?? ''));
}
