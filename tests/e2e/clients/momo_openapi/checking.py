"""What the drivers of this client check with."""

import sys
from typing import Any, Callable

from momo_openapi import MomoAPIError

# How many checks were made.
checks = 0


def check(what: str, got: Any, wanted: Any) -> None:
    global checks
    if got != wanted:
        sys.exit(f"wrong: {what}: got {got!r}, wanted {wanted!r}")
    checks += 1


def refused(what: str, call: Callable[[], Any], status: int, code: str) -> None:
    try:
        answer = call()
    except MomoAPIError as error:
        check(what, (error.status_code, error.code), (status, code))
    else:
        sys.exit(f"wrong: {what}: not refused, but {answer!r}")
