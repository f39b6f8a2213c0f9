//! The summary at the end of the day: what each shop knows, and what its payers were charged.

use crate::demonstration::ledger::{OrderLedger, OrderState, Total};
use momo_sandbox_core::model::wrapping::wrapped;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShopSummary {
    /// The orders that are paid by the shop's ledger.
    pub paid: Total,
    pub refused: usize,
    /// The orders that the shop gave up, since the API did not know their payments.
    pub cancelled: usize,
    pub pending: usize,
    /// The payments that the emulator charged to the shop's payers.
    pub charged: Total,
}

impl ShopSummary {
    pub fn new(ledger: &OrderLedger, charged: Total) -> Self {
        Self {
            paid: ledger.total(OrderState::Paid),
            refused: ledger.total(OrderState::Refused).count,
            cancelled: ledger.total(OrderState::Cancelled).count,
            pending: ledger.total(OrderState::Pending).count,
            charged,
        }
    }

    /// The payments that were charged and that the shop does not know of.
    pub fn lost(&self) -> Total {
        Total {
            count: self.charged.count.saturating_sub(self.paid.count),
            amount: self.charged.amount - self.paid.amount,
        }
    }
}

fn euros(Total { count, amount }: Total) -> String {
    format!("{amount:.2} EUR from {count}")
}

/// Renders the summary as a table and in sentences.
pub fn render(trusting: &ShopSummary, polling: &ShopSummary) -> String {
    let headings = ["Shop A, which trusts", "Shop B, which also asks"];
    table(headings, euros, [trusting, polling], None) + "\n" + &in_sentences(trusting, polling)
}

/// Renders what two shops know, with another row if there is one more thing to tell.
pub fn table(
    headings: [&str; 2],
    money: fn(Total) -> String,
    shops: [&ShopSummary; 2],
    more: Option<(&str, [String; 2])>,
) -> String {
    let row = |what: &str, [one, other]: [String; 2]| format!("  {what:<26}{one:<24}{other}\n");
    let mut text = String::from("\n");
    text += &row("", headings.map(str::to_owned));
    text += &row("payers were charged", shops.map(|shop| money(shop.charged)));
    text += &row("the shop knows it has", shops.map(|shop| money(shop.paid)));
    text += &row("refused", shops.map(|shop| shop.refused.to_string()));
    if let Some((what, found)) = more {
        text += &row(what, found);
    }
    text += &row("still waiting", shops.map(|shop| shop.pending.to_string()));
    text + &row("lost sight of", shops.map(|shop| money(shop.lost())))
}

fn in_sentences(trusting: &ShopSummary, polling: &ShopSummary) -> String {
    let Total { count, amount: lost } = trusting.lost();
    let payers = if count == 1 { "1 payer".to_owned() } else { format!("{count} payers") };
    let first = if lost.is_zero() {
        "Shop A was lucky today: every callback for money arrived.".to_owned()
    } else {
        format!(
            "Shop A was paid {:.2} EUR and knows of {:.2}. {lost:.2} EUR left the wallets of \
             {payers}, and nobody at the shop will ever know: a callback is sent once, and these \
             were lost.",
            trusting.charged.amount, trusting.paid.amount
        )
    };
    let second = if polling.lost().amount.is_zero() {
        format!(
            "Shop B asked for the status where no callback came. It knows of all {:.2} EUR.",
            polling.charged.amount
        )
    } else {
        format!("Shop B asked, and still does not know of {:.2} EUR.", polling.lost().amount)
    };
    wrapped("", "", &first) + &wrapped("", "", &second)
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;

    #[test]
    fn payments_that_the_shop_does_not_know_of_are_lost() {
        let money = |count, cents| Total { count, amount: Decimal::new(cents, 2) };
        let trusting = ShopSummary {
            paid: money(7, 9850),
            refused: 1,
            cancelled: 0,
            pending: 4,
            charged: money(11, 14_300),
        };
        let polling = ShopSummary { paid: money(11, 14_300), pending: 0, ..trusting };
        let text = render(&trusting, &polling);
        let words = text.replace('\n', " ");
        assert!(words.contains("44.50 EUR left the wallets of 4 payers"), "{text}");
        assert!(text.lines().all(|line| line.len() <= 80), "{text}");
        assert!(text.contains("It knows of all 143.00 EUR."), "{text}");
    }
}
