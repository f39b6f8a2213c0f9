"""When callbacks come, how often, and what they say."""

import pytest

import operations
from inbox import Inbox
from space import Space


@pytest.mark.parametrize("operation", operations.ALL, ids=str)
async def test_one_callback_that_says_what_the_status_says(operation):
    space, inbox = await Space.of(), await Inbox.of()
    reference = await space.pay(operation, callback=inbox.url)
    await space.advance("10m")
    got = inbox.only()
    assert got.method == operation.callback_method
    assert got.headers["user-agent"] == "LWAC Http Client 1.0"
    told = operations.without_id(operation, got.body)
    assert told == operations.told_of(await space.status(reference, operation))
    assert got.body["status"] == "SUCCESSFUL"
    has_id = operation not in (operations.INVOICE, operations.PREAPPROVAL)
    assert ("financialTransactionId" in got.body) == has_id
    await space.advance("20m")
    inbox.only()
    await space.happened(reference, accepted=1, callback_sent=1, callback_finished=1)


@pytest.mark.parametrize("operation", operations.ALL, ids=str)
async def test_a_missed_callback_is_found_out_by_asking(operation):
    space, inbox = await Space.of(), await Inbox.of()
    await space.scenario('[[rules]]\ncallback = { fate = "lost" }')
    reference = await space.pay(operation, callback=inbox.url)
    await space.advance("10m")
    assert (await space.wait(reference, callback="lost"))["met"] is True
    assert inbox.received == []
    await space.happened(reference, callback_lost=1, callback_sent=0)
    assert (await space.status(reference, operation))["status"] == "SUCCESSFUL"


@pytest.mark.parametrize("delay", [5, 10, 30, 50])
async def test_a_late_callback_comes_when_it_is_due_and_not_before(delay):
    space, inbox = await Space.of(), await Inbox.of()
    await space.scenario(f'[[rules]]\ncallback = {{ delay = "{delay}m" }}')
    reference = await space.pay(callback=inbox.url)
    await space.advance(f"{delay - 3}m")
    assert (await space.status(reference))["status"] == "SUCCESSFUL"
    assert inbox.received == []
    assert (await space.transaction(reference))["callback"] == "waiting"
    happened = await space.advance("4m")
    assert [one["event"] for one in happened] == ["callback_sent", "callback_finished"]
    assert inbox.only().body["status"] == "SUCCESSFUL"


@pytest.mark.parametrize("lead", ["1m", "5m", "10m"])
async def test_an_early_callback_comes_before_its_status(lead):
    space, inbox = await Space.of(), await Inbox.of()
    await space.scenario(
        '[[rules]]\nthen = { status = "SUCCESSFUL", after = "30m" }\n'
        f'callback = {{ delay = "-{lead}" }}'
    )
    reference = await space.pay(callback=inbox.url)
    happened = await space.to_next_event()
    assert "callback_sent" in [one["event"] for one in happened]
    assert inbox.only().body["status"] == "SUCCESSFUL"
    assert (await space.status(reference))["status"] == "PENDING"
    await space.advance("11m")
    assert operations.told_of(await space.status(reference)) == inbox.only().body


@pytest.mark.parametrize("times", [2, 3, 5])
@pytest.mark.parametrize("every", ["3m", "5m"])
async def test_duplicates_come_as_often_as_the_scenario_says(times, every):
    space, inbox = await Space.of(), await Inbox.of()
    await space.scenario(f'[[rules]]\ncallback = {{ times = {times}, every = "{every}" }}')
    reference = await space.pay(callback=inbox.url)
    await space.approve(reference)
    await space.advance("1m")
    assert len(inbox.received) == 1
    for number in range(2, times + 1):
        await space.advance(every)
        assert len(inbox.received) == number
    await space.advance("30m")
    assert len(inbox.received) == times
    assert len({got.text for got in inbox.received}) == 1
    await space.happened(reference, callback_sent=times, callback_finished=times, status_reached=1)


