//! The run of the demonstration: an emulator whose manual clock is advanced from event to event, so
//! that the totals do not depend on the speed.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::callback::settings::CallbackSettings;
use crate::demonstration::client::{ApiError, MomoClient};
use crate::demonstration::ledger::{OrderState, Total};
use crate::demonstration::orders::{OPENING_HOURS, Order, orders, scenario};
use crate::demonstration::output::{LineStyle, Output};
use crate::demonstration::shop::{Shop, StatusSource};
use crate::demonstration::summary::{ShopSummary, render};
use crate::emulator::{BindError, Configuration, Emulator};
use crate::engine::clock::Clock;
use crate::engine::global_journal::GlobalJournal;
use crate::engine::spaces::Spaces;
use crate::gateway::subscription_keys::SubscriptionKeys;
use crate::server::body::ResponseBody;
use crate::server::context::ServerContext;
use crate::server::listener;
use momo_sandbox_core::model::amount::Amount;
use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::ProviderCallbackHost;
use momo_sandbox_core::model::causes::with_causes;
use momo_sandbox_core::model::environment::SANDBOX;
use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::model::limits::Limits;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::status::Status;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::platform::event::EventKind;
use momo_sandbox_core::scenario::read_scenario::read_scenario;
use momo_sandbox_core::scenario::rule_book::{Defaults, RuleBook};
use momo_sandbox_core::scenario::seed::{Purpose, Seed};

/// The time at which the shops open, 2026-09-01T08:00:00Z.
pub const OPENING: Timestamp = Timestamp(1_788_249_600_000);

