'use strict';
// What ends by the clock of its space, and that spaces share nothing.

const assert = require('node:assert/strict');
const { randomUUID } = require('node:crypto');
const { named } = require('./cases.js');
const { Inbox } = require('./inbox.js');
const { ASKING, PAY, PAYER, INVOICE, PREAPPROVAL, TRANSFER } = require('./operations.js');
const { expect } = require('./space.js');

const PRODUCTS = ['collection', 'disbursement', 'remittance'];
const SLOW = '[[rules]]\nthen = { status = "SUCCESSFUL", after = "30m" }';
const LOST = '[[rules]]\ncallback = { fate = "lost" }';
const BROKEN = [
  { text: '[[rules]]\nthen = { status = "LOST" }', line: 2, column: 19 },
  { text: '[[rules]]\nthen = { status = "FAILED" }', line: 2, column: 10 },
  { text: 'name = "x"\ntoken_lifetime = "soon"', line: 2, column: 18 },
  { text: 'nam = "x"', line: 1, column: 1 },
];
const PATH = `[[rules]]
then = { path = [{ status = "CREATED", lasts = "10m" }, { status = "SUCCESSFUL" }] }`;

async function askConsent(space, product) {
  const fields = { login_hint: 'ID:25677123456/MSISDN', scope: 'profile', access_type: 'online' };
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const sent = new URLSearchParams(fields).toString();
  const answer = await space.call('POST', product, '/v1_0/bc-authorize', sent, form);
  return expect(200, answer).auth_req_id;
}

function redeem(space, product, request) {
  const grant = 'urn:openid:params:grant-type:ciba';
  const sent = new URLSearchParams({ grant_type: grant, auth_req_id: request }).toString();
  const headers = { ...space.basic(), 'Content-Type': 'application/x-www-form-urlencoded' };
  return space.call('POST', product, '/oauth2/token/', sent, headers);
}

module.exports = [
  ...named(PRODUCTS, 'a token ends by the clock', async (spaces, product) => {
    const [space, other] = [await spaces(), await spaces()];
    assert.equal((await space.renewToken(product)).expires_in, 3600);
    await other.renewToken(product);
    await space.advance('57m');
    assert.equal(await space.balance(product), '1000');
    await space.advance('3m');
    const ended = await space.call('GET', product, '/v1_0/account/balance');
    assert.deepEqual([ended.status, ended.body], [401, '']);
    assert.match(ended.why, /The token ended/);
    assert.equal(await other.balance(product), '1000');
  }),

  ...named(PRODUCTS, 'consent is pending, then granted', async (spaces, product) => {
    const space = await spaces();
    await space.scenario('[[account_holders]]\nparty = "25677*"\nconsent_after = "20m"');
    const request = await askConsent(space, product);
    await space.advance('17m');
    assert.equal(expect(400, await redeem(space, product, request)).error, 'authorization_pending');
    await space.advance('3m');
    assert.equal(expect(200, await redeem(space, product, request)).token_type, 'Bearer');
  }),

  ...named([10, 30, 50], 'a preapproval expires', async (spaces, minutes) => {
    const space = await spaces();
    const reference = await space.pay(PREAPPROVAL, { validityTime: minutes * 60 });
    await space.advance('1m');
    assert.equal((await space.status(reference, PREAPPROVAL)).status, 'SUCCESSFUL');
    const path = `/v1_0/preapprovals/msisdn/${PAYER}`;
    const states = async () => {
      const listed = expect(200, await space.call('GET', 'collection', path));
      return listed.map((one) => one.status);
    };
    assert.deepEqual(await states(), ['APPROVED']);
    await space.advance(`${minutes}m`);
    assert.deepEqual(await states(), ['EXPIRED']);
  }),

  ...named([true, false], 'an invoice is cancelled', async (spaces, inTime) => {
    const [space, inbox] = [await spaces(), new Inbox()];
    if (inTime) await space.scenario(SLOW);
    const reference = await space.pay(INVOICE, { callback: inbox.url });
    await space.advance('2m');
    const [path, body] = [`/v2_0/invoice/${reference}`, { externalId: 'order-1' }];
    const headers = { 'X-Reference-Id': randomUUID() };
    const cancelled = await space.call('DELETE', 'collection', path, body, headers);
    // Accepted too late as well: what is settled stays so.
    assert.deepEqual(cancelled, { status: 202, body: '' });
    await space.advance('40m');
    const status = await space.status(reference, INVOICE);
    assert.equal(status.errorReason?.code, inTime ? 'TRANSACTION_CANCELED' : undefined);
    assert.deepEqual(inbox.only().body, status);
  }),

  ...named([PAY, TRANSFER], 'a path, event by event', async (spaces, operation) => {
    const space = await spaces();
    await space.scenario(PATH);
    const reference = await space.pay(operation);
    assert.equal((await space.status(reference, operation)).status, 'CREATED');
    const [happened, ...others] = await space.toNextEvent();
    assert.deepEqual(others, []);
    assert.equal(happened.event, 'status_reached');
    assert.equal(happened.reference_id, reference);
    assert.equal((await space.status(reference, operation)).status, 'SUCCESSFUL');
    assert.deepEqual(await space.toNextEvent(), []);
  }),

  ...named(ASKING, 'the same reference in two spaces', async (spaces, operation) => {
    const [one, two] = [await spaces(), await spaces()];
    const [mine, yours, reference] = [new Inbox(), new Inbox(), randomUUID()];
    await two.scenario(SLOW);
    await one.pay(operation, { reference, callback: mine.url });
    expect(404, await two.askStatus(reference, operation));
    await two.pay(operation, { reference, callback: yours.url });
    await one.advance('20m');
    assert.equal((await one.status(reference, operation)).status, 'SUCCESSFUL');
    assert.equal((await two.status(reference, operation)).status, 'PENDING');
    assert.equal(await one.reset(), 1);
    expect(404, await one.askStatus(reference, operation));
    await two.advance('30m');
    assert.equal((await two.status(reference, operation)).status, 'SUCCESSFUL');
    mine.only();
    yours.only();
  }),

  ...named(BROKEN, 'a broken scenario changes nothing', async (spaces, { text, line, column }) => {
    const space = await spaces();
    await space.scenario(LOST);
    const before = await space.good('GET', '/scenario');
    const [problem] = expect(400, await space.putToml(text)).problems;
    assert.deepEqual([problem.line, problem.column], [line, column], JSON.stringify(problem));
    assert.ok(problem.message);
    assert.deepEqual(await space.good('GET', '/scenario'), before);
    const reference = await space.pay(PAY, { callback: new Inbox().url });
    await space.advance('1m');
    assert.equal((await space.transaction(reference)).callback, 'lost');
  }),

  ...named([1, 3, 10], 'a reset, and what is counted', async (spaces, count) => {
    const [space, inbox] = [await spaces(), new Inbox()];
    await space.scenario(SLOW);
    const paying = Array.from({ length: count }, () => space.pay(PAY, { callback: inbox.url }));
    await Promise.all(paying);
    assert.equal(await space.verdict({ event: 'accepted', exactly: count }), 'pass');
    assert.equal(await space.verdict({ event: 'accepted', exactly: count + 1 }), 'fail');
    assert.equal(await space.verdict({ event: 'accepted', never: true }), 'fail');
    assert.equal(await space.reset(), count);
    await space.advance('40m');
    assert.deepEqual(inbox.received, []);
    assert.equal(await space.balance(), '1000');
    const { entries } = await space.good('GET', '/journal?event=status_reached');
    assert.deepEqual(entries, []);
  }),
];
