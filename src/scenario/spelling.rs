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
    // Nothing as long is near to a name, and comparing it takes time.
    const LONGEST: usize = 200;
    if unknown.len() > LONGEST {
        return None;
    }
    let unknown = unknown.to_lowercase();
    known
        .iter()
        .map(|name| (strsim::jaro_winkler(&unknown, &name.to_lowercase()), *name))
        .filter(|(similarity, _)| *similarity >= NEAR_ENOUGH)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
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
}
