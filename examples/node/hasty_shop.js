// A hasty merchant: it confirms callbacks and asks where none comes, but repeats a submission that
// failed under a new reference id. (Its client, mtn-momo, draws a reference of its own for each.)
// Where the first one had been accepted all the same, the payer is charged twice.
"use strict";

const http = require("http");
const { setTimeout: sleep } = require("timers/promises");
const momo = require("mtn-momo");

const {
  MOMO_SANDBOX_URL: URL_OF_MOMO,
  MOMO_SANDBOX_PRIMARY_KEY: primaryKey,
  MOMO_SANDBOX_API_USER_ID: userId,
  MOMO_SANDBOX_API_KEY: userSecret,
  MOMO_SANDBOX_CURRENCY: currency,
  SHOP_PACE: pace = "1",
} = process.env;

const TIMEOUT_MS = 1000;
const TRIES = 5;
const FIRST_ASK_MINUTES = 5;
const SOON_MINUTES = 0.25;
const PATIENCE_MINUTES = 60;

const orders = ["12.50", "40", "120"].map((amount, place) => ({
  number: place + 1,
  amount,
  payer: `4673312400${place + 1}`,
  reference: null,
  state: "open",
}));
const hints = new Set();

/** Lets so many minutes pass: of the world, or of an emulator whose clock stands. */
async function pause(minutes) {
  if (pace !== "advance") return sleep((minutes * 60000) / Number(pace));
  const body = JSON.stringify({ by: `${Math.round(minutes * 60)}s` });
  const headers = { "Content-Type": "application/json" };
  await fetch(`${URL_OF_MOMO}/_sandbox/clock/advance`, { method: "POST", headers, body });
}

/** The answer, unless it takes too long. */
function inTime(answer) {
  const late = sleep(TIMEOUT_MS, null, { ref: false }).then(() => {
    throw new Error("no answer in time");
  });
  return Promise.race([answer, late]);
}

function client() {
  const config = { callbackHost: "localhost", baseUrl: URL_OF_MOMO, environment: "sandbox" };
  return momo.create(config).Collections({ primaryKey, userId, userSecret });
}

async function listen() {
  const server = http.createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      hints.add(Number(request.url.split("/").pop()));
      response.end();
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://localhost:${server.address().port}/momo`;
}

async function submit(collections, order, callbacks) {
  const payment = {
    amount: order.amount,
    currency,
    externalId: `order-${order.number}`,
    payer: { partyIdType: "MSISDN", partyId: order.payer },
    callbackUrl: `${callbacks}/${order.number}`,
  };
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    try {
      order.reference = await inTime(collections.requestToPay(payment));
      return;
    } catch (error) {
      await pause(1);
    }
  }
  order.state = "given up";
}

/** What the status says, or `error`. */
async function ask(collections, order) {
  try {
    const { status } = await inTime(collections.getTransaction(order.reference));
    return status;
  } catch (error) {
    // The client throws a payment that failed.
    return error.transaction ? error.transaction.status : "error";
  }
}

async function learn(collections) {
  let now = 0;
  const due = new Map();
  for (const order of orders) {
    if (order.reference) due.set(order, { at: FIRST_ASK_MINUTES, wait: FIRST_ASK_MINUTES });
  }
  while (due.size > 0 && now < PATIENCE_MINUTES) {
    const next = Math.min(...[...due.values()].map(({ at }) => at));
    const step = Math.min(SOON_MINUTES, Math.max(0, next - now));
    if (step > 0) {
      await pause(step);
      now += step;
    }
    for (const [order, { at, wait }] of [...due]) {
      if (at > now && !hints.has(order.number)) continue;
      hints.delete(order.number);
      const status = await ask(collections, order);
      if (status === "SUCCESSFUL" || status === "FAILED") {
        order.state = status === "SUCCESSFUL" ? "paid" : "refused";
        due.delete(order);
      } else {
        const pauses = status === "error" ? SOON_MINUTES : wait;
        due.set(order, { at: now + pauses, wait: status === "error" ? wait : wait * 2 });
      }
    }
  }
}

async function main() {
  const callbacks = await listen();
  const collections = client();
  for (const order of orders) await submit(collections, order, callbacks);
  await learn(collections);
  for (const { number, amount, state } of orders) {
    console.log(`order ${number}: ${amount} ${currency}, ${state}`);
  }
  process.exit(0);
}

main();
