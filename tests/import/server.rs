//! Servers on loopback: a real Prometheus with made days in it, and a server that gives scripted answers.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Whether Debian's package `prometheus` is here.
pub(crate) fn has_prometheus() -> bool {
    let starts = |program: &str| {
        let version = Command::new(program).arg("--version").output();
        version.is_ok_and(|output| output.status.success())
    };
    starts("prometheus") && starts("promtool")
}

/// A Prometheus that ends with its handle.
pub(crate) struct Prometheus {
    process: Child,
    /// Its address.
    pub(crate) url: String,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Writes blocks from OpenMetrics.
pub(crate) fn fill(folder: &Path, open_metrics: &str) -> PathBuf {
    let text = folder.join("metrics.txt");
    std::fs::write(&text, open_metrics).expect("a file");
    let data = folder.join("data");
    let made = Command::new("promtool")
        .args(["tsdb", "create-blocks-from", "openmetrics"])
        .args([&text, &data])
        .output()
        .expect("promtool");
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    data
}

impl Prometheus {
    /// Starts it over the blocks in `data`, with further arguments.
    pub(crate) fn start(folder: &Path, data: &Path, arguments: &[&str]) -> Self {
        let config = folder.join("prometheus.yml");
        std::fs::write(&config, "").expect("a file");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        let log = std::fs::File::create(folder.join("prometheus.log")).expect("a file");
        let process = Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", data.display()))
            .arg("--storage.tsdb.retention.time=100y")
            .arg(format!("--web.listen-address={address}"))
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("prometheus");
        let started = Self {
            process,
            url: format!("http://{address}"),
        };
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < deadline, "Prometheus does not start");
            thread::sleep(Duration::from_millis(50));
        }
        // It listens before its blocks are read.
        thread::sleep(Duration::from_millis(500));
        started
    }
}

/// A server that gives every request the answer of a function: status, headers, body.
pub(crate) struct Scripted {
    /// Its address.
    pub(crate) url: String,
    /// How many requests it had.
    pub(crate) requests: Arc<AtomicUsize>,
}

/// An answer of a [`Scripted`] server.
pub(crate) struct Reply {
    pub(crate) status: &'static str,
    pub(crate) headers: &'static str,
    pub(crate) body: String,
    pub(crate) pause: Duration,
}

impl Reply {
    pub(crate) fn of(status: &'static str, body: &str) -> Self {
        Self {
            status,
            headers: "",
            body: body.to_owned(),
            pause: Duration::ZERO,
        }
    }
}

/// Serves until the test ends. The function sees the request's number, from 0, and its text.
pub(crate) fn scripted(answer: impl Fn(usize, &str) -> Reply + Send + Sync + 'static) -> Scripted {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let text = request_text(&mut stream);
            let reply = answer(counter.fetch_add(1, Ordering::SeqCst), &text);
            thread::sleep(reply.pause);
            let _ = write!(
                stream,
                "HTTP/1.1 {}\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n{}",
                reply.status,
                reply.body.len(),
                reply.headers,
                reply.body
            );
        }
    });
    Scripted { url, requests }
}

/// The head and the form of a request.
fn request_text(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        bytes.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.and_then(|it| it.trim().parse().ok()).unwrap_or(0);
        if body.len() >= length {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
