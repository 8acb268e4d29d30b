// The official library and the test vectors that Stepwise's own cryptography is held against, side by side.

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test from 'node:test';

import { decrypt, encrypt, getJsApiSignature, getSignature } from '@wecom/crypto';

import { element } from './simulator.js';

const official = {
  token: 'QDG6eK',
  key: 'jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C',
  corpId: 'wx5823bf96d3bd56c7',
  timestamp: '1409659813',
  nonce: '1372623149',
  signature: '477715d11cdb4164915debcba66cb864d751f3e6',
  sealed: [
    'RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg',
    '3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+k',
    'DZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6ti',
    'WSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p',
    '8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q==',
  ].join(''),
};

const own = {
  token: 'tokenTOKEN1',
  key: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
  corpId: 'ww0123456789abcdef',
  timestamp: '1700000000',
  nonce: '987654321',
  random: Buffer.from('0123456789abcdef'),
};

const ownMessages = {
  'pad 7': {
    message: '1616140317555161061',
    sealed: 'Q3stYC6hdFzMh9T8HCvyDH0IHJENRtL8kKsqSYgg4gBeiTpo2e8dLmRRhxdna5yMVu0s4RoCX7iZ4LGYqVDhtA==',
    signature: '5cc56c4bb9cd1fdb5ea0158655ec9f36282f73b7',
  },
  'pad 32': {
    message: '<xml><A>12345678</A></xml>',
    sealed: [
      'Q3stYC6hdFzMh9T8HCvyDJ+srYGN+OAe1Khg5okdpuzTvOp/sv3XkTSmnv3aaBsfd7VoXMuAkEESLZrcBo8DmtfGucYAVJNxNqyt',
      'JI9YVEwgjz41JTnLdnKJJqMYnRLf',
    ].join(''),
    signature: '1c2fd1ade96f9e53e778e5770966cd8d8986e949',
  },
};

test('the sample of the documentation is signed and says hello', () => {
  const { token, timestamp, nonce, sealed } = official;
  assert.equal(getSignature(token, timestamp, nonce, sealed), official.signature);
  const { message, id, random } = decrypt(official.key, sealed);
  assert.equal(id, official.corpId);
  assert.equal(Buffer.byteLength(message), 284);
  assert.equal(element(message, 'Content'), 'hello');
  assert.equal(element(message, 'FromUserName'), 'mycreate');
  assert.equal(element(message, 'MsgId'), '4561255354251345929');
  assert.equal(element(message, 'AgentID'), '218');
  assert.equal(encrypt(official.key, message, id, random), sealed);
});

for (const [name, { message, sealed, signature }] of Object.entries(ownMessages)) {
  test(`the vector with ${name} comes out both ways`, () => {
    assert.equal(encrypt(own.key, message, own.corpId, own.random), sealed);
    assert.equal(getSignature(own.token, own.timestamp, own.nonce, sealed), signature);
    const opened = decrypt(own.key, sealed);
    assert.deepEqual([opened.message, opened.id], [message, own.corpId]);
    assert.deepEqual(opened.random, own.random);
  });
}

test('the documented page is signed as documented', () => {
  const signed = getJsApiSignature({
    ticket: 'sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg',
    nonceStr: 'Wm3WZYTPz0wzccnW',
    timestamp: '1414587457',
    url: 'http://mp.weixin.qq.com?params=value',
  });
  assert.equal(signed.signature, '0f9de62fce790f9a083d5c99e95740ceb90c27ed');
});
