"""A sound merchant: it believes the status alone, and asks for it whether or not a callback comes.

- It writes a reference id down before it sends anything, and repeats only under that reference.
- It takes a callback, by POST or PUT and whatever is in it, as a hint to ask now.
- Where none comes it asks after 5 minutes, then with growing pauses; after an error a little later.
- A 409 and a time-out mean "ask"; a 401 means "a new token".
"""

import queue
from http.server import BaseHTTPRequestHandler

import httpx
from momo_api import ConflictException, MomoException, ResourceNotFoundException

import shop

FIRST_ASK_MINUTES = 5
SOON_MINUTES = 0.25
PATIENCE_MINUTES = 60
TRIES = 10

hints: "queue.Queue[str]" = queue.Queue()


class Callbacks(BaseHTTPRequestHandler):
    """Takes note of which payment to ask for: its reference is in the path of the URL."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        hints.put(self.path.rsplit("/", 1)[-1])
        shop.answer(self, 200)

    do_PUT = do_POST

    def log_message(self, *_: object) -> None:
        pass


class SoundShop:
    def __init__(self) -> None:
        self.callbacks = shop.listen(Callbacks)
        self.orders = {order.reference: order for order in shop.orders()}
        self.asking = shop.client()

    def run(self) -> None:
        for order in self.orders.values():
            self.submit(order)
        self.learn()
        for order in self.orders.values():
            print(f"order {order.number}: {order.amount} {shop.CURRENCY}, {order.state}")

    def submit(self, order: shop.Order) -> None:
        """Sends until the payment is there; always under the same reference."""
        for _ in range(TRIES):
            try:
                client = shop.client(f"{self.callbacks}/{order.reference}")
                client.request_to_pay(order.request(), order.reference)
                return
            except ConflictException:
                return
            except (MomoException, httpx.HTTPError, ValueError):
                # The last is a page where JSON should be: a firewall's, with 200.
                if self.ask(order) != "unknown":
                    return
                shop.pause(1)
        order.state = "given up"

    def ask(self, order: shop.Order) -> str:
        """What the status says; `unknown` where there is no such payment, `error` where nobody says."""
        for _ in range(2):
            try:
                status = self.asking.get_payment_status(order.reference).status
            except ResourceNotFoundException:
                return "unknown"
            except MomoException as error:
                if error.status_code != 401:
                    return "error"
                self.asking = shop.client()
                continue
            except (httpx.HTTPError, ValueError):
                return "error"
            if status in ("SUCCESSFUL", "FAILED"):
                order.state = {"SUCCESSFUL": "paid", "FAILED": "refused"}[status]
            return status
        return "error"

    def learn(self) -> None:
        """Asks about every open order until it is final, or patience is over."""
        now = 0.0
        open_orders = [order for order in self.orders.values() if order.state == "open"]
        due = {order.reference: (FIRST_ASK_MINUTES, FIRST_ASK_MINUTES) for order in open_orders}
        while due and now < PATIENCE_MINUTES:
            # Callbacks are looked for often: they say that there is something to ask.
            step = min(SOON_MINUTES, max(0.0, min(at for at, _ in due.values()) - now))
            if step > 0:
                shop.pause(step)
                now += step
            while not hints.empty():
                reference = hints.get()
                if reference in due:
                    due[reference] = (now, due[reference][1])
            for reference, (at, wait) in list(due.items()):
                if at > now:
                    continue
                status = self.ask(self.orders[reference])
                if status in ("SUCCESSFUL", "FAILED"):
                    del due[reference]
                elif status == "error":
                    due[reference] = (now + SOON_MINUTES, wait)
                else:
                    due[reference] = (now + wait, wait * 2)


SoundShop().run()
