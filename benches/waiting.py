"""What waiting, advancing and unread journal streams cost those who pay.

    cargo build --release
    python3 benches/waiting.py target/release/momosandbox [waits|advance|streams] [--users 10000]

waits    200 waits over all API users: the time of a payment, of health, and of the stop
advance  `clock/advance` by 1 h under 50, 200 and 500 payments a second, to a listener that takes
         20 and 100 ms: the time until it answers, 30 s at most
streams  1,024 journal streams that nobody reads: the time of a payment, and the memory

Real sockets on loopback. Linux only.
"""

import argparse
import asyncio
import base64
import itertools
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import uuid

WAITS = 200
STREAMS = 1024
USER = "00000000-0000-4000-8000-000000000000"
KEY = "0" * 32


class Program:
    """The program with so many API users."""

    def __init__(self, path: str, users: int, *flags: str):
        self.folder = tempfile.TemporaryDirectory()
        file = os.path.join(self.folder.name, "users.toml")
        with open(file, "w") as out:
            for number in range(users):
                out.write(
                    f'[[api_users]]\nid = "{uuid.UUID(int=uuid.UUID(USER).int + number)}"\n'
                    f'api_key = "{KEY}"\nprovider_callback_host = "127.0.0.1"\n'
                )
        command = [path, "serve", "--listen", "127.0.0.1:0", "--api-users", file, *flags]
        # Room for 100,000 API users; by a variable, so that older programs can be measured too.
        environment = {**os.environ, "MOMO_SANDBOX_KEPT_BYTES_MAX": str(4 << 30)}
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        host, port = self.process.stdout.readline().split("http://")[1].split()[0].split(":")
        self.address = host, int(port)

    def resident(self) -> float:
        """MiB."""
        with open(f"/proc/{self.process.pid}/status") as status:
            (line,) = [line for line in status if line.startswith("VmRSS:")]
        return int(line.split()[1]) / 1024

    def cpu(self) -> float:
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> float:
        """Seconds from SIGTERM to its end."""
        began = time.perf_counter()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return time.perf_counter() - began


class Client:
    """One kept connection."""

    @classmethod
    async def to(cls, program: Program) -> "Client":
        self = cls()
        self.reader, self.writer = await asyncio.open_connection(*program.address)
        return self

    def send(self, method: str, path: str, headers: dict | None = None, body: str = ""):
        head = {"Host": "localhost", "Content-Length": str(len(body)), **(headers or {})}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        self.writer.write(f"{method} {path} HTTP/1.1\r\n{lines}\r\n{body}".encode())

    async def answer(self) -> tuple[int, bytes]:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length:")[1].split()[0])
        return int(head.split()[1]), await self.reader.readexactly(length)

    async def call(self, *request) -> tuple[int, bytes]:
        self.send(*request)
        return await self.answer()

    async def command(self, path: str, body: dict) -> tuple[int, dict]:
        headers = {"Content-Type": "application/json"}
        status, text = await self.call("POST", f"/_sandbox/{path}", headers, json.dumps(body))
        return status, json.loads(text)


class Merchant:
    """An API user who pays."""

    @classmethod
    async def of(cls, program: Program, callback: str | None = None) -> "Merchant":
        self = cls()
        self.client = await Client.to(program)
        basic = base64.b64encode(f"{USER}:{KEY}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}", "Ocp-Apim-Subscription-Key": "any"}
        _, token = await self.client.call("POST", "/collection/token/", headers)
        self.headers = {
            "Authorization": "Bearer " + json.loads(token)["access_token"],
            "Ocp-Apim-Subscription-Key": "any",
            "X-Target-Environment": "sandbox",
            "Content-Type": "application/json",
        }
        if callback:
            self.headers["X-Callback-Url"] = callback
        return self

    async def pay(self) -> float:
        """Milliseconds to the 202."""
        body = {
            "amount": "1",
            "currency": "EUR",
            "externalId": "order",
            "payer": {"partyIdType": "MSISDN", "partyId": "46733123999"},
            "payerMessage": "m",
            "payeeNote": "n",
        }
        headers = {**self.headers, "X-Reference-Id": str(uuid.uuid4())}
        began = time.perf_counter()
        path = "/collection/v1_0/requesttopay"
        status, _ = await self.client.call("POST", path, headers, json.dumps(body))
        assert status == 202, status
        return (time.perf_counter() - began) * 1000

    async def pay_for(self, seconds: float, most: int = 2000) -> list[float]:
        began, took = time.perf_counter(), []
        while time.perf_counter() - began < seconds and len(took) < most:
            took.append(await self.pay())
        return took


def told(name: str, took: list[float], unit: str = "ms"):
    ordered = sorted(took)
    late = ordered[int(len(ordered) * 0.99)] if len(ordered) > 1 else ordered[0]
    print(
        f"  {name}: median {statistics.median(took):.2f}, 99th {late:.2f}, "
        f"most {ordered[-1]:.2f} {unit} of {len(took)}",
        flush=True,
    )


async def ask_health(program: Program, times: int) -> list[float]:
    client, took = await Client.to(program), []
    for _ in range(times):
        began = time.perf_counter()
        status, _ = await client.call("GET", "/_sandbox/health")
        assert status == 200
        took.append((time.perf_counter() - began) * 1000)
    return took


