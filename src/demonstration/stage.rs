//! The day itself: an emulator with a manual clock that is advanced from event to event, so that
//! the totals do not depend on how fast the day is shown.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use rust_decimal::Decimal;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::callback::settings::CallbackSettings;
use crate::demonstration::books::Belief;
use crate::demonstration::client::{CallError, MomoClient};
use crate::demonstration::day::{OPEN, Order, orders, scenario};
use crate::demonstration::ending::{Balance, tell};
use crate::demonstration::shop::{Habit, Shop};
use crate::demonstration::show::{Mood, Show};
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

/// 2026-09-01T08:00:00Z, when the shops open.
const OPENING: Timestamp = Timestamp(1_788_249_600_000);

/// Why a demonstration could not be given.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The emulator.
    #[error("the emulator cannot start: {0}")]
    Emulator(#[from] BindError),
    /// A shop's listener.
    #[error("a shop cannot listen: {0}")]
    Listener(#[from] std::io::Error),
    /// A call of a shop's.
    #[error("{0}")]
    Call(#[from] CallError),
}

/// What happens next in a shop, at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    /// A customer orders: by the place in the day.
    Order(usize),
    /// The shop asks what became of an order, so long after it asked last.
    Ask(usize, Duration),
}

/// A callback that a shop received.
type News = (usize, Value);

/// A day under way.
struct Day<'a, W> {
    spaces: Arc<Spaces>,
    shops: [Shop; 2],
    users: [ApiUserId; 2],
    orders: Vec<Order>,
    agenda: BTreeSet<(Timestamp, usize, Next)>,
    news: UnboundedReceiver<News>,
    seen: u64,
    seed: Seed,
    speed: f64,
    show: &'a mut Show<W>,
}

/// Shows a lost-callback day, so many times faster than real time.
///
/// # Errors
///
/// What the machine does not allow.
pub async fn missed_callback<W: Write>(
    seed: Seed,
    speed: f64,
    show: &mut Show<W>,
) -> Result<(), StageError> {
    let orders = orders(seed);
    let users = [1, 2].map(|number| {
        let id = seed.uuid(Uuid::nil(), Purpose::Example(number));
        (ApiUserId(id), format!("{:032x}", id.as_u128()))
    });
    let emulator = Emulator::start(configuration(seed, &orders, &users)).await?;
    let (base, spaces) = (emulator.url(), Arc::clone(emulator.spaces()));
    let (sender, news) = unbounded_channel();
    let (closing, tasks) = (CancellationToken::new(), TaskTracker::new());
    let mut addresses = Vec::new();
    for shop in 0..users.len() {
        addresses.push(open_listener(shop, sender.clone(), &closing, &tasks).await?);
    }
    let shop = |place: usize, habit| {
        let (id, key) = users[place].clone();
        let client = MomoClient::new(base.clone(), id.0, key);
        Shop::new(habit, client, format!("http://localhost:{}/momo", addresses[place].port()))
    };
    let mut day = Day {
        spaces,
        shops: [shop(0, Habit::TrustsCallbacks), shop(1, Habit::AlsoAsks)],
        users: [users[0].0, users[1].0],
        agenda: agenda(&orders),
        orders,
        news,
        seen: 0,
        seed,
        speed,
        show,
    };
    let lived = day.live().await;
    closing.cancel();
    let _ = emulator.stop().await;
    lived
}

fn agenda(orders: &[Order]) -> BTreeSet<(Timestamp, usize, Next)> {
    let orders = orders.iter().enumerate();
    orders
        .flat_map(|(place, order)| {
            [0, 1].map(|shop| (OPENING.after(order.after), shop, Next::Order(place)))
        })
        .collect()
}

