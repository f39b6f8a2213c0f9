//! The operations that a rule is about, by the names and groups of scenario files.

use crate::model::party::PartyRole;
use crate::model::submission::TransactionKind;
use crate::operations::table::{OPERATIONS, OperationKind as Kind};

/// The names of the operations that are no submission and no query of a status.
const CALLS: [(&str, Kind); 15] = [
    ("token", Kind::Token),
    ("oauth2-token", Kind::ConsentToken),
    ("bc-authorize", Kind::Authorize),
    ("userinfo", Kind::UserInfo),
    ("balance", Kind::Balance),
    ("account-holder-active", Kind::AccountHolderActive),
    ("basic-user-info", Kind::BasicUserInfo),
    ("delivery-notification", Kind::DeliveryNotification),
    ("cancel-invoice", Kind::CancelInvoice),
    ("cancel-preapproval", Kind::CancelPreApproval),
    ("list-preapprovals", Kind::ListPreApprovals),
    ("create-api-user", Kind::CreateApiUser),
    ("read-api-user", Kind::ReadApiUser),
    ("create-api-key", Kind::CreateApiKey),
    // One name for both: what a merchant asks for is the same.
    ("balance", Kind::BalanceInCurrency),
];

/// The names of the queries of a status, in the order of [`TransactionKind::ALL`].
const STATUS_NAMES: [&str; TransactionKind::ALL.len()] = [
    "requesttopay-status",
    "requesttowithdraw-status",
    "invoice-status",
    "payment-status",
    "preapproval-status",
    "transfer-status",
    "deposit-status",
    "refund-status",
    "cashtransfer-status",
];

/// A set of operations. Both queries of the balance are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationSet(u64);

impl OperationSet {
    pub const EMPTY: Self = Self(0);

    /// The set of one operation.
    pub fn of(kind: Kind) -> Self {
        let kinds = TransactionKind::ALL.len();
        let call = |kind| CALLS.iter().position(|(_, call)| *call == kind).unwrap_or_default();
        Self(
            1 << match kind {
                Kind::Submit(kind) => kind as usize,
                Kind::Status(kind) => kinds + kind as usize,
                Kind::BalanceInCurrency => 2 * kinds + call(Kind::Balance),
                other => 2 * kinds + call(other),
            },
        )
    }

    fn of_all(kinds: impl IntoIterator<Item = Kind>) -> Self {
        kinds.into_iter().map(Self::of).fold(Self::EMPTY, Self::with)
    }

    /// Every submission: what a rule is about that names no operation.
    pub fn submissions() -> Self {
        Self::of_all(TransactionKind::ALL.map(Kind::Submit))
    }

    fn submissions_by(role: PartyRole) -> Self {
        let kinds = TransactionKind::ALL.into_iter().filter(|kind| kind.party_role() == role);
        Self::of_all(kinds.map(Kind::Submit))
    }

    fn statuses() -> Self {
        Self::of_all(TransactionKind::ALL.map(Kind::Status))
    }

    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn contains(self, kind: Kind) -> bool {
        self.0 & Self::of(kind).0 != 0
    }

    /// Whether all operations of `other` are in it.
    pub fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Its submissions, and the rest.
    pub fn split(self) -> (Self, Self) {
        let submissions = Self::submissions().0;
        (Self(self.0 & submissions), Self(self.0 & !submissions))
    }

    pub fn is_empty(self) -> bool {
        self == Self::EMPTY
    }

    pub fn has_submissions(self) -> bool {
        !self.split().0.is_empty()
    }

    /// Whether it has submissions and nothing else.
    pub fn is_of_submissions(self) -> bool {
        !self.is_empty() && Self::submissions().covers(self)
    }

    /// The kinds of transaction that it has submissions of.
    pub fn transaction_kinds(self) -> impl Iterator<Item = TransactionKind> {
        let kinds = TransactionKind::ALL.into_iter();
        kinds.filter(move |kind| self.contains(Kind::Submit(*kind)))
    }

    /// Whether it has provisioning and nothing else.
    pub fn is_of_provisioning(self) -> bool {
        let kinds = [Kind::CreateApiUser, Kind::ReadApiUser, Kind::CreateApiKey];
        !self.is_empty() && Self::of_all(kinds).covers(self)
    }

    /// Whether one of its operations is about a party: a transaction's, or that of the path.
    pub fn has_one_with_party(self) -> bool {
        let kinds = [Kind::AccountHolderActive, Kind::BasicUserInfo, Kind::ListPreApprovals];
        let with_party = Self::submissions().with(Self::statuses()).with(Self::of_all(kinds));
        self.0 & with_party.0 != 0
    }

