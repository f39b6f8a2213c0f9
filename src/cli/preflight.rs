//! `momosandbox preflight`: tries a callback URL as MTN would.

use std::fmt::Write as _;
use std::io::Write;
use std::net::IpAddr;
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::callback::client::CallbackClient;
use crate::callback::resolver::Resolver;
use crate::certificates::approval::known_as;
use crate::certificates::issuing::Knowledge;
use crate::certificates::verification::SeenIssuer;
use crate::cli::callback_arguments::CallbackArguments;
use crate::cli::colour::ColourArguments;
use crate::cli::environment_arguments::ProfileName;
use crate::cli::failure::Failure;
use crate::cli::runtime::start_runtime;
use crate::engine::clock::Clock;
use momo_sandbox_core::model::callback_url::CallbackUrl;
use momo_sandbox_core::model::causes::with_causes;
use momo_sandbox_core::model::environment::{Environment, MARKETS, SANDBOX};
use momo_sandbox_core::model::escape::printable_lines;
use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId};
use momo_sandbox_core::model::submission::CallbackMethod;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::model::wrapping::wrapped;
use momo_sandbox_core::platform::callback::{Attempt, AttemptResult, Callback, DeliveryFailure};
use momo_sandbox_core::scenario::planned_callback::CallbackNumber;

/// The exit code where callbacks to the URL would fail.
const CALLBACKS_WOULD_FAIL: i32 = 3;

/// The arguments of `preflight`.
#[derive(Debug, Args)]
pub struct PreflightArguments {
    /// The callback URL
    #[arg(value_name = "URL")]
    pub url: String,

    /// Which rule set applies [default: production for https, sandbox for http]
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<ProfileName>,

    /// Print one JSON object
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub callbacks: CallbackArguments,

    #[command(flatten)]
    pub colour: ColourArguments,
}

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CheckOutcome {
    Pass,
    /// It works from here, but may not work from MTN's side.
    Warn,
    Fail,
    NotTried,
}

impl CheckOutcome {
    fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::NotTried => "not_tried",
        }
    }
}

/// A check of the callback URL.
#[derive(Debug)]
struct PreflightCheck {
    name: &'static str,
    outcome: CheckOutcome,
    seen: String,
    remedy: &'static str,
    /// Another check with the same cause, which has the remedy.
    because_of: Option<&'static str>,
}

/// Checks a callback URL and prints the outcome of each check.
///
/// # Errors
///
/// An invalid URL, or exit code 3 where a check fails.
pub fn run(arguments: &PreflightArguments) -> Result<(), Failure> {
    let url = CallbackUrl::parse(&arguments.url)
        .map_err(|why| Failure::user(format!("`{}` {why}", arguments.url)))?;
    let environment = match (arguments.profile, url.is_https()) {
        (Some(ProfileName::Production), _) | (None, true) => &MARKETS[0],
        (Some(ProfileName::Sandbox), _) | (None, false) => &SANDBOX,
    };
    let runtime = start_runtime()?;
    let checks = runtime.block_on(async {
        let settings = arguments.callbacks.settings()?;
        let seen = SeenIssuer::default();
        let client = CallbackClient::observed(environment, settings, Some(seen.clone())).map_err(
            |error| {
                let why = with_causes(&error);
                Failure::user(format!("callbacks cannot be sent: {why}"))
            },
        )?;
        let mut checks = url_checks(&url, environment);
        checks.push(resolution_check(&url, arguments.callbacks.route.is_empty()).await);
        checks.extend(delivery_checks(&client, &url, environment).await);
        if let Some((alias, known)) = seen.get().as_ref().and_then(known_as) {
            name_issuer(&mut checks, alias, known);
        }
        link_common_causes(&mut checks);
        Ok::<_, Failure>(checks)
    })?;
    let is_fit = checks.iter().all(|check| check.outcome != CheckOutcome::Fail);
    let text = if arguments.json {
        format!("{}\n", to_json(&url, environment, &checks, is_fit))
    } else {
        // A certificate may contain any characters.
        let text = printable_lines(&to_text(&url, environment, &checks));
        arguments.colour.paint(text, &std::io::stdout())
    };
    // A closed standard output is no failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    if is_fit {
        Ok(())
    } else {
        Err(Failure {
            code: CALLBACKS_WOULD_FAIL,
            message: format!("FAIL: callbacks to {url} would not be delivered or accepted"),
        })
    }
}

