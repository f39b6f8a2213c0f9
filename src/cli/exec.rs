//! `momo-sandbox exec`: an emulator for as long as a command runs, and then the audit.

use std::io::Write;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::Arc;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use uuid::Uuid;

use crate::cli::audit_arguments::{Exec, ReportFormat};
use crate::cli::demands::no_request;
use crate::cli::serve::{bind_failure, configuration};
use crate::cli::serve_arguments::{GivenApiUser, Serve, SubscriptionKey, draw_seed};
use crate::cli::{Failure, log, open_files, reload, scenario_files, start_runtime, to_connect};
use crate::emulator::{Configuration, Emulator};
use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::ProviderCallbackHost;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::reference::ApiUserId;
use momo_sandbox_core::model::told_variables as variables;
use momo_sandbox_core::report::audit::Audit;
use momo_sandbox_core::report::audit_report::AuditReport;
use momo_sandbox_core::report::exclusions::Exclusions;
use momo_sandbox_core::report::{html, junit, text};
use momo_sandbox_core::scenario::seed::{Purpose, Seed};

/// What a command is told of the emulator in its environment. Without a value it must not be there:
/// what it inherits is another emulator's.
struct Told {
    name: &'static str,
    value: Option<String>,
}

/// Starts an emulator, on a free port where `--listen` names none, runs the command with its
/// address and credentials, prints the audit.
///
/// # Errors
///
/// What keeps either from starting, the command's own exit code, or what the run does not show
/// although it must.
pub fn exec(arguments: Exec) -> Result<(), Failure> {
    let Exec { mut serve, callback_host, audit, demanded, exclude, report, colour, command } =
        arguments;
    let (demands, files) = (demanded.with(&audit), report);
    files.iter().try_for_each(|(file, _)| begin_report(file))?;
    let log = log::start(serve.log_format, serve.log_level);
    let (scenario_files, listen) = (serve.scenario.clone(), serve.listen);
    let seen = scenario_files::changed_at(&scenario_files);
    let mut told = keys_told(&serve.subscription_key);
    told.extend(provision(&mut serve, &callback_host)?);
    let configuration =
        Configuration { audit_of_the_run: Some(Exclusions(exclude)), ..configuration(serve)? };
    open_files::make_room(&configuration.limits);
    let (seed, environment) = (configuration.seed.0, configuration.environment);
    let token = configuration.control_token.as_ref();
    told.extend([
        Told { name: variables::ENVIRONMENT, value: Some(environment.name.to_owned()) },
        Told { name: variables::CURRENCY, value: Some(environment.currency.to_owned()) },
        Told {
            name: variables::CONTROL_TOKEN,
            value: token.map(|token| token.reveal().to_owned()),
        },
    ]);
    let runtime = start_runtime()?;
    let judged = runtime.block_on(async {
        let emulator = Emulator::start(configuration).await;
        let emulator = emulator.map_err(|error| bind_failure(error, listen))?;
        let url = format!("http://{}", to_connect(emulator.address()));
        let front = emulator.front_address().map(|front| format!("https://{}", to_connect(front)));
        say(&format!("momo-sandbox listens on {url}; seed {seed} (repeat with --seed {seed})"));
        told.push(Told { name: variables::URL, value: Some(url.clone()) });
        told.push(Told { name: variables::TLS_URL, value: front });
        let spaces = Arc::clone(emulator.spaces());
        let reloading = tokio::spawn(reload::run(scenario_files, seen, spaces));
        let ended = run(&command, &told).await;
        let report = emulator.control().audit_of_the_run();
        reloading.abort();
        let _ = emulator.stop().await;
        // What waits to be written goes before the report.
        drop(log);
        say(colour.painted(text::render(&report), &std::io::stderr()).trim_end());
        files.iter().try_for_each(|(file, format)| write_report(&report, file, *format))?;
        let ended = ended?;
        let code = code_of(ended);
        // Said by the judgement otherwise.
        if report.reliance.requests == 0 && (code != 0 || demands.is_empty()) {
            say(&no_request(&url));
        }
        match code {
            0 => demands.judge(&AuditReport::from(&report), &url),
            code => Err(Failure { code, message: ending(&command[0], ended) }),
        }
    });
    // A look at scenario files may still wait for a disk that does not answer.
    runtime.shutdown_background();
    judged
}

/// Says something on standard error: standard output is the command's. Whoever closed it reads
/// nothing.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
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
        ReportFormat::Json => {
            let report = serde_json::to_string(&AuditReport::from(audit));
            format!("{}\n", report.expect("reports are plain data with text keys"))
        }
        ReportFormat::Junit => junit::render(audit),
        ReportFormat::Html => html::render(audit),
    };
    std::fs::write(file, text).map_err(|error| {
        Failure::world(format!("--report: cannot write {}: {error}", file.display()))
    })
}

/// The keys that the command is told: of each product the first that is given, or any where none
/// is given at all. The primary one is collection's, if it has one.
fn keys_told(given: &[SubscriptionKey]) -> Vec<Told> {
    let key_of = |product| match given.iter().find(|given| given.product == product) {
        Some(given) => Some(given.key.clone()),
        None => given.is_empty().then(|| "any-key".to_owned()),
    };
    let mut told: Vec<Told> = Product::ALL
        .into_iter()
        .map(|product| Told { name: variables::key_of(product), value: key_of(product) })
        .collect();
    let primary = told.iter().find_map(|told| told.value.clone());
    told.push(Told { name: variables::PRIMARY_KEY, value: primary });
    told
}

/// Adds an API user to those that are given; what the command is told of it.
fn provision(serve: &mut Serve, host: &str) -> Result<Vec<Told>, Failure> {
    let wrong = |why: &str| Failure::user(format!("--callback-host: `{host}` {why}"));
    let provider_callback_host =
        ProviderCallbackHost::parse(host).ok_or_else(|| wrong("is not a host name"))?;
    if serve.environment.environment()?.is_production() && provider_callback_host.is_ip_address() {
        return Err(wrong("is an IP address; in production it must be a host name"));
    }
    let seed = serve.seed.map_or_else(draw_seed, Seed);
    serve.seed = Some(seed.0);
    let id = seed.uuid(Uuid::nil(), Purpose::Example(0));
    let api_key = seed.hex_key(id, Purpose::ApiKey(0));
    let products = Product::ALL.into();
    let api_user = ApiUser { id: ApiUserId(id), provider_callback_host, products };
    serve.api_user.push(GivenApiUser { api_user, api_key: api_key.clone() });
    Ok(vec![
        Told { name: variables::API_USER_ID, value: Some(id.to_string()) },
        Told { name: variables::API_KEY, value: Some(api_key) },
        Told { name: variables::CALLBACK_HOST, value: Some(host.to_owned()) },
    ])
}

async fn run(command: &[String], told: &[Told]) -> Result<ExitStatus, Failure> {
    let (program, arguments) = command.split_first().expect("the command line requires one");
    let not_waited =
        |error: std::io::Error| Failure::world(format!("cannot wait for {program}: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(not_waited)?;
    // From the terminal the command gets Ctrl-C itself: here it only must not end us before.
    let mut interrupt = signal(SignalKind::interrupt()).map_err(not_waited)?;
    let mut command = Command::new(program);
    for told in told {
        match &told.value {
            Some(value) => command.env(told.name, value),
            None => command.env_remove(told.name),
        };
    }
    let mut child = command
        .args(arguments)
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
