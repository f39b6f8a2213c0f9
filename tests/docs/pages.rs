//! Pages of tables for people.

use std::fmt::Write;

use super::evidence_page;
use momo_sandbox::internals::limits::{
    CONTROL_BODY_BESIDE_OTHERS_MAX, CONTROL_BODY_BYTES_MAX, HTTP2_CONNECTIONS_MAX,
    HTTP2_PIECE_BYTES, HTTP2_STREAMS_MAX, HTTP2_UNREAD_BYTES_MAX, HTTP2_WINDOW_BYTES,
    LONG_BODIES_KIBIBYTES_MAX, SHORT_BODY_BYTES_MAX, STREAM_PART_BYTES, TOKEN_REMEMBERED_BYTES_MAX,
    TOKENS_REMEMBERED_MAX,
};
use momo_sandbox_core::model::consent::ConsentOutcome;
use momo_sandbox_core::model::environment::Environment;
use momo_sandbox_core::model::limits::{Limits, TABLE};
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::status::RuleStatus;
use momo_sandbox_core::model::submission::{CallbackMethod, TransactionKind};
use momo_sandbox_core::operations::behaviour::Behaviour;
use momo_sandbox_core::operations::evidence::{Grade, evidence_of};
use momo_sandbox_core::operations::table::{OPERATIONS, Operation, OperationKind};
use momo_sandbox_core::platform::footprint::EMPTY_SPACE;
use momo_sandbox_core::report::reliance::DECISIONS_TOLD_MAX;
use momo_sandbox_core::scenario::operation_set::OperationSet;
use momo_sandbox_core::scenario::rule::{DeclaredHolder, Rule};
use momo_sandbox_core::scenario::test_values::test_values;
use momo_sandbox_core::scenario::timing::Timing;

const MADE: &str = "<!-- Made from the sources: MOMO_SANDBOX_UPDATE_DOCS=1 cargo test docs -->\n";

/// All operations, as a page of Markdown.
pub fn operations_page() -> String {
    let mut page = format!(
        "{MADE}\n# Operations\n\nAll operations of the emulated API, and the evidence of every \
         behaviour. For those who look one up.\n\nEvery other path is a 404. `docs/openapi/` has the same \
         operations with their bodies. `grade` says how sure it is that the real gateway serves \
         the operation, under the product where that is least sure. [The evidence of every \
         behaviour](#how-sure-each-behaviour-is) is below.\n\n\
         | products | operation | what it is for | success | refusals | callback | grade |\n\
         |---|---|---|---|---|---|---|\n"
    );
    for operation in OPERATIONS {
        let mut statuses: Vec<u16> =
            operation.possible_refusals().iter().map(|one| one.answer().status).collect();
        statuses.sort_unstable();
        statuses.dedup();
        let statuses: Vec<String> = statuses.iter().map(u16::to_string).collect();
        let callback = match operation.kind {
            OperationKind::Submit(_) => CallbackMethod::of_path(operation.path).name(),
            _ => "",
        };
        let _ = writeln!(
            page,
            "| {} | `{} {}`{} | {} | {} | {} | {callback} | {} |",
            products(operation.products),
            operation.method,
            operation.path,
            lenient_forms(operation),
            operation.summary,
            operation.kind.success(),
            statuses.join(", "),
            weakest_grade(operation),
        );
    }
    page.push_str(&evidence_page::sections());
    page
}

