"""What all parts of this driver check with."""

import sys
import time
from pathlib import Path
from typing import Any, Callable

from mtnmomo import MoMoError, MoMoValidationError, Party

sys.path.append(str(Path(__file__).resolve().parent.parent / "momo_openapi"))
from journal import Journal, told_of  # the other Python driver's
from listener import Callback, Listener

ORDINARY = "46733123999"
TEXTS = {"payerMessage": "Two tickets", "payeeNote": "Seats 4 and 5"}
POLLS = 200
POLL_INTERVAL = 0.05

checks = 0


def check(what: str, got: Any, wanted: Any) -> None:
    global checks
    if got != wanted:
        sys.exit(f"wrong: {what}: got {got!r}, wanted {wanted!r}")
    checks += 1


def refused(
    what: str, call: Callable[[], Any], kind: type[MoMoError], status: int, code: str | None
) -> MoMoError:
    try:
        answer = call()
    except MoMoError as error:
        check(what, (type(error), error.status_code, error.code), (kind, status, code))
        return error
    sys.exit(f"wrong: {what}: not refused, but {answer!r}")


def malformed(what: str, call: Callable[[], Any], journal: Journal, why: str) -> None:
    """Refused without a word; the journal has a sentence that says why."""
    refused(what, call, MoMoValidationError, 400, None)
    explained = journal.why("malformed")
    check(f"{what}: why ({explained})", why in explained, True)


def msisdn(number: str) -> Party:
    return Party("MSISDN", number)


def order(external_id: str, amount: str = "12.50", **other: Any) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR", "externalId": external_id, **TEXTS, **other}


def settled(get: Callable[[str], Any], reference: str) -> Any:
    """The transaction once it is final."""
    for _ in range(POLLS):
        got = get(reference)
        if (got["status"] if isinstance(got, dict) else got.status) != "PENDING":
            return got
        time.sleep(POLL_INTERVAL)
    sys.exit(f"wrong: {reference} is still PENDING after {POLLS} polls")


def called_back(listener: Listener, path: str, method: str) -> Callback:
    callback = listener.first(path)
    check(f"callback {path} method", callback.method, method)
    check(f"callback {path} type", callback.content_type, "application/json; charset=utf-8")
    check(f"callback {path} agent", callback.user_agent, "LWAC Http Client 1.0")
    return callback


def is_id(text: Any) -> bool:
    return isinstance(text, str) and text.isdecimal() and len(text) in (8, 9, 10)
