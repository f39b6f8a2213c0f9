//! What a report says of the run that it is about. The program knows it; nothing is read here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::time::Timestamp;

/// The run that a report is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RunReport")]
pub struct Run {
    /// The version of the program.
    pub version: String,
    /// When the report was made, by the clock of the machine.
    pub made_at: Timestamp,
    /// What the emulator's clock said then.
    pub clock: Timestamp,
    pub target_environment: String,
    /// The names of the scenarios in force.
    pub scenarios: Vec<String>,
    /// How many API users have scenarios of their own.
    pub own_scenarios: usize,
    pub seed: u64,
}

impl Run {
    /// The facts, each with its name.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![("made at", self.made_at.to_string())];
        if self.is_on_other_time() {
            facts.push(("emulator's clock", self.clock.to_string()));
        }
        facts.extend([
            ("program", format!("momo-sandbox {}", self.version)),
            ("target environment", self.target_environment.clone()),
            ("scenario", self.scenario()),
            ("seed", self.seed.to_string()),
        ]);
        facts
    }

    /// Whether the emulator's clock tells another time than the machine's.
    fn is_on_other_time(&self) -> bool {
        const MINUTE_MS: u64 = 60_000;
        self.clock.0.abs_diff(self.made_at.0) > MINUTE_MS
    }

    /// The scenarios in force, in words.
    pub fn scenario(&self) -> String {
        let all = match self.scenarios.as_slice() {
            [] => "none".to_owned(),
            names => names.join(", "),
        };
        match self.own_scenarios {
            0 => all,
            1 => format!("{all}; 1 API user has its own"),
            several => format!("{all}; {several} API users have their own"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_emulators_clock_is_named_where_it_tells_another_time() {
        let mut run = Run {
            version: "1.2.3".to_owned(),
            made_at: Timestamp(0),
            clock: Timestamp(500),
            target_environment: "sandbox".to_owned(),
            scenarios: vec!["late".to_owned(), "lost".to_owned()],
            own_scenarios: 0,
            seed: 7,
        };
        let names = |run: &Run| run.facts().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        let usual = ["made at", "program", "target environment", "scenario", "seed"];
        assert_eq!(names(&run), usual);
        assert_eq!(run.scenario(), "late, lost");
        run.clock = Timestamp(86_400_000);
        run.scenarios.clear();
        run.own_scenarios = 2;
        assert_eq!(names(&run)[1], "emulator's clock");
        assert_eq!(run.scenario(), "none; 2 API users have their own");
    }
}
