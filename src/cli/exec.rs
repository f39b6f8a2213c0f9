//! `momo-sandbox exec`: an emulator for as long as a command runs, and then the audit.

use std::io::Write;
use std::path::Path;
use std::process::ExitStatus;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::cli::audit_arguments::{Exec, ReportFormat};
use crate::cli::demands::{Demands, no_request};
use crate::cli::serve::configuration;
use crate::cli::{Failure, start_runtime};
use crate::control::Scope;
use crate::model::api_user::ApiUser;
use crate::model::callback_url::ProviderCallbackHost;
use crate::model::product::Product;
use crate::model::reference::ApiUserId;
use crate::report::audit::Audit;
use crate::report::rules::Terms;
use crate::report::{html, junit, text};
use crate::sandbox::{Configuration, Sandbox};
use crate::scenario::dice::Purpose;

/// What a command is told of the emulator in its environment.
struct Told {
    name: &'static str,
    value: String,
}

/// Starts an emulator on a free port, runs the command with its address and credentials, prints the
/// audit.
///
/// # Errors
///
/// What keeps either from starting, the command's own exit code, or what the run does not show
/// although it must.
pub fn exec(arguments: Exec) -> Result<(), Failure> {
    let Exec { serve, callback_host, audit, require, rely_on, report: files, command } = arguments;
    let demands = Demands { audit, require, rely_on };
    files.iter().try_for_each(|(file, _)| begin_report(file))?;
    let given_key = serve
        .subscription_key
        .iter()
        .find(|given| given.product == Product::Collection)
        .map(|given| given.key.clone());
    let mut configuration = configuration(serve)?;
    // One that is free: suites may run side by side.
    configuration.listen.set_port(0);
    let mut told = provision(&mut configuration, &callback_host)?;
    told.push(Told {
        name: "MOMO_SANDBOX_PRIMARY_KEY",
        value: given_key.unwrap_or_else(|| "any-key".to_owned()),
    });
    let runtime = start_runtime()?;
    runtime.block_on(async {
        let sandbox = Sandbox::bind(configuration)
            .await
            .map_err(|error| Failure::world(format!("cannot start the emulator: {error}")))?;
        let url = format!("http://{}", sandbox.address());
        told.push(Told { name: "MOMO_SANDBOX_URL", value: url.clone() });
        let control = sandbox.control();
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(sandbox.run(async {
            let _ = stopped.await;
        }));
        let ended = run(&command, &told).await;
        let report = control.audit(&Scope::All, Terms::WITHIN);
        drop(stop);
        let _ = running.await;
        // Standard output is the command's; whoever closed standard error reads nothing.
        let _ = std::io::stderr().write_all(text::render(&report).as_bytes());
        files.iter().try_for_each(|(file, format)| write_report(&report, file, *format))?;
        let ended = ended?;
        let code = code_of(ended);
        // Said by the judgement otherwise.
        if report.reliance.requests == 0 && (code != 0 || demands.is_empty()) {
            let _ = writeln!(std::io::stderr(), "{}", no_request(&url));
        }
        match code {
            0 => demands.judge(&report.to_json(), &url),
            code => Err(Failure { code, message: ending(&command[0], ended) }),
        }
    })
}

/// Makes a file of the report before the command runs, so that what cannot be written is known in
/// time, and so that nobody takes an older report for this run's.
fn begin_report(file: &Path) -> Result<(), Failure> {
    let made = std::fs::write(file, "");
    made.map_err(|error| {
        Failure::user(format!("--report: cannot write {}: {error}", file.display()))
    })
}

fn write_report(audit: &Audit, file: &Path, format: ReportFormat) -> Result<(), Failure> {
    let text = match format {
        ReportFormat::Text => text::render(audit),
        ReportFormat::Json => format!("{}\n", audit.to_json()),
        ReportFormat::Junit => junit::render(audit),
        ReportFormat::Html => html::render(audit),
    };
    std::fs::write(file, text).map_err(|error| {
        Failure::world(format!("--report: cannot write {}: {error}", file.display()))
    })
}

/// Adds an API user to the emulator; what the command is told of it.
fn provision(configuration: &mut Configuration, host: &str) -> Result<Vec<Told>, Failure> {
    let provider_callback_host = ProviderCallbackHost::parse(host)
        .ok_or_else(|| Failure::user(format!("--callback-host: `{host}` is not a host name")))?;
    let id = configuration.seed.dice(Uuid::nil(), Purpose::Example(0)).uuid();
    let mut dice = configuration.seed.dice(id, Purpose::ApiKey(0));
    let api_key = format!("{:032x}", u128::from_be_bytes(dice.bytes()));
    let products = Product::ALL.into();
    let api_user = ApiUser { id: ApiUserId(id), provider_callback_host, products };
    configuration.api_users.push((api_user, api_key.clone()));
    let environment = configuration.environment;
    Ok(vec![
        Told { name: "MOMO_SANDBOX_API_USER_ID", value: id.to_string() },
        Told { name: "MOMO_SANDBOX_API_KEY", value: api_key },
        Told { name: "MOMO_SANDBOX_ENVIRONMENT", value: environment.name.to_owned() },
        Told { name: "MOMO_SANDBOX_CURRENCY", value: environment.currency.to_owned() },
    ])
}

async fn run(command: &[String], told: &[Told]) -> Result<ExitStatus, Failure> {
    let (program, arguments) = command.split_first().expect("the command line requires one");
    let not_waited =
        |error: std::io::Error| Failure::world(format!("cannot wait for {program}: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(not_waited)?;
    // From the terminal the command gets Ctrl-C itself: here it only must not end us before.
    let mut interrupt = signal(SignalKind::interrupt()).map_err(not_waited)?;
    let mut child = Command::new(program)
        .args(arguments)
        .envs(told.iter().map(|told| (told.name, &told.value)))
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| Failure::world(format!("cannot run {program}: {error}")))?;
    loop {
        tokio::select! {
            ended = child.wait() => return ended.map_err(not_waited),
            _ = terminate.recv() => pass_on(&child),
            _ = interrupt.recv() => {}
        }
    }
}

/// Passes a SIGTERM on. A command that has just ended needs none.
fn pass_on(child: &Child) {
    let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(id) = id {
        let _ = kill_process(id, Signal::TERM);
    }
}

/// Says how a command ended that did not end well.
fn ending(command: &str, ended: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (ended.code(), ended.signal()) {
        (Some(code), _) => format!("`{command}` exited with status {code}"),
        (None, Some(signal)) => format!("`{command}` was ended by signal {signal}"),
        (None, None) => format!("`{command}` ended: {ended}"),
    }
}

/// As a shell says it: 128 and the number of the signal that ended it.
fn code_of(ended: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    let code = ended.code().or(ended.signal().map(|signal| 128 + signal)).unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}
