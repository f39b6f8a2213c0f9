// An emulator of a test's own, with other flags than the one that all tests share.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const started = new Set();

export async function startEmulator(...flags) {
  const program = process.env.CONSOLE_PROGRAM;
  if (!program) throw new Error("set CONSOLE_PROGRAM to the program under test");
  const child = spawn(program, ["serve", "--listen", "127.0.0.1:0", "--settle-after", "50ms", ...flags], { stdio: ["ignore", "pipe", "ignore"] });
  started.add(child);
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    const [, base] = line.match(/listening on (http:\/\/[^;\s]+)/) ?? [];
    if (!base) continue;
    child.stdout.resume();
    return { base, stop: () => new Promise((stopped) => { child.once("exit", stopped).kill(); started.delete(child); }) };
  }
  throw new Error("the emulator ended before it listened");
}

export function stopEmulators() {
  for (const child of started) child.kill();
}
