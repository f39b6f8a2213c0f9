//! `docs/errors.md`: which mistake meets which status and code, made from the refusals.

use std::collections::BTreeSet;
use std::fmt::Write;

use momo_sandbox_core::operations::possible_refusals::PossibleRefusal;
use momo_sandbox_core::operations::rejection::RejectionKind;
use momo_sandbox_core::operations::table::{OPERATIONS, Operation};
use serde_json::Value;

const INTRODUCTION: &str = "\
<!-- Made from the sources: MOMO_SANDBOX_UPDATE_DOCS=1 cargo test docs -->

# Errors

Which mistake meets which status and code. For those who look up an answer, or write the handling
of errors.

MTN's gateway says little: many refusals have no body at all. The emulator sends the same bytes,
and explains each in the header `X-Momo-Sandbox-Why`, in the journal and in the log. The name in
the last column is the `refusal` of the journal and of the metrics.

Mistakes are checked in the order of this table: a request with two of them meets the first ([the
contract](contract.md#order-of-checks) says how that is known). A refused POST creates nothing, so
its reference id may be used again.

| what is wrong | status | code or message | which operations | refusal |
|---|---|---|---|---|
";

const REST: &str = "
## Limits of the emulator

These answers are the emulator's own. [`docs/limits.md`](limits.md) has the flags.

| what is wrong | status | refusal |
|---|---|---|
| the body is larger than `--body-bytes-max` | 413 | `body_too_large` |
| the body takes longer than `--body-time-max` | 408 | `body_too_slow` |
| the body ends before its `Content-Length` | 400 | `body_cut_off` |
| the request cannot be read | 400, 408, 431 \
| [its cause](control.md#requests-that-fail-in-http-or-tls) |

## Failed transactions

A POST that is answered with 202 may still fail. Its status is then FAILED with a `reason`; [the
contract](contract.md#reasons) says what each reason means, and [MTN's test
values](test-values.md) and [scenarios](scenarios.md) bring each about.

## Errors on demand

A scenario answers any request with any status, code and message, or breaks its connection:
`submit` and `query` of [a rule](scenarios.md#rules).
";

/// The mistakes, in the order in which they are checked: the refusal's name, what is wrong, and
/// which operations refuse it.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "length_required",
        "there is neither `Content-Length` nor a chunked body (`curl -X POST` without `-d`)",
        "every POST",
    ),
    ("no_such_path", "nothing serves this path with this method", "all"),
    ("subscription_key_missing", "there is no `Ocp-Apim-Subscription-Key`", "all"),
    ("subscription_key_invalid", "the subscription key is another product's, or unknown", "all"),
    ("login_failed", "the API user or API key is wrong or missing", "those with Basic credentials"),
    ("invalid_token", "the access token is missing, unknown or expired", "those with a token"),
    (
        "target_environment_forbidden",
        "`X-Target-Environment` is missing or another one, or another product's key provisioned \
         the API user",
        "all of a product but `token`",
    ),
    (
        "malformed",
        "a field, header or id breaks a [rule of form](contract.md#malformed-requests)",
        "those with an id or a body",
    ),
    (
        "server_error",
        "the body is empty, or has `\"payer\":{}`: the real platform breaks",
        "every POST with a JSON body, and `bc-authorize`",
    ),
    (
        "callback_host",
        "the host of `X-Callback-Url` is not the provider callback host",
        "payments, payouts and approvals",
    ),
    (
        "currency",
        "the currency is not the target environment's (sandbox: EUR)",
        "payments, payouts and approvals; the balance in a currency",
    ),
    (
        "duplicate",
        "the reference id was used before: ask for the status of what it names",
        "what creates something with a reference id",
    ),
    (
        "not_found",
        "nothing has this reference id, or the account holder is unknown",
        "statuses, actions, API users, `active`",
    ),
    ("not_successful", "the request to pay is not SUCCESSFUL yet", ""),
    ("notified_before", "a delivery notification was sent before", ""),
    ("notified_too_late", "the request to pay succeeded more than 24 hours ago", ""),
    ("not_cancellable", "the approval is not one that can be cancelled", ""),
    ("consent", "", ""),
    ("rate_limited", "the status was asked for too often", "statuses"),
    ("not_allowed", "MTN's test value asks for it", ""),
    ("internal_processing_error", "MTN's test value asks for it", ""),
    ("service_unavailable", "MTN's test value asks for it", ""),
    (
        "limit_reached",
        "`--pending-max`, `--api-users-max` or `--kept-bytes-max` is reached",
        "what creates something",
    ),
];

/// What is wrong where there is no token for a consent, by the error.
const CONSENTS: &[(&str, &str)] = &[
    ("authorization_pending", "the account holder has not answered yet"),
    ("access_denied", "the account holder refused"),
    ("expired_token", "the request for consent has expired"),
    ("invalid_grant", "the `auth_req_id` or refresh token is unknown, used up or not yours"),
    ("invalid_request", "a parameter of the form is missing"),
    ("unsupported_grant_type", "the `grant_type` is another one"),
    ("unknown_user_id", "there is no such account holder"),
    ("insufficient_scope", "the consent does not cover this"),
];

/// The page.
pub fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    let mut known = BTreeSet::new();
    for (name, mistake, which) in MISTAKES {
        known.insert(*name);
        for (status, code, operations) in answers_of(name) {
            let consent = CONSENTS.iter().find(|(error, _)| format!("`{error}`") == code);
            let mistake = consent.map_or(*mistake, |(_, mistake)| *mistake);
            assert!(!mistake.is_empty(), "{name} with {code} has no words");
            let which = if which.is_empty() { names(&operations) } else { (*which).to_owned() };
            let _ = writeln!(page, "| {mistake} | {status} | {code} | {which} | `{name}` |");
        }
    }
    for refusal in OPERATIONS.iter().flat_map(Operation::possible_refusals) {
        assert!(known.contains(name_of(refusal)), "{} has no row", name_of(refusal));
    }
    page + REST
}

fn name_of(refusal: PossibleRefusal) -> &'static str {
    match refusal {
        PossibleRefusal::Of(kind) => kind.name(),
        PossibleRefusal::Consent(_) => RejectionKind::Consent.name(),
    }
}

