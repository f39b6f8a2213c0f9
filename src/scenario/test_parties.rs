//! MTN's published sandbox test values (contract, section 5; `data/test-parties.csv`).

use std::sync::Arc;
use std::time::Duration;

use wildmatch::WildMatch;

use crate::model::consent::ConsentOutcome;
use crate::model::party::{PartyIdType, PartyRole, comparable_id};
use crate::model::reason::Reason;
use crate::model::transaction::TransactionKind;
use crate::operations::body;
use crate::operations::rejection::Rejection;
use crate::scenario::rule::{Ending, Origin, Rule, Then, When, party_glob};

/// MTN's table, as published.
const TABLE: &str = include_str!("../../data/test-parties.csv");

/// How long the delayed test number takes: about 25 s by one measurement, 30 s by another.
const DELAYED: Duration = Duration::from_secs(25);

/// The name under which these rules are reported.
pub const SCENARIO_NAME: &str = "mtn-test-values";

/// MTN's test values.
#[derive(Debug, Clone)]
pub struct TestParties {
    /// A rule for each transaction value.
    pub rules: Vec<TestRule>,
    account_holders: Vec<AccountHolder>,
    consents: Vec<(PartyIdType, String, ConsentOutcome)>,
    /// Scopes of which the table says that they are custom ones; any scope can be asked for.
    pub custom_scopes: Vec<String>,
}

/// The rule of one test value.
#[derive(Debug, Clone)]
pub struct TestRule {
    /// MTN's name of the use case.
    pub use_case: Arc<str>,
    /// Whether the transaction starts as CREATED.
    pub starts_created: bool,
    /// The rule, of the same model as a scenario file's.
    pub rule: Rule,
}

/// A test value of `account-holder-active`.
#[derive(Debug, Clone)]
struct AccountHolder {
    id_type: PartyIdType,
    id: String,
    answer: Result<bool, Rejection>,
}

/// One row of MTN's table.
#[derive(Debug, serde::Deserialize)]
struct Row {
    operation: String,
    field: String,
    kind: String,
    value: String,
    sandbox_use_case: String,
}

impl TestParties {
    /// Reads MTN's table, which is part of the program.
    pub fn load() -> Self {
        let mut parties = Self {
            rules: Vec::new(),
            account_holders: Vec::new(),
            consents: Vec::new(),
            custom_scopes: Vec::new(),
        };
        let mut table = csv::Reader::from_reader(TABLE.as_bytes());
        for (index, row) in table.deserialize().enumerate() {
            let row: Row = row.expect("the table is part of the program and tested");
            match (TransactionKind::named(&row.operation), row.operation.as_str()) {
                (Some(kind), _) => parties.rules.push(test_rule(kind, &row, index + 1)),
                (None, "account-holder-active") => {
                    parties.account_holders.push(account_holder(&row));
                }
                (None, _) if row.field == "scope" => parties.custom_scopes.push(row.value),
                (None, _) => parties.consents.push(consent(row)),
            }
        }
        parties
    }

    /// The answers of `account-holder-active`, by type and id.
    pub fn account_holder_answers(
        &self,
    ) -> impl Iterator<Item = (PartyIdType, &str, &Result<bool, Rejection>)> {
        self.account_holders.iter().map(|one| (one.id_type, one.id.as_str(), &one.answer))
    }

    /// What comes of asking for consent, by type and id.
    pub fn consents(&self) -> impl Iterator<Item = (PartyIdType, &str, ConsentOutcome)> {
        self.consents.iter().map(|(id_type, id, outcome)| (*id_type, id.as_str(), *outcome))
    }

    /// What comes of asking this account holder for consent, where the table says so.
    pub fn consent(&self, id_type: PartyIdType, id: &str) -> Option<ConsentOutcome> {
        let id = comparable_id(id_type, id);
        let asked = |(kind, value, _): &&(PartyIdType, String, _)| *kind == id_type && value == id;
        self.consents.iter().find(asked).map(|(_, _, outcome)| *outcome)
    }

    /// Whether the account holder is active, or the refusal that MTN's table gives that id;
    /// every other account holder is active.
    pub fn account_holder_active(&self, id_type: PartyIdType, id: &str) -> Result<bool, Rejection> {
        let id = comparable_id(id_type, id);
        self.account_holders
            .iter()
            .find(|holder| holder.id_type == id_type && holder.id == id)
            .map_or(Ok(true), |holder| holder.answer.clone())
    }
}

