//! The control plane under `/_sandbox`.

mod audit;
mod basics;
mod by_hand;
mod callback_verdicts;
mod journal;
mod lists;
mod platforms;
mod provisioning;
mod requests;
mod retained_rules;
mod scenarios;
mod steering;
mod unknown_words;
mod waiting;
