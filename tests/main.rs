//! Tests of the whole program: real sockets, port 0, no sleeps.

mod support;

mod api;
mod cli;
mod contract;
mod control;
mod core;
mod docs;
mod e2e;
mod house_rules;
mod security;
