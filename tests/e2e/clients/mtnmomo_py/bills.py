"""Invoices, preapprovals and payments of bills, whose statuses the client gives as they come."""

from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

from mtnmomo import CollectionAPI, MoMoConflictError, MoMoNotFoundError

from checking import (
    ORDINARY,
    Listener,
    called_back,
    check,
    is_id,
    msisdn,
    refused,
    settled,
    told_of,
)


def lapses_in(seconds: int, text: str) -> bool:
    """Whether that is the time so far from now, give or take a minute."""
    lapse = datetime.fromisoformat(text).replace(tzinfo=timezone.utc)
    off = lapse - datetime.now(timezone.utc) - timedelta(seconds=seconds)
    return abs(off) < timedelta(minutes=1)


def drive_invoices(collection: CollectionAPI, listener: Listener) -> None:
    invoice = {
        "externalId": "invoice-1",
        "amount": "12.50",
        "currency": "EUR",
        "validityDuration": "3600",
        "intendedPayer": msisdn(ORDINARY),
        "payee": msisdn("46733123998"),
        "description": "Two tickets",
    }
    reference = collection.create_invoice(invoice, callback_url=listener.url("/invoice"))
    got = settled(collection.get_invoice_status, reference)
    check("invoice callback", called_back(listener, "/invoice", "PUT").body, got)
    settled_invoice = dict(got)
    for field in ("paymentReference", "invoiceId"):
        check(f"invoice {field}", is_id(got.pop(field)), True)
    check("invoice lapses", lapses_in(3600, got.pop("expiryDateTime")), True)
    wanted = {
        "referenceId": reference,
        "externalId": "invoice-1",
        "amount": "12.5",
        "currency": "EUR",
        "status": "SUCCESSFUL",
        "intendedPayer": msisdn(ORDINARY).to_dict(),
        "description": "Two tickets",
    }
    check("invoice", got, wanted)

    def cancel(reference: str) -> str:
        return collection.cancel_invoice(reference, {"externalId": "cancel-1"})

    # Accepted, and of no consequence.
    check("settled invoice", cancel(reference) != reference, True)
    unmoved = collection.get_invoice_status(reference)
    check("settled invoice stays so", unmoved, settled_invoice)
    refused(
        "no invoice", lambda: cancel(str(uuid4())), MoMoNotFoundError, 404, "RESOURCE_NOT_FOUND"
    )

    # Of scenario.toml: an invoice for this number stays open.
    open_invoice = {**invoice, "intendedPayer": msisdn("46733123453")}
    path = "/invoice/cancelled"
    reference = collection.create_invoice(open_invoice, callback_url=listener.url(path))
    cancellation = cancel(reference)
    check("a cancellation has its own reference", cancellation != reference, True)
    got = collection.get_invoice_status(reference)
    check(
        "cancelled invoice",
        (got["status"], got["errorReason"]["code"]),
        ("FAILED", "TRANSACTION_CANCELED"),
    )
    check("cancelled invoice callback", called_back(listener, path, "PUT").body, got)


def drive_preapprovals(collection: CollectionAPI, listener: Listener) -> None:
    def preapproval(payer: str, path: str) -> str:
        payload = {
            "payer": msisdn(payer),
            "payerCurrency": "EUR",
            "payerMessage": "Rent",
            "validityTime": 3600,
        }
        return collection.create_preapproval(payload, callback_url=listener.url(path))

    def listed() -> list[dict[str, Any]]:
        return collection.get_approved_preapprovals("MSISDN", ORDINARY)

    check("nothing approved yet", listed(), [])
    reference = preapproval(ORDINARY, "/preapproval")
    got = settled(collection.get_preapproval_status, reference)
    check("preapproval callback", called_back(listener, "/preapproval", "PUT").body, told_of(got))
    check("preapproval lapses", lapses_in(3600, got.pop("expirationDateTime")), True)
    wanted = {
        "payer": msisdn(ORDINARY).to_dict(),
        "payerCurrency": "EUR",
        "payerMessage": "Rent",
        "status": "SUCCESSFUL",
    }
    check("preapproval", got, wanted)
    approvals = listed()
    check("approvals", len(approvals), 1)
    approved = approvals[0]
    check(
        "approved",
        [approved[name] for name in ("preApprovalId", "fromCurrency", "status", "message")],
        [reference, "EUR", "APPROVED", "Rent"],
    )
    always = ("toFri", "fromFri", "createdTime")
    check("approved says", [name for name in always if not approved.get(name)], [])

    cancel = collection.cancel_preapproval
    check("cancelling", cancel(reference), None)
    check("nothing approved any more", [p for p in listed() if p["status"] == "APPROVED"], [])
    refused("cancelled before", lambda: cancel(reference), MoMoConflictError, 409, "NOT_ALLOWED")
    refused(
        "no preapproval",
        lambda: cancel(str(uuid4())),
        MoMoNotFoundError,
        404,
        "RESOURCE_NOT_FOUND",
    )

    for payer, code in {"46733123451": "APPROVAL_REJECTED", "46733123456": "NOT_ALLOWED"}.items():
        path = f"/preapproval/{payer}"
        reference = preapproval(payer, path)
        got = settled(collection.get_preapproval_status, reference)
        check(f"preapproval of {payer}", (got["status"], got["reason"]), ("FAILED", code))
        body = called_back(listener, path, "PUT").body
        check(f"preapproval of {payer}, callback", body, told_of(got))


def drive_payments(collection: CollectionAPI, listener: Listener) -> None:
    payment = {
        "externalTransactionId": "bill-1",
        "money": {"amount": "12.50", "currency": "EUR"},
        "customerReference": "meter-7",
        "serviceProviderUserName": "Power",
        "senderNote": "October",
    }
    reference = collection.create_payment(payment, callback_url=listener.url("/payment"))
    got = settled(collection.get_payment_status, reference)
    check("payment callback", called_back(listener, "/payment", "PUT").body, got)
    check("payment id", is_id(got.pop("financialTransactionId")), True)
    check("payment", got, {"referenceId": reference, "status": "SUCCESSFUL"})
