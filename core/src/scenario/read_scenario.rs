//! Scenario files: TOML text in, rules or every problem of the text out.
//!
//! The text is parsed into a tree in which every key and value knows its place; the tree is walked
//! by hand, so that all mistakes of a file are found at once, each with its place and remedy.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::account_holder::AccountHolder;
use crate::model::consent::ConsentOutcome;
use crate::model::limits::RATE_LIMIT_REQUESTS_MAX;
use crate::model::party::PartyIdType;
use crate::model::reason::Reason;
use crate::scenario::delivery::DeliveryPolicy;
use crate::scenario::description;
use crate::scenario::problem::{PROBLEMS_MAX, Problem, Problems};
use crate::scenario::reader::{Reader, Value};
use crate::scenario::redundancy;
use crate::scenario::rule::{
    ACTIVE_REFUSALS, DeclaredHolder, Origin, RateLimit, Scenario, party_glob,
};

/// Whether accounts are kept, as people say it.
pub const LEDGER: [(&str, bool); 2] = [("on", true), ("off", false)];

/// Reads the scenario file `file_name` with the content `text`.
///
/// # Errors
///
/// All problems of the text, each with its place and remedy.
pub fn read_scenario(file_name: &str, text: &str) -> Result<Scenario, Box<Problems>> {
    let mut problems = Vec::new();
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors.into_iter().take(PROBLEMS_MAX + 1) {
        problems.push(Problem {
            span: error.span().unwrap_or_default(),
            message: error.message().to_owned(),
            help: Some("a scenario file is TOML: see the files in scenarios/".to_owned()),
            is_warning: false,
        });
    }
    if problems.is_empty() {
        let mut warnings = Vec::new();
        let mut reader = Reader { problems: &mut problems, warnings: &mut warnings };
        let scenario = reader.scenario(file_name, text, &document);
        if problems.is_empty() {
            if redundancy::says_nothing(&scenario) {
                warnings.push(redundancy::warning_of_nothing());
            }
            let has_warnings = !warnings.is_empty();
            let told = has_warnings.then(|| Problems::new(file_name, text, warnings).into());
            return Ok(Scenario { warnings: told, ..scenario });
        }
    }
    Err(Box::new(Problems::new(file_name, text, problems)))
}