fn check(name: &'static str, outcome: CheckOutcome, seen: impl Into<String>) -> PreflightCheck {
    PreflightCheck { name, outcome, seen: seen.into(), remedy: remedy_of(name), because_of: None }
}

fn pass_if(name: &'static str, is_right: bool, seen: impl Into<String>) -> PreflightCheck {
    check(name, if is_right { CheckOutcome::Pass } else { CheckOutcome::Fail }, seen)
}

/// The remedy where a check does not pass.
fn remedy_of(name: &str) -> &'static str {
    match name {
        "scheme" => "use http in the sandbox, https in production",
        "host" => "register and use a host name, never an IP address",
        "port" => "serve callbacks on port 443, behind a reverse proxy if need be",
        "resolution" => "publish the name in the public DNS, with a public address",
        "connection" => "open the port to the internet and have a server listen there",
        "handshake" => "serve TLS 1.2 or 1.3 there",
        "chain" => "send the certificate with its intermediate, and renew it in time",
        "certificate-host" => "get a certificate for this host",
        "approval" => {
            "ask MTN's support whether it accepts this issuer by now, or get a certificate of an \
             approved intermediate that still issues: `momosandbox ca --list`"
        }
        "put" => "route PUT to the same handler as POST: v2 operations call back with PUT",
        "unknown-fields" => "ignore fields that you do not know",
        "missing-ids" => "find the transaction by the path of your callback URL",
        _ => "answer 200 at once and work afterwards; a redirect is not followed",
    }
}

/// Adds the approved intermediate, and whether it still issues certificates, to the approval check.
fn name_issuer(checks: &mut [PreflightCheck], alias: &str, known: &Knowledge) {
    for check in checks {
        if check.name == "approval" && check.outcome == CheckOutcome::Pass {
            check.seen = format!("{alias}; known to issue still: {known}");
        }
    }
}

/// Links checks that fail by the same cause to the first of them, which has the remedy.
fn link_common_causes(checks: &mut [PreflightCheck]) {
    let seen_of = |checks: &[PreflightCheck], name: &str| {
        let failed =
            |check: &&PreflightCheck| check.name == name && check.outcome == CheckOutcome::Fail;
        checks.iter().find(failed).map(|check| check.seen.clone())
    };
    let unresolved = seen_of(checks, "resolution");
    let no_https = seen_of(checks, "scheme");
    let post = seen_of(checks, "post");
    for check in checks.iter_mut().filter(|check| check.outcome != CheckOutcome::Pass) {
        check.because_of = match check.name {
            "connection" if unresolved.is_some() => Some("resolution"),
            // The port follows from the scheme where the URL names none.
            "port" if no_https.is_some() && check.seen.starts_with("80:") => Some("scheme"),
            "put" | "unknown-fields" | "missing-ids" if post.as_ref() == Some(&check.seen) => {
                Some("post")
            }
            _ => None,
        };
    }
}

/// The checks that need no connection.
fn url_checks(url: &CallbackUrl, environment: &Environment) -> Vec<PreflightCheck> {
    let scheme = if url.is_https() { "https" } else { "http" };
    let is_right_scheme = url.is_https() == environment.is_production();
    let mut checks = vec![pass_if("scheme", is_right_scheme, scheme)];
    let is_name = !url.is_ip_address();
    let host = url.host();
    checks.push(if is_name || environment.is_production() {
        pass_if("host", is_name, host.to_string())
    } else {
        check("host", CheckOutcome::Warn, format!("{host}: refused in production"))
    });
    let port = url.port().to_string();
    checks.push(match (environment.is_production(), url.port()) {
        (true, 443) | (false, _) => check("port", CheckOutcome::Pass, port),
        (true, _) => check("port", CheckOutcome::Warn, format!("{port}: MTN uses 443 in practice")),
    });
    checks
}

