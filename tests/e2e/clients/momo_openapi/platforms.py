"""Drives momo-openapi 0.1.2 (PyPI), unmodified, on both of MTN's platforms: `platforms.py URL`.

The client speaks to https://proxy.momoapi.mtn.com and https://momoapi.momo.africa. What a network
alias does in a compose file, this program does to its own name resolution; what an operator does
with the front's root, REQUESTS_CA_BUNDLE does. The client is told nothing but credentials, as its
README says: MOMO_PLATFORM chooses the platform.
"""

import contextlib
import io
import os
import socket
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from momo_openapi import AuthenticationError, Collection, Disbursement
from momo_openapi.cli import main as momo_openapi

import checking
from checking import check, refused

HOSTS = {"legacy": "proxy.momoapi.mtn.com", "new": "momoapi.momo.africa"}
PAYER = "256772123456"
# Production was recorded to break at empty ones, which are the client's default.
NOTES = {"payer_message": "Two tickets", "payee_note": "Seats 4 and 5"}


def alias(hosts: set[str], address: str, port: int) -> None:
    """Lets names lead elsewhere, as aliases of a container's network do."""
    resolve = socket.getaddrinfo

    def resolve_with_alias(name, service, *others, **named):
        text = name.decode() if isinstance(name, bytes) else name
        return resolve(*((address, port) if text in hosts else (name, service)), *others, **named)

    socket.getaddrinfo = resolve_with_alias


def command(*words: str) -> tuple[int, str]:
    """What the client's own command prints, and its exit code."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = momo_openapi(words)
    return code, printed.getvalue()


def settled(client: Any, reference: str) -> str:
    """The status of a transaction once it is final."""
    for _ in range(200):
        status = client.get_transaction_status(reference)["status"]
        if status != "PENDING":
            return status
        time.sleep(0.05)
    sys.exit(f"wrong: {reference} is still PENDING")


def balance(client: Any) -> int:
    answer = client.get_balance()
    check("currency", answer["currency"], "UGX")
    return int(answer["availableBalance"])


def drive_platform(platform: str) -> None:
    """Everything that a deployment does, with the platform in MOMO_PLATFORM alone."""
    host = HOSTS[platform]
    os.environ["MOMO_PLATFORM"] = platform
    code, printed = command("check")
    check(f"{platform}: check", code, 0)
    check(f"{platform}: check says", f"OK    https://{host} is reachable" in printed, True)
    code, printed = command("token")
    check(f"{platform}: token", code, 0)
    for product in ("collection", "disbursement"):
        line = f"OK    {product}: token issued by https://{host} for mtnuganda"
        check(f"{platform}: token of {product}", line in printed, True)

    collection = Collection.from_env()
    check(f"{platform}: base URL", collection.base_url, f"https://{host}")
    before = balance(collection)
    reference = collection.request_to_pay("1500", PAYER, external_id="order-42", **NOTES)
    check(f"{platform}: collected", settled(collection, reference), "SUCCESSFUL")
    check(f"{platform}: balance", balance(collection) - before, 1500)

    disbursement = Disbursement.from_env()
    before = balance(disbursement)
    reference = disbursement.transfer("500", PAYER, external_id="payout-7", **NOTES)
    check(f"{platform}: disbursed", settled(disbursement, reference), "SUCCESSFUL")
    check(f"{platform}: balance after the payout", balance(disbursement) - before, -500)


def drive_both() -> None:
    """Both platforms at once, as in the month after the cutover."""
    clients = {platform: Collection.from_env(platform=platform) for platform in HOSTS}
    references = {}
    for platform, client in clients.items():
        order = f"on-{platform}"
        references[platform] = client.request_to_pay("700", PAYER, external_id=order, **NOTES)
    for platform, client in clients.items():
        check(f"status on {platform}", settled(client, references[platform]), "SUCCESSFUL")
        (other,) = set(HOSTS) - {platform}
        refused(
            f"status on {platform} of what {other} processed",
            lambda: client.get_transaction_status(references[other]),
            404,
            "RESOURCE_NOT_FOUND",
        )
    check("one ledger", balance(clients["legacy"]), balance(clients["new"]))


def drive_mistakes() -> None:
    """Credentials of the other platform, and a target environment that is not the market's."""
    legacy = (os.environ["COLLECTION_USER_ID"], os.environ["COLLECTION_API_SECRET"])
    swapped = dict(os.environ, MOMO_USER_ID=legacy[0], MOMO_CREDENTIAL_TOKEN=legacy[1])
    swapped["MOMO_PLATFORM"] = "new"
    try:
        Collection.from_env(swapped).get_access_token()
    except AuthenticationError as error:
        check("the other platform's credentials", error.code, "invalid_client")
    else:
        sys.exit("wrong: credentials of the legacy platform are good on the new one")
    elsewhere = dict(os.environ, MTN_ENVIRONMENT="sandboxx", MOMO_PLATFORM="new")
    refused(
        "another target environment",
        Collection.from_env(elsewhere).get_access_token,
        400,
        "Invalid or missing X-Target-Environment header",
    )


def main(url: str) -> None:
    front = urlsplit(os.environ["FRONT_URL"])
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root.pem"
        with urllib.request.urlopen(f"{url}/_sandbox/ca.pem", timeout=60) as answer:
            root.write_bytes(answer.read())
        os.environ["REQUESTS_CA_BUNDLE"] = str(root)
        alias(set(HOSTS.values()), front.hostname, front.port)
        for platform in HOSTS:
            drive_platform(platform)
        del os.environ["MOMO_PLATFORM"]
        drive_both()
        drive_mistakes()
    print(f"ok: {checking.checks} checks on both platforms")


main(sys.argv[1])
