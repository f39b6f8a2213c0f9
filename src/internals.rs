//! What the tests, benchmarks and fuzz targets of this repository reach into. It is not part of the
//! public interface, and changes without notice.

pub mod callback {
    pub use crate::callback::overrides::{HostOverride, HostOverrides};
    pub use crate::callback::settings::CallbackSettings;
    pub use crate::callback::sources::{CallbackSource, CallbackSources};
}

pub mod certificates {
    pub use crate::certificates::approved::{approved_as, named};
    #[cfg(feature = "cli")]
    pub use crate::certificates::authority::{Authority, ServerCertificate, self_signed};
    pub use crate::certificates::distinguished_name::DistinguishedName;
    pub use crate::certificates::verification::{
        CertificateFault, certificates, client_config, server_config, verifier,
    };
}

#[cfg(feature = "cli")]
pub mod cli {
    pub use crate::cli::command_line::CommandLine;
}

pub mod control {
    pub use crate::control::guard::ControlToken;
    pub use crate::control::openapi;
    pub use crate::control::routes::ROUTES;
}

pub mod documents {
    pub use crate::documents::examples::{
        Example, ExampleBody, Examples, examples_of, name_of, set_of,
    };
    pub use crate::documents::openapi::Documents;
}

pub mod emulator {
    pub use crate::emulator::{Configuration, Emulator, Running, Stopped};
}

pub mod engine {
    pub use crate::engine::clock::{Clock, monotonic};
    pub use crate::engine::global_journal::GlobalJournal;
    pub use crate::engine::held::Held;
    pub use crate::engine::recorded::RecordMode;
    pub use crate::engine::reset::LastLook;
    pub use crate::engine::space::Space;
    pub use crate::engine::spaces::Spaces;
    pub use crate::engine::waiters::Concern;
}

pub mod gateway {
    pub use crate::gateway::command::CIBA_GRANT;
    pub use crate::gateway::reply::Reply;
    pub use crate::gateway::request::GatewayRequest;
    pub use crate::gateway::routes::Routes;
    pub use crate::gateway::subscription_keys::SubscriptionKeys;
    pub use crate::gateway::tokens::Tokens;
    pub use crate::gateway::{Gateway, frontend_hosts};
}

pub mod limits {
    pub use crate::callback::limits as callback;
    pub use crate::control::CONTROL_BODY_BESIDE_OTHERS_MAX;
    pub use crate::control::request::CONTROL_BODY_BYTES_MAX;
    pub use crate::control::stream::STREAM_PART_BYTES;
    pub use crate::engine::capacity::{LONG_BODIES_KIBIBYTES_MAX, SHORT_BODY_BYTES_MAX};
    pub use crate::gateway::tokens::{TOKEN_REMEMBERED_BYTES_MAX, TOKENS_REMEMBERED_MAX};
    pub use crate::server::limits::{
        HTTP2_CONNECTIONS_MAX, HTTP2_PIECE_BYTES, HTTP2_STREAMS_MAX, HTTP2_UNREAD_BYTES_MAX,
        HTTP2_WINDOW_BYTES,
    };
}

#[cfg(feature = "cli")]
pub mod parity {
    pub use crate::parity::access::Credentials;
    pub use crate::parity::corpus::{BUILTIN, SHIPPED_NAME, read};
    pub use crate::parity::difference::Class;
    pub use crate::parity::gateway::Gateway;
    pub use crate::parity::judgement::{Judgement, Played, judge};
    pub use crate::parity::known_differences::{self, KnownDifference, SetUp};
    pub use crate::parity::listener::Listener;
    pub use crate::parity::pacing::Pace;
    pub use crate::parity::page::{parity_page, sentence};
    pub use crate::parity::pattern::{Names, Part, matches, only_placeholder, parts};
    pub use crate::parity::player::{ControlPlane, Player, Settings};
    pub use crate::parity::recording::{Message, RecordedBody, Recording, Response};
    pub use crate::parity::replay_result::{Obstacle, ReplayResult};
}

pub mod scenarios {
    pub use crate::scenarios::{BUILTIN, BuiltinScenario, named};
}

pub mod server {
    pub use crate::server::https::HttpsFrontend;
}
