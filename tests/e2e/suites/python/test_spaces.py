"""Spaces share nothing, and each is steered by itself."""

import asyncio

import pytest

from inbox import Inbox
from operations import PAY, PAYING_OUT, TRANSFER
from space import JSON, TOML, Space

SLOW = '[[rules]]\nthen = { status = "SUCCESSFUL", after = "30m" }'
LOST = '[[rules]]\ncallback = { fate = "lost" }'
BROKEN = [
    ('[[rules]]\nthen = { status = "LOST" }\n', 2, 19),
    ('[[rules]]\nthen = { status = "FAILED" }\n', 2, 10),
    ("opening_balance = -5\n", 1, 19),
    ('name = "x"\n[[rules]]\nwhen = { amont = "5" }\nthen = { status = "PENDING" }', 3, 10),
    ('token_lifetime = "soon"', 1, 18),
    ("[[rules]]\n", 1, 1),
    ("[[rules]\n", 1, None),
]


@pytest.mark.parametrize("number", range(3))
async def test_two_spaces_have_the_same_reference_and_nothing_else(number):
    one, two = await Space.of(), await Space.of()
    mine, yours = await Inbox.of(), await Inbox.of()
    reference = f"11111111-1111-4111-8111-11111111111{number}"
    await one.pay(reference=reference, callback=mine.url, amount="5")
    assert (await two.ask_status(PAY, reference)).status == 404
    assert (await two.control("GET", f"/transactions/{reference}")).status == 404
    await two.pay(reference=reference, callback=yours.url, amount="7")
    await one.advance("1m")
    await two.advance("1m")
    assert (mine.only().body["amount"], yours.only().body["amount"]) == ("5", "7")
    assert (await one.balance(), await two.balance()) == ("1005", "1007")
    assert await one.reset() == 1
    assert (await one.ask_status(PAY, reference)).status == 404
    assert (await two.status(reference))["amount"] == "7"


async def test_a_scenario_and_a_clock_are_of_one_space():
    one, two = await Space.of(), await Space.of()
    for space in [one, two]:
        await space.scenario(SLOW)
    mine, yours = await one.pay(), await two.pay()
    before = await two.now()
    await one.advance("40m")
    assert (await one.status(mine))["status"] == "SUCCESSFUL"
    assert (await two.status(yours))["status"] == "PENDING"
    assert before <= await two.now() < await one.now()
    inbox = await Inbox.of()
    await one.scenario(LOST)
    await two.approve(await two.pay(callback=inbox.url))
    await two.advance("1m")
    inbox.only()


async def test_tokens_are_of_one_space():
    one, two = await Space.of(), await Space.of()
    for space in [one, two]:
        await space.renew_token("collection")
    await one.advance("61m")
    assert (await one.call("GET", "collection", "/v1_0/account/balance")).status == 401
    assert await two.balance() == "1000"


@pytest.mark.parametrize(("text", "line", "column"), BROKEN)
async def test_a_broken_scenario_changes_nothing_and_says_where(text, line, column):
    space, inbox = await Space.of(), await Inbox.of()
    await space.scenario(LOST)
    before = await space.good("GET", "/scenario")
    refused = await space.control("PUT", "/scenario", text, TOML)
    assert refused.status == 400, refused
    assert refused.body["error"]
    problem = refused.body["problems"][0]
    assert problem["line"] == line, problem
    assert problem["message"]
    if column is not None:
        assert (problem["column"], bool(problem["help"])) == (column, True), problem
    assert await space.good("GET", "/scenario") == before
    reference = await space.pay(callback=inbox.url)
    await space.advance("1m")
    assert (await space.transaction(reference))["callback"] == "lost"


async def test_all_mistakes_of_a_scenario_are_told_at_once():
    space = await Space.of()
    text = 'nam = "x"\n[[rules]]\nthen = { status = "LOST" }\n[[rules]]\nthn = 1\n'
    problems = (await space.control("PUT", "/scenario", text, TOML)).body["problems"]
    assert sorted({problem["line"] for problem in problems}) == [1, 3, 4, 5]


