"""Drives mtnmomo-py 0.1.0 (PyPI), unmodified, against momo-sandbox: `drive.py URL`.

Shown: both of the client's doors (`base_url` and MTN_MOMO_BASE_URL) and every method that it has:
provisioning, the consent of an account holder with its tokens and user info, the account-holder
reads, every asynchronous operation of collection and disbursement in both versions with its
callback, the delivery notification, and the cancelling of invoices and preapprovals.
The client has no remittance. It wants a transaction's `reason` as MTN's schema has it, an object;
MTN's sandbox sends a string, on which it stumbles: failures are read from their callbacks.
"""

import sys

import checking
from access import check_account, check_refusals, client_from_env, provision
from bills import drive_invoices, drive_payments, drive_preapprovals
from checking import Journal, Listener, check
from consent import drive_consent, drive_payment_with_consent
from transactions import drive_notifications, drive_payouts, drive_transactions


def main(url: str) -> None:
    listener, journal = Listener(), Journal(url)
    credentials = provision(url)
    with client_from_env(url, credentials) as client:
        collection, disbursement = client.collection, client.disbursement
        for product in (collection, disbursement):
            check_account(product)
        paid = drive_transactions(collection, listener)
        ongoing = drive_notifications(collection, listener, paid, journal)
        drive_invoices(collection, listener)
        drive_preapprovals(collection, listener)
        drive_payments(collection, listener)
        drive_payouts(disbursement, listener, paid, journal)
        for product in (collection, disbursement):
            drive_consent(product)
        drive_payment_with_consent(collection, listener)
        check_refusals(client, journal)

        # Everything later has settled and called back by now; each path was seen called back.
        got = collection.get_request_to_pay_status(ongoing)
        check("ongoing", (got.status, got.reason), ("PENDING", None))
    counts = listener.counts()
    check("callback of what is pending", "/ongoing" in counts, False)
    check("one callback for each final transaction", set(counts.values()), {1})
    print(f"ok: {checking.checks} checks")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: drive.py URL")
    main(sys.argv[1].rstrip("/"))
