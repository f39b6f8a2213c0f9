//! The end of a listener. Connections that the system has made and nobody has accepted are open to
//! their peers, and a request may be in them: they are accepted, not reset.

use tokio::net::{TcpListener, TcpStream};

use momo_sandbox_core::model::limits;

/// Ends a listener: the connections that are waiting in it.
pub async fn close(listener: TcpListener) -> Vec<TcpStream> {
    if begin_no_more(&listener) {
        // Those that have begun are complete by then.
        tokio::time::sleep(limits::HANDSHAKE).await;
    }
    waiting(listener)
}

/// Has the system begin no further connection. Without that, one may be made between the last that
/// is accepted and the end of the listener, and be reset. Whoever tries meanwhile is refused when
/// the system asks again. Says whether it could be had.
#[cfg(target_os = "linux")]
fn begin_no_more(listener: &TcpListener) -> bool {
    use socket2::{SockFilter, SockRef};
    // A packet filter in Linux's own code (socket(7), SO_ATTACH_FILTER): it drops what has the SYN
    // flag in the byte of flags, and takes all else, such as the end of a handshake.
    const FLAGS: u32 = 13;
    const SYN: u32 = 0x02;
    const LOAD_BYTE: u16 = 0x30;
    const JUMP_IF_SET: u16 = 0x45;
    const RETURN: u16 = 0x06;
    let drop_new = [
        SockFilter::new(LOAD_BYTE, 0, 0, FLAGS),
        SockFilter::new(JUMP_IF_SET, 0, 1, SYN),
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
    ];
    SockRef::from(listener).attach_filter(&drop_new).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn begin_no_more(_: &TcpListener) -> bool {
    false
}

/// The connections that the system has made and nobody has accepted.
fn waiting(listener: TcpListener) -> Vec<TcpStream> {
    let Ok(listener) = listener.into_std() else { return Vec::new() };
    let accept = || {
        let (stream, _) = listener.accept().ok()?;
        stream.set_nonblocking(true).ok()?;
        TcpStream::from_std(stream).ok()
    };
    std::iter::from_fn(accept).take(limits::WAITING_MAX).collect()
}
