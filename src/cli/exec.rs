//! `momosandbox exec`: runs a command with an emulator of its own, then prints the audit.

use std::io::{ErrorKind, Write};
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::process::Command;

use crate::cli::colour::ColourArguments;
use crate::cli::drawn_credentials::draw;
use crate::cli::environment_variables::EnvironmentVariable;
use crate::cli::failure::Failure;
use crate::cli::parse::SubscriptionKey;
use crate::cli::random::random_seed;
use crate::cli::report_file::ReportFile;
use crate::cli::requirements::{RequirementArguments, RuleSelection, no_request};
use crate::cli::runtime::start_runtime;
use crate::cli::serve::{ServeArguments, bind_failure, configuration};
use crate::cli::system::{StopSignal, StopSignals, end_of, exit_code, forward_stop, program_of};
use crate::cli::{heading, open_file_limit, platform_lines, reload, scenario_files};
use crate::emulator::credentials::CredentialKind;
use crate::emulator::ports::connectable;
use crate::emulator::{Configuration, Emulator};
use momo_sandbox_core::model::callback_url::ProviderCallbackHost;
use momo_sandbox_core::model::environment::Environment;
use momo_sandbox_core::model::environment_variables as variable;
use momo_sandbox_core::model::mtn_platform::MtnPlatform;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::report::audit_report::AuditReport;
use momo_sandbox_core::report::exclusions::Exclusions;
use momo_sandbox_core::report::text;
use momo_sandbox_core::scenario::seed::Seed;

/// The help of `--listen-legacy`, whose default is not that of `serve`.
const LISTEN_LEGACY: &str = "Address of the legacy platform, where both are played: --listen is \
                             then the new one's [default: any free port beside --listen]";

/// How the command reaches both platforms.
const REACHED: &str = "the command has them in MOMO_SANDBOX_URL and MOMO_SANDBOX_LEGACY_URL, with \
                       credentials of one wallet";

/// How long it may take until all connections of a command that has ended are known to be closed.
const CLIENTS_GONE_WITHIN: Duration = Duration::from_secs(1);

/// The arguments of `exec`: those of `serve`, and a command. The default port is any free one,
/// because test suites may run side by side.
#[derive(Debug, Args)]
#[command(mut_arg("listen", |listen| listen.default_value("127.0.0.1:0")))]
#[command(mut_arg("listen_legacy", |listen| listen.help(LISTEN_LEGACY)))]
pub struct ExecArguments {
    #[command(flatten)]
    pub serve: ServeArguments,

    /// Provider callback host of the ready-made API user
    #[arg(long, help_heading = heading::AUDIT, default_value = "localhost", value_name = "HOST")]
    pub callback_host: String,

