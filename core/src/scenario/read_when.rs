//! The reading of a rule's conditions, and of what in them contradicts itself.

use crate::model::ids::ApiUserId;
use crate::scenario::condition_fields::{amount, party_range, when};
use crate::scenario::conditions::{AmountBounds, Parties, PartyPattern, TimeConditions, When};
use crate::scenario::daytime::UtcOffset;
use crate::scenario::field::{AnyField, FieldKind};
use crate::scenario::glob::Glob;
use crate::scenario::matching::party_glob;
use crate::scenario::occurrence::Occurrences;
use crate::scenario::operation_set::OperationSet;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::value::{Content, Value};

/// The conditions on the body of a submission, which a call does not have.
static OF_SUBMISSIONS: [&dyn AnyField; 5] =
    [&when::AMOUNT, &when::CURRENCY, &when::EXTERNAL_ID, &when::BODY, &when::SAME_PAYER_PENDING];

impl Reader {
    pub(super) fn when(&mut self, fields: &Fields<'_>, utc_offset: UtcOffset) -> When {
        let body = self.get(fields, &when::BODY).unwrap_or_default();
        let operations = self.get(fields, &when::OPERATION).unwrap_or_default();
        let operations = operations.into_iter().reduce(OperationSet::with).unwrap_or_default();
        let when = When {
            product: self.get(fields, &when::PRODUCT),
            operations,
            party: self.get(fields, &when::PARTY),
            party_id_type: self.get(fields, &when::PARTY_ID_TYPE),
            amount: self
                .get(fields, &when::AMOUNT)
                .map(|fields| self.bounds(&fields))
                .unwrap_or_default(),
            currency: self.get(fields, &when::CURRENCY).map(str::to_owned),
            external_id: self.get(fields, &when::EXTERNAL_ID).map(Glob::new),
            body: body.into_iter().map(|(name, pattern)| (name, Glob::new(pattern))).collect(),
            api_user: self.get(fields, &when::API_USER).map(ApiUserId),
            platform: self.get(fields, &when::PLATFORM),
            same_payer_pending: self.get(fields, &when::SAME_PAYER_PENDING),
            chance: self.get(fields, &when::CHANCE),
            time: self.time_conditions(fields, utc_offset),
            occurrences: self.occurrences(fields),
        };
        self.note_conditions_of_submissions(fields, operations);
        when
    }

    fn time_conditions(&mut self, fields: &Fields<'_>, utc_offset: UtcOffset) -> TimeConditions {
        let time = TimeConditions {
            from: self.get(fields, &when::FROM),
            until: self.get(fields, &when::UNTIL),
            between: self.get(fields, &when::BETWEEN),
            weekdays: self.get(fields, &when::WEEKDAY).unwrap_or_default(),
            utc_offset,
        };
        if let (Some(from), Some(until)) = (time.from, time.until)
            && from >= until
        {
            self.note(
                fields.place_of(&when::FROM),
                "`from` is not before `until`: the rule never applies",
                "swap the two, or leave one out",
            );
        }
        time
    }

    fn occurrences(&mut self, fields: &Fields<'_>) -> Occurrences {
        let by = self.get(fields, &when::COUNT_BY);
        let occurrences = Occurrences {
            first: self.get(fields, &when::FIRST),
            nth: self.get(fields, &when::NTH),
            every: self.get(fields, &when::EVERY),
            after_first: self.get(fields, &when::AFTER_FIRST),
            per: self.get(fields, &when::PER),
            by: by.unwrap_or_default(),
        };
        let how: [&dyn AnyField; 2] = [&when::PER, &when::COUNT_BY];
        for field in how.into_iter().filter(|field| fields.has(*field)) {
            if !occurrences.is_counting() {
                let message = format!("`{}` is about a count, and there is none", field.name());
                let help = "add `nth`, `every`, `first` or `after_first`";
                self.note(fields.place_of(field), &message, help);
            }
        }
        if occurrences.is_counting() && occurrences.are_impossible() {
            let message = "no occurrence meets `nth`, `every`, `first` and `after_first` together";
            self.note(fields.place, message, "change one of them, or leave it out");
        }
        occurrences
    }

