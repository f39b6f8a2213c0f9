//! `GET scenario`: the scenarios in force, until when, and which API users have their own.

use std::sync::Arc;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Unexpected};
use serde::{Deserialize as DeriveDeserialize, Serialize};

use crate::control::parts::part;
use crate::control::refusal::Refusal;
use crate::control::{Control, Scope};
use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::platform::rules_in_force::{Lasting, Temporary};
use momo_sandbox_core::scenario::duration::{DURATION_REMEDY, read_duration};
use momo_sandbox_core::scenario::rule_book::RuleBook;

/// The word for a scenario that stays in force until somebody ends it.
const UNTIL_ENDED: &str = "until_ended";

/// How long a scenario stays in force; for good if nothing is said.
#[derive(Debug, Clone, Copy, Default, DeriveDeserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HowLong {
    /// A duration on the emulator's clock, or `until_ended`. What was in force for good comes back
    /// then.
    #[serde(default, rename = "for")]
    #[schemars(with = "Option<TimeInForce>")]
    time: Option<TimeInForce>,
}

part!(query HowLong);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TimeInForce {
    For(Duration),
    UntilEnded,
}

impl HowLong {
    pub(super) fn lasting(self, now: Timestamp) -> Lasting {
        match self.time {
            None => Lasting::ForGood,
            Some(TimeInForce::For(duration)) => Lasting::ForNow(Some(now.after(duration))),
            Some(TimeInForce::UntilEnded) => Lasting::ForNow(None),
        }
    }
}

impl<'de> Deserialize<'de> for TimeInForce {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == UNTIL_ENDED {
            return Ok(Self::UntilEnded);
        }
        let wrong =
            |why| D::Error::custom(format_args!("{why}; {DURATION_REMEDY}, or `{UNTIL_ENDED}`"));
        match read_duration(&text) {
            Ok(Duration::ZERO) => Err(D::Error::custom("of 0 would end at once: leave it out")),
            Ok(duration) => Ok(Self::For(duration)),
            Err(why) => Err(wrong(why)),
        }
    }
}

impl JsonSchema for TimeInForce {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "time_in_force".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let pattern = format!("^([1-9][0-9]{{0,3}}(ms|s|m|h)|{UNTIL_ENDED})$");
        json_schema!({"type": "string", "pattern": pattern})
    }
}

/// What a `DELETE` ends.
#[derive(Debug, Clone, Copy, Default, DeriveDeserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichEnd {
    /// Only scenarios that are in force for a time; what was in force for good comes back.
    #[serde(default, deserialize_with = "read_true")]
    #[schemars(extend("const" = true))]
    pub(super) temporary: bool,
}

fn read_true<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "true" => Ok(true),
        other => Err(D::Error::invalid_value(Unexpected::Str(other), &"true")),
    }
}

part!(query WhichEnd);

/// The scenarios in force.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ScenariosInForce {
    pub scenarios: Vec<ScenarioLine>,
    /// Whether they are in force for a time, and those before come back.
    pub temporary: bool,
    /// When they end; `null` if they are not for a time, or if somebody must end them.
    pub until: Option<Timestamp>,
    /// The API users that have scenarios of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spaces: Option<Vec<OwnScenarios>>,
}

/// A scenario in force.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ScenarioLine {
    pub name: String,
    pub description: Option<String>,
    /// How many rules it has.
    pub rules: usize,
    pub source: String,
}

/// The scenarios of an API user of its own.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OwnScenarios {
    pub api_user: ApiUserId,
    /// Their names.
    pub name: String,
    /// Whether they are in force for a time, and those before come back.
    pub temporary: bool,
    pub until: Option<Timestamp>,
}

impl Control {
    pub async fn read_scenario(self: Arc<Self>, scope: Scope) -> Result<ScenariosInForce, Refusal> {
        let (rules, temporary, spaces) = match &scope {
            Scope::All => {
                let of_all = self.spaces.rules_of_all();
                (Arc::clone(of_all.current()), of_all.temporary, Some(self.own_scenarios()))
            }
            Scope::One(space) => self.spaces.enter(space, |platform, _| {
                let temporary = platform.rules_of_space().temporary().cloned();
                (Arc::clone(platform.rules()), temporary, None)
            }),
        };
        let lines = rules.scenarios.iter().map(|scenario| ScenarioLine {
            name: scenario.name.to_string(),
            description: scenario.description.clone(),
            rules: scenario.rules.len(),
            source: scenario.source.to_string(),
        });
        Ok(ScenariosInForce {
            scenarios: lines.collect(),
            temporary: temporary.is_some(),
            until: temporary.and_then(|temporary| temporary.until),
            spaces,
        })
    }

    fn own_scenarios(&self) -> Vec<OwnScenarios> {
        self.spaces.catch_up();
        let own = |space| {
            self.spaces.look_into(space, |platform| {
                let rules = platform.rules_of_space();
                let until = rules.temporary().map(|Temporary { until, .. }| *until);
                platform.has_own_rules().then(|| OwnScenarios {
                    api_user: platform.api_user().id,
                    name: names(platform.rules()),
                    temporary: until.is_some(),
                    until: until.flatten(),
                })
            })
        };
        self.spaces.all().iter().filter_map(|space| own(space)).collect()
    }
}

fn names(rules: &RuleBook) -> String {
    let names: Vec<&str> = rules.scenarios.iter().map(|scenario| &*scenario.name).collect();
    names.join(", ")
}
