"""HTTP/1.1 as both sides of it need it here: one message after another, bodies with a length."""

from asyncio import StreamReader
from typing import NamedTuple


class Message(NamedTuple):
    """A request or an answer: the words of its first line, its headers in lower case, its body."""

    first: list[str]
    headers: dict[str, str]
    text: str


async def read_message(reader: StreamReader) -> Message:
    """Raises EOFError if the connection ends before the message does."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    headers = {}
    for line in lines:
        name, value = line.split(":", 1)
        headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Message(first.split(" ", 2), headers, body.decode())


def write_message(first: str, headers: dict[str, str], body: bytes) -> bytes:
    lines = [first, *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body
