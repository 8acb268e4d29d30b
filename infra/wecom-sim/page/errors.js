// Refusals in the words of whoever looks at the page.

const TITLES = {
  400: '填写有误', 403: '页面不能这样做', 404: '找不到', 409: '现在不能这样做', 422: '超出范围',
  500: '模拟器出错了', 502: '产品没有答应', 503: '产品未连接', 504: '等了很久还没处理完',
};

/** What the simulator says most often, and how it is said here. */
const SAYINGS = [
  [/^they are contacts already/, '双方已经是好友'],
  [/has been added and has not added back/, '已经添加过，等成员通过；要让成员通过，再添加一次，不勾选“尚未通过”'],
  [/^the customer has done so already/, '客户已经拉黑了这位成员'],
  [/^they are not contacts|^they never were contacts/, '双方不是好友'],
  [/^one of them has ended the contact/, '其中一方已经删除或拉黑对方，消息会被拒收'],
  [/has not added the customer back/, '成员还没有通过，不能发消息'],
  [/not in the member's list/, '客户已不在成员的通讯录里'],
  [/^the buttons have been replaced/, '按钮已被替换，不能再点'],
  [/^the message was recalled/, '消息已被撤回'],
  [/has sent it already/, '这条群发已经发送过'],
  [/^the corp has cancelled it/, '企业已取消这条群发'],
  [/serves no customers|does not serve customers/, '这位成员不能服务客户（未授权、已停用或已离职）'],
  [/^both are the same member/, '接替成员不能是原成员'],
  [/^the clock is at/, '时钟只能往前拨'],
  [/clock is real/, '真实时钟不能拨动：以 --clock manual 启动'],
  [/^nothing is going to happen/, '没有将要发生的事'],
  [/^nobody serves customers/, '没有可以服务客户的成员：成员数填 1 以上'],
  [/nobody of this contact way serves customers/, '这个“联系我”里没有可以服务客户的成员'],
  [/^no contact way/, '没有这个“联系我”'],
  [/^userid is missing/, '请填写 userid'],
  [/^userid is 1 to 64/, 'userid 只能用字母、数字和 - _ . @，最长 64 个字符'],
  [/^external_userid is missing/, '请填写 external_userid'],
  [/^text is missing/, '请填写内容'],
  [/^name is missing/, '请填写名称'],
  [/^group is missing/, '请填写标签组'],
  [/^nothing posted|has no task/, '待办已经不在了'],
];

/** One sentence for a refusal; what has no saying is quoted. */
export function inWords(status, answer) {
  const detail = answer?.detail || answer?.title || '';
  const saying = SAYINGS.find(([pattern]) => pattern.test(detail));
  if (saying) return saying[1];
  const title = TITLES[status] ?? `HTTP ${status}`;
  return detail ? `${title}：${detail}` : title;
}
