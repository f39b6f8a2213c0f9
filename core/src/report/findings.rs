//! The findings of a report. Equal findings of one API user are merged into one with a count, and
//! each case names the order and the party.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::ids::{ApiUserId, ReferenceId};
use crate::model::time::Timestamp;
use crate::platform::Platform;
use crate::report::check::Observation;
use crate::report::seen::Seen;

/// The most findings of a rule that are kept, and the most cases of each; more are counted.
pub const KEPT_MAX: usize = 20;

/// The most characters that are shown of an external id or of a party, which are as long as a
/// merchant likes.
const ID_SHOWN_MAX: usize = 64;

/// A breach of a rule, seen once or several times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whose requests it is about; `None` for callers whose credentials are not known.
    pub api_user: Option<ApiUserId>,
    /// The label of that API user's space.
    pub label: Option<Box<str>>,
    pub seen: Seen,
    pub times: usize,
    /// The first times.
    pub cases: Vec<Case>,
}

/// One occurrence of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CaseReport")]
pub struct Case {
    pub at: Timestamp,
    pub reference_id: Option<ReferenceId>,
    /// The merchant's own id of the order.
    pub external_id: Option<Box<str>>,
    /// The id of the payer or payee.
    pub party: Option<Box<str>>,
}

/// The findings of a rule in a space, or of callers that are in none.
pub fn grouped(platform: Option<&Platform>, observations: Vec<Observation>) -> Vec<Finding> {
    let mut places: BTreeMap<Seen, usize> = BTreeMap::new();
    let mut findings: Vec<Finding> = Vec::new();
    for one in observations {
        let is_full = findings.len() == KEPT_MAX;
        let place = *places.entry(one.seen.clone()).or_insert(findings.len());
        match findings.get_mut(place) {
            Some(finding) => {
                finding.times += 1;
                if finding.cases.len() < KEPT_MAX {
                    finding.cases.push(Case::of(platform, &one));
                }
            }
            // The place of one that is not kept is the end, for all that are equal to it.
            None if is_full => {}
            None => findings.push(Finding {
                api_user: platform.map(|platform| platform.api_user().id),
                label: platform.and_then(Platform::label).map(Into::into),
                cases: vec![Case::of(platform, &one)],
                seen: one.seen,
                times: 1,
            }),
        }
    }
    findings
}

/// Adds other findings of the same rule.
pub fn merge(own: &mut Vec<Finding>, others: Vec<Finding>) {
    for other in others {
        let is_full = own.len() == KEPT_MAX;
        let is_equal =
            |one: &&mut Finding| one.api_user == other.api_user && one.seen == other.seen;
        match own.iter_mut().find(is_equal) {
            Some(equal) => {
                equal.times += other.times;
                let room = KEPT_MAX.saturating_sub(equal.cases.len());
                equal.cases.extend(other.cases.into_iter().take(room));
            }
            None if is_full => {}
            None => own.push(other),
        }
    }
}

impl Case {
    fn of(platform: Option<&Platform>, observation: &Observation) -> Self {
        let reference_id = platform.zip(observation.reference_id);
        let found = reference_id.and_then(|(platform, id)| platform.transaction(id));
        let details = found.map(|found| &found.submission.details);
        let external_id = details.and_then(|details| details.external_id.as_deref());
        Self {
            at: observation.at,
            reference_id: observation.reference_id,
            external_id: external_id.map(shortened),
            party: details
                .and_then(|details| details.party.as_ref())
                .map(|party| shortened(&party.id)),
        }
    }

    /// The transaction, in words, if it is about one.
    pub fn described(&self) -> Option<String> {
        let reference_id = self.reference_id?;
        let order = self.order().map(|order| format!(", {order}")).unwrap_or_default();
        Some(format!("{reference_id}{order}"))
    }

    /// The order and the party, in words, as far as they are known.
    pub fn order(&self) -> Option<String> {
        let external_id = self.external_id.as_ref().map(|id| format!("external id {id}"));
        let party = self.party.as_ref().map(|party| format!("party {party}"));
        let known: Vec<String> = external_id.into_iter().chain(party).collect();
        (!known.is_empty()).then(|| known.join(", "))
    }
}

fn shortened(text: &str) -> Box<str> {
    match text.char_indices().nth(ID_SHOWN_MAX) {
        None => text.into(),
        Some((end, _)) => format!("{}…", &text[..end]).into(),
    }
}

impl Finding {
    /// What was seen, and how often.
    pub fn described(&self) -> String {
        match self.times {
            1 => self.seen.to_string(),
            times => format!("{} ({times} times)", self.seen),
        }
    }

    /// Returns the API user of the finding, in words.
    pub fn whose(&self) -> String {
        match (&self.api_user, &self.label) {
            (Some(api_user), Some(label)) => format!("by API user {api_user} ({label})"),
            (Some(api_user), None) => format!("by API user {api_user}"),
            (None, _) => "by a caller whose credentials are not known".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn finding(user: u128, count: usize) -> Finding {
        let case = Case { at: Timestamp(0), reference_id: None, external_id: None, party: None };
        let api_user = Some(ApiUserId(Uuid::from_u128(user)));
        let seen = Seen::TooManyQueries { count };
        Finding { api_user, label: None, seen, times: 1, cases: vec![case] }
    }

    #[test]
    fn equal_findings_are_one_with_a_count_and_no_more_are_kept_than_may_be() {
        let mut own = Vec::new();
        for _ in 0..30 {
            merge(&mut own, vec![finding(1, 11), finding(2, 11), finding(1, 12)]);
        }
        let counts: Vec<_> = own.iter().map(|one| (one.times, one.cases.len())).collect();
        assert_eq!(counts, [(30, KEPT_MAX); 3]);
        assert_eq!(own[0].described(), "11 status queries within a second (30 times)");
        merge(&mut own, (0..99).map(|number| finding(number, 13)).collect());
        assert_eq!(own.len(), KEPT_MAX);
    }

    #[test]
    fn a_long_external_id_is_shortened() {
        assert_eq!(&*shortened("order 1"), "order 1");
        assert_eq!(shortened(&"é".repeat(60_000)).chars().count(), ID_SHOWN_MAX + 1);
    }
}
