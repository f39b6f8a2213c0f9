'use strict';
// What answers do to a merchant, how payments end, what becomes of the money.

const assert = require('node:assert/strict');
const { randomUUID } = require('node:crypto');
const { named } = require('./cases.js');
const { Inbox } = require('./inbox.js');
const { ASKING, PAYING_OUT, PAY, REFUND, TRANSFER } = require('./operations.js');
const { expect } = require('./space.js');

const REASONS = [
  'APPROVAL_REJECTED', 'EXPIRED', 'PAYER_NOT_FOUND', 'PAYER_LIMIT_REACHED', 'NOT_ENOUGH_FUNDS',
  'SERVICE_UNAVAILABLE', 'INTERNAL_PROCESSING_ERROR', 'COULD_NOT_PERFORM_TRANSACTION',
];
const ACTS = [
  { act: 'approve', status: 'SUCCESSFUL', reason: null, left: '1005' },
  { act: 'decline', status: 'FAILED', reason: 'APPROVAL_REJECTED', left: '1000' },
  { act: 'expire', status: 'FAILED', reason: 'EXPIRED', left: '1000' },
];
const ERROR = 'answer = { status = 500, code = "INTERNAL_PROCESSING_ERROR" }';

function first(submit) {
  return `[[rules]]\nwhen = { first = 1 }\nsubmit = { ${submit} }`;
}

module.exports = [
  ...named([...ASKING, TRANSFER], 'a 500 that lies', async (spaces, operation) => {
    const space = await spaces();
    await space.scenario(first(`${ERROR}, created = true`));
    const reference = randomUUID();
    const lie = expect(500, await space.submit(operation, { reference }));
    assert.equal(lie.code, 'INTERNAL_PROCESSING_ERROR');
    const again = expect(409, await space.submit(operation, { reference }));
    assert.equal(again.code, 'RESOURCE_ALREADY_EXIST');
    await space.advance('1m');
    assert.equal((await space.status(reference, operation)).status, 'SUCCESSFUL');
    await space.happened(reference, { accepted: 1 });
  }),

  ...named(['reset', 'cut-off'], 'a connection that breaks', async (spaces, connection) => {
    const space = await spaces();
    await space.scenario(first(`connection = "${connection}"`));
    const reference = randomUUID();
    await assert.rejects(space.submit(PAY, { reference }), TypeError);
    expect(409, await space.submit(PAY, { reference }));
    await space.happened(reference, { accepted: 1 });
  }),

  ...named(REASONS, 'a payment fails', async (spaces, reason) => {
    const [space, inbox] = [await spaces(), new Inbox()];
    const then = `then = { status = "FAILED", reason = "${reason}", after = "10m" }`;
    await space.scenario(`[[rules]]\n${then}`);
    const reference = await space.pay(PAY, { callback: inbox.url });
    await space.advance('7m');
    assert.equal((await space.status(reference)).status, 'PENDING');
    await space.advance('3m');
    const status = await space.status(reference);
    assert.deepEqual([status.status, status.reason], ['FAILED', reason]);
    assert.deepEqual(inbox.only().body, status);
    assert.equal(await space.balance(), '1000');
  }),

  ...named(ACTS, 'the payer acts', async (spaces, { act, status, reason, left }) => {
    const [space, inbox] = [await spaces(), new Inbox()];
    await space.scenario('[[rules]]\nthen = { status = "PENDING" }');
    const reference = await space.pay(PAY, { callback: inbox.url });
    const waiting = space.wait(reference, { status, timeout: '30m' });
    const acted = expect(200, await space.act(reference, act));
    assert.deepEqual([acted.status, acted.reason], [status, reason]);
    assert.equal((await waiting).met, true);
    assert.equal((await space.wait(reference, { callback: 'answered' })).met, true);
    assert.equal(inbox.only().body.status, status);
    expect(409, await space.act(reference, act));
    assert.equal(await space.balance(), left);
  }),

  ...named([PAY, ...PAYING_OUT], 'a flaky status', async (spaces, operation) => {
    const space = await spaces();
    const broken = '[[rules.query]]\nconnection = "cut-off"\n';
    await space.scenario(`[[rules]]\n[[rules.query]]\ntimes = 2\n${ERROR}\n${broken}`);
    const reference = await space.pay(operation);
    await space.advance('1m');
    for (let number = 0; number < 2; number += 1) {
      expect(500, await space.askStatus(reference, operation));
    }
    await assert.rejects(space.askStatus(reference, operation), TypeError);
    assert.equal((await space.status(reference, operation)).status, 'SUCCESSFUL');
  }),

  ...named([1, 2, 5], 'the rate limit', async (spaces, requests) => {
    const space = await spaces();
    await space.scenario(`rate_limit = { requests = ${requests}, per = "20m" }`);
    const reference = await space.pay();
    for (let number = 0; number < requests; number += 1) await space.status(reference);
    expect(429, await space.askStatus(reference));
    await space.advance('17m');
    expect(429, await space.askStatus(reference));
    await space.advance('3m');
    assert.equal((await space.status(reference)).status, 'SUCCESSFUL');
  }),

  ...named(['0', '7.5', '250'], 'the opening balance', async (spaces, opening) => {
    const space = await spaces();
    await space.scenario(`opening_balance = "${opening}"`);
    assert.equal(await space.balance('disbursement'), opening);
    const reference = await space.pay(TRANSFER, { amount: '250.01' });
    await space.advance('1m');
    const status = await space.status(reference, TRANSFER);
    assert.deepEqual([status.status, status.reason], ['FAILED', 'NOT_ENOUGH_FUNDS']);
    assert.equal(await space.balance('disbursement'), opening);
    if (opening !== '0') {
      await space.pay(TRANSFER, { amount: opening });
      assert.equal(await space.balance('disbursement'), '0');
    }
  }),

  ...named(['20', '50', '50.01'], 'a refund', async (spaces, amount) => {
    const space = await spaces();
    const payment = await space.pay(PAY, { amount: '50' });
    await space.advance('1m');
    const reference = await space.pay(REFUND, { amount, referenceIdToRefund: payment });
    await space.advance('1m');
    const { reason } = await space.status(reference, REFUND);
    assert.equal(reason, amount === '50.01' ? 'NOT_ALLOWED' : undefined);
    const left = { 20: '980', 50: '950', 50.01: '1000' };
    assert.equal(await space.balance('disbursement'), left[amount]);
  }),
];
