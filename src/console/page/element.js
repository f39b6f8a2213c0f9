// Makes elements of the page. Text goes in as text: what a stranger sent is never markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

export const element = (name, attributes = {}, ...children) =>
  fill(document.createElement(name), attributes, children);

export const drawn = (name, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, name), attributes, children);

export function copyable(text, label, done) {
  const button = element("button", { type: "button", class: "copy quiet" }, label);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = done;
    } catch {
      // Where a page may not write to the clipboard, the text is marked for copying by hand.
      getSelection().selectAllChildren(code);
    }
  });
  const code = element("code", {}, text);
  const block = element("pre", { tabindex: "0" }, code);
  return element("div", { class: "copyable" }, block, button);
}

export function say(text) {
  document.getElementById("said").textContent = text;
}

// At once, and then as often as every `pause` milliseconds; what comes meanwhile is done after.
export function throttled(act, pause) {
  let waiting = null;
  let last = 0;
  let running = false;
  const run = async () => {
    waiting = null;
    if (running) return schedule();
    running = true;
    last = Date.now();
    try {
      await act();
    } finally {
      running = false;
    }
  };
  const schedule = () => {
    waiting ??= setTimeout(run, Math.max(0, last + pause - Date.now()));
  };
  return schedule;
}

export const shortId = (id) => id.slice(0, 8);

export function time(text) {
  const at = new Date(text);
  return element("time", { datetime: text, title: text }, at.toISOString().slice(11, 23));
}
