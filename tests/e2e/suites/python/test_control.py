"""The control plane of one space: clock, journal, waiting, verifying, and its refusals."""

import asyncio
from datetime import datetime, timedelta

import pytest

import operations
from operations import INVOICE, PAY, TRANSFER
from space import JSON, TOML, Space

PENDING = '[[rules]]\nthen = { status = "PENDING" }'
REFUSED = [
    ("POST", "/clock/advance", {}, JSON, 400),
    ("POST", "/clock/advance", {"by": "-5m"}, JSON, 400),
    ("POST", "/clock/advance", {"by": "soon"}, JSON, 400),
    ("POST", "/clock/advance", {"by": 5}, JSON, 400),
    ("POST", "/clock/advance", "{", JSON, 400),
    ("POST", "/clock/advance", "by = '5m'", TOML, 415),
    ("GET", "/clock/advance", None, JSON, 405),
    ("PUT", "/scenario", "x", {"Content-Type": "text/plain"}, 415),
    ("PUT", "/clock", {}, JSON, 405),
    ("POST", "/wait", {"status": "SUCCESSFUL"}, JSON, 400),
    ("POST", "/wait", {"reference_id": "x", "status": "SUCCESSFUL"}, JSON, 400),
    ("POST", "/verify", {}, JSON, 400),
    ("POST", "/verify", {"expect": [{"event": "accepted"}]}, JSON, 400),
    ("POST", "/verify", {"expect": [{"evnt": "accepted", "exactly": 1}]}, JSON, 400),
    ("GET", "/transactions/x", None, JSON, 400),
    ("GET", "/transactions/6f0f7f5e-3f0b-4d5a-9a51-0d7a1c2b3e4f", None, JSON, 404),
    ("POST", "/transactions/6f0f7f5e-3f0b-4d5a-9a51-0d7a1c2b3e4f/approve", {}, JSON, 404),
    ("GET", "/transactions?statsu=PENDING", None, JSON, 400),
    ("GET", "/nothing", None, JSON, 404),
    ("DELETE", "/reset", None, JSON, 405),
]


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


@pytest.mark.parametrize(("method", "path", "body", "headers", "status"), REFUSED)
async def test_a_mistake_is_told_and_changes_nothing(method, path, body, headers, status):
    space = await Space.of()
    await space.pay()
    await space.advance("1m")
    before, clock = await space.journal(), await space.now()
    answer = await space.control(method, path, body, headers)
    assert answer.status == status, answer
    assert answer.body["error"], answer
    assert await space.journal() == before
    assert time_of(await space.now()) - time_of(clock) < timedelta(minutes=1)


@pytest.mark.parametrize("by", ["0s", "1m", "1h 30m", "2400h"])
async def test_the_clock_goes_forward_by_as_much(by):
    space = await Space.of()
    assert (await space.good("GET", "/clock"))["mode"] == "real"
    before = time_of(await space.now())
    answer = await space.good("POST", "/clock/advance", {"by": by})
    assert answer["happened"] == []
    wanted = {"0s": 0, "1m": 60, "1h 30m": 5400, "2400h": 8_640_000}[by]
    gone = (time_of(answer["now"]) - before).total_seconds()
    assert wanted <= gone < wanted + 60
    assert answer["now"] <= await space.now()


async def test_what_happened_is_told_in_order():
    space = await Space.of()
    await space.scenario('[[rules]]\nwhen = { operation = "invoice" }\n'
                   'then = { status = "SUCCESSFUL", after = "20m" }\n'
                   '[[rules]]\nthen = { status = "SUCCESSFUL", after = "10m" }')
    slow, quick = await space.pay(INVOICE), await space.pay(PAY)
    happened = await space.advance("30m")
    told = [(one["event"], one["reference_id"]) for one in happened]
    assert told == [("status_reached", quick), ("status_reached", slow)]
    assert happened[0]["at"] < happened[1]["at"]
    assert {one["api_user"] for one in happened} == {space.id}


async def test_the_journal_is_read_page_by_page():
    space = await Space.of()
    references = [await space.pay() for _ in range(3)]
    await space.advance("1m")
    whole = await space.journal()
    numbers = [entry["number"] for entry in whole["entries"]]
    assert numbers == sorted(set(numbers))
    assert whole["evicted"] == 0
    assert (await space.journal(after=numbers[1]))["entries"] == whole["entries"][2:]
    assert (await space.journal(limit=2))["entries"] == whole["entries"][:2]
    accepted = (await space.journal(event="accepted"))["entries"]
    assert [entry["reference_id"] for entry in accepted] == references
    of_one = (await space.journal(reference_id=references[0]))["entries"]
    assert [entry["event"] for entry in of_one] == ["accepted", "request", "status_reached"]
    now = time_of(await space.now())
    assert all(time_of(entry["at"]) <= now for entry in whole["entries"])


