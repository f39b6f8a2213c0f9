//! Scenario files: TOML text in, rules or every problem of the text out.
//!
//! The text is parsed into a tree in which every key and value knows its place; the tree is walked
//! by hand, so that all mistakes of a file are found at once, each with its place and remedy.

use std::sync::Arc;

use toml::Spanned;
use toml::de::DeTable;
use wildmatch::WildMatch;

use crate::model::account_holder::AccountHolder;
use crate::model::consent::ConsentOutcome;
use crate::model::product::Product;
use crate::model::reason::Reason;
use crate::model::transaction::TransactionKind;
use crate::operations::body::text_fields;
use crate::scenario::problem::{Problem, Problems};
use crate::scenario::rule::{
    AmountBounds, CallbackFate, CallbackRule, DeclaredHolder, Ending, Origin, Rule, Scenario, Then,
    When, party_glob,
};
use crate::scenario::walk::{Value, Walk};

/// Reads the scenario file `file_name` with the content `text`.
pub fn read(file_name: &str, text: &str) -> Result<Scenario, Box<Problems>> {
    let mut problems = Vec::new();
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        problems.push(Problem {
            span: error.span().unwrap_or_default(),
            message: error.message().to_owned(),
            help: Some("a scenario file is TOML: see the files in scenarios/".to_owned()),
        });
    }
    if problems.is_empty() {
        let scenario = Walk { problems: &mut problems }.scenario(file_name, &document);
        if problems.is_empty() {
            return Ok(scenario);
        }
    }
    Err(Box::new(Problems::new(file_name, text, problems)))
}

