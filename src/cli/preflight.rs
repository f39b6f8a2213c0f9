//! `momo-sandbox preflight`: tries a merchant's real callback URL as MTN would.

use std::fmt::Write as _;
use std::io::Write;
use std::net::IpAddr;
use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::callback::client::CallbackClient;
use crate::callback::resolver::Resolver;
use crate::certificates::approval::known_as;
use crate::certificates::issuing::Knowledge;
use crate::certificates::verification::SeenIssuer;
use crate::cli::arguments::Preflight;
use crate::cli::environment_arguments::ProfileName;
use crate::cli::{Failure, start_runtime};
use crate::engine::clock::Clock;
use momo_sandbox_core::model::callback_url::CallbackUrl;
use momo_sandbox_core::model::causes::with_causes;
use momo_sandbox_core::model::environment::{Environment, MARKETS, SANDBOX};
use momo_sandbox_core::model::escape::printable_lines;
use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId};
use momo_sandbox_core::model::submission::CallbackMethod;
use momo_sandbox_core::model::wrapping::wrapped;
use momo_sandbox_core::platform::callback::{Attempt, AttemptResult, Callback, DeliveryFailure};

/// The exit code where the URL would not get its callbacks.
const NOT_FIT: u8 = 3;

/// How one thing came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Pass,
    /// It works here, and may not from MTN's side.
    Warn,
    Fail,
    NotTried,
}

impl Verdict {
    fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::NotTried => "not_tried",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug)]
struct Check {
    name: &'static str,
    verdict: Verdict,
    seen: String,
    remedy: &'static str,
    /// The check that has the same cause, and says what to do.
    because_of: Option<&'static str>,
}

/// Tries a URL and prints a verdict for each thing that must be right.
///
/// # Errors
///
/// A URL that is none, or exit code 3 where something is not right.
pub fn preflight(arguments: &Preflight) -> Result<(), Failure> {
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
        let mut checks = about_the_url(&url, environment);
        checks.push(about_the_name(&url, arguments.callbacks.route.is_empty()).await);
        checks.extend(about_delivery(&client, &url, environment).await);
        if let Some((alias, known)) = seen.get().as_ref().and_then(known_as) {
            say_who_issued(&mut checks, alias, known);
        }
        find_common_causes(&mut checks);
        Ok::<_, Failure>(checks)
    })?;
    let is_fit = checks.iter().all(|check| check.verdict != Verdict::Fail);
    let text = if arguments.json {
        format!("{}\n", to_json(&url, environment, &checks, is_fit))
    } else {
        let text = printable_lines(&to_text(&url, environment, &checks));
        arguments.colour.painted(text, &std::io::stdout())
    };
    // Whoever closed standard output does not want to read it.
    let _ = std::io::stdout().write_all(text.as_bytes());
    if is_fit {
        Ok(())
    } else {
        Err(Failure {
            code: NOT_FIT,
            message: format!("FAIL: callbacks to {url} would not be delivered or accepted"),
        })
    }
}

fn check(name: &'static str, verdict: Verdict, seen: impl Into<String>) -> Check {
    Check { name, verdict, seen: seen.into(), remedy: remedy_of(name), because_of: None }
}

fn pass_if(name: &'static str, is_right: bool, seen: impl Into<String>) -> Check {
    check(name, if is_right { Verdict::Pass } else { Verdict::Fail }, seen)
}

/// What to do where a check does not pass.
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
             approved intermediate that still issues: `momo-sandbox ca --list`"
        }
        "put" => "route PUT to the same handler as POST: v2 operations call back with PUT",
        "unknown-fields" => "ignore fields that you do not know",
        "missing-ids" => "find the transaction by the path of your callback URL",
        _ => "answer 200 at once and work afterwards; a redirect is not followed",
    }
}

/// Says at the approval that passed whose it was, and whether that intermediate still issues.
fn say_who_issued(checks: &mut [Check], alias: &str, known: &Knowledge) {
    for check in checks {
        if check.name == "approval" && check.verdict == Verdict::Pass {
            check.seen = format!("{alias}; known to issue still: {known}");
        }
    }
}

