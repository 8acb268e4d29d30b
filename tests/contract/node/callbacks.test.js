// Callbacks: the official library reads what the simulator sends, and the product takes what the library writes.

import assert from 'node:assert/strict';
import test from 'node:test';

import { decrypt, encrypt, getJsApiSignature, getSignature } from '@wecom/crypto';

import { app, callback, callbacksOf, control, customer, element, member, now } from './simulator.js';
import { productKnows, wait, wecom } from './simulator.js';

const nonce = '1372623149';

// The query that signs a ciphertext.
async function signed(sealed, token = app.token) {
  const timestamp = String(await now());
  return { msg_signature: getSignature(token, timestamp, nonce, sealed), timestamp, nonce };
}

// Sends the product an event, encrypted and signed by the library.
async function post(message, { key = app.key, token = app.token, corpId = app.corpId, ...changed } = {}) {
  const sealed = encrypt(key, message, corpId);
  const cdata = (text) => `<![CDATA[${text}]]>`;
  const body = `<xml><Encrypt>${cdata(sealed)}</Encrypt><ToUserName>${cdata(app.corpId)}</ToUserName>`
    + `<AgentID>${cdata(app.agentId)}</AgentID></xml>`;
  return callback({ ...await signed(sealed, token), ...changed }, body);
}

async function added(userid, externalUserId) {
  return `<xml><ToUserName><![CDATA[${app.corpId}]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName>`
    + `<CreateTime>${await now()}</CreateTime><MsgType><![CDATA[event]]></MsgType>`
    + '<Event><![CDATA[change_external_contact]]></Event><ChangeType><![CDATA[add_external_contact]]></ChangeType>'
    + `<UserID><![CDATA[${userid}]]></UserID><ExternalUserID><![CDATA[${externalUserId}]]></ExternalUserID></xml>`;
}

// The customer adds the member, and WeCom's word of it gets lost.
async function unheard(externalUserId, userid) {
  await customer(externalUserId);
  await control('faults', { callbacks: 'drop', change: 'add_external_contact', times: 1 });
  await control(`customers/${externalUserId}/add`, { userid });
}

test('the library reads what the simulator made, with every padding', async () => {
  await member('node-reader');
  const lengths = new Set();
  for (let n = 0; n < 32; n += 1) {
    const externalUserId = `wmNode${'x'.repeat(n)}`;
    await customer(externalUserId);
    let done;
    const [{ raw, plain }] = await callbacksOf(async () => {
      done = await control(`customers/${externalUserId}/add`, { userid: 'node-reader' });
    });
    assert.equal(element(raw, 'ToUserName'), app.corpId);
    assert.equal(element(raw, 'AgentID'), app.agentId);
    const { message, id } = decrypt(app.key, element(raw, 'Encrypt'));
    assert.deepEqual([message, id], [plain, app.corpId]);
    assert.equal(element(message, 'ChangeType'), 'add_external_contact');
    assert.equal(element(message, 'UserID'), 'node-reader');
    assert.equal(element(message, 'ExternalUserID'), externalUserId);
    assert.equal(element(message, 'WelcomeCode'), done.welcome_code);
    lengths.add(Buffer.byteLength(message) % 32);
    assert.ok(await productKnows(externalUserId));
  }
  assert.equal(lengths.size, 32, 'all paddings were met');
});

test('the product takes the simulator\'s ciphertext under the library\'s signature', async () => {
  await member('node-signer');
  const [{ raw }] = await callbacksOf(() => unheard('wmNodeSigned', 'node-signer'));
  assert.equal(await productKnows('wmNodeSigned'), null);
  assert.deepEqual(await callback(await signed(element(raw, 'Encrypt')), raw), { status: 200, body: '' });
  await wait(1);
  assert.ok(await productKnows('wmNodeSigned'));
});

test('the product takes and obeys what the library encrypts', async () => {
  await member('node-writer');
  for (let n = 0; n < 32; n += 1) {
    const id = `wmNodeWritten${'y'.repeat(n)}`;
    await unheard(id, 'node-writer');
    assert.deepEqual(await post(await added('node-writer', id)), { status: 200, body: '' });
  }
  await wait(1);
  for (let n = 0; n < 32; n += 1) assert.ok(await productKnows(`wmNodeWritten${'y'.repeat(n)}`));
});

test('the product verifies its address for the library', async () => {
  for (const echo of ['1', '1616140317555161061', 'x'.repeat(64)]) {
    const sealed = encrypt(app.key, echo, app.corpId);
    const answer = await callback({ ...await signed(sealed), echostr: sealed });
    assert.deepEqual(answer, { status: 200, body: echo });
  }
});

test('another key, token, corp or signature is refused', async () => {
  await member('node-stranger');
  await unheard('wmNodeStranger', 'node-stranger');
  const message = await added('node-stranger', 'wmNodeStranger');
  const wrongs = [
    { key: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG' },
    { token: 'another' },
    { corpId: 'ww0000000000000000' },
    { msg_signature: '0'.repeat(40) },
    { timestamp: '1409659813' },
  ];
  for (const wrong of wrongs) assert.equal((await post(message, wrong)).status, 403, JSON.stringify(wrong));
  await wait(1);
  assert.equal(await productKnows('wmNodeStranger'), null);
});

test('pages signed by the library are good for WeCom\'s client', async () => {
  const credentials = { corpid: app.corpId, corpsecret: app.secret };
  const { access_token } = await wecom('gettoken', credentials);
  const tickets = {
    jsapi: await wecom('get_jsapi_ticket', { access_token }),
    agent_config: await wecom('ticket/get', { access_token, type: 'agent_config' }),
  };
  const url = 'http://127.0.0.1:9/sidebar?from=卡片';
  for (const [kind, { ticket }] of Object.entries(tickets)) {
    const { timestamp, nonceStr, signature } = getJsApiSignature({ url, ticket });
    const page = { kind, noncestr: nonceStr, timestamp: String(timestamp), url, signature };
    assert.equal((await control('jssdk/verify', page)).errcode, 0);
    assert.equal((await control('jssdk/verify', { ...page, url: `${url}&x` })).errcode, 40093);
  }
});