    /// Exit with 3 if any of these rules fails or is inconclusive, or if none of them was
    /// exercised: `strict` (all), `none`, `migration` (those about MTN's new platform), or names
    /// separated by commas
    #[arg(
        long,
        help_heading = heading::AUDIT,
        default_value = "none",
        value_name = "RULES",
        value_parser = RuleSelection::parse
    )]
    pub audit: RuleSelection,

    #[command(flatten)]
    pub required: RequirementArguments,

    /// Leave this API user out of the audit, by id or label, because the command makes mistakes
    /// with it on purpose; may be repeated
    #[arg(long, help_heading = heading::AUDIT, value_name = "SPACE")]
    pub exclude: Vec<String>,

    /// File to write the audit to as well: .json, .xml (JUnit), .html or .txt; may be repeated
    #[arg(
        long,
        help_heading = heading::AUDIT,
        value_name = "FILE",
        value_parser = ReportFile::parse
    )]
    pub report: Vec<ReportFile>,

    #[command(flatten)]
    pub colour: ColourArguments,

    /// Command to run; its environment has the emulator's address and credentials
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// Starts an emulator, runs the command with the emulator's address and credentials in its
/// environment, and prints the audit.
///
/// # Errors
///
/// The emulator or the command does not start, the command fails (its exit code is kept), or the
/// run does not meet the requirements.
pub fn run(arguments: ExecArguments) -> Result<(), Failure> {
    let ExecArguments { mut serve, callback_host, audit, required, exclude, report, .. } =
        arguments;
    let (colour, command) = (arguments.colour, arguments.command);
    let requirements = required.with(&audit);
    report.iter().try_for_each(ReportFile::clear)?;
    let log = serve.log.start();
    let scenario_files = serve.scenario.clone();
    let file = serve.configuration.config.take();
    let seen = scenario_files::modification_times(&scenario_files);
    serve.platforms.legacy_port = 0;
    let mut variables = key_variables(&serve.subscription_key);
    variables.extend(add_api_users(&mut serve, &callback_host)?);
    let configuration =
        Configuration { audit_of_the_run: Some(Exclusions(exclude)), ..configuration(serve)? };
    open_file_limit::raise(&configuration.limits);
    let (platforms, cutover) = (configuration.platforms, configuration.cutover);
    let seed = configuration.seed.0;
    variables.extend(environment_variables_of(&configuration));
    let runtime = start_runtime()?;
    let done = runtime.block_on(async {
        let emulator = Emulator::start(configuration).await.map_err(bind_failure)?;
        let url = format!("http://{}", connectable(emulator.address()));
        let https = emulator.front_address();
        let https = https.map(|address| format!("https://{}", connectable(address)));
        print(&format!("momo-sandbox listens on {url}; seed {seed} (repeat with --seed {seed})"));
        if let Some(platforms) = platforms {
            let (new, legacy) = (emulator.address(), emulator.legacy_address());
            print(platform_lines::played(platforms, new, legacy, cutover).trim_end());
            if legacy.is_some() {
                print(REACHED);
            }
        }
        if let Some(file) = file {
            print(&format!("configuration: {}", file.display()));
        }
        variables.push(EnvironmentVariable { name: variable::URL, value: Some(url.clone()) });
        variables.push(EnvironmentVariable { name: variable::TLS_URL, value: https });
        let legacy = emulator.legacy_address();
        let legacy = legacy.map(|address| format!("http://{}", connectable(address)));
        variables.push(EnvironmentVariable { name: variable::LEGACY_URL, value: legacy });
        let spaces = Arc::clone(emulator.spaces());
        let reloading = tokio::spawn(reload::run(scenario_files, seen, spaces));
        let ended = run_command(&command, &variables).await;
        emulator.spaces().no_client_waits(CLIENTS_GONE_WITHIN).await;
        let audit = emulator.control().audit_of_the_run();
        reloading.abort();
        let _ = emulator.stop().await;
        // Writes the lines of the log that still wait, so that they come before the report.
        drop(log);
        print(colour.paint(text::render(&audit), &std::io::stderr()).trim_end());
        report.iter().try_for_each(|file| file.write(&audit))?;
        let ended = ended?;
        let code = exit_code(ended);
        // The check of the requirements prints this otherwise.
        if audit.reliance.requests == 0 && (code != 0 || requirements.is_empty()) {
            print(&no_request(&url));
        }
        match code {
            0 => requirements.check(&AuditReport::from(&audit), &url),
            code => Err(Failure { code, message: format!("`{}` {}", command[0], end_of(ended)) }),
        }
    });
    // The thread that reads scenario files may wait for a disk that does not answer.
    runtime.shutdown_background();
    done
}

