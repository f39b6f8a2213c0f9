//! The nearest known name to a mistyped one.

/// A remedy for an unknown name: the nearest known one if it is near enough, and all of them.
pub fn suggestion(unknown: &str, known: &[&str]) -> String {
    let all = list(known);
    match nearest(unknown, known) {
        Some(name) => format!("did you mean `{name}`? Known here: {all}"),
        None => format!("known here: {all}"),
    }
}

/// The nearest known name, if it is near enough.
pub fn nearest<'a>(unknown: &str, known: &[&'a str]) -> Option<&'a str> {
    const NEAR_ENOUGH: f64 = 0.75;
    // A text this long is not near to any name, and to compare it takes time.
    const LONGEST: usize = 200;
    if unknown.len() > LONGEST {
        return None;
    }
    rated(unknown, known.iter().copied())
        .filter(|(likeness, _)| *likeness >= NEAR_ENOUGH)
        .map(|(_, name)| name)
}

/// The nearest known name, however unlike; nothing where no name is known.
pub fn most_like<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    rated(unknown, known).map(|(_, name)| name)
}

/// The name that is most like the unknown one in any case, with how alike they are, from 0 to 1.
fn rated<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<(f64, &'a str)> {
    let unknown = unknown.to_lowercase();
    known
        .map(|name| (strsim::jaro_winkler(&unknown, &name.to_lowercase()), name))
        .max_by(|a, b| a.0.total_cmp(&b.0))
}

/// How alike two paths are, from 0 to 1.
pub fn path_likeness(sent: &str, known: &str) -> f64 {
    strsim::normalized_damerau_levenshtein(sent, known)
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered_only_when_it_is_near() {
        let known = ["status", "reason", "after"];
        assert!(suggestion("statuss", &known).starts_with("did you mean `status`?"));
        assert!(suggestion("resaon", &known).starts_with("did you mean `reason`?"));
        assert!(suggestion("zzz", &known).starts_with("known here: `status`"));
        assert_eq!(nearest(&"status".repeat(1_000_000), &known), None);
    }

    #[test]
    fn the_most_like_is_named_even_if_it_is_not_near() {
        assert_eq!(most_like("STATUSS", ["reason", "status"].into_iter()), Some("status"));
        assert!(most_like("zzz", ["reason"].into_iter()).is_some());
        assert_eq!(most_like("zzz", std::iter::empty()), None);
    }
}
