//! The examples of the OpenAPI documents are real answers.

use std::collections::BTreeMap;

use momo_sandbox::internals::documents::{Examples, examples_of, set_of};
use momo_sandbox_core::model::environment::Environment;

use super::documents::compare_or_update;
use super::played_examples::play_all;

/// `data/examples.json` as it is made now, from one target environment for each set.
fn made() -> String {
    let mut sets = BTreeMap::<String, Examples>::new();
    for environment in Environment::all() {
        let set = set_of(environment);
        if sets.contains_key(&set) {
            continue;
        }
        let played = serde_json::to_string(&play_all(environment)).expect("JSON");
        let shared = played
            .replace(&format!("\"{}\"", environment.name), "\"{environment}\"")
            .replace(environment.currency, "{currency}");
        sets.insert(set, serde_json::from_str(&shared).expect("JSON"));
    }
    serde_json::to_string_pretty(&sets).expect("JSON") + "\n"
}

#[test]
fn the_examples_of_the_documents_are_those_that_an_emulator_plays() {
    compare_or_update("data/examples.json", &made());
}

#[test]
fn the_examples_are_real_answers_in_every_target_environment() {
    for environment in Environment::all() {
        let (shown, played) = (examples_of(environment), play_all(environment));
        assert!(shown.len() > 40, "{}: {} examples", environment.name, shown.len());
        for (name, example) in &played {
            assert_eq!(shown.get(name), Some(example), "{}: {name}", environment.name);
        }
        assert_eq!(shown.len(), played.len(), "{}", environment.name);
    }
}
