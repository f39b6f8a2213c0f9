"""A merchant who trusts callbacks, and them alone.

It never asks for a status, so a callback that is lost is money that it never hears of; it believes
what a callback says, so anybody can tell it that it was paid; and it takes an error for a failure.
"""

import json
from http.server import BaseHTTPRequestHandler

import httpx
from momo_api import MomoException

import shop

PATIENCE_MINUTES = 30

orders = {order.reference: order for order in shop.orders()}


class Callbacks(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        try:
            status = json.loads(body)["status"]
        except (ValueError, KeyError):
            shop.answer(self, 400)
            return
        order = orders[self.path.rsplit("/", 1)[-1]]
        order.state = "paid" if status == "SUCCESSFUL" else "refused"
        shop.answer(self, 200)

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    callbacks = shop.listen(Callbacks)
    for order in orders.values():
        try:
            client = shop.client(f"{callbacks}/{order.reference}")
            client.request_to_pay(order.request(), order.reference)
        except (MomoException, httpx.HTTPError, ValueError):
            order.state = "failed"
    shop.pause(PATIENCE_MINUTES)
    for order in orders.values():
        print(f"order {order.number}: {order.amount} {shop.CURRENCY}, {order.state}")


main()
