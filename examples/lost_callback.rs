//! A lost callback: two shops are paid, neither callback arrives. The audit tells the shop that
//! asks for the status from the shop that only waits.
//!
//! ```sh
//! cargo run --example lost_callback
//! ```

mod shop;

use std::error::Error;
use std::time::Duration;

use momo_sandbox::{Callback, ManualClock, Sandbox, Status, Verdict};
use shop::Shop;

const RULE: &str = "polled-after-lost-callback";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let momo = Sandbox::builder().scenario("missed-callback").clock(ManualClock).start().await?;
    let (waiting, asking) = (Shop::open(&momo).await?, Shop::open(&momo).await?);
    waiting.ask_for_payment("12.50").await?;
    let payment = asking.ask_for_payment("12.50").await?;

    // The payers approve, and both callbacks are lost.
    momo.advance(Duration::from_secs(300)).await;
    for transaction in momo.transactions() {
        assert_eq!(transaction.status, Status::Successful);
        assert_eq!(transaction.callback, Callback::Lost);
    }

    // One shop asks after five minutes, as MTN advises. The other has an hour in which it might.
    assert_eq!(asking.status(payment).await?, "SUCCESSFUL");
    momo.advance(Duration::from_secs(3600)).await;

    let (waiting, asking) = (waiting.api_user.audit(), asking.api_user.audit());
    println!(
        "The shop that waits for its callback:\n\n{waiting}\n\nThe shop that asks:\n\n{asking}"
    );
    assert_eq!(waiting.verdict(RULE), Some(Verdict::Fail));
    assert_eq!(asking.verdict(RULE), Some(Verdict::Pass));
    momo.stop().await?;
    Ok(())
}
