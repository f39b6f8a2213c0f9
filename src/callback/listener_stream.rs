//! The byte stream of a connection to a listener. It knows whether a byte of a callback was
//! written, and checks the socket a last time before the next callback is written.

use std::fmt;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Waker, ready};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_util::either::Either;

use crate::callback::connector::Socket;

/// The progress of a connection with its callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Phase {
    /// It is new, and nothing was written to it.
    Fresh,
    /// Some of a callback was written, or may have been.
    Written,
    /// The callback was answered, and nothing of another was written.
    Idle,
    Closing,
}

/// The phase of a connection, shared by its stream and its owner.
#[derive(Debug, Default)]
pub struct Progress(AtomicU8);

impl Progress {
    fn is(&self, phase: Phase) -> bool {
        self.0.load(Ordering::Acquire) == phase as u8
    }

    fn set(&self, phase: Phase) {
        self.0.store(phase as u8, Ordering::Release);
    }

    /// Whether the listener may have read anything of the callback. If not, another connection
    /// may carry it.
    pub fn was_written(&self) -> bool {
        self.is(Phase::Written)
    }

    /// Notes that the callback was answered.
    pub fn set_idle(&self) {
        self.set(Phase::Idle);
    }

    /// Whether the connection is idle. If it ends now, the listener closed it.
    pub fn is_idle(&self) -> bool {
        self.is(Phase::Idle)
    }

    /// Notes that the emulator closes it.
    pub fn close(&self) {
        self.set(Phase::Closing);
    }
}

pub struct ListenerStream {
    stream: Socket,
    progress: Arc<Progress>,
    /// The waker of a read that waits until a callback is written.
    reader: Option<Waker>,
}

impl ListenerStream {
    pub fn new(stream: Socket, progress: Arc<Progress>) -> Self {
        Self { stream, progress, reader: None }
    }

    fn socket(&self) -> &TcpStream {
        match &self.stream {
            Either::Left(plain) => plain,
            Either::Right(secured) => secured.get_ref().0,
        }
    }

    /// Whether the listener has neither closed the connection nor sent anything unasked. It asks
    /// the system, since the runtime learns of it only later.
    fn is_quiet(&self) -> bool {
        let peeked = SockRef::from(self.socket()).peek(&mut [MaybeUninit::uninit()]);
        matches!(peeked, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Writes by `write`, unless the connection is no longer good for a callback.
    fn write_checked(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut Socket>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if self.progress.was_written() {
            return write(Pin::new(&mut self.stream), cx);
        }
        if self.progress.is_idle() && !self.is_quiet() {
            let why = "the listener closed the connection before its next callback";
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::ConnectionAborted, why)));
        }
        // An error of TLS does not say how much of a record was sent.
        if matches!(self.stream, Either::Right(_)) {
            self.progress.set(Phase::Written);
        }
        let written = ready!(write(Pin::new(&mut self.stream), cx))?;
        if written > 0 {
            self.progress.set(Phase::Written);
        }
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
        Poll::Ready(Ok(written))
    }
}

impl fmt::Debug for ListenerStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListenerStream").field("progress", &self.progress).finish_non_exhaustive()
    }
}

impl AsyncRead for ListenerStream {
    /// Reads nothing before the callback is written. Some listeners answer as soon as a client
    /// connects, and hyper would give up such a connection silently.
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.progress.is(Phase::Fresh) {
            self.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for ListenerStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write_checked(cx, |stream, cx| stream.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write_checked(cx, |stream, cx| stream.poll_write_vectored(cx, parts))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::io::Write as _;
    use std::net::{TcpListener, TcpStream as PlainStream};

    use super::*;

    const CALLBACK: &[u8] = b"POST / HTTP/1.1\r\n\r\n";

    /// A connection and the listener's end of it, whose effects are immediate.
    async fn connect() -> (ListenerStream, PlainStream) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let stream = TcpStream::connect(address).await.expect("a connection");
        let (far, _) = listener.accept().expect("the same connection");
        (ListenerStream::new(Either::Left(stream), Arc::default()), far)
    }

    async fn write(stream: &mut ListenerStream) -> io::Result<usize> {
        poll_fn(|cx| Pin::new(&mut *stream).poll_write(cx, CALLBACK)).await
    }

    /// Reads what is there to read, without waiting.
    async fn read(stream: &mut ListenerStream) -> Option<Vec<u8>> {
        let mut bytes = [0; 64];
        let mut buffer = ReadBuf::new(&mut bytes);
        let is_read = poll_fn(|cx| {
            let read = Pin::new(&mut *stream).poll_read(cx, &mut buffer);
            Poll::Ready(read.is_ready())
        });
        let is_read = is_read.await;
        is_read.then(|| buffer.filled().to_vec())
    }

    #[tokio::test]
    async fn nothing_is_written_to_a_resting_connection_that_the_listener_has_left() {
        let closes = |far: PlainStream| drop(far);
        let resets = |far: PlainStream| {
            let linger = SockRef::from(&far).set_linger(Some(std::time::Duration::ZERO));
            linger.expect("a socket option");
        };
        let speaks = |mut far: PlainStream| {
            far.write_all(b"HTTP/1.1 408 Request Timeout\r\n\r\n").expect("sent");
            std::mem::forget(far);
        };
        let leaves: [fn(PlainStream); 3] = [closes, resets, speaks];
        for (case, leave) in leaves.into_iter().enumerate() {
            let (mut stream, far) = connect().await;
            stream.progress.set_idle();
            leave(far);
            // The runtime has not learned of the close yet.
            let error = write(&mut stream).await.expect_err("nothing is written");
            assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted, "case {case}");
            assert!(!stream.progress.was_written(), "case {case}");
        }
    }

    #[tokio::test]
    async fn a_callback_was_asked_once_some_of_it_is_written() {
        for is_kept in [false, true] {
            let (mut stream, _far) = connect().await;
            if is_kept {
                stream.progress.set_idle();
            }
            assert!(!stream.progress.was_written());
            assert_eq!(write(&mut stream).await.expect("room"), CALLBACK.len());
            assert!(stream.progress.was_written());
        }
    }

    #[tokio::test]
    async fn what_a_listener_says_before_it_is_asked_is_read_after_the_callback_is_written() {
        let (mut stream, mut far) = connect().await;
        far.write_all(b"HTTP/1.1 200 OK\r\n").expect("sent");
        stream.socket().readable().await.expect("it is there");
        assert_eq!(read(&mut stream).await, None);
        write(&mut stream).await.expect("room");
        assert_eq!(read(&mut stream).await.as_deref(), Some(&b"HTTP/1.1 200 OK\r\n"[..]));
    }
}
