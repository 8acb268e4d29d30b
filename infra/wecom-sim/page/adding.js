// Customers come into being and add members.

import { control, segment } from './api.js';
import { toast } from './dom.js';
import { askForm } from './form.js';
import { choose, phone, relationOf, staffName, store } from './store.js';
import { WAYS, condition } from './words.js';

export function askCustomer() {
  askForm('新客户', [
    { name: 'name', label: '微信昵称', placeholder: '例如 王女士' },
    { name: 'id', label: 'external_userid', value: `wm${Math.random().toString(36).slice(2, 12)}` },
  ], async (values) => {
    await control('customers', { external_userid: values.id, name: values.name || values.id });
    choose({ customer: values.id });
  }, '创建');
}

export function askAdd() {
  const one = phone();
  if (!one) return;
  const open = store.sim.staff.filter((each) => {
    const relation = relationOf(one, each.userid);
    return each.status !== 'left' && (!relation || condition(relation));
  });
  if (!open.length) {
    toast(store.sim.staff.length ? '所有成员都已是好友' : '先建一位成员', 'bad');
    return;
  }
  const preferred = open.some((each) => each.userid === store.chosen.staff) ? store.chosen.staff : open[0].userid;
  askForm(`${one.name} 添加成员`, [
    { name: 'userid', label: '成员', options: open.map((each) => [each.userid, each.licensed ? each.name : `${each.name}（未授权）`]), value: preferred },
    { name: 'state', label: '渠道参数 state（可空）', placeholder: '例如 expo' },
    { name: 'add_way', label: '添加方式', options: WAYS, value: '1' },
    { name: 'half', label: '成员尚未通过（单向添加）', check: true },
  ], async (values) => {
    const body = { userid: values.userid, add_way: Number(values.add_way) };
    if (values.state) body.state = values.state;
    if (values.half) body.half = true;
    await control(`customers/${segment(one.external_userid)}/add`, body);
    choose({ member: values.userid });
  }, '添加');
}

/** A contact way: which of its members is added is the platform's choice. */
export function askScan() {
  const one = phone();
  if (!one) return;
  const ways = store.sim.ways.map((way) => {
    const names = [way.names.join('、'), way.members > way.names.length && `等 ${way.members} 人`].filter(Boolean).join('');
    return [way.config_id, [way.remark || way.config_id, way.state && `渠道 ${way.state}`, names || '没有成员'].filter(Boolean).join(' · ')];
  });
  askForm(`${one.name} 扫描“联系我”`, [
    { name: 'config_id', label: '二维码', options: ways },
    { name: 'half', label: '成员尚未通过（单向添加）', check: true },
  ], async (values) => {
    const body = { config_id: values.config_id };
    if (values.half) body.half = true;
    const added = await control(`customers/${segment(one.external_userid)}/scan`, body);
    toast(added.event ? `已添加 ${staffName(added.userid)}` : `${staffName(added.userid)} 已经是好友，直接打开聊天`);
    choose({ member: added.userid });
  }, '扫码');
}
