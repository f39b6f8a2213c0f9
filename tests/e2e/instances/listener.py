"""A merchant's callback listener, in a process of its own: it answers 200 and counts by path."""

import asyncio
import multiprocessing
import re
from multiprocessing.synchronize import Event

PATIENCE = 60
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Conversation(asyncio.Protocol):
    def __init__(self, counts: dict[str, int]) -> None:
        self.counts, self.read = counts, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.read += data
        while (end := self.read.find(b"\r\n\r\n")) >= 0:
            found = LENGTH.search(self.read, 0, end + 2)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self.read) < whole:
                return
            path = self.read.split(b" ", 2)[1].decode()
            self.counts[path] = self.counts.get(path, 0) + 1
            self.read = self.read[whole:]
            self.transport.write(ANSWER)


async def serve(pipe, enough: int, arrived: Event) -> None:
    counts: dict[str, int] = {}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Conversation(counts), "127.0.0.1", 0, backlog=4096
    )
    pipe.send(server.sockets[0].getsockname()[1])
    asked = asyncio.Event()
    loop.add_reader(pipe.fileno(), asked.set)
    while not asked.is_set():
        if len(counts) >= enough:
            arrived.set()
        try:
            await asyncio.wait_for(asked.wait(), 0.2)
        except TimeoutError:
            pass
    pipe.send(counts)


def run(pipe, enough: int, arrived: Event) -> None:
    asyncio.run(serve(pipe, enough, arrived))


class Listener:
    """Started at once; `counts` ends it."""

    def __init__(self, expected: int) -> None:
        self.pipe, theirs = multiprocessing.Pipe()
        self.arrived = multiprocessing.Event()
        self.process = multiprocessing.Process(
            target=run, args=(theirs, expected, self.arrived), daemon=True
        )
        self.process.start()
        self.port = self.pipe.recv()

    def wait_for_all(self) -> bool:
        """Whether as many paths were called as were expected."""
        return self.arrived.wait(PATIENCE)

    def counts(self) -> dict[str, int]:
        self.pipe.send("enough")
        counts = self.pipe.recv()
        self.process.join()
        return counts
