"""Where callbacks arrive: one listener for all tests, on a free port, and a path for each test."""

import asyncio
import json
from asyncio import StreamReader, StreamWriter
from typing import Any, NamedTuple
from uuid import uuid4

from wire import Message, read_message, write_message


class Received(NamedTuple):
    """A callback that arrived."""

    method: str
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)


class Inbox:
    """The callbacks of one test, in the order in which they arrived."""

    def __init__(self, port: int, answer: int) -> None:
        self.answer = answer
        self.received: list[Received] = []
        self.path = f"/{uuid4()}"
        self.url = f"http://127.0.0.1:{port}{self.path}"

    @classmethod
    async def of(cls, answer: int = 200) -> "Inbox":
        """One that answers so."""
        inbox = cls(await port(), answer)
        inboxes[inbox.path] = inbox
        return inbox

    def only(self) -> Received:
        """The callback, if there is exactly one."""
        assert len(self.received) == 1, self.received
        return self.received[0]


inboxes: dict[str, Inbox] = {}
starting: list[asyncio.Task] = []


async def port() -> int:
    """The port of the listener, which the first who asks starts."""
    if not starting:
        # Hundreds of callbacks may come at the same moment.
        listening = asyncio.start_server(listen, "127.0.0.1", 0, backlog=1024)
        starting.append(asyncio.ensure_future(listening))
    server = await starting[0]
    return server.sockets[0].getsockname()[1]


async def listen(reader: StreamReader, writer: StreamWriter) -> None:
    """Takes one callback, and ends its connection."""
    try:
        writer.write(answer_to(await read_message(reader)))
    except (OSError, EOFError):
        # It broke: nothing was received.
        pass
    writer.close()


def answer_to(message: Message) -> bytes:
    method, path, _ = message.first
    inbox = inboxes.get(path)
    if inbox is not None:
        inbox.received.append(Received(method, message.headers, message.text))
    status = 404 if inbox is None else inbox.answer
    headers = {"Connection": "close", **({"Location": path} if status == 302 else {})}
    return write_message(f"HTTP/1.1 {status} -", headers, b"")
