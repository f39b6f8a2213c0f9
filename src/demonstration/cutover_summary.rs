//! The summary of the day of the cutover.

use crate::demonstration::ledger::Total;
use crate::demonstration::summary::{ShopSummary, table};
use momo_sandbox_core::model::wrapping::wrapped;

/// Renders the summary as a table and in sentences. `after_a_month` is the status with which the
/// legacy platform answers then.
pub fn render(
    asking_new: &ShopSummary,
    keeping: &ShopSummary,
    after_a_month: Option<u16>,
) -> String {
    let headings = ["Shop A, asks the new", "Shop B, asks the right"];
    let cancelled = |shop: &ShopSummary| shop.cancelled.to_string();
    let more = ("cancelled, as unknown", [cancelled(asking_new), cancelled(keeping)]);
    let mut text = table(headings, shillings, [asking_new, keeping], Some(more));
    text += "\n";
    let Total { amount: lost, count } = asking_new.lost();
    text += &wrapped(
        "",
        "",
        &format!(
            "Shop A moved, and asked the new platform for the payments that it had sent to the \
             legacy one. It does not know them: 404. The shop cancelled {} orders, and the payers \
             of {count} paid {lost} UGX all the same.",
            asking_new.cancelled
        ),
    );
    text += &wrapped(
        "",
        "",
        &match keeping.lost().amount {
            amount if amount.is_zero() => format!(
                "Shop B keeps the platform with each reference, and asks that one. It knows of all \
                 {} UGX.",
                keeping.charged.amount
            ),
            amount => format!("Shop B asked, and still does not know of {amount} UGX."),
        },
    );
    text + &wrapped("", "", &in_a_month(after_a_month))
}

fn in_a_month(status: Option<u16>) -> String {
    match status {
        Some(status) => format!(
            "A month later the legacy platform answers {status} to everything. What nobody has \
             asked by then, nobody can ask any more."
        ),
        None => "A month later the legacy platform still answers.".to_owned(),
    }
}

fn shillings(Total { count, amount }: Total) -> String {
    format!("{amount} UGX from {count}")
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;

    #[test]
    fn payments_of_cancelled_orders_are_lost() {
        let money = |count, shillings: i64| Total { count, amount: Decimal::from(shillings) };
        let asking_new = ShopSummary {
            paid: money(7, 70_000),
            refused: 0,
            cancelled: 3,
            pending: 0,
            charged: money(9, 100_500),
        };
        let keeping =
            ShopSummary { paid: money(9, 100_500), refused: 1, cancelled: 0, ..asking_new };
        let text = render(&asking_new, &keeping, Some(502));
        let words = text.replace('\n', " ");
        assert!(words.contains("cancelled 3 orders, and the payers of 2 paid 30500 UGX"), "{text}");
        assert!(words.contains("It knows of all 100500 UGX."), "{text}");
        assert!(words.contains("answers 502 to everything"), "{text}");
        assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    }
}
