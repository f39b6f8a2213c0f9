//! The limits: one table, a row each. The flags of `serve`, `docs/limits.md`, the counters of
//! `/_sandbox/metrics` and the tests of what happens beyond each limit read it, so that a row is
//! all that a new one needs. Bounds that nobody has a reason to set are constants below it.

use std::time::Duration;

/// A limit, as its flag and documents tell it.
#[derive(Debug)]
pub struct Row {
    /// Which.
    pub limit: Limit,
    /// Its name in the metrics.
    pub name: &'static str,
    /// Its flag, without the dashes.
    pub flag: &'static str,
    /// Its environment variable.
    pub variable: &'static str,
    /// What it bounds, in a line.
    pub about: &'static str,
    /// The smallest value; milliseconds where it is a time.
    pub smallest: u64,
    /// The largest value, likewise.
    pub largest: u64,
    /// What it is counted in.
    pub unit: Unit,
    /// Why the default is what it is.
    pub reason: &'static str,
    /// What happens beyond it.
    pub beyond: &'static str,
}

/// What a limit is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Pieces.
    Number,
    /// Bytes.
    Bytes,
    /// Time, in milliseconds.
    Time,
}

/// What a limit can be: a number, or a time in milliseconds.
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
        u64::try_from(self.as_millis()).unwrap_or(u64::MAX)
    }

    fn of(number: u64) -> Self {
        Self::from_millis(number)
    }
}

