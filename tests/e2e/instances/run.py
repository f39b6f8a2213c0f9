"""Three instances behind each stock load balancer of docs/recipes.md, and 2,000 payments.

    python3 tests/e2e/instances/run.py [BINARY] [PAYMENTS]

Every payment is answered with 202, becomes SUCCESSFUL, and is called back exactly once. Without a
binary it is built as tests are. A balancer that is not installed is skipped, but not in CI.
"""

import asyncio
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

sys.dont_write_bytecode = True
FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))

import balancers  # noqa: E402
from client import Connection, Merchant  # noqa: E402
from listener import Listener  # noqa: E402

PAYMENTS, CONNECTIONS, AMOUNT = 2_000, 32, 2
PATIENCE = 60
SECRET = "shared by three instances, for a test"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
STARTED = time.monotonic()
# The same ids, and so the same spread, in every run.
DRAWS = random.Random(2026)


def say(text: str) -> None:
    print(f"[{time.monotonic() - STARTED:4.0f} s] {text}", flush=True)


def draw_uuid() -> str:
    return str(uuid.UUID(int=DRAWS.getrandbits(128), version=4))


class Instance:
    def __init__(self, binary: Path, users: Path) -> None:
        words = [binary, "--listen", "127.0.0.1:0", "--seed", "1", "--api-users", users]
        environment = os.environ | {"MOMO_SANDBOX_TOKEN_SECRET": SECRET}
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            words, env=environment, text=True, stdout=subprocess.PIPE, stderr=self.log
        )
        first = self.process.stdout.readline()
        if " listening on " not in first:
            raise SystemExit(f"an instance does not start: {first}")
        self.port = int(first.strip().rsplit(":", 1)[1])

    def stop(self) -> str:
        """Its last line."""
        self.process.terminate()
        output, _ = self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 0, self.process.returncode
        return output.strip().splitlines()[-1]


class Payment:
    def __init__(self, merchant: Merchant) -> None:
        self.merchant, self.reference = merchant, draw_uuid()


async def pay(connection: Connection, payment: Payment, listener: int) -> None:
    reference = payment.reference
    headers = payment.merchant.headers("collection") | {
        "X-Reference-Id": reference,
        "X-Callback-Url": f"http://127.0.0.1:{listener}/{reference}",
    }
    body = {
        "amount": str(AMOUNT),
        "currency": "EUR",
        "externalId": "order-1",
        "payer": {"partyIdType": "MSISDN", "partyId": "46733123999"},
    }
    path = "/collection/v1_0/requesttopay"
    answered = await connection.ask("POST", path, headers, json.dumps(body).encode())
    assert answered == (202, b""), (reference, answered)


async def check_status(connection: Connection, payment: Payment) -> None:
    path = f"/collection/v1_0/requesttopay/{payment.reference}"
    headers = payment.merchant.headers("collection")
    status, body = await connection.ask("GET", path, headers)
    assert status == 200 and json.loads(body)["status"] == "SUCCESSFUL", (path, status, body)


