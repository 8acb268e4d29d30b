// What the Node tests share: the way to the simulated WeCom, people to play, the product beside it.

const { CONTRACT_URL: url, STEPWISE_ADMIN_TOKEN: adminToken } = process.env;

export const app = {
  corpId: process.env.WECOM_CORP_ID,
  agentId: process.env.WECOM_AGENT_ID,
  secret: process.env.WECOM_SECRET,
  token: process.env.WECOM_CALLBACK_TOKEN,
  key: process.env.WECOM_CALLBACK_AES_KEY,
};

// A control call of the simulator (infra/wecom-sim/README.md) that has to work; without a body a GET.
export async function control(path, body) {
  const method = body === undefined ? 'GET' : 'POST';
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}/sim/control/${path}`, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

// A server call of WeCom's that has to work.
export async function wecom(api, query) {
  const answer = await (await fetch(`${url}/sim/cgi-bin/${api}?${new URLSearchParams(query)}`)).json();
  if (answer.errcode) throw new Error(`${api}: ${answer.errmsg}`);
  return answer;
}

// The product's callback endpoint, with `query` and, for an event, its envelope.
export async function callback(query, body) {
  const method = body === undefined ? 'GET' : 'POST';
  const answer = await fetch(`${url}/wecom/callback?${new URLSearchParams(query)}`, { method, body });
  return { status: answer.status, body: await answer.text() };
}

// The customer as the product's own API shows them; `null`: it knows no such customer.
export async function productKnows(externalUserId) {
  const headers = { authorization: `Bearer ${adminToken}` };
  const answer = await fetch(`${url}/api/v1/customers/${externalUserId}`, { headers });
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer.json();
}

// Unix seconds, by the clock that the simulator and the product share.
export const now = async () => Math.floor((await control('clock')).now_ms / 1000);

// Moves that clock on.
export const wait = (seconds) => control('clock/advance', { seconds });

export const member = (userid) => control('staff', { userid, name: '张伟' });
export const customer = (id) => control('customers', { external_userid: id, name: '陈洁' });

// What the simulator has sent or tried to send because of `act`: the `raw` envelope, the `plain` event.
export async function callbacksOf(act) {
  const before = new Set((await control('deliveries')).items.map((item) => item.n));
  await act();
  const fresh = (await control('deliveries')).items.filter((item) => !before.has(item.n));
  return Promise.all(fresh.map((item) => control(`deliveries/${item.n}`)));
}

// The text of an element, which may be CDATA.
export function element(xml, name) {
  const found = xml.match(new RegExp(`<${name}>(?:<!\\[CDATA\\[(.*?)\\]\\]>|([^<]*))</${name}>`, 's'));
  return found ? found[1] ?? found[2] : undefined;
}
