//! The scenarios of a simulation, and what each promises about callbacks: written down here, not
//! asked of the code.

use momo_sandbox::internals::scenarios;

/// When a callback may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Exactly so many milliseconds after the final status.
    AfterFinal(i64),
    /// The scenario lets it come before the final status.
    Early,
}

/// How many callbacks a transaction with a callback URL gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Exactly so many, with so many milliseconds between two.
    Exactly(u32, i64),
    /// One each so many milliseconds after the moment, in order.
    Listed(&'static [i64]),
    /// One, and another after each that was not answered with success, up to so many.
    UntilAnswered(u32),
}

/// What a scenario promises.
#[derive(Debug, Clone, Copy)]
pub struct Promise {
    pub count: Count,
    pub moment: Moment,
    /// How long it answers submissions with a 503 and creates nothing, in milliseconds.
    pub closed_for: i64,
    /// What accounts hold at first.
    pub opening_balance: u32,
    /// Whether accounts are kept.
    pub ledger: bool,
    /// How many status queries in how many milliseconds.
    pub rate_limit: Option<(usize, i64)>,
}

/// What is usual: one callback, at the final status.
const USUAL: Promise = Promise {
    count: Count::Exactly(1, 0),
    moment: Moment::AfterFinal(0),
    closed_for: 0,
    opening_balance: 1000,
    ledger: true,
    rate_limit: None,
};

/// A scenario by name, or of this text, with its promise.
#[derive(Debug, Clone, Copy)]
pub struct PromisedScenario {
    pub name: &'static str,
    text: Option<&'static str>,
    pub promise: Promise,
}

impl PromisedScenario {
    pub fn text(&self) -> &'static str {
        self.text.unwrap_or_else(|| scenarios::named(self.name).expect("it ships").text)
    }
}

const fn usual(name: &'static str) -> PromisedScenario {
    PromisedScenario { name, text: None, promise: USUAL }
}

const fn counting(name: &'static str, count: u32, every: i64) -> PromisedScenario {
    let promise = Promise { count: Count::Exactly(count, every), ..USUAL };
    PromisedScenario { name, text: None, promise }
}

const fn at(name: &'static str, moment: Moment) -> PromisedScenario {
    PromisedScenario { name, text: None, promise: Promise { moment, ..USUAL } }
}

const fn own(name: &'static str, text: &'static str, promise: Promise) -> PromisedScenario {
    PromisedScenario { name, text: Some(text), promise }
}

pub const SCENARIOS: &[PromisedScenario] = &[
    own("plain", "name = \"plain\"", USUAL),
    usual("happy"),
    counting("missed-callback", 0, 0),
    at("late-callback", Moment::AfterFinal(300_000)),
    at("early-callback", Moment::Early),
    counting("duplicate-callback", 2, 180_000),
    usual("contradicting-callback"),
    at("forged-callback", Moment::Early),
    usual("wrong-verb"),
    usual("malformed-callback"),
    usual("unknown-reference"),
    usual("unknown-fields"),
    usual("lying-500"),
    usual("lying-timeout"),
    usual("duplicate-submit"),
    usual("declined"),
    usual("expired"),
    usual("pending-for-ever"),
    usual("slow-approval"),
    usual("slow-operator"),
    usual("flaky-status"),
    usual("before-answer"),
    usual("status-backwards"),
    usual("token-expires-midway"),
    PromisedScenario {
        name: "insufficient-funds",
        text: None,
        promise: Promise { opening_balance: 50, ..USUAL },
    },
    PromisedScenario {
        name: "rate-limited",
        text: None,
        promise: Promise { rate_limit: Some((2, 10_000)), ..USUAL },
    },
    PromisedScenario {
        name: "maintenance",
        text: None,
        promise: Promise { closed_for: 120_000, ..USUAL },
    },
    own("at-once", "[[rules]]\nthen = { status = \"SUCCESSFUL\", after = \"0ms\" }", USUAL),
    own("no-ledger", "ledger = \"off\"", Promise { ledger: false, ..USUAL }),
    own("twice", "delivery = \"twice\"", Promise { count: Count::Exactly(2, 180_000), ..USUAL }),
    own(
        "retrying",
        "delivery = \"retrying\"",
        Promise { count: Count::UntilAnswered(75), ..USUAL },
    ),
    own(
        "three-in-a-row",
        "[[rules]]\ncallback = { times = 3, every = \"0ms\", delay = \"1s\" }",
        Promise { count: Count::Exactly(3, 0), moment: Moment::AfterFinal(1000), ..USUAL },
    ),
    own(
        "several",
        "[[rules]]\nthen = { status = \"SUCCESSFUL\" }\n\
         callback = [{ delay = \"3s\", status = \"FAILED\", reason = \"EXPIRED\" }, {}, \
         { fate = \"lost\" }, { delay = \"1s\", times = 2, every = \"5s\", body = { text = \"x\" } }]",
        Promise { count: Count::Listed(&[0, 1000, 3000, 6000]), ..USUAL },
    ),
    own(
        "several-early",
        "[[rules]]\ncallback = [{ delay = \"-5s\" }, { fate = \"lost\" }, { delay = \"2m\" }]",
        Promise { count: Count::Listed(&[0, 0]), moment: Moment::Early, ..USUAL },
    ),
    own(
        "several-retried",
        "delivery = \"retrying\"\n[[rules]]\ncallback = [{ times = 2, every = \"1s\" }, \
         { times = 2, every = \"3s\" }, { fate = \"lost\" }]",
        Promise { count: Count::Listed(&[0, 0, 1000, 3000]), ..USUAL },
    ),
    own(
        "an-hour",
        "[[rules]]\nthen = { path = [{ status = \"CREATED\", lasts = \"2s\" }, \
         { status = \"PENDING\", lasts = \"1h\" }, { status = \"SUCCESSFUL\" }] }",
        USUAL,
    ),
];
