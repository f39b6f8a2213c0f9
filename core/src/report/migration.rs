//! Rules about MTN's migration of production to its new platform (docs/contract.md#new-platform).
//!
//! They are in an audit only where the new platform is played. Requests whose credentials are not
//! known are in no space; the audit checks those of the global journal by the same rules.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::model::mtn_platform::MtnPlatform;
use crate::model::time::Timestamp;
use crate::operations::rejection::RejectionKind;
use crate::platform::arrival::{LateAnswer, NamedHost, seconds};
use crate::platform::request::RefusalCause;
use crate::report::check::{Observation, RuleCheck, Terms};
use crate::report::observed::{Moment, Observed};
use crate::report::seen::Seen;

/// What a rule wants of a merchant, what to do where it is broken, and how it is put to the test.
#[derive(Debug, Clone, Copy)]
pub struct Advice {
    pub wants: &'static str,
    pub remedy: &'static str,
    /// What puts a program to the test that was not.
    pub trial: &'static str,
}

pub const TOKEN_ENVIRONMENT: Advice = Advice {
    wants: "sends X-Target-Environment with requests for tokens",
    remedy: "add the header X-Target-Environment to your requests for tokens, with the value that \
             your other requests have",
    trial: "let the program get a token of the new platform",
};

pub const RAW_CREDENTIALS: Advice = Advice {
    wants: "sends its credentials without URL-encoding them",
    remedy: "make the Basic header from base64 of userId:token, both as the portal shows them; \
             take out the helper that URL-encodes them before",
    trial: "let the program get a token of the new platform",
};

pub const OWN_USER_AGENT: Advice = Advice {
    wants: "sends a User-Agent that is not blocked",
    remedy: "set a User-Agent of your own in your HTTP client, such as my-shop/1.0: the new \
             platform blocks all that contain python-requests",
    trial: "let the program call the new platform",
};

pub const WAITED_FOR_TOKEN: Advice = Advice {
    wants: "waits 20 s for a token",
    remedy: "give requests for tokens a time-out of 30 s or more, and get the next token before \
             the old one ends: at present the new platform takes 10 to 20 s",
    trial: "run it with --scenario slow-tokens",
};

pub const RIGHT_PLATFORM: Advice = Advice {
    wants: "asks for a status at the platform that has the transaction",
    remedy: "write down with each reference id which platform took the transaction, and ask for \
             its status there, with that platform's credentials",
    trial: "let the program pay on both platforms, and ask for the statuses",
};

pub const HOST_NAME: Advice = Advice {
    wants: "calls a platform by its host name",
    remedy: "put the host name, momoapi.momo.africa, in your base URL, and let DNS find its \
             address; an address that you write down ends to work when MTN changes it",
    trial: "let the program call the HTTPS front (--tls-listen) by MTN's host names",
};

pub const INVALID_CLIENT: Advice = Advice {
    wants: "stops when it meets invalid_client",
    remedy: "take 401 invalid_client as an end: the credentials are wrong, and stay so until \
             somebody changes them. Raise an alarm, and wait minutes before another try",
    trial: "give the program wrong credentials once",
};

pub const LEGACY_PAYMENTS: Advice = Advice {
    wants: "learns how payments end that the cutover interrupts",
    remedy: "after the cutover go on asking the legacy platform, with its credentials, for the \
             status of all that was pending there, until it is final",
    trial: "run it with --cutover, and with payments pending on the legacy platform at that time",
};

/// The longest that a token of the new platform takes at present (docs/contract.md#new-platform).
const TOKEN_TAKES_MAX: Duration = Duration::from_secs(20);

/// The most requests for a token that may be refused within [`STORM_WINDOW`]. Nothing better is
/// known: both are our choice.
const INVALID_CLIENT_MAX: usize = 5;

const STORM_WINDOW: Duration = Duration::from_secs(60);

/// The requests at the new platform.
fn at_new<'o, 'a>(observed: &'o Observed<'a>) -> impl Iterator<Item = &'o Moment<'a>> {
    let is_its = |moment: &&Moment<'_>| moment.request.arrival.platform() == Some(MtnPlatform::New);
    observed.of_production.iter().filter(is_its)
}

/// The requests for tokens at the new platform.
fn tokens_at_new<'o, 'a>(observed: &'o Observed<'a>) -> impl Iterator<Item = &'o Moment<'a>> {
    at_new(observed)
        .filter(|moment| moment.request.operation().is_some_and(|one| one.kind.issues_tokens()))
}

/// The failure of a request that was refused so, in the words of the refusal.
fn failure(moment: &Moment<'_>, kind: RejectionKind) -> Option<Observation> {
    let refusal = moment.request.refusal.as_ref().filter(|_| moment.is_refused(kind))?;
    Some(Observation::new(moment.request.reference_id, moment.at, Seen::refused(refusal)))
}

/// Whether a request for a token came as far as the check of its target environment.
fn is_environment_checked(moment: &Moment<'_>) -> bool {
    let Some(RefusalCause::Rejection(kind)) = moment.request.refused_by() else { return true };
    !matches!(
        kind,
        RejectionKind::UserAgentBlocked
            | RejectionKind::LengthRequired
            | RejectionKind::BodyTooLarge
            | RejectionKind::BodyTooSlow
            | RejectionKind::BodyCutOff
            | RejectionKind::SubscriptionKeyMissing
            | RejectionKind::SubscriptionKeyInvalid
            | RejectionKind::InvalidToken
    )
}

