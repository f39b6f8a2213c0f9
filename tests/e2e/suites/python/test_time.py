"""What ends by the clock of its space: tokens, consents, preapprovals, invoices."""

import pytest

import operations
from inbox import Inbox
from operations import INVOICE, PAY, PAYER, PREAPPROVAL
from space import Space

PRODUCTS = ["collection", "disbursement", "remittance"]
PREAPPROVALS = f"/v1_0/preapprovals/msisdn/{PAYER}"


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize(("lifetime", "minutes"), [(None, 60), ("10m", 10), ("2h", 120)])
async def test_a_token_ends_by_the_clock_of_its_space(product, lifetime, minutes):
    space = await Space.of()
    if lifetime is not None:
        await space.scenario(f'token_lifetime = "{lifetime}"')
    assert (await space.renew_token(product))["expires_in"] == minutes * 60
    await space.advance(f"{minutes - 3}m")
    assert await space.balance(product) == "1000"
    await space.advance("3m")
    ended = await space.call("GET", product, "/v1_0/account/balance")
    assert (ended.status, ended.body) == (401, "")
    assert "The token ended" in ended.why
    await space.renew_token(product)
    assert await space.balance(product) == "1000"


async def test_a_new_api_key_ends_the_one_before():
    space = await Space.of()
    old = space.basic()
    await space.renew_key()
    refused = await space.web.ask("POST", "/collection/token/", old)
    assert (refused.status, refused.body) == (500, {"error": "login_failed"})
    assert "API key" in refused.why
    await space.renew_token("collection")


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("minutes", [5, 30])
async def test_consent_is_pending_and_then_granted(product, minutes):
    space = await Space.of()
    await space.scenario(
        '[[account_holders]]\nparty = "25677*"\ngiven_name = "Grace"\nfamily_name = "Nakato"\n'
        f'consent_after = "{minutes}m"'
    )
    asked = await space.ask_consent(product, "25677123456", "offline")
    assert asked.status == 200, asked
    request = asked.body["auth_req_id"]
    for by in ["0s", f"{minutes - 3}m"]:
        await space.advance(by)
        early = await space.redeem(product, request)
        assert (early.status, early.body["error"]) == (400, "authorization_pending")
    await space.advance("3m")
    token = await space.redeem(product, request)
    assert (token.status, token.body["token_type"], token.body["scope"]) == (
        200, "Bearer", "profile")
    assert token.body["refresh_token"]
    bearer = {"Authorization": f"Bearer {token.body['access_token']}"}
    info = await space.call("GET", product, "/oauth2/v1_0/userinfo", headers=bearer)
    assert (info.status, info.body["given_name"], info.body["family_name"]) == (
        200, "Grace", "Nakato")
    again = await space.redeem(product, request)
    assert (again.status, again.body["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("consent", "error"),
    [
        ("rejected", "access_denied"),
        ("pending", "authorization_pending"),
        ("expired", "expired_token"),
        ("already-used", "invalid_grant"),
    ],
)
async def test_consent_that_is_not_given(consent, error):
    space = await Space.of()
    await space.scenario(f'[[account_holders]]\nparty = "25677*"\nconsent = "{consent}"')
    request = (await space.ask_consent("collection", "25677123456")).body["auth_req_id"]
    refused = await space.redeem("collection", request)
    assert (refused.status, refused.body["error"]) == (400, error)
    await space.advance("61m")
    await space.renew_token("collection")
    late = await space.redeem("collection", request)
    ended = "expired_token" if consent != "already-used" else "invalid_grant"
    assert (late.status, late.body["error"]) == (400, ended)


async def listed(space: Space) -> list[str]:
    answer = await space.call("GET", "collection", PREAPPROVALS)
    assert answer.status == 200, answer
    return [one["status"] for one in answer.body]


@pytest.mark.parametrize("minutes", [10, 30, 50])
async def test_an_approved_preapproval_expires(minutes):
    space = await Space.of()
    reference = await space.pay(PREAPPROVAL, validityTime=minutes * 60)
    assert (await space.act(reference, "approve")).status in (200, 409)
    assert await listed(space) == ["APPROVED"]
    await space.advance(f"{minutes - 3}m")
    assert await listed(space) == ["APPROVED"]
    await space.advance("3m")
    assert await listed(space) == ["EXPIRED"]
    cancelled = await space.call("DELETE", "collection", f"/v1_0/preapproval/{reference}")
    assert cancelled.status == 409, cancelled


async def test_an_approved_preapproval_is_cancelled_once():
    space = await Space.of()
    reference = await space.pay(PREAPPROVAL)
    await space.approve(reference)
    path = f"/v1_0/preapproval/{reference}"
    assert (await space.call("DELETE", "collection", path)).status == 200
    assert await listed(space) == ["CANCELLED"]
    assert (await space.call("DELETE", "collection", path)).status == 409
    await space.happened(reference, preapproval_cancelled=1)


@pytest.mark.parametrize(
    ("operation", "validity"),
    [(INVOICE, {"validityDuration": "600"}), (PREAPPROVAL, {"validityTime": 600})],
    ids=["invoice", "preapproval"],
)
async def test_what_nobody_settles_lapses(operation, validity):
    space, inbox = await Space.of(), await Inbox.of()
    await space.scenario('[[rules]]\nthen = { status = "SUCCESSFUL", after = "30m" }')
    reference = await space.pay(operation, callback=inbox.url, **validity)
    await space.advance("7m")
    assert (await space.status(reference, operation))["status"] == "PENDING"
    await space.advance("3m")
    status = await space.status(reference, operation)
    assert status["status"] == "FAILED"
    assert "EXPIRED" in (status.get("reason"), status.get("errorReason", {}).get("code"))
    assert inbox.only().body == operations.told_of(status)
    await space.advance("30m")
    assert await space.status(reference, operation) == status


@pytest.mark.parametrize("callback", [True, False])
async def test_an_invoice_is_cancelled_before_it_is_settled(callback):
    space, inbox = await Space.of(), await Inbox.of()
    await space.scenario('[[rules]]\nthen = { status = "SUCCESSFUL", after = "30m" }')
    reference = await space.pay(INVOICE, callback=inbox.url if callback else None)
    headers = {"X-Reference-Id": "91a7c2a5-5d0b-4b69-a9d8-1f4f4a3c8e02"}
    path, body = f"/v2_0/invoice/{reference}", {"externalId": "order-1"}
    cancelled = await space.call("DELETE", "collection", path, body, headers)
    assert (cancelled.status, cancelled.body) == (202, "")
    status = await space.status(reference, INVOICE)
    assert (status["status"], status["errorReason"]["code"]) == ("FAILED", "TRANSACTION_CANCELED")
    await space.advance("50m")
    assert [got.body for got in inbox.received] == ([status] if callback else [])
    again = await space.call("DELETE", "collection", path, body, headers)
    assert (again.status, again.body) == (202, "")
    assert await space.status(reference, INVOICE) == status
    assert await space.balance() == "1000"
    await space.happened(reference, invoice_cancelled=1, status_reached=1)


async def test_cancelling_a_settled_invoice_is_accepted_and_changes_nothing():
    space, inbox = await Space.of(), await Inbox.of()
    reference = await space.pay(INVOICE, callback=inbox.url)
    await space.advance("10m")
    status = await space.status(reference, INVOICE)
    assert status["status"] == "SUCCESSFUL"
    headers = {"X-Reference-Id": "91a7c2a5-5d0b-4b69-a9d8-1f4f4a3c8e02"}
    path, body = f"/v2_0/invoice/{reference}", {"externalId": "order-1"}
    cancelled = await space.call("DELETE", "collection", path, body, headers)
    assert (cancelled.status, cancelled.body) == (202, "")
    await space.advance("10m")
    assert await space.status(reference, INVOICE) == status
    assert await space.balance() == "1005"
    inbox.only()
    await space.happened(reference, invoice_cancelled=0, status_reached=1)


@pytest.mark.parametrize("timing", ["{ min = '10m', max = '20m' }", "'15m'"])
async def test_a_timing_keeps_its_bounds(timing):
    space = await Space.of()
    await space.scenario(f'[[rules]]\nthen = {{ status = "SUCCESSFUL", after = {timing} }}')
    references = [await space.pay() for _ in range(5)]
    await space.advance("7m")
    assert {(await space.status(one))["status"] for one in references} == {"PENDING"}
    await space.advance("13m")
    assert {(await space.status(one))["status"] for one in references} == {"SUCCESSFUL"}
    await space.passes({"event": "status_reached", "exactly": 5})


async def test_the_next_event_may_be_far_away():
    space = await Space.of()
    await space.scenario('[[rules]]\nthen = { status = "SUCCESSFUL", after = "2400h" }')
    reference = await space.pay(PAY)
    [happened] = await space.to_next_event()
    assert happened["event"] == "status_reached"
    assert happened["at"] == (await space.transaction(reference))["history"][-1]["at"]
    assert operations.PAY.name == (await space.transaction(reference))["operation"]
