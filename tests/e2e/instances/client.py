"""An HTTP/1.1 client of one connection: small, so that the load comes from few processes."""

import asyncio
import base64
import json
from collections.abc import Mapping

PATIENCE = 60


class Connection:
    """Requests one after the other, on a connection that stays open."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, bytes]:
        """The status and the body of the answer."""
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(body)}", "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        async with asyncio.timeout(PATIENCE):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            fields = dict(line.lower().split(": ", 1) for line in head[1:] if line)
            if "content-length" not in fields:
                raise AssertionError(f"{method} {path}: an answer without a length: {head}")
            answer = await reader.readexactly(int(fields["content-length"]))
        if fields.get("connection") == "close":
            self.close()
        return int(head[0].split()[1]), answer

    def close(self) -> None:
        if self.streams:
            self.streams[1].close()
        self.streams = None


class Merchant:
    """An API user with its tokens."""

    KEY = {"Ocp-Apim-Subscription-Key": "any-key"}

    def __init__(self, api_user: str, api_key: str) -> None:
        self.api_user = api_user
        self.basic = base64.b64encode(f"{api_user}:{api_key}".encode()).decode()
        self.tokens: dict[str, str] = {}

    async def get_token(self, connection: Connection, product: str) -> None:
        headers = self.KEY | {"Authorization": f"Basic {self.basic}"}
        status, body = await connection.ask("POST", f"/{product}/token/", headers)
        assert status == 200, (status, body)
        self.tokens[product] = json.loads(body)["access_token"]

    def headers(self, product: str) -> dict[str, str]:
        return self.KEY | {
            "Authorization": f"Bearer {self.tokens[product]}",
            "X-Target-Environment": "sandbox",
            "Content-Type": "application/json",
        }
