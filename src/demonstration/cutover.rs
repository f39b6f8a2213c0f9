//! The demonstration of a cutover: MTN moves a market to its new platform while payments wait for
//! their payers. One shop then asks only the new platform; the other keeps the platform with each
//! reference.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::demonstration::client::MomoClient;
use crate::demonstration::cutover_summary::render;
use crate::demonstration::ledger::{OrderState, Total};
use crate::demonstration::market_orders::{
    CUTOVER_AFTER, MarketOrder, market_orders, market_scenario,
};
use crate::demonstration::moving_shop::{AskedPlatform, MovingShop, Told};
use crate::demonstration::output::{LineStyle, Output};
use crate::demonstration::run::{DemonstrationError, OPENING, charged};
use crate::demonstration::summary::ShopSummary;
use crate::emulator::{Configuration, Emulator, Running};
use crate::engine::clock::Clock;
use crate::engine::spaces::Spaces;
use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::ProviderCallbackHost;
use momo_sandbox_core::model::environment::{Environment, MARKETS};
use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::model::mtn_platform::{Cutover, MtnPlatform, PlayedPlatforms, SIDE_BY_SIDE};
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::scenario::read_scenario::read_scenario;
use momo_sandbox_core::scenario::rule_book::{Defaults, RuleBook};
use momo_sandbox_core::scenario::seed::{Purpose, Seed};
use momo_sandbox_core::scenario::system_credentials::system_credential;

/// The time from an order to the first question for its status, and between two questions.
const ASKS_EVERY: Duration = Duration::from_secs(15 * 60);

/// The time from opening to closing.
const OPENING_HOURS: Duration = Duration::from_secs(12 * 3600);

/// What the shops do, and what MTN does to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Cutover,
    /// A customer orders at a shop. The number is the index of the order.
    Order {
        shop: usize,
        order: usize,
    },
    Ask {
        shop: usize,
        order: usize,
    },
}

/// The credentials of one shop on one platform.
struct Credentials {
    api_user: ApiUser,
    user_id: String,
    secret: String,
}

struct Run<'a, W> {
    spaces: Arc<Spaces>,
    shops: [MovingShop; 2],
    users: [[ApiUserId; 2]; 2],
    orders: Vec<MarketOrder>,
    steps: BTreeSet<(Timestamp, Step)>,
    seed: Seed,
    speed: f64,
    output: &'a mut Output<W>,
}

/// Runs the demonstration of the cutover, `speed` times faster than real time.
///
/// # Errors
///
/// The emulator does not start, or a request of a shop fails.
pub async fn cutover<W: Write>(
    seed: Seed,
    speed: f64,
    output: &mut Output<W>,
) -> Result<(), DemonstrationError> {
    let orders = market_orders(seed);
    let credentials = [0, 1].map(|shop| {
        [MtnPlatform::Legacy, MtnPlatform::New].map(|platform| credentials(seed, shop, platform))
    });
    let users =
        [0, 1].map(|shop: usize| [0, 1].map(|one: usize| credentials[shop][one].api_user.id));
    let emulator = Emulator::start(configuration(seed, &orders, &credentials)).await?;
    let shops = [AskedPlatform::TheCurrentOne, AskedPlatform::ThatOfThePayment];
    let [first, second] = credentials;
    let shops = [moving_shop(&emulator, shops[0], first), moving_shop(&emulator, shops[1], second)];
    let run = Run {
        spaces: Arc::clone(emulator.spaces()),
        shops,
        users,
        steps: steps(&orders),
        orders,
        seed,
        speed,
        output,
    };
    let done = run.play().await;
    let _ = emulator.stop().await;
    done
}

fn market() -> &'static Environment {
    MARKETS.iter().find(|market| market.name == "mtnuganda").expect("a market of the table")
}

fn credentials(seed: Seed, shop: u32, platform: MtnPlatform) -> Credentials {
    let (user_id, secret) = match platform {
        MtnPlatform::Legacy => {
            let id = seed.uuid(Uuid::nil(), Purpose::Example(shop + 1));
            (id.to_string(), seed.hex_key(id, Purpose::ApiKey(0)))
        }
        MtnPlatform::New => system_credential(seed, shop),
    };
    let host = ProviderCallbackHost::parse("shop.example").expect("a host name");
    let api_user = ApiUser {
        user_id: (platform == MtnPlatform::New).then(|| user_id.as_str().into()),
        platform: Some(platform),
        wallet: Some(format!("shop {}", shop + 1).into()),
        ..ApiUser::new(ApiUserId::of_user_id(&user_id), host, Product::ALL)
    };
    Credentials { api_user, user_id, secret }
}

fn configuration(
    seed: Seed,
    orders: &[MarketOrder],
    credentials: &[[Credentials; 2]; 2],
) -> Configuration {
    let scenario = read_scenario("day", &market_scenario(orders))
        .expect("the tests read the scenarios of many seeds");
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    let at = OPENING.after(CUTOVER_AFTER);
    let given = credentials.iter().flatten();
    Configuration {
        listen: any_port,
        legacy_listen: Some(any_port),
        environment: market(),
        platforms: Some(PlayedPlatforms::Both),
        cutover: Some(Cutover { at, gone_at: at.after(SIDE_BY_SIDE) }),
        rules: RuleBook::new(vec![scenario], Defaults::of(market(), Duration::from_secs(1))),
        seed,
        api_users: given.map(|one| (one.api_user.clone(), one.secret.clone())).collect(),
        clock: Clock::manual(OPENING),
        ..Configuration::default()
    }
}

