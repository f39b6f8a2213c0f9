"""Takes one payment, and asks for its status until it is final.

`SHOP_CALLBACK_URL`, if given, is where its callback goes; a callback is no more than a hint.
"""

import os

import shop

ASKS = 60
BETWEEN_ASKS_MINUTES = 0.5 / 60


def main() -> None:
    order = shop.orders()[0]
    client = shop.client(os.environ.get("SHOP_CALLBACK_URL", ""))
    client.request_to_pay(order.request(), order.reference)
    print(f"order {order.number}: asked {order.payer} for {order.amount} {shop.CURRENCY}")
    status = "PENDING"
    for _ in range(ASKS):
        status = client.get_payment_status(order.reference).status
        if status in ("SUCCESSFUL", "FAILED"):
            break
        shop.pause(BETWEEN_ASKS_MINUTES)
    print(f"order {order.number}: {status}")
    if status != "SUCCESSFUL":
        raise SystemExit(1)


main()
