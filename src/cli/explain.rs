//! `momosandbox check --explain`: what would become of a request, and why, in words.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use clap::builder::PossibleValuesParser;
use uuid::Uuid;

use crate::cli::environment_arguments::parse_environment;
use crate::cli::failure::Failure;
use crate::engine::clock::Clock;
use crate::files;
use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::{CallbackUrl, ProviderCallbackHost};
use momo_sandbox_core::model::environment::{Environment, SANDBOX};
use momo_sandbox_core::model::escape::printable;
use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId, parse_uuid};
use momo_sandbox_core::model::limits::Limits;
use momo_sandbox_core::model::mtn_platform::MtnPlatform;
use momo_sandbox_core::model::party::PartyIdType;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::submission::{CallbackMethod, Details, Submission, TransactionKind};
use momo_sandbox_core::model::wrapping::wrapped;
use momo_sandbox_core::operations::parse_body::read_details;
use momo_sandbox_core::operations::table::{OPERATIONS, Operation, OperationKind};
use momo_sandbox_core::platform::{Platform, Settings};
use momo_sandbox_core::scenario::matching::Call;
use momo_sandbox_core::scenario::operation_set::{name_of_operation, operation_named};
use momo_sandbox_core::scenario::passed_rules::PassedRule;
use momo_sandbox_core::scenario::rule::{Origin, Scenario};
use momo_sandbox_core::scenario::rule_book::{Defaults, RuleBook};
use momo_sandbox_core::scenario::seed::Seed;
use momo_sandbox_core::scenario::telling::{
    told_balance, told_call, told_callbacks, told_decision, told_queries, told_rule, told_stages,
    told_submit,
};

/// How many times the request is sent.
const OCCURRENCES: u32 = 3;

/// The most rules that are named as not being for a request.
const PASSED_SHOWN_MAX: usize = 20;

/// The most bytes of a body.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// How long an ordinary transaction stays PENDING, where `serve` is not told otherwise.
const SETTLE_AFTER: Duration = Duration::from_millis(200);

/// The reference or API user where none is given.
const SOME_ID: &str = "00000000-0000-4000-8000-000000000000";

/// The flags of an explanation.
#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// Show what a request with this body would meet under these scenarios the first, second and
    /// third time, and why; `-` reads standard input
    #[arg(long, value_name = "BODY", num_args = 0..=1)]
    pub explain: Option<Option<PathBuf>>,

    /// The operation of the request, by its name in scenarios
    #[arg(
        long,
        requires = "explain",
        default_value = "requesttopay",
        hide_possible_values = true,
        value_name = "NAME",
        value_parser = PossibleValuesParser::new(operation_names())
    )]
    pub operation: String,

    /// The product that the request is sent to [default: the first that has the operation]
    #[arg(long, requires = "explain", value_name = "PRODUCT", value_parser = parse_product)]
    pub product: Option<Product>,

    /// The request's X-Reference-Id, from which chance and times are drawn
    #[arg(
        long,
        requires = "explain",
        default_value = SOME_ID,
        value_name = "UUID",
        value_parser = parse_id
    )]
    pub reference_id: Uuid,

    /// The API user that sends the request
    #[arg(
        long,
        requires = "explain",
        default_value = SOME_ID,
        value_name = "UUID",
        value_parser = parse_id
    )]
    pub api_user: Uuid,

    /// The platform of MTN's production that the API user's credentials are of: legacy or new
    #[arg(
        long,
        requires = "explain",
        requires = "target_environment",
        value_name = "PLATFORM",
        value_parser = parse_platform
    )]
    pub platform: Option<MtnPlatform>,

    /// The seed of the run, from which chance and times are drawn too
    #[arg(long, requires = "explain", default_value_t = 0, value_name = "NUMBER")]
    pub seed: u64,

    /// Target environment, as in X-Target-Environment [default: sandbox]
    #[arg(long, requires = "explain", value_name = "NAME", value_parser = parse_environment)]
    pub target_environment: Option<&'static Environment>,
}

fn operation_names() -> Vec<&'static str> {
    let names: BTreeSet<&str> = OPERATIONS.iter().map(|row| name_of_operation(row.kind)).collect();
    names.into_iter().collect()
}

fn parse_product(name: &str) -> Result<Product, String> {
    Product::named(name).ok_or_else(|| "expected collection, disbursement or remittance".to_owned())
}

fn parse_platform(name: &str) -> Result<MtnPlatform, String> {
    MtnPlatform::named(name).ok_or_else(|| "expected legacy or new".to_owned())
}

fn parse_id(text: &str) -> Result<Uuid, String> {
    parse_uuid(text).ok_or_else(|| "expected a UUID".to_owned())
}

