"""The merchant's side of a callback: a listener on 127.0.0.1 that keeps what arrives."""

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE = 20.0


@dataclass(frozen=True)
class Callback:
    method: str
    content_type: str
    user_agent: str
    body: Any


class Listener:
    """Answers 200 to everything, and counts by path."""

    def __init__(self) -> None:
        self._arrived: dict[str, list[Callback]] = {}
        self._change = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def url(self, path: str) -> str:
        """Where a callback to this path goes; its host is the one to provision with."""
        return f"http://localhost:{self._server.server_port}{path}"

    def first(self, path: str) -> Callback:
        """The first callback to this path, waited for."""
        with self._change:
            if not self._change.wait_for(lambda: self._arrived.get(path), timeout=PATIENCE):
                raise AssertionError(f"no callback to {path} within {PATIENCE:.0f} s")
            return self._arrived[path][0]

    def all(self, path: str) -> list[Callback]:
        """The callbacks to this path that have arrived."""
        with self._change:
            return list(self._arrived.get(path, []))

    def counts(self) -> dict[str, int]:
        """How many callbacks arrived, by path."""
        with self._change:
            return {path: len(callbacks) for path, callbacks in self._arrived.items()}

    def _keep(self, path: str, callback: Callback) -> None:
        with self._change:
            self._arrived.setdefault(path, []).append(callback)
            self._change.notify_all()

    def _handler(listener) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
                try:
                    body = json.loads(body)
                except ValueError:
                    pass  # It is kept as the text that it is.
                listener._keep(
                    self.path,
                    Callback(
                        method=self.command,
                        content_type=self.headers.get("Content-Type", ""),
                        user_agent=self.headers.get("User-Agent", ""),
                        body=body,
                    ),
                )
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_PUT = do_POST

            def log_message(self, *_: object) -> None:
                pass

        return Handler
