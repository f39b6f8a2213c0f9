//! What the parts of a request cost without a socket, each beside something plain in the same run:
//! planning, accepting and settling, routing, reading a body, writing a status, verifying a token,
//! and `Gateway::decide` as a whole, by how many transactions are held.
//!
//! `cargo bench --bench core` prints them; `cargo bench --bench core -- plan` only those.

mod measuring;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use criterion::{BatchSize, BenchmarkId, Criterion};
use http::{HeaderMap, HeaderValue, Method};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use measuring::emulator::{API_KEY, PAYMENT, STATUS, api_user, payment, reference};
use measuring::emulator::{submission, user};
use momo_sandbox::internals::engine::Clock;
use momo_sandbox::internals::engine::Spaces;
use momo_sandbox::internals::gateway::Gateway;
use momo_sandbox::internals::gateway::GatewayRequest;
use momo_sandbox::internals::gateway::Routes;
use momo_sandbox::internals::gateway::SubscriptionKeys;
use momo_sandbox::internals::gateway::Tokens;
use momo_sandbox::internals::scenarios::BUILTIN;
use momo_sandbox_core::model::environment::SANDBOX;
use momo_sandbox_core::model::ids::ReferenceId;
use momo_sandbox_core::model::limits::Limits;
use momo_sandbox_core::model::submission::{Submission, TransactionKind};
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::operations::parse_body::read_details;
use momo_sandbox_core::operations::table::OPERATIONS;
use momo_sandbox_core::platform::callback::Callback;
use momo_sandbox_core::platform::{Platform, Settings};
use momo_sandbox_core::scenario::matching::Circumstances;
use momo_sandbox_core::scenario::read_scenario::read_scenario;
use momo_sandbox_core::scenario::rule_book::{Defaults, RuleBook};
use momo_sandbox_core::scenario::seed::Seed;
use momo_sandbox_core::scenario::{occurrence::RuleCounts, plan::plan};
use serde_json::Value;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use uuid::Uuid;

/// As many rules as a large file has.
const RULES_MANY: u32 = 100_000;
const SIZES: [u64; 4] = [10, 1_000, 100_000, 1_000_000];
const SIZES_QUICK: [u64; 2] = [10, 1_000];
const NOW: Timestamp = Timestamp(1_788_264_000_000);
const SEED: Seed = Seed(1);

fn main() {
    let is_quick = measuring::Arguments::read().is_quick();
    let mut criterion = Criterion::default()
        .without_plots()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    planning(&mut criterion);
    accepting(&mut criterion);
    routing(&mut criterion);
    reading(&mut criterion);
    writing(&mut criterion);
    verifying(&mut criterion);
    deciding(&mut criterion, if is_quick { &SIZES_QUICK } else { &SIZES });
    criterion.final_summary();
}

/// All that happens is due at once.
fn book(scenarios: &[(&str, &str)]) -> RuleBook {
    let read = |(name, text): &(&str, &str)| read_scenario(name, text).expect("a good scenario");
    let scenarios = scenarios.iter().map(read).collect();
    RuleBook::new(scenarios, Defaults::settling_after(Duration::ZERO))
}

fn planning(criterion: &mut Criterion) {
    let shipped: Vec<_> = BUILTIN.iter().map(|it| (it.name, it.text)).collect();
    let rule = |number| {
        format!("[[rules]]\nwhen = {{ party = \"256{number}\" }}\nthen = {{ after = \"1s\" }}\n")
    };
    let hundred: String = (0..100).map(rule).collect();
    let many: String = (0..RULES_MANY).map(rule).collect();
    let circumstances = Circumstances {
        api_user: user(),
        platform: None,
        seed: SEED,
        now: NOW,
        in_force_for: Duration::ZERO,
        same_payer_pending: false,
        environment: &SANDBOX,
    };
    let submission = submission(1, payment(), None);
    let mut group = criterion.benchmark_group("plan");
    for (name, book) in [
        ("test_values_alone", book(&[])),
        ("shipped_scenarios", book(&shipped)),
        ("100_rules_that_miss", book(&[("hundred.toml", &hundred)])),
        ("100_000_rules_that_miss", book(&[("many.toml", &many)])),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                plan(&book, black_box(&submission), &circumstances, &RuleCounts::default())
            });
        });
    }
    group.sample_size(10);
    group.bench_function("reading_100_000_rules", |bencher| {
        bencher.iter(|| book(black_box(&[("many.toml", &many)])));
    });
    let json = black_box(STATUS);
    group.bench_function("plain_clone_of_a_status", |bencher| {
        bencher.iter(|| black_box(json).to_owned());
    });
}