/// Checks that the host's name resolves to public addresses.
async fn resolution_check(url: &CallbackUrl, is_unrouted: bool) -> PreflightCheck {
    if !is_unrouted {
        return check("resolution", CheckOutcome::NotTried, "a --route says where to connect");
    }
    let resolver = match Resolver::of_the_system() {
        Ok(resolver) => resolver,
        Err(why) => return check("resolution", CheckOutcome::Fail, why.to_string()),
    };
    match resolver.addresses_of(url.host()).await {
        Err(why) => check("resolution", CheckOutcome::Fail, why.to_string()),
        Ok(addresses) => {
            let shown: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            let shown = shown.join(", ");
            if addresses.iter().any(is_private) {
                let seen =
                    format!("{shown}: MTN cannot reach an address of this machine or network");
                check("resolution", CheckOutcome::Warn, seen)
            } else {
                check("resolution", CheckOutcome::Pass, shown)
            }
        }
    }
}

fn is_private(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// The steps of an attempt before its answer, in order, with the failure of each.
const STEPS: [(&str, DeliveryFailure); 5] = [
    ("connection", DeliveryFailure::Connection),
    ("handshake", DeliveryFailure::Handshake),
    ("chain", DeliveryFailure::Chain),
    ("certificate-host", DeliveryFailure::Host),
    ("approval", DeliveryFailure::Approval),
];

/// Sends callbacks: by POST, by PUT, with unknown fields, without an external id.
async fn delivery_checks(
    client: &CallbackClient,
    url: &CallbackUrl,
    environment: &Environment,
) -> Vec<PreflightCheck> {
    let usual = sample(environment);
    let mut with_more = usual.clone();
    with_more["x-unknown"] = json!({"text": "a field that no document has"});
    let mut without = usual.clone();
    without.as_object_mut().expect("it is an object").remove("externalId");
    let first = attempt(client, url, CallbackMethod::Post, &usual).await;
    let mut checks = connection_checks(&first, url.is_https(), environment.is_production());
    let is_answered = matches!(first.result, AttemptResult::Answered { .. });
    checks.push(answer_check("post", &first));
    for (name, method, body) in [
        ("put", CallbackMethod::Put, &usual),
        ("unknown-fields", CallbackMethod::Post, &with_more),
        ("missing-ids", CallbackMethod::Post, &without),
    ] {
        checks.push(if is_answered {
            answer_check(name, &attempt(client, url, method, body).await)
        } else {
            check(name, CheckOutcome::NotTried, "skipped: POST failed")
        });
    }
    checks
}

/// The checks of the steps up to the one at which an attempt failed.
fn connection_checks(attempt: &Attempt, is_tls: bool, needs_approval: bool) -> Vec<PreflightCheck> {
    let failed_at = match &attempt.result {
        AttemptResult::Answered { .. } => None,
        AttemptResult::Failed { failure, detail } => Some((*failure, detail.as_str())),
    };
    let place = failed_at.and_then(|(failure, detail)| {
        let place = STEPS.iter().position(|(_, of_step)| *of_step == failure);
        let before_all =
            matches!(failure, DeliveryFailure::NotAllowed | DeliveryFailure::NameResolution);
        place.map(|place| (place, detail)).or(before_all.then_some((0, detail)))
    });
    let wanted = STEPS.iter().enumerate().filter(|(index, (name, _))| {
        *index == 0 || (is_tls && (*name != "approval" || needs_approval))
    });
    wanted
        .map(|(index, (name, _))| match place {
            Some((failed, detail)) if index == failed => check(name, CheckOutcome::Fail, detail),
            Some((failed, _)) if index > failed => {
                check(name, CheckOutcome::NotTried, "not reached")
            }
            _ => check(name, CheckOutcome::Pass, ""),
        })
        .collect()
}

fn answer_check(name: &'static str, attempt: &Attempt) -> PreflightCheck {
    let took = attempt.took.as_millis();
    match &attempt.result {
        AttemptResult::Answered { status, .. } if attempt.result.is_success() => {
            check(name, CheckOutcome::Pass, format!("{status} after {took} ms"))
        }
        AttemptResult::Answered { status, .. } => {
            let detail = attempt.result.answer_detail();
            let detail = detail.map_or_else(String::new, |detail| format!(": {detail}"));
            check(name, CheckOutcome::Fail, format!("{status}{detail}"))
        }
        AttemptResult::Failed {
            failure: DeliveryFailure::TimedOut | DeliveryFailure::ConnectionBroken,
            detail,
        } => check(name, CheckOutcome::Fail, detail.as_str()),
        AttemptResult::Failed { .. } => check(name, CheckOutcome::NotTried, "no connection"),
    }
}

/// The body of a callback (docs/contract.md#status-bodies).
fn sample(environment: &Environment) -> Value {
    json!({
        "financialTransactionId": "1234567890",
        "externalId": "momo-sandbox-preflight",
        "amount": "1",
        "currency": environment.currency,
        "payer": {"partyIdType": "MSISDN", "partyId": "46733123999"},
        "payerMessage": "momo-sandbox preflight: nobody paid",
        "payeeNote": "",
        "status": "SUCCESSFUL",
    })
}

async fn attempt(
    client: &CallbackClient,
    url: &CallbackUrl,
    method: CallbackMethod,
    body: &Value,
) -> Attempt {
    let callback = Callback {
        api_user: ApiUserId(Uuid::nil()),
        platform: None,
        generation: 0,
        reference_id: ReferenceId(Uuid::nil()),
        url: url.clone(),
        method,
        body: Arc::from(body.to_string()),
        content: None,
        number: CallbackNumber::first(0),
        due_at: Timestamp(0),
    };
    client.attempt(&callback, &Clock::real()).await
}

fn to_text(url: &CallbackUrl, environment: &Environment, checks: &[PreflightCheck]) -> String {
    let rules = if environment.is_production() { "production" } else { "the sandbox" };
    let mut text = wrapped("", "  ", &format!("{url}, by the rules of {rules}"));
    for check in checks {
        let mark = match check.outcome {
            CheckOutcome::Pass => "pass ",
            CheckOutcome::Warn => "warn ",
            CheckOutcome::Fail => "FAIL ",
            CheckOutcome::NotTried => "-    ",
        };
        let first = format!("  {mark}  {:<17}", check.name);
        if check.seen.is_empty() {
            let _ = writeln!(text, "{}", first.trim_end());
        } else {
            text += &wrapped(&first, &" ".repeat(first.len()), &check.seen);
        }
        match (check.outcome, check.because_of) {
            (CheckOutcome::Pass | CheckOutcome::NotTried, _) => {}
            (_, Some(cause)) => {
                let _ = writeln!(text, "           -> the same cause as {cause}");
            }
            (_, None) => text += &wrapped("           -> ", "              ", check.remedy),
        }
    }
    text + &last_line(url, checks)
}

/// The last line where no check failed. A failure goes to standard error instead.
fn last_line(url: &CallbackUrl, checks: &[PreflightCheck]) -> String {
    let count = |outcome| checks.iter().filter(|check| check.outcome == outcome).count();
    let warnings = match count(CheckOutcome::Warn) {
        _ if count(CheckOutcome::Fail) > 0 => return String::new(),
        0 => String::new(),
        1 => "; 1 warning".to_owned(),
        several => format!("; {several} warnings"),
    };
    wrapped(
        "",
        "  ",
        &format!("pass: callbacks to {url} would be delivered and accepted{warnings}"),
    )
}

fn to_json(
    url: &CallbackUrl,
    environment: &Environment,
    checks: &[PreflightCheck],
    is_fit: bool,
) -> Value {
    let checks: Vec<Value> = checks
        .iter()
        .map(|check| {
            json!({
                "name": check.name,
                "verdict": check.outcome.name(),
                "seen": check.seen,
                "remedy": check.because_of.is_none().then_some(check.remedy),
                "because_of": check.because_of,
            })
        })
        .collect();
    json!({
        "url": url.as_str(),
        "profile": if environment.is_production() { "production" } else { "sandbox" },
        "verdict": if is_fit { "pass" } else { "fail" },
        "checks": checks,
    })
}
