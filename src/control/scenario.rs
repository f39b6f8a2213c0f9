//! `scenario`: the scenarios in force, read and replaced.

use std::sync::{Arc, LazyLock};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Unexpected};
use serde::{Deserialize as DeriveDeserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::control::decode::{self, Raw};
use crate::control::names::{Vocabulary, Word, vocabulary};
use crate::control::parts::{Asked, Description, Part};
use crate::control::refusal::Refusal;
use crate::control::scenario_in_force::{HowLong, ScenariosInForce, WhichEnd};
use crate::control::{Control, Scope};
use crate::scenarios::{self, BUILTIN, BuiltinScenario, FaultKind};
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::platform::rules_in_force::Lasting;
use momo_sandbox_core::scenario::problem::{Position, Problem, Problems};
use momo_sandbox_core::scenario::read_scenario::{read_json, read_scenario};
use momo_sandbox_core::scenario::redundancy;
use momo_sandbox_core::scenario::rule::Scenario;
use momo_sandbox_core::scenario::rule_book::RuleBook;

/// The name of a scenario that was put in force without one.
const NAME: &str = "put";

/// The field that names scenarios that ship.
const SHIPPED_FIELD: &str = "shipped";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShippedName(&'static str);

vocabulary! {
    FaultKind, FaultKind::ALL.to_vec(), |kind| kind.name();
    ShippedName, BUILTIN.iter().map(|one| ShippedName(one.name)).collect(), |one| one.0;
}

/// Where scenarios come from.
#[derive(Debug, Clone)]
pub enum ScenarioSource {
    Toml(String),
    /// A scenario as JSON, or the names of some that ship in the field `shipped`.
    Json(Map<String, Value>),
    Shipped(Value),
}

#[derive(Debug, DeriveDeserialize)]
#[serde(deny_unknown_fields)]
struct ShippedRequest {
    #[serde(deserialize_with = "read_names")]
    shipped: Vec<Word<ShippedName>>,
}

fn read_names<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Word<ShippedName>>, D::Error> {
    const NAMES: &str = r#"a list of names, such as ["declined"]"#;
    let names: Vec<_> = decode::list(deserializer, NAMES)?;
    let is_empty = names.is_empty();
    (!is_empty).then_some(names).ok_or_else(|| D::Error::invalid_length(0, &NAMES))
}

/// The scenarios that ship.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ShippedScenarios {
    pub scenarios: Vec<ShippedLine>,
}

/// A scenario that ships.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ShippedLine {
    pub name: &'static str,
    pub description: String,
    /// What goes wrong in it; `null` where nothing in particular does.
    pub kind: Option<Word<FaultKind>>,
    pub source: &'static str,
}

/// Scenarios that take force together.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PutScenarios {
    /// Their names.
    pub name: String,
    /// How many rules they have.
    pub rules: usize,
    pub warnings: Vec<ProblemLine>,
    /// When they end, if they are in force for a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// What is wrong with a scenario, and where.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ProblemLine {
    /// The line in TOML, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column in that line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// The place in JSON, such as `rules[1].then.status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    pub message: String,
    pub help: Option<String>,
}

impl Control {
    /// The rules in force: those of spaces to come, or those of one space.
    pub(super) fn rules(&self, scope: &Scope) -> Arc<RuleBook> {
        match scope {
            Scope::All => self.spaces.rules_to_come(),
            Scope::One(space) => {
                self.spaces.enter(space, |platform, _| Arc::clone(platform.rules()))
            }
        }
    }

    /// Refuses rules for which there is no room.
    pub(super) fn make_room_for(&self, scope: &Scope, rules: &RuleBook) -> Result<(), Refusal> {
        let asked = match scope {
            Scope::All => None,
            Scope::One(space) => Some(&**space),
        };
        self.spaces
            .make_room_for_rules(asked, rules)
            .map_err(|full| Refusal::new(503, full.to_string()))
    }