fn settings(settled: u64) -> Settings {
    let settled = usize::try_from(settled).expect("a count");
    let limits = Limits { settled, kept_bytes: usize::MAX / 2, ..Limits::default() };
    Settings { rules: Arc::new(book(&[])), seed: SEED, environment: &SANDBOX, limits }
}

fn accepting(criterion: &mut Criterion) {
    const HELD: u64 = 1_000;
    let details = payment();
    let mut number = 0;
    let mut next = || {
        number += 1;
        submission(number, details.clone(), None)
    };
    let mut group = criterion.benchmark_group("accept_and_settle");
    let mut platform = Platform::new(api_user(), settings(HELD), NOW);
    group.bench_function("platform", |bencher| {
        let accept = |submission| platform.accept(submission).expect("a new reference");
        bencher.iter_batched(&mut next, accept, BatchSize::SmallInput);
    });
    let mut map = BTreeMap::<u64, BTreeMap<ReferenceId, Box<Submission>>>::new();
    let mut inserted = 0;
    group.bench_function("plain_map", |bencher| {
        bencher.iter_batched(
            &mut next,
            |submission| {
                inserted += 1;
                let bucket = map.entry(inserted % HELD).or_default();
                bucket.clear();
                bucket.insert(submission.reference_id, Box::new(submission));
            },
            BatchSize::SmallInput,
        );
    });
}

fn status_path(number: u64) -> String {
    format!("/collection/v1_0/requesttopay/{}", reference(number))
}

fn routing(criterion: &mut Criterion) {
    let routes = Routes::default();
    let mut router = matchit::Router::new();
    for operation in OPERATIONS {
        for operation_path in operation.paths() {
            // One of the methods is enough to compare with.
            let _ = router.insert(operation_path.full_path(), operation.id);
        }
    }
    let path = status_path(1);
    let mut group = criterion.benchmark_group("route");
    group.bench_function("routes", |bencher| {
        bencher.iter(|| routes.find(&Method::GET, black_box(&path)).expect("a route"));
    });
    group.bench_function("plain_matchit", |bencher| {
        bencher.iter(|| *router.at(black_box(&path)).expect("a route").value);
    });
}

fn reading(criterion: &mut Criterion) {
    let body = PAYMENT.as_bytes();
    let mut group = criterion.benchmark_group("read_body");
    group.bench_function("read_details", |bencher| {
        bencher.iter(|| read_details(&SANDBOX, TransactionKind::RequestToPay, black_box(body)));
    });
    group.bench_function("plain_json", |bencher| {
        bencher.iter(|| serde_json::from_slice::<Value>(black_box(body)).expect("JSON"));
    });
}

fn writing(criterion: &mut Criterion) {
    let mut platform = Platform::new(api_user(), settings(10), NOW);
    platform.accept(submission(1, payment(), None)).expect("a new reference");
    let transaction = platform.transaction(ReferenceId(reference(1))).expect("it is there");
    let plain = platform.status_body(transaction);
    let mut group = criterion.benchmark_group("status_body");
    group.bench_function("platform", |bencher| {
        bencher.iter(|| platform.status_text(black_box(transaction)));
    });
    group.bench_function("plain_json", |bencher| {
        bencher.iter(|| black_box(&plain).to_string());
    });
}

fn verifying(criterion: &mut Criterion) {
    let tokens = Tokens::new(SEED);
    let token = token(&tokens);
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    validation.required_spec_claims.clear();
    let claims = serde_json::json!({"sub": user().to_string(), "product": "collection"});
    let (secret, header) = ([7; 32], jsonwebtoken::Header::new(Algorithm::HS256));
    let signing = jsonwebtoken::EncodingKey::from_secret(&secret);
    let plain = jsonwebtoken::encode(&header, &claims, &signing).expect("a token");
    let key = DecodingKey::from_secret(&secret);
    let mut group = criterion.benchmark_group("verify_token");
    group.bench_function("tokens", |bencher| {
        let verify = || tokens.verify(black_box(&token));
        bencher.iter(|| verify().and_then(|token| token.at(NOW)).expect("a good token"));
    });
    group.bench_function("plain_jsonwebtoken", |bencher| {
        bencher.iter(|| jsonwebtoken::decode::<Value>(black_box(&plain), &key, &validation));
    });
}

