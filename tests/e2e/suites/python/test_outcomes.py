"""How transactions end: by scenario, by MTN's test values, by what payers do."""

import pytest

import operations
from inbox import Inbox
from operations import PAY
from space import Space

REASONS = [
    "PAYEE_NOT_FOUND", "PAYER_NOT_FOUND", "NOT_ALLOWED", "NOT_ALLOWED_TARGET_ENVIRONMENT",
    "INVALID_CALLBACK_URL_HOST", "INVALID_CURRENCY", "SERVICE_UNAVAILABLE",
    "INTERNAL_PROCESSING_ERROR", "NOT_ENOUGH_FUNDS", "PAYER_LIMIT_REACHED",
    "PAYEE_NOT_ALLOWED_TO_RECEIVE", "PAYMENT_NOT_APPROVED", "RESOURCE_NOT_FOUND",
    "APPROVAL_REJECTED", "EXPIRED", "TRANSACTION_CANCELED", "RESOURCE_ALREADY_EXIST",
    "COULD_NOT_PERFORM_TRANSACTION",
]
TEST_VALUES = {
    "46733123450": "INTERNAL_PROCESSING_ERROR", "46733123451": "APPROVAL_REJECTED",
    "46733123452": "EXPIRED", "46733123455": "PAYER_NOT_FOUND",
    "46733123456": "PAYEE_NOT_ALLOWED_TO_RECEIVE", "46733123457": "NOT_ALLOWED",
    "46733123458": "NOT_ALLOWED_TARGET_ENVIRONMENT", "46733123459": "INVALID_CALLBACK_URL_HOST",
    "46733123460": "INVALID_CURRENCY", "46733123461": "INTERNAL_PROCESSING_ERROR",
    "46733123462": "SERVICE_UNAVAILABLE", "46733123463": "COULD_NOT_PERFORM_TRANSACTION",
    "46733123464": "TRANSFERTYPE_UNKNOWN",
}
ENDS = {
    "approve": ("SUCCESSFUL", None, "payer_approved"),
    "decline": ("FAILED", "APPROVAL_REJECTED", "payer_declined"),
    "expire": ("FAILED", "EXPIRED", "payer_let_it_expire"),
}
FOR_EVER = '[[rules]]\nthen = { status = "PENDING" }'


def reason_of(body: dict) -> str | None:
    """Some operations tell the reason as an object."""
    reason = body.get("reason", body.get("errorReason"))
    return reason["code"] if isinstance(reason, dict) else reason


@pytest.mark.parametrize("reason", REASONS)
async def test_a_payment_fails_for_its_reason_at_its_time(reason):
    space, inbox = await Space.of(), await Inbox.of()
    await space.scenario(
        f'[[rules]]\nthen = {{ status = "FAILED", reason = "{reason}", after = "10m" }}'
    )
    reference = await space.pay(callback=inbox.url)
    await space.advance("7m")
    assert (await space.status(reference))["status"] == "PENDING"
    assert inbox.received == []
    await space.advance("3m")
    status = await space.status(reference)
    assert (status["status"], status["reason"]) == ("FAILED", reason)
    assert "financialTransactionId" not in status
    assert inbox.only().body == operations.told_of(status)
    assert await space.balance() == "1000"


@pytest.mark.parametrize("operation", operations.ASKING + operations.PAYING_OUT, ids=str)
async def test_any_operation_can_be_declined(operation):
    space, inbox = await Space.of(), await Inbox.of()
    await space.scenario(
        f'[[rules]]\nwhen = {{ operation = "{operation.name}" }}\n'
        'then = { status = "FAILED", reason = "APPROVAL_REJECTED" }'
    )
    reference = await space.pay(operation, callback=inbox.url)
    await space.advance("1m")
    status = await space.status(reference, operation)
    assert (status["status"], reason_of(status)) == ("FAILED", "APPROVAL_REJECTED")
    assert inbox.only().body == operations.told_of(status)
    assert await space.balance(operation.product) == "1000"


@pytest.mark.parametrize("msisdn", TEST_VALUES)
async def test_mtn_s_test_values_are_in_force(msisdn):
    space = await Space.of()
    reference = await space.pay(party=msisdn)
    await space.advance("1m")
    status = await space.status(reference)
    assert (status["status"], status["reason"]) == ("FAILED", TEST_VALUES[msisdn])
    decided_by = (await space.transaction(reference))["plan"]["decided_by"]
    assert decided_by["rule"] is None
    assert decided_by["mtn_test_value"]


