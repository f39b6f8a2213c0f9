// The merchant's side of a callback: a listener on 127.0.0.1 that keeps what arrives.
"use strict";

const http = require("http");
const { once, EventEmitter } = require("events");

const PATIENCE_MS = 20_000;

class Listener {
  #arrived = new Map();
  #change = new EventEmitter();
  #server = http.createServer((request, response) => this.#keep(request, response));

  static async start() {
    const listener = new Listener();
    listener.#server.listen(0, "127.0.0.1");
    await once(listener.#server, "listening");
    return listener;
  }

  /** Where a callback to this path goes; its host is the one to provision with. */
  url(path) {
    return `http://127.0.0.1:${this.#server.address().port}${path}`;
  }

  /** The first callback to this path, waited for. */
  async first(path) {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    try {
      while (!this.#arrived.has(path)) await once(this.#change, "arrived", { signal });
    } catch {
      throw new Error(`no callback to ${path} within ${PATIENCE_MS} ms`);
    }
    return this.#arrived.get(path)[0];
  }

  /** How many callbacks arrived, by path. */
  counts() {
    return Object.fromEntries([...this.#arrived].map(([path, all]) => [path, all.length]));
  }

  stop() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #keep(request, response) {
    let text = "";
    for await (const piece of request.setEncoding("utf8")) text += piece;
    response.end();
    const { method, headers, url } = request;
    const callback = { method, headers, body: JSON.parse(text) };
    this.#arrived.set(url, [...(this.#arrived.get(url) ?? []), callback]);
    this.#change.emit("arrived");
  }
}

module.exports = { Listener };
