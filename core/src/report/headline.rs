//! The headline of the audit: what became of the money, in sentences. Each sentence is data first,
//! so that the console can say it in another language.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::VariantArray;

use crate::report::audit::{Audit, Verdict};
use crate::report::audit_report::SumReport;
use crate::report::money::Sums;

/// What a sentence of the headline says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// Payers paid, and the merchant never found out.
    NeverLearnt,
    /// Payers were charged a second time for the same order.
    ChargedTwice,
    /// Money was paid out, and the merchant never found out.
    PayoutsNeverLearnt,
    /// Refunds of payouts brought money back, and the merchant never found out.
    ReturnsNeverLearnt,
    /// Something was evicted that might tell.
    SomethingEvicted,
    /// No request was made.
    NoRequest,
    /// No money was taken in the spaces that were not excluded.
    NothingTakenWhereIncluded,
    /// No money was taken.
    NothingTaken,
    /// No money was taken, and `count` transactions are pending.
    NothingTakenYet,
    /// The merchant knows of all money.
    AllAccountedFor,
}

/// A sentence of the headline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeadlinePart {
    pub says: Says,
    /// How many transactions it is about.
    pub count: usize,
    /// The money that it is about: of one currency where money was lost sight of.
    pub sums: Vec<SumReport>,
}

impl HeadlinePart {
    fn of(says: Says, count: usize) -> Self {
        Self { says, count, sums: Vec::new() }
    }

    /// The sentence in English.
    fn sentence(&self) -> String {
        let amounts = self.sums.iter().map(|sum| format!("{} {}", sum.amount, sum.currency));
        let amounts = amounts.collect::<Vec<_>>().join(", ");
        let count = self.count;
        let lost = |what: &str| {
            let (payments, were) =
                if count == 1 { ("payment", "was") } else { ("payments", "were") };
            format!("{count} {payments}, {amounts}, {were} {what}")
        };
        match self.says {
            Says::NeverLearnt => lost("taken from payers, and the merchant never found out."),
            Says::ChargedTwice => lost("charged a second time for the same order."),
            Says::PayoutsNeverLearnt => lost("paid out, and the merchant never found out."),
            Says::ReturnsNeverLearnt => {
                lost("brought back by refunds of payouts, and the merchant never found out.")
            }
            Says::SomethingEvicted => "Something was evicted, so it is unknown whether all money \
                                       is accounted for."
                .to_owned(),
            Says::NoRequest => "No request was made, so no money was taken.".to_owned(),
            Says::NothingTakenWhereIncluded => {
                "No money was taken from payers, as far as spaces were not excluded.".to_owned()
            }
            Says::NothingTaken => "No money was taken from payers.".to_owned(),
            Says::NothingTakenYet if count == 1 => {
                "No money was taken from payers yet: 1 transaction is pending.".to_owned()
            }
            Says::NothingTakenYet => {
                format!("No money was taken from payers yet: {count} transactions are pending.")
            }
            Says::AllAccountedFor => {
                format!("All money is accounted for: {amounts} from payers.")
            }
        }
    }
}

impl Audit {
    /// The money, in sentences: what the merchant has lost sight of comes first.
    pub fn headline(&self) -> String {
        let sentences = self.headline_parts().into_iter().map(|part| part.sentence());
        sentences.collect::<Vec<_>>().join(" ")
    }

    /// The sentences of the headline, as data.
    pub fn headline_parts(&self) -> Vec<HeadlinePart> {
        let lost = [
            (Says::NeverLearnt, &self.money.unlearnt),
            (Says::ChargedTwice, &self.money.charged_twice),
            (Says::PayoutsNeverLearnt, &self.money.unlearnt_payouts),
            (Says::ReturnsNeverLearnt, &self.money.unlearnt_returns),
        ];
        let lost =
            lost.into_iter().flat_map(|(says, sums)| lines(sums).map(move |line| (says, line)));
        let parts: Vec<HeadlinePart> = lost
            .map(|(says, line)| HeadlinePart { says, count: line.count, sums: vec![line] })
            .collect();
        if parts.is_empty() { vec![self.without_loss()] } else { parts }
    }

    /// The only sentence where nothing was lost sight of.
    fn without_loss(&self) -> HeadlinePart {
        let collected = &self.money.collected;
        if self.verdict() == Verdict::Incomplete {
            HeadlinePart::of(Says::SomethingEvicted, 0)
        } else if !collected.is_empty() {
            let sums: Vec<SumReport> = lines(collected).collect();
            let count = sums.iter().map(|sum| sum.count).sum();
            HeadlinePart { says: Says::AllAccountedFor, count, sums }
        } else if self.reliance.requests == 0 {
            HeadlinePart::of(Says::NoRequest, 0)
        } else if self.excluded.count > 0 {
            HeadlinePart::of(Says::NothingTakenWhereIncluded, 0)
        } else if self.pending == 0 {
            HeadlinePart::of(Says::NothingTaken, 0)
        } else {
            HeadlinePart::of(Says::NothingTakenYet, self.pending)
        }
    }
}

/// The sums of each currency.
pub fn lines(sums: &Sums) -> impl Iterator<Item = SumReport> {
    sums.iter().map(|(currency, sum)| SumReport {
        currency: currency.clone(),
        count: sum.count,
        amount: sum.amount.normalize().to_string(),
    })
}
