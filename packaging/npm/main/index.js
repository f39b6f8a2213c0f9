"use strict";

const manifest = require("./package.json");

/** The end of each platform package's name, such as `linux-x64`. */
const supported = Object.keys(manifest.optionalDependencies).map((name) =>
  name.slice(manifest.name.length + 1),
);

/**
 * The path of the program, to start it without a shell.
 *
 * Throws an error with what to do if the package of this platform is not installed.
 */
function programPath() {
  const platform = `${process.platform}-${process.arch}`;
  if (!supported.includes(platform)) {
    throw new Error(
      `${manifest.name} has no program for ${platform}, only for ${supported.join(", ")}. ` +
        "With Rust, build it from source: cargo install momo-sandbox",
    );
  }
  const name = `${manifest.name}-${platform}`;
  const file = process.platform === "win32" ? "momosandbox.exe" : "momosandbox";
  try {
    return require.resolve(`${name}/bin/${file}`);
  } catch (error) {
    throw new Error(missing(name), { cause: error });
  }
}

function missing(name) {
  return [
    `${name} is not installed. It brings the program for this platform, as an optional dependency of ${manifest.name}.`,
    "- Were optional dependencies left out? Install with them:",
    "    npm install --include=optional",
    "    pnpm install (without --no-optional), yarn install (without --ignore-optional)",
    "- Was node_modules made on another platform? Delete it, and install again. If that does not help, delete package-lock.json too: https://github.com/npm/cli/issues/4828",
    "- Is the lock file for several platforms? pnpm and yarn need `supportedArchitectures` then.",
  ].join("\n");
}

module.exports = { programPath };
