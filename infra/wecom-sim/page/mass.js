// 群发助手: what the corp wants sent and the member confirms, and what the member sends to many.

import { $, h, pill } from './dom.js';
import { control, segment } from './api.js';
import { attachments } from './attachment.js';
import { deskState } from './desk.js';
import { askForm } from './form.js';
import { paintList, startOver } from './paint.js';
import { act, customerName, desk, draws, store } from './store.js';
import { notice } from './thread.js';
import { fullTime, shortTime } from './time.js';
import { STATUSES, condition } from './words.js';

const STATES = { waiting: ['待确认', 'blue'], sent: ['已发送', 'good'], cancelled: ['企业已取消', 'warn'] };

draws(() => {
  if (!store.sim) return;
  const host = $('mass');
  startOver(host, store.chosen.staff ?? '');
  const state = deskState();
  $('new-mass').disabled = Boolean(state);
  if (state) {
    paintList(host, [state]);
    return;
  }
  const { mass, userid } = desk();
  // what waits for the member stands first
  const ordered = [...mass.filter((task) => task.state === 'waiting'), ...mass.filter((task) => task.state !== 'waiting')];
  const entries = ordered.map((task) => ({ key: task.msgid, about: task, build: () => item(task, userid) }));
  if (!entries.length) entries.push(notice('none', '没有群发任务。企业用接口创建的任务会出现在这里，由成员确认后才发出。'));
  paintList(host, entries);
});

function item(task, userid) {
  const [state, colour] = STATES[task.state] ?? [task.state, ''];
  const form = h('form', { class: 'item', onsubmit: (event) => {
    event.preventDefault();
    confirm(task, userid, form);
  } });
  form.append(
    h('div', { class: 'row' },
      pill(task.own ? '我的群发' : '企业群发', task.own ? '' : 'blue'),
      h('time', { class: 'faint grow', title: fullTime(task.at) }, shortTime(task.at)),
      task.reminded > 0 && pill(`提醒 ${task.reminded} 次`, 'warn'),
      pill(state, colour)),
    ...[task.text && h('div', { class: 'quote' }, task.text)].filter(Boolean),
    ...attachments(task),
    recipients(task),
    foot(task));
  return form;
}

const unit = (task) => (task.chat_type === 'group' ? '个群' : '位客户');

function recipients(task) {
  const mayChoose = task.state === 'waiting' && task.allow_select;
  const left = task.to_total - task.to.length;
  return h('details', { open: task.to_total <= 12, 'data-keep': `to ${task.msgid}` },
    h('summary', null, `发给 ${task.to_total} ${unit(task)}`, task.state === 'waiting' && h('span', { class: 'faint' }, mayChoose ? '（可以去掉不想发的）' : '（企业不允许挑选）')),
    h('div', { class: 'ticks' }, task.to.map((row) => {
      const name = row.name ?? customerName(row.id);
      if (mayChoose) {
        return h('label', { class: 'check', title: row.id },
          h('input', { type: 'checkbox', checked: true, value: row.id, 'data-keep': `${task.msgid} ${row.id}` }), h('span', { class: 'clip' }, name));
      }
      const [word, colour] = STATUSES[row.status] ?? [row.status, ''];
      return h('div', { class: 'row', title: row.id }, h('span', { class: 'clip grow' }, name), task.state !== 'waiting' && pill(word, colour));
    })),
    left > 0 && h('div', { class: 'faint' }, `另有 ${left} ${unit(task)}未列出`));
}

function foot(task) {
  if (task.state === 'waiting') {
    return h('div', { class: 'row end' }, h('button', { class: 'primary' }, '确认发送'));
  }
  const counted = Object.entries(task.statuses).map(([status, count]) => `${STATUSES[status]?.[0] ?? status} ${count}`).join(' · ');
  return h('div', { class: 'faint' }, [task.sent_at && `${shortTime(task.sent_at)} 发出`, counted].filter(Boolean).join(' · '));
}

function confirm(task, userid, form) {
  const deselect = [...form.querySelectorAll('input[type=checkbox]')].filter((box) => !box.checked).map((box) => box.value);
  const body = { msgid: task.msgid };
  if (deselect.length) body.deselect = deselect;
  act(() => control(`staff/${segment(userid)}/confirm`, body), (done) => `已发送给 ${done.to.filter((row) => row.status === 1).length} ${unit(task)}`);
}

function askMass() {
  const mine = desk();
  const friends = mine.friends.filter((one) => !condition(one.relation));
  askForm('给客户群发', [
    { name: 'text', label: '内容', lines: 4, placeholder: '成员自己的群发，不需要确认' },
    { name: 'to', label: friends.length ? '发给' : '这位成员还没有可以群发的客户', many: friends.map((one) => [one.external_userid, one.relation.remark || one.name]) },
  ], async (values) => {
    if (!values.to.length) throw new Error('请选择至少一位客户');
    await control(`staff/${segment(mine.userid)}/mass_send`, { external_userid: values.to, text: values.text });
  }, '群发');
}

$('new-mass').addEventListener('click', askMass);
