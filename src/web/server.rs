//! The accept loop: who may connect, for how long, and how it ends.
//!
//! `axum::serve` has no time-out for headers or for who never reads an answer and no bound on connections, so that a few slow clients hold it for ever.
//! Beyond the bound on all connections new ones wait in the system's queue; beyond the one of an address they are cut.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt;
use tracing::{debug, info, warn};

use crate::config;

/// Headers of one request; GitHub sends twenty.
const HEADERS_MAX: usize = 64;
/// Headers of one request with its first line, bytes.
const HEADER_BYTES_MAX: usize = 16 * 1024;
/// After the system refused a connection (no file descriptor is left), the next try waits this long.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Answers on `listener` until `shutdown` ends; then requests under way may end within `server.shutdown_grace`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    server: &config::Server,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<()> {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        // Runs between requests too, and so ends connections that idle.
        .header_read_timeout(server.header_timeout.duration())
        .max_headers(HEADERS_MAX)
        .max_header_size(HEADER_BYTES_MAX);
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(server.connections_max.min(Semaphore::MAX_PERMITS)));
    let addresses = Addresses::new(server.connections_per_address_max);
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    let patience = server.body_timeout.duration();
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = accept(&listener, &places) => match accepted {
                Ok((stream, peer, place)) => {
                    let Some(seat) = addresses.take(peer.ip()) else {
                        debug!("cut a connection: its address has {} already", addresses.max);
                        continue;
                    };
                    let talk = converse(http.clone(), patient(stream, patience), peer, router.clone(), graceful.watcher());
                    connections.spawn(async move {
                        talk.await;
                        drop((place, seat));
                    });
                }
                Err(e) => {
                    warn!("can't accept a connection just now: {e}");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
    drop(listener);
    let grace = server.shutdown_grace.duration();
    if tokio::time::timeout(grace, graceful.shutdown()).await.is_err() {
        info!(connections = connections.len(), "cut the requests that did not end within server.shutdown_grace");
    }
    connections.shutdown().await;
    Ok(())
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, place))
}

/// A connection whose other side must take what is written: without progress for `patience` it ends.
fn patient(stream: TcpStream, patience: Duration) -> Talk {
    // Answers are small and written whole: waiting to fill a packet only adds delay.
    if let Err(e) = stream.set_nodelay(true) {
        debug!("can't set TCP_NODELAY: {e}");
    }
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(patience));
    Box::pin(stream)
}

type Talk = Pin<Box<TimeoutStream<TcpStream>>>;

async fn converse(http: http1::Builder, stream: Talk, peer: SocketAddr, router: Router, watcher: Watcher) {
    let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let router = router.clone();
        async move { Ok::<_, Infallible>(router.oneshot(request.map(Body::new)).await.unwrap_or_else(|e| match e {})) }
    });
    if let Err(e) = watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await {
        debug!("a connection ended early: {e}");
    }
}

/// How many connections each address has. An IPv6 network of 64 bits is one customer of a provider, and counts as one.
#[derive(Clone, Debug)]
struct Addresses {
    max: usize,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One connection of an address; given back when dropped.
#[derive(Debug)]
struct Seat {
    address: IpAddr,
    of: Addresses,
}

impl Addresses {
    fn new(max: usize) -> Self {
        Self { max, taken: Arc::default() }
    }

    fn take(&self, address: IpAddr) -> Option<Seat> {
        let address = match address.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
            v4 @ IpAddr::V4(_) => v4,
        };
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let n = taken.entry(address).or_default();
        if self.max > 0 && *n >= self.max {
            return None;
        }
        *n += 1;
        Some(Seat { address, of: self.clone() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.of.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(n) = taken.get_mut(&self.address) {
            *n -= 1;
            if *n == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_seats_and_gives_them_back() {
        let addresses = Addresses::new(2);
        let at = |text: &str| addresses.take(text.parse().unwrap());
        let (a, b) = (at("2001:db8::1"), at("2001:db8::2"));
        assert!(a.is_some() && b.is_some() && at("2001:db8::3").is_none() && at("2001:db8:0:1::1").is_some());
        drop(a);
        assert!(at("2001:db8::3").is_some());
        drop(b);
        assert!(addresses.taken.lock().unwrap().is_empty());
        let unbound = Addresses::new(0);
        let seats: Vec<Option<Seat>> = (0..500).map(|_| unbound.take("127.0.0.1".parse().unwrap())).collect();
        assert!(seats.iter().all(Option::is_some));
    }
}
