// One stream of the journal for all tabs of a browser: it opens few connections to one host, and a
// stream for each of six tabs would leave none for calls.

import { Stream } from "./stream.js";

const ports = new Set();
let state = null;

function tell(message) {
  if (message.kind === "connected" || message.kind === "locked") state = message;
  for (const port of ports) port.postMessage(message);
}

const stream = new Stream(tell);
let isRunning = false;

globalThis.addEventListener("connect", ({ ports: [port] }) => {
  ports.add(port);
  port.addEventListener("message", ({ data }) => {
    if (data.kind === "bye") ports.delete(port);
    if (data.kind === "token") stream.use(data.token, data.isEntered);
    if (!isRunning) stream.run();
    isRunning = true;
  });
  port.start();
  if (state) port.postMessage(state);
});
