//! The judgement on all replays: the standing of each recording, its entry in the list of known
//! differences, and what is wrong with either.

use std::collections::BTreeMap;

use crate::parity::known_differences::{KnownDifference, SetUp};
use crate::parity::recording::Recording;
use crate::parity::replay_result::ReplayResult;

#[derive(Debug, Clone)]
pub struct Played {
    pub id: String,
    pub set_up: SetUp,
    /// The target environment of the set-up.
    pub environment: &'static str,
    pub verdict: ReplayResult,
}

/// The standing of a recording after all replays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// The same in every set-up that it belongs to, but for one that the list names.
    Same,
    Different,
    NotReplayable,
}

#[derive(Debug)]
pub struct Row<'a> {
    pub recording: &'a Recording,
    pub standing: Standing,
    /// How it differs, or why it was not replayed.
    pub sentences: Vec<String>,
    /// The listed reasons.
    pub known: Vec<&'a KnownDifference>,
}

/// How many there are of each standing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    pub same: usize,
    pub different: usize,
    pub not_replayable: usize,
}

impl Totals {
    pub fn all(self) -> usize {
        self.same + self.different + self.not_replayable
    }

    pub fn count(&mut self, standing: Standing) {
        match standing {
            Standing::Same => self.same += 1,
            Standing::Different => self.different += 1,
            Standing::NotReplayable => self.not_replayable += 1,
        }
    }
}

/// The recordings with their results, and what is wrong.
#[derive(Debug)]
pub struct Judgement<'a> {
    /// A row for each recording, in the corpus' order.
    pub rows: Vec<Row<'a>>,
    /// What is wrong: differences that are not listed, and a list that is not true.
    pub complaints: Vec<String>,
}

impl Judgement<'_> {
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        self.rows.iter().for_each(|row| totals.count(row.standing));
        totals
    }
}

/// Puts all replays together.
pub fn judge<'a>(
    recordings: &'a [Recording],
    played: &[Played],
    known: &'a [KnownDifference],
) -> Judgement<'a> {
    let mut by_id: BTreeMap<&str, Vec<&Played>> = BTreeMap::new();
    for one in played.iter().filter(|one| belongs(&one.verdict)) {
        by_id.entry(&one.id).or_default().push(one);
    }
    let (mut rows, mut complaints) = (Vec::new(), Vec::new());
    for recording in recordings {
        let own: Vec<&KnownDifference> =
            known.iter().filter(|one| one.id == recording.id).collect();
        let played = by_id.get(&*recording.id).map(Vec::as_slice).unwrap_or_default();
        complaints.extend(not_listed(recording, played, &own));
        complaints.extend(own.iter().filter_map(|one| no_longer_true(one, played)));
        rows.push(row(recording, played, own));
    }
    let has = |id: &str| recordings.iter().any(|recording| recording.id == id);
    for one in known {
        if !has(&one.id) {
            complaints.push(format!("`{}` is listed, but no recording has that id", one.id));
        }
        let stands = one.stands.as_ref().filter(|stands| !has(stands));
        if let Some(stands) = stands {
            let id = &one.id;
            complaints.push(format!("`{id}` says that `{stands}` stands, which is no recording"));
        }
    }
    Judgement { rows, complaints }
}

/// Whether the recording belongs to the set-up at all.
fn belongs(verdict: &ReplayResult) -> bool {
    !matches!(verdict, ReplayResult::NotReplayable(obstacle) if obstacle.is_of_the_set_up())
}

fn not_listed(
    recording: &Recording,
    played: &[&Played],
    known: &[&KnownDifference],
) -> Vec<String> {
    let id = &recording.id;
    if played.is_empty() {
        return vec![format!("`{id}` was replayed in no set-up")];
    }
    let is_listed = |one: &Played| known.iter().any(|known| known.is_about(one.set_up));
    let unlisted = played.iter().filter(|one| one.verdict != ReplayResult::Same && !is_listed(one));
    // Markets that agree are mentioned once.
    let mut places: Vec<(SetUp, &ReplayResult, Vec<&str>)> = Vec::new();
    for one in unlisted {
        let found = places.iter_mut().find(|(set_up, verdict, _)| {
            *set_up == one.set_up && verdict.sentences() == one.verdict.sentences()
        });
        match found {
            Some((_, _, environments)) => environments.push(one.environment),
            None => places.push((one.set_up, &one.verdict, vec![one.environment])),
        }
    }
    let described = |(set_up, verdict, environments): (SetUp, &ReplayResult, Vec<&str>)| {
        let (set_up, environments) = (set_up.name(), environments.join(", "));
        let sentences = verdict.sentences().join("\n      ");
        format!("`{id}` in {set_up} ({environments}) is {}:\n      {sentences}", verdict.name())
    };
    places.into_iter().map(described).collect()
}

