//! The control plane under `/_sandbox`.

mod audit;
mod audit_forms;
mod basics;
mod by_hand;
mod callback_verdicts;
mod journal;
mod lists;
mod own_listener;
mod platforms;
mod provisioning;
mod recording;
mod requests;
mod retained_rules;
mod scenarios;
mod steering;
mod timed_scenarios;
mod unknown_words;
mod waiting;