fn test_rule(kind: TransactionKind, row: &Row, number: usize) -> TestRule {
    let delayed = row.sandbox_use_case == "Delayed";
    let mut when = When { operation: Some(kind), ..When::default() };
    match body::text_fields().into_iter().find(|field| *field == row.field) {
        Some(field) => when.body.push((field, WildMatch::new(&row.value))),
        None => when.party = Some(party_glob(&row.value)),
    }
    TestRule {
        use_case: row.sandbox_use_case.as_str().into(),
        starts_created: delayed,
        rule: Rule {
            origin: Origin { scenario: SCENARIO_NAME.into(), number },
            when,
            then: Then {
                ending: Some(ending(&row.sandbox_use_case, kind.party_role())),
                after: delayed.then_some(DELAYED),
            },
            callback: None,
        },
    }
}

/// What a use case does to a transaction after its 202 (contract, section 5).
fn ending(use_case: &str, role: PartyRole) -> Ending {
    match use_case {
        "Ongoing" => Ending::Pending,
        "Delayed" => Ending::Successful,
        "Failed" => Ending::Failed(Reason::InternalProcessingError),
        "Rejected" => Ending::Failed(Reason::ApprovalRejected),
        "NotFound" => Ending::Failed(match role {
            PartyRole::Payer => Reason::PayerNotFound,
            PartyRole::Payee => Reason::PayeeNotFound,
        }),
        other => Ending::Failed(
            reason_named(other).expect("the table is part of the program and tested"),
        ),
    }
}

/// The reason of a use case's name: `PayerLimitReached` is `PAYER_LIMIT_REACHED`.
fn reason_named(use_case: &str) -> Option<Reason> {
    let letters = |code: &str| code.replace('_', "").to_lowercase();
    Reason::ALL.into_iter().find(|reason| letters(reason.code()) == letters(use_case))
}

fn consent(row: Row) -> (PartyIdType, String, ConsentOutcome) {
    let id_type = PartyIdType::named(&row.kind, &PartyIdType::IN_PATHS)
        .expect("the table is part of the program and tested");
    let outcome = ConsentOutcome::of_use_case(&row.sandbox_use_case)
        .expect("the table is part of the program and tested");
    (id_type, row.value, outcome)
}

fn account_holder(row: &Row) -> AccountHolder {
    let id_type = PartyIdType::named(&row.kind, &PartyIdType::IN_PATHS)
        .expect("the table is part of the program and tested");
    let answer = match row.sandbox_use_case.as_str() {
        "NotActive" => Ok(false),
        "NotAllowed" => Err(Rejection::NotAllowed),
        "NotAllowedTargetEnvironment" => Err(Rejection::TargetEnvironmentForbidden(
            "MTN's test value for NotAllowedTargetEnvironment".to_owned(),
        )),
        "InternalProcessingError" => Err(Rejection::InternalProcessingError),
        "ServiceUnavailable" => Err(Rejection::ServiceUnavailable),
        _ => Err(Rejection::NotFound("MTN's test value for NotFound".to_owned())),
    };
    AccountHolder { id_type, id: row.value.clone(), answer }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_meaning() {
        let parties = TestParties::load();
        let rows = TABLE.lines().skip(1).count();
        let understood = parties.rules.len()
            + parties.account_holders.len()
            + parties.consents.len()
            + parties.custom_scopes.len();
        assert_eq!(understood, rows);
        let of_kind = |kind| {
            parties.rules.iter().filter(|test| test.rule.when.operation == Some(kind)).count()
        };
        let expected = [15, 14, 0, 0, 12, 14, 14, 13, 13];
        assert_eq!(TransactionKind::ALL.map(of_kind), expected);
        assert_eq!((parties.account_holders.len(), parties.consents.len()), (18, 13));
        assert_eq!(parties.custom_scopes, ["all_info"]);
        for test in &parties.rules {
            let when = &test.rule.when;
            assert!(when.party.is_some() != (when.body.len() == 1), "{}", test.use_case);
        }
    }

    #[test]
    fn account_holders_answer_as_published() {
        let parties = TestParties::load();
        let active = |kind, id| {
            parties.account_holder_active(kind, id).map_err(|rejection| rejection.answer().status)
        };
        assert_eq!(active(PartyIdType::Msisdn, "46733123450"), Err(404));
        assert_eq!(active(PartyIdType::Msisdn, "+46733123451"), Ok(false));
        assert_eq!(active(PartyIdType::Email, "notallowed@email.com"), Err(500));
        assert_eq!(active(PartyIdType::Msisdn, "46733123455"), Err(503));
        assert_eq!(active(PartyIdType::Email, "46733123450"), Ok(true));
        assert_eq!(active(PartyIdType::Msisdn, "46733123999"), Ok(true));
    }
}
