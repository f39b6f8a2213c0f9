//! The cutover from the legacy platform to the new one, by the emulator's clock.

use crate::engine::spaces::Spaces;
use momo_sandbox_core::model::mtn_platform::{Cutover, LegacyPhase};

impl Spaces {
    /// The cutover that is planned or over.
    pub fn cutover(&self) -> Option<Cutover> {
        *self.shared.cutover.lock()
    }

    /// Plans the cutover anew; `None` for none.
    pub fn plan_cutover(&self, cutover: Option<Cutover>) {
        *self.shared.cutover.lock() = cutover;
    }

    /// What the legacy platform does at present.
    pub fn legacy_phase(&self) -> LegacyPhase {
        self.cutover().map_or(LegacyPhase::Open, |cutover| cutover.phase(self.clock().now()))
    }
}