impl Reader<'_> {
    fn scenario(
        &mut self,
        file_name: &str,
        text: &str,
        document: &Spanned<DeTable<'_>>,
    ) -> Scenario {
        let spec = &description::SCENARIO;
        let fields = self.known(document.get_ref(), spec.what, &spec.names());
        let name: Arc<str> = match self.read(&fields, "name", Self::text) {
            Some(name) => name.into(),
            None => stem(file_name).into(),
        };
        let mut account_holders = Vec::new();
        if let Some(value) = fields.get("account_holders") {
            for item in self.tables("account_holders", value) {
                account_holders.extend(self.account_holder(item));
            }
        }
        let mut rules = Vec::new();
        if let Some(value) = fields.get("rules") {
            let items = self.tables("rules", value);
            for (index, item) in items.iter().enumerate() {
                let origin = Origin { scenario: Arc::clone(&name), number: index + 1 };
                rules.extend(self.rule(origin, item));
            }
            // Of a rule that was not read whole, nobody knows what it matches.
            if self.problems.is_empty() {
                self.note_shadowed(&rules, items);
            }
        }
        Scenario {
            name,
            description: self.read(&fields, "description", Self::text),
            opening_balance: self.read(&fields, "opening_balance", Self::balance),
            ledger: self
                .read(&fields, "ledger", |reader, name, value| reader.one_of(name, value, &LEDGER)),
            token_lifetime: self.read(&fields, "token_lifetime", Self::duration),
            rate_limit: fields.get("rate_limit").and_then(|value| self.rate_limit(value)),
            delivery: self.read(&fields, "delivery", |reader, name, value| {
                reader.one_of(name, value, &DeliveryPolicy::ALL)
            }),
            account_holders,
            rules,
            source: text.into(),
            warnings: None,
        }
    }

    fn rate_limit(&mut self, value: &Value<'_>) -> Option<RateLimit> {
        let fields = self.table(&description::RATE_LIMIT, value)?;
        let requests = self.read(&fields, "requests", |reader, name, value| {
            reader.number(name, value, 1, RATE_LIMIT_REQUESTS_MAX)
        });
        let per = self.read(&fields, "per", Self::duration);
        for name in description::RATE_LIMIT.names() {
            if fields.get(name).is_none() {
                let message = format!("`rate_limit` needs `{name}`");
                self.note(value.span(), &message, "write { requests = 10, per = \"1s\" }");
            }
        }
        match (requests, per) {
            (Some(requests), Some(per)) if !per.is_zero() => Some(RateLimit { requests, per }),
            (Some(_), Some(_)) => {
                self.note(
                    value.span(),
                    "`per` cannot be zero",
                    "write { requests = 10, per = \"1s\" }",
                );
                None
            }
            _ => None,
        }
    }

    fn account_holder(&mut self, value: &Value<'_>) -> Option<DeclaredHolder> {
        let fields = self.table(&description::ACCOUNT_HOLDER, value)?;
        let mut holder = AccountHolder::default();
        for (name, put) in [
            ("given_name", &mut holder.given_name),
            ("family_name", &mut holder.family_name),
            ("gender", &mut holder.gender),
            ("locale", &mut holder.locale),
        ] {
            if let Some(text) = self.read(&fields, name, Self::text) {
                *put = text.into();
            }
        }
        holder.middle_name = self.read(&fields, "middle_name", Self::text).map(Into::into);
        if let Some(birthdate) = self.read(&fields, "birthdate", Self::date) {
            holder.birthdate = birthdate;
        }
        let active = self.read(&fields, "active", Self::active);
        holder.active = !matches!(active, Some(Ok(false)));
        let outcomes = ConsentOutcome::ALL.map(|(name, _, outcome)| (name, outcome));
        let consent = self
            .read(&fields, "consent", |reader, name, value| reader.one_of(name, value, &outcomes));
        holder.consent = consent.unwrap_or(holder.consent);
        let after = self.read(&fields, "consent_after", Self::duration);
        holder.consent_after = after.unwrap_or_default();
        if fields.get("party").is_none() {
            self.note(
                value.span(),
                "an account holder needs a `party`",
                "add for instance `party = \"25677*\"`",
            );
        }
        Some(DeclaredHolder {
            party: party_glob(&self.read(&fields, "party", Self::text)?),
            id_type: self.read(&fields, "party_id_type", Self::party_id_type),
            active_refusal: active.and_then(Result::err),
            holder: Arc::new(holder),
        })
    }

    pub(super) fn party_id_type(&mut self, name: &str, value: &Value<'_>) -> Option<PartyIdType> {
        self.one_of(name, value, &PartyIdType::IN_PATHS.map(|id_type| (id_type.name(), id_type)))
    }

    /// Whether an account holder is active, or how asking fails.
    fn active(&mut self, name: &str, value: &Value<'_>) -> Option<Result<bool, Reason>> {
        match value.get_ref() {
            DeValue::Boolean(active) => Some(Ok(*active)),
            DeValue::String(_) => {
                let refusals = ACTIVE_REFUSALS.map(|reason| (reason.code(), reason));
                self.one_of(name, value, &refusals).map(Err)
            }
            other => {
                let expected = "true, false or the code of a refusal in quotes";
                self.wrong_type(&format!("`{name}`"), expected, other, value.span());
                None
            }
        }
    }

    fn date(&mut self, name: &str, value: &Value<'_>) -> Option<Box<str>> {
        let text = match value.get_ref() {
            DeValue::Datetime(date) => date.to_string(),
            _ => self.text(name, value)?,
        };
        if text.parse::<jiff::civil::Date>().is_ok() && text.len() == "1976-08-13".len() {
            return Some(text.into());
        }
        let message = format!("`{name}` is not a date: `{text}`");
        self.note(value.span(), &message, "write a date such as \"1976-08-13\"");
        None
    }
}

