// All views of the page, with something in each of them.

// A shop where something of every kind has happened: `{reference, user}` of a payment whose callback
// was lost.
export async function shop(base, merchant, callbacks) {
  await merchant.pay("46733123999", { callback: callbacks.url });
  await merchant.payInVain("46733123999", 401, { Authorization: "Bearer nobody" });
  await merchant.pay("46700123456", { amount: "75", callback: callbacks.url });
  const failed = await merchant.pay("46733123451", { amount: "8.75", callback: callbacks.url });
  await merchant.wait(failed, { status: "FAILED" });
  const lost = await merchant.pay("46711000003", { callback: callbacks.url });
  await merchant.wait(lost, { callback: "lost" });
  return { reference: lost, user: merchant.user };
}

export const viewsOf = ({ reference, user }) => [
  "payments", `payment/${reference}/${user}`, "handset", "requests", "callbacks", "audit", "scenario",
];
