// Drives mtn-momo 2.0.0 (npm), unmodified, against momo-sandbox: `node drive.js URL`.
//
// Shown: provisioning and the products through `baseUrl`, payments and transfers that succeed, fail
// (as the client's own error classes) and stay pending, the balance, the account-holder check,
// callbacks, and how each refusal reaches the client.
// The client has no remittance and no delivery notification.
"use strict";

const assert = require("assert");
const { randomUUID } = require("crypto");
const { setTimeout: pause } = require("timers/promises");
const momo = require("mtn-momo");
const { Listener } = require("./listener");

const KEY = "a-subscription-key";
const POLLS = 200;
const POLL_INTERVAL_MS = 50;

let checks = 0;

function check(what, got, wanted) {
  assert.deepStrictEqual(got, wanted, `${what}: got ${show(got)}, wanted ${show(wanted)}`);
  checks += 1;
}

function show(value) {
  return JSON.stringify(value);
}

/** The error that a call must be refused with. */
async function refused(what, kind, call) {
  const outcome = await call().catch((error) => error);
  assert(outcome instanceof momo[kind], `${what}: wanted ${kind}, got ${outcome}`);
  checks += 1;
  return outcome;
}

const party = (partyId) => ({ partyIdType: momo.PayerType.MSISDN, partyId });

/** The transaction once it is SUCCESSFUL; throws the client's error once it is FAILED. */
async function settled(product, reference) {
  for (let poll = 0; poll < POLLS; poll += 1) {
    const transaction = await product.getTransaction(reference);
    if (transaction.status !== momo.Status.PENDING) return transaction;
    await pause(POLL_INTERVAL_MS);
  }
  throw new Error(`${reference} is still PENDING after ${POLLS} polls`);
}

async function checkCallback(listener, path, transaction) {
  const { method, headers, body } = await listener.first(path);
  check(`callback ${path} method`, method, "POST");
  check(`callback ${path} type`, headers["content-type"], "application/json; charset=utf-8");
  check(`callback ${path} agent`, headers["user-agent"], "LWAC Http Client 1.0");
  // All that the status says, but for the message to the payer.
  const { payerMessage, ...told } = transaction;
  check(`callback ${path} body`, body, told);
}

/** A transaction that is FAILED, as the client's error tells it. */
async function checkFailure(what, product, reference, kind, reason) {
  const error = await refused(what, kind, () => settled(product, reference));
  const { status, reason: got, financialTransactionId } = error.transaction;
  check(`${what} ends`, [status, got], ["FAILED", reason]);
  check(`${what} moved no money`, financialTransactionId, undefined);
  return error.transaction;
}

/** Returns the reference of the payment that stays pending. */
async function driveCollections(collections, listener) {
  const order = { amount: "100", currency: "EUR", externalId: "order-0" };
  const ongoing = await collections.requestToPay({
    ...order,
    payer: party("46733123453"),
    callbackUrl: listener.url("/ongoing"),
  });

  const payment = {
    amount: "12.50",
    currency: "EUR",
    externalId: "order-1",
    payer: party("46733123999"),
    payerMessage: "Two tickets",
    payeeNote: "Seats 4 and 5",
  };
  const callbackUrl = listener.url("/paid");
  const reference = await collections.requestToPay({ ...payment, callbackUrl });
  const paid = await settled(collections, reference);
  const { financialTransactionId, ...rest } = paid;
  check("financialTransactionId is digits", /^\d{8,10}$/.test(financialTransactionId), true);
  check("the payment", rest, { ...payment, amount: "12.5", status: "SUCCESSFUL" });
  await checkCallback(listener, "/paid", paid);

  const bare = { amount: 7, currency: "EUR", payer: party("46733123999") };
  const barest = await settled(collections, await collections.requestToPay(bare));
  check("a number as amount, no externalId", [barest.amount, barest.externalId], ["7", undefined]);

  const failures = [
    ["46733123450", "InternalProcessingError", momo.FailureReason.INTERNAL_PROCESSING_ERROR],
    ["46733123451", "ApprovalRejectedError", momo.FailureReason.APPROVAL_REJECTED],
    ["46733123452", "ExpiredError", momo.FailureReason.EXPIRED],
  ];
  for (const [payer, kind, reason] of failures) {
    const reference = await collections.requestToPay({
      ...order,
      payer: party(payer),
      callbackUrl: listener.url(`/${payer}`),
    });
    const failed = await checkFailure(`payer ${payer}`, collections, reference, kind, reason);
    await checkCallback(listener, `/${payer}`, failed);
  }
  return ongoing;
}

