// A merchant at work, over HTTP, and a listener for its callbacks.

import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { once } from "node:events";

const KEY = { "Ocp-Apim-Subscription-Key": "any-key" };
const JSON_TYPE = { "Content-Type": "application/json" };

const tokens = new Map();

/** The control token of an emulator, for all calls of `control`. */
export const unlock = (base, token) => tokens.set(base, { Authorization: `Bearer ${token}` });

export async function control(base, method, path, body = {}, type = "application/json") {
  const headers = { ...tokens.get(base) };
  const options = { headers };
  if (method !== "GET") {
    headers["Content-Type"] = type;
    options.body = typeof body === "string" ? body : JSON.stringify(body);
  }
  const answer = await fetch(`${base}/_sandbox/${path}`, { method, ...options });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

export class Merchant {
  static async at(base) {
    const merchant = new Merchant();
    merchant.base = base;
    merchant.user = randomUUID();
    const body = JSON.stringify({ providerCallbackHost: "localhost" });
    await fetch(`${base}/v1_0/apiuser`, { method: "POST", headers: { ...KEY, ...JSON_TYPE, "X-Reference-Id": merchant.user }, body });
    const made = await fetch(`${base}/v1_0/apiuser/${merchant.user}/apikey`, { method: "POST", headers: KEY, body: "" });
    const { apiKey } = await made.json();
    const basic = Buffer.from(`${merchant.user}:${apiKey}`).toString("base64");
    const answer = await fetch(`${base}/collection/token/`, { method: "POST", headers: { ...KEY, Authorization: `Basic ${basic}` }, body: "" });
    merchant.headers = { ...KEY, Authorization: `Bearer ${(await answer.json()).access_token}`, "X-Target-Environment": "sandbox" };
    return merchant;
  }

  async pay(partyId, { amount = "12.50", callback, message, reference = randomUUID() } = {}) {
    const body = JSON.stringify({ amount, currency: "EUR", externalId: `order-${reference.slice(0, 4)}`, payerMessage: message, payer: { partyIdType: "MSISDN", partyId } });
    const more = callback ? { "X-Callback-Url": callback } : {};
    const headers = { ...this.headers, ...JSON_TYPE, ...more, "X-Reference-Id": reference };
    const answer = await fetch(`${this.base}/collection/v1_0/requesttopay`, { method: "POST", headers, body });
    if (answer.status !== 202) throw new Error(`${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
    return reference;
  }

  /** A request for a payment that is refused; returns its reference. */
  async payInVain(partyId, status, headers) {
    const reference = randomUUID();
    const body = JSON.stringify({ amount: "5", currency: "EUR", externalId: "x", payer: { partyIdType: "MSISDN", partyId } });
    const all = { ...this.headers, ...JSON_TYPE, ...headers, "X-Reference-Id": reference };
    const answer = await fetch(`${this.base}/collection/v1_0/requesttopay`, { method: "POST", headers: all, body });
    if (answer.status !== status) throw new Error(`${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
    return reference;
  }

  /** A transfer; the token of the other product is as good here. */
  async payOut(partyId, amount) {
    const reference = randomUUID();
    const body = JSON.stringify({ amount, currency: "EUR", externalId: "wages", payee: { partyIdType: "MSISDN", partyId } });
    const headers = { ...this.headers, ...JSON_TYPE, "X-Reference-Id": reference };
    const answer = await fetch(`${this.base}/disbursement/v1_0/transfer`, { method: "POST", headers, body });
    if (answer.status !== 202) throw new Error(`${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
    return reference;
  }

  async status(reference) {
    const answer = await fetch(`${this.base}/collection/v1_0/requesttopay/${reference}`, { headers: this.headers });
    return (await answer.json()).status;
  }

  async wait(reference, condition) {
    const { met } = await control(this.base, "POST", `spaces/${this.user}/wait`, { reference_id: reference, timeout: "20s", ...condition });
    if (!met) throw new Error(`${reference} never had ${JSON.stringify(condition)}`);
  }
}

export async function listener(status = 200) {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://localhost:${server.address().port}/momo`, close: () => server.close() };
}
