//! A scenario of your own: small payments are approved, large ones are declined, for one API user
//! alone.
//!
//! ```sh
//! cargo run --example custom_scenario
//! ```

mod shop;

use std::error::Error;
use std::time::Duration;

use momo_sandbox::{Expectation, ManualClock, Sandbox, Scenario, Status};
use shop::Shop;

const LARGE_PAYMENTS_FAIL: &str = r#"
name = "large-payments-fail"

[[rules]]
name = "as much as the payer may pay"
when.amount = { at_least = "500" }
then.status = "FAILED"
then.reason = "PAYER_LIMIT_REACHED"
"#;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let momo = Sandbox::builder().clock(ManualClock).start().await?;
    let (strict, other) = (Shop::open(&momo).await?, Shop::open(&momo).await?);
    strict.api_user.set_scenario(Scenario::from_toml("large.toml", LARGE_PAYMENTS_FAIL))?;

    for shop in [&strict, &other] {
        shop.ask_for_payment("20").await?;
        shop.ask_for_payment("500").await?;
    }
    momo.advance(Duration::from_secs(60)).await;

    for transaction in strict.api_user.transactions() {
        println!("{:?}: {:?} {:?}", transaction.amount, transaction.status, transaction.reason);
    }
    let failed = |shop: &Shop| {
        let transactions = shop.api_user.transactions().into_iter();
        transactions.filter(|one| one.status == Status::Failed).count()
    };
    assert_eq!((failed(&strict), failed(&other)), (1, 0));
    strict
        .api_user
        .verify(&[
            Expectation::request("requesttopay").status(202).exactly(2),
            Expectation::refusal("duplicate").never(),
        ])
        .await?;
    momo.stop().await?;
    Ok(())
}
