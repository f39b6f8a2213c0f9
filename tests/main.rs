//! Tests of the whole program: real sockets, port 0, no sleeps.

mod support;

mod api;
mod cli;
mod control;
mod core;
mod docs;
mod house_rules;
mod security;
