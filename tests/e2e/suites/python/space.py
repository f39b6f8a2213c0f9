"""An API user of its own for each test: what its merchant calls, and what its test calls."""

import base64
import json
import os
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from operations import PAY, PAYER, REFUNDING, Operation, body_of
from web import Answer, Web

KEY = {"Ocp-Apim-Subscription-Key": "any-key"}
JSON = {"Content-Type": "application/json"}
TOML = {"Content-Type": "application/toml"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CIBA = "urn:openid:params:grant-type:ciba"


class Space:
    def __init__(self) -> None:
        self.web = Web(os.environ["MOMO_SANDBOX_URL"])
        self.id = str(uuid4())
        self.tokens: dict[str, str] = {}

    @classmethod
    async def of(cls) -> "Space":
        """A new one, provisioned."""
        space = cls()
        headers = {**KEY, **JSON, "X-Reference-Id": space.id}
        host = json.dumps({"providerCallbackHost": "127.0.0.1"})
        created = await space.web.ask("POST", "/v1_0/apiuser", headers, host)
        assert (created.status, created.body) == (201, ""), created
        await space.renew_key()
        return space

    # What a merchant calls.

    async def renew_key(self) -> None:
        answer = await self.web.ask("POST", f"/v1_0/apiuser/{self.id}/apikey", KEY)
        assert answer.status == 201, answer
        self.key = answer.body["apiKey"]

    def basic(self) -> dict:
        credentials = base64.b64encode(f"{self.id}:{self.key}".encode()).decode()
        return {**KEY, "Authorization": f"Basic {credentials}"}

    async def renew_token(self, product: str) -> dict:
        answer = await self.web.ask("POST", f"/{product}/token/", self.basic())
        assert answer.status == 200, answer
        self.tokens[product] = answer.body["access_token"]
        return answer.body

    async def headers(self, product: str) -> dict:
        if product not in self.tokens:
            await self.renew_token(product)
        bearer = {"Authorization": f"Bearer {self.tokens[product]}"}
        return {**KEY, **bearer, "X-Target-Environment": "sandbox"}

    async def call(self, method: str, product: str, path: str, body: dict | None = None,
             headers: dict | None = None) -> Answer:
        """A call of a product's path, with all its headers."""
        sent = {**await self.headers(product), **(headers or {})}
        if body is None:
            return await self.web.ask(method, f"/{product}{path}", sent)
        text = json.dumps(body)
        return await self.web.ask(method, f"/{product}{path}", {**sent, **JSON}, text)

    async def form(self, product: str, path: str, fields: dict, **headers: str) -> Answer:
        sent = {**await self.headers(product), **FORM, **headers}
        return await self.web.ask("POST", f"/{product}{path}", sent, urlencode(fields))

    async def submit(self, operation: Operation = PAY, amount: str = "5", party: str = PAYER,
               callback: str | None = None, reference: str | None = None,
               **more: Any) -> tuple[str, Answer]:
        """Submits, whatever the answer will be."""
        reference = reference or str(uuid4())
        headers = {"X-Reference-Id": reference}
        if callback is not None:
            headers["X-Callback-Url"] = callback
        body = body_of(operation, amount, party, more)
        return reference, await self.call("POST", operation.product, operation.path, body, headers)

    async def pay(self, operation: Operation = PAY, **how: Any) -> str:
        """Submits what is accepted; a refund is of a payment that was made before."""
        if operation in REFUNDING and "referenceIdToRefund" not in how:
            how["referenceIdToRefund"] = await self.pay(PAY, amount="50")
            await self.approve(how["referenceIdToRefund"])
        reference, answer = await self.submit(operation, **how)
        assert (answer.status, answer.body) == (202, ""), answer
        return reference

    async def ask_status(self, operation: Operation, reference: str) -> Answer:
        return await self.call("GET", operation.product, f"{operation.status_path}/{reference}")

    async def status(self, reference: str, operation: Operation = PAY) -> dict:
        """The status body."""
        answer = await self.ask_status(operation, reference)
        assert answer.status == 200, answer
        return answer.body

    async def balance(self, product: str = "collection") -> str:
        answer = await self.call("GET", product, "/v1_0/account/balance")
        assert answer.status == 200, answer
        assert answer.body["currency"] == "EUR", answer
        return answer.body["availableBalance"]

    async def ask_consent(self, product: str, msisdn: str, access_type: str = "online") -> Answer:
        hint = f"ID:{msisdn}/MSISDN"
        fields = {"login_hint": hint, "scope": "profile", "access_type": access_type}
        return await self.form(product, "/v1_0/bc-authorize", fields)

    async def redeem(self, product: str, auth_req_id: str) -> Answer:
        fields = {"grant_type": CIBA, "auth_req_id": auth_req_id}
        return await self.form(product, "/oauth2/token/", fields, **self.basic())

    # What a test calls.

    async def control(self, method: str, path: str, body: Any = None,
                      headers: dict = JSON) -> Answer:
        """A call of the control plane about this space."""
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        sent = {} if body is None else headers
        return await self.web.ask(method, f"/_sandbox/spaces/{self.id}{path}", sent, text)

    async def good(self, method: str, path: str, body: Any = None, headers: dict = JSON) -> Any:
        answer = await self.control(method, path, body, headers)
        assert answer.status == 200, answer
        return answer.body

    async def scenario(self, toml: str) -> dict:
        return await self.good("PUT", "/scenario", toml, TOML)

    async def advance(self, by: str) -> list[dict]:
        """Lets time pass; what happened."""
        return (await self.good("POST", "/clock/advance", {"by": by}))["happened"]

    async def to_next_event(self) -> list[dict]:
        return (await self.good("POST", "/clock/advance", {"to_next_event": True}))["happened"]

    async def now(self) -> str:
        return (await self.good("GET", "/clock"))["now"]

    async def wait(self, reference: str, **what: str) -> dict:
        return await self.good("POST", "/wait", {"reference_id": reference, **what})

    async def verify(self, *expected: dict) -> dict:
        return await self.good("POST", "/verify", {"expect": list(expected)})

    async def passes(self, *expected: dict) -> None:
        answer = await self.verify(*expected)
        assert answer["verdict"] == "pass", answer

    async def happened(self, reference: str, **counts: int) -> None:
        """Exactly so many of each event, about that transaction."""
        await self.passes(*(
            {"event": event, "reference_id": reference, "exactly": count}
            for event, count in counts.items()
        ))

    async def transaction(self, reference: str) -> dict:
        return await self.good("GET", f"/transactions/{reference}")

    async def journal(self, **query: Any) -> dict:
        return await self.good("GET", f"/journal?{urlencode(query)}")

    async def act(self, reference: str, act: str) -> Answer:
        return await self.control("POST", f"/transactions/{reference}/{act}", {})

    async def approve(self, reference: str) -> None:
        """Has the payer approve, unless it was quicker by itself."""
        assert (await self.act(reference, "approve")).status in (200, 409)
        assert (await self.transaction(reference))["status"] == "SUCCESSFUL"

    async def reset(self) -> int:
        return (await self.good("POST", "/reset", {}))["forgotten_transactions"]
