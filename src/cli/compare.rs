//! `momo-sandbox compare`: recorded exchanges, replayed against another gateway.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use crate::certificates::verification::read_certificates;
use crate::cli::compare_arguments::Compare;
use crate::cli::compare_report::{Line, render, totals};
use crate::cli::serve::stop_signal;
use crate::cli::serve_arguments::draw_wide_seed;
use crate::cli::{Failure, start_runtime};
use crate::engine::clock::wall_clock;
use crate::files;
use crate::parity::corpus;
use crate::parity::gateway::{Call, Framing, Gateway};
use crate::parity::new_recording::{line_of, replayed_before};
use crate::parity::pacing::{Pace, REQUESTS_PER_SECOND_MAX};
use crate::parity::player::{ControlPlane, Player, Settings};
use crate::parity::recording::Recording;
use crate::parity::scrubbing::{Scrubber, Secret, is_mtns};
use crate::parity::verdict::Verdict;
use momo_sandbox_core::model::causes::with_causes;
use momo_sandbox_core::model::environment::{Environment, MARKETS};
use momo_sandbox_core::model::escape::printable;

/// The most bytes of a file of recordings.
const RECORDINGS_FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The exit code where something differs.
const DIFFERENT: u8 = 3;

/// The host that API users of this run are registered with: a name that nobody can have.
const CALLBACK_HOST: &str = "callback.example";

/// How long the replay waits for a final status.
const PATIENCE: Duration = Duration::from_secs(10);

/// The number of exchanges without an answer after which the run ends.
const WITHOUT_ANSWER_MAX: usize = 3;

/// What was compared, and what ended it before its time.
struct Run {
    lines: Vec<Line>,
    withheld: usize,
    ended_early: Option<String>,
}

/// Replays recordings against a gateway and prints what is the same and what differs.
///
/// # Errors
///
/// Mistakes in flags or files, a gateway that does not answer, or exit code 3 where it differs.
pub fn compare(arguments: &Compare) -> Result<(), Failure> {
    let environment = environment(arguments)?;
    let recordings = recordings(arguments)?;
    let before = before(arguments)?;
    let gateway = gateway(arguments)?;
    announce(arguments, environment, &recordings);
    let runtime = start_runtime()?;
    let (run, scrubber) = runtime.block_on(async {
        let control = control_plane(arguments, &gateway).await;
        let host = gateway.host();
        let player = Player::new(gateway, settings(arguments, environment, control));
        let run = run(arguments, &player, (&recordings, &before)).await?;
        Ok::<_, Failure>((run, Scrubber::new(secrets(arguments, &player, &host))))
    })?;
    let (url, name) = (printable(&arguments.base_url), environment.name);
    let title = format!("{url} as {name}, compared on {}", today());
    let report = render(&title, &run.lines, &scrubber);
    // Whoever closed standard output does not want to read it.
    let _ = std::io::stdout().write_all(report.as_bytes());
    if let Some(file) = &arguments.report {
        std::fs::write(file, &report).map_err(|error| {
            Failure::environment(format!("--report: cannot write {}: {error}", file.display()))
        })?;
    }
    judge(&run)
}

fn judge(run: &Run) -> Result<(), Failure> {
    if run.withheld > 0 {
        say(&format!(
            "{} new recordings were not written: a secret of this run would still be in them",
            run.withheld
        ));
    }
    if let Some(why) = &run.ended_early {
        return Err(Failure::environment(why.clone()));
    }
    let totals = totals(&run.lines);
    let differs = |message: String| Err(Failure { code: DIFFERENT, message });
    match (totals.different, totals.same) {
        (0, 0) => differs("nothing could be compared: see why in the report".to_owned()),
        (0, _) => Ok(()),
        (1, _) => differs("1 recorded exchange is answered differently".to_owned()),
        (count, _) => differs(format!("{count} recorded exchanges are answered differently")),
    }
}

// What was said

fn environment(arguments: &Compare) -> Result<&'static Environment, Failure> {
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

fn recordings(arguments: &Compare) -> Result<Vec<Recording>, Failure> {
    let read = match &arguments.recordings {
        None => corpus::read(corpus::SHIPPED_NAME, corpus::BUILTIN),
        Some(file) => corpus::read(&file.display().to_string(), &text_of(file, "--recordings")?),
    };
    let mut recordings = read.map_err(|error| Failure::user(error.to_string()))?;
    let count = recordings.len();
    recordings.retain(|recording| recording.id.contains(&arguments.only));
    if recordings.is_empty() {
        Err(Failure::user(format!(
            "--only: none of {count} recordings has `{}` in its id",
            arguments.only
        )))
    } else {
        Ok(recordings)
    }
}

fn text_of(file: &Path, flag: &str) -> Result<String, Failure> {
    let shown = file.display();
    files::read_text(file, RECORDINGS_FILE_BYTES_MAX)
        .map_err(|error| Failure::user(format!("{flag}: cannot read {shown}: {error}")))
}

/// What an earlier run has compared, and whether it was the same.
fn before(arguments: &Compare) -> Result<BTreeMap<String, bool>, Failure> {
    let Some(out) = arguments.out.as_ref().filter(|out| out.exists()) else {
        return Ok(BTreeMap::new());
    };
    let shown = out.display();
    if !arguments.resume {
        return Err(Failure::user(format!(
            "--out: {shown} is there already; add --resume to continue it, or name another file"
        )));
    }
    let lines = corpus::read(&shown.to_string(), &text_of(out, "--out")?);
    let lines = lines.map_err(|error| Failure::user(error.to_string()))?;
    let known = lines.iter().filter_map(replayed_before);
    Ok(known.map(|(id, is_same)| (id.to_owned(), is_same)).collect())
}

