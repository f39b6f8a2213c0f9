//! Circumstances of recordings: what decided an answer beside the request, and the scenario that
//! sets it up on an emulator.

use serde_json::{Value, json};

/// The name of the scenario that draws the answers to balance requests, as MTN's sandbox does.
pub const RANDOM_BALANCE: &str = "random-balance";

/// The scenario that sets up a circumstance, as `PUT /_sandbox/.../scenario` takes it; `None` if no
/// scenario can.
pub fn scenario_of(circumstance: &str) -> Option<Value> {
    let scenario = |name: &str, value: Value| {
        let mut scenario = json!({ "name": "recordings" });
        scenario[name] = value;
        scenario
    };
    if let Some(reason) = circumstance.strip_prefix("reason ") {
        let rule = json!({"then": {"status": "FAILED", "reason": reason}});
        return Some(scenario("rules", json!([rule])));
    }
    let answer = |answer: Value| scenario("rules", json!([{"submit": {"answer": answer}}]));
    match circumstance {
        "no right to disburse" => Some(answer(json!({"status": 403, "message": "Forbidden"}))),
        "outage of requesttopay" => {
            Some(answer(json!({"status": 503, "code": "SERVICE_UNAVAILABLE"})))
        }
        "account holder inactive" => {
            Some(scenario("account_holders", json!([{"party": "*", "active": false}])))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_set_up_and_what_no_scenario_can_do_is_not() {
        let rules = scenario_of("reason EXPIRED").expect("a scenario");
        assert_eq!(rules["rules"][0]["then"]["reason"], "EXPIRED");
        assert!(scenario_of("account holder inactive").is_some());
        assert_eq!(scenario_of("the moon is full"), None);
    }
}
