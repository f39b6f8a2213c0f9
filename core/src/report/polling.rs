//! Rules about asking for statuses.

use std::collections::VecDeque;
use std::time::Duration;

use crate::model::time::Timestamp;
use crate::report::check::{Observation, RuleCheck, Terms};
use crate::report::observed::Observed;
use crate::report::seen::Seen;

/// The number of queries allowed within a second (docs/contract.md#rate-limits).
const A_SECOND_MAX: usize = 10;

/// Where no callback came, the status was asked for until it was final.
pub fn after_lost_callback(observed: &Observed<'_>, _: &Terms) -> RuleCheck {
    let mut finding = RuleCheck::default();
    for (transaction, line) in observed.transactions() {
        let Some((at, status)) = line.final_status().filter(|_| line.is_callback_missed()) else {
            continue;
        };
        let reference = transaction.submission.reference_id;
        // Whoever was told a status that a scenario made up may have asked in vain.
        if line.is_misled() {
            continue;
        }
        let is_silent = line.told_final().is_none();
        finding.test(
            reference,
            is_silent.then(|| {
                let status = status.name().to_owned();
                let verdicts = transaction.callback_verdicts().all().collect();
                let seen = match line.queries.len() {
                    0 => Seen::StatusNeverAsked { status, verdicts },
                    count => Seen::StatusAskedTooEarly { status, verdicts, count },
                };
                Observation::new(reference, at, seen)
            }),
        );
    }
    finding
}

/// And it was asked for soon.
pub fn in_time(observed: &Observed<'_>, terms: &Terms) -> RuleCheck {
    let mut finding = RuleCheck::default();
    for (transaction, line) in observed.transactions() {
        let Some((at, _)) = line.final_status().filter(|_| line.is_callback_missed()) else {
            continue;
        };
        let Some(told) = line.told_final().filter(|_| !line.is_misled()) else { continue };
        let took = told.at.since(at);
        let reference = transaction.submission.reference_id;
        finding.test(
            reference,
            (took > terms.within).then(|| {
                let (took, within) = (took.as_secs(), terms.within.as_secs());
                Observation::new(reference, told.at, Seen::StatusAskedLate { took, within })
            }),
        );
    }
    finding
}

/// No more queries within a second than MTN allows.
pub fn gently(observed: &Observed<'_>, terms: &Terms) -> RuleCheck {
    let mut finding = RuleCheck::default();
    if terms.clock_stands || observed.queries.len() < 2 {
        return finding;
    }
    finding.exercised = observed.queries.len();
    let mut recent: VecDeque<Timestamp> = VecDeque::new();
    for query in &observed.queries {
        while recent.front().is_some_and(|first| query.at.since(*first) >= Duration::from_secs(1)) {
            recent.pop_front();
        }
        recent.push_back(query.at);
        if recent.len() == A_SECOND_MAX + 1 {
            let seen = Seen::TooManyQueries { count: recent.len() };
            finding.failures.push(Observation::new(query.request.reference_id, query.at, seen));
        }
    }
    finding
}

/// After a final status only a callback is a reason to ask again.
pub fn stopped_at_final(observed: &Observed<'_>, _: &Terms) -> RuleCheck {
    let mut finding = RuleCheck::default();
    for (transaction, line) in observed.transactions() {
        let Some(told) = line.told_final().filter(|_| !line.is_misled()) else { continue };
        let later = line.queries.iter().filter(|query| query.place > told.place).zip(1..);
        let again: Vec<_> = later
            .filter(|(query, count)| line.reasons_to_ask(told.place, query.place) < *count)
            .map(|(query, _)| query.at)
            .collect();
        let reference = transaction.submission.reference_id;
        finding.test(
            reference,
            again.last().map(|last| {
                let status = told.request.reported_status;
                let status = status.map(|told| told.kind.as_str()).unwrap_or_default().to_owned();
                let seen = Seen::AskedAfterFinal { status, count: again.len() };
                Observation::new(reference, *last, seen)
            }),
        );
    }
    finding
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use uuid::Uuid;

    use crate::model::api_user::ApiUser;
    use crate::model::callback_url::ProviderCallbackHost;
    use crate::model::environment::SANDBOX;
    use crate::model::ids::{ApiUserId, ReferenceId};
    use crate::model::limits::Limits;
    use crate::model::status::StatusKind;
    use crate::platform::arrival::Arrival;
    use crate::platform::request::{AnsweredRequest, LineAsSent, ReportedStatus, RequestLine};
    use crate::platform::{Platform, Settings};
    use crate::scenario::rule_book::{Defaults, RuleBook};
    use crate::scenario::seed::Seed;

    use super::*;

    /// How many failures there are of a merchant who asks at these milliseconds.
    fn failures(times: &[i64], clock_stands: bool) -> (usize, usize) {
        let api_user = ApiUser::new(
            ApiUserId(Uuid::nil()),
            ProviderCallbackHost::parse("localhost").expect("a host"),
            [],
        );
        let given = Defaults::settling_after(Duration::ZERO);
        let settings = Settings {
            rules: Arc::new(RuleBook::new(Vec::new(), given)),
            seed: Seed(1),
            environment: &SANDBOX,
            limits: Limits::default(),
        };
        let mut platform = Platform::new(api_user, settings, Timestamp(0));
        for at in times {
            let request = AnsweredRequest {
                line: RequestLine::AsSent(Box::new(LineAsSent {
                    method: "GET".into(),
                    path: "/collection/v1_0/requesttopay/x".into(),
                    operation: None,
                })),
                reference_id: Some(ReferenceId(Uuid::nil())),
                fingerprint: None,
                has_callback_url: false,
                arrival: Arrival::Untold,
                reported_status: Some(ReportedStatus {
                    kind: StatusKind::Pending,
                    is_made_up: false,
                }),
                status: 200,
                refusal: None,
                fault: None,
            };
            platform.advance(Timestamp(*at));
            platform.record_request(request);
        }
        let terms = Terms { within: Terms::WITHIN, clock_stands, migration: None };
        let finding = gently(&Observed::of(&platform), &terms);
        (finding.exercised, finding.failures.len())
    }

    #[test]
    fn the_eleventh_query_within_a_second_is_one_too_many() {
        assert_eq!(failures(&[0; 10], false), (10, 0));
        assert_eq!(failures(&[0; 11], false), (11, 1));
        let spread: Vec<i64> = (0..50).map(|number| number * 100).collect();
        assert_eq!(failures(&spread, false), (50, 0));
        assert_eq!(failures(&[0; 11], true), (0, 0), "a clock that stands tells nothing");
        assert_eq!(failures(&[0], false), (0, 0));
    }
}
