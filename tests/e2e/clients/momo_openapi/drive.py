"""Drives momo-openapi 0.1.2 (PyPI), unmodified, against momo-sandbox: `drive.py URL`.

Shown: both of the client's doors (`for_sandbox`, whose wired-in address is mounted on the emulator,
and `base_url`), a token for each of the three products, payments and transfers that succeed, fail
and stay pending, the balance, callbacks, and how each refusal reaches the client's errors.
The client has no account-holder check and no delivery notification.
"""

import sys
import time
from typing import Any
from uuid import uuid4

import requests
from momo_openapi import (
    SANDBOX_URL,
    Collection,
    Disbursement,
    MomoConfig,
    Remittance,
    provision_sandbox_user,
)
from requests.adapters import HTTPAdapter

import checking
from checking import check, refused
from journal import Journal, told_of
from listener import Listener

KEY = "a-subscription-key"
POLLS = 200
POLL_INTERVAL = 0.05


class ToEmulator(HTTPAdapter):
    """Sends what is meant for MTN's sandbox to the emulator."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        request.url = request.url.replace(SANDBOX_URL, self._url, 1)
        return super().send(request, **options)


def session_to(url: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # no proxy of this machine's, whatever the address
    session.mount(SANDBOX_URL, ToEmulator(url))
    return session


def settled(client: Any, reference: str) -> dict[str, Any]:
    """The transaction once it is final."""
    for _ in range(POLLS):
        transaction = client.get_transaction_status(reference)
        if transaction["status"] != "PENDING":
            return transaction
        time.sleep(POLL_INTERVAL)
    sys.exit(f"wrong: {reference} is still PENDING after {POLLS} polls")


def check_callback(listener: Listener, path: str, transaction: dict[str, Any]) -> None:
    callback = listener.first(path)
    check(f"callback {path} method", callback.method, "POST")
    check(f"callback {path} type", callback.content_type, "application/json; charset=utf-8")
    check(f"callback {path} agent", callback.user_agent, "LWAC Http Client 1.0")
    check(f"callback {path} body", callback.body, told_of(transaction))


def drive_collection(collection: Collection, listener: Listener) -> str:
    """Returns the reference of the payment that stays pending."""
    ongoing = collection.request_to_pay(
        5, "46733123453", "order-0", callback_url=listener.url("/ongoing")
    )

    reference = collection.request_to_pay(
        "12.50",
        "46733123999",
        "order-1",
        payer_message="Two tickets",
        payee_note="Seats 4 and 5",
        callback_url=listener.url("/paid"),
    )
    paid = settled(collection, reference)
    identifier = paid.get("financialTransactionId", "")
    check("financialTransactionId is digits", identifier.isdecimal(), True)
    check(
        "the payment",
        {name: value for name, value in paid.items() if name != "financialTransactionId"},
        {
            "amount": "12.5",
            "currency": "EUR",
            "externalId": "order-1",
            "payer": {"partyIdType": "MSISDN", "partyId": "46733123999"},
            "payerMessage": "Two tickets",
            "payeeNote": "Seats 4 and 5",
            "status": "SUCCESSFUL",
        },
    )
    check_callback(listener, "/paid", paid)

    failures = {"46733123450": "INTERNAL_PROCESSING_ERROR", "46733123451": "APPROVAL_REJECTED"}
    for payer, reason in failures.items():
        path = f"/{payer}"
        reference = collection.request_to_pay(
            100, payer, "order-2", callback_url=listener.url(path)
        )
        failed = settled(collection, reference)
        check(f"status of {payer}", (failed["status"], failed.get("reason")), ("FAILED", reason))
        check(f"{payer} moved no money", "financialTransactionId" in failed, False)
        check_callback(listener, path, failed)
    return ongoing


def drive_transfers(client: Disbursement | Remittance, listener: Listener) -> None:
    product = client.product
    path = f"/{product}"
    reference = client.transfer(
        "12.50", "46733123999", "payout-1", currency="EUR", callback_url=listener.url(path)
    )
    sent = settled(client, reference)
    check(f"{product} status", (sent["status"], sent["amount"]), ("SUCCESSFUL", "12.5"))
    check(f"{product} payee", sent["payee"], {"partyIdType": "MSISDN", "partyId": "46733123999"})
    check_callback(listener, path, sent)

    failures = {"46733123455": "NOT_ENOUGH_FUNDS", "46733123457": "PAYEE_NOT_FOUND"}
    for payee, reason in failures.items():
        failed = settled(client, client.transfer(7, payee, "payout-2", currency="EUR"))
        got = (failed["status"], failed.get("reason"))
        check(f"{product} to {payee}", got, ("FAILED", reason))


def check_account(client: Collection | Disbursement | Remittance) -> None:
    token = client.get_access_token()
    check(f"{client.product} token is a JWT", token.count("."), 2)
    check(f"{client.product} token is kept", client.get_access_token(), token)
    balance = client.get_balance()
    check(f"{client.product} balance", sorted(balance), ["availableBalance", "currency"])
    check(f"{client.product} balance currency", balance["currency"], "EUR")
    check(f"{client.product} balance amount", float(balance["availableBalance"]) > 0, True)


def check_refusals(
    collection: Collection, session: requests.Session, journal: Journal
) -> None:
    def pay(**other: Any) -> str:
        return collection.request_to_pay(1, "46733123999", "order-3", **other)

    reference = pay()
    refused("used reference", lambda: pay(reference_id=reference), 409, "RESOURCE_ALREADY_EXIST")
    refused("currency", lambda: pay(currency="UGX"), 500, "INVALID_CURRENCY")
    elsewhere = "http://elsewhere.example/callback"
    refused(
        "callback host", lambda: pay(callback_url=elsewhere), 500, "INVALID_CALLBACK_URL_HOST"
    )
    unknown = str(uuid4())
    refused(
        "unknown reference",
        lambda: collection.get_transaction_status(unknown),
        404,
        "RESOURCE_NOT_FOUND",
    )
    stranger = MomoConfig(KEY, str(uuid4()), "not-its-key", "sandbox")
    # Not the client's AuthenticationError, which is for the 401 of the new platform.
    nobody = Collection(stranger, session=session)
    refused("wrong credentials", nobody.get_access_token, 500, "login_failed")
    check("why", stranger.user_id in journal.why("login_failed"), True)


def main(url: str) -> None:
    session = session_to(url)
    listener = Listener()

    # The first door: the address is wired in, the session leads to the emulator.
    collection = Collection.for_sandbox(KEY, callback_host="localhost", session=session)
    check("for_sandbox speaks to MTN's address", collection.base_url, SANDBOX_URL)

    # The second door: credentials at hand, and a base URL.
    user, secret = provision_sandbox_user(KEY, "localhost", session=session)
    check("API key length", len(secret), 32)
    config = MomoConfig(KEY, user, secret, "sandbox", base_url=url)
    disbursement = Disbursement(config)
    remittance = Remittance(config)

    for client in (collection, disbursement, remittance):
        check_account(client)
    ongoing = drive_collection(collection, listener)
    drive_transfers(disbursement, listener)
    drive_transfers(remittance, listener)
    check_refusals(collection, session, Journal(url))

    # Everything later has settled and called back by now.
    check("ongoing", collection.get_transaction_status(ongoing)["status"], "PENDING")
    check(
        "one callback for each final transaction",
        listener.counts(),
        dict.fromkeys(
            ["/paid", "/46733123450", "/46733123451", "/disbursement", "/remittance"], 1
        ),
    )
    print(f"ok: {checking.checks} checks")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: drive.py URL")
    main(sys.argv[1].rstrip("/"))
