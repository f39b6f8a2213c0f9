// What one tab tells the others of a browser, where the journal does not: a reset, a clock that was
// moved.

const channel = new BroadcastChannel("momo-sandbox");

export const tellTabs = (what) => channel.postMessage(what);

export const whenTold = (what, act) =>
  channel.addEventListener("message", ({ data }) => data === what && act());
