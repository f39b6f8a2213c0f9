"use strict";

const { spawn } = require("node:child_process");
const { constants } = require("node:os");
const { programPath } = require("./index.js");

const STOPS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"];

/** Runs the program under this name, with this process's arguments, and ends as it ends. */
function launch(name) {
  let program;
  try {
    program = programPath();
  } catch (error) {
    console.error(`${name}: ${error.message}`);
    process.exit(1);
  }
  // Before the program starts: a stop that comes at once must not end this process alone.
  for (const stop of STOPS) {
    process.on(stop, () => passOn(child, stop));
  }
  const child = spawn(program, process.argv.slice(2), { argv0: name, stdio: "inherit" });
  child.on("error", (error) => {
    console.error(`${name}: cannot start ${program}: ${error.message}`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => {
    if (signal === null) {
      process.exit(code);
    }
    // A shell, or npm, must see that a signal ended it.
    STOPS.forEach((stop) => process.removeAllListeners(stop));
    process.exitCode = 128 + constants.signals[signal];
    process.kill(process.pid, signal);
  });
}

/**
 * Passes a signal on. A program that a terminal told as well does not mind being told twice.
 * On Windows the console tells both, and a signal from here would end the program at once.
 */
function passOn(child, signal) {
  if (process.platform !== "win32") {
    child.kill(signal);
  }
}

module.exports = { launch };