/// One cause may fail several checks: the first of them says what to do, and the others name it.
fn find_common_causes(checks: &mut [Check]) {
    let seen_of = |checks: &[Check], name: &str| {
        let failed = |check: &&Check| check.name == name && check.verdict == Verdict::Fail;
        checks.iter().find(failed).map(|check| check.seen.clone())
    };
    let unresolved = seen_of(checks, "resolution");
    let no_https = seen_of(checks, "scheme");
    let post = seen_of(checks, "post");
    for check in checks.iter_mut().filter(|check| check.verdict != Verdict::Pass) {
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

/// What can be told without a connection.
fn about_the_url(url: &CallbackUrl, environment: &Environment) -> Vec<Check> {
    let scheme = if url.is_https() { "https" } else { "http" };
    let is_right_scheme = url.is_https() == environment.is_production();
    let mut checks = vec![pass_if("scheme", is_right_scheme, scheme)];
    let is_name = !url.is_ip_address();
    checks.push(match environment.is_production() {
        true => pass_if("host", is_name, url.host().to_string()),
        false if is_name => check("host", Verdict::Pass, url.host().to_string()),
        false => check("host", Verdict::Warn, format!("{}: refused in production", url.host())),
    });
    let port = url.port().to_string();
    checks.push(match (environment.is_production(), url.port()) {
        (true, 443) | (false, _) => check("port", Verdict::Pass, port),
        (true, _) => check("port", Verdict::Warn, format!("{port}: MTN uses 443 in practice")),
    });
    checks
}

/// Whether the host's name leads anywhere from MTN's side.
async fn about_the_name(url: &CallbackUrl, is_unrouted: bool) -> Check {
    if !is_unrouted {
        return check("resolution", Verdict::NotTried, "a --route says where to connect");
    }
    let resolver = match Resolver::of_the_system() {
        Ok(resolver) => resolver,
        Err(why) => return check("resolution", Verdict::Fail, why.to_string()),
    };
    match resolver.addresses_of(url.host()).await {
        Err(why) => check("resolution", Verdict::Fail, why.to_string()),
        Ok(addresses) => {
            let shown: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            let shown = shown.join(", ");
            if !addresses.iter().any(is_private) {
                check("resolution", Verdict::Pass, shown)
            } else {
                check(
                    "resolution",
                    Verdict::Warn,
                    format!("{shown}: MTN cannot reach an address of this machine or network"),
                )
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

/// The points that an attempt passes, in order, before it is answered.
const POINTS: [(&str, DeliveryFailure); 5] = [
    ("connection", DeliveryFailure::Connection),
    ("handshake", DeliveryFailure::Handshake),
    ("chain", DeliveryFailure::Chain),
    ("certificate-host", DeliveryFailure::Host),
    ("approval", DeliveryFailure::Approval),
];

/// Real callbacks: by POST, by PUT, with odd bodies.
async fn about_delivery(
    client: &CallbackClient,
    url: &CallbackUrl,
    environment: &Environment,
) -> Vec<Check> {
    let usual = sample(environment);
    let mut with_more = usual.clone();
    with_more["x-unknown"] = json!({"text": "a field that no document has"});
    let mut without = usual.clone();
    without.as_object_mut().expect("it is an object").remove("externalId");
    let first = attempt(client, url, CallbackMethod::Post, &usual).await;
    let mut checks = points_of(&first, url.is_https(), environment.is_production());
    let is_answered = matches!(first.result, AttemptResult::Answered { .. });
    checks.push(about_answer("post", &first));
    for (name, method, body) in [
        ("put", CallbackMethod::Put, &usual),
        ("unknown-fields", CallbackMethod::Post, &with_more),
        ("missing-ids", CallbackMethod::Post, &without),
    ] {
        checks.push(if is_answered {
            about_answer(name, &attempt(client, url, method, body).await)
        } else {
            check(name, Verdict::NotTried, "skipped: POST failed")
        });
    }
    checks
}

/// How far an attempt came.
fn points_of(attempt: &Attempt, is_tls: bool, needs_approval: bool) -> Vec<Check> {
    let failed_at = match &attempt.result {
        AttemptResult::Answered { .. } => None,
        AttemptResult::Failed { failure, detail } => Some((*failure, detail.as_str())),
    };
    let place = failed_at.and_then(|(failure, detail)| {
        let place = POINTS.iter().position(|(_, point)| *point == failure);
        let before_all =
            matches!(failure, DeliveryFailure::NotAllowed | DeliveryFailure::NameResolution);
        place.map(|place| (place, detail)).or(before_all.then_some((0, detail)))
    });
    let wanted = POINTS.iter().enumerate().filter(|(index, (name, _))| {
        *index == 0 || (is_tls && (*name != "approval" || needs_approval))
    });
    wanted
        .map(|(index, (name, _))| match place {
            Some((failed, detail)) if index == failed => check(name, Verdict::Fail, detail),
            Some((failed, _)) if index > failed => check(name, Verdict::NotTried, "not reached"),
            _ => check(name, Verdict::Pass, ""),
        })
        .collect()
}

fn about_answer(name: &'static str, attempt: &Attempt) -> Check {
    let took = attempt.took.as_millis();
    match &attempt.result {
        AttemptResult::Answered { status, .. } if attempt.result.is_success() => {
            check(name, Verdict::Pass, format!("{status} after {took} ms"))
        }
        AttemptResult::Answered { status, .. } => {
            let detail = attempt.result.answer_detail();
            let detail = detail.map_or_else(String::new, |detail| format!(": {detail}"));
            check(name, Verdict::Fail, format!("{status}{detail}"))
        }
        AttemptResult::Failed {
            failure: DeliveryFailure::TimedOut | DeliveryFailure::ConnectionBroken,
            detail,
        } => check(name, Verdict::Fail, detail.as_str()),
        AttemptResult::Failed { .. } => check(name, Verdict::NotTried, "no connection"),
    }
}

/// A callback's body, as the real gateway sends it (docs/contract.md#status-bodies).
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
        generation: 0,
        reference_id: ReferenceId(Uuid::nil()),
        url: url.clone(),
        method,
        body: Arc::from(body.to_string()),
    };
    client.attempt(&callback, &Clock::real()).await
}

fn to_text(url: &CallbackUrl, environment: &Environment, checks: &[Check]) -> String {
    let rules = if environment.is_production() { "production" } else { "the sandbox" };
    let mut text = wrapped("", "  ", &format!("{url}, by the rules of {rules}"));
    for check in checks {
        let mark = match check.verdict {
            Verdict::Pass => "pass ",
            Verdict::Warn => "warn ",
            Verdict::Fail => "FAIL ",
            Verdict::NotTried => "-    ",
        };
        let first = format!("  {mark}  {:<17}", check.name);
        if check.seen.is_empty() {
            text += &format!("{}\n", first.trim_end());
        } else {
            text += &wrapped(&first, &" ".repeat(first.len()), &check.seen);
        }
        match (check.verdict, check.because_of) {
            (Verdict::Pass | Verdict::NotTried, _) => {}
            (_, Some(cause)) => {
                let _ = writeln!(text, "           -> the same cause as {cause}");
            }
            (_, None) => text += &wrapped("           -> ", "              ", check.remedy),
        }
    }
    text + &closing(url, checks)
}

/// The last line where nothing failed; a failure is said on standard error.
fn closing(url: &CallbackUrl, checks: &[Check]) -> String {
    let count = |verdict| checks.iter().filter(|check| check.verdict == verdict).count();
    let warnings = match count(Verdict::Warn) {
        _ if count(Verdict::Fail) > 0 => return String::new(),
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

fn to_json(url: &CallbackUrl, environment: &Environment, checks: &[Check], is_fit: bool) -> Value {
    let checks: Vec<Value> = checks
        .iter()
        .map(|check| {
            json!({
                "name": check.name,
                "verdict": check.verdict.name(),
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
