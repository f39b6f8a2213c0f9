"""All tests at once against one emulator: `run.py URL`.

Rounds of it, each in another order; the seed of the orders is printed, and may be given again as
`run.py URL SEED`. The last line begins with `ok: `.
"""

import asyncio
import os
import random
import sys
import time
import traceback
from pathlib import Path

import pytest

import web

ROUNDS = 10
# Of a failure, what matters is at its end.
LINES_OF_A_FAILURE = 12


class Gathered:
    """A plugin of pytest's: the tests with their parameters, as pytest finds them."""

    def __init__(self) -> None:
        self.items: list[pytest.Function] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.items = list(session.items)


def gather() -> list[pytest.Function]:
    gathered = Gathered()
    folder = str(Path(__file__).parent)
    words = ["--collect-only", "-qq", "-p", "no:xdist", "--rootdir", folder, folder]
    result = pytest.main(words, plugins=[gathered])
    if result != pytest.ExitCode.OK:
        sys.exit(f"the tests could not be gathered: {result!r}")
    return gathered.items


async def attempt(item: pytest.Function) -> str | None:
    """Runs one test; what went wrong, if anything did."""
    arguments = item.callspec.params if hasattr(item, "callspec") else {}
    try:
        await item.obj(**arguments)
    except Exception:
        return "\n".join(traceback.format_exc().splitlines()[-LINES_OF_A_FAILURE:])
    return None


async def run_all(items: list[pytest.Function]) -> dict[str, str]:
    """Runs all of them at the same time; those that failed, and how."""
    ends = await asyncio.gather(*(attempt(item) for item in items))
    web.close_all()
    return {item.nodeid: end for item, end in zip(items, ends) if end is not None}


async def run_rounds(items: list[pytest.Function], seed: int) -> None:
    order = random.Random(seed)
    for number in range(1, ROUNDS + 1):
        order.shuffle(items)
        began = time.monotonic()
        failures = await run_all(items)
        for name, end in failures.items():
            print(f"-- {name}\n{end}")
        took = time.monotonic() - began
        print(f"round {number}: {len(items) - len(failures)} passed in {took:.1f} s", flush=True)
        if failures:
            sys.exit(f"wrong: {len(failures)} of {len(items)} tests failed; the seed is {seed}")


def main() -> None:
    os.environ["MOMO_SANDBOX_URL"] = sys.argv[1].rstrip("/")
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1_000_000)
    items = gather()
    print(f"{len(items)} tests at once, {ROUNDS} times; the seed of their orders is {seed}")
    asyncio.run(run_rounds(items, seed))
    print(f"ok: {len(items)} tests passed {ROUNDS} times each, all at once")


if __name__ == "__main__":
    main()