fn configuration(seed: Seed, orders: &[Order], users: &[(ApiUserId, String)]) -> Configuration {
    let scenario = read_scenario("day", &scenario(orders)).expect("it is written here, and tested");
    let host = ProviderCallbackHost::parse("localhost").expect("it is a host name");
    let user = |(id, key): &(ApiUserId, String)| {
        let products = Product::ALL.into();
        let provider_callback_host = host.clone();
        (ApiUser { id: *id, provider_callback_host, products }, key.clone())
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

/// A shop's listener: it passes each callback on, and answers 200.
async fn open_listener(
    shop: usize,
    news: UnboundedSender<News>,
    closing: &CancellationToken,
    tasks: &TaskTracker,
) -> Result<SocketAddr, std::io::Error> {
    let socket = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let address = socket.local_addr()?;
    let handler = move |request: Request<Incoming>| {
        let news = news.clone();
        async move {
            if let Ok(body) = request.into_body().collect().await
                && let Ok(body) = serde_json::from_slice(&body.to_bytes())
            {
                // Nobody listens any more once the day is over.
                let _ = news.send((shop, body));
            }
            Response::new(ResponseBody::empty())
        }
    };
    let context = ServerContext::standalone(closing.clone(), tasks.clone());
    tokio::spawn(listener::serve(socket, None, handler, context));
    Ok(address)
}

impl<W: Write> Day<'_, W> {
    async fn live(&mut self) -> Result<(), StageError> {
        self.show
            .say("A day at two shops. Payments take MTN MoMo; every third callback is lost.\n");
        self.show.head("Shop A trusts callbacks", "Shop B also asks");
        while let Some((at, shop, next)) = self.agenda.pop_first() {
            self.come_to(at).await?;
            match next {
                Next::Order(place) => self.order(shop, place).await?,
                Next::Ask(place, pause) => self.ask(shop, place, pause).await?,
            }
        }
        self.come_to(OPENING.after(OPEN)).await?;
        let charged = self.users.map(|user| self.charged(user));
        let [trusting, asking] = &self.shops;
        let ending = tell(
            &Balance::of(&trusting.books, charged[0]),
            &Balance::of(&asking.books, charged[1]),
        );
        self.show.say(&ending);
        Ok(())
    }

    /// Lets time come so far, stopping at each moment at which something happens in between.
    async fn come_to(&mut self, target: Timestamp) -> Result<(), StageError> {
        loop {
            let spaces = self.spaces.all();
            let due = spaces.iter().filter_map(|space| self.spaces.next_due(space)).min();
            let stop = due.map_or(target, |due| due.min(target));
            let left = stop.since(self.spaces.clock().now());
            // A day may be shown faster than any clock can wait.
            tokio::time::sleep(left.div_f64(self.speed)).await;
            self.spaces.advance_all(stop).await;
            self.hear().await?;
            if stop >= target {
                return Ok(());
            }
        }
    }

    /// Tells which callbacks were lost and lets the shops read those that came.
    async fn hear(&mut self) -> Result<(), StageError> {
        let seen = self.seen;
        let mut lost = Vec::new();
        self.spaces.read_entries(seen, |_, api_user, entry| {
            if entry.kind() == EventKind::CallbackLost {
                lost.push((entry.at, api_user, entry.reference_id()));
            }
            ControlFlow::Continue(())
        });
        self.seen = self.spaces.read_global_journal(GlobalJournal::written);
        for (at, user, reference) in lost {
            let shop = usize::from(user != Some(self.users[0]));
            let number =
                self.orders.iter().map(|order| order.number).find(|number| {
                    reference.is_some_and(|id| id.0 == self.reference(shop, *number))
                });
            let text = format!("the callback of order {} is lost", number.unwrap_or_default());
            self.show.tell(at, shop, &text, Mood::Bad);
        }
        let mut news: Vec<News> = std::iter::from_fn(|| self.news.try_recv().ok()).collect();
        // Of one moment, whose callback is the first is chance.
        news.sort_by_key(|(shop, _)| *shop);
        for (shop, body) in news {
            let name = body["externalId"].as_str().unwrap_or_default();
            let found = self.orders.iter().find(|order| order.external_id() == name);
            let Some(number) = found.map(|order| order.number) else { continue };
            let status = body["status"].as_str().unwrap_or_default();
            let belief = self.shops[shop].called_back(number, status).await?;
            let at = self.spaces.clock().now();
            self.tell_belief(at, shop, number, belief, "callback");
        }
        Ok(())
    }

    fn tell_belief(
        &mut self,
        at: Timestamp,
        shop: usize,
        number: u64,
        belief: Option<Belief>,
        how: &str,
    ) {
        let (words, mood) = match belief {
            Some(Belief::Paid) => ("paid", Mood::Good),
            Some(Belief::Refused) => ("refused", Mood::Plain),
            Some(Belief::Waiting) | None => ("still pending", Mood::Plain),
        };
        self.show.tell(at, shop, &format!("{how}: order {number} is {words}"), mood);
    }

    async fn order(&mut self, shop: usize, place: usize) -> Result<(), StageError> {
        let order = self.orders[place].clone();
        let reference = self.reference(shop, order.number);
        let at = self.spaces.clock().now();
        let asks_after = self.shops[shop].order(&order, reference).await?;
        let text = format!("order {}: asks for {:.2} EUR", order.number, order.amount);
        self.show.tell(at, shop, &text, Mood::Plain);
        if let Some(pause) = asks_after {
            self.agenda.insert((at.after(pause), shop, Next::Ask(place, pause)));
        }
        Ok(())
    }

    async fn ask(&mut self, shop: usize, place: usize, pause: Duration) -> Result<(), StageError> {
        let number = self.orders[place].number;
        if !self.shops[shop].is_waiting_for(number) {
            return Ok(());
        }
        let belief = self.shops[shop].ask(number).await?;
        let at = self.spaces.clock().now();
        self.tell_belief(at, shop, number, belief, "asked");
        let next = at.after(pause * 2);
        if belief.is_none() && next < OPENING.after(OPEN) {
            self.agenda.insert((next, shop, Next::Ask(place, pause * 2)));
        }
        Ok(())
    }

    /// The reference id of a shop's order.
    fn reference(&self, shop: usize, number: u64) -> Uuid {
        let number = u32::try_from(number).unwrap_or_default();
        let draw = 100 + u32::try_from(shop).unwrap_or_default() * 100 + number;
        self.seed.uuid(Uuid::nil(), Purpose::Example(draw))
    }

    /// What a shop's payers were charged, by the emulator's own record.
    fn charged(&self, user: ApiUserId) -> (usize, Decimal) {
        let Some(space) = self.spaces.get(user) else { return (0, Decimal::ZERO) };
        self.spaces.enter(&space, |platform, _| {
            let paid = platform.transactions().filter_map(|transaction| {
                let is_paid = matches!(transaction.status(), Status::Successful(_));
                transaction.submission.details.amount.filter(|_| is_paid).map(Amount::decimal)
            });
            paid.fold((0, Decimal::ZERO), |(count, sum), amount| (count + 1, sum + amount))
        })
    }
}
