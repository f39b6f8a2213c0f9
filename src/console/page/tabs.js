// What one tab tells the others of a browser, where the journal does not: a reset, a clock that was
// moved, a scenario, a zone.

const channel = new BroadcastChannel("momo-sandbox");
const here = new EventTarget();

export const tellTabs = (what) => channel.postMessage(what);

// Tells this tab too.
export function tellAll(what) {
  here.dispatchEvent(new Event(what));
  tellTabs(what);
}

export function whenTold(what, act) {
  here.addEventListener(what, act);
  channel.addEventListener("message", ({ data }) => data === what && act());
}
