"""Points schemathesis at the served OpenAPI documents, with credentials set up.

    check.py DOCUMENT URL

Valid requests must meet no server error, no undocumented status and no body that breaks its schema.
Requests that break their schema may meet the 500s that MTN's gateway gives for the caller's own
mistakes; their bodies are in the documents to the last letter, so any other 500 breaks the schema.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
import uuid
from pathlib import Path

HERE = Path(__file__).parent
SEED = "20260901"
EXAMPLES = 25
KEY = {"Ocp-Apim-Subscription-Key": "any-key"}
CIBA = "urn:openid:params:grant-type:ciba"
CONFORMANCE = (
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    # Of hooks.py.
    "empty_body_conformance",
)
CHECKS = {
    "positive": (*CONFORMANCE, "not_a_server_error", "positive_data_acceptance"),
    "negative": CONFORMANCE,
}
ALL_CHECKS = (
    *CHECKS["positive"],
    "response_headers_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "use_after_free",
    "ensure_resource_availability",
    "ignored_auth",
    "object_level_authorization",
)

HOLDER = "{accountHolderIdType}/{accountHolderId}"
ACCOUNT_HOLDERS = (
    f"/v1_0/accountholder/{HOLDER}/active",
    f"/v1_0/accountholder/{HOLDER}/basicuserinfo",
    f"/v1_0/preapprovals/{HOLDER}",
)


class Merchant:
    """An API user whose callbacks may go to 127.0.0.1."""

    def __init__(self, url):
        self.url = url
        self.api_user = str(uuid.uuid4())
        host = {"providerCallbackHost": "127.0.0.1"}
        self.post("/v1_0/apiuser", host, {"X-Reference-Id": self.api_user})
        self.api_key = self.post(f"/v1_0/apiuser/{self.api_user}/apikey", {})["apiKey"]

    def post(self, path, body, headers=None):
        form = body if isinstance(body, str) else json.dumps(body)
        request = urllib.request.Request(
            self.url + path, form.encode(), {**KEY, **(headers or {})}, method="POST"
        )
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def basic(self):
        pair = f"{self.api_user}:{self.api_key}".encode()
        return {"Authorization": "Basic " + base64.b64encode(pair).decode()}

    def token(self, product):
        token = self.post(f"/{product}/token/", {}, self.basic())["access_token"]
        return {"Authorization": f"Bearer {token}"}

    def pay(self):
        reference = str(uuid.uuid4())
        payer = {"partyIdType": "MSISDN", "partyId": "46733123999"}
        headers = {"X-Target-Environment": "sandbox", "X-Reference-Id": reference}
        self.post(
            "/collection/v1_0/requesttopay",
            {"amount": "5", "currency": "EUR", "externalId": "order-1", "payer": payer},
            {**headers, **self.token("collection")},
        )
        return reference

    def consent_token(self, product):
        there = {"X-Target-Environment": "sandbox"}
        hint = urllib.parse.urlencode(
            {"login_hint": "ID:46733123999/MSISDN", "scope": "profile", "access_type": "offline"}
        )
        asked = self.post(f"/{product}/v1_0/bc-authorize", hint, {**there, **self.token(product)})
        grant = urllib.parse.urlencode({"grant_type": CIBA, "auth_req_id": asked["auth_req_id"]})
        token = self.post(f"/{product}/oauth2/token/", grant, {**there, **self.basic()})
        return {"Authorization": f"Bearer {token['access_token']}"}


def table(headers):
    """The headers as an inline table of TOML."""
    pairs = (f"{json.dumps(name)} = {json.dumps(value)}" for name, value in headers.items())
    return "{ " + ", ".join(pairs) + " }"


def configuration(merchant, document, mode):
    """The checks and each operation's credentials, as schemathesis's configuration."""
    is_product = document not in ("provisioning", "control")
    token = merchant.token(document) if is_product else {}
    lines = [f"seed = {SEED}", f"headers = {table({**KEY, **token})}", "[checks]"]
    wanted = set(CHECKS[mode])
    if document == "control":
        # What it takes depends on more than one parameter, and on what happened before.
        wanted.discard("positive_data_acceptance")
    lines += [f"{check}.enabled = {str(check in wanted).lower()}" for check in ALL_CHECKS]
    if document == "control":
        reference = merchant.pay()
        lines += [
            "[parameters]",
            f'"path.apiUserId" = "{merchant.api_user}"',
            f'"path.referenceId" = "{reference}"',
        ]
    if not is_product:
        return "\n".join(lines)
    own = {
        "/token/": merchant.basic(),
        "/oauth2/token/": merchant.basic(),
        "/oauth2/v1_0/userinfo": merchant.consent_token(document),
    }
    # What is refused here depends on more than one parameter, or on what happened before.
    depends = ("/oauth2/token/", *ACCOUNT_HOLDERS)
    for path in {**own, **dict.fromkeys(depends)}:
        headers = table({**KEY, **own.get(path, token)})
        lines += ["[[operations]]", f'include-path = "{path}"', f"headers = {headers}"]
        if path in depends:
            lines.append("checks.positive_data_acceptance.enabled = false")
    return "\n".join(lines)


def run(url, document, mode):
    """One run of schemathesis; its output is shown where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "schemathesis.toml"
        config.write_text(configuration(Merchant(url), document, mode), encoding="utf-8")
        command = [
            str(Path(sys.executable).parent / "schemathesis"),
            "--config-file", str(config),
            "run", f"{url}/_sandbox/openapi/{document}.json",
            "--mode", mode,
            "--max-examples", str(EXAMPLES),
            "--phases", "examples,coverage,fuzzing",
            "--generation-database", "none",
            "--continue-on-failure",
            "--warnings", "off",
            "--suppress-health-check", "all",
            "--no-color",
            # A stream has no end, and waiting takes as long as it is told to.
            "--exclude-path-regex", "/(stream|wait)$",
        ]
        # Only where the callback's URL is to be good is it that of the registered host.
        hooks = "registered_host" if mode == "positive" else "hooks"
        environment = {**os.environ, "PYTHONPATH": str(HERE), "SCHEMATHESIS_HOOKS": hooks}
        done = subprocess.run(command, env=environment, cwd=folder, text=True, capture_output=True)
    if done.returncode != 0:
        print(done.stdout, done.stderr, sep="\n")
        sys.exit(f"{document}, {mode} requests: schemathesis found failures")
    counts = [line.strip() for line in done.stdout.splitlines() if "generated" in line]
    print(f"{document}, {mode} requests:", *counts[-1:])


def main():
    document, url = sys.argv[1:]
    for mode in CHECKS:
        run(url, document, mode)
    print("ok: schemathesis finds nothing on", document)


main()