    /// The name of the first of its operations that is no submission: for messages.
    pub fn name_of_other(self) -> &'static str {
        let (_, others) = self.split();
        let names = named().into_iter().filter(|(_, set)| others.covers(*set));
        names.map(|(name, _)| name).next().unwrap_or_default()
    }
}

/// The submissions.
impl Default for OperationSet {
    fn default() -> Self {
        Self::submissions()
    }
}

/// The names of operations in a scenario file, then those of groups, each with its operations.
pub fn named() -> Vec<(&'static str, OperationSet)> {
    let kinds =
        TransactionKind::ALL.map(|kind| (kind.name(), OperationSet::of(Kind::Submit(kind))));
    let statuses = TransactionKind::ALL.iter().zip(STATUS_NAMES);
    let statuses = statuses.map(|(kind, name)| (name, OperationSet::of(Kind::Status(*kind))));
    let calls = CALLS.iter().filter(|(_, kind)| *kind != Kind::BalanceInCurrency);
    let calls = calls.map(|(name, kind)| (*name, OperationSet::of(*kind)));
    let reads = [
        Kind::Balance,
        Kind::AccountHolderActive,
        Kind::BasicUserInfo,
        Kind::UserInfo,
        Kind::ListPreApprovals,
    ];
    let queries = OperationSet::statuses().with(OperationSet::of_all(reads));
    let all = OperationSet::submissions().with(OperationSet::statuses());
    let groups = [
        ("submissions", OperationSet::submissions()),
        ("collections", OperationSet::submissions_by(PartyRole::Payer)),
        ("payouts", OperationSet::submissions_by(PartyRole::Payee)),
        ("statuses", OperationSet::statuses()),
        ("queries", queries),
        ("tokens", OperationSet::of_all([Kind::Token, Kind::ConsentToken])),
        (
            "provisioning",
            OperationSet::of_all([Kind::CreateApiUser, Kind::ReadApiUser, Kind::CreateApiKey]),
        ),
        ("all", all.with(OperationSet::of_all(CALLS.map(|(_, kind)| kind)))),
    ];
    kinds.into_iter().chain(statuses).chain(calls).chain(groups).collect()
}

/// The name of an operation in a scenario file.
pub fn name_of_operation(kind: Kind) -> &'static str {
    let set = OperationSet::of(kind);
    named().into_iter().find(|(_, one)| *one == set).map(|(name, _)| name).unwrap_or_default()
}

/// The operation of this name; none for a group.
pub fn operation_named(name: &str) -> Option<Kind> {
    let (_, set) = named().into_iter().find(|(known, _)| *known == name)?;
    OPERATIONS.iter().map(|row| row.kind).find(|kind| OperationSet::of(*kind) == set)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_operation_of_the_table_has_one_name_of_its_own() {
        for operation in OPERATIONS {
            let set = OperationSet::of(operation.kind);
            let names: Vec<_> = named().into_iter().filter(|(_, one)| *one == set).collect();
            assert_eq!(names.len(), 1, "{operation:?}: {names:?}");
            let found = operation_named(name_of_operation(operation.kind));
            assert_eq!(found.map(OperationSet::of), Some(set), "{operation:?}");
        }
        let sets: BTreeSet<_> = OPERATIONS.iter().map(|one| OperationSet::of(one.kind)).collect();
        assert_eq!(sets.len(), 2 * TransactionKind::ALL.len() + CALLS.len() - 1);
    }

    #[test]
    fn a_status_is_named_by_its_kind() {
        for (kind, name) in TransactionKind::ALL.iter().zip(STATUS_NAMES) {
            assert_eq!(name, format!("{}-status", kind.name()));
        }
    }

    #[test]
    fn groups_are_what_they_say() {
        let group = |name| {
            let found = named().into_iter().find(|(word, _)| *word == name);
            found.expect("a group").1
        };
        let payouts: Vec<_> =
            group("payouts").transaction_kinds().map(|kind| kind.name()).collect();
        assert_eq!(payouts, ["transfer", "deposit", "refund", "cashtransfer"]);
        let both = group("collections").with(group("payouts"));
        assert_eq!(both, OperationSet::submissions());
        assert!(both.is_of_submissions() && !group("all").is_of_submissions());
        for operation in OPERATIONS {
            assert!(group("all").contains(operation.kind), "{operation:?}");
        }
        assert!(group("queries").contains(Kind::BalanceInCurrency));
        assert!(!group("queries").contains(Kind::Token));
    }
}
