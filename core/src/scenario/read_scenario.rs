//! The reading of a scenario: text or JSON in; the scenario, or every problem of it, out.
//!
//! Both forms become the same tree of values, each with its place. The reader follows the
//! description of the tables through it, so that all mistakes are found at once, each with its
//! place and remedy.

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use toml::de::DeTable;

use crate::model::account_holder::AccountHolder;
use crate::scenario::body_files::BodyFiles;
use crate::scenario::description::{account_holder, rate_limit, scenario};
use crate::scenario::matching::party_glob;
use crate::scenario::problem::{Problem, Problems};
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::redundancy;
use crate::scenario::rule::{DeclaredHolder, Origin, RateLimit, Scenario};
use crate::scenario::toml_depth::parsable;
use crate::scenario::value::{Form, Location, Value};
use crate::scenario::{broken_toml, json_reader, toml_reader};

/// Reads the scenario `file_name` with the content `text`, which has no files beside it.
///
/// # Errors
///
/// All problems of the text, each with its place and remedy.
pub fn read_scenario(file_name: &str, text: &str) -> Result<Scenario, Box<Problems>> {
    read_scenario_with(file_name, text, BodyFiles::NoFolder)
}

/// Reads the scenario file `file_name` with the content `text`. The caller has read the files that
/// [`files_named_in`](crate::scenario::body_files::files_named_in) the text.
///
/// # Errors
///
/// All problems of the text, each with its place and remedy.
pub fn read_scenario_with(
    file_name: &str,
    text: &str,
    files: BodyFiles,
) -> Result<Scenario, Box<Problems>> {
    let parsed = parsable(text);
    let (document, errors) = DeTable::parse_recoverable(parsed);
    if !errors.is_empty() || parsed.len() < text.len() {
        let mistakes = broken_toml::mistakes(parsed, errors);
        return Err(Box::new(Problems::new(file_name, text, mistakes)));
    }
    let document = toml_reader::document(&document);
    let reader = Reader { files, ..Reader::default() };
    reader.whole(file_name, text, Form::Toml, &document)
}

/// Reads a scenario from JSON: the same tables and fields as in TOML.
///
/// # Errors
///
/// All problems of the object, each with its path and remedy.
pub fn read_json(name: &str, object: &Map<String, Json>) -> Result<Scenario, Box<Problems>> {
    let document = json_reader::document(object);
    let scenario = Reader::default().whole(name, "", Form::Json, &document)?;
    let source = json_reader::to_toml(object).map_err(|message| {
        let place = document.place.clone();
        let problem = Problem { place, message, help: None, is_warning: false };
        Problems::new(name, "", vec![problem])
    })?;
    Ok(Scenario { source: source.into(), ..scenario })
}

impl Reader {
    fn whole(
        mut self,
        name: &str,
        text: &str,
        form: Form,
        document: &Value<'_>,
    ) -> Result<Scenario, Box<Problems>> {
        let fields = self.table(&scenario::TABLE, document);
        let scenario = fields.map(|fields| self.scenario(name, text, form, &fields));
        let Some(scenario) = scenario.filter(|_| self.problems.is_empty()) else {
            return Err(Box::new(Problems::new(name, text, self.problems)));
        };
        if redundancy::says_nothing(&scenario) {
            let place = match form {
                Form::Toml => Location::Bytes(0..0),
                Form::Json => document.place.clone(),
            };
            self.warnings.push(redundancy::warning_of_nothing(place));
        }
        let has_warnings = !self.warnings.is_empty();
        let warnings = has_warnings.then(|| Problems::new(name, text, self.warnings).into());
        Ok(Scenario { warnings, ..scenario })
    }