fn stem(file_name: &str) -> &str {
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
    name.strip_suffix(".toml").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::fault::ConnectionFault;
    use crate::model::reason::Reason;
    use crate::model::status::RuleStatus;
    use crate::model::transaction::CallbackMethod;
    use crate::scenario::rule::{CallbackBody, Chance, Fault, Then};
    use crate::scenario::timing::Timing;

    /// The problems of a text as `line:column message / help`.
    fn problems(text: &str) -> Vec<String> {
        let Err(problems) = read_scenario("a.toml", text) else { return Vec::new() };
        problems
            .reports()
            .map(|report| {
                let label = report.labels().expect("a label").next().expect("one");
                let before = &text[..label.offset()];
                let line = before.matches('\n').count() + 1;
                let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
                let help = report.help().map(|help| help.to_string()).unwrap_or_default();
                format!("{line}:{column} {report} / {help}")
            })
            .collect()
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found = problems(text);
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "found    {found}\nexpected {expected}");
        }
    }

    #[test]
    fn a_whole_file_is_read() {
        let scenario = read_scenario(
            "dir/a.toml",
            r#"
            description = "d"
            [[rules]]
            when = { product = "collection", operation = "requesttopay", party = "+25677*",
                     amount = { at_least = "100", at_most = 200 }, currency = "EUR",
                     external_id = "order-?" }
            then = { status = "FAILED", reason = "EXPIRED", after = "1m 30s" }
            callback = { fate = "sent", delay = "2s" }
            [[rules]]
            callback = { fate = "lost" }
            "#,
        )
        .expect("a good file");
        assert_eq!(&*scenario.name, "a");
        assert_eq!(scenario.rules.len(), 2);
        let rule = &scenario.rules[0];
        assert_eq!(rule.then.after, Some(Timing::Fixed(Duration::from_secs(90))));
        assert_eq!(rule.then.ending, Some(RuleStatus::Failed(Reason::Expired)));
        assert_eq!(rule.callback.expect("a callback").delay_ms, 2000);
        assert_eq!(scenario.rules[1].then, Then::default());
    }

    #[test]
    fn all_mistakes_are_found_at_once_each_with_its_place_and_remedy() {
        check(
            "name = 5\n\
             [[rules]]\n\
             when = { party = 1, amout = 3, operation = \"requestopay\" }\n\
             then = { statuss = \"FAILED\" }\n\
             [[rules]]\n\
             then = { status = \"FAILD\", after = \"soon\" }\n",
            &[
                "1:8 `name` cannot be a number / write text in quotes",
                "3:18 `party` cannot be a number",
                "3:21 unknown field `amout` in `when` / did you mean `amount`?",
                "3:44 `operation` cannot be `requestopay` / did you mean `requesttopay`?",
                "4:10 unknown field `statuss` in `then` / did you mean `status`?",
                "6:19 `status` cannot be `FAILD` / did you mean `FAILED`?",
                "6:36 `after` is not a duration: `soon` / write a duration such as",
            ],
        );
    }

    #[test]
    fn contradictions_are_mistakes() {
        let then = |then: &str| format!("[[rules]]\nthen = {{ {then} }}\n");
        check(&then(r#"status = "FAILED""#), &["2:10 a FAILED transaction needs a reason"]);
        check(&then(r#"reason = "EXPIRED""#), &["2:10 only a FAILED transaction has a reason"]);
        check(
            &then(r#"status = "PENDING", after = "2s""#),
            &["2:30 a transaction that stays PENDING has no `after`"],
        );
        check(
            "[[rules]]\ncallback = { fate = \"lost\", delay = \"2s\" }\n",
            &["2:29 a lost callback has no `delay`"],
        );
        check(
            "[[rules]]\nwhen = { amount = { at_least = 5, at_most = 4 } }\ncallback = {}\n",
            &["2:19 no amount is at least 5 and at most 4 / swap"],
        );
        check("[[rules]]\nwhen = { party = \"1\" }\n", &["1:1 this rule does nothing"]);
        check(&then(r#"after = "-2s""#), &["2:18 `after` is negative: `-2s`"]);
        check(&then(r#"after = "9999999h""#), &["2:18 `after` is longer than 366 days"]);
    }

    #[test]
    fn account_holders_and_the_opening_balance_are_read() {
        let scenario = read_scenario(
            "a.toml",
            r#"
            opening_balance = "0"
            [[account_holders]]
            party = "+25677*"
            given_name = "Grace"
            family_name = "Nakato"
            birthdate = 1990-02-03
            active = false
            consent = "rejected"
            consent_after = "5s"
            [[rules]]
            when = { body = { referenceIdToRefund = "1" } }
            callback = { fate = "lost" }
            "#,
        )
        .expect("a good file");
        assert_eq!(scenario.opening_balance, Some(rust_decimal::Decimal::ZERO));
        let [declared] = &scenario.account_holders[..] else { panic!("one account holder") };
        assert!(declared.party.matches("256770000001"));
        assert_eq!(declared.holder.full_name(), "Grace Nakato");
        assert_eq!(&*declared.holder.birthdate, "1990-02-03");
        assert_eq!(&*declared.holder.locale, "sv_SE");
        assert_eq!(declared.holder.consent, ConsentOutcome::Rejected);
        check(
            "opening_balance = \"-5\"\n\
             [[account_holders]]\n\
             birthdate = \"yesterday\"\n\
             consent = \"refused\"\n\
             active = \"yes\"\n\
             [[rules]]\n\
             when = { body = { custmerReference = \"1\" } }\n\
             callback = {}\n",
            &[
                "1:19 `opening_balance` is not a decimal of zero or more",
                "2:1 an account holder needs a `party`",
                "3:13 `birthdate` is not a date: `yesterday`",
                "4:11 `consent` cannot be `refused` / did you mean",
                "5:10 `active` cannot be `yes`",
                "7:19 unknown field `custmerReference` in `body` / did you mean `customerRef",
            ],
        );
    }

    #[test]
    fn every_field_of_a_rule_is_read() {
        let scenario = read_scenario(
            "a.toml",
            r#"
            token_lifetime = "5m"
            rate_limit = { requests = 10, per = "1s" }
            [[rules]]
            name = "all of it"
            when = { party_id_type = "MSISDN", api_user = "c0ffee00-1111-4222-8333-444455556666",
                     chance = 0.25, first = 3, until = "10m" }
            submit = { delay = { min = "1s", max = "2s" }, created = true,
                       answer = { status = 500, code = "INTERNAL_PROCESSING_ERROR" } }
            then = { path = [{ status = "CREATED", lasts = "5s" },
                             { status = "PENDING", lasts = { median = "1s", p99 = "9s" } },
                             { status = "FAILED", reason = "EXPIRED" }] }
            callback = { delay = "-3s", method = "PUT", times = 2, every = "3m", body = "malformed",
                         status = "SUCCESSFUL" }
            [[rules.query]]
            times = 2
            answer = { status = 503, message = "gone" }
            [[rules.query]]
            delay = "3s"
            connection = "reset"
            "#,
        )
        .expect("a good file");
        assert_eq!(scenario.token_lifetime, Some(Duration::from_secs(300)));
        assert_eq!(scenario.rate_limit.map(|limit| limit.requests), Some(10));
        let rule = &scenario.rules[0];
        assert_eq!(rule.name.as_deref(), Some("all of it"));
        assert_eq!((rule.when.chance, rule.when.first), (Some(Chance(0.25)), Some(3)));
        let submit = rule.submit.as_ref().expect("a submit");
        let Some(Fault::Answer(answer)) = &submit.fault else { panic!("an answer") };
        let code = r#""code":"INTERNAL_PROCESSING_ERROR"}"#;
        assert!(answer.body.ends_with(code), "{}", answer.body);
        assert!(submit.created);
        assert_eq!(rule.then.path.len(), 2);
        assert_eq!(rule.then.path[0], (RuleStatus::Created, Timing::Fixed(Duration::from_secs(5))));
        assert_eq!(rule.query[1].fault, Some(Fault::Connection(ConnectionFault::Reset)));
        let callback = rule.callback.expect("a callback");
        assert_eq!((callback.delay_ms, callback.times), (-3000, 2));
        assert_eq!(callback.method, Some(CallbackMethod::Put));
        assert_eq!(callback.body, CallbackBody::Malformed);
        assert_eq!(callback.status, Some(RuleStatus::Successful(())));
    }

    #[test]
    fn what_makes_no_sense_in_a_rule_is_a_mistake() {
        let rule = |text: &str| format!("[[rules]]\n{text}\n");
        check(&rule("submit = { created = true }"), &["2:12 `created` is about a fault"]);
        check(
            &rule("submit = { answer = { status = 200 } }"),
            &["2:23 `answer` needs", "2:32 `status` cannot be 200 / write a whole number from 400"]
                [1..],
        );
        check(
            &rule("submit = { answer = { status = 500 }, connection = \"hang\" }"),
            &["2:39 there is an `answer`, or the `connection` breaks, not both"],
        );
        check(&rule("when = { chance = 2 }\ncallback = {}"), &["2:19 `chance` cannot be 2"]);
        check(&rule("when = { first = 0 }\ncallback = {}"), &["2:18 `first` cannot be 0"]);
        check(
            &rule("then = { after = { min = \"5s\", max = \"1s\" } }"),
            &["2:18 `after` has a `min` of 5s above its `max` 1s / swap"],
        );
        check(
            &rule("then = { after = { min = \"5s\" } }"),
            &["2:18 `after` needs `min` and `max`"],
        );
        check(
            &rule(
                "then = { path = [{ status = \"FAILED\", reason = \"EXPIRED\", lasts = \"1s\" }, \
                 { status = \"PENDING\" }] }",
            ),
            &["2:20 only the last step may be SUCCESSFUL or FAILED"],
        );
        check(&rule("callback = { every = \"2s\" }"), &["2:14 `every` is about a callback that"]);
        check(&rule("query = [{}]"), &["2:10 this step of `query` does nothing"]);
    }

    #[test]
    fn a_rule_that_can_never_match_is_a_mistake() {
        let two = |first: &str, second: &str| {
            let rule = |when: &str| format!("[[rules]]\nwhen = {{ {when} }}\ncallback = {{}}\n");
            rule(first) + &rule(second)
        };
        let shadowed = ["4:1 this rule can never match: rule 1 before it matches all"];
        check(&two("", "party = \"1\""), &shadowed);
        check(&two("party = \"25677*\"", "party = \"256771\", currency = \"EUR\""), &shadowed);
        check(&two("amount = { at_least = 5 }", "amount = { equals = 7 }"), &shadowed);
        check(&two("first = 3", "party = \"1\""), &[]);
        check(&two("party = \"1\"", "party = \"1*\""), &[]);
        check(&two("amount = { at_least = 5 }", "amount = { at_most = 7 }"), &[]);
        check(&two("operation = \"refund\"", "product = \"disbursement\""), &[]);
    }

    #[test]
    fn what_is_not_toml_is_pointed_at() {
        check("[[rules]\n", &["1:"]);
        check("name = \"a\"\nname = \"b\"\n", &["2:1 duplicate key"]);
        check("rules = 3\n", &["1:9 rules cannot be a number / write one or more [[rules]]"]);
    }
}