async function driveDisbursements(disbursements, listener) {
  const payout = { amount: "12.50", currency: "EUR", externalId: "payout-1" };
  const reference = randomUUID();
  const got = await disbursements.transfer({
    ...payout,
    payee: party("46733123999"),
    referenceId: reference,
    callbackUrl: listener.url("/transfer"),
  });
  check("transfer keeps our reference", got, reference);
  const sent = await settled(disbursements, reference);
  check("transfer", [sent.status, sent.amount], ["SUCCESSFUL", "12.5"]);
  check("transfer payee", sent.payee, party("46733123999"));
  await checkCallback(listener, "/transfer", sent);

  const failures = [
    ["46733123455", "NotEnoughFundsError", momo.FailureReason.NOT_ENOUGH_FUNDS],
    ["46733123457", "PayeeNotFoundError", momo.FailureReason.PAYEE_NOT_FOUND],
  ];
  for (const [payee, kind, reason] of failures) {
    const reference = await disbursements.transfer({ ...payout, payee: party(payee) });
    await checkFailure(`payee ${payee}`, disbursements, reference, kind, reason);
  }
}

async function checkBalance(name, product) {
  const { availableBalance, currency, ...more } = await product.getBalance();
  check(`${name} balance currency`, currency, "EUR");
  check(`${name} balance amount`, Number(availableBalance) > 0, true);
  check(`${name} balance has no more`, more, {});
}

async function checkAccountHolders(collections, disbursements) {
  // One product's method gives the answer's body, the other's its `result`.
  check("active payer", await collections.isPayerActive("46733123999"), { result: true });
  check("inactive payer", await collections.isPayerActive("46733123451"), { result: false });
  check("active payee", await disbursements.isPayerActive("46733123999"), true);
  check("inactive payee", await disbursements.isPayerActive("46733123451"), false);
  await refused("unknown payer", "ResourceNotFoundError", () =>
    collections.isPayerActive("46733123450"),
  );
}

async function checkRefusals(collections, disbursements) {
  const order = { amount: "1", currency: "EUR", payer: party("46733123999") };
  await refused("currency", "InvalidCurrencyError", () =>
    collections.requestToPay({ ...order, currency: "UGX" }),
  );
  await refused("callback host", "InvalidCallbackUrlHostError", () =>
    collections.requestToPay({ ...order, callbackUrl: "http://elsewhere.example/callback" }),
  );
  await refused("unknown reference", "ResourceNotFoundError", () =>
    collections.getTransaction(randomUUID()),
  );
  const payout = { amount: "1", currency: "EUR", payee: party("46733123999") };
  const referenceId = await disbursements.transfer(payout);
  await refused("used reference", "ResourceAlreadyExistError", () =>
    disbursements.transfer({ ...payout, referenceId }),
  );
}

async function main(baseUrl) {
  const listener = await Listener.start();
  const { Users, Collections, Disbursements } = momo.create({ callbackHost: "127.0.0.1", baseUrl });

  const users = Users({ primaryKey: KEY });
  const userId = await users.create("127.0.0.1");
  const { apiKey: userSecret } = await users.login(userId);
  check("API key", /^[0-9a-f]{32}$/.test(userSecret), true);

  const credentials = { primaryKey: KEY, userId, userSecret };
  const collections = Collections(credentials);
  const disbursements = Disbursements(credentials);

  const ongoing = await driveCollections(collections, listener);
  await driveDisbursements(disbursements, listener);
  await checkBalance("collection", collections);
  await checkBalance("disbursement", disbursements);
  await checkAccountHolders(collections, disbursements);
  await checkRefusals(collections, disbursements);

  // Everything later has settled and called back by now.
  check("ongoing", (await collections.getTransaction(ongoing)).status, momo.Status.PENDING);
  check("one callback for each final transaction", listener.counts(), {
    "/paid": 1,
    "/46733123450": 1,
    "/46733123451": 1,
    "/46733123452": 1,
    "/transfer": 1,
  });
  listener.stop();
  console.log(`ok: ${checks} checks`);
}

if (process.argv.length !== 3) {
  console.error("usage: node drive.js URL");
  process.exit(2);
}
main(process.argv[2].replace(/\/+$/, "")).catch((error) => {
  console.error(`wrong: ${error.stack}`);
  process.exit(1);
});