    fn scenario(
        &mut self,
        file_name: &str,
        text: &str,
        form: Form,
        fields: &Fields<'_>,
    ) -> Scenario {
        let name = self.get(fields, &scenario::NAME).unwrap_or_else(|| stem(file_name));
        let name: Arc<str> = name.into();
        self.get(fields, &scenario::VERSION);
        let holders = self.get(fields, &scenario::ACCOUNT_HOLDERS).unwrap_or_default();
        let account_holders = holders.iter().filter_map(|holder| self.account_holder(holder));
        let account_holders = account_holders.collect();
        let tables = self.get(fields, &scenario::RULES).unwrap_or_default();
        let utc_offset = self.get(fields, &scenario::UTC_OFFSET).unwrap_or_default();
        let rules = tables.iter().zip(1..).map(|(fields, number)| {
            let origin = Origin { scenario: Arc::clone(&name), number };
            self.rule(origin, fields, utc_offset)
        });
        let rules: Vec<_> = rules.collect();
        // It is unknown what a rule matches that could not be read whole.
        if self.problems.is_empty() {
            self.note_shadowed(&rules, &tables);
        }
        Scenario {
            description: self.get(fields, &scenario::DESCRIPTION).map(str::to_owned),
            opening_balance: self.get(fields, &scenario::OPENING_BALANCE),
            ledger: self.get(fields, &scenario::LEDGER),
            token_lifetime: self.get(fields, &scenario::TOKEN_LIFETIME),
            rate_limit: self
                .get(fields, &scenario::RATE_LIMIT)
                .and_then(|fields| self.rate_limit(&fields)),
            delivery: self.get(fields, &scenario::DELIVERY),
            name,
            account_holders,
            rules,
            source: text.into(),
            form,
            warnings: None,
        }
    }

    fn rate_limit(&mut self, fields: &Fields<'_>) -> Option<RateLimit> {
        let requests = self.get(fields, &rate_limit::REQUESTS);
        let per = self.get(fields, &rate_limit::PER);
        let (requests, per) = (requests?, per?);
        if per.is_zero() {
            let help = "write { requests = 10, per = \"1s\" }";
            self.note(fields.place, "`per` cannot be zero", help);
        }
        Some(RateLimit { requests, per })
    }

    fn account_holder(&mut self, fields: &Fields<'_>) -> Option<DeclaredHolder> {
        let usual = AccountHolder::default();
        let active = self.get(fields, &account_holder::ACTIVE);
        let mut text = |field, usual| self.get(fields, field).map_or(usual, Into::into);
        let holder = AccountHolder {
            given_name: text(&account_holder::GIVEN_NAME, usual.given_name),
            family_name: text(&account_holder::FAMILY_NAME, usual.family_name),
            gender: text(&account_holder::GENDER, usual.gender),
            locale: text(&account_holder::LOCALE, usual.locale),
            middle_name: self.get(fields, &account_holder::MIDDLE_NAME).map(Into::into),
            birthdate: self
                .get(fields, &account_holder::BIRTHDATE)
                .map_or(usual.birthdate, Into::into),
            active: active != Some(Ok(false)),
            consent: self.get(fields, &account_holder::CONSENT).unwrap_or(usual.consent),
            consent_after: self.get(fields, &account_holder::CONSENT_AFTER).unwrap_or_default(),
        };
        let id_type = self.get(fields, &account_holder::PARTY_ID_TYPE);
        Some(DeclaredHolder {
            party: party_glob(self.get(fields, &account_holder::PARTY)?),
            id_type,
            active_refusal: active.and_then(Result::err),
            holder: Arc::new(holder),
        })
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
    use crate::model::consent::ConsentOutcome;
    use crate::model::fault::ConnectionFault;
    use crate::model::reason::Reason;
    use crate::model::status::RuleStatus;
    use crate::model::submission::CallbackMethod;
    use crate::operations::answer::Answer;
    use crate::scenario::conditions::Chance;
    use crate::scenario::rule::{CallbackBody, CallbackDelay, Fault, Then};
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
        assert_eq!(rule.callbacks[0].delay, CallbackDelay::Fixed(2000));
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
        assert_eq!((rule.when.chance, rule.when.occurrences.first), (Some(Chance(0.25)), Some(3)));
        let submit = rule.submit.as_ref().expect("a submit");
        let Some(Fault::Answer(answer)) = &submit.fault else { panic!("an answer") };
        let answer = answer.apply(Answer::empty(202));
        let code = r#""code":"INTERNAL_PROCESSING_ERROR"}"#;
        assert!(answer.body.ends_with(code), "{}", answer.body);
        assert!(submit.created);
        assert_eq!(rule.then.path.len(), 2);
        assert_eq!(rule.then.path[0], (RuleStatus::Created, Timing::Fixed(Duration::from_secs(5))));
        assert_eq!(rule.query[1].fault, Some(Fault::Connection(ConnectionFault::Reset)));
        let callback = &rule.callbacks[0];
        assert_eq!((callback.delay, callback.times), (CallbackDelay::Fixed(-3000), 2));
        assert_eq!(callback.method, Some(CallbackMethod::Put));
        assert_eq!(callback.body, CallbackBody::Malformed);
        assert_eq!(callback.status, Some(RuleStatus::Successful(())));
    }

