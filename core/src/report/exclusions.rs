//! Spaces that the audit leaves out: those in which a suite makes mistakes on purpose.

use crate::model::ids::ApiUserId;
use crate::platform::Platform;

/// The most excluded spaces that are named; more are counted.
const NAMED_MAX: usize = 20;

/// The ids or labels of API users to leave out, beside those that are labelled as excluded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exclusions(pub Vec<String>);

/// The spaces that were left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Excluded {
    pub count: usize,
    /// The first of them, with their labels.
    pub named: Vec<(ApiUserId, Option<Box<str>>)>,
    /// What was to be left out, and is no space.
    pub unknown: Vec<String>,
}

impl Exclusions {
    /// Whether a space is left out.
    pub fn exclude(&self, platform: &Platform) -> bool {
        platform.labels().is_excluded || self.0.iter().any(|one| names(one, platform))
    }

    /// Returns the exclusions that name this space.
    pub fn naming<'a>(&'a self, platform: &Platform) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(|one| names(one, platform)).map(String::as_str)
    }
}

fn names(one: &str, platform: &Platform) -> bool {
    let id = platform.api_user().id.to_string();
    platform.label() == Some(one) || id.eq_ignore_ascii_case(one)
}

impl Excluded {
    /// One space that was left out.
    pub fn of(platform: &Platform) -> Self {
        let named = vec![(platform.api_user().id, platform.label().map(Into::into))];
        Self { count: 1, named, unknown: Vec::new() }
    }

    /// Adds others.
    pub fn merge(&mut self, other: Self) {
        self.count += other.count - other.named.len();
        for one in other.named {
            if self.named.iter().any(|(id, _)| *id == one.0) {
                continue;
            }
            self.count += 1;
            if self.named.len() < NAMED_MAX {
                self.named.push(one);
            }
        }
        self.unknown.extend(other.unknown);
    }

    /// What was left out, in sentences.
    pub fn notes(&self) -> Vec<String> {
        let named = self.named.iter().map(|(id, label)| match label {
            Some(label) => format!("{label} ({id})"),
            None => id.to_string(),
        });
        let mut named: Vec<String> = named.collect();
        if self.count > named.len() {
            named.push(format!("{} more", self.count - named.len()));
        }
        let excluded = (!named.is_empty())
            .then(|| format!("Excluded from the rules and the money: {}.", named.join(", ")));
        let unknown = self.unknown.iter().map(|one| {
            format!("Nothing was excluded by `{one}`: no API user has this id or label.")
        });
        excluded.into_iter().chain(unknown).collect()
    }
}
