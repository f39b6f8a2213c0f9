'use strict';
// An API user of its own for each test: what its merchant calls, and what its test calls.

const assert = require('node:assert/strict');
const { randomUUID } = require('node:crypto');
const { PAY, PAYER } = require('./operations.js');

const KEY = { 'Ocp-Apim-Subscription-Key': 'any-key' };
const JSON_TYPE = { 'Content-Type': 'application/json' };
const TOML_TYPE = { 'Content-Type': 'application/toml' };

async function ask(method, url, headers, body) {
  const answer = await fetch(url, { method, headers, body, redirect: 'error' });
  const text = await answer.text();
  let read = text;
  try {
    read = JSON.parse(text);
  } catch {
    // Not JSON: the text it is.
  }
  const why = answer.headers.get('X-Momo-Sandbox-Why');
  return { status: answer.status, body: read, ...(why === null ? {} : { why }) };
}

function expect(status, answer) {
  assert.equal(answer.status, status, JSON.stringify(answer));
  return answer.body;
}

class Space {
  constructor(base) {
    this.base = base;
    this.id = randomUUID();
    this.tokens = new Map();
  }

  /** A provisioned API user. */
  static async of(base) {
    const space = new Space(base);
    const headers = { ...KEY, ...JSON_TYPE, 'X-Reference-Id': space.id };
    const host = JSON.stringify({ providerCallbackHost: '127.0.0.1' });
    expect(201, await ask('POST', `${base}/v1_0/apiuser`, headers, host));
    const path = `${base}/v1_0/apiuser/${space.id}/apikey`;
    space.key = expect(201, await ask('POST', path, KEY, '')).apiKey;
    return space;
  }

  // What a merchant calls.

  basic() {
    const credentials = Buffer.from(`${this.id}:${this.key}`).toString('base64');
    return { ...KEY, Authorization: `Basic ${credentials}` };
  }

  async renewToken(product) {
    const answer = await ask('POST', `${this.base}/${product}/token/`, this.basic(), '');
    const token = expect(200, answer);
    this.tokens.set(product, token.access_token);
    return token;
  }

  /** A call of a product's path, with all its headers. */
  async call(method, product, path, body, more = {}) {
    if (!this.tokens.has(product)) await this.renewToken(product);
    const headers = {
      ...KEY,
      ...(body === undefined ? {} : JSON_TYPE),
      Authorization: `Bearer ${this.tokens.get(product)}`,
      'X-Target-Environment': 'sandbox',
      ...more,
    };
    const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    return ask(method, `${this.base}/${product}${path}`, headers, sent);
  }

  /** Submits, whatever the answer will be. */
  submit(operation, how = {}) {
    const { amount = '5', party = PAYER, callback, reference = randomUUID(), ...more } = how;
    const headers = { 'X-Reference-Id': reference };
    if (callback) headers['X-Callback-Url'] = callback;
    const body = { ...operation.body(amount, party), ...more };
    return this.call('POST', operation.product, operation.path, body, headers);
  }

  /** Submits what is accepted; its reference. */
  async pay(operation = PAY, how = {}) {
    const reference = how.reference ?? randomUUID();
    const answer = await this.submit(operation, { ...how, reference });
    assert.deepEqual(answer, { status: 202, body: '' });
    return reference;
  }

  askStatus(reference, operation = PAY) {
    return this.call('GET', operation.product, `${operation.path}/${reference}`);
  }

  async status(reference, operation = PAY) {
    return expect(200, await this.askStatus(reference, operation));
  }

  async balance(product = 'collection') {
    const answer = await this.call('GET', product, '/v1_0/account/balance');
    return expect(200, answer).availableBalance;
  }

  // What a test calls.

  /** A call of the control plane about this space. */
  control(method, path, body, headers = JSON_TYPE) {
    const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const url = `${this.base}/_sandbox/spaces/${this.id}${path}`;
    return ask(method, url, body === undefined ? {} : headers, sent);
  }

  async good(method, path, body, headers) {
    return expect(200, await this.control(method, path, body, headers));
  }

  putToml(toml) {
    return this.control('PUT', '/scenario', toml, TOML_TYPE);
  }

  async scenario(toml) {
    return expect(200, await this.putToml(toml));
  }

  /** Lets time pass; what happened. */
  async advance(by) {
    return (await this.good('POST', '/clock/advance', { by })).happened;
  }

  async toNextEvent() {
    return (await this.good('POST', '/clock/advance', { to_next_event: true })).happened;
  }

  wait(reference, what) {
    return this.good('POST', '/wait', { reference_id: reference, ...what });
  }

  async verdict(...expected) {
    return (await this.good('POST', '/verify', { expect: expected })).verdict;
  }

  /** Exactly so many of each event, about that transaction. */
  async happened(reference, counts) {
    const expected = Object.entries(counts).map(
      ([event, exactly]) => ({ event, reference_id: reference, exactly }),
    );
    const answer = await this.good('POST', '/verify', { expect: expected });
    assert.equal(answer.verdict, 'pass', JSON.stringify(answer));
  }

  transaction(reference) {
    return this.good('GET', `/transactions/${reference}`);
  }

  act(reference, act) {
    return this.control('POST', `/transactions/${reference}/${act}`, {});
  }

  async reset() {
    return (await this.good('POST', '/reset', {})).forgotten_transactions;
  }
}

module.exports = { Space, ask, expect };