fn gateway(arguments: &Compare) -> Result<Gateway, Failure> {
    let mut trusted = Vec::new();
    for file in &arguments.trust {
        let roots = read_certificates(file)
            .map_err(|error| Failure::user(format!("--trust: {}", with_causes(&error))))?;
        trusted.extend(roots);
    }
    let asked = arguments.requests_per_second;
    let gateway = Gateway::new(&arguments.base_url, &trusted, Pace::per_second(asked))
        .map_err(|why| Failure::user(format!("--base-url: {why}")))?;
    if asked > REQUESTS_PER_SECOND_MAX && !gateway.is_loopback() {
        Err(Failure::user(format!(
            "--requests-per-second: {asked} is more than {REQUESTS_PER_SECOND_MAX}, which is for \
         gateways on this machine only"
        )))
    } else {
        Ok(gateway)
    }
}

/// The control plane, where there may be one: MTN is not asked for it.
async fn control_plane(arguments: &Compare, gateway: &Gateway) -> Option<ControlPlane> {
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
    arguments: &Compare,
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
        seed: draw_wide_seed(),
        patience: PATIENCE,
    }
}

/// What must not be told to others: what the player knows, and what was said on the command line.
fn secrets(arguments: &Compare, player: &Player, host: &str) -> Vec<Secret> {
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

// Telling

fn say(text: &str) {
    // Whoever closed standard error reads nothing.
    let _ = writeln!(std::io::stderr(), "{}", printable(text));
}

fn announce(arguments: &Compare, environment: &Environment, recordings: &[Recording]) {
    let count = recordings.len();
    say(&format!("{count} recorded exchanges, replayed against {}", arguments.base_url));
    if !environment.is_production() {
        return say("sent as X-Target-Environment: sandbox, where no money moves");
    }
    say(&format!("in {}, with REAL MONEY; these requests will be sent:", environment.name));
    for recording in recordings.iter().filter(|recording| recording.is_production) {
        let request = recording.request.as_ref().filter(|_| !recording.is_callback());
        let own = request.map(|request| {
            (
                &request.method,
                &request.path,
                match &request.body {
                    crate::parity::recording::RecordedBody::Value(body) => body["amount"].as_str(),
                    _ => None,
                },
            )
        });
        let before = recording.before.iter();
        let before = before.map(|one| (&one.method, &one.path, one.body["amount"].as_str()));
        for (method, path, amount) in before.chain(own) {
            let amount = amount.map(|amount| format!(" of {amount} {}", environment.currency));
            say(&format!("  {method} {path}{}", amount.unwrap_or_default()));
        }
    }
}

fn today() -> String {
    wall_clock().to_millis_text().chars().take(10).collect()
}

// Replaying

async fn run(
    arguments: &Compare,
    player: &Player,
    (recordings, before): (&[Recording], &BTreeMap<String, bool>),
) -> Result<Run, Failure> {
    let cannot = |error| Failure::environment(format!("cannot wait for signals: {error}"));
    let mut stop = std::pin::pin!(stop_signal().map_err(cannot)?);
    let mut run = Run { lines: Vec::new(), withheld: 0, ended_early: None };
    let (all, mut without_answer) = (recordings.len(), 0);
    for (index, recording) in recordings.iter().enumerate() {
        if let Some(is_same) = before.get(&recording.id) {
            run.lines.push(Line::of_before(recording, *is_same));
            continue;
        }
        say(&format!("[{}/{all}] {}", index + 1, recording.id));
        let replayed = tokio::select! {
            replayed = player.replay(recording) => replayed,
            () = &mut stop => {
                run.ended_early = Some(interrupted(arguments, index, all));
                return Ok(run);
            }
        };
        without_answer = match &replayed.verdict {
            Verdict::NoAnswer(_) => without_answer + 1,
            _ => 0,
        };
        run.lines.push(Line::of(recording, &replayed.verdict));
        if let Verdict::NoAnswer(why) = &replayed.verdict
            && (index == 0 || without_answer == WITHOUT_ANSWER_MAX)
        {
            run.ended_early = Some(format!("{why}; is {} right?", arguments.base_url));
            return Ok(run);
        }
        if let (Some(out), Some(answer)) = (&arguments.out, &replayed.answer) {
            let host = player.gateway.host();
            let scrubber = Scrubber::new(secrets(arguments, player, &host));
            let told = (&*today(), &*source(&host));
            match line_of(recording, (&replayed.verdict, answer), told, &scrubber) {
                Some(line) => append(out, &line)?,
                None => run.withheld += 1,
            }
        }
    }
    Ok(run)
}

/// Where a new recording comes from: a gateway that is not MTN's stays unnamed.
fn source(host: &str) -> String {
    let gateway = if is_mtns(host) { host } else { "another gateway" };
    format!("momo-sandbox {} compare, {gateway}", env!("CARGO_PKG_VERSION"))
}

fn interrupted(arguments: &Compare, done: usize, all: usize) -> String {
    let rest = match &arguments.out {
        Some(out) => format!("what was compared is in {}; add --resume to continue", out.display()),
        None => "nothing was kept: --out keeps it".to_owned(),
    };
    format!("interrupted after {done} of {all}; {rest}")
}

/// Adds a whole line, so that an interruption leaves no half of one.
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
