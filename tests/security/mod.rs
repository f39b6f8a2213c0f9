//! The promises of SECURITY.md, held over real sockets and by the real program.

mod callbacks;
mod control_plane;
mod documented;

mod log;
mod program;
mod secrets;

mod smuggling;
