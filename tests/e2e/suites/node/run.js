'use strict';
// All tests at once against one emulator: `run.js URL`.
//
// Rounds of it, each in another order; the seed of the orders is printed, and may be given again
// as `run.js URL SEED`. The last line begins with `ok: `.

const { close, listen } = require('./inbox.js');
const { Space } = require('./space.js');

const ROUNDS = 3;
const TESTS = ['./callbacks.js', './payments.js', './spaces.js'].flatMap((name) => require(name));

/** Numbers from 0 to 1 that a seed decides: mulberry32. */
function dice(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffle(list, draw) {
  for (let last = list.length - 1; last > 0; last -= 1) {
    const other = Math.floor(draw() * (last + 1));
    [list[last], list[other]] = [list[other], list[last]];
  }
}

async function main() {
  const base = process.argv[2].replace(/\/$/, '');
  const seed = Number(process.argv[3] ?? Math.floor(Math.random() * 1_000_000));
  const count = TESTS.length;
  console.log(`${count} tests at once, ${ROUNDS} times; the seed of their orders is ${seed}`);
  const draw = dice(seed);
  await listen();
  for (let round = 1; round <= ROUNDS; round += 1) {
    shuffle(TESTS, draw);
    const began = performance.now();
    const ends = await Promise.allSettled(TESTS.map((test) => test.run(() => Space.of(base))));
    const failed = TESTS.flatMap((test, index) => (
      ends[index].status === 'rejected' ? [[test.name, ends[index].reason]] : []
    ));
    for (const [name, reason] of failed) console.log(`-- ${name}\n`, reason);
    const took = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`round ${round}: ${TESTS.length - failed.length} passed in ${took} s`);
    if (failed.length > 0) {
      console.log(`wrong: ${failed.length} of ${TESTS.length} tests failed; the seed is ${seed}`);
      process.exit(1);
    }
  }
  close();
  console.log(`ok: ${TESTS.length} tests passed ${ROUNDS} times each, all at once`);
}

main();