@pytest.mark.parametrize("media_type", ["application/toml", "application/json"])
async def test_a_scenario_takes_force_alone_until_it_is_deleted(media_type):
    space = await Space.of()
    at_first = await space.good("GET", "/scenario")
    await space.scenario("opening_balance = 7")
    if media_type == "application/toml":
        put = await space.scenario('name = "mine"\ndescription = "All is lost."\n' + LOST)
    else:
        rules = [{"callback": {"fate": "lost"}}]
        body = {"name": "mine", "description": "All is lost.", "rules": rules}
        put = await space.good("PUT", "/scenario", body)
    assert (put["name"], put["rules"]) == ("mine", 1)
    [only] = (await space.good("GET", "/scenario"))["scenarios"]
    assert (only["name"], only["description"]) == ("mine", "All is lost.")
    assert "lost" in only["source"]
    assert await space.balance() == "1000"
    assert await space.good("DELETE", "/scenario") == at_first
    inbox = await Inbox.of()
    await space.pay(callback=inbox.url)
    await space.advance("1m")
    inbox.only()


async def test_a_scenario_is_for_what_is_accepted_from_now_on():
    space, inbox = await Space.of(), await Inbox.of()
    await space.scenario(SLOW)
    before = await space.pay(callback=inbox.url)
    await space.scenario(LOST)
    after = await space.pay(callback=inbox.url)
    await space.advance("40m")
    assert (await space.transaction(before))["callback"] == "answered"
    assert (await space.transaction(after))["callback"] == "lost"
    inbox.only()


@pytest.mark.parametrize("operation", [PAY, *PAYING_OUT], ids=str)
async def test_a_reset_forgets_transactions_and_keeps_the_api_user(operation):
    space, inbox = await Space.of(), await Inbox.of()
    await space.scenario(SLOW)
    reference = await space.pay(operation, callback=inbox.url)
    assert await space.reset() == 1
    assert (await space.ask_status(operation, reference)).status == 404
    assert await space.balance(operation.product) == "1000"
    await space.advance("40m")
    assert inbox.received == []
    await space.pay(operation, reference=reference)
    await space.happened(reference, accepted=1, callback_sent=0, status_reached=0)
    await space.passes({"event": "reset", "exactly": 1})


@pytest.mark.parametrize("operation", [PAY, TRANSFER], ids=str)
async def test_many_at_once_in_one_space(operation):
    space, inbox = await Space.of(), await Inbox.of()
    await space.headers(operation.product)
    paying = [space.pay(operation, callback=inbox.url, amount="10") for _ in range(20)]
    references = set(await asyncio.gather(*paying))
    await space.advance("1m")
    assert len(references) == len(inbox.received) == 20
    counts = {"accepted": 20, "status_reached": 20, "callback_sent": 20, "callback_finished": 20}
    await space.passes(*({"event": event, "exactly": count} for event, count in counts.items()))
    assert await space.balance(operation.product) == ("1200" if operation == PAY else "800")


@pytest.mark.parametrize("times", [1, 2, 4])
async def test_one_reference_is_accepted_once_however_often_it_is_sent(times):
    space = await Space.of()
    await space.headers("collection")
    reference = "2f7c3f0d-9c38-4f0e-8a3c-0d4b1f7a6e55"
    sent = [space.submit(PAY, reference=reference) for _ in range(times)]
    answers = sorted(answer.status for _, answer in await asyncio.gather(*sent))
    assert answers == [202] + [409] * (times - 1)
    await space.advance("1m")
    assert await space.balance() == "1005"
    assert len((await space.good("GET", "/transactions"))["transactions"]) == 1


async def test_an_unknown_space_is_not_found():
    space = await Space.of()
    space.id = "00000000-0000-4000-8000-000000000000"
    answer = await space.control("GET", "/clock")
    assert (answer.status, list(answer.body)) == (404, ["error"])
    assert (await space.control("PUT", "/scenario", {}, JSON)).status == 404
