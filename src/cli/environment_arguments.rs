//! The flags about the target environment and about callbacks, of every command that emulates.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::callback::overrides::{HostOverride, HostOverrides};
use crate::callback::settings::CallbackSettings;
use crate::certificates::authority::Authority;
use crate::certificates::verification::read_certificates;
use crate::cli::serve_arguments::{GivenApiUser, heading, read_address};
use crate::cli::{Failure, api_users_file, ca};
use crate::engine::clock::wall_clock;
use crate::gateway::frontend_hosts;
use crate::server::https::HttpsFrontend;
use momo_sandbox_core::model::causes::with_causes;
use momo_sandbox_core::model::environment::{Environment, MARKETS, Profile, SANDBOX};

/// The flags about the target environment.
#[derive(Debug, Clone, Default, Args)]
pub struct EnvironmentArguments {
    /// Which rule set applies; must match the target environment [default: the target
    /// environment's]
    #[arg(long, help_heading = heading::API, env = "MOMO_SANDBOX_PROFILE", value_name = "PROFILE")]
    pub profile: Option<ProfileName>,

    /// Target environment, as in X-Target-Environment: sandbox, or a market such as mtnuganda
    /// [default: sandbox]
    #[arg(
        long,
        help_heading = heading::API,
        env = "MOMO_SANDBOX_TARGET_ENVIRONMENT",
        value_name = "NAME",
        value_parser = read_environment
    )]
    pub target_environment: Option<&'static Environment>,

    /// Send every `reason` as an object {code, message}, as in MTN's schema; recorded answers have
    /// a text
    #[arg(long, help_heading = heading::API, env = "MOMO_SANDBOX_REASON_OBJECTS")]
    pub reason_objects: bool,

    /// File of API users to provision at startup, the only way in production: TOML,
    /// `[[api_users]]` with id, api_key and provider_callback_host
    #[arg(long, help_heading = heading::API, env = "MOMO_SANDBOX_API_USERS", value_name = "FILE")]
    pub api_users: Option<PathBuf>,
}

/// The flags about HTTPS.
#[derive(Debug, Clone, Default, Args)]
pub struct FrontArguments {
    /// Address to serve HTTPS on (HTTP/1.1 and HTTP/2), for clients that have MTN's hosts wired in
    #[arg(
        long,
        help_heading = heading::HTTPS,
        env = "MOMO_SANDBOX_TLS_LISTEN",
        value_name = "ADDR",
        value_parser = read_address
    )]
    pub tls_listen: Option<SocketAddr>,

    /// Another host for the HTTPS certificate, beside MTN's and localhost; may be repeated
    #[arg(
        long,
        help_heading = heading::HTTPS,
        env = "MOMO_SANDBOX_TLS_NAME",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub tls_name: Vec<String>,

    /// Folder of the root that issues the HTTPS certificate, as `momo-sandbox ca` creates it
    /// [default: a root of this run, served at /_sandbox/ca.pem]
    #[arg(long, help_heading = heading::HTTPS, env = "MOMO_SANDBOX_TLS_CA", value_name = "FOLDER")]
    pub tls_ca: Option<PathBuf>,
}

impl FrontArguments {
    /// The front, if one is wanted.
    ///
    /// # Errors
    ///
    /// A folder without a good root.
    pub fn front(&self) -> Result<Option<HttpsFrontend>, Failure> {
        let Some(listen) = self.tls_listen else { return Ok(None) };
        let authority = match &self.tls_ca {
            Some(folder) => ca::root_of(folder)?,
            None => Authority::new_root(wall_clock())
                .map_err(|error| Failure::environment(format!("no root can be made: {error}")))?,
        };
        let hosts = frontend_hosts(&self.tls_name);
        // Certificates are good by the world's time, whatever the emulator's is.
        let front = HttpsFrontend::issued_by(&authority, listen, hosts, wall_clock());
        front
            .map(Some)
            .map_err(|error| Failure::user(format!("cannot serve HTTPS: {}", with_causes(&error))))
    }
}

/// A profile by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProfileName {
    /// EUR, callbacks to http URLs.
    Sandbox,
    /// A market's currency, callbacks to https URLs.
    Production,
}

