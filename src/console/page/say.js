// A word on what was just done. It goes by itself, or as soon as something else is looked at.

const SHOWN = 6000;
let timer = null;

const node = () => document.getElementById("said");

export function hush() {
  clearTimeout(timer);
  node().textContent = "";
}

export function say(text) {
  hush();
  node().textContent = text;
  timer = setTimeout(hush, SHOWN);
}

// An act whose failure is told.
export const attempt = (act) => async (...given) => {
  try {
    await act(...given);
  } catch (error) {
    say(error.message);
  }
};
