"""What both Python shops share: their orders, their address in the world, and how they pause.

`momosandbox exec -- python sound_shop.py` hands a shop the emulator's address and credentials.
"""

import json
import os
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import httpx
from momo_api import CollectionApi, Config, PaymentRequest

URL = os.environ["MOMO_SANDBOX_URL"]
KEY = os.environ["MOMO_SANDBOX_PRIMARY_KEY"]
USER = os.environ["MOMO_SANDBOX_API_USER_ID"]
SECRET = os.environ["MOMO_SANDBOX_API_KEY"]
ENVIRONMENT = os.environ["MOMO_SANDBOX_ENVIRONMENT"]
CURRENCY = os.environ["MOMO_SANDBOX_CURRENCY"]

# How fast time goes: a number, or `advance` where the emulator's clock stands until it is moved.
PACE = os.environ.get("SHOP_PACE", "1")
TIMEOUT_SECONDS = 1.0

# The shop's name in a network of containers; without one it is on this machine only.
HOST = os.environ.get("SHOP_HOST")


@dataclass
class Order:
    """An order in the shop's books."""

    number: int
    amount: str
    payer: str
    state: str = "open"
    # Kept before anything is sent: whatever happens to the answer, the payment can be asked for.
    reference: str = field(default_factory=lambda: str(uuid4()))

    def request(self) -> PaymentRequest:
        return PaymentRequest.make(self.amount, self.payer, f"order-{self.number}", CURRENCY)


def orders() -> list[Order]:
    amounts = ("12.50", "40", "120")
    return [
        Order(number, amount, f"4673312400{number}")
        for number, amount in enumerate(amounts, start=1)
    ]


def client(callback_url: str = "") -> CollectionApi:
    config = Config.collection(KEY, USER, SECRET).with_callback_uri(callback_url)
    return CollectionApi(config, URL, ENVIRONMENT, httpx.Client(timeout=TIMEOUT_SECONDS))


def pause(minutes: float) -> None:
    """Lets so many minutes pass: of the world, or of the emulator."""
    if PACE != "advance":
        time.sleep(minutes * 60 / float(PACE))
        return
    body = json.dumps({"by": f"{round(minutes * 60)}s"}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{URL}/_sandbox/clock/advance", body, headers)
    urllib.request.urlopen(request, timeout=60).close()


def listen(handler: type[BaseHTTPRequestHandler]) -> str:
    """Opens the shop's callback listener; where callbacks go."""
    server = ThreadingHTTPServer(("" if HOST else "127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://{HOST or 'localhost'}:{server.server_port}/momo"


def answer(handler: BaseHTTPRequestHandler, status: int) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", "0")
    handler.end_headers()
