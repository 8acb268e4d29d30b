// 待办: what the product wants the member to do.

import { $, h, pill } from './dom.js';
import { control, productPost, segment } from './api.js';
import { askForm } from './form.js';
import { paintList, startOver } from './paint.js';
import { act, choose, draws, store } from './store.js';
import { notice } from './thread.js';
import { shortTime } from './time.js';

const PARTS = { image: '图片', link: '链接', mini_program: '小程序', video: '视频', file: '文件' };
const KINDS = { touch: '触达', todo: '待办', follow_up: '跟进', urgent: '紧急' };

draws(() => {
  const { sim, chosen, product } = store;
  if (!sim) return;
  const host = $('panel-tasks');
  startOver(host, chosen.staff ?? '');
  paintList(host, entries(sim, product.tasks));
});

function entries(sim, tasks) {
  if (!sim.staff.length) return [notice('nobody', '先建一位成员。')];
  if (!sim.connected) return [notice('away', '产品未连接，看不到待办。')];
  if (!tasks) return [notice('silent', '产品没有给出待办。')];
  if (!tasks.length) return [notice('none', '没有到期的待办。拨一拨时钟，到期的节点会出现在这里。')];
  return tasks.map((task) => ({ key: task.id, about: [task, store.chosen.staff], build: () => item(task) }));
}

function item(task) {
  const id = task.customer?.id;
  const about = [
    task.customer?.name ?? id, task.sop?.name,
    task.due_at && `应于 ${shortTime(task.due_at)}`, task.until && `至 ${shortTime(task.until)}`,
  ].filter(Boolean).join(' · ');
  return h('article', { class: task.overdue ? 'item late' : 'item' },
    h('div', { class: 'row' },
      pill(KINDS[task.kind] ?? task.kind ?? '任务', task.kind === 'urgent' ? 'bad' : 'blue'),
      h('span', { class: 'title grow clip', title: task.title }, task.title || task.step || '待办'),
      task.overdue && pill('已逾期', 'bad')),
    h('div', { class: 'faint' }, about),
    task.content?.text && h('div', { class: 'quote' }, task.content.text),
    parts(task.content?.kinds ?? []),
    h('div', { class: 'row end' },
      id && h('button', { class: 'plain', onclick: () => choose({ customer: id, member: store.chosen.staff }) }, '看客户'),
      h('button', { onclick: () => skip(task) }, '跳过'),
      finish(task)));
}

/** What is sent besides the text. */
function parts(kinds) {
  const others = kinds.filter((kind) => kind !== 'text');
  return others.length > 0 && h('div', { class: 'row' }, others.map((kind) => pill(PARTS[kind] ?? kind, 'blue')));
}

/** A touch goes to the customer; what a todo says is for the member alone, who reports it done. */
function finish(task) {
  if (task.kind !== 'touch') return h('button', { class: 'primary', onclick: (event) => complete(event.target, task) }, '完成');
  const ready = task.content?.kinds?.length && task.customer?.id;
  return h('button', { class: 'primary', disabled: !ready, onclick: (event) => send(event.target, task) }, '一键发送');
}

function complete(button, task) {
  button.disabled = true;
  const path = `/api/v1/tasks/${segment(task.id)}/sent?userid=${segment(store.chosen.staff)}`;
  act(() => productPost(path, { evidence: 'staff_marked' }), '已完成').finally(() => { button.disabled = false; });
}

function send(button, task) {
  button.disabled = true;
  const { staff: userid } = store.chosen;
  const id = task.customer.id;
  act(async () => {
    await control(`staff/${segment(userid)}/send`, { external_userid: id, task: task.id });
    // the phone on the left shows it arrive
    choose({ customer: id, member: userid });
  }, '已发送').finally(() => { button.disabled = false; });
}

function skip(task) {
  const userid = store.chosen.staff;
  const reasons = ['已电话沟通', '时机不合适', '客户已成交'];
  askForm(`跳过“${task.title || task.step}”`, [
    { name: 'reason', label: '原因', options: [...reasons.map((reason) => [reason, reason]), ['', '其他（写在下面）']] },
    { name: 'other', label: '其他原因', placeholder: '可空' },
  ], async (values) => {
    const reason = values.other || values.reason || '其他';
    await productPost(`/api/v1/tasks/${segment(task.id)}/skip?userid=${segment(userid)}`, { reason });
  }, '跳过');
}
