//! The words of the page, held against what the core names: a new rule cannot be forgotten.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use strum::VariantArray;

use momo_sandbox_core::platform::request::RefusalCause;
use momo_sandbox_core::report::headline::Says;
use momo_sandbox_core::report::rules::RuleId;
use momo_sandbox_core::report::seen::SeenCode;

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

fn beginning_with(words: &Words, begin: &str) -> usize {
    words.keys().filter(|name| name.starts_with(begin)).count()
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
    let rules = beginning_with(&english, "audit_wants_");
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

#[test]
fn each_finding_of_the_audit_has_words_in_both_languages() {
    let [english, french] = words();
    // The console shows a refusal by its name and its explanation.
    let codes = || SeenCode::VARIANTS.iter().filter(|code| **code != SeenCode::Refused);
    for code in codes() {
        let name = format!("seen_{}", code.name());
        assert_eq!(word(&english, &name), code.sentence(), "{name} is what the report says");
        let values = |text: &str| -> BTreeSet<String> {
            let pieces = text.split('{').skip(1).filter_map(|piece| piece.split_once('}'));
            pieces.map(|(value, _)| value.to_owned()).collect()
        };
        let in_french = word(&french, &name);
        assert_ne!(in_french, code.sentence(), "{name} is in French");
        assert_eq!(values(in_french), values(code.sentence()), "{name} says it all in French");
    }
    assert_eq!(beginning_with(&english, "seen_"), codes().count(), "findings that are gone");
}

#[test]
fn each_refusal_has_its_name_and_its_remedy_in_both_languages() {
    let [english, french] = words();
    for refusal in RefusalCause::all() {
        let name = format!("refusal_{}", refusal.name());
        assert_ne!(word(&english, &name), word(&french, &name), "{name} is in French");
        let name = format!("refusal_remedy_{}", refusal.name());
        let told = english.get(&name).map(String::as_str);
        assert_eq!(told, refusal.remedy(), "{name} is what the control plane says");
        assert_eq!(french.contains_key(&name), told.is_some(), "{name} is in French");
        assert!(told.is_none_or(|told| told != word(&french, &name)), "{name} is in French");
    }
    let with_remedy = RefusalCause::all().filter(|one| one.remedy().is_some()).count();
    let refusals = RefusalCause::all().count() + with_remedy;
    assert_eq!(beginning_with(&english, "refusal_"), refusals, "refusals that are gone");
}