    fn bounds(&mut self, fields: &Fields<'_>) -> AmountBounds {
        let bounds = AmountBounds {
            equals: self.get(fields, &amount::EQUALS),
            at_least: self.get(fields, &amount::AT_LEAST),
            at_most: self.get(fields, &amount::AT_MOST),
            more_than: self.get(fields, &amount::MORE_THAN),
            less_than: self.get(fields, &amount::LESS_THAN),
        };
        match (bounds.at_least, bounds.at_most) {
            (Some(low), Some(high)) if low > high => {
                let message = format!("no amount is at least {low} and at most {high}");
                self.note(fields.place, &message, "swap the two bounds");
            }
            _ if is_new(fields) && bounds.are_empty() => {
                let help = "change a bound, or leave it out";
                self.note(fields.place, "no amount is within all of these bounds", help);
            }
            _ => {}
        }
        bounds
    }

    /// Notes conditions that only a submission can meet, on a rule that is about other requests.
    fn note_conditions_of_submissions(&mut self, fields: &Fields<'_>, operations: OperationSet) {
        if operations.is_of_submissions() {
            return;
        }
        for other in OF_SUBMISSIONS.into_iter().filter(|field| fields.has(*field)) {
            let what = operations.name_of_other();
            let message = format!("`{what}` is no submission, and has no `{}`", other.name());
            let help = "leave it out, or name submissions alone in `operation`";
            self.note(fields.place_of(other), &message, help);
        }
        let of_parties: [&dyn AnyField; 2] = [&when::PARTY, &when::PARTY_ID_TYPE];
        for other in of_parties.into_iter().filter(|field| fields.has(*field)) {
            if !operations.has_one_with_party() {
                let what = operations.name_of_other();
                let message = format!("`{what}` names no party, and has no `{}`", other.name());
                self.note(fields.place_of(other), &message, "leave it out");
            }
        }
        let provisioning = operations.is_of_provisioning();
        let unknown: [&dyn AnyField; 3] = [&when::PRODUCT, &when::API_USER, &when::PLATFORM];
        for other in unknown.into_iter().filter(|field| provisioning && fields.has(*field)) {
            let message = format!("provisioning has no `{}`", other.name());
            self.note(fields.place_of(other), &message, "leave it out");
        }
    }
}

/// Whether bounds have a field that files of the first format did not have: those stay valid.
fn is_new(fields: &Fields<'_>) -> bool {
    fields.has(&amount::MORE_THAN) || fields.has(&amount::LESS_THAN)
}

/// The parties of a rule: one pattern, or a list of patterns and ranges.
pub(super) struct PartyList;

impl FieldKind for PartyList {
    type Read<'v> = Parties;

    fn schema(&self) -> serde_json::Value {
        let one = serde_json::json!({"type": "string"});
        let item = serde_json::json!({"anyOf": [one, party_range::TABLE.schema()]});
        let list = serde_json::json!({"type": "array", "items": item, "minItems": 1});
        serde_json::json!({"anyOf": [one, list]})
    }

    fn read<'v>(&self, to: &mut Reader, name: &str, value: &'v Value<'v>) -> Option<Parties> {
        let patterns: Vec<PartyPattern> = match &value.content {
            Content::Text(text) => vec![PartyPattern::Glob(party_glob(text))],
            Content::Array(items) => {
                if items.is_empty() {
                    to.note(&value.place, &format!("`{name}` has no party"), "add one");
                }
                items.iter().filter_map(|item| to.party_pattern(name, item)).collect()
            }
            _ => {
                let expected = "text in quotes, or a list such as [\"25677*\", \"256700000001\"]";
                to.wrong_type(&format!("`{name}`"), expected, value);
                return None;
            }
        };
        Some(Parties(patterns))
    }
}

