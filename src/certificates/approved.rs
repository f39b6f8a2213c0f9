//! The intermediate authorities whose certificates MTN accepts at a callback listener.

use std::sync::LazyLock;

use serde::de::DeserializeOwned;

use crate::certificates::distinguished_name::DistinguishedName;
use momo_sandbox_core::model::spelling::most_like;

#[derive(Debug)]
pub struct ApprovedIntermediate {
    /// MTN's name for it.
    pub alias: String,
    pub subject: DistinguishedName,
}

/// All approved intermediates, in MTN's order (`data/approved-intermediates.csv`).
pub fn approved() -> &'static [ApprovedIntermediate] {
    static APPROVED: LazyLock<Vec<ApprovedIntermediate>> = LazyLock::new(|| {
        let intermediate = |(alias, subject): (String, String)| {
            let subject = DistinguishedName::parse(&subject).expect("the table is tested");
            ApprovedIntermediate { alias, subject }
        };
        let rows = table_of_csv(include_str!("../../data/approved-intermediates.csv"));
        rows.into_iter().map(intermediate).collect()
    });
    &APPROVED
}

/// The rows of a table that is part of the program.
pub(super) fn table_of_csv<Row: DeserializeOwned>(text: &str) -> Vec<Row> {
    let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize();
    rows.collect::<Result<_, _>>().expect("the table is tested")
}

#[derive(Debug, thiserror::Error)]
#[error("no approved intermediate has the alias `{alias}`; the nearest is `{nearest}`")]
pub struct UnknownAlias {
    pub alias: String,
    pub nearest: &'static str,
}

/// The intermediate with this alias, in upper or lower case.
pub fn named(alias: &str) -> Result<&'static ApprovedIntermediate, UnknownAlias> {
    let found = approved().iter().find(|one| one.alias.eq_ignore_ascii_case(alias));
    found.ok_or_else(|| {
        let aliases = approved().iter().map(|one| one.alias.as_str());
        let nearest = most_like(alias, aliases).unwrap_or_default();
        UnknownAlias { alias: alias.to_owned(), nearest }
    })
}

/// The approved intermediate with this name.
pub fn approved_as(name: &DistinguishedName) -> Option<&'static ApprovedIntermediate> {
    approved().iter().find(|one| one.subject == *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_31_are_there_and_each_is_only_itself() {
        assert_eq!(approved().len(), 31);
        for one in approved() {
            let found = approved_as(&one.subject).expect("itself");
            assert_eq!(found.alias, one.alias);
            assert_eq!(named(&one.alias.to_uppercase()).expect("itself").alias, one.alias);
            let rewritten = DistinguishedName::parse(&one.subject.to_string());
            assert_eq!(rewritten.as_ref(), Some(&one.subject), "{}", one.subject);
        }
        let entrust = named("entrustl1k_.entrustrootca-g2").expect("an alias");
        assert_eq!(
            entrust.subject.attributes().nth(1),
            Some(("OU", "(c) 2012 Entrust, Inc. - for authorized use only"))
        );
    }

    #[test]
    fn an_unknown_alias_is_told_the_nearest() {
        let error = named("DigiCert_TLS_RSA_SHA256_2020").expect_err("none");
        assert_eq!(error.nearest, "DigiCert_TLS_RSA_SHA256_2020_CA1");
    }
}
