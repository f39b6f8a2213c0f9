//! **momo-sandbox** is a local emulator of the MTN MoMo (Mobile Money) Open API.
//!
//! This crate runs it inside a test's own process. A program under test changes one thing, its base
//! URL, and then talks to a gateway that behaves as MTN's was recorded to behave: it answers POSTs
//! with 202, decides each transaction by scenarios, sends **one callback that is never retried** to
//! the registered host, and answers the status by GET. Nothing leaves this machine.
//!
//! The same emulator is a program (`momosandbox serve`) and a container image; the repository's
//! README has both.
//!
//! # A complete test
//!
//! ```
//! use momo_sandbox::{Callback, Condition, ManualClock, Product, Sandbox, Status};
//! use std::time::Duration;
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // An emulator on a free port. Its scenario loses every callback; its clock is paused.
//! let momo = Sandbox::builder().scenario("missed-callback").clock(ManualClock).start().await?;
//! // An API user with its key and tokens. Callbacks may go to this host alone.
//! let shop = momo.provision("localhost").await?;
//!
//! // The program under test: here one request, as a shop's code would send it.
//! let reference_id = "6f9619ff-8b86-4011-b42d-00c04fc964ff".parse()?;
//! let answer = reqwest::Client::new()
//!     .post(format!("{}/collection/v1_0/requesttopay", momo.url()))
//!     .bearer_auth(shop.token(Product::Collection))
//!     .header("Ocp-Apim-Subscription-Key", shop.subscription_key(Product::Collection))
//!     .header("X-Target-Environment", "sandbox")
//!     .header("X-Reference-Id", format!("{reference_id}"))
//!     .header("X-Callback-Url", "http://localhost:8080/momo")
//!     .body(
//!         r#"{"amount": "12.50", "currency": "EUR", "externalId": "order-1",
//!             "payer": {"partyIdType": "MSISDN", "partyId": "46733123999"},
//!             "payerMessage": "", "payeeNote": ""}"#,
//!     )
//!     .send()
//!     .await?;
//! assert_eq!(answer.status(), 202);
//!
//! // A minute passes at once: the payment settles, and its callback is lost.
//! momo.advance(Duration::from_secs(60)).await;
//! let payment = momo.wait_for(Condition::status(reference_id, Status::Successful)).await?;
//! assert_eq!(payment.callback, Callback::Lost);
//!
//! // This shop never asked for the status, so it does not know of the money: the audit says so.
//! let audit = momo.audit();
//! assert!(!audit.failed().is_empty(), "{audit}");
//! momo.stop().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Scenarios
//!
//! A [`Scenario`] decides what happens to payments: one that ships with the emulator, by its name
//! (`"lying-500"`, `"slow-approval"`, …; `momosandbox scenarios` lists them), or one of your own:
//!
//! ```
//! use momo_sandbox::{Sandbox, Scenario};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let declined = Scenario::from_toml(
//!     "declined.toml",
//!     r#"
//!     name = "declined"
//!     [[rules]]
//!     when.party = "46733*"
//!     then.status = "FAILED"
//!     then.reason = "APPROVAL_REJECTED"
//!     "#,
//! );
//! let momo = Sandbox::builder().scenario(declined).start().await?;
//! let shop = momo.provision("localhost").await?;
//! // Another scenario for this API user alone, from now on.
//! shop.set_scenario("insufficient-funds")?;
//! // And one for every API user that has none of its own.
//! momo.set_scenario("happy")?;
//! # Ok(())
//! # }
//! ```
//!
//! # Time
//!
//! With [`ManualClock`] time is paused until the test moves it. [`Sandbox::advance`] moves it for
//! all, [`ApiUser::advance`] for one API user. All that is due by then happens in its order, and
//! each callback was answered or has failed before the call returns. So a test needs no sleep.
//! Without a manual clock a transaction settles after 200 ms ([`Builder::settle_after`]).
//!
//! # Waiting and verifying
//!
//! [`Sandbox::wait_for`] waits until a transaction or its callback has come to a [`Condition`], and
//! ends early when that can no longer be. [`Sandbox::verify`] checks what happened against
//! [`Expectation`]s; it never passes where nothing was checked:
//!
//! ```
//! use momo_sandbox::{Expectation, Sandbox, VerifyError};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let momo = Sandbox::builder().start().await?;
//! // … the program under test pays once …
//! let paid_once = [
//!     Expectation::request("requesttopay").status(202).exactly(1),
//!     Expectation::refusal("duplicate").never(),
//! ];
//! // Nothing paid in this example, so the first one does not hold.
//! let error = momo.verify(&paid_once).await.expect_err("nobody paid");
//! let VerifyError::Unmet { unmet } = error else { return Err(error.into()) };
//! assert_eq!(unmet.len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! [`Sandbox::transactions`] lists what was submitted, and what became of it.
//!
//! # The audit
//!
//! [`Sandbox::audit`] judges what the program under test did: whether it asked for the status of a
//! payment whose callback was lost, charged a payer twice, believed a forged callback. An
//! [`Audit`] prints as a report. It fails nothing where nothing happened, so check
//! [`Audit::exercised`] too.
//!
//! # Several tests, one emulator
//!
//! Each API user has a space of its own: transactions, account, scenario, time, audit. Tests may
//! share one emulator, provision an API user each, and call the methods of their [`ApiUser`]
//! instead of those of the [`Sandbox`].
//!
//! # In a synchronous test
//!
//! The emulator runs on tokio. A test without it starts a runtime, keeps it as long as the
//! emulator, and uses a blocking HTTP client meanwhile:
//!
//! ```
//! use momo_sandbox::Sandbox;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
//! let momo = runtime.block_on(Sandbox::builder().start())?;
//! // … the blocking program under test talks to `momo.url()` …
//! # assert!(std::net::TcpStream::connect(momo.url().trim_start_matches("http://")).is_ok());
//! let audit = momo.audit();
//! runtime.block_on(momo.stop())?;
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! `cli`, on by default, is what only the program needs: the command line, its reports of mistakes,
//! log writers, the local certificate authority. A test needs none of it:
//!
//! ```sh
//! cargo add --dev momo-sandbox --no-default-features
//! ```

// The command line uses more of the modules than the library alone.
#![cfg_attr(not(feature = "cli"), allow(dead_code, reason = "the command line uses it"))]

mod callback;
mod certificates;
#[cfg(feature = "cli")]
mod cli;
mod console;
mod control;
#[cfg(feature = "cli")]
mod demonstration;
mod documents;
mod emulator;
mod engine;
mod files;
mod gateway;
#[doc(hidden)]
pub mod internals;
#[cfg(feature = "cli")]
mod parity;
mod permits;
// The public interface.
#[warn(missing_docs)]
mod sandbox;
mod scenarios;
mod server;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub use cli::run as run_command_line;
pub use momo_sandbox_core::model::mtn_platform::MtnPlatform;
pub use momo_sandbox_core::model::product::Product;
pub use momo_sandbox_core::model::status::StatusKind as Status;
pub use momo_sandbox_core::platform::transaction::CallbackState as Callback;
pub use momo_sandbox_core::report::audit::Verdict;
pub use sandbox::{
    ApiUser, Audit, Builder, Clock, Condition, Credentials, Expectation, ManualClock,
    ProvisionError, Sandbox, Scenario, ScenarioError, StartError, StopError, Stopped, Transaction,
    VerifyError, WaitError,
};