@pytest.mark.parametrize(
    ("counted", "holds"),
    [
        ({"exactly": 2}, True), ({"exactly": 1}, False), ({"exactly": 0}, False),
        ({"at_least": 2}, True), ({"at_least": 3}, False), ({"at_most": 2}, True),
        ({"at_most": 1}, False), ({"never": True}, False),
        ({"at_least": 1, "at_most": 3}, True),
    ],
    ids=str,
)
async def test_what_was_expected_is_counted(counted, holds):
    space = await Space.of()
    for _ in range(2):
        await space.pay()
    answer = await space.verify({"event": "accepted", **counted})
    assert answer["verdict"] == ("pass" if holds else "fail")
    assert "2" in str(answer) or holds
    await space.passes({"event": "callback_sent", "never": True})


async def test_one_expectation_that_fails_fails_all():
    space = await Space.of()
    await space.pay()
    good, bad = {"event": "accepted", "exactly": 1}, {"event": "reset", "at_least": 1}
    await space.passes(good)
    assert (await space.verify(good, bad))["verdict"] == "fail"
    assert (await space.verify(bad, good))["verdict"] == "fail"


@pytest.mark.parametrize(
    ("act", "end"), [("approve", "SUCCESSFUL"), ("decline", "FAILED"), ("expire", "FAILED")]
)
async def test_waiting_ends_when_the_payer_acts(act, end):
    space = await Space.of()
    await space.scenario(PENDING)
    reference = await space.pay()
    waiting = asyncio.create_task(space.wait(reference, status=end, timeout="30m"))
    await space.now()
    assert not waiting.done()
    assert (await space.act(reference, act)).status == 200
    answer = await waiting
    assert (answer["met"], answer["transaction"]["status"]) == (True, end)
    assert answer["transaction"]["reference_id"] == reference


@pytest.mark.parametrize("what", [{"status": "SUCCESSFUL"}, {"callback": "answered"}])
async def test_waiting_ends_when_the_time_is_over(what):
    space = await Space.of()
    await space.scenario(PENDING)
    reference = await space.pay()
    assert (await space.wait(reference, timeout="0s", **what))["met"] is False
    assert (await space.wait(reference, timeout="1ms", **what))["met"] is False


async def test_what_is_so_already_is_not_waited_for():
    space = await Space.of()
    await space.scenario(PENDING)
    reference = await space.pay()
    before = await space.now()
    assert (await space.wait(reference, status="PENDING", timeout="1h"))["met"] is True
    assert (await space.wait(reference, callback="not_requested", timeout="1h"))["met"] is True
    assert time_of(await space.now()) - time_of(before) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 3), ("?status=PENDING", 1), ("?status=SUCCESSFUL", 2), ("?status=FAILED", 0),
        ("?operation=transfer", 1), ("?product=collection", 2), ("?party=25677000001", 1),
        ("?external_id=order-2", 1), ("?product=collection&status=PENDING", 1),
    ],
)
async def test_transactions_are_found_by_what_they_are(query, found):
    space = await Space.of()
    await space.approve(await space.pay(PAY, externalId="order-2"))
    transfer = await space.pay(TRANSFER, party="25677000001")
    await space.advance("1m")
    await space.scenario(PENDING)
    await space.pay(INVOICE)
    listed = (await space.good("GET", f"/transactions{query}"))["transactions"]
    assert len(listed) == found
    assert {one["api_user"] for one in listed} <= {space.id}
    if "transfer" in query:
        assert [one["reference_id"] for one in listed] == [transfer]


@pytest.mark.parametrize("operation", operations.ASKING + operations.PAYING_OUT, ids=str)
async def test_a_transaction_is_told_whole(operation):
    space = await Space.of()
    await space.scenario(
        'name = "mine"\n[[rules]]\nname = "rich"\nwhen = { amount = { at_least = "500" } }\n'
        'then = { status = "PENDING" }\n[[rules]]\nthen = { status = "SUCCESSFUL" }'
    )
    reference = await space.pay(operation, amount="5")
    await space.advance("1m")
    body = await space.status(reference, operation)
    whole = await space.transaction(reference)
    assert whole["operation"] == operation.name
    assert whole["product"] == operation.product
    assert whole["status_body"] == body
    assert whole["plan"]["decided_by"]["rule"] == {"scenario": "mine", "rule": 2}
    [missed] = whole["near_misses"]
    assert (missed["name"], missed["missed"]) == ("rich", "amount")
    events = [entry["event"] for entry in whole["journal"]]
    assert events == ["accepted", "request", "status_reached", "status_read", "request"]
