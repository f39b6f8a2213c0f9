//! The words of the page, held against what the core names: a new rule cannot be forgotten.

use std::collections::BTreeMap;

use serde_json::json;
use strum::VariantArray;

use momo_sandbox_core::report::headline::Says;
use momo_sandbox_core::report::rules::RuleId;

type Words = BTreeMap<String, String>;

/// The words in English and in French.
fn words() -> [Words; 2] {
    [include_str!("page/words/en.json"), include_str!("page/words/fr.json")]
        .map(|text| serde_json::from_str(text).expect("texts by their names"))
}

#[track_caller]
fn word<'a>(words: &'a Words, name: &str) -> &'a str {
    words.get(name).unwrap_or_else(|| panic!("no words for {name}"))
}

#[test]
fn each_rule_of_the_audit_has_words_in_both_languages() {
    let [english, french] = words();
    for rule in RuleId::VARIANTS {
        for (name, own) in [
            (format!("audit_wants_{}", rule.name()), rule.wants()),
            (format!("audit_remedy_{}", rule.name()), rule.remedy()),
        ] {
            assert_eq!(word(&english, &name), own, "{name} is what the report says");
            assert_ne!(word(&french, &name), own, "{name} is in French");
        }
    }
    let rules = english.keys().filter(|name| name.starts_with("audit_wants_")).count();
    assert_eq!(rules, RuleId::VARIANTS.len(), "words of rules that are gone");
}

#[test]
fn each_sentence_of_the_headline_has_words_in_both_languages() {
    for words in words() {
        for says in Says::VARIANTS {
            let name = format!("says_{}", json!(says).as_str().expect("a name"));
            assert!(!word(&words, &name).is_empty());
        }
    }
}