    pub async fn shipped_scenarios(self: Arc<Self>) -> Result<&'static ShippedScenarios, Refusal> {
        static SHIPPED: LazyLock<ShippedScenarios> = LazyLock::new(|| {
            let line = |one: &BuiltinScenario| ShippedLine {
                name: one.name,
                description: one.description().unwrap_or_default(),
                kind: one.kind.map(Word),
                source: one.text,
            };
            ShippedScenarios { scenarios: BUILTIN.iter().map(line).collect() }
        });
        Ok(&SHIPPED)
    }

    /// Puts scenarios in force for what is accepted from now on: for good, or for a time.
    ///
    /// # Errors
    ///
    /// 400 with the problems of a scenario, 503 where there is no room for it.
    pub async fn put_scenario(
        self: Arc<Self>,
        scope: Scope,
        how_long: HowLong,
        source: ScenarioSource,
    ) -> Result<PutScenarios, Refusal> {
        let scenarios = source.read()?;
        let lasting = how_long.lasting(self.now(&scope));
        let until = match lasting {
            Lasting::ForGood => None,
            Lasting::ForNow(until) => until,
        };
        let put = PutScenarios { until, ..PutScenarios::of(&scenarios) };
        self.replace_scenarios(&scope, scenarios, lasting)?;
        Ok(put)
    }

    /// Puts scenarios in force that were read already.
    ///
    /// # Errors
    ///
    /// 503 where there is no room for them.
    pub fn replace_scenarios(
        &self,
        scope: &Scope,
        all: Vec<Scenario>,
        lasting: Lasting,
    ) -> Result<(), Refusal> {
        let rules = self.rules(scope).with(all);
        self.make_room_for(scope, &rules)?;
        let rules = Arc::new(rules);
        match scope {
            Scope::All => self.spaces.put_rules_lasting(&rules, lasting),
            Scope::One(space) => {
                self.spaces.enter(space, |platform, _| platform.put_own_rules(rules, lasting));
            }
        }
        Ok(())
    }

    /// Restores the startup scenarios, or ends those that are in force for a time.
    pub async fn delete_scenario(
        self: Arc<Self>,
        scope: Scope,
        which: WhichEnd,
    ) -> Result<ScenariosInForce, Refusal> {
        match (&scope, which.temporary) {
            (Scope::All, true) => self.spaces.end_rules_for_a_time(),
            (Scope::All, false) => self.spaces.put_rules(&self.spaces.rules_of_the_start()),
            (Scope::One(space), true) => {
                self.spaces.enter(space, |platform, _| platform.end_own_rules_for_a_time());
            }
            (Scope::One(space), false) => {
                let of_all = self.spaces.rules_of_all();
                self.spaces.enter(space, |platform, _| platform.follow_rules_of_all(of_all));
            }
        }
        self.read_scenario(scope).await
    }
}

impl Part for ScenarioSource {
    fn take(asked: &mut Asked) -> Result<Self, Refusal> {
        match asked.request.media_type().as_str() {
            "application/toml" => {
                let text = String::from_utf8(std::mem::take(&mut asked.request.body).into());
                let wrong = |_| Refusal::bad("the scenario is not UTF-8 text");
                text.map(Self::Toml).map_err(wrong)
            }
            "application/json" => {
                let object = asked.request.json()?;
                asked.request.body.clear();
                Ok(Self::Json(object))
            }
            _ => {
                let message =
                    "send a scenario with Content-Type: application/toml or application/json";
                Err(Refusal::new(415, message))
            }
        }
    }

    fn describe(to: &mut Description) {
        to.body = Some(json!({
            "application/json": {"schema": {"type": "object"}},
            "application/toml": {"schema": {"type": "string"}},
        }));
    }
}

/// The name of a scenario that ships, several, or a scenario.
impl<'de> Deserialize<'de> for ScenarioSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of_json(Raw::deserialize(deserializer)?)
    }
}

impl ScenarioSource {
    pub(super) fn of_json<E: Error>(Raw(text): Raw) -> Result<Self, E> {
        const EXPECTED: &str = "the name of one that ships, a list of names, or a scenario";
        match serde_json::from_str(&text).map_err(E::custom)? {
            Value::Object(object) => Ok(Self::Json(object)),
            name @ Value::String(_) => Ok(Self::Shipped(json!([name]))),
            names @ Value::Array(_) => Ok(Self::Shipped(names)),
            _ => Err(E::invalid_type(Unexpected::Other("another type"), &EXPECTED)),
        }
    }
}

