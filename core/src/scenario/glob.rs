//! What a text is compared with: an exact text, or one with `*` and `?`.

use wildmatch::WildMatch;

/// An exact text, or one in which `*` stands for any text and `?` for one character.
#[derive(Debug, Clone, PartialEq)]
pub enum Glob {
    /// Without either: most rules, and all of MTN's test values, name one party. Every submission
    /// is compared with all of them, so that is done the short way.
    Exact(Box<str>),
    /// With one of them at least.
    Pattern(WildMatch),
}

impl Glob {
    pub fn new(pattern: &str) -> Self {
        if pattern.contains(['*', '?']) {
            Self::Pattern(WildMatch::new(pattern))
        } else {
            Self::Exact(pattern.into())
        }
    }

    pub fn pattern(&self) -> String {
        match self {
            Self::Exact(exact) => exact.to_string(),
            Self::Pattern(pattern) => pattern.pattern(),
        }
    }

    pub fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exact(exact) => **exact == *text,
            Self::Pattern(pattern) => pattern.matches(text),
        }
    }

    /// The text with which each text begins that it matches.
    pub fn beginning(&self) -> String {
        match self {
            Self::Exact(exact) => exact.to_string(),
            Self::Pattern(pattern) => {
                let letters = pattern.pattern_chars().iter();
                letters.take_while(|letter| !matches!(letter, '*' | '?')).collect()
            }
        }
    }

    /// Whether every text that `other` matches is matched; where that is hard to tell, no.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (own, Self::Exact(text)) => own.matches(text),
            (Self::Pattern(own), Self::Pattern(other)) => {
                own.pattern() == "*" || own.pattern() == other.pattern()
            }
            (Self::Exact(_), Self::Pattern(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, text: &str, expected: bool) {
        assert_eq!(Glob::new(pattern).matches(text), expected, "{pattern} {text}");
    }

    #[test]
    fn an_exact_text_is_itself_and_a_pattern_all_that_it_stands_for() {
        check("", "", true);
        check("46733", "46733", true);
        check("46733", "467330", false);
        check("46733", "4673", false);
        check("467*", "46733", true);
        check("467??", "46733", true);
        check("467?", "46733", false);
        check("*", "", true);
    }

    #[test]
    fn one_covers_another_if_it_matches_all_that_the_other_does() {
        let covers = |own, other| Glob::new(own).covers(&Glob::new(other));
        for (own, other) in [("*", "4*"), ("4*", "4*"), ("4*", "46"), ("46", "46")] {
            assert!(covers(own, other), "{own} {other}");
        }
        for (own, other) in [("46", "4*"), ("4*", "*"), ("46", "47")] {
            assert!(!covers(own, other), "{own} {other}");
        }
    }
}