/// Prints the explanation, if one is asked for.
///
/// # Errors
///
/// A request that the emulator would refuse, or a body that cannot be read.
pub fn run(arguments: &ExplainArguments, scenarios: Vec<Scenario>) -> Result<(), Failure> {
    let Some(body) = &arguments.explain else { return Ok(()) };
    let request = Explained::of(arguments, body.as_deref())?;
    let text = request.text(&request.platform(arguments, scenarios));
    // A closed standard output is no failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}

/// The request that is explained.
struct Explained {
    operation: &'static Operation,
    product: Option<Product>,
    environment: &'static Environment,
    reference_id: ReferenceId,
    seed: u64,
    /// What the body says: of a submission, or of the one whose status is asked for.
    details: Option<Details>,
}

impl Explained {
    fn of(arguments: &ExplainArguments, body: Option<&Path>) -> Result<Self, Failure> {
        let name = &arguments.operation;
        let kind =
            operation_named(name).filter(|kind| OPERATIONS.iter().any(|row| row.kind == *kind));
        let operation = OPERATIONS.iter().find(|row| Some(row.kind) == kind);
        let unknown = || Failure::user(format!("--operation: `{name}` is no operation"));
        let operation = operation.ok_or_else(unknown)?;
        let product = product_of(operation, arguments.product)?;
        let environment = arguments.target_environment.unwrap_or(&SANDBOX);
        let transaction = match operation.kind {
            OperationKind::Submit(kind) | OperationKind::Status(kind) => Some(kind),
            _ => None,
        };
        let details = match (transaction, body) {
            (Some(kind), Some(body)) => Some(details(environment, kind, body)?),
            (Some(_), None) if matches!(operation.kind, OperationKind::Submit(_)) => {
                let help = "name a file with the body of the POST, or - for standard input";
                return Err(Failure::user(format!("--explain: a {name} has a body; {help}")));
            }
            (None, Some(body)) => {
                let body = body.display();
                return Err(Failure::user(format!(
                    "--explain: a request for `{name}` has no body to match: leave {body} out"
                )));
            }
            (_, None) => None,
        };
        let reference_id = ReferenceId(arguments.reference_id);
        Ok(Self { operation, product, environment, reference_id, seed: arguments.seed, details })
    }

    /// A space with these scenarios, in which nothing has happened.
    fn platform(&self, arguments: &ExplainArguments, scenarios: Vec<Scenario>) -> Platform {
        let rules = RuleBook::new(scenarios, Defaults::of(self.environment, SETTLE_AFTER));
        let settings = Settings {
            rules: rules.into(),
            seed: Seed(arguments.seed),
            environment: self.environment,
            limits: Limits::DEFAULT,
        };
        let host = ProviderCallbackHost::parse("localhost").expect("a host");
        let api_user = ApiUser {
            platform: arguments.platform,
            ..ApiUser::new(ApiUserId(arguments.api_user), host, Product::ALL)
        };
        Platform::new(api_user, settings, Clock::paused_now().now())
    }

    /// What each occurrence meets; one that meets the same as the one before is said to.
    fn text(&self, platform: &Platform) -> String {
        let occurrences = match self.submission() {
            Some(submission) => of_submission(platform, &submission),
            None => self.of_call(platform),
        };
        let name = name_of_operation(self.operation.kind);
        let product = self.product.map(|product| format!(" of {}", product.name()));
        let drawn = format!("drawn from: reference {}, seed {}", self.reference_id, self.seed);
        let mut text = format!("\n{name}{}\n{drawn}\n", product.unwrap_or_default());
        let mut before: Option<&String> = None;
        for (place, told) in ["1st", "2nd", "3rd"].iter().zip(&occurrences) {
            if before == Some(told) {
                text.push_str(&format!("\n{place} time: the same again\n"));
            } else {
                text.push_str(&format!("\n{place} time:\n{told}"));
            }
            before = Some(told);
        }
        text
    }

    fn submission(&self) -> Option<Submission> {
        let OperationKind::Submit(kind) = self.operation.kind else { return None };
        Some(Submission {
            reference_id: self.reference_id,
            product: self.product?,
            kind,
            details: self.details.clone()?,
            callback_url: CallbackUrl::parse("http://localhost/callback").ok(),
            callback_method: CallbackMethod::of_path(self.operation.path),
            consent_fault: None,
            payment_elsewhere: None,
            is_manual: false,
        })
    }

    fn of_call(&self, platform: &Platform) -> Vec<String> {
        let party = self.details.as_ref().and_then(|details| details.party.as_ref());
        let party: Option<(PartyIdType, &str)> = party.map(|party| (party.id_type, &*party.id));
        let call = Call { operation: self.operation.kind, product: self.product, party };
        let occurrences = platform.preview_calls(call, OCCURRENCES).into_iter().map(|one| {
            let decided = one.decided_by.as_ref().map_or_else(
                || "no rule decides, all is ordinary".to_owned(),
                |decider| {
                    let number = decider.occurrence;
                    let occurrence = number.map(|number| format!(", occurrence {number}"));
                    let rule = told_rule(&decider.rule, None);
                    format!("{rule} decides{}", occurrence.unwrap_or_default())
                },
            );
            let meets = match (&one.fate, &one.balance) {
                (Some(fate), _) => told_call(fate),
                (None, Some(balance)) => told_balance(balance),
                (None, None) => "the ordinary answer".to_owned(),
            };
            let mut told = told_why(&decided, &one.passed);
            told.push_str(&wrapped("  meets: ", "    ", &meets));
            told
        });
        occurrences.collect()
    }
}

fn of_submission(platform: &Platform, submission: &Submission) -> Vec<String> {
    let occurrences =
        platform.preview_occurrences(submission, OCCURRENCES).into_iter().map(|one| {
            let decision = &one.plan.decided_by;
            let mut told = told_why(&told_decision(decision), &one.passed);
            told.push_str(&wrapped("  the POST meets: ", "    ", &told_submit(&one.plan)));
            if one.plan.submit.as_ref().is_some_and(|submit| !submit.created) {
                return told;
            }
            told.push_str(&wrapped("  status: ", "    ", &told_stages(&one.plan)));
            if let Some(why) = decision.why(submission) {
                told.push_str(&wrapped("    ", "    ", &why));
            }
            told.push_str(&wrapped("  callback: ", "    ", &told_callbacks(&one.plan).join("; ")));
            let queries = told_queries(&one.plan).join("; ");
            told.push_str(&wrapped("  queries of the status meet: ", "    ", &queries));
            told
        });
    occurrences.collect()
}

/// What decides, and why the rules before it do not.
fn told_why(decided: &str, passed: &[PassedRule]) -> String {
    let mut told = wrapped("  ", "    ", decided);
    let is_of_others = |rule: &&PassedRule| rule.missed == "operation";
    let others: Vec<&Origin> =
        passed.iter().filter(is_of_others).map(|rule| &rule.origin).collect();
    for of_scenario in others.chunk_by(|one, other| one.scenario == other.scenario) {
        told.push_str(&wrapped("    - ", "      ", &told_others(of_scenario)));
    }
    let passed: Vec<_> = passed.iter().filter(|rule| !is_of_others(rule)).collect();
    for rule in passed.iter().take(PASSED_SHOWN_MAX) {
        let name = told_rule(&rule.origin, rule.name.as_deref());
        let found = rule.found.as_deref().map(|found| format!(", here {}", printable(found)));
        let missed = rule.missed;
        let text = format!("{name} does not match: `{missed}`{}", found.unwrap_or_default());
        told.push_str(&wrapped("    - ", "      ", &text));
    }
    match passed.len().saturating_sub(PASSED_SHOWN_MAX) {
        0 => {}
        more => told.push_str(&format!("    - and {more} more do not match\n")),
    }
    told
}

/// The rules of a scenario that are about other operations.
fn told_others(rules: &[&Origin]) -> String {
    let scenario = printable(&rules[0].scenario);
    if let [one] = rules {
        return format!("rule {} of `{scenario}` is about another operation", one.number);
    }
    let numbers = rules.iter().take(PASSED_SHOWN_MAX).map(|rule| rule.number.to_string());
    let mut numbers = numbers.collect::<Vec<_>>().join(", ");
    if rules.len() > PASSED_SHOWN_MAX {
        numbers.push_str(&format!(" and {} more", rules.len() - PASSED_SHOWN_MAX));
    }
    format!("rules {numbers} of `{scenario}` are about other operations")
}

/// The product that a request goes to: the one that is asked for, or the first that has it.
fn product_of(operation: &Operation, asked: Option<Product>) -> Result<Option<Product>, Failure> {
    let name = name_of_operation(operation.kind);
    // An operation may have a row for each version, and one for each group of products.
    let rows = OPERATIONS.iter().filter(|row| name_of_operation(row.kind) == name);
    let products: Vec<Product> = rows.flat_map(|row| row.products).copied().collect();
    match asked {
        None => Ok(products.first().copied()),
        Some(product) if products.contains(&product) => Ok(Some(product)),
        Some(product) => {
            let names: BTreeSet<&str> = products.iter().map(|product| product.name()).collect();
            let names: Vec<&str> = names.into_iter().collect();
            let have = match &names[..] {
                [] => "it is of no product: leave the flag out".to_owned(),
                names => format!("it is of {}", names.join(", ")),
            };
            let product = product.name();
            Err(Failure::user(format!("--product: {product} has no `{name}`; {have}")))
        }
    }
}

/// Reads the body as the emulator would.
fn details(
    environment: &Environment,
    kind: TransactionKind,
    path: &Path,
) -> Result<Details, Failure> {
    let is_standard_input = path == Path::new("-");
    let name =
        if is_standard_input { "standard input".to_owned() } else { path.display().to_string() };
    let read =
        if is_standard_input { read_standard_input() } else { files::read(path, BODY_BYTES_MAX) };
    let body =
        read.map_err(|why| Failure::user(format!("--explain: cannot read {name}: {why}")))?;
    read_details(environment, kind, &body).map_err(|rejection| {
        let kind = kind.name();
        Failure::user(format!("--explain: {name} would be refused as a {kind}: {rejection}"))
    })
}

fn read_standard_input() -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    let most = u64::try_from(BODY_BYTES_MAX).unwrap_or(u64::MAX);
    std::io::stdin().take(most.saturating_add(1)).read_to_end(&mut body)?;
    if body.len() > BODY_BYTES_MAX {
        return Err(std::io::Error::other(format!("it has more than {BODY_BYTES_MAX} bytes")));
    }
    Ok(body)
}