async def waits(path: str, users: int):
    print(f"{WAITS} waits over {users} API users")
    program = Program(path, users)
    try:
        merchant = await Merchant.of(program)
        told("payment before", await merchant.pay_for(3))
        told("health before", await ask_health(program, 10))
        waiting = [await Client.to(program) for _ in range(WAITS)]
        began = time.perf_counter()
        for client in waiting:
            body = json.dumps({
                "reference_id": str(uuid.uuid4()),
                "status": "SUCCESSFUL",
                "timeout": "50s",
            })
            client.send("POST", "/_sandbox/wait", {"Content-Type": "application/json"}, body)
        told("health while they begin", await ask_health(program, 3))
        told("payment meanwhile", await merchant.pay_for(10))
        told("health meanwhile", await ask_health(program, 10))
        print(f"  after {time.perf_counter() - began:.1f} s", flush=True)
        answers = [asyncio.create_task(client.answer()) for client in waiting]
        answered, still = await asyncio.wait(answers, timeout=0.1)
        assert not answered, "all wait to the end"
        for task in still:
            task.cancel()
    finally:
        print(f"  stop: {program.stop():.2f} s", flush=True)


async def advance(path: str, rate: int, delay_ms: int, scope: str, *flags: str):
    print(f"advance of {scope} at {rate} payments a second, a listener of {delay_ms} ms {flags}")
    program = Program(path, 2, "--settle-after", "200ms", *flags)

    called_back = 0

    async def listen(reader, writer):
        nonlocal called_back
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                await reader.readexactly(int(head.split("content-length:")[1].split()[0]))
                called_back += 1
                await asyncio.sleep(delay_ms / 1000)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    url = "http://127.0.0.1:%d/" % server.sockets[0].getsockname()[1]
    try:
        merchants = [await Merchant.of(program, url) for _ in range(8)]
        over = asyncio.Event()
        count = 0

        async def load(number, merchant):
            nonlocal count
            # One after the other, not all at one moment.
            due = time.perf_counter() + number / rate
            await asyncio.sleep(number / rate)
            while not over.is_set():
                await merchant.pay()
                count += 1
                due += len(merchants) / rate
                await asyncio.sleep(max(0, due - time.perf_counter()))

        paying = [asyncio.create_task(load(*one)) for one in enumerate(merchants)]
        await asyncio.sleep(2)
        control = await Client.to(program)
        before = count
        began = time.perf_counter()
        where = "clock/advance" if scope == "all" else f"spaces/{USER}/clock/advance"
        try:
            call = control.command(where, {"by": "1h"})
            _, body = await asyncio.wait_for(call, 30)
            print(f"  answered after {time.perf_counter() - began:.2f} s; {body['count']} happened")
        except asyncio.TimeoutError:
            print("  never answered within 30 s")
        passed = time.perf_counter() - began
        print(f"  meanwhile {(count - before) / passed:.0f} payments a second")
        over.set()
        await asyncio.gather(*paying, return_exceptions=True)
        print(f"  {count} payments, {called_back} callbacks", flush=True)
    finally:
        server.close()
        print(f"  stop: {program.stop():.2f} s", flush=True)


async def streams(path: str):
    print(f"{STREAMS} unread journal streams")
    # What is kept reaches its bounds at once: what grows then is of the streams.
    program = Program(path, 1, "--settled-max", "1000", "--journal-max", "2000")
    try:
        merchant = await Merchant.of(program)
        await merchant.pay_for(2, 100_000)
        told("payment before", await merchant.pay_for(3, 100_000))
        print(f"  resident {program.resident():.1f} MiB", flush=True)
        unread = []
        for _ in range(STREAMS):
            reader, writer = await asyncio.open_connection(*program.address, limit=1024)
            writer.write(b"GET /_sandbox/journal/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
            writer.transport.pause_reading()
            unread.append(writer)
        for part in range(4):
            cpu, began = program.cpu(), time.perf_counter()
            told(f"payment meanwhile {part}", await merchant.pay_for(4, 100_000))
            passed = time.perf_counter() - began
            used = (program.cpu() - cpu) / passed * 100
            with open("/proc/net/sockstat") as stat:
                (tcp,) = [line for line in stat if line.startswith("TCP:")]
            print(
                f"  resident {program.resident():.1f} MiB, cpu {used:.0f} %, "
                f"kernel {int(tcp.split()[-1]) * 4 / 1024:.0f} MiB",
                flush=True,
            )
        for writer in unread:
            writer.transport.abort()
        await asyncio.sleep(2)
        told("payment after", await merchant.pay_for(3, 100_000))
        print(f"  resident {program.resident():.1f} MiB", flush=True)
    finally:
        print(f"  stop: {program.stop():.2f} s", flush=True)


async def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program", help="the binary, or another one to compare it with")
    what = ["all", "waits", "advance", "streams"]
    parser.add_argument("what", nargs="?", default="all", choices=what)
    users = "how many API users the waits are over; several numbers are measured in turn"
    parser.add_argument("--users", type=int, nargs="+", default=[10_000, 100_000], help=users)
    if len(sys.argv) == 1:
        parser.print_help()
        sys.exit(2)
    arguments = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    if arguments.what in ("all", "waits"):
        for users in arguments.users:
            await waits(arguments.program, users)
    if arguments.what in ("all", "advance"):
        for rate, delay in itertools.product([50, 200, 500], [20, 100]):
            await advance(arguments.program, rate, delay, "all")
        await advance(arguments.program, 500, 20, "one")
        await advance(arguments.program, 500, 20, "all", "--clock", "manual")
    if arguments.what in ("all", "streams"):
        await streams(arguments.program)


asyncio.run(main())
