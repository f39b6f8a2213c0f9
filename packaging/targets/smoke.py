#!/usr/bin/env python3
"""Tries what matters most of a program for any target, by wine, by qemu or directly.

    packaging/targets/smoke.py TARGET [PROGRAM]

It knows nothing of the sources: it starts the program, pays, receives callbacks, breaks things, and
looks at exit codes. One line for each check, then `N passed, N failed`.
"""

import base64
import contextlib
import http.client
import http.server
import json
import queue
import re
import shutil
import socket
import ssl
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

sys.dont_write_bytecode = True

from targets import TARGETS, WORK, Running, Starter, Target, version  # noqa: E402

# Each name of the program is one of these.
NAMES = ("momo-sandbox", "momosandbox")
PRODUCT = "/collection/v1_0/requesttopay"
PAYER = "46733123999"


class Listener:
    """A merchant's listener: it answers each callback with 200 and keeps it."""

    def __init__(self) -> None:
        received: queue.Queue[tuple[str, str, dict]] = queue.Queue()
        self.received = received

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()
                received.put((self.command, self.path, json.loads(body)))

            do_PUT = do_POST

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self.server.server_port}/paid"

    def next(self) -> tuple[str, str, dict]:
        try:
            return self.received.get(timeout=20)
        except queue.Empty:
            raise AssertionError("no callback came in 20 s") from None


