"""The consent of an account holder, its tokens, and what they show and pay."""

import sys
import time

from mtnmomo import (
    CollectionAPI,
    DisbursementAPI,
    MoMoAuthenticationError,
    MoMoValidationError,
    Token,
)

from checking import (
    ORDINARY,
    POLL_INTERVAL,
    POLLS,
    Listener,
    called_back,
    check,
    msisdn,
    order,
    refused,
)

PROFILE = "sub name given_name family_name birthdate locale gender updated_at".split()
ALL_INFO = (
    PROFILE
    + (
        "status email email_verified phone_number phone_number_verified address credit_score"
        " active country_of_birth region_of_birth city_of_birth occupation employer_name"
        " identification_type identification_value"
    ).split()
)


def granted(product: CollectionAPI | DisbursementAPI, request: dict[str, str]) -> Token:
    """The token of a consent, waited for."""
    for _ in range(POLLS):
        try:
            return product.create_oauth2_token(request)
        except MoMoValidationError as error:
            if error.payload != {"error": "authorization_pending"}:
                raise
        time.sleep(POLL_INTERVAL)
    sys.exit(f"wrong: no consent after {POLLS} polls")


def drive_consent(product: CollectionAPI | DisbursementAPI) -> None:
    name = product.product

    def ask(holder: str, scope: str = "profile") -> dict[str, str]:
        # The client asks with Basic credentials, as MTN's documents of disbursement and remittance
        # say; its document of collection says Bearer.
        asked = product.authorize_ciba(
            {
                "login_hint": f"ID:{holder}/MSISDN",
                "scope": scope,
                "access_type": "offline",
            }
        )
        check(f"{name} consent asked", (asked["interval"], asked["expires_in"]), (5, 3600))
        grant_type = "urn:openid:params:grant-type:ciba"
        return {"grant_type": grant_type, "auth_req_id": asked["auth_req_id"]}

    token = granted(product, ask(ORDINARY))
    check(
        f"{name} consent token",
        (token.token_type, token.expires_in, token.scope),
        ("Bearer", 300, "profile"),
    )
    check(f"{name} refresh token lives", (token.refresh_token_expires_in or 0) > 3600, True)
    user = product.get_user_info_with_consent(token.access_token)
    check(f"{name} user info", sorted(user), sorted(PROFILE))
    check(f"{name} user", (user["given_name"], user["family_name"]), ("Sand", "Box"))
    everything = granted(product, ask(ORDINARY, "all_info")).access_token
    user = product.get_user_info_with_consent(everything)
    check(f"{name} all user info", sorted(user), sorted(ALL_INFO))
    check(f"{name} all of the user", (user["phone_number"], user["active"]), ("46123456789", True))

    refresh = {"grant_type": "refresh_token", "refresh_token": token.refresh_token or ""}
    renewed = product.create_oauth2_token(refresh)
    check(
        f"{name} user info, refreshed",
        product.get_user_info_with_consent(renewed.access_token)["sub"],
        user["sub"],
    )
    ordinary = product.create_access_token().access_token
    refused(
        f"{name} user info without consent",
        lambda: product.get_user_info_with_consent(ordinary),
        MoMoAuthenticationError,
        401,
        None,
    )
    for holder, problem in {
        "46733123451": "access_denied",
        "46733123452": "authorization_pending",
        "46733123453": "expired_token",
    }.items():
        request = ask(holder)
        for _ in range(POLLS):
            what = f"{name} consent of {holder}"
            error = refused(
                what,
                lambda: product.create_oauth2_token(request),
                MoMoValidationError,
                400,
                None,
            )
            if error.payload["error"] == problem:
                break
            check(what, error.payload, {"error": "authorization_pending"})
            time.sleep(POLL_INTERVAL)
        else:
            sys.exit(f"wrong: {what}: not {problem} after {POLLS} polls")


def drive_payment_with_consent(collection: CollectionAPI, listener: Listener) -> None:
    """MTN's account holder whose consent is good and whose account is empty."""
    asked = collection.authorize_ciba(
        {"login_hint": "ID:46733123458/MSISDN", "scope": "transfer", "access_type": "online"}
    )
    grant_type = "urn:openid:params:grant-type:ciba"
    request = {"grant_type": grant_type, "auth_req_id": asked["auth_req_id"]}
    token = granted(collection, request)
    check("no offline access, no refresh", token.refresh_token, None)
    collection.request_to_pay(
        order("order-4", payer=msisdn(ORDINARY)),
        callback_url=listener.url("/consented"),
        access_token=token.access_token,
    )
    body = called_back(listener, "/consented", "POST").body
    check("no funds", (body["status"], body["reason"]), ("FAILED", "NOT_ENOUGH_FUNDS"))
