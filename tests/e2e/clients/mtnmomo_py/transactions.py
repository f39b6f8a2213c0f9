"""Payments, withdrawals, transfers, deposits and refunds, with their callbacks."""

import sys
from dataclasses import replace
from decimal import Decimal
from typing import Any, Callable
from uuid import uuid4

from mtnmomo import (
    CollectionAPI,
    DisbursementAPI,
    MoMoConflictError,
    MoMoNotFoundError,
    MoMoRateLimitError,
    Party,
    TransactionResult,
)

from checking import (
    ORDINARY,
    TEXTS,
    Journal,
    Listener,
    called_back,
    check,
    is_id,
    malformed,
    msisdn,
    order,
    refused,
    settled,
)

ONGOING = "46733123453"

# Both versions of an operation, each with the method of its callbacks.
VERSIONS = {"v1_0": "POST", "v2_0": "PUT"}


class Operation:
    """An asynchronous operation of transactions, with what is needed to see it through."""

    def __init__(
        self,
        listener: Listener,
        name: str,
        submit: Callable[..., str],
        get: Callable[[str], TransactionResult],
        method: str = "POST",
        **options: str,
    ) -> None:
        self._listener, self._name, self._method = listener, name, method
        self._submit, self._get, self._options = submit, get, options

    def _send(self, path: str, payload: dict[str, Any]) -> str:
        return self._submit(payload, callback_url=self._listener.url(path), **self._options)

    def succeeds(self, external_id: str, shown: dict[str, Party], **other: Any) -> str:
        """Returns the reference; `shown` are the parties of the status."""
        name, path = self._name, f"/{self._name}"
        reference = self._send(path, order(external_id, **other))
        got = settled(self._get, reference)
        wanted = TransactionResult(
            amount="12.5",
            currency="EUR",
            external_id=external_id,
            payer_message=TEXTS["payerMessage"],
            payee_note=TEXTS["payeeNote"],
            status="SUCCESSFUL",
            **shown,
        )
        check(name, replace(got, financial_transaction_id=None), wanted)
        told = TransactionResult.from_dict(called_back(self._listener, path, self._method).body)
        check(f"{name} id", is_id(told.financial_transaction_id), True)
        # The callback has no message to the payer, and the status of a deposit has no id.
        has_id = not name.startswith("deposit")
        check(f"{name} status has an id", got.financial_transaction_id is not None, has_id)
        shown = replace(got, financial_transaction_id=told.financial_transaction_id)
        check(f"{name} callback", told, replace(shown if not has_id else got, payer_message=None))
        return reference

    def fails(self, code: str, **other: Any) -> None:
        name, path = self._name, f"/{self._name}/{code}"
        reference = self._send(path, order("order-2", **other))
        body = called_back(self._listener, path, self._method).body
        check(f"{name} {code}", (body["status"], body.get("reason")), ("FAILED", code))
        check(f"{name} {code} moved no money", "financialTransactionId" in body, False)
        try:
            answer = self._get(reference)
        except AttributeError as error:
            check(f"{name} {code}, polled", str(error), "'str' object has no attribute 'get'")
        else:
            sys.exit(f"wrong: {name} {code}: the client read the reason: {answer!r}")


def drive_transactions(collection: CollectionAPI, listener: Listener) -> str:
    """Payments and withdrawals. Returns the reference of a paid request to pay."""
    before = Decimal(collection.get_account_balance().available_balance)
    get = collection.get_request_to_pay_status
    pay = Operation(listener, "requesttopay", collection.request_to_pay, get)
    paid = pay.succeeds("order-1", {"payer": msisdn(ORDINARY)}, payer=msisdn(ORDINARY))
    after = Decimal(collection.get_account_balance().available_balance)
    check("what was collected", after - before, Decimal("12.5"))
    pay.fails("APPROVAL_REJECTED", payer=msisdn("46733123451"))

    for version, method in VERSIONS.items():
        withdraw = Operation(
            listener,
            f"requesttowithdraw-{version}",
            collection.request_to_withdraw,
            collection.get_request_to_withdraw_status,
            method,
            version=version,
        )
        withdraw.succeeds(f"cash-{version}", {"payer": msisdn(ORDINARY)}, payer=msisdn(ORDINARY))
        withdraw.fails("PAYER_NOT_FOUND", payer=msisdn("46733123455"))
        withdraw.fails("NOT_ALLOWED", payer=msisdn("46733123457"))
    return paid


