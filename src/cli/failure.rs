//! The error that ends a command: an exit code and a message.

/// The error that ends a command. The exit code is 1 for the environment and 2 for a mistake of the
/// user's; some commands have further codes.
#[derive(Debug)]
pub struct Failure {
    /// The exit code of the program.
    pub code: i32,
    /// The message for standard error.
    pub message: String,
}

impl Failure {
    /// An environment error, such as a port in use: exit code 1.
    pub fn environment(message: impl Into<String>) -> Self {
        Self { code: 1, message: format!("error: {}", message.into()) }
    }

    /// A mistake in a flag or file: exit code 2.
    pub fn user(message: impl Into<String>) -> Self {
        Self { code: 2, message: format!("error: {}", message.into()) }
    }

    /// Mistakes in files that are printed already: exit code 2, and a last line.
    pub fn mistakes(summary: impl Into<String>) -> Self {
        Self { code: 2, message: summary.into() }
    }
}
