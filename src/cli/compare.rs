//! `momosandbox compare`: replays recorded exchanges against another gateway.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::cli::callback_arguments::read_trusted;
use crate::cli::compare_report::{ComparedRecording, render, totals};
use crate::cli::failure::Failure;
use crate::cli::parse::{SubscriptionKey, parse_subscription_key};
use crate::cli::random::random_wide_seed;
use crate::cli::runtime::{start_runtime, stop_signal};
use crate::engine::clock::wall_clock;
use crate::files;
use crate::parity::access::Credentials;
use crate::parity::corpus;
use crate::parity::gateway::{Call, Framing, Gateway};
use crate::parity::new_recording::{line_of, replayed_before};
use crate::parity::pacing::{Pace, REQUESTS_PER_SECOND_MAX};
use crate::parity::player::{ControlPlane, Player, Settings};
use crate::parity::recording::{RecordedBody, Recording};
use crate::parity::replay_result::ReplayResult;
use crate::parity::scrubbing::{Scrubber, Secret, is_mtns};
use momo_sandbox_core::model::environment::{Environment, MARKETS};
use momo_sandbox_core::model::escape::printable;

/// The most bytes of a file of recordings.
const RECORDINGS_FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The exit code where an answer differs.
const DIFFERENT: i32 = 3;

/// The provider callback host of the API users of a run: a reserved name.
const CALLBACK_HOST: &str = "callback.example";

/// The time to wait for a final status.
const FINAL_STATUS_WAIT_MAX: Duration = Duration::from_secs(10);

/// The number of successive exchanges without an answer that ends the run.
const WITHOUT_ANSWER_MAX: usize = 3;

/// The arguments of `compare`.
#[derive(Debug, Args)]
pub struct CompareArguments {
    /// Base URL of the gateway
    #[arg(long, value_name = "URL")]
    pub base_url: String,

    /// A product's subscription key; may be repeated. Products without a key are skipped
    #[arg(
        long,
        env = "MOMO_SANDBOX_SUBSCRIPTION_KEY",
        hide_env_values = true,
        required = true,
        value_name = "PRODUCT=KEY",
        value_delimiter = ',',
        value_parser = parse_subscription_key
    )]
    pub subscription_key: Vec<SubscriptionKey>,

    /// API user to send requests as; without one, the provisioning API creates some
    #[arg(
        long,
        env = "MOMO_SANDBOX_COMPARE_API_USER",
        hide_env_values = true,
        value_name = "UUID:KEY",
        value_parser = parse_credentials
    )]
    pub api_user: Option<GatewayApiUser>,

    /// Callback host that the API user of --api-user is registered with
    #[arg(long, value_name = "HOST", requires = "api_user")]
    pub callback_host: Option<String>,

    /// Target environment: sandbox, or a market such as mtnuganda
    #[arg(long, default_value = "sandbox", value_name = "NAME")]
    pub target_environment: String,

    /// Allow requests that move real money, in this market; must equal --target-environment
    #[arg(long, value_name = "NAME")]
    pub allow_production: Option<String>,

    /// File of recordings to replay instead of those that ship with the program
    #[arg(long, value_name = "FILE")]
    pub recordings: Option<PathBuf>,

    /// Replay only recordings whose id contains this text
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    pub only: String,

    /// File to write the report to as well
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,

    /// File for new recordings, without credentials and personal data, so that it can be shared
    #[arg(long, value_name = "FILE.jsonl")]
    pub out: Option<PathBuf>,

    /// Continue an interrupted run: skip what the file of --out has already
    #[arg(long, requires = "out")]
    pub resume: bool,

    /// Requests a second, 1 to 5; more only where the gateway is on this machine
    #[arg(
        long,
        default_value_t = 5,
        value_name = "NUMBER",
        value_parser = clap::value_parser!(u32).range(1..=1000)
    )]
    pub requests_per_second: u32,

    /// Bearer token for the control plane, where the gateway is an emulator
    #[arg(long, env = "MOMO_SANDBOX_CONTROL_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub control_token: Option<String>,

    /// A root certificate, in PEM, to trust beside the public ones; may be repeated
    #[arg(long, value_name = "FILE")]
    pub trust: Vec<PathBuf>,
}

/// The value of `--api-user`.
#[derive(Clone)]
pub struct GatewayApiUser(pub Credentials);

