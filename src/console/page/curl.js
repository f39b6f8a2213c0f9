// Calls to repeat by hand, ready to paste into a shell.

import { token } from "./lock.js";
import { pathOf } from "./payer.js";

const KEY = "Ocp-Apim-Subscription-Key: any-key";
const VERSIONS = { requesttowithdraw: "v1_0", invoice: "v2_0", payment: "v2_0", cashtransfer: "v2_0", preapproval: "v1_0" };

// A word of a POSIX shell, whatever is in it.
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// The query of the status. The path is that of the request itself, as it came; of one that is not in
// the journal any more, as it is usual.
function ofStatus(transaction) {
  const asked = transaction.journal.find((entry) => entry.event === "request" && entry.request.method === "POST");
  const usual = `/${transaction.product}/${VERSIONS[transaction.operation] ?? "v1_0"}/${transaction.operation}`;
  const url = `${location.origin}${asked?.request.path ?? usual}/${transaction.reference_id}`;
  return `curl -s ${url} \\\n  -H '${KEY}' -H 'X-Target-Environment: sandbox' -H "Authorization: Bearer $TOKEN"`;
}

// The same of the control plane, with its token where this emulator wants one.
function ofControl(transaction) {
  const url = `${location.origin}/_sandbox/${pathOf(transaction)}`;
  const shown = token();
  return shown ? `curl -s ${url} \\\n  -H ${quoted(`Authorization: Bearer ${shown}`)}` : `curl -s ${url}`;
}

export const callsOf = (transaction) => `${ofStatus(transaction)}\n${ofControl(transaction)}`;
