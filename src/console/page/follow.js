// What happens, as it happens: by the stream that all tabs share, or by a stream of this tab's own
// where the browser has no shared workers.

import { token, whenUnlocked } from "./lock.js";
import { Stream } from "./stream.js";

function followAlone(take) {
  const stream = new Stream(take);
  stream.use(token(), false);
  whenUnlocked((entered) => stream.use(entered, true));
  stream.run();
}

function followShared(take) {
  const worker = new SharedWorker("/_sandbox/console/stream-worker.js", { type: "module", name: "momo-sandbox" });
  const use = (token, isEntered) => worker.port.postMessage({ kind: "token", token, isEntered });
  worker.addEventListener("error", () => followAlone(take), { once: true });
  worker.port.addEventListener("message", ({ data }) => take(data));
  worker.port.start();
  use(token(), false);
  whenUnlocked((entered) => use(entered, true));
  addEventListener("pagehide", () => worker.port.postMessage({ kind: "bye" }));
  // A page that the browser kept and shows again.
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) location.reload();
  });
}

// `told` has an act for each kind of message of a stream.
export function follow(told) {
  const take = (message) =>
    told[message.kind]?.(message.entries ? { entries: JSON.parse(`[${message.entries}]`) } : message);
  try {
    followShared(take);
  } catch {
    // There are none, or they are forbidden here.
    followAlone(take);
  }
}
