// The journal as it is written, for ever. It knows nothing of the page, so that a shared worker can
// run it for all tabs.

// A header has bytes, and a letter beyond ASCII is several of them.
export const headerOf = (token) => `Bearer ${String.fromCharCode(...new TextEncoder().encode(token))}`;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// Entries come in few pieces: each costs the browser more than what is in it.
const GATHERED = "100ms";

class Locked extends Error {}

async function readEvents(answer, take) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    const data = events.flatMap((event) => event.split("\n").filter((line) => line.startsWith("data: ")));
    if (data.length) take(data.map((line) => line.slice("data: ".length)));
  }
}

export class Stream {
  #token = "";
  #unlocked = null;

  // `tell` gets messages: `{kind: "took", entries}`, `{kind: "connected", is}`, `{kind: "restarted"}`,
  // `{kind: "locked"}`. Entries are text: what goes from thread to thread is cheaper so.
  constructor(tell) {
    this.tell = tell;
  }

  // A token to try: one that was just entered, or any where the one so far is refused.
  use(token, isEntered) {
    if (!isEntered && this.#unlocked === null && this.#token !== "") return;
    this.#token = token;
    this.#unlocked?.();
    this.#unlocked = null;
  }

  async #send(path, more = {}) {
    const headers = this.#token ? { Authorization: headerOf(this.#token), ...more } : more;
    const answer = await fetch(`/_sandbox/${path}`, { headers, cache: "no-store" });
    if (answer.status === 401) throw new Locked();
    if (!answer.ok) throw new Error(`${answer.status}`);
    return answer;
  }

  async #get(path) {
    return (await this.#send(path)).json();
  }

  // After a break it goes on behind the last entry that came, so that none is missed.
  async run() {
    let last = null;
    let seed = null;
    for (;;) {
      try {
        const health = await this.#get("health");
        const tail = await this.#get("journal?tail=1");
        const isOther = seed !== null && (seed !== health.seed || (tail.last ?? -1) < (last ?? -1));
        if (seed === null || isOther) last = tail.last;
        seed = health.seed;
        const answer = await this.#send(`journal/stream?gather=${GATHERED}`, last === null ? {} : { "Last-Event-ID": `${last}` });
        this.tell({ kind: "connected", is: true });
        if (isOther) this.tell({ kind: "restarted" });
        await readEvents(answer, (entries) => {
          last = JSON.parse(entries.at(-1)).number;
          this.tell({ kind: "took", entries });
        });
      } catch (error) {
        if (error instanceof Locked) {
          this.tell({ kind: "locked" });
          await new Promise((resolve) => { this.#unlocked = resolve; });
          continue;
        }
        // Told by what comes next: the connection is gone, and is tried again.
      }
      this.tell({ kind: "connected", is: false });
      await pause(500);
    }
  }
}