impl JsonSchema for ScenarioSource {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "scenario_source".into()
    }

    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        let name = schemas.subschema_for::<Word<ShippedName>>();
        json_schema!({"anyOf": [name, {"type": "array", "items": name}, {"type": "object"}]})
    }
}

impl ScenarioSource {
    /// Reads the scenarios.
    ///
    /// # Errors
    ///
    /// 400 with what is wrong with them.
    pub fn read(self) -> Result<Vec<Scenario>, Refusal> {
        let names = match self {
            Self::Toml(text) => return of_text(&text).map(|scenario| vec![scenario]),
            Self::Json(object) if object.contains_key(SHIPPED_FIELD) => object,
            Self::Json(object) => {
                let scenario = read_json(NAME, &object);
                let scenario = scenario.map_err(|problems| refusal(&problems, None))?;
                return that_says_something(scenario).map(|scenario| vec![scenario]);
            }
            Self::Shipped(names) => [(SHIPPED_FIELD.to_owned(), names)].into_iter().collect(),
        };
        let ShippedRequest { shipped: names } =
            decode::object(&names, "a body that names shipped scenarios")?;
        let mut scenarios: Vec<Scenario> = Vec::new();
        for Word(ShippedName(name)) in names {
            if scenarios.iter().any(|before| &*before.name == name) {
                return Err(Refusal::bad(format!("`{name}` is there twice")));
            }
            let shipped = scenarios::named(name).expect("it is one of the names");
            scenarios.push(of_text(shipped.text)?);
        }
        Ok(scenarios)
    }
}

impl PutScenarios {
    /// What is told of scenarios that take force together.
    pub(super) fn of(scenarios: &[Scenario]) -> Self {
        let names: Vec<&str> = scenarios.iter().map(|scenario| &*scenario.name).collect();
        let own = scenarios.iter().filter_map(|one| one.warnings.as_deref());
        let because_of_earlier = redundancy::because_of_earlier(scenarios);
        let warnings = own.chain(&because_of_earlier).flat_map(lines).collect();
        let rules = scenarios.iter().map(|scenario| scenario.rules.len()).sum();
        Self { name: names.join(", "), rules, warnings, until: None }
    }
}

fn of_text(text: &str) -> Result<Scenario, Refusal> {
    let scenario = read_scenario(NAME, text).map_err(|problems| refusal(&problems, Some(text)))?;
    that_says_something(scenario)
}

fn that_says_something(scenario: Scenario) -> Result<Scenario, Refusal> {
    if !redundancy::says_nothing(&scenario) {
        return Ok(scenario);
    }
    let example = scenarios::named(&scenario.name).map_or(BUILTIN[0].name, |shipped| shipped.name);
    Err(Refusal::bad(format!(
        "the scenario says nothing: it has no rule, account holder or setting; what was in force \
         stays in force. To put one that ships in force send {{\"shipped\": [\"{example}\"]}}; to \
         have those of the start again send a DELETE"
    )))
}

fn lines(problems: &Problems) -> Vec<ProblemLine> {
    let line = |(position, problem): (Position<'_>, &Problem)| {
        let (line, column, path) = match position {
            Position::Line { line, column } => (Some(line), Some(column), None),
            Position::Path(path) => (None, None, Some(path.to_owned())),
        };
        let (message, help) = (problem.message.clone(), problem.help.clone());
        ProblemLine { line, column, path, message, help }
    };
    problems.located().map(line).collect()
}

/// The refusal of a scenario with mistakes. Places in TOML are of the text, which is told too.
fn refusal(problems: &Problems, text: Option<&str>) -> Refusal {
    let count = problems.count();
    let error = format!("the scenario has {count} problem(s); what was in force stays in force");
    let mut body = json!({"error": error, "problems": lines(problems)});
    if let Some(text) = text {
        body["source"] = json!(text);
    }
    Refusal::with(400, body)
}
