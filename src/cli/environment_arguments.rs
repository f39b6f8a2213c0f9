//! The flags of the target environment and of its API users.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::failure::Failure;
use crate::cli::parse::ApiUserWithKey;
use crate::cli::{api_users_file, heading};
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

    /// File of API users to provision at startup, the only way in production: TOML,
    /// `[[api_users]]` with id, api_key and provider_callback_host
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

    /// The API users of `--api-user` and of the file of `--api-users`.
    ///
    /// # Errors
    ///
    /// Mistakes in the file, a duplicate, or in production a callback host that is an IP address.
    pub fn api_users(&self, of_flags: Vec<ApiUserWithKey>) -> Result<Vec<ApiUserWithKey>, Failure> {
        let mut all = of_flags;
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
