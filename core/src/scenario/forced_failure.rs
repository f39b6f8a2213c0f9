//! Causes that make a transaction fail whatever the rules say, and their messages.

use rust_decimal::Decimal;

use crate::model::amount::Amount;
use crate::model::ids::ReferenceId;
use crate::model::reason::Reason;
use crate::model::refund::{RefundFault, Unfit, Unfitness};
use crate::model::submission::Submission;

/// What makes a transaction fail whatever the rules say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForcedFailure {
    /// The merchant's account was too small for it.
    ShortOfFunds(Shortage),
    /// The transaction is a refund that cannot give any money back.
    Refund(RefundFault),
    /// The consent of its token does not carry it.
    Consent,
    /// The validity of the transaction ends before the plan does.
    Validity,
}

/// An account that was too small, as it was then. The sentence is made when somebody asks for it:
/// once an account is empty, every payout after that has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortage {
    pub available: Decimal,
    /// The reserved part of the balance.
    pub reserved: Decimal,
    /// For how many pending payouts.
    pub payouts: usize,
    /// The first of them, at most [`Shortage::NAMED_MAX`].
    pub named: Box<[ReferenceId]>,
}

impl Shortage {
    /// The most payouts that are named.
    pub const NAMED_MAX: usize = 3;
}

impl ForcedFailure {
    /// The name in the control plane's answers.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ShortOfFunds(_) => "short_of_funds",
            Self::Refund(_) => "refund",
            Self::Consent => "consent",
            Self::Validity => "validity",
        }
    }

    /// Why, in a sentence or two, where the ledger decided it.
    pub fn why(&self, submission: &Submission) -> Option<String> {
        let (reason, why) = match self {
            Self::ShortOfFunds(shortage) => {
                (Reason::NotEnoughFunds, shortage_of(shortage, submission))
            }
            Self::Refund(fault) => (fault.reason(), fault_of(fault, submission)),
            Self::Consent | Self::Validity => return None,
        };
        let kind = submission.kind.name();
        Some(format!("The ledger made this {kind} fail with {reason}: {why}"))
    }
}

/// What MTN's sandbox would do.
const NO_LEDGER: &str = "MTN's sandbox keeps no ledger and would let it succeed: --ledger off does \
                         the same";

fn shortage_of(shortage: &Shortage, submission: &Submission) -> String {
    let Submission { product, details, .. } = submission;
    let currency = &details.currency;
    let needed = plain(details.amount.map(Amount::decimal).unwrap_or_default());
    let (available, reserved) = (plain(shortage.available), plain(shortage.reserved));
    let balance = plain(shortage.available + shortage.reserved);
    let held = match shortage.payouts {
        0 => "nothing reserved".to_owned(),
        payouts => {
            let plural = if payouts == 1 { "" } else { "s" };
            let named: Vec<_> = shortage.named.iter().map(ToString::to_string).collect();
            let more = match payouts - named.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let named = named.join(", ");
            format!("{reserved} reserved by {payouts} pending payout{plural}: {named}{more}")
        }
    };
    format!(
        "it needs {needed} {currency}, the {product} account has {available} {currency} available \
         (balance {balance}, {held}). {NO_LEDGER}, --opening-balance gives more."
    )
}

fn fault_of(fault: &RefundFault, submission: &Submission) -> String {
    let details = &submission.details;
    let Unfit { reference_id, kind, why } = match fault {
        RefundFault::Unknown => {
            return "no API user has a request to pay, or a transfer or deposit of disbursement, of \
                    the reference that it names."
                .to_owned();
        }
        RefundFault::Unfit(unfit) => unfit,
    };
    let kind = kind.name();
    let why = match why {
        Unfitness::NotSuccessful(status) => {
            let status = status.as_str();
            format!("the {kind} {reference_id} that it names is {status}, not SUCCESSFUL.")
        }
        Unfitness::OtherCurrency(currency) => {
            let own = &details.currency;
            format!("it is in {own}, and the {kind} {reference_id} that it names in {currency}.")
        }
        Unfitness::TooMuch { moved, refunded } => {
            let needed = plain(details.amount.map(Amount::decimal).unwrap_or_default());
            let (moved, refunded, left) =
                (plain(*moved), plain(*refunded), plain(*moved - *refunded));
            let currency = &details.currency;
            format!(
                "it is of {needed} {currency}, and of the {kind} {reference_id} that it names \
                 {left} {currency} are left ({moved}, {refunded} refunded before)."
            )
        }
    };
    format!("{why} {NO_LEDGER}.")
}

/// A sum without zeros at its end.
fn plain(sum: Decimal) -> Decimal {
    sum.normalize()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::model::submission::TransactionKind;

    use crate::scenario::test_requests::submission;

    fn transfer(amount: &str) -> Submission {
        submission(TransactionKind::Transfer, "46733123999", "x", amount)
    }

    fn told(payouts: usize, reserved: u32) -> String {
        let named = (1..=payouts.min(Shortage::NAMED_MAX))
            .map(|number| ReferenceId(Uuid::from_u128(u128::try_from(number).expect("few"))));
        let shortage = Shortage {
            available: Decimal::from(120),
            reserved: reserved.into(),
            payouts,
            named: named.collect(),
        };
        let why = ForcedFailure::ShortOfFunds(shortage).why(&transfer("500.0"));
        why.expect("a sentence")
    }

    #[test]
    fn a_shortage_tells_what_was_needed_and_there_and_reserved_and_what_to_do() {
        let id = |number: u128| Uuid::from_u128(number).to_string();
        assert_eq!(
            told(1, 500),
            format!(
                "The ledger made this transfer fail with NOT_ENOUGH_FUNDS: it needs 500 EUR, the \
                 disbursement account has 120 EUR available (balance 620, 500 reserved by 1 \
                 pending payout: {}). MTN's sandbox keeps no ledger and would let it succeed: \
                 --ledger off does the same, --opening-balance gives more.",
                id(1)
            )
        );
        assert!(told(0, 0).contains("(balance 120, nothing reserved)"), "{}", told(0, 0));
        let many = told(7, 10);
        let expected = format!("7 pending payouts: {}, {}, {} and 4 more)", id(1), id(2), id(3));
        assert!(many.contains(&expected), "{many}");
    }

    #[test]
    fn what_the_ledger_did_not_decide_it_does_not_explain() {
        assert_eq!(ForcedFailure::Consent.why(&transfer("1")), None);
        assert_eq!(ForcedFailure::Validity.why(&transfer("1")), None);
    }
}