async def each(payments: list[Payment], port: int, what: str, act) -> None:
    """Does this with each payment, over several connections."""
    done, began = 0, time.monotonic()

    async def work(share: list[Payment]) -> None:
        nonlocal done
        connection = Connection(port)
        for payment in share:
            await act(connection, payment)
            done += 1
            if done % (len(payments) // 4) == 0:
                say(f"  {what}: {done}, {done / (time.monotonic() - began):.0f} a second")
        connection.close()

    async with asyncio.TaskGroup() as tasks:
        for first in range(CONNECTIONS):
            tasks.create_task(work(payments[first::CONNECTIONS]))


async def control(instance: Instance, path: str) -> dict:
    connection = Connection(instance.port)
    status, body = await connection.ask("GET", f"/_sandbox/{path}", {})
    connection.close()
    assert status == 200, (path, status, body)
    return json.loads(body)


async def wait_until_recorded(instance: Instance) -> int:
    """How many payments it has, once what came of each callback is on record."""
    deadline = time.monotonic() + PATIENCE
    while True:
        transactions = (await control(instance, "transactions"))["transactions"]
        open_ones = [one for one in transactions if one["callback"] != "answered"]
        if not open_ones:
            return len(transactions)
        assert time.monotonic() < deadline, open_ones[:3]
        await asyncio.sleep(0.1)


async def check_control_plane_is_closed(port: int) -> None:
    connection = Connection(port)
    for path in ("/_sandbox/clock", "/_sandbox"):
        status, body = await connection.ask("GET", path, {})
        assert status == 403 and b"at its own address" in body, (path, status, body)
    connection.close()


async def check_money(port: int, merchants: list[Merchant], payments: list[Payment]) -> None:
    """Each API user's account has all of its payments, and refunds find theirs."""
    connection = Connection(port)
    for merchant in merchants:
        own = [payment for payment in payments if payment.merchant is merchant]
        path = "/collection/v1_0/account/balance"
        status, body = await connection.ask("GET", path, merchant.headers("collection"))
        expected = str(1000 + AMOUNT * len(own))
        assert status == 200 and json.loads(body)["availableBalance"] == expected, body
        await merchant.get_token(connection, "disbursement")
        headers = merchant.headers("disbursement")
        refund = {"amount": "1", "currency": "EUR", "externalId": "refund-1"}
        refund["referenceIdToRefund"] = own[0].reference
        reference = draw_uuid()
        answered = await connection.ask(
            "POST",
            "/disbursement/v1_0/refund",
            headers | {"X-Reference-Id": reference},
            json.dumps(refund).encode(),
        )
        assert answered == (202, b""), answered
        deadline = time.monotonic() + PATIENCE
        while True:
            path = f"/disbursement/v1_0/refund/{reference}"
            status, body = await connection.ask("GET", path, headers)
            assert status == 200, (status, body)
            state = json.loads(body)["status"]
            if state != "PENDING":
                break
            assert time.monotonic() < deadline, body
            await asyncio.sleep(0.05)
        assert state == "SUCCESSFUL", body
    connection.close()
    say(f"  balances and refunds of {len(merchants)} API users are right")


async def check_callers_find_themselves(port: int) -> None:
    """An API user made through the balancer gets its key, a token and a consent."""
    connection = Connection(port)
    for _ in range(6):
        api_user = draw_uuid()
        host = json.dumps({"providerCallbackHost": "127.0.0.1"}).encode()
        headers = Merchant.KEY | {"X-Reference-Id": api_user}
        status, body = await connection.ask("POST", "/v1_0/apiuser", headers, host)
        assert status == 201, (status, body)
        path = f"/v1_0/apiuser/{api_user}/apikey"
        status, body = await connection.ask("POST", path, Merchant.KEY)
        assert status == 201, (status, body)
        merchant = Merchant(api_user, json.loads(body)["apiKey"])
        await merchant.get_token(connection, "collection")
        headers = merchant.headers("collection") | FORM
        form = b"login_hint=ID:46733123999/MSISDN&scope=profile&access_type=online"
        path = "/collection/v1_0/bc-authorize"
        status, body = await connection.ask("POST", path, headers, form)
        assert status == 200, (status, body)
        asked = json.loads(body)["auth_req_id"]
        form = f"grant_type=urn:openid:params:grant-type:ciba&auth_req_id={asked}"
        headers |= {"Authorization": f"Basic {merchant.basic}"}
        path = "/collection/oauth2/token/"
        status, body = await connection.ask("POST", path, headers, form.encode())
        assert status == 200, (status, body)
    connection.close()
    say("  API users made through the balancer get keys, tokens and consents")


def write_users(file: Path, merchants: list[Merchant]) -> None:
    users = [
        f'[[api_users]]\nid = "{merchant.api_user}"\napi_key = "local-api-key"\n'
        'provider_callback_host = "127.0.0.1"\n'
        for merchant in merchants
    ]
    file.write_text("\n".join(users))


async def drive(name: str, by_user: bool, binary: Path, count: int, folder: Path) -> None:
    merchants = [Merchant(draw_uuid(), "local-api-key") for _ in range(24 if by_user else 2)]
    payments = [Payment(merchants[number % len(merchants)]) for number in range(count)]
    users = folder / "api-users.toml"
    write_users(users, merchants)
    instances: list[Instance] = []
    try:
        instances += [Instance(binary, users) for _ in range(3)]
        listener = Listener(count)
        with balancers.running(name, [one.port for one in instances], folder) as port:
            await check_control_plane_is_closed(port)
            connection = Connection(port)
            for merchant in merchants:
                await merchant.get_token(connection, "collection")
            connection.close()
            await each(payments, port, "202", lambda *both: pay(*both, listener.port))
            assert await asyncio.to_thread(listener.wait_for_all), "callbacks are missing"
            await each(payments, port, "SUCCESSFUL", check_status)
            spread = [await wait_until_recorded(one) for one in instances]
            if by_user:
                await check_money(port, merchants, payments)
                await check_callers_find_themselves(port)
        last = [one.stop() for one in instances]
    finally:
        for one in instances:
            one.process.kill()
    assert last == ["stopped; 0 transactions were still pending"] * 3, last
    # Whoever could have sent another callback is gone.
    counts = listener.counts()
    assert counts == {f"/{payment.reference}": 1 for payment in payments}, "not one each"
    assert sum(spread) == count and min(spread) > 0, spread
    say(f"ok: {name}: {count} payments, one callback each; spread {spread}")


def limit_files() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def built() -> Path:
    subprocess.run(["cargo", "build", "--quiet", "--locked"], cwd=balancers.ROOT, check=True)
    return balancers.ROOT / "target/debug/momosandbox"


def main() -> None:
    limit_files()
    binary = Path(sys.argv[1]) if len(sys.argv) > 1 else built()
    count = int(sys.argv[2]) if len(sys.argv) > 2 else PAYMENTS
    for name, by_user in (("nginx", False), ("haproxy", True)):
        if balancers.command_of(name) is None:
            assert not os.environ.get("CI"), f"{name} is not installed"
            print(f"skipped: {name} is not installed; on Debian: apt-get install {name}")
            continue
        say(f"{name}, by {'API user' if by_user else 'reference id'}")
        with tempfile.TemporaryDirectory(prefix="momo-instances-") as folder:
            asyncio.run(drive(name, by_user, binary, count, Path(folder)))


if __name__ == "__main__":
    main()
