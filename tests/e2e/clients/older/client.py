"""A merchant's program that was written for MTN's legacy platform, with one of its old habits.

`client.py HABIT`, run by `momosandbox migrate`. Each habit was harmless there; what it meets on the
new platform is what the audit must find:

- no-header: asks for a token without X-Target-Environment.
- encoded: builds its Basic header by the package `basicauth`, which URL-encodes.
- agent: sends the User-Agent of the package `requests`.
- impatient: gives up after 3 s.
- none: has none of them, for comparison.
"""

import base64
import os
import sys
import time
from uuid import uuid4

import basicauth
import requests

HABITS = ("no-header", "encoded", "agent", "impatient", "none")
PRODUCT = "collection"


class Client:
    """The merchant at one platform."""

    def __init__(self, habit: str, prefix: str) -> None:
        def variable(name: str) -> str:
            return os.environ[f"MOMO_SANDBOX_{prefix}{name}"]

        self.habit = habit
        self.url = variable("URL")
        self.user_id = variable("API_USER_ID")
        self.token = variable("API_KEY")
        self.key = os.environ["MOMO_SANDBOX_PRIMARY_KEY"]
        self.environment = os.environ["MOMO_SANDBOX_ENVIRONMENT"]
        self.session = requests.Session()
        self.session.trust_env = False  # no proxy of this machine's
        if habit != "agent":
            self.session.headers["User-Agent"] = "a-shop/2.4"
        self.session.headers["Ocp-Apim-Subscription-Key"] = self.key
        self.timeout = 3 if habit == "impatient" else 60

    def basic(self) -> str:
        if self.habit == "encoded":
            return basicauth.encode(self.user_id, self.token)
        pair = f"{self.user_id}:{self.token}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"

    def log_in(self) -> None:
        headers = {"Authorization": self.basic()}
        if self.habit != "no-header":
            headers["X-Target-Environment"] = self.environment
        answer = self.session.post(
            f"{self.url}/{PRODUCT}/token/", headers=headers, data="", timeout=self.timeout
        )
        answer.raise_for_status()
        bearer = answer.json()["access_token"]
        self.session.headers["Authorization"] = f"Bearer {bearer}"
        self.session.headers["X-Target-Environment"] = self.environment

    def pay(self) -> str:
        reference = str(uuid4())
        body = {
            "amount": "500",
            "currency": os.environ["MOMO_SANDBOX_CURRENCY"],
            "externalId": reference,
            "payer": {"partyIdType": "MSISDN", "partyId": "256772123456"},
            "payerMessage": "Two tickets",
            "payeeNote": "Seats 4 and 5",
        }
        answer = self.session.post(
            f"{self.url}/{PRODUCT}/v1_0/requesttopay",
            headers={"X-Reference-Id": reference},
            json=body,
            timeout=self.timeout,
        )
        answer.raise_for_status()
        return reference

    def status(self, reference: str) -> str:
        for _ in range(200):
            answer = self.session.get(
                f"{self.url}/{PRODUCT}/v1_0/requesttopay/{reference}", timeout=self.timeout
            )
            answer.raise_for_status()
            if (status := answer.json()["status"]) != "PENDING":
                return status
            time.sleep(0.05)
        sys.exit(f"wrong: {reference} is still PENDING")


def main(habit: str) -> None:
    if habit not in HABITS:
        sys.exit(f"unknown habit {habit!r}: expected one of {', '.join(HABITS)}")
    for prefix, name in (("LEGACY_", "legacy"), ("", "new")):
        client = Client(habit, prefix)
        try:
            client.log_in()
            reference = client.pay()
            print(f"{name}: {client.status(reference)}")
        except requests.RequestException as error:
            # A program that goes on: the audit says what is wrong with it.
            print(f"{name}: {error}")


main(sys.argv[1])