async def test_a_scenario_goes_before_mtn_s_test_values():
    space = await Space.of()
    await space.scenario('[[rules]]\nthen = { status = "SUCCESSFUL" }')
    reference = await space.pay(party="46733123451")
    await space.advance("1m")
    assert (await space.status(reference))["status"] == "SUCCESSFUL"


@pytest.mark.parametrize("operation", operations.ASKING, ids=str)
@pytest.mark.parametrize("act", ENDS)
async def test_what_the_payer_does_is_final(operation, act):
    space, inbox = await Space.of(), await Inbox.of()
    await space.scenario(FOR_EVER)
    reference = await space.pay(operation, callback=inbox.url)
    await space.advance("20m")
    assert (await space.status(reference, operation))["status"] == "PENDING"
    end, reason, event = ENDS[act]
    answer = await space.act(reference, act)
    assert (answer.status, answer.body["status"], answer.body["reason"]) == (200, end, reason)
    status = await space.status(reference, operation)
    assert (status["status"], reason_of(status)) == (end, reason)
    assert (await space.wait(reference, callback="answered", timeout="1m"))["met"] is True
    assert inbox.only().body == operations.told_of(status)
    for late in ENDS:
        assert (await space.act(reference, late)).status == 409
    assert await space.status(reference, operation) == status
    await space.happened(reference, **{event: 1}, status_reached=1, callback_sent=1)


@pytest.mark.parametrize("operation", operations.PAYING_OUT, ids=str)
async def test_a_payout_asks_nobody(operation):
    space = await Space.of()
    await space.scenario(FOR_EVER)
    reference = await space.pay(operation)
    for act in ENDS:
        answer = await space.act(reference, act)
        assert answer.status == 409, answer
        assert answer.body["error"]
    assert (await space.status(reference, operation))["status"] == "PENDING"


@pytest.mark.parametrize("act", ENDS)
async def test_a_payer_who_is_quicker_than_the_scenario(act):
    space, inbox = await Space.of(), await Inbox.of()
    await space.scenario('[[rules]]\nthen = { status = "SUCCESSFUL", after = "30m" }')
    reference = await space.pay(callback=inbox.url)
    assert (await space.act(reference, act)).status == 200
    await space.advance("50m")
    assert (await space.status(reference))["status"] == ENDS[act][0]
    assert inbox.only().body["status"] == ENDS[act][0]
    assert await space.balance() == ("1005" if act == "approve" else "1000")
    await space.happened(reference, status_reached=1)


@pytest.mark.parametrize("operation", [PAY, operations.DEPOSIT, operations.CASH], ids=str)
async def test_a_path_is_walked_event_by_event(operation):
    space = await Space.of()
    await space.scenario(
        '[[rules]]\nthen = { path = [{ status = "CREATED", lasts = "10m" },'
        ' { status = "PENDING", lasts = "10m" }, { status = "SUCCESSFUL" }] }'
    )
    reference = await space.pay(operation)
    for expected in ["CREATED", "PENDING"]:
        assert (await space.status(reference, operation))["status"] == expected
        [happened] = await space.to_next_event()
        wanted = (space.id, "status_reached", reference)
        assert tuple(happened[name] for name in ["api_user", "event", "reference_id"]) == wanted
    assert (await space.status(reference, operation))["status"] == "SUCCESSFUL"
    assert await space.to_next_event() == []
    history = (await space.transaction(reference))["history"]
    assert [step["status"] for step in history] == ["CREATED", "PENDING", "SUCCESSFUL"]


@pytest.mark.parametrize("amount", ["99.99", "100", "100.01", "1000"])
async def test_a_payer_who_is_short_of_money(amount):
    space = await Space.of()
    await space.scenario(
        '[[rules]]\nwhen = { amount = { at_least = "100" } }\n'
        'then = { status = "FAILED", reason = "NOT_ENOUGH_FUNDS" }'
    )
    reference = await space.pay(amount=amount)
    await space.advance("1m")
    status = await space.status(reference)
    if float(amount) < 100:
        assert status["status"] == "SUCCESSFUL"
        missed = (await space.transaction(reference))["near_misses"]
        assert [miss["missed"] for miss in missed] == ["amount"]
    else:
        assert (status["status"], status["reason"]) == ("FAILED", "NOT_ENOUGH_FUNDS")
        assert (await space.transaction(reference))["plan"]["decided_by"]["rule"]["rule"] == 1
