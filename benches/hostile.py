"""What the program takes of memory, whatever is sent to it.

    cargo build --release
    python3 benches/hostile.py target/release/momosandbox [--seconds 300] [--mebibytes 512]

Sends for that time, all at once: payments with ids of 60 kB and callback URLs of 28 kB, consents
with long scopes, scenarios of 250 kB for single API users, bad requests of callers who are nobody
known, and 1,900 connections, a third with heads and a third with bodies that do not end. `verify`,
status queries and `health` go on meanwhile. The program runs in a control group with so much
memory and no swap, where one can be made (Linux, root); else its own peak is watched.

Prints the peak, the requests by what they were answered, how long `health` took, and what was
evicted. Fails if the program ended, or took more than it may.
"""

import argparse
import base64
import collections
import json
import os
import pathlib
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid

LONG = "x" * 60_000
CROWD = 1_900
KEY = {"Ocp-Apim-Subscription-Key": "any"}
SANDBOX = {"X-Target-Environment": "sandbox", **KEY}
FORM = "application/x-www-form-urlencoded"
RULE = '[[rules]]\nwhen={{external_id="{}"}}\nthen={{status="FAILED",reason="EXPIRED"}}\n'


def party() -> str:
    """A number that is none of MTN's test numbers."""
    return f"46733129{random.randrange(999):03}"