/// How sure it is that an operation is served, under the product where that is least sure.
fn weakest_grade(operation: &'static Operation) -> &'static str {
    let products = operation.products.iter().copied().map(Some);
    let root = operation.products.is_empty().then_some(None);
    let of = |product| evidence_of(&Behaviour::Operation(operation, product)).grade;
    products.chain(root).map(of).min().map(Grade::name).unwrap_or_default()
}

/// The limits, as a page of Markdown.
pub fn limits_page() -> String {
    let mut page = format!(
        "{MADE}\n# Limits\n\nThe emulator bounds its memory and time by these limits. For \
         those who run a load test, or whose request met one.\n\n\
         - Beyond each limit there is a clear answer or a clean end. \
         `momo_sandbox_limit_reached_total{{limit=\"…\"}}` of `/_sandbox/metrics` counts it, and \
         the first time is in the log.\n\
         - Each flag has a variable: `MOMO_SANDBOX_` and its name in capitals.\n\
         - A connection's times are checked four times within the shortest of them, so a \
         connection may take a quarter longer.\n\
         - Over HTTP/2 a head that is too large is answered and not counted. A slow head counts as \
         idle; so does a connection without a request, whatever other frames come.\n\n\
         | flag | default | from … to | bounds | because | beyond it |\n|---|---|---|---|---|---|\n"
    );
    for row in TABLE {
        let default = row.format_value(Limits::DEFAULT.number(row.limit));
        let (smallest, largest) = (row.format_value(row.smallest), row.format_value(row.largest));
        let _ = writeln!(
            page,
            "| `--{} {}` | `{default}` | {smallest} … {largest} | {} | {} | {} |",
            row.flag,
            row.placeholder(),
            row.about,
            row.reason,
            row.beyond,
        );
    }
    page.push_str(&memory_of_all());
    page.push_str(&memory_of_a_connection());
    page
}

/// What the program may hold beside its connections, by the limits' defaults.
fn memory_of_all() -> String {
    let kept = Limits::DEFAULT.kept_bytes / (1024 * 1024);
    let users = Limits::DEFAULT.kept_bytes / EMPTY_SPACE;
    let short = SHORT_BODY_BYTES_MAX / 1024;
    let bodies = LONG_BODIES_KIBIBYTES_MAX / 1024;
    let alone = CONTROL_BODY_BESIDE_OTHERS_MAX / 1024;
    let control = CONTROL_BODY_BYTES_MAX / 1024;
    format!(
        "\n## Memory of the program\n\n\
         - what is kept: {kept} MiB. An API user counts {EMPTY_SPACE} bytes, so that {users} \
         fit; a scenario that was put for one of them counts what its rules take, which is some \
         ten times its text, and one for all counts once. A transaction counts its place in the \
         index of reference ids too, and a journal entry its place in the journal of all. What has \
         gone gives its memory back;\n\
         - bodies of more than {short} KiB: {bodies} MiB on all connections together, and twice as \
         much while they are put together. Further ones are read once there is room, within \
         `--body-time-max`;\n\
         - calls of the control plane with more than {alone} KiB: one at a time, since to \
         read a scenario takes a hundred times its bytes for a moment. The most are {control} KiB; \
         `wait` and `clock/advance` take \
         {short} KiB at most;\n\
         - tokens that were verified: {TOKENS_REMEMBERED_MAX} of {TOKEN_REMEMBERED_BYTES_MAX} \
         bytes at most. Longer ones are verified each time;\n\
         - the past that the audit of `exec` keeps across resets: {DECISIONS_TOLD_MAX} decisions \
         of scenarios, and for each rule 20 findings with 20 cases, of which ids are shortened;\n\
         - connections: 21 KiB each once it has had a request, 55 KiB while a head of 32 KiB is \
         not complete.\n\n\
         Together that fits a machine of 512 MiB, whatever clients send. Whoever raises \
         `--connections-max` or `--kept-bytes-max` needs as much more.\n"
    )
}

/// What a connection may hold at most, by the limits' defaults.
fn memory_of_a_connection() -> String {
    let Limits { head_bytes, body_bytes, .. } = Limits::DEFAULT;
    let http2 = HTTP2_CONNECTIONS_MAX;
    let (streams, unread) = (HTTP2_STREAMS_MAX, HTTP2_UNREAD_BYTES_MAX / 1024);
    let (window, piece) = (HTTP2_WINDOW_BYTES / 1024, HTTP2_PIECE_BYTES / 1024);
    let part = STREAM_PART_BYTES / 1024;
    let one = (head_bytes + body_bytes) / 1024;
    let all = one * streams as usize / 1024;
    format!(
        "\n## Memory of a connection\n\nOver HTTP/1.1 a connection has one request at a time: its \
         head and its body ({one} KiB by default), then its answer.\n\n\
         At most {http2} connections speak HTTP/2 at one time; further ones are offered HTTP/1.1 \
         alone. Over HTTP/2 one has {streams} requests at a time, which its peer is told. That \
         bounds what it holds:\n\n\
         - the heads and bodies of these requests: {all} MiB, if each is as large as \
         `--head-bytes-max` and `--body-bytes-max` allow by default. `--body-time-max` ends a body \
         that does not end. Not more than {window} KiB of bodies wait to be read;\n\
         - answers that the peer has not taken: {unread} KiB, beyond which no further answer \
         is made, and the largest answer once for each processor;\n\
         - for each open journal stream three parts of {part} KiB, and an entry.\n\n\
         A peer says by its windows how much it takes. Each answer, and each part of a stream, has \
         `--answer-time-max` until {piece} KiB of it, or its rest, could be sent; then the \
         connection is reset.\n"
    )
}

/// The target environments, as a page of Markdown.
pub fn markets_page() -> String {
    let mut page = format!(
        "{MADE}\n# Target environments\n\nThe names that `--target-environment` takes, and how the \
         markets differ. For those who go to production.\n\n[`docs/callbacks.md`](callbacks.md) has the \
         rules that all markets share. Little is known of single markets, mostly from one \
         source.\n\nAPI users of MTN's production are not necessarily \
         UUIDs; here too they may be any text without a space or `:`. The account of a product is in the main \
         currency: amounts in another one are added to it as numbers, and only its balance can be \
         asked for.\n\n| name | currencies | decimals | what else is known of MTN's |\n\
         |---|---|---|---|\n"
    );
    for environment in Environment::all() {
        let of = |code| environment.decimals_of(code).map_or("any".to_owned(), |n| n.to_string());
        let decimals: Vec<String> = environment.currencies().map(of).collect();
        let currencies: Vec<&str> = environment.currencies().collect();
        let fields = environment
            .basic_user_info_fields
            .map(|fields| format!("`basicuserinfo` has only `{}`.", fields.join("`, `")));
        let note = environment.note.map(str::to_owned);
        let known: Vec<String> = fields.into_iter().chain(note).collect();
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {} |",
            environment.name,
            currencies.join(", "),
            decimals.join(", "),
            known.join(" "),
        );
    }
    page
}

