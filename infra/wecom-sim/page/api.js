// Talking to the simulator, and through it to the product.

import { inWords } from './errors.js';

async function ask(method, url, body) {
  const request = { method, headers: {} };
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers['Content-Type'] = 'application/json';
  }
  let response;
  try {
    response = await fetch(url, request);
  } catch {
    throw new Error('模拟器没有应答，它可能已经停止');
  }
  const text = await response.text();
  let answer = null;
  try { answer = text ? JSON.parse(text) : null; } catch { answer = { detail: text.slice(0, 200) }; }
  if (!response.ok) {
    const error = new Error(inWords(response.status, answer));
    error.status = response.status;
    throw error;
  }
  return answer;
}

export const segment = encodeURIComponent;

function query(parameters) {
  const given = Object.entries(parameters ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return given.length ? `?${new URLSearchParams(given)}` : '';
}

/** What people do. */
export const control = (path, body = {}) => ask('POST', `/sim/control/${path}`, body);
export const look = (path, parameters) => ask('GET', `/sim/control/${path}${query(parameters)}`);
export const remove = (path) => ask('DELETE', `/sim/control/${path}`);
export const simState = (parameters) => ask('GET', `/sim/state${query(parameters)}`);
/** The product's REST API, read through the simulator. */
export const product = (path) => ask('GET', `/sim/product?path=${segment(path)}`);
export const productPost = (path, body) => ask('POST', `/sim/product?path=${segment(path)}`, body);
