//! The flags of the target environment and of its API users.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::failure::Failure;
use crate::cli::heading;
use momo_sandbox_core::model::environment::{Environment, MARKETS, Profile, SANDBOX};

/// The flags of the target environment.
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
        value_parser = parse_environment
    )]
    pub target_environment: Option<&'static Environment>,

    /// Send every `reason` as an object {code, message}, as in MTN's schema; recorded answers have
    /// a text
    #[arg(long, help_heading = heading::API, env = "MOMO_SANDBOX_REASON_OBJECTS")]
    pub reason_objects: bool,

    /// File of API users and System Credentials to provision at startup: TOML, `[[api_users]]`
    /// with id, api_key and provider_callback_host, `[[system_credentials]]` with user_id, token
    /// and provider_callback_host; in production wallet too, if you like
    #[arg(long, help_heading = heading::API, env = "MOMO_SANDBOX_API_USERS", value_name = "FILE")]
    pub api_users: Option<PathBuf>,
}

/// The value of `--profile`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProfileName {
    /// EUR, callbacks to http URLs.
    Sandbox,
    /// A market's currency, callbacks to https URLs.
    Production,
}

pub fn parse_environment(name: &str) -> Result<&'static Environment, String> {
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
}