fn moving_shop(
    emulator: &Running,
    asks: AskedPlatform,
    [legacy, new]: [Credentials; 2],
) -> MovingShop {
    let legacy_url = emulator.legacy_address().map(|address| format!("http://{address}"));
    let client = |base, one: Credentials| MomoClient::new(base, market(), one.user_id, one.secret);
    let legacy = client(legacy_url.unwrap_or_default(), legacy);
    MovingShop::new(asks, legacy, client(emulator.url(), new))
}

fn steps(orders: &[MarketOrder]) -> BTreeSet<(Timestamp, Step)> {
    let both = orders.iter().enumerate().flat_map(|(order, placed)| {
        [0, 1].map(|shop| (OPENING.after(placed.after), Step::Order { shop, order }))
    });
    both.chain([(OPENING.after(CUTOVER_AFTER), Step::Cutover)]).collect()
}

impl<W: Write> Run<'_, W> {
    async fn play(mut self) -> Result<(), DemonstrationError> {
        self.output.line(
            "The day on which MTN moves Uganda to its new platform. Payers take their time.\n",
        );
        self.output.headings("Shop A asks the new platform", "Shop B asks the right one");
        while let Some((at, step)) = self.steps.pop_first() {
            self.advance_to(at).await;
            match step {
                Step::Cutover => self.tell_cutover(),
                Step::Order { shop, order } => self.order(shop, order).await?,
                Step::Ask { shop, order } => self.ask(shop, order).await?,
            }
        }
        self.advance_to(OPENING.after(OPENING_HOURS)).await;
        let charged = self.users.map(|users| self.charged(users));
        let gone = self.legacy_after_a_month().await;
        let [first, second] = &self.shops;
        self.output.line(&render(
            &ShopSummary::new(&first.ledger, charged[0]),
            &ShopSummary::new(&second.ledger, charged[1]),
            gone,
        ));
        Ok(())
    }
}

impl<W: Write> Run<'_, W> {
    /// Advances the clock to `target`.
    async fn advance_to(&mut self, target: Timestamp) {
        let left = target.since(self.spaces.clock().now());
        tokio::time::sleep(left.div_f64(self.speed)).await;
        self.spaces.advance_all(target).await;
    }

    fn tell_cutover(&mut self) {
        let in_flight =
            self.orders.iter().filter(|order| order.is_in_flight_at_the_cutover()).count();
        let now = self.spaces.clock().now();
        self.output.moment(
            now,
            &format!(
                "the cutover: legacy takes no new payments; {in_flight} wait for their payers"
            ),
        );
    }

    async fn order(&mut self, shop: usize, order: usize) -> Result<(), DemonstrationError> {
        let placed = &self.orders[order];
        let (number, amount) = (placed.number, placed.amount);
        let reference = self.reference(shop, number);
        let (platform, has_moved) = self.shops[shop].order(placed, reference).await?;
        let now = self.spaces.clock().now();
        if has_moved {
            let text = format!("order {number}: legacy answers 503");
            self.output.event(now, shop, &text, LineStyle::Plain);
        }
        let text = format!("order {number}: {amount} UGX at {}", platform.name());
        self.output.event(now, shop, &text, LineStyle::Plain);
        self.steps.insert((now.after(ASKS_EVERY), Step::Ask { shop, order }));
        Ok(())
    }

    async fn ask(&mut self, shop: usize, order: usize) -> Result<(), DemonstrationError> {
        let number = self.orders[order].number;
        let (platform, told) = self.shops[shop].ask(number).await?;
        let (now, platform) = (self.spaces.clock().now(), platform.name());
        let (words, style) = match told {
            Told::Pending => {
                self.steps.insert((now.after(ASKS_EVERY), Step::Ask { shop, order }));
                return Ok(());
            }
            Told::Final(OrderState::Paid) => ("paid", LineStyle::Good),
            Told::Final(_) => ("refused", LineStyle::Plain),
            Told::Unknown => ("404, so cancelled", LineStyle::Bad),
        };
        let text = format!("order {number}: {platform} says {words}");
        self.output.event(now, shop, &text, style);
        Ok(())
    }

    /// The status with which the legacy platform answers a month after the cutover.
    async fn legacy_after_a_month(&mut self) -> Option<u16> {
        let gone_at = OPENING.after(CUTOVER_AFTER).after(SIDE_BY_SIDE);
        self.spaces.advance_all(gone_at).await;
        self.shops[1].ask(self.orders[0].number).await.err().and_then(|error| error.status())
    }

    /// The reference id of a shop's order.
    fn reference(&self, shop: usize, number: u64) -> Uuid {
        let number = u32::try_from(number).unwrap_or_default();
        let draw = 300 + u32::try_from(shop).unwrap_or_default() * 100 + number;
        self.seed.uuid(Uuid::nil(), Purpose::Example(draw))
    }

    /// The payments that the emulator charged to the payers of a shop, on both platforms.
    fn charged(&self, users: [ApiUserId; 2]) -> Total {
        let [legacy, new] = users.map(|user| charged(&self.spaces, user));
        Total { count: legacy.count + new.count, amount: legacy.amount + new.amount }
    }
}
