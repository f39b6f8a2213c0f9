//! The list of recordings that the emulator answers otherwise on purpose, each with its reason.

use serde::Deserialize;

/// Why a recording is answered otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Another recording contradicts it, and the emulator follows that one.
    Contradicted,
    /// Nothing but the real gateway could show it.
    OnlyMtn,
    /// The emulator does otherwise by choice.
    Chosen,
}

impl Kind {
    /// The words for it in a page.
    pub fn words(self) -> &'static str {
        match self {
            Self::Contradicted => "contradicted by another recording",
            Self::OnlyMtn => "only MTN could show it",
            Self::Chosen => "chosen",
        }
    }
}

/// The emulators that recordings are replayed against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SetUp {
    /// A sandbox that was given a subscription key for each product.
    DistinctKeys,
    /// A sandbox that takes any subscription key.
    AnyKey,
    /// A market with one API user and callbacks over TLS.
    Market,
}

impl SetUp {
    pub fn name(self) -> &'static str {
        match self {
            Self::DistinctKeys => "distinct-keys",
            Self::AnyKey => "any-key",
            Self::Market => "market",
        }
    }
}

/// A recording that is answered otherwise, and why.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownDifference {
    pub id: String,
    /// The only set-up in which it differs; `None` for every one.
    pub set_up: Option<SetUp>,
    pub kind: Kind,
    /// The recording that the emulator follows, if this one is contradicted.
    pub stands: Option<String>,
    pub why: String,
}

impl KnownDifference {
    /// Whether it speaks about that set-up.
    pub fn is_about(&self, set_up: SetUp) -> bool {
        self.set_up.is_none_or(|only| only == set_up)
    }
}

/// Reads the list from a text with the name `file`.
///
/// # Errors
///
/// What is wrong, with its place in the file.
pub fn read(file: &str, text: &str) -> Result<Vec<KnownDifference>, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct List {
        #[serde(default)]
        difference: Vec<KnownDifference>,
    }
    let list: List = toml::from_str(text).map_err(|error| format!("{file}: {error}"))?;
    for known in &list.difference {
        let id = &known.id;
        if known.why.trim().is_empty() {
            return Err(format!("{file}: `{id}` has no reason: say in `why` what stands instead"));
        }
        if (known.kind == Kind::Contradicted) != known.stands.is_some() {
            return Err(format!(
                "{file}: `{id}`: `stands` names the recording that stands where the kind is \
                 `contradicted`, and only there"
            ));
        }
    }
    Ok(list.difference)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_needs_its_reason() {
        let text = |rest: &str| format!("[[difference]]\nid = \"a\"\n{rest}");
        let good = text("kind = \"only-mtn\"\nset_up = \"any-key\"\nwhy = \"An outage.\"");
        let read_good = read("d.toml", &good).expect("a good list");
        assert!(read_good[0].is_about(SetUp::AnyKey) && !read_good[0].is_about(SetUp::Market));
        for (rest, expected) in [
            ("kind = \"chosen\"\nwhy = \" \"", "`a` has no reason"),
            ("kind = \"contradicted\"\nwhy = \"b\"", "names the recording that stands"),
            ("kind = \"chosen\"\nstands = \"b\"\nwhy = \"b\"", "and only there"),
            ("kind = \"lazy\"\nwhy = \"b\"", "lazy"),
            ("kind = \"chosen\"", "why"),
            ("kind = \"chosen\"\nwhy = \"b\"\nx = 1", "x"),
        ] {
            let error = read("d.toml", &text(rest)).expect_err(expected);
            assert!(error.starts_with("d.toml: ") && error.contains(expected), "{error}");
        }
    }
}
