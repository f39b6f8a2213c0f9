//! The memory of scenarios in bytes. The sender of a scenario decides how long it is.

use crate::model::account_holder::AccountHolder;
use crate::model::status::RuleStatus;
use crate::scenario::conditions::PartyPattern;
use crate::scenario::glob::Glob;
use crate::scenario::rule::ReportedBalance;
use crate::scenario::rule::{
    CallbackContent, CallbackRule, DeclaredHolder, Fault, QueryRule, Rule, Scenario,
};
use crate::scenario::scenario_answer::{OnTheWay, ScenarioAnswer};
use crate::scenario::timing::Timing;

/// What an allocator needs beside each piece of memory, and the length of a shared text.
const BESIDE: usize = 48;

/// A compiled pattern has a state for each character.
const PATTERN_CHARACTER: usize = 16;

/// The bytes that a scenario keeps. Its text is kept, and the texts of its rules are copies of
/// parts of it; so are the problems that are worth a warning.
pub fn bytes_of(scenario: &Scenario) -> usize {
    let copies = if scenario.warnings.is_some() { 3 } else { 2 };
    let texts = copies * scenario.source.len();
    let rules: usize = scenario.rules.iter().map(bytes_of_rule).sum();
    let holder = size_of::<DeclaredHolder>() + size_of::<AccountHolder>() + 6 * BESIDE;
    let holders = scenario.account_holders.iter();
    let holders: usize = holders.map(|one| holder + bytes_of_glob(&one.party)).sum();
    size_of::<Scenario>() + texts + rules + holders
}

fn bytes_of_rule(rule: &Rule) -> usize {
    let body = rule.when.body.iter().map(|(_, glob)| glob);
    let globs: usize = rule.when.external_id.iter().chain(body).map(bytes_of_glob).sum();
    let parties = rule.when.party.iter().flat_map(|parties| &parties.0);
    let parties: usize = parties.map(bytes_of_pattern).sum();
    let globs = globs + parties;
    let path = rule.then.path.len() * size_of::<(RuleStatus, Timing)>();
    let query = |query: &QueryRule| size_of::<QueryRule>() + bytes_of_fault(query.fault.as_ref());
    let queries: usize = rule.query.iter().map(query).sum();
    let answer = |answer: &ReportedBalance| match answer {
        ReportedBalance::Failed(fault) => bytes_of_fault(Some(fault)),
        ReportedBalance::Ledger | ReportedBalance::Available(_) => 0,
    };
    let answers = rule.answers.iter().map(|one| size_of::<ReportedBalance>() + answer(one));
    let submit = rule.submit.as_ref().and_then(|submit| submit.fault.as_ref());
    let places = size_of::<Rule>() + 2 * BESIDE;
    let callbacks: usize = rule.callbacks.iter().map(bytes_of_callback).sum();
    places + globs + path + queries + callbacks + answers.sum::<usize>() + bytes_of_fault(submit)
}

fn bytes_of_callback(callback: &CallbackRule) -> usize {
    size_of::<CallbackRule>() + callback.content.as_deref().map_or(0, bytes_of_content)
}

/// Returns the bytes of what a rule writes out of a callback.
pub fn bytes_of_content(content: &CallbackContent) -> usize {
    let header = |(name, value): &(Box<str>, Box<str>)| {
        size_of::<(Box<str>, Box<str>)>() + name.len() + value.len() + 2 * BESIDE
    };
    let headers: usize = content.headers.iter().map(header).sum();
    let body = content.body.as_ref().map_or(0, |body| body.len());
    size_of::<CallbackContent>() + BESIDE + body + headers
}

fn bytes_of_pattern(pattern: &PartyPattern) -> usize {
    size_of::<PartyPattern>()
        + match pattern {
            PartyPattern::Glob(glob) => bytes_of_glob(glob),
            PartyPattern::Range { from, to } => 2 * BESIDE + from.len() + to.len(),
        }
}

fn bytes_of_glob(glob: &Glob) -> usize {
    BESIDE
        + match glob {
            Glob::Exact(_) => 0,
            Glob::Pattern(pattern) => PATTERN_CHARACTER * pattern.pattern_chars().len(),
        }
}

/// Returns the bytes that a fault takes beside its own size.
pub fn bytes_of_fault(fault: Option<&Fault>) -> usize {
    match fault {
        Some(Fault::Answer(answer)) => bytes_of_answer(answer),
        Some(Fault::OnTheWay(way)) => {
            let answer = way.answer.as_deref();
            size_of::<OnTheWay>() + BESIDE + answer.map_or(0, bytes_of_answer)
        }
        Some(Fault::Connection(_)) | None => 0,
    }
}

fn bytes_of_answer(answer: &ScenarioAnswer) -> usize {
    size_of::<ScenarioAnswer>() + 4 * BESIDE + answer.bytes_beside()
}
