//! The limits of an emulator that its user can set, in one table. The flags of `serve`,
//! `docs/limits.md`, the counters of `/_sandbox/metrics` and the tests read this table, so a new
//! limit needs a row here and nothing else.
//!
//! Bounds that no user needs to set are constants beside the code that they bound.

use std::time::Duration;

use crate::model::time::milliseconds;

/// A row of the table: one limit with its bounds and its texts.
#[derive(Debug)]
pub struct Row {
    pub limit: Limit,
    /// The name in the metrics.
    pub name: &'static str,
    /// The flag of `serve`, without the leading dashes.
    pub flag: &'static str,
    /// What the limit bounds, in one line.
    pub about: &'static str,
    /// The smallest value that a user can set; milliseconds for a time.
    pub smallest: u64,
    /// The largest value that a user can set; milliseconds for a time.
    pub largest: u64,
    pub unit: Unit,
    pub reason: &'static str,
    pub beyond: &'static str,
}

/// The unit of a limit's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Number,
    Bytes,
    /// Milliseconds.
    Time,
}

/// The type of a limit's value: a number, or a time in milliseconds.
trait Quantity {
    fn number(self) -> u64;
    fn of(number: u64) -> Self;
}

impl Quantity for usize {
    fn number(self) -> u64 {
        self as u64
    }

    fn of(number: u64) -> Self {
        Self::try_from(number).unwrap_or(Self::MAX)
    }
}

impl Quantity for Duration {
    fn number(self) -> u64 {
        milliseconds(self)
    }

    fn of(number: u64) -> Self {
        Self::from_millis(number)
    }
}

macro_rules! limits {
    ($(
        $limit:ident, $field:ident: $quantity:ty = $default:expr,
        $flag:literal, $unit:ident, $smallest:expr, $largest:expr,
        about: $about:literal,
        reason: $reason:literal,
        beyond: $beyond:literal;
    )*) => {
        /// The limits that a user can set.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Limit {
            $(#[doc = concat!($about, ".")] $limit,)*
        }

        /// The limits of one emulator, so that its memory and its answers are bounded.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Limits {
            $(#[doc = concat!($about, "; beyond it: ", $beyond, ".")] pub $field: $quantity,)*
        }

        pub static TABLE: &[Row] = &[$(Row {
            limit: Limit::$limit,
            name: stringify!($field),
            flag: $flag,
            about: $about,
            smallest: $smallest,
            largest: $largest,
            unit: Unit::$unit,
            reason: $reason,
            beyond: $beyond,
        },)*];

        impl Limit {
            pub const COUNT: usize = [$(stringify!($limit)),*].len();
        }

        impl Limits {
            /// The limits of a program without flags.
            pub const DEFAULT: Self = Self { $($field: $default,)* };

            /// Returns the value of a limit; milliseconds for a time.
            pub fn number(&self, limit: Limit) -> u64 {
                match limit {
                    $(Limit::$limit => self.$field.number(),)*
                }
            }

            /// Sets the value of a limit; milliseconds for a time.
            pub fn set(&mut self, limit: Limit, number: u64) {
                match limit {
                    $(Limit::$limit => self.$field = Quantity::of(number),)*
                }
            }
        }
    };
}

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const MEBIBYTE: u64 = 1024 * 1024;

