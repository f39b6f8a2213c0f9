// Node.js 18 or later: node first-payment.mjs
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

const base = "http://127.0.0.1:4673";
const key = { "Ocp-Apim-Subscription-Key": "any-key" };
const json = { "Content-Type": "application/json" };

async function call(method, path, headers, body) {
  const answer = await fetch(base + path, { method, headers: { ...key, ...headers }, body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

// An API user, its key, and a token.
const user = randomUUID();
await call("POST", "/v1_0/apiuser", { ...json, "X-Reference-Id": user }, '{"providerCallbackHost":"localhost"}');
const { apiKey } = await call("POST", `/v1_0/apiuser/${user}/apikey`);
const basic = Buffer.from(`${user}:${apiKey}`).toString("base64");
const { access_token: token } = await call("POST", "/collection/token/", { Authorization: `Basic ${basic}` });

// A request to pay, and its status.
const headers = { Authorization: `Bearer ${token}`, "X-Target-Environment": "sandbox" };
const reference = randomUUID();
const payer = { partyIdType: "MSISDN", partyId: "46733123999" };
const body = JSON.stringify({ amount: "100", currency: "EUR", externalId: "order-1", payer });
await call("POST", "/collection/v1_0/requesttopay", { ...headers, ...json, "X-Reference-Id": reference }, body);
await sleep(1000);
console.log(await call("GET", `/collection/v1_0/requesttopay/${reference}`, headers));
