//! The end of a listener. The system completes connections before the program accepts them, and
//! their clients may have sent a request. These connections are accepted and served, not reset.

use tokio::net::{TcpListener, TcpStream};

use crate::server::limits::WAITING_MAX;

/// Ends a listener, and returns the connections that were complete and not accepted. The system
/// resets a connection that becomes complete between the last accept and the close of the socket.
/// Its client gets no answer and must try again, as after a refused connection.
pub(super) fn waiting_connections(listener: TcpListener) -> Vec<TcpStream> {
    let Ok(listener) = listener.into_std() else { return Vec::new() };
    let accept = || {
        let (stream, _) = listener.accept().ok()?;
        stream.set_nonblocking(true).ok()?;
        TcpStream::from_std(stream).ok()
    };
    std::iter::from_fn(accept).take(WAITING_MAX).collect()
}