fn token(tokens: &Tokens) -> String {
    tokens.issue(user(), Uuid::nil(), NOW, Duration::from_secs(3600))
}

/// A gateway whose API user holds so many settled payments, and its token.
struct Holding {
    gateway: Gateway,
    token: HeaderValue,
    held: u64,
    next: u64,
    _callbacks: UnboundedReceiver<Callback>,
}

impl Holding {
    fn new(held: u64) -> Self {
        let (sender, callbacks) = mpsc::unbounded_channel();
        let spaces = Arc::new(Spaces::new(Clock::manual(NOW), settings(held), sender));
        let space = spaces.provision(api_user()).expect("a new one");
        spaces.enter(&space, |platform, _| platform.set_api_key(API_KEY));
        let details = payment();
        for number in 0..held {
            spaces.accept(&space, submission(number, details.clone(), None)).expect("a new one");
        }
        let tokens = Tokens::new(SEED);
        let token = format!("Bearer {}", token(&tokens)).parse().expect("a header");
        let gateway = Gateway {
            spaces,
            subscription_keys: SubscriptionKeys::default(),
            tokens,
            environment: &SANDBOX,
            platforms: None,
            routes: Routes::default(),
            explains: true,
        };
        Self { gateway, token, held, next: held, _callbacks: callbacks }
    }

    fn request(&self, method: Method, path: &str, body: &'static str) -> GatewayRequest {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", self.token.clone());
        headers.insert("ocp-apim-subscription-key", HeaderValue::from_static("any"));
        headers.insert("x-target-environment", HeaderValue::from_static("sandbox"));
        let body = Bytes::from_static(body.as_bytes());
        GatewayRequest {
            method,
            uri: path.parse().expect("a path"),
            headers,
            body,
            port: None,
            permit: None,
        }
    }

    /// A POST of the next payment.
    fn post(&mut self) -> GatewayRequest {
        let mut request = self.request(Method::POST, "/collection/v1_0/requesttopay", PAYMENT);
        let reference = reference(self.next).to_string().parse().expect("a header");
        request.headers.insert("x-reference-id", reference);
        request.headers.insert("content-length", HeaderValue::from(PAYMENT.len()));
        self.next += 1;
        request
    }

    /// A GET of one that is held; each time of another.
    fn get(&self, turn: u64) -> GatewayRequest {
        let number = self.next - self.held + turn % self.held;
        self.request(Method::GET, &status_path(number), "")
    }
}

fn deciding(criterion: &mut Criterion, sizes: &[u64]) {
    for held in sizes {
        let mut holding = Holding::new(*held);
        let mut turn = 0;
        let get = BenchmarkId::new("get", held);
        criterion.benchmark_group("decide").bench_function(get, |bencher| {
            let request = || {
                turn += 1;
                holding.get(turn)
            };
            let decide = |request| holding.gateway.decide(&request).expect("a status");
            bencher.iter_batched(request, decide, BatchSize::SmallInput);
        });
        let post = BenchmarkId::new("post", held);
        criterion.benchmark_group("decide").bench_function(post, |bencher| {
            // Made before they are timed: what decides cannot lend itself to making the next.
            bencher.iter_custom(|count| {
                let mut took = Duration::ZERO;
                for _ in 0..count {
                    let request = holding.post();
                    let began = measuring::figures::now();
                    black_box(holding.gateway.decide(&request).expect("a 202"));
                    took += began.elapsed();
                }
                took
            });
        });
    }
    let mut map = BTreeMap::<Uuid, Value>::new();
    let mut number = 0;
    let mut group = criterion.benchmark_group("decide");
    group.bench_function("plain_post", |bencher| {
        bencher.iter(|| {
            number += 1;
            let body = serde_json::from_slice(black_box(PAYMENT.as_bytes())).expect("JSON");
            map.insert(reference(number % 1_000), body);
        });
    });
    group.bench_function("plain_get", |bencher| {
        bencher.iter(|| {
            number += 1;
            map.get(&reference(number % 1_000)).map(Value::to_string)
        });
    });
}
