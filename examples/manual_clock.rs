//! A manual clock: a payer who takes three days to approve, in a moment and without a sleep.
//!
//! ```sh
//! cargo run --example manual_clock
//! ```

mod shop;

use std::error::Error;
use std::time::Duration;

use momo_sandbox::{Condition, ManualClock, Sandbox, Status};
use shop::Shop;

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let momo = Sandbox::builder().settle_after(3 * DAY).clock(ManualClock).start().await?;
    let shop = Shop::open(&momo).await?;
    let payment = shop.ask_for_payment("40").await?;

    for day in 1..=3 {
        let status = shop.api_user.transactions()[0].status;
        println!("before day {day} is over: {status:?}");
        assert_eq!(status, Status::Pending);
        momo.advance(DAY).await;
    }
    let settled = momo.wait_for(Condition::status(payment, Status::Successful)).await?;
    println!("after day 3: {:?}, callback {:?}", settled.status, settled.callback);
    momo.stop().await?;
    Ok(())
}