class Emulator:
    """A running program, and a merchant who is known to it."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.address = running.line_with(r"listen(?:ing|s) on http://([^;\s]+)", 60)[1]

    def call(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self.address, timeout=30)
        given = {"Ocp-Apim-Subscription-Key": "any-key"} | (headers or {})
        data = None if body is None else json.dumps(body)
        if data is not None:
            given.setdefault("Content-Type", "application/json")
        with contextlib.closing(connection):
            connection.request(method, path, data, given)
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, named, answer.read()

    def json(self, method: str, path: str, expected: int, *more: object) -> dict:
        status, _, body = self.call(method, path, *more)
        assert status == expected, f"{method} {path}: {status}, not {expected}: {body!r}"
        return json.loads(body) if body else {}

    def provision(self) -> None:
        user = str(uuid.uuid4())
        body, reference = {"providerCallbackHost": "localhost"}, {"X-Reference-Id": user}
        self.json("POST", "/v1_0/apiuser", 201, body, reference)
        key = self.json("POST", f"/v1_0/apiuser/{user}/apikey", 201)["apiKey"]
        basic = "Basic " + base64.b64encode(f"{user}:{key}".encode()).decode()
        answer = self.json("POST", "/collection/token/", 200, None, {"Authorization": basic})
        self.merchant = {
            "Authorization": f"Bearer {answer['access_token']}",
            "X-Target-Environment": "sandbox",
        }

    def pay(self, callback: str | None = None, party: str = PAYER) -> str:
        reference = str(uuid.uuid4())
        headers = self.merchant | {"X-Reference-Id": reference}
        if callback:
            headers["X-Callback-Url"] = callback
        payer = {"partyIdType": "MSISDN", "partyId": party}
        payment = {"amount": "12.50", "currency": "EUR", "externalId": "order-1", "payer": payer}
        self.json("POST", PRODUCT, 202, payment, headers)
        return reference

    def wait(self, reference: str, **what: str) -> dict:
        body = {"reference_id": reference, "timeout": "20s"} | what
        answer = self.json("POST", "/_sandbox/wait", 200, body)
        assert answer["met"], answer
        return answer["transaction"]

    def status(self, reference: str) -> dict:
        return self.json("GET", f"{PRODUCT}/{reference}", 200, None, self.merchant)


class Smoke:
    """The checks, in this order; each stands alone."""

    def __init__(self, target: Target, program: Path, folder: Path) -> None:
        self.folder = folder
        self.starter = Starter(target, program, folder)
        shell = ("cmd", "/c") if target.is_windows else ("sh", "-c")
        self.exit_with = lambda code: (*shell, f"exit {code}")
        self.own = self.starter.words[-1]

    @contextlib.contextmanager
    def emulator(self, *arguments: str) -> Iterator[Emulator]:
        words = ("serve", "--listen", "127.0.0.1:0", "--settle-after", "50ms", *arguments)
        running = self.starter.start(*words)
        try:
            emulator = Emulator(running)
            emulator.provision()
            yield emulator
        finally:
            running.kill()

    @contextlib.contextmanager
    def listener(self) -> Iterator[Listener]:
        listener = Listener()
        thread = threading.Thread(target=listener.server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield listener
        finally:
            listener.server.shutdown()
            listener.server.server_close()

    def check_version(self) -> None:
        """--version names the program and Cargo.toml's version in its first line"""
        code, text = self.starter.run("--version")
        first = text.splitlines()[0]
        assert code == 0 and first in [f"{name} {version()}" for name in NAMES], (code, text)

    def check_health(self) -> None:
        """`health` exits with 0 where an emulator answers, and with 1 where none does"""
        with self.emulator() as emulator:
            assert emulator.call("GET", "/_sandbox/health")[0] == 200
            code, text = self.starter.run("health", "--listen", emulator.address)
            assert code == 0, (code, text)
        code, text = self.starter.run("health", "--listen", emulator.address)
        assert code == 1, (code, text)

    def check_payment(self) -> None:
        """a payment: 202, its callback arrives, its status is there, the balance grows"""
        with self.listener() as listener, self.emulator() as emulator:
            reference = emulator.pay(listener.url)
            _, path, callback = listener.next()
            assert (path, callback["status"]) == ("/paid", "SUCCESSFUL"), (path, callback)
            assert callback["externalId"] == "order-1", callback
            assert emulator.status(reference)["status"] == "SUCCESSFUL"
            emulator.wait(reference, callback="answered")
            account = "/collection/v1_0/account/balance"
            balance = emulator.json("GET", account, 200, None, emulator.merchant)
            assert balance == {"availableBalance": "1012.5", "currency": "EUR"}, balance

    def check_missed_callback(self) -> None:
        """a payment under `missed-callback` succeeds, and no callback comes"""
        lost = self.emulator("--scenario", "missed-callback")
        with self.listener() as listener, lost as emulator:
            reference = emulator.pay(listener.url)
            emulator.wait(reference, callback="lost")
            assert emulator.status(reference)["status"] == "SUCCESSFUL"
            assert listener.received.empty(), listener.received.get()

    def check_scenario_file(self) -> None:
        """a scenario file with CRLF and a byte order mark is in force"""
        rule = (
            'name = "refused"',
            "[[rules]]",
            'when = { operation = "requesttopay", party = "25677*" }',
            'then = { status = "FAILED", reason = "PAYER_LIMIT_REACHED" }',
            "",
        )
        file = self.folder / "refused.toml"
        file.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(rule).encode())
        with self.emulator("--scenario", "refused.toml") as emulator:
            reference = emulator.pay(party="256770000001")
            emulator.wait(reference, status="FAILED")
            assert emulator.status(reference)["reason"] == "PAYER_LIMIT_REACHED"
            other = emulator.pay()
            emulator.wait(other, status="SUCCESSFUL")

    def check_check(self) -> None:
        """`check` exits with 0 for a good file, and with 2 and the place for a bad one"""
        rule = '[[rules]]\r\nwhen = { party = "25677*" }\r\nthen = { status = "%s" }\r\n'
        (self.folder / "good.toml").write_bytes((rule % "PENDING").encode())
        (self.folder / "bad.toml").write_bytes((rule % "LOST").encode())
        code, text = self.starter.run("check", "good.toml")
        assert code == 0 and "good.toml: valid" in text, (code, text)
        code, text = self.starter.run("check", "bad.toml")
        assert code == 2 and "bad.toml:3:19" in text and "`LOST`" in text, (code, text)

    def check_exec(self) -> None:
        """`exec` ends with its command's exit code, 7"""
        code, text = self.starter.run("exec", "--plain", "--", *self.exit_with(7))
        assert code == 7, (code, text)

    def check_audit(self) -> None:
        """`exec --audit`: Ctrl-C ends its command, then the audit, 3 as the merchant never asked"""
        words = ("--scenario", "missed-callback", "--audit", "money-accounted-for")
        # The command is the program itself, which runs until it is told to stop.
        command = (*self.starter.runner, self.own, "listen", "--listen", "127.0.0.1:0")
        running = self.starter.start("exec", "--plain", *words, "--", *command)
        try:
            emulator = Emulator(running)
            emulator.provision()
            emulator.wait(emulator.pay("http://localhost:1/paid"), callback="lost")
            running.line_with("^listening on")
            running.interrupt_all()
            code, text = running.wait(20), running.text()
            assert code == 3 and "12.5 EUR" in text, (code, text)
        finally:
            running.kill()

    def check_idle_audit(self) -> None:
        """`exec --audit` ends with 3 where no request was made"""
        words = ("exec", "--plain", "--audit", "strict", "--", *self.exit_with(0))
        code, text = self.starter.run(*words)
        assert code == 3 and "no request reached" in text, (code, text)

    def check_console(self) -> None:
        """the console's page is served with its content type"""
        with self.emulator() as emulator:
            status, headers, body = emulator.call("GET", "/_sandbox/")
            kind = headers.get("content-type")
            assert (status, kind) == (200, "text/html; charset=utf-8"), (status, headers)
            script = re.search(rb'<script[^>]* src="([^"]+)"', body)
            assert script, body[:300]
            path = urllib.parse.urljoin("/_sandbox/", script[1].decode())
            status, headers, _ = emulator.call("GET", path)
            assert status == 200 and "javascript" in headers["content-type"], (status, headers)

    def check_https(self) -> None:
        """the HTTPS front's certificate passes against the root that is served"""
        with self.emulator("--tls-listen", "127.0.0.1:0") as emulator:
            front = emulator.running.line_with(r"HTTPS front on https://([^;\s]+)")[1]
            host, port = front.rsplit(":", 1)
            _, _, root = emulator.call("GET", "/_sandbox/ca.pem")
            trust = ssl.create_default_context(cadata=root.decode())
            with socket.create_connection((host, int(port)), 30) as plain:
                name = "sandbox.momodeveloper.mtn.com"
                with trust.wrap_socket(plain, server_hostname=name) as secured:
                    assert secured.version() == "TLSv1.3", secured.version()

    def check_certificates(self) -> None:
        """`ca` writes a root, a chain and a key"""
        code, text = self.starter.run("ca", "--dir", "authority", "--host", "shop.example")
        assert code == 0, (code, text)
        names = {file.name for file in (self.folder / "authority").iterdir()}
        wanted = {"root.pem", "shop.example.chain.pem", "shop.example.key.pem"}
        assert wanted <= names, names

    def check_port_in_use(self) -> None:
        """a port in use is named, with a remedy, and the exit code is 1"""
        with self.emulator() as emulator:
            code, text = self.starter.run("serve", "--listen", emulator.address)
            named = f"cannot listen on {emulator.address}" in text
            assert code == 1 and named and "--listen" in text, (code, text)

    def check_interrupt(self) -> None:
        """Ctrl-C ends it within 10 s with 0; the last line says what was pending"""
        with self.emulator("--scenario", "pending-for-ever") as emulator:
            emulator.pay()
            emulator.running.interrupt()
            code = emulator.running.wait(10)
            last = emulator.running.lines[-1]
            wanted = "stopped; 1 transaction was still pending"
            assert code == 0 and wanted in emulator.running.text(), (code, last)

    def checks(self) -> list[Callable[[], None]]:
        return [getattr(self, name) for name in vars(Smoke) if name.startswith("check_")]


def main(triple: str, program: str | None = None) -> int:
    target = TARGETS[triple]
    WORK.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="smoke-", dir=WORK))
    smoke = Smoke(target, Path(program) if program else target.program, folder)
    passed = failed = 0
    begun = time.monotonic()
    smoke.starter.prepare()
    print(f"{triple}, ready in {time.monotonic() - begun:.1f} s", flush=True)
    try:
        for check in smoke.checks():
            begun = time.monotonic()
            try:
                check()
                word, why, passed = "ok  ", "", passed + 1
            except Exception as error:
                word, why, failed = "FAIL", f"\n{type(error).__name__}: {error}", failed + 1
            print(f"{word} {time.monotonic() - begun:6.2f} s  {check.__doc__}{why}", flush=True)
    finally:
        smoke.starter.end()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
