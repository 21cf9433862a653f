//! Over real sockets: slow and greedy clients, and how it ends.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;

/// Long enough for whatever must happen; nothing is measured by it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A world that listens.
struct Listening {
    world: World,
    at: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<anyhow::Result<()>>,
}

impl Listening {
    async fn start(server: &str) -> Self {
        let world = World::new(server).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let (router, config) = (world.router.clone(), Arc::clone(&world.ctx.config));
        let server = tokio::spawn(async move {
            let shutdown = async {
                let _ = stopped.await;
            };
            crate::web::serve(listener, router, &config.server, shutdown).await
        });
        Self { world, at, stop, server }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.at).await.unwrap()
    }

    async fn end(self) {
        self.stop.send(()).unwrap();
        timeout(PATIENCE, self.server).await.expect("it ends").unwrap().unwrap();
    }
}

/// Everything until the other side closes; a reset ends it too.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        match timeout(PATIENCE, stream.read(&mut chunk)).await.expect("the other side closes") {
            Ok(0) | Err(_) => return String::from_utf8_lossy(&bytes).into_owned(),
            Ok(n) => bytes.extend_from_slice(&chunk[..n]),
        }
    }
}

/// One request over a connection of its own, which the server closes.
async fn ask(at: SocketAddr, head: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(at).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    rest(&mut stream).await
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("closed")
}

const LIVE: &str = "GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn slow_headers_and_idle_connections_are_cut() {
    let s = Listening::start("header_timeout = \"300ms\"\n").await;
    let mut slow = Vec::new();
    for _ in 0..50 {
        let mut stream = s.connect().await;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\nx-slow: ").await.unwrap();
        slow.push(stream);
    }
    assert_eq!(status(&ask(s.at, LIVE, b"").await), "200");
    for mut stream in slow {
        assert_ne!(status(&rest(&mut stream).await), "200");
    }
    let mut idle = s.connect().await;
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    assert_eq!(status(&rest(&mut idle).await), "200");
    s.end().await;
}

#[tokio::test]
async fn a_slow_body_is_told_so() {
    let s = Listening::start("body_timeout = \"300ms\"\n").await;
    let mut stream = s.connect().await;
    let head = format!(
        "POST /v1/feedback HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {SECRET_KEY}\r\ncontent-length: 100\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = rest(&mut stream).await;
    assert_eq!(status(&answer), "408", "{answer}");
    assert!(answer.contains("application/problem+json"), "{answer}");
    s.end().await;
}

#[tokio::test]
async fn who_never_reads_is_cut() {
    let s = Listening::start("body_timeout = \"300ms\"\n").await;
    let mut stream = s.connect().await;
    let ask = "GET /openapi.json HTTP/1.1\r\nhost: a\r\n\r\n".repeat(100);
    // Answers fill the buffers between us until the server gives up; then so does the connection.
    let cut = async { while stream.write_all(ask.as_bytes()).await.is_ok() {} };
    timeout(PATIENCE, cut).await.expect("it is cut");
    assert_eq!(status(&super::connections::ask(s.at, LIVE, b"").await), "200");
    s.end().await;
}

#[tokio::test]
async fn headers_are_bounded_in_number_and_size() {
    let s = Listening::start("").await;
    let many: Vec<String> = (0..65).map(|i| format!("x-{i}: a\r\n")).collect();
    for (headers, expected) in [
        (many.concat(), "431"),
        (format!("x: {}\r\n", "a".repeat(20_000)), "431"),
        ("content-length: 1\r\ncontent-length: 2\r\n".into(), "400"),
        (String::new(), "200"),
    ] {
        let answer =
            ask(s.at, &format!("GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{headers}\r\n"), b"").await;
        assert_eq!(status(&answer), expected, "{answer}");
    }
    s.end().await;
}

#[tokio::test]
async fn who_sends_too_much_still_learns_why() {
    let s = Listening::start("feedback_max_bytes = 1000\n").await;
    let body = vec![b'x'; 3_000_000];
    for length in [format!("content-length: {}", body.len()), "transfer-encoding: chunked".into()] {
        let chunked = length.starts_with('t');
        let head = format!(
            "POST /v1/feedback HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: Bearer {SECRET_KEY}\r\n{length}\r\n\r\n"
        );
        let sent = if chunked {
            [format!("{:x}\r\n", body.len()).as_bytes(), &body, b"\r\n0\r\n\r\n"].concat()
        } else {
            body.clone()
        };
        let answer = ask(s.at, &head, &sent).await;
        assert_eq!(status(&answer), "413", "{answer}");
    }
    // Who asks first is told before anything is sent.
    let head = format!(
        "POST /v1/feedback HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\nauthorization: Bearer {SECRET_KEY}\r\ncontent-length: 3000000\r\n\r\n"
    );
    let answer = ask(s.at, &head, b"").await;
    assert_eq!(status(&answer), "413", "{answer}");
    s.end().await;
}

/// Peak memory of this process, kB.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test]
async fn a_compressed_bomb_is_refused_and_costs_no_memory() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![b' '; 1 << 20];
    for _ in 0..256 {
        encoder.write_all(&zeros).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < 300_000, "{}", bomb.len());
    let s = Listening::start("").await;
    let before = peak_kb();
    for (path, header) in [
        ("/v1/feedback", format!("authorization: Bearer {SECRET_KEY}")),
        ("/hooks/github", "x-github-event: release".into()),
    ] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{header}\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
            bomb.len()
        );
        let answer = ask(s.at, &head, &bomb).await;
        assert_eq!(status(&answer), "413", "{answer}");
    }
    let grown = peak_kb() - before;
    eprintln!("peak memory grew by {grown} kB");
    assert!(grown < 64_000, "peak memory grew by {grown} kB");
    // What is compressed and fits is read.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(br#"{"text": "Slow"}"#).unwrap();
    let fine = encoder.finish().unwrap();
    let headers = [("authorization", &*format!("Bearer {SECRET_KEY}")), ("content-encoding", "gzip")];
    assert_eq!(s.world.send("POST", "/v1/feedback", &headers, fine).await.status, 200);
    s.end().await;
}

