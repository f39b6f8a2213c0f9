// How often something is done. What happens is gathered until it is quiet for a moment, or until it
// was gathered for as long as may be; and between two times the emulator has nine tenths of its time
// for others. A page that nobody looks at waits until somebody does.

const SHARE = 9;
// What comes in one piece of a stream where much happens at once.
const MANY = 6;

export function paced(act, { quiet = 20, busy = 250, most = 1000, pause = 300 } = {}) {
  let timer = null;
  let first = null;
  let isRunning = false;
  let notBefore = 0;
  const run = async () => {
    const began = performance.now();
    first = null;
    isRunning = true;
    try {
      await act();
    } finally {
      const now = performance.now();
      notBefore = now + Math.max(pause, (now - began) * SHARE);
      isRunning = false;
      if (first !== null) schedule();
    }
  };
  const schedule = (count = 0) => {
    const wait = Math.max(quiet, count > MANY ? busy : 0);
    const now = performance.now();
    first ??= now;
    clearTimeout(timer);
    if (isRunning || document.hidden) return;
    timer = setTimeout(run, Math.max(notBefore, Math.min(now + wait, first + most)) - now);
  };
  document.addEventListener("visibilitychange", () => {
    if (first !== null) schedule();
  });
  return schedule;
}
