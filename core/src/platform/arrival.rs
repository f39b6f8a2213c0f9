//! How a request came to one of MTN's two platforms, and what became of an answer that was late.

use std::fmt;
use std::time::Duration;

use crate::model::ids::ReferenceId;
use crate::model::mtn_platform::MtnPlatform;
use crate::operations::path::OperationPath;
use crate::operations::table::Operation;

/// The platform of production that a request was for, and how its client named the host: one byte,
/// because the journal keeps a hundred thousand requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Arrival {
    /// Platforms are not told apart, or nobody read the request.
    #[default]
    Untold,
    LegacyByPort,
    LegacyByName,
    LegacyByAddress,
    NewByPort,
    NewByName,
    NewByAddress,
}

/// How a client named the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedHost {
    /// It called a plain port, whose base URL is an address in every case.
    PlainPort,
    /// It called the HTTPS front by a name.
    Name,
    /// It called the HTTPS front by an IP address.
    Address,
}

impl Arrival {
    pub fn at(platform: MtnPlatform, host: NamedHost) -> Self {
        match (platform, host) {
            (MtnPlatform::Legacy, NamedHost::PlainPort) => Self::LegacyByPort,
            (MtnPlatform::Legacy, NamedHost::Name) => Self::LegacyByName,
            (MtnPlatform::Legacy, NamedHost::Address) => Self::LegacyByAddress,
            (MtnPlatform::New, NamedHost::PlainPort) => Self::NewByPort,
            (MtnPlatform::New, NamedHost::Name) => Self::NewByName,
            (MtnPlatform::New, NamedHost::Address) => Self::NewByAddress,
        }
    }

    pub fn platform(self) -> Option<MtnPlatform> {
        match self {
            Self::Untold => None,
            Self::LegacyByPort | Self::LegacyByName | Self::LegacyByAddress => {
                Some(MtnPlatform::Legacy)
            }
            Self::NewByPort | Self::NewByName | Self::NewByAddress => Some(MtnPlatform::New),
        }
    }

    pub fn host(self) -> NamedHost {
        match self {
            Self::Untold | Self::LegacyByPort | Self::NewByPort => NamedHost::PlainPort,
            Self::LegacyByName | Self::NewByName => NamedHost::Name,
            Self::LegacyByAddress | Self::NewByAddress => NamedHost::Address,
        }
    }
}

/// An answer that was not due at once, and how long its client waited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateAnswer {
    pub operation: &'static Operation,
    pub operation_path: OperationPath,
    pub reference_id: Option<ReferenceId>,
    pub arrival: Arrival,
    /// How long its client waited: for the answer, or until it closed its connection.
    pub waited: Duration,
    /// How long after the request it was due.
    pub due_after: Duration,
}

impl LateAnswer {
    /// An answer that came this late is noted although its client waited for it: the platform of
    /// MTN's that is slow takes longer, and time-outs of 3 s are common.
    pub const NOTED_FROM: Duration = Duration::from_secs(3);

    /// Whether it is noted although its client waited for it.
    pub fn is_noted_when_taken(&self) -> bool {
        self.arrival != Arrival::Untold && self.waited >= Self::NOTED_FROM
    }
}

impl fmt::Display for LateAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (method, path) = (self.operation.method, self.operation_path.full_path());
        let (waited, due_after) = (seconds(self.waited), seconds(self.due_after));
        write!(f, "{method} {path}")?;
        if let Some(platform) = self.arrival.platform() {
            write!(f, " of the {} platform", platform.name())?;
        }
        write!(f, ": the client waited {waited} s; the answer was due after {due_after} s")
    }
}

/// A duration in seconds, to a tenth.
pub fn seconds(duration: Duration) -> String {
    let tenths = (duration.as_millis() + 50) / 100;
    match (tenths / 10, tenths % 10) {
        (whole, 0) => whole.to_string(),
        (whole, tenth) => format!("{whole}.{tenth}"),
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::*;

    #[test]
    fn an_arrival_is_one_byte_and_keeps_what_it_is_made_of() {
        assert_eq!(size_of::<Arrival>(), 1);
        for platform in MtnPlatform::VARIANTS {
            for host in [NamedHost::PlainPort, NamedHost::Name, NamedHost::Address] {
                let arrival = Arrival::at(*platform, host);
                assert_eq!((arrival.platform(), arrival.host()), (Some(*platform), host));
            }
        }
        assert_eq!(Arrival::default().platform(), None);
    }

    #[test]
    fn seconds_are_told_to_a_tenth() {
        for (milliseconds, told) in
            [(0, "0"), (49, "0"), (50, "0.1"), (3_002, "3"), (3_160, "3.2"), (15_000, "15")]
        {
            assert_eq!(seconds(Duration::from_millis(milliseconds)), told);
        }
    }
}
