"""Money adds up, in each space for itself."""

from uuid import uuid4

import pytest

import operations
from operations import PAY, REFUND, TRANSFER
from space import Space

PRODUCTS = ["collection", "disbursement", "remittance"]


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("opening", ["0", "0.5", "250", "1000000"])
async def test_what_accounts_hold_at_first(product, opening):
    space = await Space.of()
    assert await space.balance(product) == "1000"
    await space.scenario(f'opening_balance = "{opening}"')
    assert await space.balance(product) == opening


async def test_an_opening_balance_comes_too_late_once_there_are_transactions():
    space = await Space.of()
    await space.pay()
    await space.advance("1m")
    await space.scenario('opening_balance = "3"')
    assert await space.balance() == "1005"
    assert await space.reset() == 1
    assert await space.balance() == "3"


@pytest.mark.parametrize("operation", operations.ASKING, ids=str)
async def test_what_is_collected_is_credited_once(operation):
    space = await Space.of()
    await space.pay(operation, amount="12.50")
    await space.advance("1m")
    credited = "1000" if operation.name == "preapproval" else "1012.5"
    assert await space.balance() == credited
    await space.advance("40m")
    assert await space.balance() == credited


@pytest.mark.parametrize("operation", operations.PAYING_OUT, ids=str)
async def test_a_payout_is_set_aside_and_then_debited(operation):
    space = await Space.of()
    await space.scenario('[[rules]]\nthen = { status = "SUCCESSFUL", after = "20m" }')
    first = await space.pay(operation, amount="600")
    assert await space.balance(operation.product) == "400"
    second = await space.pay(operation, amount="400.01")
    await space.advance("20m")
    assert (await space.status(first, operation))["status"] == "SUCCESSFUL"
    failed = await space.status(second, operation)
    assert (failed["status"], failed["reason"]) == ("FAILED", "NOT_ENOUGH_FUNDS")
    decided_by = (await space.transaction(second))["plan"]["decided_by"]
    assert decided_by["overruled_by"] is not None
    assert await space.balance(operation.product) == "400"
    await space.pay(operation, amount="400")
    assert await space.balance(operation.product) == "0"


@pytest.mark.parametrize("product", PRODUCTS)
async def test_each_product_has_an_account_of_its_own(product):
    space = await Space.of()
    operation = {"collection": PAY, "disbursement": TRANSFER, "remittance": operations.REMIT}
    await space.pay(operation[product], amount="100")
    await space.advance("1m")
    left = {"collection": "1100", "disbursement": "900", "remittance": "900"}
    for other in PRODUCTS:
        assert await space.balance(other) == (left[other] if other == product else "1000")


@pytest.mark.parametrize("refund", operations.REFUNDING, ids=str)
@pytest.mark.parametrize(
    ("amounts", "reasons", "left"),
    [
        (["50"], [None], "950"),
        (["20", "30"], [None, None], "950"),
        (["50.01"], ["NOT_ALLOWED"], "1000"),
        (["30", "30"], [None, "NOT_ALLOWED"], "970"),
    ],
    ids=["whole", "parts", "too-much", "twice-too-much"],
)
async def test_a_refund_gives_back_what_was_paid_and_no_more(refund, amounts, reasons, left):
    space = await Space.of()
    payment = await space.pay(PAY, amount="50")
    await space.advance("1m")
    refunds = [await space.pay(refund, amount=one, referenceIdToRefund=payment) for one in amounts]
    await space.advance("1m")
    assert [(await space.status(one, refund)).get("reason") for one in refunds] == reasons
    assert await space.balance("disbursement") == left


@pytest.mark.parametrize(
    ("made", "reason"), [(True, "PAYMENT_NOT_APPROVED"), (False, "RESOURCE_NOT_FOUND")]
)
async def test_a_refund_of_what_was_not_paid(made, reason):
    space = await Space.of()
    # Of this test alone: a refund may name any API user's payment.
    payment = str(uuid4())
    if made:
        await space.scenario('[[rules]]\nwhen = { operation = "requesttopay" }\n'
                       'then = { status = "FAILED", reason = "EXPIRED" }')
        await space.pay(PAY, reference=payment)
        await space.advance("1m")
    reference = await space.pay(REFUND, referenceIdToRefund=payment)
    await space.advance("1m")
    assert (await space.status(reference, REFUND))["reason"] == reason
    assert await space.balance("disbursement") == "1000"


async def test_another_api_user_s_payment_is_refunded_once():
    payer, other = await Space.of(), await Space.of()
    payment = await payer.pay(PAY, amount="50")
    await payer.advance("1m")
    first = await other.pay(REFUND, amount="40", referenceIdToRefund=payment)
    second = await payer.pay(REFUND, amount="40", referenceIdToRefund=payment)
    await other.advance("1m")
    await payer.advance("1m")
    assert (await other.status(first, REFUND))["status"] == "SUCCESSFUL"
    assert (await payer.status(second, REFUND))["reason"] == "NOT_ALLOWED"
    assert await other.balance("disbursement") == "960"
    assert await payer.balance("disbursement") == "1000"
