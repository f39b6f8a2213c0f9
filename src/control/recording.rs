//! The calls of `recording`: which requests are kept to be looked at.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::VariantArray;
use tracing::info;

use crate::control::Control;
use crate::control::names::{Vocabulary, Word, vocabulary};
use crate::control::parts::part;
use crate::control::refusal::Refusal;
use crate::engine::recorded::RecordMode;
use momo_sandbox_core::model::limits::Limit;

vocabulary! {
    RecordMode, RecordMode::VARIANTS.to_vec(), |one| one.word();
}

/// What is to be recorded from now on.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordingRequest {
    pub record: Word<RecordMode>,
}

part!(body RecordingRequest);

/// What is recorded, and how much of it is kept.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "recording")]
pub struct RecordingState {
    pub record: Word<RecordMode>,
    /// How many requests and callbacks are kept.
    pub held: usize,
    /// The bytes of all that are kept.
    pub bytes: usize,
    /// The most bytes that are kept.
    pub bytes_max: usize,
    /// How many had to go for newer ones, since the start.
    pub evicted: u64,
}

impl Control {
    /// What is recorded.
    pub async fn read_recording(self: Arc<Self>) -> Result<RecordingState, Refusal> {
        let store = self.spaces.recorded();
        Ok(RecordingState {
            record: Word(store.mode()),
            held: store.held(),
            bytes: store.bytes(),
            bytes_max: store.bytes_max(),
            evicted: store.evicted(),
        })
    }

    /// Switches recording. What is kept already stays.
    ///
    /// # Errors
    ///
    /// 409 if there is no room for anything.
    pub async fn put_recording(
        self: Arc<Self>,
        request: RecordingRequest,
    ) -> Result<RecordingState, Refusal> {
        let Word(mode) = request.record;
        let store = self.spaces.recorded();
        if store.bytes_max() == 0 && mode != RecordMode::None {
            let flag = Limit::RecordedBytes.row().flag;
            let message = format!(
                "nothing can be recorded, because --{flag} is 0: start the emulator with a number \
                 of bytes there, or without that flag"
            );
            return Err(Refusal::new(409, message));
        }
        store.switch_to(mode);
        info!(record = mode.word(), "recording switched");
        self.read_recording().await
    }
}