/// Hides the key.
impl fmt::Debug for GatewayApiUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayApiUser").finish_non_exhaustive()
    }
}

fn parse_credentials(text: &str) -> Result<GatewayApiUser, String> {
    let expected = "expected ID:KEY, for example c0ffee00-1111-4222-8333-444455556666:secret";
    let (id, key) = text.split_once(':').ok_or(expected)?;
    if id.is_empty() || key.is_empty() {
        return Err(format!("the id or the key is empty; {expected}"));
    }
    Ok(GatewayApiUser(Credentials { id: id.to_owned(), key: key.to_owned() }))
}

/// The result of a run.
struct Comparison {
    compared: Vec<ComparedRecording>,
    /// The number of new recordings that were not written, because they contained a secret.
    withheld: usize,
    /// The reason why the run ended before all recordings were compared.
    ended_early: Option<String>,
}

/// Replays recordings against a gateway and prints a report of the differences.
///
/// # Errors
///
/// Mistakes in flags or files, a gateway that does not answer, or exit code 3 where an answer
/// differs.
pub fn run(arguments: &CompareArguments) -> Result<(), Failure> {
    let environment = environment(arguments)?;
    let recordings = recordings(arguments)?;
    let earlier = earlier_results(arguments)?;
    let gateway = gateway(arguments)?;
    announce(arguments, environment, &recordings);
    let runtime = start_runtime()?;
    let (comparison, scrubber) = runtime.block_on(async {
        let control = control_plane(arguments, &gateway).await;
        let host = gateway.host();
        let player = Player::new(gateway, settings(arguments, environment, control));
        let comparison = replay_all(arguments, &player, (&recordings, &earlier)).await?;
        Ok::<_, Failure>((comparison, Scrubber::new(secrets(arguments, &player, &host))))
    })?;
    let (url, name) = (printable(&arguments.base_url), environment.name);
    let title = format!("{url} as {name}, compared on {}", today());
    let report = render(&title, &comparison.compared, &scrubber);
    // A closed standard output is no failure.
    let _ = std::io::stdout().write_all(report.as_bytes());
    if let Some(file) = &arguments.report {
        std::fs::write(file, &report).map_err(|error| {
            Failure::environment(format!("--report: cannot write {}: {error}", file.display()))
        })?;
    }
    check(&comparison)
}

fn check(comparison: &Comparison) -> Result<(), Failure> {
    if comparison.withheld > 0 {
        print(&format!(
            "{} new recordings were not written: a secret of this run would still be in them",
            comparison.withheld
        ));
    }
    if let Some(why) = &comparison.ended_early {
        return Err(Failure::environment(why.clone()));
    }
    let totals = totals(&comparison.compared);
    let differs = |message: String| Err(Failure { code: DIFFERENT, message });
    match (totals.different, totals.same) {
        (0, 0) => differs("nothing could be compared: see why in the report".to_owned()),
        (0, _) => Ok(()),
        (1, _) => differs("1 recorded exchange is answered differently".to_owned()),
        (count, _) => differs(format!("{count} recorded exchanges are answered differently")),
    }
}

fn environment(arguments: &CompareArguments) -> Result<&'static Environment, Failure> {
    let name = &arguments.target_environment;
    let environment = Environment::named(name).ok_or_else(|| {
        let markets: Vec<&str> = MARKETS.iter().map(|market| market.name).collect();
        Failure::user(format!(
            "--target-environment: unknown `{name}`; expected sandbox or one of {}",
            markets.join(", ")
        ))
    })?;
    match &arguments.allow_production {
        None if environment.is_production() => Err(Failure::user(format!(
            "--target-environment {name} is a market, where requests move real money; if you want \
             that, add --allow-production {name}"
        ))),
        Some(allowed) if allowed != name => Err(Failure::user(format!(
            "--allow-production names `{allowed}`, but --target-environment is `{name}`; nothing \
             is sent unless both name the same market"
        ))),
        Some(_) if !environment.is_production() => Err(Failure::user(
            "--allow-production names a market; the sandbox needs no permission".to_owned(),
        )),
        Some(_) if arguments.api_user.is_none() => Err(Failure::user(
            "production has no provisioning API: give --api-user UUID:KEY".to_owned(),
        )),
        _ => Ok(environment),
    }
}

