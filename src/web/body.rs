//! Reading bodies: bounded in bytes after decompression, and in time.

use std::error::Error;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::{Semaphore, SemaphorePermit};
use tower_http::timeout::{DeadlineBody, TimeoutError};

use super::problem::Problem;

/// Of a body that nobody wanted, this much is still taken, bytes.
const DRAIN_MAX: u64 = 32 * 1024 * 1024;

/// Bodies that are being read may hold this much together, bytes: a bound on each request alone is none on the process.
const READING_MAX: usize = 64 * 1024 * 1024;
/// What of it is free.
static READING: Semaphore = Semaphore::const_new(READING_MAX);

/// A whole body of at most `max` bytes.
pub async fn read(body: Body, max: usize) -> Result<Bytes, Problem> {
    let too_large = || {
        let detail = format!("The body is larger than the {max} bytes that are taken here, after decompression.");
        Problem::of(StatusCode::PAYLOAD_TOO_LARGE).because(detail)
    };
    if body.size_hint().lower() > max as u64 {
        return Err(too_large());
    }
    let mut body = Limited::new(body, max);
    let mut bytes = BytesMut::new();
    let mut held: Option<SemaphorePermit<'_>> = None;
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => {
                let Ok(data) = frame.into_data() else { continue };
                let Ok(place) = READING.try_acquire_many(u32::try_from(data.len()).unwrap_or(u32::MAX)) else {
                    return Err(Problem::of(StatusCode::SERVICE_UNAVAILABLE)
                        .because("Too many large bodies are on their way at once.")
                        .retry_after(1));
                };
                match &mut held {
                    Some(held) => held.merge(place),
                    None => held = Some(place),
                }
                bytes.extend_from_slice(&data);
            }
            Err(e) if caused_by::<LengthLimitError>(&*e) => return Err(too_large()),
            Err(e) if caused_by::<TimeoutError>(&*e) => return Err(Problem::of(StatusCode::REQUEST_TIMEOUT)),
            Err(_) => {
                return Err(Problem::of(StatusCode::BAD_REQUEST)
                    .because("The body ended early, or is not what its encoding says."));
            }
        }
    }
    Ok(bytes.freeze())
}

fn caused_by<E: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(e) = cause {
        if e.is::<E>() {
            return true;
        }
        cause = e.source();
    }
    false
}

/// Ends a body that is not there in time, and takes what is left of one before the answer leaves: a sender that is cut
/// while it still sends sees a broken connection and not the answer that tells why.
pub async fn bound(State(deadline): State<Duration>, request: Request, next: Next) -> Response {
    // Who asks first (`Expect: 100-continue`) has sent nothing yet.
    let asks = request.headers().contains_key(header::EXPECT);
    let (parts, body) = request.into_parts();
    let timed = Body::new(DeadlineBody::new(deadline, body));
    let shared = Shared(Arc::new(Mutex::new(timed)));
    let response = next.run(Request::from_parts(parts, Body::new(shared.clone()))).await;
    if !asks || response.status().is_success() {
        let mut rest = Body::new(shared);
        let mut taken = 0;
        while let Some(Ok(frame)) = rest.frame().await {
            taken += frame.data_ref().map_or(0, |data| data.len() as u64);
            if taken > DRAIN_MAX {
                break;
            }
        }
    }
    response
}

/// A body with two holders: what one leaves, the other takes.
#[derive(Clone)]
struct Shared(Arc<Mutex<Body>>);

impl HttpBody for Shared {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).size_hint()
    }
}

/// Reads JSON into what an endpoint takes; the fault names the field, never the value. An empty body is `{}`.
pub fn json<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let bytes = if bytes.iter().all(u8::is_ascii_whitespace) { b"{}" } else { bytes };
    crate::sources::read_json(bytes).map_err(|bad| Problem::faults(vec![bad]))
}
