//! The parts of scenarios that have no effect: a scenario without any rule or setting, and what an
//! earlier scenario decides already.

use crate::scenario::description::scenario;
use crate::scenario::field::AnyField;
use crate::scenario::problem::{PROBLEMS_MAX, Problem, Problems};
use crate::scenario::read_rule::PAIRS_MAX;
use crate::scenario::rule::{Rule, Scenario};
use crate::scenario::value::{Form, Location};

/// A field of which the first scenario that has it counts, and whether a scenario has it.
type Once = (&'static dyn AnyField, fn(&Scenario) -> bool);

static ONCE: [Once; 5] = [
    (&scenario::OPENING_BALANCE, |one| one.opening_balance.is_some()),
    (&scenario::LEDGER, |one| one.ledger.is_some()),
    (&scenario::TOKEN_LIFETIME, |one| one.token_lifetime.is_some()),
    (&scenario::RATE_LIMIT, |one| one.rate_limit.is_some()),
    (&scenario::DELIVERY, |one| one.delivery.is_some()),
];

/// Whether a scenario has no rule, no account holder and no setting: with it all is as without.
pub fn says_nothing(scenario: &Scenario) -> bool {
    let is_bare = scenario.rules.is_empty() && scenario.account_holders.is_empty();
    is_bare && ONCE.iter().all(|(_, has)| !has(scenario))
}

/// The warning about a scenario that says nothing.
pub(super) fn warning_of_nothing(place: Location) -> Problem {
    Problem {
        place,
        message: "this scenario says nothing: it has no rule, account holder or setting".to_owned(),
        help: Some("add [[rules]]; `momosandbox scenarios NAME` prints an example".to_owned()),
        is_warning: true,
    }
}

/// What in each of these scenarios, which are in force together, has no effect because of one
/// before it.
pub fn because_of_earlier(scenarios: &[Scenario]) -> Vec<Problems> {
    let mut pairs = 0;
    let found = scenarios.iter().enumerate().skip(1).filter_map(|(place, later)| {
        let before = &scenarios[..place];
        let mut warnings: Vec<Problem> = settings(before, later).collect();
        for rule in &later.rules {
            pairs += before.iter().map(|earlier| earlier.rules.len()).sum::<usize>();
            if pairs > PAIRS_MAX || warnings.len() >= PROBLEMS_MAX {
                break;
            }
            warnings.extend(hidden(before, later, rule));
        }
        let is_any = !warnings.is_empty();
        is_any.then(|| Problems::new(&later.name, &later.source, warnings))
    });
    found.collect()
}

/// The warning about a rule that an earlier scenario leaves nothing.
fn hidden(before: &[Scenario], later: &Scenario, rule: &Rule) -> Option<Problem> {
    let mut earlier = before.iter().flat_map(|scenario| &scenario.rules);
    let shadow = earlier.find(|earlier| earlier.when.covers(&rule.when))?;
    let (first, number) = (&shadow.origin.scenario, rule.origin.number);
    let message = format!(
        "rule {number} of the scenario `{}` can never match: rule {} of `{first}` before it \
         matches all that it does",
        later.name, shadow.origin.number
    );
    let help = format!("give `{}` before `{first}`, or narrow that rule's `when`", later.name);
    let place = match later.form {
        Form::Toml => nth_line(&later.source, "[[rules]]", number),
        Form::Json => Location::Path(format!("rules[{}]", number - 1)),
    };
    Some(Problem { place, message, help: Some(help), is_warning: true })
}

/// The warnings about settings that an earlier scenario has too.
fn settings<'a>(
    before: &'a [Scenario],
    later: &'a Scenario,
) -> impl Iterator<Item = Problem> + use<'a> {
    ONCE.iter().filter(|(_, has)| has(later)).filter_map(|(field, has)| {
        let name = field.name();
        let first = before.iter().find(|earlier| has(earlier))?;
        let message = format!(
            "`{name}` of the scenario `{}` has no effect: `{}` before it has one, and the first \
             counts",
            later.name, first.name
        );
        let help = format!("leave it out of one of the two, or give `{}` first", later.name);
        let place = match later.form {
            Form::Toml => nth_line(&later.source, name, 1),
            Form::Json => Location::Path(name.to_owned()),
        };
        Some(Problem { place, message, help: Some(help), is_warning: true })
    })
}

/// The place of the nth line that begins so; the beginning of the text where there is none.
fn nth_line(text: &str, begin: &str, number: usize) -> Location {
    let mut at = 0;
    let lines = text.split_inclusive('\n').map(|line| {
        let start = at;
        at += line.len();
        (start + line.len() - line.trim_start().len(), line.trim())
    });
    let mut found = lines.filter(|(_, line)| line.starts_with(begin));
    let found = found.nth(number - 1);
    Location::Bytes(found.map_or(0..0, |(start, line)| start..start + line.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::problem::Position;
    use crate::scenario::read_scenario::read_scenario;

    const ALL: &str = "token_lifetime = \"5m\"\n[[rules]]\ncallback = { fate = \"lost\" }\n";

    fn told(texts: &[(&str, &str)]) -> Vec<(usize, String)> {
        let line = |position| match position {
            Position::Line { line, .. } => line,
            Position::Path(path) => panic!("{path}"),
        };
        let read = |(name, text): &(&str, &str)| read_scenario(name, text).expect("a good file");
        let scenarios: Vec<Scenario> = texts.iter().map(read).collect();
        let problems = because_of_earlier(&scenarios);
        let located = problems.iter().flat_map(Problems::located);
        located.map(|(position, problem)| (line(position), problem.message.clone())).collect()
    }

    #[test]
    fn a_rule_and_a_setting_that_an_earlier_scenario_hides_are_told_with_their_lines() {
        let later = "# Two rules.\n\n[[rules]]\nwhen = { party = \"1*\" }\ncallback = {}\n\n\
                     [[rules]]\nwhen = { operation = \"balance\" }\n\
                     answers = [{ available = \"5\" }]\n";
        let later = format!("token_lifetime = \"1h\"\n{later}");
        let found = told(&[("all", ALL), ("later", &later)]);
        let [setting, rule] = &found[..] else { panic!("two: {found:?}") };
        assert_eq!(setting.0, 1);
        assert!(setting.1.starts_with("`token_lifetime` of the scenario `later` has no effect"));
        assert_eq!(rule.0, 4);
        let expected = "rule 1 of the scenario `later` can never match: rule 1 of `all` before it";
        assert!(rule.1.starts_with(expected), "{}", rule.1);
        assert_eq!(told(&[("later", &later), ("all", ALL)]).len(), 1, "the setting only");
        assert_eq!(told(&[("all", ALL)]), []);
    }

    #[test]
    fn a_scenario_that_says_nothing_is_warned_about() {
        for (text, is_nothing) in [
            ("", true),
            ("name = \"declined\"\ndescription = \"d\"\n", true),
            ("rules = []\n", true),
            ("ledger = \"off\"\n", false),
            ("[[account_holders]]\nparty = \"1\"\n", false),
            (ALL, false),
        ] {
            let scenario = read_scenario("a.toml", text).expect("a good file");
            assert_eq!(says_nothing(&scenario), is_nothing, "{text}");
            assert_eq!(scenario.warnings.is_some(), is_nothing, "{text}");
        }
    }
}