limits! {
    Connections, connections: usize = 2_048,
    "connections-max", Number, 1, 1_000_000,
    about: "Open connections of clients, plain and over TLS",
    reason: "a load test fits, and a machine of 512 MiB is enough: each costs an open file, and \
             up to 55 KiB of memory",
    beyond: "a further one is answered 503 and closed; over TLS it is closed before the handshake";

    HeadBytes, head_bytes: usize = 32 * 1024,
    "head-bytes-max", Bytes, 8192, MEBIBYTE,
    about: "Bytes of a request line and its headers",
    reason: "an access token is below 1 KiB, and so is everything else in a head",
    beyond: "431, and the connection is closed";

    BodyBytes, body_bytes: usize = 64 * 1024,
    "body-bytes-max", Bytes, 1, 16 * MEBIBYTE,
    about: "Bytes of a body",
    reason: "the largest real one is below 2 KiB",
    beyond: "413, and the connection is closed";

    HeadTime, head_time: Duration = Duration::from_secs(30),
    "head-time-max", Time, 10, HOUR,
    about: "Time for the head of a request, from its first byte, and for a TLS handshake",
    reason: "a head is a packet or two; whoever needs longer is not a client",
    beyond: "408, and the connection is closed; a handshake is broken off";

    BodyTime, body_time: Duration = Duration::from_secs(10),
    "body-time-max", Time, 10, HOUR,
    about: "Time for a body, after its head",
    reason: "a body is a packet or two, on a bad line as well",
    beyond: "408, and the connection is closed";

    IdleTime, idle_time: Duration = Duration::from_secs(30),
    "idle-time-max", Time, 10, 24 * HOUR,
    about: "Time that a connection may be idle between two requests",
    reason: "clients keep connections for the next call, and forget some",
    beyond: "the connection is closed";

    AnswerTime, answer_time: Duration = Duration::from_secs(30),
    "answer-time-max", Time, 10, HOUR,
    about: "Time in which a peer must read a part of its answer, over HTTP/2 of each answer",
    reason: "who reads nothing for so long is gone, and its answer takes memory",
    beyond: "the connection is reset: the peer does not read what would end it";

    ApiUsers, api_users: usize = 100_000,
    "api-users-max", Number, 1, 10_000_000,
    about: "API users, with those given at the start",
    reason: "a test suite may provision one for each test, for weeks",
    beyond: "provisioning another meets a 503";

    Settled, settled: usize = 100_000,
    "settled-max", Number, 0, 100_000_000,
    about: "Settled transactions of each API user that are kept",
    reason: "a day of a busy merchant; each costs about a KiB",
    beyond: "the oldest goes first";

    Pending, pending: usize = 1_000_000,
    "pending-max", Number, 0, 100_000_000,
    about: "Transactions of each API user that are pending, or whose callback is to come",
    reason: "they are never dropped, so that no money is lost sight of",
    beyond: "a POST meets a 503";

    Journal, journal: usize = 100_000,
    "journal-max", Number, 1, 100_000_000,
    about: "Journal entries of each API user, and of all together, that are kept",
    reason: "some ten thousand payments with their requests",
    beyond: "the oldest goes first; the audit and verifying answer `incomplete` from then on";

    KeptBytes, kept_bytes: usize = 160 * MEBIBYTE as usize,
    "kept-bytes-max", Bytes, MEBIBYTE, 1024 * 1024 * MEBIBYTE,
    about: "Bytes of all that is kept, for all API users together: transactions with the callbacks \
            that are to come, journal, consents, API users, and the scenarios that were put",
    reason: "some 100,000 ordinary payments with their requests, and a machine of 512 MiB is \
             enough; a text of 60 kB and a callback URL of 28 kB make one payment of 180 KiB",
    beyond: "the oldest that is settled goes first, and of the journal: of the API user who asks, \
             then of others. The audit and verifying answer `incomplete` from then on. A POST \
             meets a 503 where what is kept is pending, and so does a scenario for which there is \
             no room";

    RecordedBytes, recorded_bytes: usize = 4 * MEBIBYTE as usize,
    "recorded-bytes-max", Bytes, 0, 64 * 1024 * MEBIBYTE,
    about: "Bytes of the heads and bodies of requests, callbacks and their answers that are kept \
            to be looked at, as `--record` says, without secrets; 0 keeps none",
    reason: "room for some 2,500 requests, beside what `--kept-bytes-max` counts; the memory is \
             taken as it fills",
    beyond: "the oldest goes first; the journal still has its entry";

    CallbacksInFlight, callbacks_in_flight: usize = 1024,
    "callbacks-in-flight-max", Number, 1, 65_536,
    about: "Callbacks on their way at one time",
    reason: "each costs a connection and an open file, for two seconds at most",
    beyond: "further ones wait their turn; what is pending bounds how many. One listener has half \
             of the places at most, so that one that never answers does not hold up the others";

    ControlClients, control_clients: usize = 1024,
    "control-clients-max", Number, 1, 65_536,
    about: "Calls of the control plane under way at one time, open journal streams among them",
    reason: "tests that wait in parallel, and consoles that are left open",
    beyond: "503; `health` and `metrics` are answered all the same";
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Limit {
    pub fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }
}

impl Row {
    /// Writes a value as the flag takes it: `16384`, `30s`.
    pub fn format_value(&self, number: u64) -> String {
        match self.unit {
            Unit::Number | Unit::Bytes => number.to_string(),
            Unit::Time => match number {
                whole if whole % HOUR == 0 => format!("{}h", whole / HOUR),
                whole if whole % MINUTE == 0 => format!("{}m", whole / MINUTE),
                whole if whole % 1000 == 0 => format!("{}s", whole / 1000),
                other => format!("{other}ms"),
            },
        }
    }

    /// Returns the placeholder of the value in help texts: `NUMBER`, `BYTES`, `DURATION`.
    pub fn placeholder(&self) -> &'static str {
        match self.unit {
            Unit::Number => "NUMBER",
            Unit::Bytes => "BYTES",
            Unit::Time => "DURATION",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_within_its_bounds_and_every_name_is_of_one_form() {
        for row in TABLE {
            let default = Limits::DEFAULT.number(row.limit);
            assert!((row.smallest..=row.largest).contains(&default), "{}", row.flag);
            assert_eq!(row.limit.row().flag, row.flag);
            assert_eq!(row.flag, format!("{}-max", row.name.replace('_', "-")));
        }
    }

    #[test]
    fn a_limit_that_is_set_is_that_one_alone() {
        for row in TABLE {
            let mut limits = Limits::DEFAULT;
            limits.set(row.limit, row.largest);
            for other in TABLE {
                let expected = if other.limit == row.limit {
                    row.largest
                } else {
                    Limits::DEFAULT.number(other.limit)
                };
                assert_eq!(limits.number(other.limit), expected, "{} by {}", other.flag, row.flag);
            }
        }
    }

    #[test]
    fn a_time_is_written_in_its_largest_whole_unit() {
        let row = Limit::IdleTime.row();
        for (number, text) in [(90, "90ms"), (30_000, "30s"), (120_000, "2m"), (HOUR, "1h")] {
            assert_eq!(row.format_value(number), text);
        }
    }
}
