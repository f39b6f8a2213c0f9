//! The scenarios in force, read and replaced.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::control::names::{self, Fields};
use crate::control::request::{ControlRequest, Refusal};
use crate::control::{Control, Scope};
use momo_sandbox_core::operations::answer::Answer;
use momo_sandbox_core::platform::event::RuleScope;
use momo_sandbox_core::scenario::builtin::{self, BUILTIN};
use momo_sandbox_core::scenario::json_reader;
use momo_sandbox_core::scenario::problem::Problems;
use momo_sandbox_core::scenario::read_scenario::read_scenario;
use momo_sandbox_core::scenario::redundancy;
use momo_sandbox_core::scenario::rule::Scenario;
use momo_sandbox_core::scenario::rule_book::RuleBook;

/// The field that names scenarios that ship.
const SHIPPED_FIELD: &str = "shipped";

impl Control {
    fn rules(&self, scope: &Scope) -> Arc<RuleBook> {
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

    fn put(&self, scope: &Scope, rules: Arc<RuleBook>, put_for: RuleScope) {
        match scope {
            Scope::All => self.spaces.put_rules(&rules),
            Scope::One(space) => {
                self.spaces.enter(space, |platform, _| platform.put_rules(rules, put_for));
            }
        }
    }

    /// The scenarios that ship.
    pub(super) fn shipped_scenarios() -> Answer {
        let scenarios: Vec<Value> = BUILTIN
            .iter()
            .map(|shipped| json!({"name": shipped.name, "source": shipped.text}))
            .collect();
        Answer::json(200, &json!({"scenarios": scenarios}))
    }

    pub(super) fn read_scenario(&self, scope: &Scope) -> Answer {
        let rules = self.rules(scope);
        let scenarios: Vec<Value> = rules
            .scenarios
            .iter()
            .map(|scenario| {
                json!({
                    "name": &*scenario.name,
                    "description": scenario.description,
                    "rules": scenario.rules.len(),
                    "source": &*scenario.source,
                })
            })
            .collect();
        Answer::json(200, &json!({"scenarios": scenarios}))
    }

    pub(super) fn put_scenario(
        &self,
        scope: &Scope,
        request: &ControlRequest,
    ) -> Result<Answer, Refusal> {
        let scenarios = read(request)?;
        let body = told(&scenarios);
        let rules = self.rules(scope).with(scenarios);
        self.make_room_for(scope, &rules)?;
        self.put(scope, Arc::new(rules), RuleScope::ThisSpace);
        Ok(Answer::json(200, &body))
    }

    pub(super) fn delete_scenario(&self, scope: &Scope) -> Answer {
        let others = match scope {
            Scope::All => self.spaces.rules_of_the_start(),
            Scope::One(_) => self.spaces.rules_to_come(),
        };
        self.put(scope, others, RuleScope::AllSpaces);
        self.read_scenario(scope)
    }
}

/// What is told of scenarios that take force together: the names, how many rules they have, and
/// what is worth a warning.
pub(super) fn told(scenarios: &[Scenario]) -> Value {
    let names: Vec<&str> = scenarios.iter().map(|scenario| &*scenario.name).collect();
    let mut warnings: Vec<Value> =
        scenarios.iter().filter_map(|one| one.warnings.as_deref()).flat_map(list).collect();
    warnings.extend(redundancy::because_of_earlier(scenarios).iter().flat_map(list));
    json!({
        "name": names.join(", "),
        "rules": scenarios.iter().map(|scenario| scenario.rules.len()).sum::<usize>(),
        "warnings": warnings,
    })
}

/// The scenarios of a body: TOML, the same as JSON, or the names of some that ship.
fn read(request: &ControlRequest) -> Result<Vec<Scenario>, Refusal> {
    match request.media_type().as_str() {
        "application/toml" => {
            let text = std::str::from_utf8(&request.body);
            let text = text.map_err(|_| Refusal::bad("the scenario is not UTF-8 text"))?;
            of_text(text).map(|scenario| vec![scenario])
        }
        "application/json" => of_json(request.json()?),
        _ => {
            let message = "send a scenario with Content-Type: application/toml or application/json";
            Err(Refusal::new(415, message))
        }
    }
}

/// The scenarios that a JSON object says.
pub(super) fn of_json(object: Map<String, Value>) -> Result<Vec<Scenario>, Refusal> {
    if object.contains_key(SHIPPED_FIELD) {
        let fields = Fields::of(&object, "a body that names shipped scenarios", &[SHIPPED_FIELD])?;
        return of_names(fields.get(SHIPPED_FIELD));
    }
    let text = json_reader::to_toml(object).map_err(Refusal::bad)?;
    of_text(&text).map(|scenario| vec![scenario])
}

/// The shipped scenarios of a list of names.
pub(super) fn of_names(names: Option<&Value>) -> Result<Vec<Scenario>, Refusal> {
    let wrong = || Refusal::bad("`shipped` must be a list of names, such as [\"declined\"]");
    let names = names.and_then(Value::as_array).filter(|names| !names.is_empty());
    let mut scenarios: Vec<Scenario> = Vec::new();
    for name in names.ok_or_else(wrong)? {
        let name = name.as_str().ok_or_else(wrong)?;
        let known = BUILTIN.iter().map(|shipped| shipped.name).collect::<Vec<_>>();
        let name = names::known_word(SHIPPED_FIELD, name, &known)?;
        if scenarios.iter().any(|before| &*before.name == name) {
            return Err(Refusal::bad(format!("`{name}` is there twice")));
        }
        let shipped = builtin::named(name).expect("it is one of the names");
        scenarios.push(of_text(shipped.text)?);
    }
    Ok(scenarios)
}

fn of_text(text: &str) -> Result<Scenario, Refusal> {
    const NAME: &str = "put";
    let scenario = read_scenario(NAME, text).map_err(|problems| refusal(&problems, text))?;
    if !redundancy::says_nothing(&scenario) {
        return Ok(scenario);
    }
    let example = builtin::named(&scenario.name).map_or(BUILTIN[0].name, |shipped| shipped.name);
    Err(Refusal::bad(format!(
        "the scenario says nothing: it has no rule, account holder or setting; what was in force \
         stays in force. To put one that ships in force send {{\"shipped\": [\"{example}\"]}}; to \
         have those of the start again send a DELETE"
    )))
}

fn list(problems: &Problems) -> Vec<Value> {
    problems
        .located()
        .map(|(line, column, problem)| {
            json!({
                "line": line,
                "column": column,
                "message": problem.message,
                "help": problem.help,
            })
        })
        .collect()
}

fn refusal(problems: &Problems, text: &str) -> Refusal {
    let list = list(problems);
    let count = problems.count();
    let error = format!("the scenario has {count} problem(s); what was in force stays in force");
    Refusal::with(400, json!({"error": error, "problems": list, "source": text}))
}