@pytest.mark.parametrize("reason", ["INTERNAL_PROCESSING_ERROR", "EXPIRED", "APPROVAL_REJECTED"])
async def test_a_callback_that_contradicts_the_status(reason):
    space, inbox = await Space.of(), await Inbox.of()
    await space.scenario(
        '[[rules]]\nthen = { status = "SUCCESSFUL" }\n'
        f'callback = {{ status = "FAILED", reason = "{reason}" }}'
    )
    reference = await space.pay(callback=inbox.url)
    await space.advance("1m")
    told = inbox.only().body
    assert (told["status"], told["reason"]) == ("FAILED", reason)
    assert (await space.status(reference))["status"] == "SUCCESSFUL"


@pytest.mark.parametrize("delay", ["1m", "20m"])
async def test_a_forged_callback_for_what_stays_pending(delay):
    space, inbox = await Space.of(), await Inbox.of()
    await space.scenario(
        '[[rules]]\nthen = { status = "PENDING" }\n'
        f'callback = {{ delay = "{delay}", status = "SUCCESSFUL" }}'
    )
    reference = await space.pay(callback=inbox.url)
    await space.advance("40m")
    assert inbox.only().body["status"] == "SUCCESSFUL"
    assert (await space.status(reference))["status"] == "PENDING"
    assert await space.balance() == "1000"


@pytest.mark.parametrize("operation", [operations.PAY, operations.INVOICE], ids=str)
@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_the_method_that_a_scenario_asks_for(operation, method):
    space, inbox = await Space.of(), await Inbox.of()
    await space.scenario(f'[[rules]]\ncallback = {{ method = "{method}" }}')
    await space.pay(operation, callback=inbox.url)
    await space.advance("1m")
    assert inbox.only().method == method


@pytest.mark.parametrize("operation", operations.ASKING, ids=str)
async def test_a_malformed_callback_is_half_a_body(operation):
    space, inbox = await Space.of(), await Inbox.of()
    await space.scenario('[[rules]]\ncallback = { body = "malformed" }')
    reference = await space.pay(operation, callback=inbox.url)
    await space.advance("1m")
    got = inbox.only()
    with pytest.raises(ValueError):
        got.body
    assert got.text.startswith("{")
    assert (await space.status(reference, operation))["status"] == "SUCCESSFUL"


@pytest.mark.parametrize("operation", [operations.PAY, operations.TRANSFER], ids=str)
async def test_a_callback_about_a_reference_that_nobody_knows(operation):
    space, inbox = await Space.of(), await Inbox.of()
    await space.scenario('[[rules]]\ncallback = { body = "unknown-reference" }')
    reference = await space.pay(operation, callback=inbox.url)
    await space.advance("1m")
    told, truth = inbox.only().body, await space.status(reference, operation)
    assert told["externalId"] != truth["externalId"]
    assert {**told, "externalId": "order-1"} == operations.told_of(truth)


@pytest.mark.parametrize("answer", [204, 302, 404, 500, 503])
async def test_whatever_the_listener_answers_it_is_asked_once(answer):
    space, inbox = await Space.of(), await Inbox.of(answer)
    reference = await space.pay(callback=inbox.url)
    await space.advance("1m")
    assert (await space.wait(reference, callback="answered"))["met"] is True
    [attempt] = (await space.transaction(reference))["callback_attempts"]
    assert (attempt["answer_status"], attempt["error"]) == (answer, None)
    await space.advance("50m")
    inbox.only()
    await space.happened(reference, callback_sent=1)


@pytest.mark.parametrize("operation", [operations.PAY, operations.REMIT], ids=str)
async def test_a_callback_that_nobody_takes_is_never_sent_again(operation):
    space = await Space.of()
    reference = await space.pay(operation, callback="http://127.0.0.1:1/nobody")
    await space.advance("1m")
    assert (await space.wait(reference, callback="failed"))["met"] is True
    [attempt] = (await space.transaction(reference))["callback_attempts"]
    assert (attempt["answer_status"], attempt["error"]) == (None, "connection")
    await space.advance("50m")
    await space.happened(reference, callback_sent=1, callback_finished=1)


async def test_without_a_url_there_is_no_callback():
    space = await Space.of()
    reference = await space.pay()
    await space.advance("50m")
    assert (await space.transaction(reference))["callback"] == "not_requested"
    await space.happened(reference, callback_sent=0, callback_lost=0, status_reached=1)
