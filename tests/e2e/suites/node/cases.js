'use strict';
// One test for each of several values.

/** `run` is given a maker of spaces, and the value. */
function named(values, name, run) {
  return values.map((value) => ({
    name: `${name}: ${value.label ?? JSON.stringify(value)}`,
    run: (spaces) => run(spaces, value),
  }));
}

module.exports = { named };