def drive_notifications(
    collection: CollectionAPI, listener: Listener, paid: str, journal: Journal
) -> str:
    """Returns the reference of the payment that stays pending."""
    notify = collection.send_request_to_pay_delivery_notification
    malformed(
        "long notification", lambda: notify(paid, "x" * 161), journal, "notificationMessage"
    )
    check("notification", notify(paid, "Enjoy the film", language="eng"), None)
    refused(
        "second notification",
        lambda: notify(paid, "Enjoy the film"),
        MoMoRateLimitError,
        429,
        None,
    )
    explained = journal.why("notified_before")
    check(f"second notification: why ({explained})", "before" in explained, True)
    ongoing = collection.request_to_pay(
        order("order-0", payer=msisdn(ONGOING)), callback_url=listener.url("/ongoing")
    )
    refused(
        "notification of what is not paid",
        lambda: notify(ongoing, "Enjoy the film"),
        MoMoConflictError,
        409,
        "NOT_SUCCESSFULLY_COMPLETED",
    )
    refused(
        "notification of nothing",
        lambda: notify(str(uuid4()), "Enjoy the film"),
        MoMoNotFoundError,
        404,
        "RESOURCE_NOT_FOUND",
    )
    return ongoing


def drive_payouts(
    disbursement: DisbursementAPI, listener: Listener, paid: str, journal: Journal
) -> None:
    """`paid` is the request to pay that is refunded, half by each version."""
    before = Decimal(disbursement.get_account_balance().available_balance)
    to = {"payee": msisdn(ORDINARY)}
    transfer = Operation(
        listener, "transfer", disbursement.transfer, disbursement.get_transfer_status
    )
    transfer.succeeds("payout-1", to, **to)
    transfer.fails("PAYER_LIMIT_REACHED", payee=msisdn("46733123456"))

    for version, method in VERSIONS.items():
        deposit = Operation(
            listener,
            f"deposit-{version}",
            disbursement.deposit,
            disbursement.get_deposit_status,
            method,
            version=version,
        )
        deposit.succeeds(f"deposit-{version}", to, **to)
        deposit.fails("PAYEE_NOT_ALLOWED_TO_RECEIVE", payee=msisdn("46733123456"))
        malformed(
            f"deposit-{version} from a payer",
            lambda: disbursement.deposit(
                order("deposit-0", payer=msisdn(ORDINARY)), version=version
            ),
            journal,
            "payee",
        )
    check(
        "what was paid out",
        before - Decimal(disbursement.get_account_balance().available_balance),
        3 * Decimal("12.5"),
    )
    drive_refunds(disbursement, listener, paid)


def drive_refunds(disbursement: DisbursementAPI, listener: Listener, paid: str) -> None:
    get = disbursement.get_refund_status
    for version, method in VERSIONS.items():
        name = f"refund-{version}"
        refund = Operation(listener, name, disbursement.refund, get, method, version=version)
        refund.fails("SERVICE_UNAVAILABLE", referenceIdToRefund="12")
        reference = disbursement.refund(
            order(name, amount="6.25", referenceIdToRefund=paid),
            version=version,
            callback_url=listener.url(f"/{name}"),
        )
        got = settled(get, reference)
        check(
            name,
            (got.status, got.amount, got.currency, got.external_id),
            ("SUCCESSFUL", "6.25", "EUR", name),
        )
        body = called_back(listener, f"/{name}", method).body
        told = replace(got, payer_message=None)
        check(f"{name} callback", TransactionResult.from_dict(body), told)
