//! Account holders: what the wallet platform knows of a payer or payee.

use std::time::Duration;

use crate::model::consent::ConsentOutcome;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountHolder {
    pub given_name: Box<str>,
    pub middle_name: Option<Box<str>>,
    pub family_name: Box<str>,
    /// `birthdate`, as `1976-08-13`.
    pub birthdate: Box<str>,
    /// `gender`, such as `MALE`.
    pub gender: Box<str>,
    /// `locale`, such as `sv_SE`.
    pub locale: Box<str>,
    pub active: bool,
    /// The outcome of a request for the holder's consent.
    pub consent: ConsentOutcome,
    /// The time that the holder takes to answer such a request.
    pub consent_after: Duration,
}

impl Default for AccountHolder {
    /// The sandbox's only account holder (docs/contract.md#accounts-and-account-holders).
    fn default() -> Self {
        Self {
            given_name: "Sand".into(),
            middle_name: None,
            family_name: "Box".into(),
            birthdate: "1976-08-13".into(),
            gender: "MALE".into(),
            locale: "sv_SE".into(),
            active: true,
            consent: ConsentOutcome::Granted,
            consent_after: Duration::ZERO,
        }
    }
}

impl AccountHolder {
    /// The names in a row.
    pub fn full_name(&self) -> String {
        let middle = self.middle_name.as_deref();
        let names = std::iter::once(&*self.given_name).chain(middle).chain([&*self.family_name]);
        names.collect::<Vec<_>>().join(" ")
    }

    pub fn status(&self) -> &'static str {
        if self.active { "ACTIVE" } else { "INACTIVE" }
    }
}