fn products(products: &[Product]) -> String {
    match products.len() {
        0 => "(root)".to_owned(),
        3 => "all".to_owned(),
        _ => products.iter().map(|product| product.name()).collect::<Vec<_>>().join(", "),
    }
}

/// What published clients call it too.
fn lenient_forms(operation: &Operation) -> String {
    let aliases = operation.aliases.iter().map(|alias| format!("`{alias}`"));
    let also = operation.also_under.iter().map(|product| format!("under `/{product}`"));
    let forms: Vec<String> = aliases.chain(also).collect();
    if forms.is_empty() { String::new() } else { format!("<br>also {}", forms.join(", ")) }
}

/// MTN's test values and what they do, as a page of Markdown.
pub fn test_values_page() -> String {
    let mut page = format!(
        "{MADE}\n# MTN's test values\n\nThe numbers and ids with which MTN's sandbox fails on \
         demand. For those who write tests.\n\nThey apply unless a rule of a scenario decides otherwise, and \
         any other value succeeds. They are a scenario themselves: \
         `core/data/mtn-test-values.toml`, which is part of the program.\n"
    );
    for kind in TransactionKind::ALL {
        let of_kind =
            |rule: &&Rule| rule.when.operations == OperationSet::of(OperationKind::Submit(kind));
        let rules: Vec<&Rule> = test_values().scenario.rules.iter().filter(of_kind).collect();
        let Some(first) = rules.first() else { continue };
        let place = match first.when.body.first() {
            Some((field, _)) => format!("`{field}`"),
            None => format!("{:?}", kind.party_role()).to_lowercase(),
        };
        let _ = write!(
            page,
            "\n## {}\n\n| {place} | use case | afterwards |\n|---|---|---|\n",
            kind.name()
        );
        for rule in rules {
            let party = rule.when.party.as_ref().map(ToString::to_string);
            let text = || rule.when.body.first().map(|(_, glob)| glob.pattern());
            let value = party.or_else(text).unwrap_or_default();
            let name = rule.name.as_deref().unwrap_or_default();
            let _ = writeln!(page, "| {value} | {name} | {} |", afterwards(rule));
        }
    }
    page.push_str("\n## Account holder active\n\n| type | id | answer |\n|---|---|---|\n");
    for declared in &test_values().scenario.account_holders {
        let answer = match (declared.active_refusal, declared.holder.active) {
            (Some(refusal), _) => {
                let status = refusal.rejection(String::new()).answer().status;
                format!("{status}, {}", refusal.code())
            }
            (None, false) => "200, `{\"result\":false}`".to_owned(),
            (None, true) => continue,
        };
        let _ =
            writeln!(page, "| {} | {} | {answer} |", id_type(declared), declared.party.pattern());
    }
    page.push_str(
        "\n## Consent\n\nIn the `login_hint` of `bc-authorize`. A scope, custom ones such as \
         `all_info` included, is given back as it was asked for. The word is the one that \
         `consent` in a scenario's `[[account_holders]]` takes.\n\n\
         | type | id | use case | word | what comes of it |\n|---|---|---|---|---|\n",
    );
    for declared in &test_values().scenario.account_holders {
        let outcome = declared.holder.consent;
        let found = ConsentOutcome::ALL.into_iter().find(|(_, _, one)| *one == outcome);
        let Some((word, use_case, _)) = found.filter(|(_, use_case, _)| !use_case.is_empty())
        else {
            continue;
        };
        let (id_type, id) = (id_type(declared), declared.party.pattern());
        let _ = writeln!(page, "| {id_type} | {id} | {use_case} | `{word}` | {} |", told(outcome));
    }
    page
}