fn no_longer_true(known: &KnownDifference, played: &[&Played]) -> Option<String> {
    let mut about = played.iter().filter(|one| known.is_about(one.set_up)).peekable();
    let is_empty = about.peek().is_none();
    let is_same = about.all(|one| one.verdict == ReplayResult::Same);
    let why = match (is_empty, is_same) {
        (true, _) => "it belongs to no set-up that the list names",
        (false, true) => "it is answered as recorded by now",
        (false, false) => return None,
    };
    Some(format!("`{}` is listed, but {why}: take it off the list", known.id))
}

fn row<'a>(
    recording: &'a Recording,
    played: &[&Played],
    known: Vec<&'a KnownDifference>,
) -> Row<'a> {
    // A recording may differ in a set-up that another recording is about, if one set-up answers
    // like it.
    let is_same_somewhere = played.iter().any(|one| one.verdict == ReplayResult::Same);
    let is_excused = |one: &Played| {
        is_same_somewhere && known.iter().any(|known| known.set_up == Some(one.set_up))
    };
    let is =
        |wanted: &str| played.iter().any(|one| one.verdict.name() == wanted && !is_excused(one));
    let standing = match (is("different"), is("not replayable") || played.is_empty()) {
        (true, _) => Standing::Different,
        (false, true) => Standing::NotReplayable,
        (false, false) => Standing::Same,
    };
    let mut sentences: Vec<String> = Vec::new();
    for sentence in played.iter().flat_map(|one| one.verdict.sentences()) {
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    Row { recording, standing, sentences, known }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parity::corpus;
    use crate::parity::difference::Difference;
    use crate::parity::known_differences::Kind;
    use crate::parity::replay_result::Obstacle;

    const ID: &str = "apikey-2023-03";

    fn played(set_up: SetUp, verdict: ReplayResult) -> Played {
        Played { id: ID.to_owned(), set_up, environment: "sandbox", verdict }
    }

    fn different() -> ReplayResult {
        ReplayResult::Differs(vec![Difference::Status { received: 200, recorded: 201 }])
    }

    fn known(id: &str) -> KnownDifference {
        let why = "It is so.".to_owned();
        KnownDifference { id: id.to_owned(), set_up: None, kind: Kind::Chosen, stands: None, why }
    }

    fn complaints(played: &[Played], known: &[KnownDifference]) -> Vec<String> {
        let all = corpus::read("f", corpus::BUILTIN).expect("the corpus");
        let recordings: Vec<Recording> = all.into_iter().filter(|one| one.id == ID).collect();
        judge(&recordings, played, known).complaints
    }

    #[test]
    fn a_difference_is_listed_and_a_listed_one_is_there() {
        let (keys, any) = (SetUp::DistinctKeys, SetUp::AnyKey);
        let same = [played(keys, ReplayResult::Same), played(any, ReplayResult::Same)];
        assert_eq!(complaints(&same, &[]), Vec::<String>::new());
        let one = [played(keys, ReplayResult::Same), played(any, different())];
        assert!(complaints(&one, &[])[0].contains("in any-key (sandbox) is different:\n"));
        assert!(complaints(&one, &[known(ID)]).is_empty());
        let standing = |known: &[KnownDifference]| {
            let all = corpus::read("f", corpus::BUILTIN).expect("the corpus");
            let recordings: Vec<Recording> = all.into_iter().filter(|it| it.id == ID).collect();
            judge(&recordings, &one, known).rows[0].standing
        };
        assert_eq!(standing(&[known(ID)]), Standing::Different);
        let only_here = KnownDifference { set_up: Some(any), ..known(ID) };
        assert_eq!(standing(&[only_here]), Standing::Same);
        let elsewhere = KnownDifference { set_up: Some(keys), ..known(ID) };
        let found = complaints(&one, &[elsewhere]);
        assert!(found.len() == 2 && found[1].contains("answered as recorded by now"), "{found:?}");
        assert!(complaints(&same, &[known(ID)])[0].contains("take it off the list"));
        assert!(complaints(&same, &[known("nobody")])[0].contains("no recording has that id"));
        let stands = KnownDifference { stands: Some("nobody".to_owned()), ..known(ID) };
        assert!(complaints(&one, &[stands])[0].contains("which is no recording"));
        assert!(complaints(&[], &[])[0].contains("replayed in no set-up"));
    }

    #[test]
    fn what_belongs_elsewhere_does_not_count_and_what_cannot_be_replayed_does() {
        let away = Obstacle::OtherEnvironment { recorded: "mtnuganda".to_owned() };
        let only = [
            played(SetUp::AnyKey, ReplayResult::NotReplayable(Obstacle::AnyKey)),
            played(SetUp::Market, ReplayResult::NotReplayable(away)),
            played(SetUp::DistinctKeys, ReplayResult::Same),
        ];
        assert!(complaints(&only, &[]).is_empty());
        let outage = Obstacle::Circumstance("an outage".to_owned());
        let outage = [played(SetUp::AnyKey, ReplayResult::NotReplayable(outage))];
        assert!(complaints(&outage, &[])[0].contains("is not replayable"));
        assert!(complaints(&outage, &[known(ID)]).is_empty());
    }
}
