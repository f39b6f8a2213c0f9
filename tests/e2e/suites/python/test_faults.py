"""What answers can do to a merchant: lie, break, come late, come too seldom."""

import asyncio

import pytest

import operations
from inbox import Inbox
from space import Space
from web import Broken

FAULTS = [
    (500, "INTERNAL_PROCESSING_ERROR"),
    (503, "SERVICE_UNAVAILABLE"),
    (500, "NOT_ALLOWED"),
]
FIVE = [
    operations.PAY, operations.INVOICE, operations.PREAPPROVAL, operations.TRANSFER,
    operations.CASH,
]


def first(submit: str) -> str:
    return f"[[rules]]\nwhen = {{ first = 1 }}\nsubmit = {{ {submit} }}"


@pytest.mark.parametrize(("status", "code"), FAULTS)
@pytest.mark.parametrize("operation", FIVE, ids=str)
async def test_a_lying_error_has_created_the_payment(operation, status, code):
    space, inbox = await Space.of(), await Inbox.of()
    answer = f'answer = {{ status = {status}, code = "{code}" }}, created = true'
    await space.scenario(first(answer))
    reference, answer = await space.submit(operation, callback=inbox.url)
    assert (answer.status, answer.body["code"]) == (status, code)
    again = (await space.submit(operation, reference=reference))[1]
    assert (again.status, again.body["code"]) == (409, "RESOURCE_ALREADY_EXIST")
    await space.advance("1m")
    told = operations.without_id(operation, inbox.only().body)
    assert told == operations.told_of(await space.status(reference, operation))
    assert inbox.only().body["status"] == "SUCCESSFUL"
    await space.happened(reference, accepted=1)


@pytest.mark.parametrize(("status", "code"), FAULTS)
async def test_an_honest_error_has_created_nothing(status, code):
    space = await Space.of()
    await space.scenario(first(f'answer = {{ status = {status}, code = "{code}" }}'))
    reference, answer = await space.submit()
    assert (answer.status, answer.body["code"]) == (status, code)
    assert (await space.ask_status(operations.PAY, reference)).status == 404
    await space.pay(reference=reference)
    await space.advance("1m")
    assert (await space.status(reference))["status"] == "SUCCESSFUL"
    await space.happened(reference, submission_failed=1, accepted=1)
    assert await space.balance() == "1005"


@pytest.mark.parametrize("connection", ["reset", "cut-off"])
@pytest.mark.parametrize("created", ["true", "false"])
async def test_a_connection_that_breaks(connection, created):
    space = await Space.of()
    await space.scenario(first(f'connection = "{connection}", created = {created}'))
    with pytest.raises(Broken):
        await space.submit(reference="0b9a4f0e-7d1c-4c55-9f0a-3e1d5c7b9a11")
    reference, answer = await space.submit(reference="0b9a4f0e-7d1c-4c55-9f0a-3e1d5c7b9a11")
    assert answer.status == (409 if created == "true" else 202)
    await space.happened(reference, accepted=1)


async def test_an_answer_that_never_comes():
    space = await Space.of()
    await space.scenario(first('connection = "hang"'))
    reference = "5f1d7c1b-8f43-4c9a-8a7e-2b6f0d9c4e21"
    submitting = asyncio.create_task(space.submit(reference=reference))
    assert (await space.wait(reference, status="SUCCESSFUL", timeout="1m"))["met"] is True
    await space.advance("2h")
    assert not submitting.done()
    submitting.cancel()
    assert (await space.renew_token("collection"))["expires_in"] == 3600
    assert (await space.submit(reference=reference))[1].status == 409


@pytest.mark.parametrize("operation", [operations.PAY, operations.TRANSFER], ids=str)
@pytest.mark.parametrize("minutes", [10, 20, 40])
async def test_maintenance_ends_after_its_time(operation, minutes):
    space = await Space.of()
    await space.scenario(
        f'[[rules]]\nwhen = {{ until = "{minutes}m" }}\n'
        'submit = { answer = { status = 503, code = "SERVICE_UNAVAILABLE" } }'
    )
    reference, answer = await space.submit(operation)
    assert (answer.status, answer.body["code"]) == (503, "SERVICE_UNAVAILABLE")
    await space.advance(f"{minutes - 3}m")
    assert (await space.submit(operation, reference=reference))[1].status == 503
    await space.advance("3m")
    await space.pay(operation, reference=reference)
    await space.happened(reference, submission_failed=2, accepted=1)


@pytest.mark.parametrize("operation", [*FIVE, operations.PAYMENT, operations.DEPOSIT], ids=str)
async def test_a_status_that_is_flaky_before_it_is_true(operation):
    space = await Space.of()
    await space.scenario(
        "[[rules]]\n[[rules.query]]\ntimes = 2\n"
        'answer = { status = 500, code = "INTERNAL_PROCESSING_ERROR" }\n'
        '[[rules.query]]\nanswer = { status = 503, code = "SERVICE_UNAVAILABLE" }\n'
        '[[rules.query]]\nconnection = "cut-off"\n'
    )
    reference = await space.pay(operation)
    await space.advance("1m")
    answers = [await space.ask_status(operation, reference) for _ in range(3)]
    assert [answer.status for answer in answers] == [500, 500, 503]
    with pytest.raises(Broken):
        await space.ask_status(operation, reference)
    assert (await space.status(reference, operation))["status"] == "SUCCESSFUL"
    await space.happened(reference, status_read=5)


@pytest.mark.parametrize("requests", [1, 2, 5])
@pytest.mark.parametrize("per", [10, 40])
async def test_the_rate_limit_of_status_queries(requests, per):
    space = await Space.of()
    await space.scenario(f'rate_limit = {{ requests = {requests}, per = "{per}m" }}')
    reference = await space.pay()
    for _ in range(requests):
        await space.status(reference)
    refused = await space.ask_status(operations.PAY, reference)
    assert (refused.status, refused.body["statusCode"]) == (429, 429)
    assert refused.body["message"].startswith("Rate limit is exceeded. Try again in ")
    await space.advance(f"{per - 3}m")
    assert (await space.ask_status(operations.PAY, reference)).status == 429
    await space.advance("3m")
    assert (await space.status(reference))["status"] == "SUCCESSFUL"


@pytest.mark.parametrize("operation", FIVE, ids=str)
async def test_an_answer_that_waits_for_the_clock_of_its_space(operation):
    space = await Space.of()
    await space.scenario('[[rules]]\nsubmit = { delay = "30m" }\nthen = { status = "PENDING" }')
    reference = "3c0a1f52-66a3-4c0e-b1b5-90d1b7f0a1c7"
    await space.headers(operation.product)
    submitting = asyncio.create_task(space.submit(operation, reference=reference))
    assert (await space.wait(reference, status="PENDING", timeout="1m"))["met"] is True
    assert not submitting.done()
    await space.advance("30m")
    assert (await submitting)[1].status == 202
