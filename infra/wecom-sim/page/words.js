// Names of things, as the page says them.

/** How a customer may have come. */
export const WAYS = [
  ['1', '扫描二维码'], ['2', '搜索手机号'], ['3', '名片分享'], ['4', '群聊'], ['5', '手机通讯录'], ['6', '微信联系人'],
  ['8', '安装第三方应用时'], ['9', '搜索邮箱'], ['10', '视频号'], ['16', '获客链接'], ['201', '内部成员共享'], ['202', '管理员分配'], ['0', '未知来源'],
];

export const wayName = (way) => WAYS.find(([number]) => number === String(way))?.[1] ?? `来源 ${way}`;

/** How a message came about. */
export const VIA = { welcome: '欢迎语', sidebar: '侧边栏一键发送', mass: '群发助手', staff: '', customer: '' };

/** What is told, by ChangeType, event or type. */
export const EVENTS = {
  add_external_contact: '添加客户', add_half_external_contact: '客户单向添加', edit_external_contact: '编辑客户',
  del_external_contact: '成员删除客户', del_follow_user: '客户删除成员', transfer_fail: '接替失败', msg_audit_approved: '同意会话存档',
  create: '新建标签', update: '修改标签', delete: '删除标签', shuffle: '标签排序',
  template_card_event: '点击卡片按钮', template_card_menu_event: '点击卡片菜单', enter_agent: '进入应用',
  'message.received': '客户发来消息', 'message.sent': '成员发出消息', 'order.paid': '客户付款',
};

/** [word, colour] of what became of a delivery. */
export const FATES = {
  pending: ['等待投递', 'warn'], delivered: ['已送达', 'good'], given_up: ['已放弃', 'bad'], dropped: ['被丢弃', 'bad'],
};

/** Whether news is WeCom's callback or comes through the company's own gateway. */
export const isIngested = (what) => what.includes('.');

/** What WeCom means by the codes that one meets most. */
const CODES = {
  0: '成功', '-1': '系统繁忙', 40001: '密钥不对', 40003: '成员不存在', 40014: 'token 无效', 42001: 'token 过期', 40058: '参数不对',
  40068: '标签不存在', 41050: '欢迎语码过期', 41051: '欢迎语已发过', 41096: '其他应用正在发欢迎语', 41063: '群发任务创建中',
  45009: '调用太频繁', 45033: '并发太高', 48002: '没有权限', 50001: '域名不可信', 60011: '不在可见范围或无授权', 60020: 'IP 不可信',
  60111: '成员不存在', 81013: '没有可送达的人', 84061: '不是客户关系',
};

export const codeName = (code) => CODES[code] ?? '';

/** [word, colour] of a recipient of a mass message, by WeCom's status. */
export const STATUSES = { 0: ['未发送', ''], 1: ['已发送', 'good'], 2: ['不是好友', 'warn'], 3: ['已达接收上限', 'warn'] };

/** What stands between a member and a customer, in a word; empty while all is well. */
export function condition(relation) {
  if (!relation) return '未添加';
  if (relation.customer_side === 'closed') return '客户已拉黑';
  if (relation.half) return '成员未通过';
  if (relation.staff_side === 'closed') return '成员已删除';
  return '';
}

/** A size as people read it. */
export function sizeOf(bytes) {
  if (!Number.isFinite(bytes)) return '';
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1 << 20) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / (1 << 20)).toFixed(1)} MB`;
}
