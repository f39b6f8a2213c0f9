//! Variables in the syntax of a shell, with their values quoted.

use clap::ValueEnum;

use crate::cli::environment_variables::EnvironmentVariable;

/// A syntax for variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Syntax {
    Bash,
    Zsh,
    Fish,
    #[value(name = "powershell")]
    PowerShell,
    /// The prompt of Windows.
    Cmd,
    /// A file of variables, which many frameworks read.
    Dotenv,
}

impl Syntax {
    /// The lines that set the variables, and remove those without a value.
    ///
    /// # Errors
    ///
    /// The name of a variable whose value cannot be quoted in this syntax.
    pub fn script(self, variables: &[EnvironmentVariable]) -> Result<String, String> {
        let mut script = String::new();
        for EnvironmentVariable { name, value } in variables {
            let line = match value {
                None => self.removal(name),
                Some(value) => self.assignment(name, value).ok_or_else(|| {
                    let shell = self.to_possible_value();
                    let shell = shell.as_ref().map_or("it", |shell| shell.get_name());
                    format!(
                        "the value of {name} has characters that cannot be quoted safely for \
                         --shell {shell}; give another value, or take another shell"
                    )
                })?,
            };
            script.push_str(&line);
        }
        Ok(script)
    }

    fn removal(self, name: &str) -> String {
        match self {
            Self::Bash | Self::Zsh => format!("unset {name}\n"),
            Self::Fish => format!("set -e {name}\n"),
            Self::PowerShell => {
                format!("Remove-Item Env:{name} -ErrorAction SilentlyContinue\n")
            }
            Self::Cmd => format!("set \"{name}=\"\n"),
            Self::Dotenv => String::new(),
        }
    }

    /// The line that sets the variable; `None` if its value cannot be quoted.
    fn assignment(self, name: &str, value: &str) -> Option<String> {
        Some(match self {
            Self::Bash | Self::Zsh => format!("export {name}='{}'\n", value.replace('\'', r"'\''")),
            Self::Fish => {
                let value = value.replace('\\', r"\\").replace('\'', r"\'");
                format!("set -gx {name} '{value}'\n")
            }
            Self::PowerShell => format!("$env:{name} = '{}'\n", doubled_quotes(value)),
            // `!` counts where delayed expansion is on, `%` where the lines become a batch file.
            Self::Cmd if value.contains(['"', '%', '!', '\r', '\n']) => return None,
            Self::Cmd => format!("set \"{name}={value}\"\n"),
            // In single quotes each reader takes a value as it is, but they differ in what ends it.
            Self::Dotenv if value.contains(['\'', '\r', '\n', '\\']) => return None,
            Self::Dotenv => format!("{name}='{value}'\n"),
        })
    }
}

/// The text with each single quote doubled; PowerShell takes the curved ones for straight ones.
fn doubled_quotes(value: &str) -> String {
    let mut doubled = String::with_capacity(value.len());
    for one in value.chars() {
        if matches!(one, '\'' | '\u{2018}'..='\u{201b}') {
            doubled.push(one);
        }
        doubled.push(one);
    }
    doubled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(shell: Syntax, value: &str) -> Result<String, String> {
        let set = EnvironmentVariable { name: "A", value: Some(value.to_owned()) };
        shell.script(&[set, EnvironmentVariable { name: "B", value: None }])
    }

    #[test]
    fn each_shell_has_its_own_quotes_and_removes_what_has_no_value() {
        let hostile = "it's \\ \"$HOME\"";
        let cases = [
            (Syntax::Zsh, "export A='it'\\''s \\ \"$HOME\"'\nunset B\n"),
            (Syntax::Fish, "set -gx A 'it\\'s \\\\ \"$HOME\"'\nset -e B\n"),
            (
                Syntax::PowerShell,
                "$env:A = 'it''s \\ \"$HOME\"'\nRemove-Item Env:B -ErrorAction SilentlyContinue\n",
            ),
        ];
        for (shell, expected) in cases {
            assert_eq!(script(shell, hostile).as_deref(), Ok(expected));
        }
        assert_eq!(script(Syntax::Cmd, "a & b").as_deref(), Ok("set \"A=a & b\"\nset \"B=\"\n"));
        assert_eq!(script(Syntax::Dotenv, "$a \"b\"").as_deref(), Ok("A='$a \"b\"'\n"));
        let curved = script(Syntax::PowerShell, "\u{2019}").expect("quoted");
        assert!(curved.starts_with("$env:A = '\u{2019}\u{2019}'\n"), "{curved}");
    }

    #[test]
    fn a_value_that_a_syntax_cannot_have_is_refused_with_its_variable() {
        for value in ["%PATH%", "a\"b", "a!b", "a\nb"] {
            let why = script(Syntax::Cmd, value).expect_err(value);
            assert!(why.contains("the value of A") && why.contains("--shell cmd"), "{why}");
        }
        for value in ["it's", "a\nb", "a\\"] {
            assert!(script(Syntax::Dotenv, value).is_err(), "{value}");
        }
    }
}
