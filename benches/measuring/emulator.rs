//! The emulator in a process with one thread, and what is paid there.

use std::process::{Command, Stdio};
use std::time::Duration;

use momo_sandbox::internals::emulator::{Configuration, Emulator, Running};
use momo_sandbox::internals::engine::{Clock, RecordMode};
use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::{CallbackUrl, ProviderCallbackHost};
use momo_sandbox_core::model::environment::SANDBOX;
use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId};
use momo_sandbox_core::model::limits::Limits;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::submission::{CallbackMethod, Details, Submission, TransactionKind};
use momo_sandbox_core::operations::parse_body::read_details;
use momo_sandbox_core::scenario::read_scenario::read_scenario;
use momo_sandbox_core::scenario::rule_book::{Defaults, RuleBook};
use uuid::Uuid;

use super::Arguments;
use super::process::{Process, told};

/// The API user; its callbacks go to this machine.
pub(crate) const USER: &str = "7d3a4c1e-52b8-4f0a-9e6d-0c1b2a394857";
pub(crate) const API_KEY: &str = "key";
pub(crate) const CALLBACK_HOST: &str = "127.0.0.1";

/// What is paid.
pub(crate) const PAYMENT: &str = concat!(
    r#"{"amount":"12.50","currency":"EUR","externalId":"order-1","#,
    r#""payer":{"partyIdType":"MSISDN","partyId":"46733123999"},"#,
    r#""payerMessage":"thank you","payeeNote":"order 1"}"#
);

/// As long as the emulator's status of it.
pub(crate) const STATUS: &str = concat!(
    r#"{"financialTransactionId":"6571124550","externalId":"order-1","amount":"12.5","#,
    r#""currency":"EUR","payer":{"partyIdType":"MSISDN","partyId":"46733123999"},"#,
    r#""payerMessage":"thank you","payeeNote":"order 1","status":"SUCCESSFUL"}"#
);

/// More than any benchmark holds.
const HELD_MAX: usize = 4_000_000;

/// The reference with this number: a UUID of version 4. Neighbours are far apart, as those of real
/// merchants are.
pub(crate) fn reference(number: u64) -> Uuid {
    // Odd, so that no two numbers come to the same.
    let scattered = u128::from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let (high, low) = (scattered >> 16, scattered & 0xffff);
    let variant = 0x8000_0000_0000_0000;
    Uuid::from_u128(high << 80 | 0x4000 << 64 | variant | low)
}

pub(crate) fn user() -> ApiUserId {
    ApiUserId(USER.parse().expect("a UUID"))
}

pub(crate) fn api_user() -> ApiUser {
    ApiUser::new(user(), ProviderCallbackHost::parse(CALLBACK_HOST).expect("a host"), Product::ALL)
}

/// What the POST would ask for.
pub(crate) fn submission(number: u64, details: Details, callback: Option<&str>) -> Submission {
    Submission {
        reference_id: ReferenceId(reference(number)),
        product: Product::Collection,
        kind: TransactionKind::RequestToPay,
        details,
        callback_url: callback.map(|url| CallbackUrl::parse(url).expect("a good URL")),
        callback_method: CallbackMethod::Post,
        consent_fault: None,
        payment_elsewhere: None,
        is_manual: false,
    }
}

pub(crate) fn payment() -> Details {
    read_details(&SANDBOX, TransactionKind::RequestToPay, PAYMENT.as_bytes()).expect("a good body")
}

/// Accepts the payments of these numbers; the callback of each goes to `/{number}` at one of these
/// ports, in turn.
pub(crate) fn fill(momo: &Running, numbers: std::ops::Range<u64>, ports: &[u16]) {
    let space = momo.spaces().get(user()).expect("it was provisioned");
    let details = payment();
    for number in numbers {
        let port = usize::try_from(number).ok().and_then(|at| ports.get(at % ports.len().max(1)));
        let url = port.map(|port| format!("http://{CALLBACK_HOST}:{port}/{number}"));
        let submission = submission(number, details.clone(), url.as_deref());
        momo.spaces().accept(&space, submission).expect("a new reference");
    }
}

/// An emulator with all that a request meets, as the command line would make it.
pub(crate) async fn start(
    scenario: Option<&str>,
    settle_after: Duration,
    settled: usize,
    clock: Clock,
) -> Running {
    start_recording(scenario, settle_after, settled, clock, RecordMode::default()).await
}

/// The same, which records these requests.
async fn start_recording(
    scenario: Option<&str>,
    settle_after: Duration,
    settled: usize,
    clock: Clock,
    record: RecordMode,
) -> Running {
    let scenario = scenario.map(|text| read_scenario("bench.toml", text).expect("a good scenario"));
    let given = Defaults::settling_after(settle_after);
    let momo = Emulator::start(Configuration {
        rules: RuleBook::new(scenario.into_iter().collect(), given),
        api_users: vec![(api_user(), API_KEY.to_owned())],
        limits: Limits { settled, kept_bytes: usize::MAX / 2, ..Limits::default() },
        record,
        clock,
        ..Configuration::default()
    });
    momo.await.expect("a free port")
}

/// Is an emulator: `--settled` says how many it holds, `--settle-after` when they settle in
/// milliseconds, `--record-all` and `--record-none` which requests it keeps, `--standing` that its clock stands.
/// Told `fill FROM TO PORT…`, it accepts those.
pub(crate) async fn serve(arguments: &Arguments) {
    let settled = arguments.number("--settled").and_then(|settled| settled.try_into().ok());
    let settle_after = Duration::from_millis(arguments.number("--settle-after").unwrap_or(200));
    let stands = arguments.has("--standing");
    let clock = if stands { Clock::paused_now() } else { Clock::real() };
    let record = match (arguments.has("--record-all"), arguments.has("--record-none")) {
        (true, _) => RecordMode::All,
        (_, true) => RecordMode::None,
        _ => RecordMode::default(),
    };
    let settled = settled.unwrap_or(HELD_MAX);
    let momo = start_recording(None, settle_after, settled, clock, record).await;
    println!("{}", momo.url().trim_start_matches("http://"));
    let mut told = told();
    while let Some(line) = told.recv().await {
        let mut words = line.split(' ');
        assert_eq!(words.next(), Some("fill"), "`{line}`");
        let numbers: Vec<u64> = words.map(|word| word.parse().expect("a number")).collect();
        let ports: Vec<u16> =
            numbers[2..].iter().map(|port| u16::try_from(*port).expect("a port")).collect();
        fill(&momo, numbers[0]..numbers[1], &ports);
        println!("done");
    }
}

/// Starts a program as its users do, with an API user and these arguments; its address.
pub(crate) fn start_program(program: &str, arguments: &[&str]) -> (Process, String) {
    let mut command = Command::new(program);
    command
        .args(["serve", "--listen", "127.0.0.1:0"])
        .args(arguments)
        .args(["--api-user", &format!("{USER}:{API_KEY}:{CALLBACK_HOST}")])
        .stderr(Stdio::null());
    let mut process = Process::start(command);
    let line = process.line();
    let address = line.rsplit_once("http://").map(|(_, address)| address.trim().to_owned());
    (process, address.unwrap_or_else(|| panic!("`{line}` tells no address")))
}

/// An emulator in a process of its own, and its address.
pub(crate) fn start_process(arguments: &[&str]) -> (Process, String) {
    let mut process = Process::serve("emulator", arguments);
    let address = process.line();
    (process, address)
}
