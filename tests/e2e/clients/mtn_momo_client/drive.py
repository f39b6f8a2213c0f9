"""Drives mtn-momo-client 2.0.1 (PyPI), unmodified, against momo-sandbox: `drive.py URL`.

Shown: both of the client's doors (`MomoApi`, whose wired-in address an `http_client` mounts on the
emulator, and the products' own `base_url`), provisioning, payments, transfers, deposits and refunds
that succeed, fail and stay pending, what they do to the balance, the account-holder check,
callbacks, and how each refusal reaches the client's errors.
The client has no remittance, no delivery notification and no consent. In the sandbox it turns every
currency into EUR, so it cannot meet INVALID_CURRENCY. Its Airtel half is another company's API.
"""

import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any, Callable
from uuid import NAMESPACE_URL, uuid5

import httpx
from momo_api import (
    BadRequestException,
    CollectionApi,
    Config,
    ConflictException,
    DisbursementApi,
    InternalServerErrorException,
    InvalidSubscriptionKeyException,
    MomoApi,
    MomoException,
    PaymentRequest,
    RefundRequest,
    ResourceNotFoundException,
    SandboxApi,
    Transaction,
    TransferRequest,
    generate_uuid,
)

sys.path.append(str(Path(__file__).resolve().parent.parent / "momo_openapi"))
from journal import Journal, told_of  # the other Python driver's
from listener import Listener

KEY = "a-subscription-key"
API_USER = {"providerCallbackHost": "localhost", "targetEnvironment": "sandbox"}
ORDINARY = "46733123999"
ONGOING = "46733123453"
DELAYED = "46733123454"
POLLS = 200
POLL_INTERVAL = 0.05

checks = 0


def check(what: str, got: Any, wanted: Any) -> None:
    global checks
    if got != wanted:
        sys.exit(f"wrong: {what}: got {got!r}, wanted {wanted!r}")
    checks += 1


def refused(
    what: str, call: Callable[[], Any], kind: type[MomoException], code: str | None
) -> None:
    """Refused with an error of this kind, whose body has this code."""
    try:
        answer = call()
    except MomoException as error:
        got = (type(error), error.status_code, error.code)
        check(what, got, (kind, kind.default_status, code))
    else:
        sys.exit(f"wrong: {what}: not refused, but {answer!r}")


def malformed(what: str, call: Callable[[], Any], journal: Journal, why: str) -> None:
    """Refused without a word; the journal has a sentence that says why."""
    refused(what, call, BadRequestException, None)
    explained = journal.why("malformed")
    check(f"{what}: why ({explained})", why in explained, True)