impl Reader {
    fn party_pattern(&mut self, name: &str, value: &Value<'_>) -> Option<PartyPattern> {
        match &value.content {
            Content::Text(text) => Some(PartyPattern::Glob(party_glob(text))),
            Content::Table(_) => {
                let fields = self.table(&party_range::TABLE, value)?;
                let from = self.get(&fields, &party_range::FROM);
                let end = self.get(&fields, &party_range::TO);
                let (from, end) = (from?, end?);
                let [from, end] = [from, end].map(|id| id.strip_prefix('+').unwrap_or(id));
                if from.len() != end.len() || from > end {
                    let message = format!("no id is from `{from}` to `{end}`");
                    let help = "write two ids of the same length, the lower one first";
                    self.note(&value.place, &message, help);
                }
                Some(PartyPattern::Range { from: from.into(), to: end.into() })
            }
            _ => {
                let expected =
                    "text in quotes, or { from = \"256770000000\", to = \"256770000999\" }";
                self.wrong_type(&format!("an item of `{name}`"), expected, value);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::read_scenario::read_scenario;

    fn mistakes(when: &str, does: &str) -> Vec<String> {
        let text = format!("[[rules]]\nwhen = {{ {when} }}\n{does}\n");
        let Err(problems) = read_scenario("a.toml", &text) else { return Vec::new() };
        problems.located().map(|(_, problem)| problem.message.clone()).collect()
    }

    fn of_submission(when: &str) -> Vec<String> {
        mistakes(when, "callback = { fate = \"lost\" }")
    }

    #[test]
    fn conditions_that_no_request_meets_are_mistakes() {
        assert_eq!(of_submission("nth = 3, per = \"day\", count_by = \"party\""), [""; 0]);
        assert_eq!(of_submission("per = \"day\""), ["`per` is about a count, and there is none"]);
        assert_eq!(
            of_submission("nth = 3, every = 2"),
            ["no occurrence meets `nth`, `every`, `first` and `after_first` together"]
        );
        assert_eq!(
            of_submission("from = \"2m\", until = \"1m\""),
            ["`from` is not before `until`: the rule never applies"]
        );
        assert_eq!(
            of_submission("amount = { more_than = \"5\", at_most = \"5\" }"),
            ["no amount is within all of these bounds"]
        );
        assert_eq!(
            of_submission("party = [{ from = \"2\", to = \"1\" }]"),
            ["no id is from `2` to `1`"]
        );
        assert_eq!(of_submission("party = []"), ["`party` has no party"]);
        assert_eq!(of_submission("between = [\"08:00\"]"), ["`between` has 1 items"]);
        assert_eq!(of_submission("weekday = \"sundy\""), ["`weekday` cannot be `sundy`"]);
    }

    #[test]
    fn calls_have_no_body_to_be_compared() {
        let call = |when| mistakes(when, "respond = { answer = { status = 503 } }");
        assert_eq!(call("operation = [\"token\", \"balance\"], every = 4"), [""; 0]);
        assert_eq!(
            call("operation = \"token\", amount = { equals = \"5\" }"),
            ["`token` is no submission, and has no `amount`"]
        );
        assert_eq!(
            call("operation = [\"requesttopay\", \"queries\"], currency = \"EUR\""),
            ["`requesttopay-status` is no submission, and has no `currency`"]
        );
        assert_eq!(
            call("operation = \"create-api-user\", product = \"collection\""),
            ["provisioning has no `product`"]
        );
        assert_eq!(
            call("operation = \"provisioning\", platform = \"new\""),
            ["provisioning has no `platform`"]
        );
        assert_eq!(
            call("operation = \"token\", platform = \"old\""),
            ["`platform` cannot be `old`"]
        );
    }
}
