// 企业通知: what the app sent to the member, newest first.

import { $, h, pill } from './dom.js';
import { paper, picture } from './attachment.js';
import { drawCard } from './card.js';
import { desk, draws, store } from './store.js';
import { deskState } from './desk.js';
import { markdown, webLink } from './markdown.js';
import { paintList, startOver } from './paint.js';
import { notice } from './thread.js';
import { fullTime, shortTime } from './time.js';

const KINDS = {
  text: '文本', markdown: 'Markdown', textcard: '文本卡片', news: '图文', mpnews: '图文', image: '图片', voice: '语音', video: '视频',
  file: '文件', template_card: '模板卡片',
};
const CARDS = {
  text_notice: '文本通知卡片', news_notice: '图文展示卡片', button_interaction: '按钮交互卡片', vote_interaction: '投票选择卡片',
  multiple_interaction: '多项选择卡片',
};

draws(() => {
  if (!store.sim) return;
  const host = $('panel-notices');
  const mine = desk();
  startOver(host, store.chosen.staff ?? '');
  const state = deskState();
  if (state) {
    paintList(host, [state]);
    return;
  }
  const entries = mine.notices.map((message) => ({ key: message.msgid, about: message, build: () => item(message, mine.userid) }));
  if (!entries.length) entries.push(notice('none', '应用还没有给这位成员发过消息。'));
  const more = (store.sim.staff.find((one) => one.userid === mine.userid)?.notices ?? 0) - mine.notices.length;
  if (more > 0) entries.push(notice('more', `更早的 ${more} 条不再显示。`));
  paintList(host, entries);
});

function item(message, userid) {
  const kind = message.card ? CARDS[message.card.card_type] : KINDS[message.msgtype];
  return h('article', { class: message.recalled ? 'item gone' : 'item' },
    h('div', { class: 'row' },
      h('time', { class: 'faint grow', title: fullTime(message.at) }, shortTime(message.at)),
      message.recalled && pill('已撤回', 'warn'),
      message.changed_at && pill(`已更新 ${shortTime(message.changed_at)}`, 'blue'),
      h('span', { class: 'faint' }, kind ?? message.msgtype)),
    message.recalled ? h('div', { class: 'faint' }, '应用撤回了这条消息。') : body(message, userid));
}

function body(message, userid) {
  if (message.card) return drawCard(message, userid);
  if (message.msgtype === 'text') return h('div', { class: 'quote' }, message.text ?? '');
  const content = message.content ?? {};
  const file = message.files?.[content.media_id];
  switch (message.msgtype) {
    case 'markdown': return h('div', { class: 'quote' }, markdown(content.content ?? ''));
    case 'textcard': return [
      h('div', { class: 'title' }, content.title),
      // the description may carry <div class="gray"> and the like: shown as the text it is
      h('div', { class: 'quote' }, String(content.description ?? '').replace(/<[^>]*>/g, '\n').replace(/\n{2,}/g, '\n').trim()),
      h('div', { class: 'row' }, webLink(content.url, content.btntxt || '详情')),
    ];
    case 'news': case 'mpnews': return (content.articles ?? []).map(article);
    case 'image': return picture('image', '图片', file);
    case 'video': return [picture('video', content.title || '视频', file), content.description && h('div', { class: 'faint' }, content.description)];
    case 'voice': case 'file': return paper(file, content.media_id);
    default: return h('pre', { class: 'code' }, JSON.stringify(content, null, 2));
  }
}

function article(one) {
  return h('div', { class: 'article' },
    h('span', { class: 'cover small', title: one.picurl ?? '' }, h('span', { class: 'icon image' })),
    h('div', { class: 'grow' },
      h('b', { class: 'two' }, one.title),
      h('div', { class: 'faint two' }, one.description ?? one.digest ?? ''),
      one.url && webLink(one.url, '阅读全文')));
}
