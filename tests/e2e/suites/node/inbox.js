'use strict';
// Where callbacks arrive: one listener for all tests, on a free port; each test has its own path.

const http = require('node:http');
const assert = require('node:assert/strict');
const { randomUUID } = require('node:crypto');

const inboxes = new Map();

const server = http.createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (part) => { text += part; });
  request.on('end', () => {
    const inbox = inboxes.get(request.url);
    if (inbox) inbox.received.push({ method: request.method, text, headers: request.headers });
    response.writeHead(inbox ? inbox.answer : 404, { 'Content-Length': 0 }).end();
  });
});

class Inbox {
  constructor(answer = 200) {
    this.answer = answer;
    this.received = [];
    const path = `/${randomUUID()}`;
    inboxes.set(path, this);
    this.url = `http://127.0.0.1:${server.address().port}${path}`;
  }

  /** The callback, if there is exactly one. */
  only() {
    assert.equal(this.received.length, 1, JSON.stringify(this.received));
    const [{ method, text }] = this.received;
    return { method, body: JSON.parse(text) };
  }
}

/** Listens until `close`. */
function listen() {
  return new Promise((resolve) => { server.listen(0, '127.0.0.1', 1024, resolve); });
}

function close() {
  server.close();
  server.closeAllConnections();
}

module.exports = { Inbox, listen, close };