    #[test]
    fn what_makes_no_sense_in_a_rule_is_a_mistake() {
        let rule = |text: &str| format!("[[rules]]\n{text}\n");
        check(&rule("submit = { created = true }"), &["2:12 `created` is about a fault"]);
        check(
            &rule("submit = { answer = { status = 199 } }"),
            &["2:32 `status` cannot be 199 / write a whole number from 200 to 599"],
        );
        check(
            &rule("submit = { answer = { status = 500 }, connection = \"hang\" }"),
            &["2:39 there is an `answer`, or the `connection` breaks, not both"],
        );
        check(&rule("when = { chance = 2 }\ncallback = {}"), &["2:19 `chance` cannot be 2"]);
        check(
            &rule("when = { amount = 500 }\ncallback = {}"),
            &["2:19 `amount` is a table of bounds, not a number / write { equals = \"500\" }"],
        );
        check(
            &rule("when = { amount = \"12.5\" }\ncallback = {}"),
            &["2:19 `amount` is a table of bounds, not text / write { equals = \"12.5\" }"],
        );
        check(
            &rule("when = { amount = \">5\" }\ncallback = {}"),
            &["2:19 `amount` is a table of bounds, not text / write { equals = \"100\" }"],
        );
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
        check("name = \"a\"\nname = \"b\"\n", &["2:1 `name` is there already, in line 1"]);
        check("version = 2\n", &["1:11 this momosandbox reads version 1, not 2 / write 1, or"]);
        check("version = \"1\"\n", &["1:11 `version` cannot be text / write 1"]);
        check("version = 1\n", &[]);
        check("rules = 3\n", &["1:9 rules cannot be a number / write one or more [[rules]]"]);
    }

    #[test]
    fn mistakes_in_json_are_told_with_their_paths() {
        let object = serde_json::json!({
            "name": 5,
            "opening_balance": "-5",
            "account_holders": [{"given_name": "Ana"}],
            "rules": [
                {"when": {"amount": {"at_least": 5, "at_most": 4}}, "callback": {}},
                {
                    "when": null,
                    "then": {"status": "FAILD"},
                    "query": [{}, {"times": 0, "delay": "1s"}],
                },
            ],
        });
        let problems = read_json("put", object.as_object().expect("an object"));
        let problems = problems.expect_err("mistakes");
        let told: Vec<String> = problems
            .located()
            .map(|(position, problem)| format!("{position}: {}", problem.message))
            .collect();
        assert_eq!(
            told,
            [
                "in `name`: `name` cannot be a number",
                "in `account_holders[0]`: an account holder needs a `party`",
                "in `rules[0].when.amount`: no amount is at least 5 and at most 4",
                "in `rules[1].when`: `when` cannot be null",
                "in `rules[1].then.status`: `status` cannot be `FAILD`",
                "in `rules[1].query[0]`: this step of `query` does nothing",
                "in `rules[1].query[1].times`: `times` cannot be 0",
                "in `opening_balance`: `opening_balance` is not a decimal of zero or more, such as \
                 \"1000\" or \"12.5\"",
            ]
        );
    }
}