/// Prints a line on standard error: standard output belongs to the command.
fn print(text: &str) {
    // A closed standard error is no failure.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The variables of the subscription keys: for each product its first key, or any key where no
/// product has one. The primary key is the first of these in the order of the products.
fn key_variables(given: &[SubscriptionKey]) -> Vec<EnvironmentVariable> {
    let key_of = |product| match given.iter().find(|given| given.product == product) {
        Some(given) => Some(given.key.clone()),
        None => given.is_empty().then(|| "any-key".to_owned()),
    };
    let mut variables: Vec<EnvironmentVariable> = Product::ALL
        .into_iter()
        .map(|product| EnvironmentVariable {
            name: variable::key_of(product),
            value: key_of(product),
        })
        .collect();
    let primary = variables.iter().find_map(|variable| variable.value.clone());
    variables.push(EnvironmentVariable { name: variable::PRIMARY_KEY, value: primary });
    variables
}

fn environment_variables_of(configuration: &Configuration) -> [EnvironmentVariable; 3] {
    let Environment { name, currency, .. } = configuration.environment;
    let token = configuration.control_token.as_ref().map(|token| token.reveal().to_owned());
    [
        EnvironmentVariable { name: variable::ENVIRONMENT, value: Some((*name).to_owned()) },
        EnvironmentVariable { name: variable::CURRENCY, value: Some((*currency).to_owned()) },
        EnvironmentVariable { name: variable::CONTROL_TOKEN, value: token },
    ]
}

/// Adds credentials for the command to the flags, for each platform that is played, and returns
/// their variables.
fn add_api_users(
    serve: &mut ServeArguments,
    host: &str,
) -> Result<Vec<EnvironmentVariable>, Failure> {
    let wrong = |why: &str| Failure::user(format!("--callback-host: `{host}` {why}"));
    let provider_callback_host =
        ProviderCallbackHost::parse(host).ok_or_else(|| wrong("is not a host name"))?;
    let environment = serve.environment.environment()?;
    if environment.is_production() && provider_callback_host.is_ip_address() {
        return Err(wrong("is an IP address; in production it must be a host name"));
    }
    let platforms = serve.platforms.played(environment)?.platforms;
    let seed = serve.seed.map_or_else(random_seed, Seed);
    serve.seed = Some(seed.0);
    let of_platforms: Vec<Option<MtnPlatform>> = match platforms {
        None => vec![None],
        Some(platforms) => platforms.all().map(Some).collect(),
    };
    let mut variables: Vec<EnvironmentVariable> = Vec::new();
    if of_platforms.len() == 1 {
        let unset = [variable::LEGACY_API_USER_ID, variable::LEGACY_API_KEY];
        variables.extend(unset.map(|name| EnvironmentVariable { name, value: None }));
    }
    for (place, platform) in of_platforms.into_iter().enumerate() {
        let one = draw(seed, platform, host);
        // The variables of the second one are those of the legacy platform beside the new one.
        let (id, key) = match place {
            0 => (variable::API_USER_ID, variable::API_KEY),
            _ => (variable::LEGACY_API_USER_ID, variable::LEGACY_API_KEY),
        };
        variables.push(EnvironmentVariable { name: id, value: Some(one.user_id.clone()) });
        variables.push(EnvironmentVariable { name: key, value: Some(one.secret.clone()) });
        match one.kind {
            CredentialKind::ApiUser => serve.api_user.push(one),
            CredentialKind::SystemCredential => serve.platforms.system_credential.push(one),
        }
    }
    variables
        .push(EnvironmentVariable { name: variable::CALLBACK_HOST, value: Some(host.to_owned()) });
    Ok(variables)
}

async fn run_command(
    command: &[String],
    variables: &[EnvironmentVariable],
) -> Result<ExitStatus, Failure> {
    let (program, arguments) = command.split_first().expect("the command line requires one");
    let cannot_wait =
        |error: std::io::Error| Failure::environment(format!("cannot wait for {program}: {error}"));
    let mut signals = StopSignals::new().map_err(cannot_wait)?;
    let mut command = Command::new(program_of(program).map_err(|why| cannot_run(program, &why))?);
    for EnvironmentVariable { name, value } in variables {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut child = command
        .args(arguments)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| cannot_run(program, &error))?;
    loop {
        tokio::select! {
            ended = child.wait() => return ended.map_err(cannot_wait),
            // The emulator must outlive the command, so it waits for the command's end.
            signal = signals.next() => match signal {
                StopSignal::ThisProcess => forward_stop(&child),
                StopSignal::AllOfTheConsole => {}
            },
        }
    }
}

fn cannot_run(program: &str, error: &std::io::Error) -> Failure {
    let why = match error.kind() {
        ErrorKind::NotFound => {
            format!("no such program ({error}); is it installed, and its folder on PATH?")
        }
        _ => error.to_string(),
    };
    Failure::environment(format!("cannot run {program}: {why}"))
}