#[tokio::test]
async fn an_address_has_so_many_connections_and_all_together_wait_for_a_place() {
    let s = Listening::start("connections_per_address_max = 3\n").await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = s.connect().await;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        let mut chunk = [0; 12];
        stream.read_exact(&mut chunk).await.unwrap();
        held.push(stream);
    }
    assert_eq!(status(&ask(s.at, LIVE, b"").await), "closed");
    drop(held);
    let mut answer = String::new();
    for _ in 0..100 {
        answer = ask(s.at, LIVE, b"").await;
        if status(&answer) == "200" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(status(&answer), "200");
    s.end().await;

    let s = Listening::start("connections_max = 1\n").await;
    let mut first = s.connect().await;
    first.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let mut chunk = [0; 12];
    first.read_exact(&mut chunk).await.unwrap();
    let at = s.at;
    let waiting = tokio::spawn(async move { ask(at, LIVE, b"").await });
    drop(first);
    let answer = timeout(PATIENCE, waiting).await.expect("a place comes free").unwrap();
    assert_eq!(status(&answer), "200");
    s.end().await;
}

#[tokio::test]
async fn shutting_down_lets_a_request_end() {
    let s = Listening::start("").await;
    let mut stream = s.connect().await;
    let body = r#"{"text": "Slow"}"#;
    let head = format!(
        "POST /v1/feedback HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {SECRET_KEY}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // Another request on another connection tells that the first was taken.
    assert_eq!(status(&ask(s.at, LIVE, b"").await), "200");
    let Listening { at, stop, server, world } = s;
    stop.send(()).unwrap();
    let mut refused = false;
    for _ in 0..100 {
        refused = TcpStream::connect(at).await.is_err();
        if refused {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(refused, "it still takes connections");
    stream.write_all(body.as_bytes()).await.unwrap();
    let answer = rest(&mut stream).await;
    assert_eq!(status(&answer), "200", "{answer}");
    timeout(PATIENCE, server).await.expect("it ends").unwrap().unwrap();
    assert_eq!(world.rows().await["feedback"], 1);
}

#[tokio::test]
async fn shutting_down_cuts_what_does_not_end() {
    let s = Listening::start("shutdown_grace = \"200ms\"\n").await;
    let mut stream = s.connect().await;
    let head = format!(
        "POST /v1/feedback HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {SECRET_KEY}\r\ncontent-length: 10\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(status(&ask(s.at, LIVE, b"").await), "200");
    s.end().await;
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn beyond_its_bound_requests_are_shed_and_operators_are_answered() {
    let s = Listening::start("requests_max = 1\n").await;
    let mut stream = s.connect().await;
    let head = format!(
        "POST /v1/feedback HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: Bearer {SECRET_KEY}\r\ncontent-length: 16\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let other =
        format!("GET /v1/kpis HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: Bearer {SECRET_KEY}\r\n\r\n");
    let mut answer = String::new();
    for _ in 0..100 {
        answer = ask(s.at, &other, b"").await;
        if status(&answer) == "503" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(status(&answer), "503", "{answer}");
    assert!(answer.contains("retry-after: 1") && answer.contains("application/problem+json"), "{answer}");
    assert_eq!(status(&ask(s.at, LIVE, b"").await), "200");
    stream.write_all(br#"{"text": "Slow"}"#).await.unwrap();
    assert_eq!(status(&rest(&mut stream).await), "200");
    assert_eq!(status(&ask(s.at, &other, b"").await), "200");
    s.end().await;
}
