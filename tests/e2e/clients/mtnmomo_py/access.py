"""The two doors, what can be read about accounts, and what is refused."""

import os
from uuid import uuid4

from mtnmomo import (
    ApiUser,
    Balance,
    CollectionAPI,
    DisbursementAPI,
    MoMoAuthenticationError,
    MoMoClient,
    MoMoConfig,
    MoMoConflictError,
    MoMoNotFoundError,
    MoMoServerError,
    ProductCredentials,
)

from checking import ORDINARY, Journal, check, malformed, msisdn, order, refused

KEY = "a-subscription-key"


def provision(url: str) -> ProductCredentials:
    """The first door: a base URL."""
    nobody = ProductCredentials(KEY, "", "")
    with MoMoClient(MoMoConfig(collection=nobody, base_url=url)) as client:
        sandbox = client.sandbox
        user = sandbox.create_api_user("localhost")
        secret = sandbox.create_api_key(user)
        check("API key length", len(secret), 32)
        check("API user", sandbox.get_api_user(user), ApiUser("localhost", None, "sandbox"))
        refused(
            "used API user",
            lambda: sandbox.create_api_user("localhost", reference_id=user),
            MoMoConflictError,
            409,
            "RESOURCE_ALREADY_EXIST",
        )
        for call in (sandbox.get_api_user, sandbox.create_api_key):
            refused(
                f"{call.__name__} of nobody",
                lambda: call(str(uuid4())),
                MoMoNotFoundError,
                404,
                "RESOURCE_NOT_FOUND",
            )
        stranger = client.collection.create_access_token
        payload = refused("stranger", stranger, MoMoServerError, 500, None).payload
        check("stranger is told", payload, {"error": "login_failed"})
    return ProductCredentials(KEY, user, secret)


def client_from_env(url: str, credentials: ProductCredentials) -> MoMoClient:
    """The second door: the environment."""
    os.environ["MTN_MOMO_BASE_URL"] = url
    for product in ("COLLECTION", "DISBURSEMENT"):
        os.environ[f"MTN_MOMO_{product}_SUBSCRIPTION_KEY"] = credentials.subscription_key
        os.environ[f"MTN_MOMO_{product}_API_USER"] = credentials.api_user
        os.environ[f"MTN_MOMO_{product}_API_KEY"] = credentials.api_key
    return MoMoClient.from_env()


def check_account(product: CollectionAPI | DisbursementAPI) -> None:
    name = product.product
    token = product.create_access_token()
    check(f"{name} token", (token.token_type, token.expires_in), ("access_token", 3600))
    check(f"{name} token is kept", product.create_access_token(), token)
    fresh = product.create_access_token(force_refresh=True).access_token

    balance = product.get_account_balance(access_token=fresh)
    check(f"{name} opening balance", balance, Balance("1000", "EUR"))
    for currency in ("EUR", "eur"):
        check(f"{name} balance in {currency}", product.get_account_balance(currency), balance)
    refused(
        f"{name} balance in UGX",
        lambda: product.get_account_balance("UGX"),
        MoMoServerError,
        500,
        "INVALID_CURRENCY",
    )
    user = product.get_basic_user_info("MSISDN", ORDINARY)
    check(f"{name} basic user info: updated_at", user.pop("updated_at") > 0, True)
    check(
        f"{name} basic user info",
        user,
        {
            "sub": "0",
            "name": "Sand Box",
            "given_name": "Sand",
            "family_name": "Box",
            "birthdate": "1976-08-13",
            "locale": "sv_SE",
            "gender": "MALE",
        },
    )
    active = product.validate_account_holder_status
    for id_type, identifier, wanted in (
        ("MSISDN", ORDINARY, True),
        ("msisdn", "46733123451", False),
        ("email", "someone@example.com", True),
        ("email", "notactive@email.com", False),
        ("party_code", "b0040b3c-b426-4a90-af6e-673e65861cd7", False),
    ):
        check(f"{name}: {id_type} {identifier}", active(id_type, identifier), wanted)
    for identifier, kind, status, code in (
        ("notfound@email.com", MoMoNotFoundError, 404, "RESOURCE_NOT_FOUND"),
        ("notallowed@email.com", MoMoServerError, 500, "NOT_ALLOWED"),
        ("serviceunavailable@email.com", MoMoServerError, 503, "SERVICE_UNAVAILABLE"),
    ):
        refused(f"{name} {identifier}", lambda: active("EMAIL", identifier), kind, status, code)


def check_refusals(client: MoMoClient, journal: Journal) -> None:
    collection, disbursement = client.collection, client.disbursement

    def pay(external_id: str = "order-3", currency: str = "EUR", **options: str) -> str:
        payload = order(external_id, payer=msisdn(ORDINARY)) | {"currency": currency}
        return collection.request_to_pay(payload, **options)

    used = pay(reference_id=str(uuid4()))
    for what, options, kind, status, code in (
        (
            "used reference",
            {"reference_id": used},
            MoMoConflictError,
            409,
            "RESOURCE_ALREADY_EXIST",
        ),
        ("currency", {"currency": "UGX"}, MoMoServerError, 500, "INVALID_CURRENCY"),
        (
            "callback host",
            {"callback_url": "http://elsewhere.example/callback"},
            MoMoServerError,
            500,
            "INVALID_CALLBACK_URL_HOST",
        ),
    ):
        refused(what, lambda: pay(**options), kind, status, code)
    for what, options, why in (
        ("no UUID", {"reference_id": "order-3"}, "X-Reference-Id"),
        ("spaces", {"external_id": "order 3"}, "externalId"),
    ):
        malformed(what, lambda: pay(**options), journal, why)

    unknown = str(uuid4())
    for get in (
        collection.get_request_to_pay_status,
        collection.get_request_to_withdraw_status,
        collection.get_invoice_status,
        collection.get_preapproval_status,
        collection.get_payment_status,
        disbursement.get_transfer_status,
        disbursement.get_deposit_status,
        disbursement.get_refund_status,
    ):
        refused(
            f"{get.__name__} of nothing",
            lambda: get(unknown),
            MoMoNotFoundError,
            404,
            "RESOURCE_NOT_FOUND",
        )

    elsewhere = disbursement.create_access_token().access_token
    balance = collection.get_account_balance(access_token=elsewhere)
    check("token of another product", balance, collection.get_account_balance())
    error = refused(
        "token of nobody",
        lambda: collection.get_account_balance(access_token="no-token"),
        MoMoAuthenticationError,
        401,
        None,
    )
    check("token of nobody is told nothing", error.payload or None, None)
    explained = journal.why("invalid_token")
    check(f"token of nobody: why ({explained})", "token" in explained, True)