macro_rules! limits {
    ($(
        $limit:ident, $field:ident: $quantity:ty = $default:expr,
        $flag:literal, $variable:literal, $unit:ident, $smallest:expr, $largest:expr,
        about: $about:literal,
        reason: $reason:literal,
        beyond: $beyond:literal;
    )*) => {
        /// Which limit.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Limit {
            $(#[doc = concat!($about, ".")] $limit,)*
        }

        /// The limits of one emulator, so that its memory and its answers are bounded.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Limits {
            $(#[doc = concat!($about, "; beyond it: ", $beyond, ".")] pub $field: $quantity,)*
        }

        /// The table.
        pub static TABLE: &[Row] = &[$(Row {
            limit: Limit::$limit,
            name: stringify!($field),
            flag: $flag,
            variable: $variable,
            about: $about,
            smallest: $smallest,
            largest: $largest,
            unit: Unit::$unit,
            reason: $reason,
            beyond: $beyond,
        },)*];

        impl Limit {
            /// How many limits there are.
            pub const COUNT: usize = [$(stringify!($limit)),*].len();
        }

        impl Limits {
            /// Those of the program without a flag.
            pub const DEFAULT: Self = Self { $($field: $default,)* };

            /// A limit's value; milliseconds where it is a time.
            pub fn number(&self, limit: Limit) -> u64 {
                match limit {
                    $(Limit::$limit => self.$field.number(),)*
                }
            }

            /// Sets a limit, likewise.
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
    "connections-max", "MOMO_SANDBOX_CONNECTIONS_MAX", Number, 1, 1_000_000,
    about: "Open connections of clients, plain and over TLS",
    reason: "a load test fits, and a machine of 512 MiB is enough: each costs an open file, and \
             up to 55 KiB of memory",
    beyond: "a further one is answered 503 and closed; over TLS it is closed before the handshake";

    HeadBytes, head_bytes: usize = 32 * 1024,
    "head-bytes-max", "MOMO_SANDBOX_HEAD_BYTES_MAX", Bytes, 8192, MEBIBYTE,
    about: "Bytes of a request line and its headers",
    reason: "an access token is below 1 KiB, and so is everything else in a head",
    beyond: "431, and the connection is closed";

    BodyBytes, body_bytes: usize = 64 * 1024,
    "body-bytes-max", "MOMO_SANDBOX_BODY_BYTES_MAX", Bytes, 1, 16 * MEBIBYTE,
    about: "Bytes of a body",
    reason: "the largest real one is below 2 KiB",
    beyond: "413, and the connection is closed";

    HeadTime, head_time: Duration = Duration::from_secs(30),
    "head-time-max", "MOMO_SANDBOX_HEAD_TIME_MAX", Time, 10, HOUR,
    about: "Time for the head of a request, from its first byte, and for a TLS handshake",
    reason: "a head is a packet or two; whoever needs longer is not a client",
    beyond: "408, and the connection is closed; a handshake is broken off";

    BodyTime, body_time: Duration = Duration::from_secs(10),
    "body-time-max", "MOMO_SANDBOX_BODY_TIME_MAX", Time, 10, HOUR,
    about: "Time for a body, after its head",
    reason: "a body is a packet or two, on a bad line as well",
    beyond: "408, and the connection is closed";

    IdleTime, idle_time: Duration = Duration::from_secs(30),
    "idle-time-max", "MOMO_SANDBOX_IDLE_TIME_MAX", Time, 10, 24 * HOUR,
    about: "Time that a connection may be idle between two requests",
    reason: "clients keep connections for the next call, and forget some",
    beyond: "the connection is closed";

    AnswerTime, answer_time: Duration = Duration::from_secs(30),
    "answer-time-max", "MOMO_SANDBOX_ANSWER_TIME_MAX", Time, 10, HOUR,
    about: "Time in which a peer must read a part of its answer, over HTTP/2 of each answer",
    reason: "who reads nothing for so long is gone, and its answer takes memory",
    beyond: "the connection is reset: the peer does not read what would end it";

    ApiUsers, api_users: usize = 100_000,
    "api-users-max", "MOMO_SANDBOX_API_USERS_MAX", Number, 1, 10_000_000,
    about: "API users, with those given at the start",
    reason: "a test suite may provision one for each test, for weeks",
    beyond: "provisioning another meets a 503";

    Settled, settled: usize = 100_000,
    "settled-max", "MOMO_SANDBOX_SETTLED_MAX", Number, 0, 100_000_000,
    about: "Settled transactions of each API user that are kept",
    reason: "a day of a busy merchant; each costs about a KiB",
    beyond: "the oldest goes first";

    Pending, pending: usize = 1_000_000,
    "pending-max", "MOMO_SANDBOX_PENDING_MAX", Number, 0, 100_000_000,
    about: "Transactions of each API user that are pending, or whose callback is to come",
    reason: "they are never dropped, so that no money is lost sight of",
    beyond: "a POST meets a 503";

    Journal, journal: usize = 100_000,
    "journal-max", "MOMO_SANDBOX_JOURNAL_MAX", Number, 1, 100_000_000,
    about: "Journal entries of each API user, and of all together, that are kept",
    reason: "some ten thousand payments with their requests",
    beyond: "the oldest goes first; the audit and verifying answer `incomplete` from then on";

    KeptBytes, kept_bytes: usize = 160 * MEBIBYTE as usize,
    "kept-bytes-max", "MOMO_SANDBOX_KEPT_BYTES_MAX", Bytes, MEBIBYTE, 1024 * 1024 * MEBIBYTE,
    about: "Bytes of all that is kept, for all API users together: transactions with the callbacks \
            that are to come, journal, consents, API users, and the scenarios that were put",
    reason: "some 100,000 ordinary payments with their requests, and a machine of 512 MiB is \
             enough; a text of 60 kB and a callback URL of 28 kB make one payment of 180 KiB",
    beyond: "the oldest that is settled goes first, and of the journal: of the API user who asks, \
             then of others. The audit and verifying answer `incomplete` from then on. A POST \
             meets a 503 where what is kept is pending, and so does a scenario for which there is \
             no room";

    CallbacksInFlight, callbacks_in_flight: usize = 1024,
    "callbacks-in-flight-max", "MOMO_SANDBOX_CALLBACKS_IN_FLIGHT_MAX", Number, 1, 65_536,
    about: "Callbacks on their way at one time",
    reason: "each costs a connection and an open file, for two seconds at most",
    beyond: "further ones wait their turn; what is pending bounds how many. One listener has half \
             of the places at most, so that one that never answers does not hold up the others";

    ControlClients, control_clients: usize = 1024,
    "control-clients-max", "MOMO_SANDBOX_CONTROL_CLIENTS_MAX", Number, 1, 65_536,
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
    /// Its row.
    pub fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }
}

impl Row {
    /// A value as it is written with the flag: `16384`, `30s`.
    pub fn told(&self, number: u64) -> String {
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

    /// What stands for the value: `NUMBER`, `BYTES`, `DURATION`.
    pub fn placeholder(&self) -> &'static str {
        match self.unit {
            Unit::Number => "NUMBER",
            Unit::Bytes => "BYTES",
            Unit::Time => "DURATION",
        }
    }
}

/// How many bytes may wait in the system for a peer to read them; Linux takes twice as many, with
/// what it needs to keep them. Without it, a peer that reads nothing holds megabytes.
pub const SEND_BUFFER_BYTES: usize = 32 * 1024;

/// The most connections beyond the limit that are told so at one time; one more is closed at once.
pub const TURNED_AWAY_MAX: usize = 64;

/// The most connections that are still taken at the end, as many as the system keeps waiting.
pub const WAITING_MAX: usize = 1024;

/// How long a connection that is ended may still send, so that its last answer is not lost to a
/// reset of the connection; and how long one that is turned away has for its request.
pub const LINGER_MAX: Duration = Duration::from_secs(1);

/// The most bytes that are read and thrown away in that time.
pub const LINGER_BYTES_MAX: usize = 1024 * 1024;

/// The most headers of a request over HTTP/1.1, by the library that reads them.
pub const HEADERS_MAX: usize = 100;

/// The most connections that speak HTTP/2 at one time. A further one is offered HTTP/1.1 alone.
pub const HTTP2_CONNECTIONS_MAX: usize = 64;

/// The most requests at one time on a connection of HTTP/2. The peer is told so, and a further one
/// is refused by the protocol. RFC 9113 recommends 100, but each may have a head of 32 KiB.
pub const HTTP2_STREAMS_MAX: u32 = 32;

/// The most bytes of request bodies that a peer may send over HTTP/2 before they are read.
pub const HTTP2_WINDOW_BYTES: u32 = 256 * 1024;

/// The bytes of answers that a peer of HTTP/2 has not taken yet, from which on no further answer is
/// made for it: some of the longest documents of the control plane.
pub const HTTP2_UNREAD_BYTES_MAX: usize = 512 * 1024;

/// An answer goes out over HTTP/2 in pieces of so many bytes: a peer that takes one has read a part
/// of its answer.
pub const HTTP2_PIECE_BYTES: usize = 16 * 1024;

/// How long connections that have begun have to be complete, when their listener ends.
pub const HANDSHAKE: Duration = Duration::from_millis(5);

/// How long the listener waits when the system has no place for another connection.
pub const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// Open files beside connections and callbacks: sockets that listen, the runtime's, the log,
/// scenario files.
pub const FILES_BESIDE: u64 = 64;

/// The most bytes of a scenario file.
pub const SCENARIO_FILE_BYTES_MAX: usize = 1024 * 1024;

/// The most scenario files of a run: a folder may have any number.
pub const SCENARIO_FILES_MAX: usize = 1000;

/// The most bytes of all scenario files of a run.
pub const SCENARIO_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The most bytes of a file of API users: several hundred thousand of them.
pub const API_USERS_FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The most bytes of a file of certificates or of a key: the roots of a whole system are 250 KiB.
pub const PEM_FILE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The most bytes of a file of recordings.
pub const RECORDINGS_FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The most characters of a path, or of a method, that the journal keeps: the longest real path is
/// half as long.
pub const RECORDED_CHARACTERS_MAX: usize = 256;

/// The most characters that are kept of what is in the place of a method, or quoted in a sentence.
pub const RECORDED_METHOD_CHARACTERS_MAX: usize = 32;

/// The most bytes of a handshake that are looked at for the name that a client asks for.
pub const HELLO_BYTES_MAX: usize = 4096;

/// The most bytes of an explanation, in the journal and in `X-Momo-Sandbox-Why`: it may quote the
/// request.
pub const EXPLANATION_BYTES_MAX: usize = 512;

/// The most tokens of which it is remembered that they were verified; then all are verified anew.
pub const TOKENS_REMEMBERED_MAX: usize = 10_000;

/// The most bytes of a token that is remembered: the names of its scopes may make it longer. An
/// ordinary one has 250.
pub const TOKEN_REMEMBERED_BYTES_MAX: usize = 1024;

/// How long a request that a scenario leaves without an answer is held; no client waits longer.
pub const HANG_MAX: Duration = Duration::from_secs(300);

/// The most bytes of a body sent to the control plane: the longest is a scenario, and to read one
/// takes a hundred times its bytes for a moment.
pub const CONTROL_BODY_BYTES_MAX: usize = 256 * 1024;

/// The most bytes of a body that needs no place: the largest real one is below 2 KiB.
pub const SHORT_BODY_BYTES_MAX: usize = 4 * 1024;

/// The most KiB of longer bodies that there are at one time, on all connections together. Further
/// ones are read once there is room, within `--body-time-max`.
pub const LONG_BODIES_KIBIBYTES_MAX: u32 = 16 * 1024;

/// The most bytes of a body of the control plane that is worked on beside others.
pub const CONTROL_BODY_BESIDE_OTHERS_MAX: usize = 32 * 1024;

/// The longest silence of a journal's stream: a reader who is gone is noticed by what is sent.
pub const STREAM_SILENCE_MAX: Duration = Duration::from_secs(15);

/// How many bytes of a journal go to a reader at one time, and an entry more at most. Few of these
/// parts wait for a reader; a slower one is waited for.
pub const STREAM_PART_BYTES: usize = 8 * 1024;

/// How many of these parts are kept, the newest ones, for other readers that come to them.
pub const STREAM_PARTS_SHARED: usize = 64;

/// How long a stream gathers what comes before it sends it on, for each stream that is open: beside
/// a thousand of them, payments are as quick as without.
pub const STREAM_GATHERING: Duration = Duration::from_micros(100);

/// The most codes of reasons that a run keeps beside those that MTN was seen to send: scenarios
/// name them.
pub const UNSEEN_REASONS_MAX: usize = 1000;

/// The most characters of a space's label: it is kept, and shown with each finding.
pub const LABEL_CHARS_MAX: usize = 100;

/// The most decisions of scenarios that an audit tells apart; further ones are counted together.
pub const DECISIONS_TOLD_MAX: usize = 10_000;

/// The most consents that a space holds; the oldest goes first.
pub const CONSENTS_MAX: usize = 10_000;

/// The most status queries of a scenario's rate limit: each is remembered for as long as it counts.
pub const RATE_LIMIT_REQUESTS_MAX: u32 = 100_000;

/// The most queries of a transaction's status that a scenario decides, the most times that one of
/// its steps, or a callback, is repeated, and the most answers to queries of the balance: a plan is
/// written out in full.
pub const REPEATED_MAX: u32 = 1000;

/// How long a listener has to answer a callback, from the start of the attempt
/// (docs/contract.md#callbacks).
pub const CALLBACK_ANSWER_MAX: Duration = Duration::from_secs(2);

/// The most bytes of a listener's answer that are read; what it says is not looked at.
pub const CALLBACK_ANSWER_BYTES_MAX: usize = 64 * 1024;

/// How long an answered connection to a listener is left open, to learn whether the listener keeps
/// it. Common servers keep theirs for seconds; one that does not is found out.
pub const CALLBACK_IDLE_MAX: Duration = Duration::from_millis(100);

/// How long a connection rests before it may carry another callback: what a listener closes after
/// an answer, it has closed by then.
pub const CALLBACK_REST_MIN: Duration = Duration::from_millis(10);

/// How long a connection rests at most and may still carry another callback: much shorter than
/// the listener was seen to keep one.
pub const CALLBACK_REST_MAX: Duration = Duration::from_millis(40);

/// How long a listener that closed a connection without saying so gets new connections only.
pub const CALLBACK_DISTRUST: Duration = Duration::from_secs(10);

/// The most connections that are opened at once to all listeners, although kept ones are there.
/// With those that come back in two minutes, they fit into the 28,232 ports that Linux uses by
/// default, and into the smallest tables in which firewalls follow connections.
pub const CALLBACK_FRESH_MAX: f64 = 4096.0;

/// How many of them come back in a second: a closed connection holds its port for a minute.
pub const CALLBACK_FRESH_A_SECOND: f64 = 300.0;

/// How many new connections to a listener may wait for an answer at first, and always: the shortest
/// queues that listeners have take as many.
pub const CALLBACK_OPENING_LEAST: usize = 4;

/// How many may wait at most.
pub const CALLBACK_OPENING_MOST: usize = 1024;

/// How long an answer may take before its place is left to another, where the listener has not
/// answered yet.
pub const CALLBACK_OPENING_PATIENCE: Duration = Duration::from_millis(50);

/// How many times the quickest answer it may take, where the listener has answered: those that
/// wait at first may be answered one after the other.
pub const CALLBACK_OPENING_ROUNDS: u32 = 6;

/// How much longer than twice the quickest an answer may take and still counts as quick: a busy
/// machine is not a full queue.
pub const CALLBACK_OPENING_SLACK: Duration = Duration::from_micros(500);

/// How long the first try to make a connection takes; each further one takes twice as long. The
/// system would try again only after a second, and then after two more.
pub const CALLBACK_CONNECT_FIRST: Duration = Duration::from_millis(250);

/// The most listeners of which it is known whether they keep their connections. To further ones
/// every callback gets a new connection.
pub const CALLBACK_LISTENERS_MAX: usize = 4096;

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
                let expected = match other.limit == row.limit {
                    true => row.largest,
                    false => Limits::DEFAULT.number(other.limit),
                };
                assert_eq!(limits.number(other.limit), expected, "{} by {}", other.flag, row.flag);
            }
        }
    }

    #[test]
    fn a_time_is_told_in_its_largest_whole_unit() {
        let row = Limit::IdleTime.row();
        for (number, told) in [(90, "90ms"), (30_000, "30s"), (120_000, "2m"), (HOUR, "1h")] {
            assert_eq!(row.told(number), told);
        }
    }
}
