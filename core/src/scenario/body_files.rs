//! The files that a scenario's bodies come from. This crate reads none: it says which ones a text
//! names, and takes what was read of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use crate::scenario::toml_depth::parsable;

/// The name of a table that may name a file.
const BODY: &str = "body";

/// The field that names it.
const FILE: &str = "file";

/// The files that are there for the bodies of a scenario.
#[derive(Debug, Default)]
pub enum BodyFiles {
    /// The scenario is in no folder, so that no file is beside it.
    #[default]
    NoFolder,
    /// What was read of each file, by the name in the scenario, or why it cannot be read.
    Read(BTreeMap<String, Result<Arc<str>, String>>),
}

impl BodyFiles {
    /// The bytes of all texts.
    pub fn bytes(&self) -> usize {
        match self {
            Self::NoFolder => 0,
            Self::Read(files) => files.values().flatten().map(|text| text.len()).sum(),
        }
    }
}

/// The files that the text of a scenario names. One whose name is not good, and a text
/// that is no TOML, name none.
pub fn files_named_in(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    // Few scenarios name a file, and a long text takes time to read.
    if text.contains(FILE)
        && parsable(text).len() == text.len()
        && let Ok(document) = DeTable::parse(text)
    {
        add_names(document.get_ref(), &mut names);
    }
    names
}

fn add_names(table: &DeTable<'_>, names: &mut BTreeSet<String>) {
    for (name, value) in table {
        let value = value.get_ref();
        if name.get_ref() == BODY
            && let Some(DeValue::String(file)) = value.get(FILE).map(|file| file.get_ref())
            && wrong_with_name(file).is_none()
        {
            names.insert(file.to_string());
        }
        add_names_below(value, names);
    }
}

fn add_names_below(value: &DeValue<'_>, names: &mut BTreeSet<String>) {
    match value {
        DeValue::Table(table) => add_names(table, names),
        DeValue::Array(items) => {
            items.iter().for_each(|item| add_names_below(item.get_ref(), names));
        }
        _ => {}
    }
}

/// What is wrong with the name of a file. A good one leads to a file in the scenario's folder or
/// below, on every system.
pub fn wrong_with_name(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("it is empty")
    } else if name.contains('\\') {
        Some("it has a backslash; write `/` between folders")
    } else if name.starts_with('/') || name.contains(':') {
        Some("it is absolute")
    } else if name.split('/').any(|part| part == "..") {
        Some("`..` leads out of the folder")
    } else if name.chars().any(char::is_control) {
        Some("it has a control character")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_answers_and_callbacks_are_named_once_each() {
        let text = r#"
            [[rules]]
            submit = { answer = { body = { file = "page.html" } } }
            query = [{ answer = { body = { file = "below/other.json" } } }]
            [[rules]]
            callback = [{ body = { file = "page.html" } }, { body = { text = "file" } }]
            [[rules]]
            submit = { answer = { body = { file = "../secret" } } }
        "#;
        let names: Vec<String> = files_named_in(text).into_iter().collect();
        assert_eq!(names, ["below/other.json", "page.html"]);
        assert!(files_named_in("body = { file = \"a\" ").is_empty(), "it is no TOML");
    }

    #[test]
    fn a_name_must_lead_to_the_folder_or_below() {
        for good in ["page.html", "pages/403.html", "..page", "é.json"] {
            assert_eq!(wrong_with_name(good), None, "{good}");
        }
        for bad in ["", "/etc/passwd", "C:/page", "..", "a/../b", "a\\b", "a\nb"] {
            assert!(wrong_with_name(bad).is_some(), "{bad}");
        }
    }
}
