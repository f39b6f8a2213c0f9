"""HTTP to one server: no retry, no redirect, no proxy."""

import asyncio
import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from wire import read_message, write_message


class Answer(NamedTuple):
    """A status, a body (JSON where it is JSON, else text), and why it was refused, if it was."""

    status: int
    body: Any
    why: str | None = None


class Broken(Exception):
    """No answer came, or half of one."""


class Web:
    def __init__(self, url: str) -> None:
        self.address = urlsplit(url).netloc
        self.idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        opened.append(self)

    async def ask(self, method: str, path: str, headers: dict, body: str | None = None) -> Answer:
        """One request and its answer; a broken connection is told as Broken."""
        host, port = self.address.split(":")
        data = (body or "").encode()
        sent = write_message(f"{method} {path} HTTP/1.1", {"Host": self.address, **headers}, data)
        writer = None
        try:
            reader, writer = self.idle.pop() if self.idle else (
                await asyncio.open_connection(host, port))
            writer.write(sent)
            message = await read_message(reader)
        except BaseException as error:
            if writer is not None:
                writer.close()
            if isinstance(error, (OSError, EOFError)):
                raise Broken(repr(error)) from error
            raise
        if message.headers.get("connection") == "close":
            writer.close()
        else:
            self.idle.append((reader, writer))
        why = message.headers.get("x-momo-sandbox-why")
        return Answer(int(message.first[1]), read_json(message.text), why)


opened: list[Web] = []


def close_all() -> None:
    """Ends all connections, once no test needs them any more."""
    while opened:
        for _, writer in opened.pop().idle:
            writer.close()


def read_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