class ToEmulator(httpx.HTTPTransport):
    """Sends what is meant for MTN's sandbox to the emulator."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = httpx.URL(url)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = self._url
        request.url = request.url.copy_with(scheme=url.scheme, host=url.host, port=url.port)
        request.headers["Host"] = url.netloc.decode()
        return super().handle_request(request)


def settled(get: Callable[[str], Transaction], reference: str) -> Transaction:
    """The transaction once it is final."""
    for _ in range(POLLS):
        transaction = get(reference)
        if not transaction.is_pending():
            return transaction
        time.sleep(POLL_INTERVAL)
    sys.exit(f"wrong: {reference} is still PENDING after {POLLS} polls")


def check_success(
    what: str,
    got: Transaction,
    sent: PaymentRequest | TransferRequest | RefundRequest,
    has_id: bool = True,
) -> None:
    check(f"{what} status", (got.is_successful(), got.reason), (True, None))
    check(f"{what} amount", (got.amount, got.currency), ("12.5", "EUR"))
    check(f"{what} order", got.external_id, sent.external_id)
    check(f"{what} texts", (got.payer_message, got.payee_note), ("Two tickets", "Seats 4 and 5"))
    if not has_id:
        check(f"{what} has no id", got.financial_transaction_id, None)
        return
    identifier = got.financial_transaction_id or ""
    check(
        f"{what} id is digits", (identifier.isdecimal(), len(identifier) in (8, 9, 10)), (True, True)
    )


def check_failure(what: str, get: Callable[[str], Transaction], reference: str, code: str) -> None:
    got = settled(get, reference)
    reason = got.reason.code if got.reason else None
    check(f"{what} ends", (got.is_failed(), reason), (True, code))
    check(f"{what} moved no money", got.financial_transaction_id, None)


def check_callback(listener: Listener, path: str, transaction: Transaction) -> None:
    callback = listener.first(path)
    check(f"callback {path} method", callback.method, "POST")
    check(f"callback {path} type", callback.content_type, "application/json; charset=utf-8")
    check(f"callback {path} agent", callback.user_agent, "LWAC Http Client 1.0")
    told = dict(callback.body)
    if path == "/deposit":
        # The status of a deposit never has it.
        identifier = told.pop("financialTransactionId")
        check("callback of a deposit has an id", identifier.isdecimal(), True)
    check(f"callback {path} body", told, told_of(transaction.raw))


def balance(product: CollectionApi | DisbursementApi) -> Decimal:
    got = product.get_balance()
    check(f"{product.PRODUCT_PATH} balance currency", got.currency, "EUR")
    return Decimal(got.available_balance)


def provision(sandbox: SandboxApi, url: str) -> Config:
    user = generate_uuid()
    check("API user", sandbox.create_api_user(user, "localhost"), user)
    check("API user is kept", sandbox.get_api_user(user), API_USER)
    refused(
        "used API user",
        lambda: sandbox.create_api_user(user, "localhost"),
        ConflictException,
        "RESOURCE_ALREADY_EXIST",
    )
    unknown = generate_uuid()
    for what, call in (("user", sandbox.get_api_user), ("key", sandbox.create_api_key)):
        refused(
            f"unknown API user: {what}",
            lambda: call(unknown),
            ResourceNotFoundException,
            "RESOURCE_NOT_FOUND",
        )
    stale = sandbox.create_api_key(user)
    secret = sandbox.create_api_key(user)
    check("API keys", (len(secret), secret != stale), (32, True))
    ended = CollectionApi(Config.collection(KEY, user, stale), url, "sandbox")
    refused("ended API key", ended.get_access_token, InternalServerErrorException, None)
    explained = Journal(url).why("login_failed")
    check(f"ended API key: why ({explained})", "key" in explained, True)
    return Config.collection(KEY, user, secret)


def drive_collection(momo: MomoApi, config: Config, listener: Listener) -> tuple[str, str]:
    """Returns the references of the payment that stays pending, and of a paid one."""
    collection = momo.get_collection(config)

    def with_callback(path: str) -> CollectionApi:
        return momo.get_collection(config.with_callback_uri(listener.url(path)))

    get = collection.get_payment_status
    payment = PaymentRequest.make(
        "12.50", ORDINARY, "order-1", "XAF", "Two tickets", "Seats 4 and 5"
    )

    ongoing = with_callback("/ongoing").quick_pay("5", ONGOING, "order-0")
    delayed = get(collection.quick_pay("5", DELAYED, "order-0"))
    check("delayed at first", (delayed.status, delayed.reason), ("CREATED", None))

    before = balance(collection)
    ours = generate_uuid()
    check("our reference", with_callback("/paid").request_to_pay(payment, ours), ours)
    paid = settled(get, ours)
    check_success("payment", paid, payment)
    check("payment payer", (paid.payer, paid.payee), (ORDINARY, None))
    check_callback(listener, "/paid", paid)
    check("what was collected", balance(collection) - before, Decimal("12.5"))

    for payer, code in {
        "46733123450": "INTERNAL_PROCESSING_ERROR",
        "46733123451": "APPROVAL_REJECTED",
        "46733123452": "EXPIRED",
        "46733123455": "PAYER_NOT_FOUND",
        "46733123463": "COULD_NOT_PERFORM_TRANSACTION",
    }.items():
        path = f"/{payer}"
        reference = with_callback(path).quick_pay("100", payer, "order-2")
        check_failure(f"payer {payer}", get, reference, code)
        check_callback(listener, path, get(reference))
    return ongoing, ours


def drive_disbursement(
    disbursement: DisbursementApi,
    with_callback: Callable[[str], DisbursementApi],
    listener: Listener,
    payment: str,
    journal: Journal,
) -> None:
    """`payment` is the reference of the paid request to pay that is refunded."""
    texts = ("EUR", "Two tickets", "Seats 4 and 5")
    before = balance(disbursement)

    transfer = TransferRequest.make("12.50", ORDINARY, "payout-1", *texts)
    get = disbursement.get_transfer_status
    sent = settled(get, with_callback("/transfer").transfer(transfer))
    check_success("transfer", sent, transfer)
    check("transfer payee", (sent.payee, sent.payer), (ORDINARY, None))
    check_callback(listener, "/transfer", sent)
    for payee, code in {
        "46733123455": "NOT_ENOUGH_FUNDS",
        "46733123456": "PAYER_LIMIT_REACHED",
        "46733123457": "PAYEE_NOT_FOUND",
    }.items():
        reference = disbursement.transfer(TransferRequest.make("7", payee, "payout-2", "EUR"))
        check_failure(f"transfer to {payee}", get, reference, code)

    # The client types a deposit as a payment, which has a payer and no payee; given a transfer, it
    # sends what a deposit must have.
    malformed(
        "deposit without a payee",
        lambda: disbursement.deposit(PaymentRequest.make("1", ORDINARY, "deposit-0")),
        journal,
        "payee",
    )
    deposit = TransferRequest.make("12.50", ORDINARY, "deposit-1", *texts)
    get = disbursement.get_deposit_status
    sent = settled(get, with_callback("/deposit").deposit(deposit))
    check_success("deposit", sent, deposit, has_id=False)
    check("deposit payee", (sent.payee, sent.payer), (ORDINARY, None))
    check_callback(listener, "/deposit", sent)
    for payee, code in {
        "46733123455": "PAYEE_NOT_FOUND",
        "46733123456": "PAYEE_NOT_ALLOWED_TO_RECEIVE",
    }.items():
        reference = disbursement.deposit(TransferRequest.make("7", payee, "deposit-2", "EUR"))
        check_failure(f"deposit to {payee}", get, reference, code)

    refund = RefundRequest.make("12.50", payment, "refund-1", *texts)
    get = disbursement.get_refund_status
    sent = settled(get, with_callback("/refund").refund(refund))
    check_success("refund", sent, refund)
    check_callback(listener, "/refund", sent)
    for literal, code in {"3": "APPROVAL_REJECTED", "4": "EXPIRED"}.items():
        reference = disbursement.refund(RefundRequest.make("7", literal, "refund-2", "EUR"))
        check_failure(f"refund of {literal}", get, reference, code)

    check("what was paid out", before - balance(disbursement), 3 * Decimal("12.5"))


def check_account(product: CollectionApi | DisbursementApi) -> None:
    name = product.PRODUCT_PATH
    token = product.get_access_token()
    check(f"{name} token is a JWT", token.access_token.count("."), 2)
    check(f"{name} token", (token.token_type, token.expires_in), ("access_token", 3600))
    check(f"{name} token is kept", product.get_access_token().access_token, token.access_token)
    check(f"{name} active holder", product.check_account_holder(ORDINARY), True)
    check(f"{name} with a plus", product.check_account_holder(f"+{ORDINARY}"), True)
    check(f"{name} inactive holder", product.check_account_holder("46733123451"), False)
    for holder, kind, code in (
        ("46733123450", ResourceNotFoundException, "RESOURCE_NOT_FOUND"),
        ("46733123452", InternalServerErrorException, "NOT_ALLOWED"),
    ):
        refused(f"{name} holder", lambda: product.check_account_holder(holder), kind, code)


def check_refusals(collection: CollectionApi, url: str) -> None:
    def pay(reference: str | None = None, product: CollectionApi = collection, **other: str) -> str:
        payment = PaymentRequest.make("1", ORDINARY, "order-3", **other)
        return product.request_to_pay(payment, reference)

    config = collection.config
    used = pay()
    refused("used reference", lambda: pay(used), ConflictException, "RESOURCE_ALREADY_EXIST")
    named = str(uuid5(NAMESPACE_URL, config.api_user))  # any version is a UUID
    check("reference not random", pay(named), named)
    journal = Journal(url)
    malformed(
        "long message", lambda: pay(payer_message="x" * 161), journal, "payerMessage"
    )
    malformed("ampersand", lambda: pay(payee_note="Fish & chips"), journal, "payeeNote")
    elsewhere = config.with_callback_uri("http://elsewhere.example/callback")
    refused(
        "callback host",
        lambda: pay(product=CollectionApi(elsewhere, url, "sandbox")),
        InternalServerErrorException,
        "INVALID_CALLBACK_URL_HOST",
    )
    refused(
        "target environment",
        lambda: pay(product=CollectionApi(config, url, MomoApi.ENVIRONMENT_MTN_CONGO)),
        InternalServerErrorException,
        "NOT_ALLOWED_TARGET_ENVIRONMENT",
    )
    refused(
        "unknown reference",
        lambda: collection.get_payment_status(generate_uuid()),
        ResourceNotFoundException,
        "RESOURCE_NOT_FOUND",
    )
    keyless = Config.collection("", config.api_user, config.api_key)
    refused(
        "no subscription key",
        CollectionApi(keyless, url, "sandbox").get_access_token,
        InvalidSubscriptionKeyException,
        None,
    )


def main(url: str) -> None:
    listener = Listener()

    # The first door: the address is wired in, the HTTP client leads to the emulator.
    http_client = httpx.Client(mounts={MomoApi.SANDBOX_URL: ToEmulator(url)})
    momo = MomoApi.create(MomoApi.ENVIRONMENT_SANDBOX, http_client)
    config = provision(momo.sandbox(KEY), url)
    collection = momo.get_collection(config)
    check("MomoApi speaks to MTN's address", collection.base_url, MomoApi.SANDBOX_URL)

    # The second door: what `MomoApi` makes can be made with a base URL. The API user is the same,
    # since a refund gives back what its own API user was paid.
    check("API user by base URL", SandboxApi(KEY, url).get_api_user(config.api_user), API_USER)

    def disbursement(path: str | None = None) -> DisbursementApi:
        callback = listener.url(path) if path else ""
        return DisbursementApi(config.with_callback_uri(callback), url, "sandbox")

    check_account(collection)
    check_account(disbursement())
    ongoing, paid = drive_collection(momo, config, listener)
    drive_disbursement(disbursement(), disbursement, listener, paid, Journal(url))
    check_refusals(collection, url)

    # Everything later has settled and called back by now.
    check("ongoing", collection.get_payment_status(ongoing).is_pending(), True)
    check(
        "one callback for each final transaction",
        listener.counts(),
        dict.fromkeys(
            ["/paid", "/transfer", "/deposit", "/refund"]
            + [f"/467331234{end}" for end in (50, 51, 52, 55, 63)],
            1,
        ),
    )
    print(f"ok: {checks} checks")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: drive.py URL")
    main(sys.argv[1].rstrip("/"))
