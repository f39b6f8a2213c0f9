//! Every recorded exchange of the real gateway, replayed against emulators of three set-ups.

mod compare;
mod set_ups;
mod stand_in;

use std::path::Path;
use std::sync::LazyLock;

use crate::docs::evidence_page::by_grade_table;
use momo_sandbox::internals::parity::Recording;
use momo_sandbox::internals::parity::{BUILTIN, SHIPPED_NAME, read};
use momo_sandbox::internals::parity::{Judgement, Played, judge};
use momo_sandbox::internals::parity::{KnownDifference, known_differences};
use momo_sandbox::internals::parity::{parity_page, sentence};
use tokio::sync::OnceCell;

const README: &str = include_str!("../../../README.md");

/// What stands around the sentence of the README that quotes the totals.
const MARKS: [&str; 2] = ["<!-- parity -->", "<!-- /parity -->"];

static RECORDINGS: LazyLock<Vec<Recording>> =
    LazyLock::new(|| read(SHIPPED_NAME, BUILTIN).unwrap_or_else(|error| panic!("{error}")));

static KNOWN: LazyLock<Vec<KnownDifference>> = LazyLock::new(|| {
    let (name, text) = ("tests/api/parity/differences.toml", include_str!("differences.toml"));
    known_differences::read(name, text).unwrap_or_else(|error| panic!("{error}"))
});

/// All replays, which the tests of this file share.
async fn judgement() -> Judgement<'static> {
    static PLAYED: OnceCell<Vec<Played>> = OnceCell::const_new();
    let played = PLAYED.get_or_init(|| set_ups::play_all(&RECORDINGS)).await;
    judge(&RECORDINGS, played, &KNOWN)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_exchange_is_answered_as_recorded_or_listed_with_its_reason() {
    let judgement = judgement().await;
    println!("{}", sentence(judgement.totals()));
    let complaints = &judgement.complaints;
    let (count, all) = (complaints.len(), complaints.join("\n  "));
    assert!(
        complaints.is_empty(),
        "{count} complaints:\n  {all}\n{}",
        sentence(judgement.totals())
    );
    assert_eq!(judgement.rows.len(), 147, "the corpus is whole");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parity_page_and_the_readme_have_the_totals_of_the_replay() {
    let judgement = judgement().await;
    let page = parity_page(&judgement, Some(&by_grade_table()));
    let (told, root) = (sentence(judgement.totals()), Path::new(env!("CARGO_MANIFEST_DIR")));
    let quoted = format!("{}\n{told}\n{}", MARKS[0], MARKS[1]);
    if is_updating() {
        std::fs::write(root.join("docs/parity.md"), page).expect("written");
        let (before, rest) = README.split_once(MARKS[0]).expect("the mark");
        let (_, after) = rest.split_once(MARKS[1]).expect("the other mark");
        std::fs::write(root.join("README.md"), format!("{before}{quoted}{after}"))
            .expect("written");
        return;
    }
    let there = std::fs::read_to_string(root.join("docs/parity.md")).unwrap_or_default();
    let remedy = "MOMO_SANDBOX_UPDATE_DOCS=1 cargo test parity";
    assert!(there == page, "docs/parity.md is stale: {remedy}");
    assert!(README.contains(&quoted), "the README does not quote the totals: {remedy}\n{quoted}");
}

#[expect(clippy::disallowed_methods, reason = "the one thing that only a developer asks for")]
fn is_updating() -> bool {
    std::env::var_os("MOMO_SANDBOX_UPDATE_DOCS").is_some()
}
