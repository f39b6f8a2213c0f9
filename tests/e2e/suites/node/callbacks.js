'use strict';
// When callbacks come, how often, and what they say.

const assert = require('node:assert/strict');
const { named } = require('./cases.js');
const { Inbox } = require('./inbox.js');
const {
  ASKING, PAYING_OUT, PAY, INVOICE, TRANSFER, toldOf, withoutId,
} = require('./operations.js');

const ALL = [...ASKING, ...PAYING_OUT];

module.exports = [
  ...named(ALL, 'one callback says what the status says', async (spaces, operation) => {
    const [space, inbox] = [await spaces(), new Inbox()];
    const reference = await space.pay(operation, { callback: inbox.url });
    await space.advance('10m');
    const { method, body } = inbox.only();
    assert.equal(method, operation.method);
    const status = await space.status(reference, operation);
    assert.deepEqual(withoutId(operation, body), toldOf(status));
    assert.equal(body.status, 'SUCCESSFUL');
    await space.advance('20m');
    inbox.only();
    await space.happened(reference, { accepted: 1, callback_sent: 1, callback_finished: 1 });
  }),

  ...named(ALL, 'a missed callback is found out by asking', async (spaces, operation) => {
    const [space, inbox] = [await spaces(), new Inbox()];
    await space.scenario('[[rules]]\ncallback = { fate = "lost" }');
    const reference = await space.pay(operation, { callback: inbox.url });
    await space.advance('10m');
    assert.equal((await space.wait(reference, { callback: 'lost' })).met, true);
    assert.deepEqual(inbox.received, []);
    assert.equal((await space.status(reference, operation)).status, 'SUCCESSFUL');
    await space.happened(reference, { callback_lost: 1, callback_sent: 0 });
  }),

  ...named([5, 20, 50], 'a late callback comes when it is due', async (spaces, minutes) => {
    const [space, inbox] = [await spaces(), new Inbox()];
    await space.scenario(`[[rules]]\ncallback = { delay = "${minutes}m" }`);
    const reference = await space.pay(PAY, { callback: inbox.url });
    await space.advance(`${minutes - 3}m`);
    assert.equal((await space.status(reference)).status, 'SUCCESSFUL');
    assert.deepEqual(inbox.received, []);
    await space.advance('4m');
    assert.equal(inbox.only().body.status, 'SUCCESSFUL');
  }),

  ...named([2, 3, 7], 'a callback comes several times', async (spaces, times) => {
    const [space, inbox] = [await spaces(), new Inbox()];
    await space.scenario(`[[rules]]\ncallback = { times = ${times}, every = "5m" }`);
    const reference = await space.pay(PAY, { callback: inbox.url });
    await space.advance('2m');
    assert.equal(inbox.received.length, 1);
    await space.advance('50m');
    assert.equal(inbox.received.length, times);
    await space.happened(reference, { callback_sent: times, status_reached: 1 });
  }),

  ...named([PAY, INVOICE, TRANSFER], 'a callback contradicts', async (spaces, operation) => {
    const [space, inbox] = [await spaces(), new Inbox()];
    const callback = 'callback = { status = "FAILED", reason = "EXPIRED" }';
    await space.scenario(`[[rules]]\nthen = { status = "SUCCESSFUL" }\n${callback}`);
    const reference = await space.pay(operation, { callback: inbox.url });
    await space.advance('1m');
    assert.equal(inbox.only().body.status, 'FAILED');
    assert.equal((await space.status(reference, operation)).status, 'SUCCESSFUL');
  }),

  ...named([204, 404, 500], 'whatever is answered, it is sent once', async (spaces, answer) => {
    const [space, inbox] = [await spaces(), new Inbox(answer)];
    const reference = await space.pay(PAY, { callback: inbox.url });
    await space.advance('50m');
    inbox.only();
    const { callback_attempts: attempts } = await space.transaction(reference);
    assert.deepEqual(attempts.map((one) => one.answer_status), [answer]);
    await space.happened(reference, { callback_sent: 1 });
  }),
];