fn recordings(arguments: &CompareArguments) -> Result<Vec<Recording>, Failure> {
    let read = match &arguments.recordings {
        None => corpus::read(corpus::SHIPPED_NAME, corpus::BUILTIN),
        Some(file) => {
            corpus::read(&file.display().to_string(), &read_recordings_file(file, "--recordings")?)
        }
    };
    let mut recordings = read.map_err(|error| Failure::user(error.to_string()))?;
    let count = recordings.len();
    recordings.retain(|recording| recording.id.contains(&arguments.only));
    if recordings.is_empty() {
        return Err(Failure::user(format!(
            "--only: none of {count} recordings has `{}` in its id",
            arguments.only
        )));
    }
    Ok(recordings)
}

fn read_recordings_file(file: &Path, flag: &str) -> Result<String, Failure> {
    let shown = file.display();
    files::read_text(file, RECORDINGS_FILE_BYTES_MAX)
        .map_err(|error| Failure::user(format!("{flag}: cannot read {shown}: {error}")))
}

/// The ids that an earlier run has compared, each with whether the answer was the same.
fn earlier_results(arguments: &CompareArguments) -> Result<BTreeMap<String, bool>, Failure> {
    let Some(out) = arguments.out.as_ref().filter(|out| out.exists()) else {
        return Ok(BTreeMap::new());
    };
    let shown = out.display();
    if !arguments.resume {
        return Err(Failure::user(format!(
            "--out: {shown} is there already; add --resume to continue it, or name another file"
        )));
    }
    let lines = corpus::read(&shown.to_string(), &read_recordings_file(out, "--out")?);
    let lines = lines.map_err(|error| Failure::user(error.to_string()))?;
    let known = lines.iter().filter_map(replayed_before);
    Ok(known.map(|(id, is_same)| (id.to_owned(), is_same)).collect())
}

fn gateway(arguments: &CompareArguments) -> Result<Gateway, Failure> {
    let asked = arguments.requests_per_second;
    let gateway = Gateway::new(
        &arguments.base_url,
        &read_trusted(&arguments.trust)?,
        Pace::per_second(asked),
    )
    .map_err(|why| Failure::user(format!("--base-url: {why}")))?;
    if asked > REQUESTS_PER_SECOND_MAX && !gateway.is_loopback() {
        return Err(Failure::user(format!(
            "--requests-per-second: {asked} is more than {REQUESTS_PER_SECOND_MAX}, which is for \
             gateways on this machine only"
        )));
    }
    Ok(gateway)
}

/// The control plane of the gateway, if the gateway is an emulator. Requests for it do not go to
/// MTN: only to loopback, or where `--control-token` is set.
async fn control_plane(arguments: &CompareArguments, gateway: &Gateway) -> Option<ControlPlane> {
    let token = arguments.control_token.clone();
    if !gateway.is_loopback() && token.is_none() {
        return None;
    }
    let call = Call {
        method: "GET".to_owned(),
        path: "/_sandbox/health".to_owned(),
        headers: Vec::new(),
        body: None,
        framing: Framing::Length,
    };
    let answer = gateway.send(&call).await.ok()?;
    (answer.status == 200).then_some(ControlPlane { token })
}

fn settings(
    arguments: &CompareArguments,
    target: &'static Environment,
    control: Option<ControlPlane>,
) -> Settings {
    let keys = arguments.subscription_key.iter().map(|given| (given.product, given.key.clone()));
    let own_host = arguments.api_user.is_none().then(|| CALLBACK_HOST.to_owned());
    Settings {
        target,
        keys: keys.collect(),
        takes_any_key: false,
        api_user: arguments.api_user.as_ref().map(|given| given.0.clone()),
        shares_users: true,
        control,
        listener: None,
        callback_host: arguments.callback_host.clone().or(own_host),
        seed: random_wide_seed(),
        patience: FINAL_STATUS_WAIT_MAX,
    }
}

/// The secrets that recordings and reports must not contain.
fn secrets(arguments: &CompareArguments, player: &Player, host: &str) -> Vec<Secret> {
    let mut secrets = player.secrets();
    let callback_host = arguments.callback_host.as_deref();
    secrets.extend(callback_host.map(|host| Secret::new(host, "callback_host")));
    let token = arguments.control_token.as_deref();
    secrets.extend(token.map(|token| Secret::new(token, "text")));
    if !is_mtns(host) && !player.gateway.is_loopback() {
        secrets.push(Secret::new(host, "text"));
    }
    secrets
}

