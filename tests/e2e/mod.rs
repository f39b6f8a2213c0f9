//! Programs in other languages, which `install.sh` of their folders installs.

mod clients;
mod console;
mod merchants;
mod openapi;
mod suites;
