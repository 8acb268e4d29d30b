// A member's desk: whose it is, and its tabs.

import { $, avatar, h, pill, rove, settleTabs } from './dom.js';
import { control, segment } from './api.js';
import { askForm } from './form.js';
import { paintList } from './paint.js';
import { choose, desk, draw, draws, staff, store } from './store.js';
import { notice } from './thread.js';

const SHOWN = 100;
const TABS = ['tasks', 'notices', 'mass', 'friends', 'talk'];

function drawDesk() {
  const { sim, chosen } = store;
  if (!sim) return;
  drawStaff();
  const member = staff();
  if (!TABS.includes(chosen.tab)) chosen.tab = 'tasks';
  const count = (id, number) => { $(id).textContent = number || ''; };
  count('count-tasks', store.product.tasks?.length);
  count('count-notices', member?.notices);
  count('count-mass', member?.mass_waiting);
  count('count-friends', member?.friends);
  for (const tab of $('desk-tabs').children) {
    const isChosen = tab.dataset.tab === chosen.tab;
    tab.setAttribute('aria-selected', isChosen);
    $(`panel-${tab.dataset.tab}`).hidden = !isChosen;
  }
  settleTabs($('desk-tabs'), (tab) => tab.dataset.tab === chosen.tab);
}

function drawStaff() {
  const { sim, chosen, find } = store;
  const needle = find.staff.toLowerCase();
  const found = sim.staff.filter((one) => !needle || `${one.name} ${one.userid}`.toLowerCase().includes(needle));
  const shown = found.slice(0, SHOWN);
  const mine = sim.staff.find((one) => one.userid === chosen.staff);
  if (mine && !shown.includes(mine)) shown.unshift(mine);
  const entries = shown.map((one) => {
    const isChosen = one.userid === chosen.staff;
    const flaw = one.status === 'left' ? '已离职' : one.status !== 'active' ? '已停用' : one.licensed ? '' : '未授权';
    return { key: one.userid, about: [one.name, flaw, isChosen, one.mass_waiting], build: () => h('button', {
      'aria-pressed': isChosen, title: `${one.name} ${one.userid}`, onclick: () => choose({ staff: one.userid, friend: null }),
    }, avatar(one.name, true), h('span', { class: 'clip' }, one.name), flaw && pill(flaw, 'warn'),
    one.mass_waiting > 0 && h('span', { class: 'dot', title: `${one.mass_waiting} 条群发待确认` })) };
  });
  if (found.length > SHOWN) entries.push(notice('more', `还有 ${found.length - SHOWN} 位，请搜索`));
  if (!entries.length) entries.push(notice('none', sim.staff.length ? '没有找到这样的成员。' : '还没有成员，点上面的“新成员”。'));
  paintList($('staff'), entries);
  settleTabs($('staff'), (button) => button.getAttribute('aria-pressed') === 'true');
  $('find-staff').hidden = sim.staff.length <= 8 && !find.staff;
  $('edit-staff').hidden = !mine;
}

/** What a panel shows instead of its list, if anything: nobody's desk, or one that is not read yet. */
export function deskState() {
  if (!store.sim.staff.length) return notice('nobody', '先建一位成员。');
  return desk() ? null : notice('wait', '正在读取…');
}

function askStaff() {
  askForm('新成员', [
    { name: 'name', label: '姓名', placeholder: '例如 小李' },
    { name: 'userid', label: 'userid', placeholder: '例如 LiMing' },
  ], async (values) => {
    await control('staff', { userid: values.userid, name: values.name || values.userid });
    choose({ staff: values.userid });
  }, '创建');
}

function editStaff() {
  const member = staff();
  if (!member) return;
  const { userid } = member;
  const left = member.status === 'left';
  askForm(`${member.name}（${userid}）`, [
    { name: 'name', label: '姓名', value: member.name },
    { name: 'licensed', label: '有客户联系授权', check: true, value: member.licensed },
    { name: 'console_welcome', label: '管理后台已配欢迎语', hint: '企业微信不再给出欢迎语码', check: true, value: member.console_welcome },
    ...(left ? [] : [{ name: 'leave', label: '离职', hint: '客户等人接替，不能恢复', check: true }]),
  ], async (values) => {
    await control('staff', { userid, name: values.name || userid, licensed: values.licensed, console_welcome: values.console_welcome });
    if (values.leave) await control(`staff/${segment(userid)}/leave`);
  }, '保存');
}

draws(drawDesk);
rove($('staff'));
rove($('desk-tabs'));
$('desk-tabs').addEventListener('click', (event) => {
  const tab = event.target.closest('button')?.dataset.tab;
  if (tab) choose({ tab });
});
$('new-staff').addEventListener('click', askStaff);
$('edit-staff').addEventListener('click', editStaff);
$('find-staff').addEventListener('input', () => {
  store.find.staff = $('find-staff').value.trim();
  draw();
});