fn print(text: &str) {
    // A closed standard error is no failure.
    let _ = writeln!(std::io::stderr(), "{}", printable(text));
}

fn announce(arguments: &CompareArguments, environment: &Environment, recordings: &[Recording]) {
    let count = recordings.len();
    print(&format!("{count} recorded exchanges, replayed against {}", arguments.base_url));
    if !environment.is_production() {
        return print("sent as X-Target-Environment: sandbox, where no money moves");
    }
    print(&format!("in {}, with REAL MONEY; these requests will be sent:", environment.name));
    for recording in recordings.iter().filter(|recording| recording.is_production) {
        let request = recording.request.as_ref().filter(|_| !recording.is_callback());
        let own = request.map(|request| {
            let amount = match &request.body {
                RecordedBody::Value(body) => body["amount"].as_str(),
                _ => None,
            };
            (&request.method, &request.path, amount)
        });
        let before = recording.before.iter();
        let before = before.map(|one| (&one.method, &one.path, one.body["amount"].as_str()));
        for (method, path, amount) in before.chain(own) {
            let amount = amount.map(|amount| format!(" of {amount} {}", environment.currency));
            print(&format!("  {method} {path}{}", amount.unwrap_or_default()));
        }
    }
}

fn today() -> String {
    wall_clock().to_millis_text().chars().take(10).collect()
}

async fn replay_all(
    arguments: &CompareArguments,
    player: &Player,
    (recordings, earlier): (&[Recording], &BTreeMap<String, bool>),
) -> Result<Comparison, Failure> {
    let mut stop = std::pin::pin!(stop_signal()?);
    let mut comparison = Comparison { compared: Vec::new(), withheld: 0, ended_early: None };
    let (all, mut without_answer) = (recordings.len(), 0);
    for (index, recording) in recordings.iter().enumerate() {
        if let Some(is_same) = earlier.get(&recording.id) {
            comparison.compared.push(ComparedRecording::by_earlier_run(recording, *is_same));
            continue;
        }
        print(&format!("[{}/{all}] {}", index + 1, recording.id));
        let replayed = tokio::select! {
            replayed = player.replay(recording) => replayed,
            () = &mut stop => {
                comparison.ended_early = Some(interrupted(arguments, index, all));
                return Ok(comparison);
            }
        };
        without_answer = match &replayed.verdict {
            ReplayResult::NoAnswer(_) => without_answer + 1,
            _ => 0,
        };
        comparison.compared.push(ComparedRecording::new(recording, &replayed.verdict));
        if let ReplayResult::NoAnswer(why) = &replayed.verdict
            && (index == 0 || without_answer == WITHOUT_ANSWER_MAX)
        {
            comparison.ended_early = Some(format!("{why}; is {} right?", arguments.base_url));
            return Ok(comparison);
        }
        if let (Some(out), Some(answer)) = (&arguments.out, &replayed.answer) {
            let host = player.gateway.host();
            let scrubber = Scrubber::new(secrets(arguments, player, &host));
            let (day, source) = (today(), source(&host));
            match line_of(recording, (&replayed.verdict, answer), (&day, &source), &scrubber) {
                Some(line) => append(out, &line)?,
                None => comparison.withheld += 1,
            }
        }
    }
    Ok(comparison)
}

/// The source of a new recording. A gateway other than MTN's stays unnamed.
fn source(host: &str) -> String {
    let gateway = if is_mtns(host) { host } else { "another gateway" };
    format!("momo-sandbox {} compare, {gateway}", env!("CARGO_PKG_VERSION"))
}

fn interrupted(arguments: &CompareArguments, done: usize, all: usize) -> String {
    let rest = match &arguments.out {
        Some(out) => format!("what was compared is in {}; add --resume to continue", out.display()),
        None => "nothing was kept: --out keeps it".to_owned(),
    };
    format!("interrupted after {done} of {all}; {rest}")
}

/// Appends a line by one write, so that an interruption leaves no part of a line.
fn append(out: &Path, line: &str) -> Result<(), Failure> {
    let written = OpenOptions::new()
        .create(true)
        .append(true)
        .open(out)
        .and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
    let cannot =
        |error| Failure::environment(format!("--out: cannot write {}: {error}", out.display()));
    written.map_err(cannot)
}
