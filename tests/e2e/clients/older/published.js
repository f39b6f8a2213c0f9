// mtn-momo 2.0.0 (npm), unmodified, at MTN's new platform; run by `momosandbox migrate`.
"use strict";

const momo = require("mtn-momo");

const of = (name) => process.env[`MOMO_SANDBOX_${name}`];

async function main() {
  const { Collections } = momo.create({
    baseUrl: of("URL"),
    environment: of("ENVIRONMENT"),
    callbackHost: of("CALLBACK_HOST"),
  });
  const collections = Collections({
    userId: of("API_USER_ID"),
    userSecret: of("API_KEY"),
    primaryKey: of("PRIMARY_KEY"),
  });
  console.log("balance:", await collections.getBalance());
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