/// The answers of a refusal, each with the operations that give it.
fn answers_of(name: &str) -> Vec<(u16, String, Vec<&'static Operation>)> {
    let mut answers: Vec<(u16, String, Vec<&'static Operation>)> = Vec::new();
    for operation in OPERATIONS {
        let refusals = operation.possible_refusals();
        for refusal in refusals.into_iter().filter(|refusal| name_of(*refusal) == name) {
            let answer = refusal.answer();
            let code = code_of(&answer.body);
            let same =
                answers.iter_mut().find(|(status, of, _)| *status == answer.status && *of == code);
            match same {
                Some((_, _, operations)) => operations.push(operation),
                None => answers.push((answer.status, code, vec![operation])),
            }
        }
    }
    answers
}

/// What an error body says.
fn code_of(body: &str) -> String {
    if body.is_empty() {
        return "no body".to_owned();
    }
    let Ok(body) = serde_json::from_str::<Value>(body) else {
        return "an HTML page".to_owned();
    };
    let found = ["code", "error", "message"].iter().find_map(|name| body[*name].as_str());
    let found = found.expect("an error body has one of them");
    match found.split_once(". ") {
        Some((first, _)) => format!("\"{first}. …\""),
        None if found.contains(' ') => format!("\"{found}\""),
        None => format!("`{found}`"),
    }
}

/// The names of operations.
fn names(operations: &[&'static Operation]) -> String {
    let mut names: Vec<String> = Vec::new();
    for operation in operations {
        let mut parts = operation.path.split('/').filter(|part| !part.starts_with('{'));
        let name = parts.rfind(|part| !["", "v1_0", "v2_0"].contains(part));
        let name = match name {
            Some("token") => "`oauth2/token`".to_owned(),
            name => format!("`{}`", name.unwrap_or_default()),
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}
