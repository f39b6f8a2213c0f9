//! The flags of the limits, made from their table.

use clap::builder::ValueParser;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use crate::cli::heading;
use crate::cli::parse::parse_duration_flag;
use momo_sandbox_core::model::limits::{Limits, Row, TABLE, Unit};
use momo_sandbox_core::model::time::milliseconds;

/// The limits by their flags.
#[derive(Debug, Clone, Copy)]
pub struct LimitArguments(pub Limits);

impl Args for LimitArguments {
    fn augment_args(command: Command) -> Command {
        command.args(TABLE.iter().map(flag))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for LimitArguments {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut limits = Self(Limits::DEFAULT);
        limits.update_from_arg_matches(matches)?;
        Ok(limits)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for row in TABLE {
            if let Some(number) = matches.get_one::<u64>(row.flag) {
                self.0.set(row.limit, *number);
            }
        }
        Ok(())
    }
}

fn flag(row: &'static Row) -> Arg {
    let default = row.format_value(Limits::DEFAULT.number(row.limit));
    Arg::new(row.flag)
        .long(row.flag)
        .env(format!("MOMO_SANDBOX_{}_MAX", row.name.to_uppercase()))
        .value_name(row.placeholder())
        .default_value(default)
        .help_heading(heading::LIMITS)
        .value_parser(ValueParser::from(move |text: &str| parse(row, text)))
        .help(format!("{}; beyond it: {}", row.about, row.beyond))
}

fn parse(row: &Row, text: &str) -> Result<u64, String> {
    let number = match row.unit {
        Unit::Number | Unit::Bytes => {
            text.parse().map_err(|_| "expected a whole number".to_owned())?
        }
        Unit::Time => milliseconds(parse_duration_flag(text)?),
    };
    if (row.smallest..=row.largest).contains(&number) {
        Ok(number)
    } else {
        let (smallest, largest) = (row.format_value(row.smallest), row.format_value(row.largest));
        Err(format!("expected {smallest} to {largest}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_flags(flags: &[&str]) -> Result<Limits, clap::Error> {
        let command = LimitArguments::augment_args(Command::new("m"));
        let mut matches = command.try_get_matches_from([&["m"], flags].concat())?;
        LimitArguments::from_arg_matches_mut(&mut matches).map(|limits| limits.0)
    }

    #[test]
    fn every_flag_sets_its_limit_and_refuses_a_value_out_of_bounds() {
        assert_eq!(read_flags(&[]).expect("defaults"), Limits::DEFAULT);
        for row in TABLE {
            let flag = format!("--{}", row.flag);
            for bound in [row.smallest, row.largest] {
                let limits = read_flags(&[&flag, &row.format_value(bound)]).expect("within bounds");
                assert_eq!(limits.number(row.limit), bound, "{flag}");
            }
            let refused =
                read_flags(&[&flag, &row.format_value(row.largest + 1)]).expect_err("too large");
            let expected = format!("to {}", row.format_value(row.largest));
            assert!(refused.to_string().contains(&expected), "{refused}");
            assert!(read_flags(&[&flag, "many"]).is_err(), "{flag}");
        }
    }
}
