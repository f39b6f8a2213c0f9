//! The end of the day: what each shop believes, and what happened.

use rust_decimal::Decimal;

use crate::demonstration::books::{Belief, Books};
use momo_sandbox_core::model::wrapping::wrapped;

/// What one shop believes, and what its payers were charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// Orders that it believes paid, and how much they are.
    pub paid: (usize, Decimal),
    /// Orders that it believes refused.
    pub refused: usize,
    /// Orders of which it still knows nothing.
    pub waiting: usize,
    /// What its payers were charged, by the emulator's own record.
    pub charged: (usize, Decimal),
}

impl Balance {
    /// Of a shop's books, and what was charged.
    pub fn of(books: &Books, charged: (usize, Decimal)) -> Self {
        Self {
            paid: books.sum(Belief::Paid),
            refused: books.sum(Belief::Refused).0,
            waiting: books.sum(Belief::Waiting).0,
            charged,
        }
    }

    /// What was charged and is not in its books.
    fn lost(&self) -> (usize, Decimal) {
        (self.charged.0.saturating_sub(self.paid.0), self.charged.1 - self.paid.1)
    }
}

fn euros((count, amount): (usize, Decimal)) -> String {
    format!("{amount:.2} EUR from {count}")
}

/// The end, in a table and in words.
pub fn tell(trusting: &Balance, asking: &Balance) -> String {
    let row = |what: &str, one: String, other: String| format!("  {what:<26}{one:<24}{other}\n");
    let mut text = String::from("\n");
    text += &row("", "Shop A, which trusts".into(), "Shop B, which also asks".into());
    text += &row("payers were charged", euros(trusting.charged), euros(asking.charged));
    text += &row("the shop knows it has", euros(trusting.paid), euros(asking.paid));
    text += &row("refused", trusting.refused.to_string(), asking.refused.to_string());
    text += &row("still waiting", trusting.waiting.to_string(), asking.waiting.to_string());
    text += &row("lost sight of", euros(trusting.lost()), euros(asking.lost()));
    text + "\n" + &in_words(trusting, asking)
}

fn in_words(trusting: &Balance, asking: &Balance) -> String {
    let (count, lost) = trusting.lost();
    let payers = if count == 1 { "1 payer".to_owned() } else { format!("{count} payers") };
    let first = if lost.is_zero() {
        "Shop A was lucky today: every callback for money arrived.".to_owned()
    } else {
        format!(
            "Shop A was paid {:.2} EUR and knows of {:.2}. {lost:.2} EUR left the wallets of \
             {payers}, and nobody at the shop will ever know: a callback is sent once, and these \
             were lost.",
            trusting.charged.1, trusting.paid.1
        )
    };
    let second = if asking.lost().1.is_zero() {
        format!(
            "Shop B asked for the status where no callback came. It knows of all {:.2} EUR.",
            asking.charged.1
        )
    } else {
        format!("Shop B asked, and still does not know of {:.2} EUR.", asking.lost().1)
    };
    wrapped("", "", &first) + &wrapped("", "", &second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_is_what_was_charged_and_is_not_known() {
        let money = |count, cents| (count, Decimal::new(cents, 2));
        let trusting =
            Balance { paid: money(7, 9850), refused: 1, waiting: 4, charged: money(11, 14_300) };
        let asking = Balance { paid: money(11, 14_300), waiting: 0, ..trusting };
        let text = tell(&trusting, &asking);
        let words = text.replace('\n', " ");
        assert!(words.contains("44.50 EUR left the wallets of 4 payers"), "{text}");
        assert!(text.lines().all(|line| line.len() <= 80), "{text}");
        assert!(text.contains("It knows of all 143.00 EUR."), "{text}");
    }
}