/// The flags about callbacks.
#[derive(Debug, Clone, Args)]
pub struct CallbackArguments {
    /// Send callbacks for HOST to this address, for example shop.example=127.0.0.1:3000 or
    /// '*=host.docker.internal' for all hosts; may be repeated, the first match counts
    #[arg(
        long,
        help_heading = heading::CALLBACKS,
        env = "MOMO_SANDBOX_ROUTE",
        value_name = "HOST=HOST[:PORT]",
        value_delimiter = ',',
        value_parser = HostOverride::parse
    )]
    pub route: Vec<HostOverride>,

    /// Deliver callbacks to https URLs in the sandbox too
    #[arg(long, help_heading = heading::CALLBACKS, env = "MOMO_SANDBOX_HTTPS_CALLBACKS")]
    pub https_callbacks: bool,

    /// File of root certificates, in PEM, to trust beside the public ones; may be repeated
    #[arg(
        long,
        help_heading = heading::CALLBACKS,
        env = "MOMO_SANDBOX_TRUST",
        value_name = "FILE",
        value_delimiter = ','
    )]
    pub trust: Vec<PathBuf>,
}

fn read_environment(name: &str) -> Result<&'static Environment, String> {
    Environment::named(name).ok_or_else(|| {
        let names: Vec<&str> = MARKETS.iter().map(|market| market.name).collect();
        format!(
            "unknown target environment `{name}`; expected one of sandbox, {}",
            names.join(", ")
        )
    })
}

impl EnvironmentArguments {
    /// The target environment.
    ///
    /// # Errors
    ///
    /// A profile that is not the target environment's.
    pub fn environment(&self) -> Result<&'static Environment, Failure> {
        let profile = self.profile.map(|profile| match profile {
            ProfileName::Sandbox => Profile::Sandbox,
            ProfileName::Production => Profile::Production,
        });
        let environment = match (profile, self.target_environment) {
            (None | Some(Profile::Sandbox), None) => Ok(&SANDBOX),
            (Some(Profile::Production), None) => {
                let names: Vec<&str> = MARKETS.iter().map(|market| market.name).collect();
                Err(Failure::user(format!(
                    "--profile production needs --target-environment with one of {}",
                    names.join(", ")
                )))
            }
            (Some(profile), Some(environment)) if profile != environment.profile => {
                let name = environment.name;
                Err(Failure::user(format!(
                    "--target-environment {name} does not match --profile: leave --profile out"
                )))
            }
            (_, Some(environment)) => Ok(environment),
        }?;
        Ok(if self.reason_objects { environment.with_reason_objects() } else { environment })
    }

    /// The API users of the file and those given one by one, each once.
    ///
    /// # Errors
    ///
    /// What is wrong with the file, a user that is there twice, or one whose callback host is an IP
    /// address in production.
    pub fn api_users(&self, given: Vec<GivenApiUser>) -> Result<Vec<GivenApiUser>, Failure> {
        let mut all = given;
        if let Some(file) = &self.api_users {
            all.extend(api_users_file::read(file)?);
        }
        let environment = self.environment()?;
        for (place, user) in all.iter().enumerate() {
            let (id, host) = (user.api_user.id, &user.api_user.provider_callback_host);
            if all[..place].iter().any(|before| before.api_user.id == id) {
                return Err(Failure::user(format!("the API user {id} is given twice")));
            }
            if environment.is_production() && host.is_ip_address() {
                return Err(Failure::user(format!(
                    "the callback host of {id} is `{}`: in production it is a host name, never an \
                     IP address",
                    host.as_sent
                )));
            }
        }
        Ok(all)
    }
}

impl CallbackArguments {
    /// How callbacks travel.
    ///
    /// # Errors
    ///
    /// A file of roots that cannot be read.
    pub fn settings(&self) -> Result<CallbackSettings, Failure> {
        let mut trusted = Vec::new();
        for file in &self.trust {
            let roots = read_certificates(file)
                .map_err(|error| Failure::user(format!("--trust: {}", with_causes(&error))))?;
            trusted.extend(roots);
        }
        Ok(CallbackSettings {
            https_in_sandbox: self.https_callbacks,
            overrides: HostOverrides::new(self.route.clone()),
            trusted,
            ..CallbackSettings::default()
        })
    }
}