class Group:
    """A control group with so much memory. Where none can be made, nothing is limited."""

    def __init__(self, mebibytes: int) -> None:
        self.folder = None
        limits = {"memory": "memory.limit_in_bytes", ".": "memory.max"}
        for controller, limit in limits.items():
            root = pathlib.Path("/sys/fs/cgroup", controller)
            folder = root / f"momo-hostile-{os.getpid()}"
            try:
                folder.mkdir()
            except OSError:
                continue
            try:
                (folder / limit).write_text(f"{mebibytes}M")
            except OSError:
                folder.rmdir()
                continue
            self.folder = folder
            for file, text in {"memory.swappiness": "0", "memory.swap.max": "0"}.items():
                if (folder / file).exists():
                    (folder / file).write_text(text)
            return

    def enter(self) -> None:
        if self.folder:
            (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def remove(self) -> None:
        if self.folder:
            self.folder.rmdir()


class Attack:
    """What is sent, and what came of it."""

    def __init__(self, port: int, seconds: float) -> None:
        self.port = port
        self.end = time.monotonic() + seconds
        self.answers: collections.Counter = collections.Counter()
        self.health: list = []
        self.users: list = []

    def goes_on(self) -> bool:
        return time.monotonic() < self.end

    def open(self, timeout: float = 30) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    # One thread each.

    def pay(self) -> None:
        client, mine = Client(self), []
        while self.goes_on():
            if not mine or random.random() < 0.01:
                mine.extend(filter(None, [client.provision()]))
            if not mine:
                time.sleep(0.01)
                continue
            token, kind = random.choice(mine).token, random.random()
            length, path = (10, "p") if kind < 0.5 else (59_000, "p" * 28_000)
            reference = str(uuid.uuid4())
            body = {
                "amount": "5",
                "currency": "EUR",
                "externalId": f"{random.getrandbits(40)}-{LONG[:length]}",
                "payer": {"partyIdType": "MSISDN", "partyId": party()},
                "payerMessage": LONG[:150],
                "payeeNote": "n",
            }
            headers = {**SANDBOX, "Authorization": token, "X-Reference-Id": reference}
            if kind < 0.8:
                headers["X-Callback-Url"] = f"http://127.0.0.1:9/{path}"
            client.ask("payment", "POST", "/collection/v1_0/requesttopay", body, headers)
            if random.random() < 0.5:
                path = f"/collection/v1_0/requesttopay/{reference}"
                client.ask("status", "GET", path, None, {**SANDBOX, "Authorization": token})

    def consent(self) -> None:
        client, user = Client(self), None
        while self.goes_on():
            if user is None or random.random() < 0.01:
                user = client.provision() or user
            if user is None:
                time.sleep(0.05)
                continue
            scope = "+".join(["profile"] * random.choice([1, 3000]))
            body = f"login_hint=ID:{party()}/MSISDN&scope={scope}&access_type=offline"
            headers = {**SANDBOX, "Content-Type": FORM, "Authorization": user.token}
            client.ask("consent", "POST", "/collection/v1_0/bc-authorize", body, headers)

    def be_nobody(self) -> None:
        client = Client(self)
        while self.goes_on():
            path = "/collection/v1_0/" + "%C3%A9" * random.randrange(1, 4000)
            body = LONG if random.random() < 0.2 else None
            key = {"Ocp-Apim-Subscription-Key": "y" * random.choice([3, 3000])}
            client.ask("nobody", random.choice(["GET", "POST", "PATCH"]), path, body, key)

    def put_scenarios(self) -> None:
        client = Client(self)
        while self.goes_on():
            time.sleep(0.05)
            if not self.users:
                continue
            user = random.choice(self.users)
            ids = (f"{user.id[:8]}{number}" for number in range(2_900))
            rules = (RULE.format(id) for id in ids)
            path = f"/_sandbox/spaces/{user.id}/scenario"
            toml = {"Content-Type": "application/toml"}
            client.ask("scenario", "PUT", path, 'name="hostile"\n' + "".join(rules), toml)

    def verify(self) -> None:
        client = Client(self)
        while self.goes_on():
            expected = {"expect": [{"event": "callback_lost", "never": True}]}
            client.ask("verify", "POST", "/_sandbox/verify", expected, {})
            time.sleep(2)

    def crowd(self) -> None:
        head = b"GET /x HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"a" * 31_000
        body = b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65536\r\n\r\n"
        body += b"b" * 65_000
        whole = b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n"
        while self.goes_on():
            crowd = []
            try:
                for number in range(CROWD):
                    crowd.append(self.open(5))
                    crowd[-1].sendall([head, body, whole][number % 3])
                time.sleep(12)
            except OSError:
                time.sleep(0.2)
            self.answers["crowd"] += len(crowd)
            for stream in crowd:
                stream.close()

    def ask_for_health(self) -> None:
        while self.goes_on():
            began = time.monotonic()
            status, _ = Client(self).ask("health", "GET", "/_sandbox/health", None, {})
            took = time.monotonic() - began
            self.health.append(took if status == 200 else float("inf"))
            time.sleep(0.1)


class User:
    """An API user with a token."""

    def __init__(self, id: str, token: str) -> None:
        self.id = id
        self.token = f"Bearer {token}"


class Client:
    """One connection, opened again where it was closed."""

    def __init__(self, attack: Attack) -> None:
        self.attack = attack
        self.stream = None

    def ask(self, what: str, method: str, path: str, body, headers: dict) -> tuple:
        """The status and the body; status 0 where no answer came."""
        if isinstance(body, dict):
            body, headers = json.dumps(body), {"Content-Type": "application/json", **headers}
        body = (body or "").encode()
        fields = {"Host": "localhost", "Content-Length": len(body), **headers}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {text}" for name, text in fields.items())]
        sent = "\r\n".join([*lines, "", ""]).encode() + body
        for _ in range(2):
            try:
                status, answer = self.exchange(sent)
            except (OSError, ValueError, IndexError):
                self.stream = None
                continue
            self.attack.answers[f"{what} {status}"] += 1
            return status, answer
        self.attack.answers[f"{what} none"] += 1
        return 0, b""

    def exchange(self, sent: bytes) -> tuple:
        if self.stream is None:
            self.stream = self.attack.open()
            self.file = self.stream.makefile("rb")
        self.stream.sendall(sent)
        status, fields = int(self.file.readline().split()[1]), {}
        while line := self.file.readline().strip():
            name, _, text = line.partition(b":")
            fields[name.lower()] = text.strip()
        answer = self.file.read(int(fields.get(b"content-length", 0)))
        if fields.get(b"connection") == b"close":
            self.stream.close()
            self.stream = None
        return status, answer

    def provision(self) -> "User | None":
        id = str(uuid.uuid4())
        host = {"providerCallbackHost": "127.0.0.1"}
        self.ask("user", "POST", "/v1_0/apiuser", host, {**KEY, "X-Reference-Id": id})
        status, answer = self.ask("key", "POST", f"/v1_0/apiuser/{id}/apikey", None, KEY)
        if status != 201:
            return None
        pair = f"{id}:{json.loads(answer)['apiKey']}".encode()
        basic = {**KEY, "Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        status, answer = self.ask("token", "POST", "/collection/token/", None, basic)
        if status != 200:
            return None
        user = User(id, json.loads(answer)["access_token"])
        self.attack.users.append(user)
        return user


def peak(process: subprocess.Popen) -> int:
    """The most memory that the program has taken so far, in MiB; 0 once it has ended."""
    try:
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) // 1024
    except (OSError, TypeError):
        return 0


def started(program: str, group: Group, log: pathlib.Path) -> tuple:
    command = [program, "serve", "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(
        command,
        preexec_fn=group.enter,
        stdout=subprocess.PIPE,
        stderr=log.open("w"),
        text=True,
    )
    line = process.stdout.readline()
    threading.Thread(target=process.stdout.read, daemon=True).start()
    return process, int(line.strip().rpartition(":")[2])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--mebibytes", type=int, default=512)
    given = parser.parse_args()
    group = Group(given.mebibytes)
    if group.folder is None:
        print("no control group can be made: the program's own peak is watched instead")
    with tempfile.TemporaryDirectory() as folder:
        process, port = started(given.program, group, pathlib.Path(folder, "log"))
        attack = Attack(port, given.seconds)
        senders = [attack.pay] * 3 + [attack.be_nobody] * 2
        senders += [attack.consent, attack.put_scenarios, attack.verify, attack.crowd]
        senders += [attack.ask_for_health]
        for sender in senders:
            threading.Thread(target=sender, daemon=True).start()
        most = 0
        while attack.goes_on() and process.poll() is None:
            most = max(most, peak(process))
            time.sleep(0.2)
        ended = process.poll()
        metrics = ""
        if ended is None:
            attack.end = 0
            _, answer = Client(attack).ask("metrics", "GET", "/_sandbox/metrics", None, {})
            metrics = answer.decode()
            process.terminate()
        process.wait()
        group.remove()
    return report(attack, ended, most, metrics, given.mebibytes)


def report(attack: Attack, ended, most: int, metrics: str, mebibytes: int) -> int:
    print(f"peak: {most} MiB of {mebibytes}")
    answers = ", ".join(f"{what}: {times}" for what, times in sorted(attack.answers.items()))
    print(f"answers: {sum(attack.answers.values())} ({answers})")
    health = sorted(attack.health)
    if health:
        at = lambda part: f"{health[int(part * (len(health) - 1))] * 1000:.1f}"
        print(f"health: median {at(0.5)}, p99 {at(0.99)}, most {at(1)} ms of {len(health)}")
    for line in metrics.splitlines():
        name = line.removeprefix("momo_sandbox_").partition(" ")[0]
        if name in ("kept_bytes", "settled_evicted_total", "journal_evicted_total", "api_users"):
            print(line.removeprefix("momo_sandbox_"))
    if ended is not None:
        print(f"the program ended with {ended}: it was to live")
        return 1
    if most > mebibytes or not health:
        print("the program took too much, or nobody could ask for its health")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
