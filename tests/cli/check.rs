//! `momosandbox check`: what it shows of files that are broken, or odd.

use crate::support::program::{Ended, Program, folder_with, momo_sandbox};

/// What `check` shows of a file with this text.
fn checked(text: &str) -> Ended {
    let folder = folder_with(&[("mine.toml", text)]);
    Program::start(momo_sandbox(&["check", "mine.toml"]).current_dir(folder.path())).end()
}

#[test]
fn a_missing_quote_is_one_problem_with_a_remedy() {
    let ended = checked("[[rules]]\nwhen = { party = \"25677*, operation = \"refund\" }\n");
    assert_eq!(ended.code, Some(2));
    let shown = ended.stderr.join("\n");
    assert_eq!(ended.stderr.last().map(String::as_str), Some("1 problem"), "{shown}");
    assert!(shown.contains("mine.toml:2:18"), "{shown}");
    assert!(shown.contains("this text has no closing quote"), "{shown}");
    assert!(shown.contains("help: write \" where the text ends"), "{shown}");
}

#[test]
fn an_operation_of_another_product_is_a_warning_and_the_file_is_valid() {
    let when = "when = { operation = \"requesttopay\", product = \"disbursement\" }";
    let ended = checked(&format!("[[rules]]\n{when}\ncallback = {{ fate = \"lost\" }}\n"));
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.stdout, ["mine.toml: valid, `mine` with 1 rule"]);
    let shown = ended.stderr.join("\n");
    assert!(shown.contains("disbursement has no `requesttopay`"), "{shown}");
    assert!(shown.contains("write the product that has it: collection"), "{shown}");
}

/// A report is as wide as 80 columns here, and this name is too long for the rest of its line.
#[test]
fn a_long_name_stays_whole_in_a_report() {
    let name = "every-callback-of-a-refund-comes-late/or-not-at-all-in-the-first-hour";
    let ended = checked(&format!("\"{name}\" = 1\n[[rules]]\ncallback = {{ fate = \"lost\" }}\n"));
    let told: Vec<_> = ended.stderr.iter().filter(|line| line.contains("every-callback")).collect();
    let [message, source] = told[..] else { panic!("the message and the line: {told:#?}") };
    assert!(message.contains(&format!("`{name}`")), "{:#?}", ended.stderr);
    assert!(source.contains(name), "{source}");
}

#[test]
fn help_about_the_format_names_a_command_that_a_user_has() {
    let ended = checked("name = \"a\u{0}\"\n");
    let shown = ended.stderr.join(" ");
    assert!(shown.contains("scenarios declined` prints one"), "{shown}");
    let printed = Program::start(&mut momo_sandbox(&["scenarios", "declined"])).end();
    assert_eq!(printed.code, Some(0));
}
