//! Tests of the whole program: real sockets, port 0, no sleeps.

#![expect(unreachable_pub, reason = "a test binary has no outside for `pub` to reach")]

mod support;

mod account_holders;
mod audit_commands;
mod bad_input;
mod callback_page;
mod callbacks;
mod clients;
mod command_line;
mod console;
mod control;
mod core_properties;
mod corpora;
mod delivery;
mod demonstration;
mod determinism;
mod docs;
mod every_operation;
mod evidence;
mod explanations;
mod faults;
mod front;
mod fuzzing;
mod house_rules;
mod in_process;
mod instances;
mod journal;
mod known_words;
mod large_inputs;
mod limits;
mod listening;
mod load;
mod merchants;
mod money;
mod notebook;
mod one_call;
mod openapi;
mod parity;
mod payments;
mod precedence;
mod production;
mod provisioning;
mod putting_scenarios;
mod report;
mod scenarios;
mod security;
mod simulation;
mod steering;
mod suites;
mod test_values;
mod warnings_at_the_start;