/// Each request for a token named the target environment.
pub fn sent_target_environment_with_tokens(observed: &Observed<'_>, _: &Terms) -> RuleCheck {
    let mut finding = RuleCheck::default();
    for moment in tokens_at_new(observed).filter(|moment| is_environment_checked(moment)) {
        finding.test(None, failure(moment, RejectionKind::TokenEnvironment));
    }
    finding
}

/// Credentials came as they are. A pair that is not known shows nothing.
pub fn sent_raw_credentials(observed: &Observed<'_>, _: &Terms) -> RuleCheck {
    let mut finding = RuleCheck::default();
    let is_read = |moment: &&Moment<'_>| {
        is_environment_checked(moment)
            && !moment.is_refused(RejectionKind::TokenEnvironment)
            && !moment.is_refused(RejectionKind::InvalidClient)
    };
    for moment in tokens_at_new(observed).filter(is_read) {
        finding.test(None, failure(moment, RejectionKind::EncodedCredentials));
    }
    finding
}

/// No request met the page that the application gateway sends to blocked clients.
pub fn own_user_agent(observed: &Observed<'_>, _: &Terms) -> RuleCheck {
    let mut finding = RuleCheck::default();
    for moment in at_new(observed) {
        finding.test(moment.request.reference_id, failure(moment, RejectionKind::UserAgentBlocked));
    }
    finding
}

/// Whoever asked for a token was still there when it came.
pub fn waited_for_token(observed: &Observed<'_>, _: &Terms) -> RuleCheck {
    let mut finding = RuleCheck::default();
    for (at, answer, is_awaited) in &observed.late_answers {
        let is_its = answer.arrival.platform() == Some(MtnPlatform::New);
        if !is_its || !answer.operation.kind.issues_tokens() {
            continue;
        }
        let LateAnswer { waited, due_after, .. } = answer;
        let is_enough = *is_awaited || *waited >= TOKEN_TAKES_MAX;
        finding.test(
            None,
            (!is_enough).then(|| {
                let (waited, due_after) = (seconds(*waited), seconds(*due_after));
                Observation::new(None, *at, Seen::TokenNotAwaited { waited, due_after })
            }),
        );
    }
    finding
}

/// No status was asked for at the platform that does not have the transaction.
pub fn asked_the_right_platform(observed: &Observed<'_>, terms: &Terms) -> RuleCheck {
    let mut finding = RuleCheck::default();
    if !terms.migration.is_some_and(|migration| migration.plays_both()) {
        return finding;
    }
    for query in &observed.queries {
        let failure = failure(query, RejectionKind::OtherPlatform);
        if failure.is_some() || query.request.reported_status.is_some() {
            finding.test(query.request.reference_id, failure);
        }
    }
    finding
}

/// The HTTPS front was called by a name.
pub fn called_by_host_name(observed: &Observed<'_>, _: &Terms) -> RuleCheck {
    let mut finding = RuleCheck::default();
    for moment in &observed.of_production {
        let is_address = match moment.request.arrival.host() {
            NamedHost::PlainPort => continue,
            NamedHost::Name => false,
            NamedHost::Address => true,
        };
        let reference = moment.request.reference_id;
        finding.test(
            reference,
            is_address.then(|| Observation::new(reference, moment.at, Seen::CalledByAddress)),
        );
    }
    finding
}

/// A refusal of the credentials was no reason to ask again and again. Of callers that are not
/// known, those with the same User ID have the same explanation.
pub fn survived_invalid_client(observed: &Observed<'_>, terms: &Terms) -> RuleCheck {
    let mut finding = RuleCheck::default();
    // A clock that stands tells no interval.
    if terms.clock_stands {
        return finding;
    }
    let mut recent: BTreeMap<&str, VecDeque<Timestamp>> = BTreeMap::new();
    for moment in tokens_at_new(observed).filter(|one| one.is_refused(RejectionKind::InvalidClient))
    {
        finding.exercised += 1;
        let caller = match (observed.is_of_strangers, &moment.request.refusal) {
            (true, Some(refusal)) => &*refusal.why,
            _ => "",
        };
        let recent = recent.entry(caller).or_default();
        while recent.front().is_some_and(|first| moment.at.since(*first) >= STORM_WINDOW) {
            recent.pop_front();
        }
        recent.push_back(moment.at);
        if recent.len() == INVALID_CLIENT_MAX + 1 {
            let (count, within) = (recent.len(), STORM_WINDOW.as_secs());
            let seen = Seen::WrongCredentialsRepeated { count, within };
            finding.failures.push(Observation::new(None, moment.at, seen));
        }
    }
    finding
}

/// What was under way at the legacy platform when the cutover came was followed to its end.
pub fn finished_legacy_payments(observed: &Observed<'_>, terms: &Terms) -> RuleCheck {
    let mut finding = RuleCheck::default();
    let cutover = terms.migration.and_then(|migration| migration.cutover);
    let Some(cutover) = cutover.filter(|_| observed.platform == Some(MtnPlatform::Legacy)) else {
        return finding;
    };
    for (transaction, line) in observed.transactions() {
        let Some((at, status)) = line.final_status() else { continue };
        if transaction.accepted_at >= cutover.at || at <= cutover.at {
            continue;
        }
        let reference = transaction.submission.reference_id;
        finding.test(
            reference,
            line.is_never_told().then(|| {
                let seen = Seen::LegacyPaymentNotLearnt { status: status.name().to_owned() };
                Observation::new(reference, at, seen)
            }),
        );
    }
    finding
}
