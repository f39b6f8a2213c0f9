//! Knowledge of whether an approved intermediate still issues, from its operator's own public
//! pages. Without a page it is unknown, and never guessed.

use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;
use strum::IntoStaticStr;

use crate::certificates::approved::{ApprovedIntermediate, table_of_csv};
use crate::certificates::distinguished_name::DistinguishedName;

/// Whether an intermediate issues certificates for servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Issuing {
    /// It issued on the day of the source.
    Yes,
    No,
    /// No source was found.
    Unknown,
}

impl Issuing {
    pub fn name(self) -> &'static str {
        self.into()
    }
}

#[derive(Debug)]
pub struct Knowledge {
    /// MTN's name for it.
    pub alias: String,
    pub issuing: Issuing,
    /// The source; `None` if none was found.
    pub evidence: Option<Evidence>,
}

/// The source of a piece of knowledge.
#[derive(Debug)]
pub struct Evidence {
    /// The day for which the source says it, such as `2024-06-06`.
    pub as_of: String,
    pub says: String,
    /// The organisation, and the title of its page.
    pub source: String,
    pub address: String,
}

/// `no (2024-06-06: what the source says; the source)`, or `unknown` alone.
impl fmt::Display for Knowledge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.issuing.name())?;
        match &self.evidence {
            Some(Evidence { as_of, says, source, .. }) => {
                write!(f, " ({as_of}: {says}; {source})")
            }
            None => Ok(()),
        }
    }
}

/// The table of knowledge, in MTN's order of intermediates.
fn table() -> &'static [Knowledge] {
    type Row = (String, Issuing, Option<String>, String, String, String);
    static TABLE: LazyLock<Vec<Knowledge>> = LazyLock::new(|| {
        let known = |(alias, issuing, as_of, says, source, address): Row| Knowledge {
            alias,
            issuing,
            evidence: as_of.map(|as_of| Evidence { as_of, says, source, address }),
        };
        let rows = table_of_csv(include_str!("../../data/issuing-intermediates.csv"));
        rows.into_iter().map(known).collect()
    });
    &TABLE
}

pub fn known_of(intermediate: &ApprovedIntermediate) -> &'static Knowledge {
    let found = table().iter().find(|row| row.alias == intermediate.alias);
    found.expect("a test holds that each has its row")
}

/// The page on which MTN announced further intermediates, which its published list does not name.
pub const ANNOUNCEMENT: &str = "MTN's developer community, product update 271, undated";

/// An intermediate that MTN announced later.
#[derive(Debug, Deserialize)]
pub struct Announced {
    pub organization: String,
    pub common_name: String,
}

/// The intermediates that MTN announced later. They are not approved here.
pub fn announced() -> &'static [Announced] {
    static ANNOUNCED: LazyLock<Vec<Announced>> =
        LazyLock::new(|| table_of_csv(include_str!("../../data/announced-intermediates.csv")));
    &ANNOUNCED
}

/// Whether MTN announced the intermediate with this name later.
pub fn is_announced(name: &DistinguishedName) -> bool {
    let attribute = |wanted: &str| name.attributes().find(|(kind, _)| *kind == wanted);
    let (Some((_, common_name)), Some((_, organization))) = (attribute("CN"), attribute("O"))
    else {
        return false;
    };
    // MTN announced the organisation without its legal form, such as `SAS`.
    announced().iter().any(|one| {
        one.common_name.eq_ignore_ascii_case(common_name)
            && organization.to_lowercase().starts_with(&one.organization.to_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use crate::certificates::approved::{approved, named};

    use super::*;

    #[test]
    fn each_approved_intermediate_has_its_row_and_none_has_another() {
        let aliases: Vec<&str> = table().iter().map(|row| row.alias.as_str()).collect();
        let approved: Vec<&str> = approved().iter().map(|one| one.alias.as_str()).collect();
        assert_eq!(aliases, approved);
    }

    /// Each row has a day, a page and its address, or it is unknown.
    #[test]
    fn whatever_is_known_says_since_when_and_by_whom() {
        for row in table() {
            let Some(evidence) = &row.evidence else {
                assert_eq!(row.issuing, Issuing::Unknown, "{}", row.alias);
                continue;
            };
            let day: Result<jiff::civil::Date, _> = evidence.as_of.parse();
            assert!(day.is_ok() && !evidence.says.is_empty(), "{evidence:?}");
            assert!(evidence.source.contains(", "), "organisation and title: {evidence:?}");
            assert!(evidence.address.starts_with("https://"), "{evidence:?}");
        }
    }

    #[test]
    fn what_the_certificate_programmes_say_is_told() {
        let known = |alias: &str| known_of(named(alias).expect("an alias")).to_string();
        for alias in ["R3", "E1"] {
            assert!(known(alias).starts_with("no (2024-06-06: "), "{}", known(alias));
            assert!(known(alias).contains("Let's Encrypt, "), "{}", known(alias));
        }
        assert!(known("GlobalSign_RSA_OV_SSL_CA_2018").starts_with("yes (2026-01-08: "));
        assert_eq!(known("GTS_CA_1C3"), "unknown");
    }

    #[test]
    fn an_announced_intermediate_is_known_by_its_name_and_organisation() {
        assert_eq!(announced().len(), 13);
        let is = |name: &str| is_announced(&DistinguishedName::parse(name).expect("a name"));
        assert!(is("CN=WR3; O=Google Trust Services; C=US"));
        assert!(is("CN=Gandi RSA Domain Validation Secure Server CA 3; O=Gandi SAS; C=FR"));
        assert!(!is("CN=WR3; O=Nobody; C=US"));
        assert!(!is("CN=WR3"));
        assert!(!is("CN=R11; O=Let's Encrypt; C=US"));
    }
}
