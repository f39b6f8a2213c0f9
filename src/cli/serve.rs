//! `momo-sandbox serve`.

use std::io::Write;
use std::net::SocketAddr;

use tracing::info;

use crate::cli::serve_arguments::{ClockMode, Serve, Switch, draw_control_token, draw_seed};
use crate::cli::welcome::{ToldToken, Welcome};
use crate::cli::{Failure, log, open_files, reload, scenario_files, start_runtime};
use crate::emulator::{BindError, Configuration, Emulator, Stopped};
use crate::engine::clock::Clock;
use crate::gateway::subscription_keys::SubscriptionKeys;
use crate::gateway::token_secret::TokenSecret;
use momo_sandbox_core::scenario::rule::RateLimit;
use momo_sandbox_core::scenario::rule_book::{Defaults, RuleBook};
use momo_sandbox_core::scenario::seed::Seed;

/// Serves until SIGTERM or Ctrl-C.
///
/// # Errors
///
/// A mistake in a flag or scenario file, or an address that cannot be listened on.
pub fn serve(arguments: Serve) -> Result<(), Failure> {
    let _log = log::start(arguments.log_format, arguments.log_level);
    let files = arguments.scenario.clone();
    let seen = scenario_files::changed_at(&files);
    let is_token_given = arguments.control_token.is_some();
    let configuration = configuration(arguments)?;
    open_files::make_room(&configuration.limits);
    let (environment, api_users) = (configuration.environment, configuration.api_users.len());
    let (rules, seed) = (configuration.rules.clone(), configuration.seed);
    let keys = configuration.subscription_keys.clone();
    let token = configuration.control_token.clone();
    let control_token = token.as_ref().map(|token| {
        if is_token_given { ToldToken::Given } else { ToldToken::Drawn(token.reveal()) }
    });
    let runtime = start_runtime()?;
    let served = runtime.block_on(async {
        let listen = configuration.listen;
        let stop = stop_signal()
            .map_err(|error| Failure::environment(format!("cannot wait for signals: {error}")))?;
        let sandbox = Emulator::bind(configuration).await;
        let sandbox = sandbox.map_err(|error| bind_failure(error, listen))?;
        let welcome = Welcome {
            address: sandbox.address(),
            clock_stands: sandbox.spaces().clock().is_paused(),
            front: sandbox.front_address(),
            environment,
            api_users,
            rules: &rules,
            seed,
            keys: &keys,
            control_token,
        };
        // Whoever closed standard output does not want to read it; serving goes on.
        let _ = std::io::stdout().write_all(welcome.text().as_bytes());
        let _ = std::io::stdout().flush();
        let reloading = tokio::spawn(reload::run(files, seen, sandbox.spaces()));
        let stopped = sandbox.run(stop).await;
        reloading.abort();
        info!(pending = stopped.pending, cut_off = stopped.cut_off, "stopped");
        let _ = std::io::stdout().write_all(last_line(stopped).as_bytes());
        Ok(())
    });
    // A look at scenario files may still wait for a disk that does not answer.
    runtime.shutdown_background();
    served
}

/// Why an emulator that was to listen there could not start.
pub(super) fn bind_failure(error: BindError, listen: SocketAddr) -> Failure {
    match error {
        BindError::Address(error) => {
            let remedy = if error.kind() == std::io::ErrorKind::AddrInUse {
                "; stop what listens there, or choose another address with --listen"
            } else {
                ""
            };
            Failure::environment(format!("cannot listen on {listen}: {error}{remedy}"))
        }
        BindError::HttpsFrontend(why) => Failure::user(format!("cannot serve HTTPS: {why}")),
        BindError::ApiUsers { .. } | BindError::ApiUser(_) => Failure::user(error.to_string()),
        BindError::Callbacks(why) => Failure::user(format!("callbacks cannot be sent: {why}")),
    }
}

/// What was left behind, for whoever reads the end of the output.
fn last_line(stopped: Stopped) -> String {
    let transactions = match stopped.pending {
        1 => "1 transaction was".to_owned(),
        several => format!("{several} transactions were"),
    };
    let cut_off = match stopped.cut_off {
        0 => String::new(),
        1 => "; 1 request or callback was cut off".to_owned(),
        several => format!("; {several} requests and callbacks were cut off"),
    };
    format!("stopped; {transactions} still pending{cut_off}\n")
}

/// What the emulator is made of, as the flags say.
///
/// # Errors
///
/// A mistake in a flag or a file.
pub fn configuration(arguments: Serve) -> Result<Configuration, Failure> {
    let environment = arguments.environment.environment()?;
    let api_users = arguments.environment.api_users(arguments.api_user)?;
    let scenarios = scenario_files::read_all(&arguments.scenario)?;
    let scenarios: Vec<_> = scenarios.into_iter().map(|(_, scenario)| scenario).collect();
    scenario_files::warn_of_ineffective(&scenarios);
    let front = arguments.front.tls_listen;
    // Through its front an emulator may be reached from elsewhere too.
    let is_reached_from_elsewhere = [Some(arguments.listen), front]
        .into_iter()
        .flatten()
        .any(|address| !address.ip().is_loopback());
    let keys = arguments.subscription_key.into_iter().map(|given| (given.product, given.key));
    let token_secret = arguments.token_secret.map(TokenSecret::new).transpose();
    let given = Defaults {
        settle_after: arguments.settle_after,
        opening_balance: arguments.opening_balance,
        ledger: arguments.ledger,
        rate_limit: environment.query_limit().map(|(requests, per)| RateLimit { requests, per }),
        delivery: arguments.delivery,
    };
    Ok(Configuration {
        listen: arguments.listen,
        environment,
        rules: RuleBook::new(scenarios, given),
        seed: arguments.seed.map_or_else(draw_seed, Seed),
        token_secret: token_secret
            .map_err(|why| Failure::user(format!("--token-secret: {why}")))?,
        subscription_keys: SubscriptionKeys::new(keys),
        api_users: api_users.into_iter().map(|given| (given.api_user, given.api_key)).collect(),
        callbacks: arguments.callbacks.settings()?,
        front: arguments.front.front()?,
        clock: match arguments.clock {
            ClockMode::Times(factor) => Clock::times(factor),
            ClockMode::Manual => Clock::paused_now(),
        },
        limits: arguments.limits.0,
        explains: arguments.explain == Switch::On,
        audit_of_the_run: None,
        control_token: arguments
            .control_token
            .or_else(|| is_reached_from_elsewhere.then(draw_control_token)),
    })
}

/// Completes on SIGTERM or Ctrl-C; from the call on, neither ends the process by itself.
pub(super) fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
