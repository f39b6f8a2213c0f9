//! What the benchmarks share: servers in processes of their own, load, listeners, figures.

#![allow(dead_code, reason = "each benchmark uses a part of it")]

pub(crate) mod bare;
pub(crate) mod emulator;
pub(crate) mod figures;
pub(crate) mod listener;
pub(crate) mod load;
pub(crate) mod process;

/// What stands behind the name of the program; Cargo adds `--bench`, which says nothing here.
pub(crate) struct Arguments(Vec<String>);

impl Arguments {
    pub(crate) fn read() -> Self {
        Self(std::env::args().skip(1).collect())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|argument| argument == name)
    }

    /// Whether it is only to be seen that the benchmark works.
    pub(crate) fn is_quick(&self) -> bool {
        self.has("--quick")
    }

    pub(crate) fn after(&self, name: &str) -> Option<&str> {
        let at = self.0.iter().position(|argument| argument == name)?;
        self.0.get(at + 1).map(String::as_str)
    }

    /// The number behind a name.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        let text = self.after(name)?;
        Some(text.parse().unwrap_or_else(|_| panic!("{name} {text}: expected a whole number")))
    }
}

pub(crate) fn single_threaded() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Is the server that `--serve` asks for, where it asks for one; `false` where it does not.
pub(crate) fn served(arguments: &Arguments) -> bool {
    let Some(what) = arguments.after("--serve") else { return false };
    single_threaded().block_on(async {
        match what {
            "emulator" => emulator::serve(arguments).await,
            "bare-server" => bare::serve().await,
            "bare-client" => bare::send().await,
            other => panic!("--serve {other}: expected emulator, bare-server or bare-client"),
        }
    });
    true
}
