//! Pages of tables for people.

use std::fmt::Write;

use crate::model::consent::ConsentOutcome;
use crate::model::product::Product;
use crate::model::transaction::{CallbackMethod, TransactionKind};
use crate::operations::refusals::refusals_of;
use crate::operations::rejection::Rejection;
use crate::operations::table::{Kind, OPERATIONS, Operation};
use crate::scenario::rule::Ending;
use crate::scenario::test_parties::{TestParties, TestRule};

const MADE: &str = "<!-- Made from the sources: MOMO_SANDBOX_UPDATE_DOCS=1 cargo test docs -->\n";

/// All operations, as a page of Markdown.
pub fn operations_page() -> String {
    let mut page = format!(
        "{MADE}\n# Operations\n\nAll that the gateway answers; every other path is a 404. \
         `docs/openapi/` has the same with its bodies.\n\n\
         | products | operation | what it is for | success | refusals | callback |\n\
         |---|---|---|---|---|---|\n"
    );
    for operation in OPERATIONS {
        let mut statuses: Vec<u16> =
            refusals_of(operation).iter().map(|refusal| refusal.answer().status).collect();
        statuses.sort_unstable();
        statuses.dedup();
        let statuses: Vec<String> = statuses.iter().map(u16::to_string).collect();
        let callback = match operation.kind {
            Kind::Submit(_) => CallbackMethod::of_path(operation.path).name(),
            _ => "",
        };
        let _ = writeln!(
            page,
            "| {} | `{} {}`{} | {} | {} | {} | {callback} |",
            products(operation.products),
            operation.method,
            operation.path,
            lenient_forms(operation),
            operation.summary,
            operation.kind.success(),
            statuses.join(", "),
        );
    }
    page
}

fn products(products: &[Product]) -> String {
    match products.len() {
        0 => "(root)".to_owned(),
        3 => "all".to_owned(),
        _ => products.iter().map(|product| product.name()).collect::<Vec<_>>().join(", "),
    }
}

/// What published clients call it too.
fn lenient_forms(operation: &Operation) -> String {
    let aliases = operation.aliases.iter().map(|alias| format!("`{alias}`"));
    let also = operation.also_under.iter().map(|product| format!("under `/{product}`"));
    let forms: Vec<String> = aliases.chain(also).collect();
    if forms.is_empty() { String::new() } else { format!("<br>also {}", forms.join(", ")) }
}

/// MTN's test values and what they do, as a page of Markdown.
pub fn test_values_page() -> String {
    let parties = TestParties::load();
    let mut page = format!(
        "{MADE}\n# MTN's test values\n\nIn force unless a rule of a scenario decides otherwise. \
         Any other value succeeds.\n"
    );
    for kind in TransactionKind::ALL {
        let of_kind = |test: &&TestRule| test.rule.when.operation == Some(kind);
        let tests: Vec<&TestRule> = parties.rules.iter().filter(of_kind).collect();
        let Some(first) = tests.first() else { continue };
        let place = match first.rule.when.body.first() {
            Some((field, _)) => format!("`{field}`"),
            None => format!("{:?}", kind.party_role()).to_lowercase(),
        };
        let _ = write!(
            page,
            "\n## {}\n\n| {place} | use case | afterwards |\n|---|---|---|\n",
            kind.name()
        );
        for test in tests {
            let when = &test.rule.when;
            let glob = when.party.as_ref().or(when.body.first().map(|(_, glob)| glob));
            let value = glob.map(|glob| glob.pattern()).unwrap_or_default();
            let _ = writeln!(page, "| {value} | {} | {} |", test.use_case, afterwards(test));
        }
    }
    page.push_str("\n## Account holder active\n\n| type | id | answer |\n|---|---|---|\n");
    for (id_type, id, answer) in parties.account_holder_answers() {
        let answer = match answer {
            Ok(active) => format!("200, `{{\"result\":{active}}}`"),
            Err(rejection) => format!("{}, {}", rejection.answer().status, code_of(rejection)),
        };
        let _ = writeln!(page, "| {id_type} | {id} | {answer} |");
    }
    page.push_str(
        "\n## Consent\n\nIn the `login_hint` of `bc-authorize`. A scope, custom ones such as \
         `all_info` included, is given back as it was asked for.\n\n\
         | type | id | use case | what comes of it |\n|---|---|---|---|\n",
    );
    for (id_type, id, outcome) in parties.consents() {
        let use_case = ConsentOutcome::ALL.into_iter().find(|(_, _, one)| *one == outcome);
        let use_case = use_case.map(|(_, use_case, _)| use_case).unwrap_or_default();
        let _ = writeln!(page, "| {} | {id} | {use_case} | {} |", id_type, told(outcome));
    }
    page
}

fn afterwards(test: &TestRule) -> String {
    match (test.rule.then.ending, test.rule.then.after) {
        (Some(Ending::Failed(reason)), _) => format!("FAILED, {reason}"),
        (Some(Ending::Pending), _) => "PENDING for good".to_owned(),
        (_, Some(after)) => format!("CREATED, SUCCESSFUL after {} s", after.as_secs()),
        (_, None) => "SUCCESSFUL".to_owned(),
    }
}

fn code_of(rejection: &Rejection) -> String {
    let body: serde_json::Value =
        serde_json::from_str(&rejection.answer().body).unwrap_or_default();
    body["code"].as_str().unwrap_or_default().to_owned()
}

fn told(outcome: ConsentOutcome) -> String {
    match outcome {
        ConsentOutcome::Granted => "a token".to_owned(),
        ConsentOutcome::Rejected => "no token: `access_denied`".to_owned(),
        ConsentOutcome::Pending => "no token: `authorization_pending`".to_owned(),
        ConsentOutcome::Expired => "no token: `expired_token`".to_owned(),
        ConsentOutcome::AlreadyUsed => "no token: `invalid_grant`".to_owned(),
        ConsentOutcome::RefreshExpired => "a token; refreshing it: `invalid_grant`".to_owned(),
        ConsentOutcome::Revoked => {
            "a token; then `userinfo` is a 401 and refreshing `invalid_grant`".to_owned()
        }
        ConsentOutcome::ScopeDeleted => {
            "a token; then `userinfo` is a 403, `insufficient_scope`".to_owned()
        }
        ConsentOutcome::AccountHolderNotFound => {
            "`bc-authorize` is a 400, `unknown_user_id`".to_owned()
        }
        ConsentOutcome::Fails(reason) => {
            format!("a token; what is submitted with it is FAILED, {reason}")
        }
    }
}
