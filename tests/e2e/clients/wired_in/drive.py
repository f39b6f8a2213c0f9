"""Drives mtn-momo-client 2.0.1 (PyPI), unmodified, whose address is wired in: `drive.py URL`.

The client speaks to https://sandbox.momodeveloper.mtn.com. What a network alias does in a compose
file, this program does to its own name resolution; what an operator does with the front's root,
SSL_CERT_FILE does. The client is told nothing.
"""

import os
import socket
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

HOST = "sandbox.momodeveloper.mtn.com"


def alias(host: str, address: str, port: int) -> None:
    """Lets a name lead elsewhere, as an alias of a container's network does."""
    resolve = socket.getaddrinfo

    def resolve_with_alias(name, service, *others, **named):
        is_aliased = name in (host, host.encode())
        return resolve(*((address, port) if is_aliased else (name, service)), *others, **named)

    socket.getaddrinfo = resolve_with_alias


def main(url: str) -> None:
    with urllib.request.urlopen(f"{url}/_sandbox/health", timeout=60) as answer:
        assert answer.status == 200
    front = urlsplit(os.environ["FRONT_URL"])
    alias(HOST, front.hostname, front.port)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root.pem"
        with urllib.request.urlopen(f"{url}/_sandbox/ca.pem", timeout=60) as answer:
            root.write_bytes(answer.read())
        os.environ["SSL_CERT_FILE"] = str(root)
        pay()


def pay() -> None:
    from momo_api import Config, MomoApi, PaymentRequest, generate_uuid

    key = "a-subscription-key"
    momo = MomoApi.create(MomoApi.ENVIRONMENT_SANDBOX)
    sandbox = momo.sandbox(key)
    user = sandbox.create_api_user(generate_uuid(), "localhost")
    config = Config.collection(key, user, sandbox.create_api_key(user))
    collection = momo.get_collection(config)
    assert collection.base_url == f"https://{HOST}", collection.base_url
    payment = PaymentRequest.make("12.50", "46733123999", "order-1")
    reference = collection.request_to_pay(payment)
    for _ in range(200):
        status = collection.get_payment_status(reference).status
        if status != "PENDING":
            break
        time.sleep(0.05)
    assert status == "SUCCESSFUL", status
    print(f"ok: paid at https://{HOST}")


main(sys.argv[1])
