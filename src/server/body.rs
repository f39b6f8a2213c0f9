//! The body of a response.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc::Receiver;

use crate::server::paced_body::PacedBody;

impl ResponseBody {
    pub fn empty() -> Self {
        Self::Whole(Full::default())
    }

    /// The beginning of a body, after which the connection breaks.
    pub fn cut_off_after(beginning: Bytes) -> Self {
        Self::Cut(Cut::Beginning(beginning))
    }
}

#[derive(Debug)]
pub enum ResponseBody {
    Whole(Full<Bytes>),
    /// The beginning of a body, after which the connection breaks.
    Cut(Cut),
    /// Parts that come over time, after which the connection may break.
    Paced(Box<PacedBody>),
    /// Parts that are sent as they come.
    Stream(Receiver<Bytes>),
}

/// The progress of a body that is cut off.
#[derive(Debug)]
pub enum Cut {
    Beginning(Bytes),
    /// The beginning must be flushed before the connection breaks.
    Flushing,
    Broken,
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match &mut *self {
            Self::Whole(body) => Pin::new(body).poll_frame(context).map_err(never),
            Self::Stream(parts) => {
                parts.poll_recv(context).map(|part| part.map(Frame::data).map(Ok))
            }
            Self::Paced(body) => body.poll_frame(context),
            Self::Cut(cut) => match std::mem::replace(cut, Cut::Broken) {
                Cut::Beginning(bytes) => {
                    *cut = Cut::Flushing;
                    Poll::Ready(Some(Ok(Frame::data(bytes))))
                }
                Cut::Flushing => {
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
                Cut::Broken => {
                    let error = io::Error::other("cut off, as the handler wants");
                    Poll::Ready(Some(Err(error)))
                }
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Cut(_) | Self::Paced(_) | Self::Stream(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Cut(_) | Self::Paced(_) | Self::Stream(_) => SizeHint::default(),
        }
    }
}

fn never(never: Infallible) -> io::Error {
    match never {}
}