#[derive(Debug, thiserror::Error)]
pub enum DemonstrationError {
    #[error("the emulator cannot start: {}", with_causes(.0))]
    Emulator(#[from] BindError),
    #[error("a shop cannot listen: {0}")]
    Listener(#[from] std::io::Error),
    #[error("{0}")]
    Api(#[from] ApiError),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// A customer orders. The number is the index of the order.
    Order(usize),
    /// The shop polls the status of an order, `delay` after its order or last poll.
    Poll { order: usize, delay: Duration },
}

/// A callback that a shop received, by the shop's index.
struct ReceivedCallback {
    shop: usize,
    body: Value,
}

struct Run<'a, W> {
    spaces: Arc<Spaces>,
    shops: [Shop; 2],
    users: [ApiUserId; 2],
    orders: Vec<Order>,
    /// The steps to come, each with its time and the index of its shop.
    steps: BTreeSet<(Timestamp, usize, Step)>,
    callbacks: UnboundedReceiver<ReceivedCallback>,
    /// The number of journal entries that were read.
    entries_read: u64,
    seed: Seed,
    speed: f64,
    output: &'a mut Output<W>,
}

/// Runs the demonstration of missed callbacks, `speed` times faster than real time.
///
/// # Errors
///
/// The emulator or a listener does not start, or a request of a shop fails.
pub async fn missed_callback<W: Write>(
    seed: Seed,
    speed: f64,
    output: &mut Output<W>,
) -> Result<(), DemonstrationError> {
    let orders = orders(seed);
    let users = [1, 2].map(|number| {
        let id = seed.uuid(Uuid::nil(), Purpose::Example(number));
        (ApiUserId(id), format!("{:032x}", id.as_u128()))
    });
    let emulator = Emulator::start(configuration(seed, &orders, &users)).await?;
    let (base, spaces) = (emulator.url(), Arc::clone(emulator.spaces()));
    let (sender, callbacks) = unbounded_channel();
    let (closing, tasks) = (CancellationToken::new(), TaskTracker::new());
    let mut addresses = Vec::new();
    for shop in 0..users.len() {
        addresses.push(open_listener(shop, sender.clone(), &closing, &tasks).await?);
    }
    let shop = |index: usize, status_source| {
        let (id, key) = users[index].clone();
        let client = MomoClient::new(base.clone(), &SANDBOX, id.to_string(), key);
        Shop::new(
            status_source,
            client,
            format!("http://localhost:{}/momo", addresses[index].port()),
        )
    };
    let run = Run {
        spaces,
        shops: [shop(0, StatusSource::Callbacks), shop(1, StatusSource::CallbacksAndPolling)],
        users: [users[0].0, users[1].0],
        steps: order_steps(&orders),
        orders,
        callbacks,
        entries_read: 0,
        seed,
        speed,
        output,
    };
    let done = run.play().await;
    closing.cancel();
    let _ = emulator.stop().await;
    done
}

fn order_steps(orders: &[Order]) -> BTreeSet<(Timestamp, usize, Step)> {
    let orders = orders.iter().enumerate();
    orders
        .flat_map(|(index, order)| {
            [0, 1].map(|shop| (OPENING.after(order.after), shop, Step::Order(index)))
        })
        .collect()
}

fn configuration(seed: Seed, orders: &[Order], users: &[(ApiUserId, String)]) -> Configuration {
    let scenario = read_scenario("day", &scenario(orders))
        .expect("the tests read the scenarios of many seeds");
    let host = ProviderCallbackHost::parse("localhost").expect("`localhost` is a host name");
    let user = |(id, key): &(ApiUserId, String)| {
        let provider_callback_host = host.clone();
        (ApiUser::new(*id, provider_callback_host, Product::ALL), key.clone())
    };
    Configuration {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        environment: &SANDBOX,
        rules: RuleBook::new(vec![scenario], Defaults::settling_after(Duration::from_secs(1))),
        seed,
        subscription_keys: SubscriptionKeys::default(),
        api_users: users.iter().map(user).collect(),
        callbacks: CallbackSettings::default(),
        front: None,
        clock: Clock::manual(OPENING),
        limits: Limits::default(),
        ..Configuration::default()
    }
}

/// Starts the callback listener of a shop, which answers 200.
async fn open_listener(
    shop: usize,
    callbacks: UnboundedSender<ReceivedCallback>,
    closing: &CancellationToken,
    tasks: &TaskTracker,
) -> Result<SocketAddr, std::io::Error> {
    let socket = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let address = socket.local_addr()?;
    let handler = move |request: Request<Incoming>, _| {
        let callbacks = callbacks.clone();
        async move {
            if let Ok(body) = request.into_body().collect().await
                && let Ok(body) = serde_json::from_slice(&body.to_bytes())
            {
                // The receiver is gone after the run.
                let _ = callbacks.send(ReceivedCallback { shop, body });
            }
            Response::new(ResponseBody::empty())
        }
    };
    let context = ServerContext::standalone(closing.clone(), tasks.clone());
    tokio::spawn(listener::serve(socket, None, handler, context));
    Ok(address)
}

impl<W: Write> Run<'_, W> {
    async fn play(mut self) -> Result<(), DemonstrationError> {
        self.output
            .line("A day at two shops. Payments take MTN MoMo; every third callback is lost.\n");
        self.output.headings("Shop A trusts callbacks", "Shop B also asks");
        while let Some((at, shop, step)) = self.steps.pop_first() {
            self.advance_to(at).await?;
            match step {
                Step::Order(order) => self.order(shop, order).await?,
                Step::Poll { order, delay } => self.poll(shop, order, delay).await?,
            }
        }
        self.advance_to(OPENING.after(OPENING_HOURS)).await?;
        let charged = self.users.map(|user| charged(&self.spaces, user));
        let [trusting, polling] = &self.shops;
        self.output.line(&render(
            &ShopSummary::new(&trusting.ledger, charged[0]),
            &ShopSummary::new(&polling.ledger, charged[1]),
        ));
        Ok(())
    }

    /// Advances the clock to `target`, with a stop at each event of the emulator on the way.
    async fn advance_to(&mut self, target: Timestamp) -> Result<(), DemonstrationError> {
        loop {
            let spaces = self.spaces.all();
            let due = spaces.iter().filter_map(|space| self.spaces.next_due(space)).min();
            let stop = due.map_or(target, |due| due.min(target));
            let left = stop.since(self.spaces.clock().now());
            tokio::time::sleep(left.div_f64(self.speed)).await;
            self.spaces.advance_all(stop).await;
            self.handle_callbacks().await?;
            if stop >= target {
                return Ok(());
            }
        }
    }

    /// Reports the lost callbacks and gives the others to the shops.
    async fn handle_callbacks(&mut self) -> Result<(), DemonstrationError> {
        let mut lost = Vec::new();
        self.spaces.read_entries(self.entries_read, |_, api_user, entry| {
            if entry.kind() == EventKind::CallbackLost {
                lost.push((entry.at, api_user, entry.reference_id()));
            }
            ControlFlow::Continue(())
        });
        self.entries_read = self.spaces.read_global_journal(GlobalJournal::written);
        for (at, user, reference) in lost {
            let shop = usize::from(user != Some(self.users[0]));
            let number =
                self.orders.iter().map(|order| order.number).find(|number| {
                    reference.is_some_and(|id| id.0 == self.reference(shop, *number))
                });
            let text = format!("the callback of order {} is lost", number.unwrap_or_default());
            self.output.event(at, shop, &text, LineStyle::Bad);
        }
        let mut received: Vec<ReceivedCallback> =
            std::iter::from_fn(|| self.callbacks.try_recv().ok()).collect();
        // Callbacks of the same time arrive in any order: the output must not depend on it.
        received.sort_by_key(|callback| callback.shop);
        for ReceivedCallback { shop, body } in received {
            let name = body["externalId"].as_str().unwrap_or_default();
            let found = self.orders.iter().find(|order| order.external_id() == name);
            let Some(number) = found.map(|order| order.number) else { continue };
            let status = body["status"].as_str().unwrap_or_default();
            let state = self.shops[shop].handle_callback(number, status).await?;
            let at = self.spaces.clock().now();
            self.report_state(at, shop, (number, state), "callback");
        }
        Ok(())
    }

    /// Writes the state of an order that a shop learnt by a callback or by a poll.
    fn report_state(
        &mut self,
        at: Timestamp,
        shop: usize,
        (number, state): (u64, Option<OrderState>),
        source: &str,
    ) {
        let (words, style) = match state {
            Some(OrderState::Paid) => ("paid", LineStyle::Good),
            Some(OrderState::Refused) => ("refused", LineStyle::Plain),
            Some(OrderState::Pending | OrderState::Cancelled) | None => {
                ("still pending", LineStyle::Plain)
            }
        };
        self.output.event(at, shop, &format!("{source}: order {number} is {words}"), style);
    }

    async fn order(&mut self, shop: usize, index: usize) -> Result<(), DemonstrationError> {
        let order = self.orders[index].clone();
        let reference = self.reference(shop, order.number);
        let at = self.spaces.clock().now();
        let polls_after = self.shops[shop].order(&order, reference).await?;
        let text = format!("order {}: asks for {:.2} EUR", order.number, order.amount);
        self.output.event(at, shop, &text, LineStyle::Plain);
        if let Some(delay) = polls_after {
            self.steps.insert((at.after(delay), shop, Step::Poll { order: index, delay }));
        }
        Ok(())
    }

    async fn poll(
        &mut self,
        shop: usize,
        order: usize,
        delay: Duration,
    ) -> Result<(), DemonstrationError> {
        let number = self.orders[order].number;
        if !self.shops[shop].is_pending(number) {
            return Ok(());
        }
        let state = self.shops[shop].poll(number).await?;
        let at = self.spaces.clock().now();
        self.report_state(at, shop, (number, state), "asked");
        let delay = delay * 2;
        let next = at.after(delay);
        if state.is_none() && next < OPENING.after(OPENING_HOURS) {
            self.steps.insert((next, shop, Step::Poll { order, delay }));
        }
        Ok(())
    }

    /// The reference id of a shop's order.
    fn reference(&self, shop: usize, number: u64) -> Uuid {
        let number = u32::try_from(number).unwrap_or_default();
        let draw = 100 + u32::try_from(shop).unwrap_or_default() * 100 + number;
        self.seed.uuid(Uuid::nil(), Purpose::Example(draw))
    }
}

/// The payments that the emulator charged to the payers of an API user.
pub fn charged(spaces: &Spaces, user: ApiUserId) -> Total {
    let Some(space) = spaces.get(user) else { return Total::default() };
    spaces.enter(&space, |platform, _| {
        let paid = platform.transactions().filter_map(|transaction| {
            let is_paid = matches!(transaction.status(), Status::Successful(_));
            transaction.submission.details.amount.filter(|_| is_paid).map(Amount::decimal)
        });
        Total::of(paid)
    })
}