impl Walk<'_> {
    fn scenario(&mut self, file_name: &str, document: &Spanned<DeTable<'_>>) -> Scenario {
        const KNOWN: &[&str] =
            &["name", "description", "opening_balance", "account_holders", "rules"];
        let fields = self.known(document.get_ref(), "a scenario", KNOWN);
        let name: Arc<str> = match fields.get("name").and_then(|value| self.text("name", value)) {
            Some(name) => name.into(),
            None => stem(file_name).into(),
        };
        let description =
            fields.get("description").and_then(|value| self.text("description", value));
        let opening_balance =
            fields.get("opening_balance").and_then(|value| self.balance("opening_balance", value));
        let mut account_holders = Vec::new();
        if let Some(value) = fields.get("account_holders") {
            for item in self.tables("account_holders", value) {
                account_holders.extend(self.account_holder(item));
            }
        }
        let mut rules = Vec::new();
        if let Some(value) = fields.get("rules") {
            for (index, item) in self.tables("rules", value).iter().enumerate() {
                let origin = Origin { scenario: Arc::clone(&name), number: index + 1 };
                rules.extend(self.rule(origin, item));
            }
        }
        Scenario { name, description, opening_balance, account_holders, rules }
    }

    fn account_holder(&mut self, value: &Value<'_>) -> Option<DeclaredHolder> {
        const KNOWN: &[&str] = &[
            "party",
            "given_name",
            "middle_name",
            "family_name",
            "birthdate",
            "gender",
            "locale",
            "active",
            "consent",
            "consent_after",
        ];
        let fields = self.table("an account holder", value, KNOWN)?;
        let mut text = |name| fields.get(name).and_then(|value| self.text(name, value));
        let mut holder = AccountHolder::default();
        for (name, put) in [
            ("given_name", &mut holder.given_name),
            ("family_name", &mut holder.family_name),
            ("gender", &mut holder.gender),
            ("locale", &mut holder.locale),
        ] {
            if let Some(text) = text(name) {
                *put = text.into();
            }
        }
        holder.middle_name = text("middle_name").map(Into::into);
        let party = text("party");
        if let Some(birthdate) = fields.get("birthdate").and_then(|value| self.date(value)) {
            holder.birthdate = birthdate;
        }
        if let Some(active) = fields.get("active").and_then(|value| self.boolean("active", value)) {
            holder.active = active;
        }
        let outcomes = ConsentOutcome::ALL.map(|(name, _, outcome)| (name, outcome));
        let consent =
            fields.get("consent").and_then(|value| self.one_of("consent", value, &outcomes));
        holder.consent = consent.unwrap_or(holder.consent);
        let after = fields.get("consent_after");
        let after = after.and_then(|value| self.duration("consent_after", value));
        holder.consent_after = after.unwrap_or_default();
        if fields.get("party").is_none() {
            self.note(
                value.span(),
                "an account holder needs a `party`",
                "add for instance `party = \"25677*\"`",
            );
        }
        party.map(|party| DeclaredHolder { party: party_glob(&party), holder: Arc::new(holder) })
    }

    fn date(&mut self, value: &Value<'_>) -> Option<Box<str>> {
        let text = match value.get_ref() {
            toml::de::DeValue::Datetime(date) => date.to_string(),
            _ => self.text("birthdate", value)?,
        };
        if text.parse::<jiff::civil::Date>().is_ok() && text.len() == "1976-08-13".len() {
            return Some(text.into());
        }
        let message = format!("`birthdate` is not a date: `{text}`");
        self.note(value.span(), &message, "write a date such as \"1976-08-13\"");
        None
    }

    fn rule(&mut self, origin: Origin, value: &Value<'_>) -> Option<Rule> {
        const KNOWN: &[&str] = &["when", "then", "callback"];
        let fields = self.table("a rule", value, KNOWN)?;
        if fields.get("then").is_none() && fields.get("callback").is_none() {
            self.note(value.span(), "this rule does nothing", "give it a `then` or a `callback`");
        }
        Some(Rule {
            origin,
            when: fields.get("when").map(|value| self.when(value)).unwrap_or_default(),
            then: fields.get("then").map(|value| self.then(value)).unwrap_or_default(),
            callback: fields.get("callback").and_then(|value| self.callback(value)),
        })
    }

    fn when(&mut self, value: &Value<'_>) -> When {
        const KNOWN: &[&str] =
            &["product", "operation", "party", "amount", "currency", "external_id", "body"];
        let Some(fields) = self.table("`when`", value, KNOWN) else { return When::default() };
        let products = Product::ALL.map(|product| (product.name(), product));
        let operations = TransactionKind::ALL.map(|kind| (kind.name(), kind));
        When {
            product: fields
                .get("product")
                .and_then(|value| self.one_of("product", value, &products)),
            operation: fields
                .get("operation")
                .and_then(|value| self.one_of("operation", value, &operations)),
            party: fields
                .get("party")
                .and_then(|value| self.text("party", value))
                .map(|pattern| party_glob(&pattern)),
            amount: fields.get("amount").map(|value| self.bounds(value)).unwrap_or_default(),
            currency: fields.get("currency").and_then(|value| self.text("currency", value)),
            external_id: fields
                .get("external_id")
                .and_then(|value| self.text("external_id", value))
                .map(|pattern| WildMatch::new(&pattern)),
            body: fields.get("body").map(|value| self.body(value)).unwrap_or_default(),
        }
    }

    /// Conditions on the other texts of a body, by the names of their fields on the wire.
    fn body(&mut self, value: &Value<'_>) -> Vec<(&'static str, WildMatch)> {
        let known = text_fields();
        let Some(fields) = self.table("`body`", value, &known) else { return Vec::new() };
        let mut conditions = Vec::new();
        for name in known {
            let pattern = fields.get(name).and_then(|value| self.text(name, value));
            conditions.extend(pattern.map(|pattern| (name, WildMatch::new(&pattern))));
        }
        conditions
    }

    fn bounds(&mut self, value: &Value<'_>) -> AmountBounds {
        const KNOWN: &[&str] = &["equals", "at_least", "at_most"];
        let Some(fields) = self.table("`amount`", value, KNOWN) else {
            return AmountBounds::default();
        };
        let mut bound = |name| fields.get(name).and_then(|value| self.amount(name, value));
        let bounds = AmountBounds {
            equals: bound("equals"),
            at_least: bound("at_least"),
            at_most: bound("at_most"),
        };
        if let (Some(low), Some(high)) = (bounds.at_least, bounds.at_most)
            && low > high
        {
            self.note(
                value.span(),
                &format!("no amount is at least {low} and at most {high}"),
                "swap the two bounds",
            );
        }
        bounds
    }

    fn then(&mut self, value: &Value<'_>) -> Then {
        const KNOWN: &[&str] = &["status", "reason", "after"];
        #[derive(Clone, Copy, PartialEq)]
        enum Named {
            Successful,
            Failed,
            Pending,
        }
        const STATUSES: &[(&str, Named)] = &[
            ("SUCCESSFUL", Named::Successful),
            ("FAILED", Named::Failed),
            ("PENDING", Named::Pending),
        ];
        let Some(fields) = self.table("`then`", value, KNOWN) else { return Then::default() };
        let status = fields.get("status").and_then(|value| self.one_of("status", value, STATUSES));
        let reasons = Reason::ALL.map(|reason| (reason.code(), reason));
        let reason = fields.get("reason").and_then(|value| self.one_of("reason", value, &reasons));
        let after = fields.get("after").and_then(|value| self.duration("after", value));

        if fields.get("reason").is_some() && status != Some(Named::Failed) {
            self.note(
                fields.place("reason"),
                "only a FAILED transaction has a reason",
                "set `status = \"FAILED\"`, or leave `reason` out",
            );
        }
        if status == Some(Named::Failed) && fields.get("reason").is_none() {
            self.note(
                fields.place("status"),
                "a FAILED transaction needs a reason",
                "add for instance `reason = \"APPROVAL_REJECTED\"`",
            );
        }
        if status == Some(Named::Pending) && fields.get("after").is_some() {
            self.note(
                fields.place("after"),
                "a transaction that stays PENDING has no `after`",
                "leave `after` out, or give the status that it ends with",
            );
        }
        let ending = match status {
            None => None,
            Some(Named::Successful) => Some(Ending::Successful),
            Some(Named::Pending) => Some(Ending::Pending),
            Some(Named::Failed) => reason.map(Ending::Failed),
        };
        Then { ending, after }
    }

    fn callback(&mut self, value: &Value<'_>) -> Option<CallbackRule> {
        const KNOWN: &[&str] = &["fate", "delay"];
        const FATES: &[(&str, CallbackFate)] =
            &[("sent", CallbackFate::Sent), ("lost", CallbackFate::Lost)];
        let fields = self.table("`callback`", value, KNOWN)?;
        let fate = fields.get("fate").and_then(|value| self.one_of("fate", value, FATES));
        let delay = fields.get("delay").and_then(|value| self.duration("delay", value));
        if fate == Some(CallbackFate::Lost) && fields.get("delay").is_some() {
            self.note(
                fields.place("delay"),
                "a lost callback has no `delay`",
                "leave `delay` out, or set `fate = \"sent\"`",
            );
        }
        Some(CallbackRule {
            fate: fate.unwrap_or(CallbackFate::Sent),
            delay: delay.unwrap_or_default(),
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

    /// The problems of a text as `line:column message / help`.
    fn problems(text: &str) -> Vec<String> {
        let Err(problems) = read("a.toml", text) else { return Vec::new() };
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
        let scenario = read(
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
        assert_eq!(rule.then.after, Some(Duration::from_secs(90)));
        assert_eq!(rule.then.ending, Some(Ending::Failed(Reason::Expired)));
        assert_eq!(rule.callback.expect("a callback").delay, Duration::from_secs(2));
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
        let scenario = read(
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
                "5:10 `active` cannot be text / write true or false",
                "7:19 unknown field `custmerReference` in `body` / did you mean `customerRef",
            ],
        );
    }

    #[test]
    fn what_is_not_toml_is_pointed_at() {
        check("[[rules]\n", &["1:"]);
        check("name = \"a\"\nname = \"b\"\n", &["2:1 duplicate key"]);
        check("rules = 3\n", &["1:9 rules cannot be a number / write one or more [[rules]]"]);
    }
}
