//! The scenarios in force, read and replaced.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::control::request::{ControlRequest, Refusal};
use crate::control::{Control, Scope};
use crate::operations::answer::Answer;
use crate::scenario::file;
use crate::scenario::json_form;
use crate::scenario::problem::Problems;
use crate::scenario::rule::Scenario;
use crate::scenario::rule_book::RuleBook;
use crate::scenario::shipped::SHIPPED;

impl Control {
    fn rules(&self, scope: &Scope) -> Arc<RuleBook> {
        match scope {
            Scope::All => self.spaces.rules_to_come(),
            Scope::One(space) => self.spaces.enter(space, |platform, _| platform.shared_rules()),
        }
    }

    fn put(&self, scope: &Scope, rules: Arc<RuleBook>, own: bool) {
        match scope {
            Scope::All => self.spaces.put_rules(&rules),
            Scope::One(space) => {
                self.spaces.enter(space, |platform, now| platform.put_rules(now, rules, own));
            }
        }
    }

    /// The scenarios that ship.
    pub(super) fn shipped_scenarios() -> Answer {
        let scenarios: Vec<Value> = SHIPPED
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
        let scenario = read(request)?;
        let warnings = scenario.warnings.as_deref().map(list).unwrap_or_default();
        let body = json!({
            "name": &*scenario.name,
            "rules": scenario.rules.len(),
            "warnings": warnings,
        });
        let rules = self.rules(scope).with(vec![scenario]);
        self.put(scope, Arc::new(rules), true);
        Ok(Answer::json(200, &body))
    }

    pub(super) fn delete_scenario(&self, scope: &Scope) -> Answer {
        let others = match scope {
            Scope::All => self.spaces.rules_of_the_start(),
            Scope::One(_) => self.spaces.rules_to_come(),
        };
        self.put(scope, others, false);
        self.read_scenario(scope)
    }
}

/// The scenario of a body: TOML, or the same as JSON.
fn read(request: &ControlRequest) -> Result<Scenario, Refusal> {
    const NAME: &str = "put";
    let text = match request.media_type().as_str() {
        "application/toml" => std::str::from_utf8(&request.body)
            .map_err(|error| Refusal::bad(format!("the scenario is not UTF-8: {error}")))?
            .to_owned(),
        "application/json" => json_form::to_toml(request.json()?).map_err(Refusal::bad)?,
        _ => {
            let message = "send a scenario with Content-Type: application/toml or application/json";
            return Err(Refusal::new(415, message));
        }
    };
    file::read(NAME, &text).map_err(|problems| refusal(&problems, &text))
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