fn id_type(declared: &DeclaredHolder) -> &'static str {
    declared.id_type.map(|id_type| id_type.name()).unwrap_or("any")
}

fn afterwards(rule: &Rule) -> String {
    match (rule.then.ending, rule.then.path.first()) {
        (Some(RuleStatus::Failed(reason)), _) => format!("FAILED, {reason}"),
        (Some(RuleStatus::Pending), _) => "PENDING for good".to_owned(),
        (_, Some((_, Timing::Fixed(lasts)))) => {
            format!("CREATED, SUCCESSFUL after {} s", lasts.as_secs())
        }
        (_, _) => "SUCCESSFUL".to_owned(),
    }
}

fn told(outcome: ConsentOutcome) -> String {
    match outcome {
        ConsentOutcome::Granted => "a token".to_owned(),
        ConsentOutcome::Rejected => "no token: `access_denied`".to_owned(),
        ConsentOutcome::Pending => "no token: `authorization_pending`".to_owned(),
        ConsentOutcome::Expired => "no token: `expired_token`".to_owned(),
        ConsentOutcome::AlreadyUsed => "no token: `invalid_grant`".to_owned(),
        ConsentOutcome::RefreshExpired => "a token; refreshing it: `invalid_grant`".to_owned(),
        ConsentOutcome::Revoked => {
            "a token; then `userinfo` is a 401 and refreshing `invalid_grant`".to_owned()
        }
        ConsentOutcome::ScopeDeleted => {
            "a token; then `userinfo` is a 403, `insufficient_scope`".to_owned()
        }
        ConsentOutcome::AccountHolderNotFound => {
            "`bc-authorize` is a 400, `unknown_user_id`".to_owned()
        }
        ConsentOutcome::Fails(reason) => {
            format!("a token; what is submitted with it is FAILED, {reason}")
        }
    }
}
