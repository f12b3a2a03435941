//! Many who come at once, for `benches/load.mjs`: each with a connection and a request of their own, from one thread, which
//! takes little of the cores that it shares with the server. Must not make requests, nor judge answers.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what it prints is what it is for")]

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    rc::Rc,
    time::{Duration, Instant},
};

use clap::Parser;
use serde::Serialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::{LocalSet, spawn_blocking, spawn_local},
    time::{sleep_until, timeout},
};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The status of whoever got no answer: the connection broke, none came in time, or they hung up.
const NONE: u16 = 0;
/// More than any head of an answer.
const MOST_BYTES: usize = 64 * 1024;
/// How long any answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends the requests of a file to a port of this machine, and prints the answers as JSON when all are there.
#[derive(Parser)]
struct Rush {
    #[arg(long)]
    port: u16,
    /// The requests, parted by NUL.
    #[arg(long)]
    requests: PathBuf,
    /// So many come each second; all at once where that is not said.
    #[arg(long, conflicts_with = "again")]
    each_second: Option<f64>,
    /// Every other one hangs up, at some moment of the first 600 ms.
    #[arg(long, conflicts_with = "again")]
    hang_up: bool,
    /// So many at once, and when all of them are answered the next, round and round until the input ends; prints how often.
    #[arg(long)]
    again: Option<usize>,
}

/// What came of a request.
#[derive(Serialize)]
struct Answer {
    status: u16,
    /// Whether it says when to come back (RFC 9110, 10.2.3).
    is_retry_after: bool,
    /// Milliseconds since it was sent.
    took: f64,
    /// Milliseconds since the first was sent, when the answer was there.
    at: f64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let rush = Rush::parse();
    let to = SocketAddr::from((Ipv4Addr::LOCALHOST, rush.port));
    let read = std::fs::read(&rush.requests)?;
    let requests: Vec<Rc<[u8]>> = read.split(|byte| *byte == 0).map(Rc::from).collect();
    LocalSet::new()
        .run_until(async {
            if let Some(count) = rush.again {
                println!("{}", again(to, &requests, count).await?);
                return Ok(());
            }
            println!("{}", serde_json::to_string(&once(to, requests, &rush).await?)?);
            Ok(())
        })
        .await
}

/// All of them, once.
async fn once(to: SocketAddr, requests: Vec<Rc<[u8]>>, rush: &Rush) -> Result<Vec<Answer>, Failure> {
    let begin = tokio::time::Instant::now();
    let mut asked = Vec::with_capacity(requests.len());
    for (number, request) in (0_u32..).zip(requests) {
        if let Some(pace) = rush.each_second {
            sleep_until(begin + Duration::from_secs_f64(f64::from(number) / pace)).await;
        }
        let is_leaving = rush.hang_up && number % 2 == 1;
        let patience = is_leaving.then(|| Duration::from_millis(u64::from((number * 37) % 600)));
        asked.push(spawn_local(ask(to, request, patience, begin.into_std())));
    }
    let mut answers = Vec::with_capacity(asked.len());
    for one in asked {
        answers.push(one.await?);
    }
    Ok(answers)
}

/// Some at once, and then the next, until the input ends; how often.
async fn again(to: SocketAddr, requests: &[Rc<[u8]>], count: usize) -> Result<u32, Failure> {
    let begin = Instant::now();
    let ended = spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
    let (mut times, mut next) = (0, requests.iter().cycle());
    while !ended.is_finished() {
        let asked: Vec<_> =
            next.by_ref().take(count).map(|one| spawn_local(ask(to, Rc::clone(one), None, begin))).collect();
        for one in asked {
            if one.await?.status == NONE {
                return Err("one of them got no answer".into());
            }
        }
        times += 1;
    }
    Ok(times)
}

/// One of them, on a connection of their own that they close when they have the head of the answer, or lose their patience.
async fn ask(to: SocketAddr, request: Rc<[u8]>, patience: Option<Duration>, first: Instant) -> Answer {
    let mut sent = Instant::now();
    let exchange = async {
        let mut stream = TcpStream::connect(to).await?;
        sent = Instant::now();
        stream.write_all(&request).await?;
        let mut head = Vec::with_capacity(4_096);
        while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < MOST_BYTES {
            if stream.read_buf(&mut head).await? == 0 {
                break;
            }
        }
        Ok::<_, std::io::Error>(head)
    };
    let read = timeout(patience.unwrap_or(PATIENCE), exchange).await.unwrap_or_else(|_| Ok(Vec::new()));
    let read = read.unwrap_or_else(|error| error.to_string().into_bytes());
    let text = String::from_utf8_lossy(&read).to_ascii_lowercase();
    let head = text.split_once("\r\n\r\n").map(|(head, _)| head);
    if head.is_none() && patience.is_none() {
        eprintln!("no answer: {text:?}");
    }
    let head = head.unwrap_or_default();
    let seconds = head.lines().find_map(|line| line.strip_prefix("retry-after: ")?.parse().ok());
    Answer {
        status: head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(NONE),
        is_retry_after: seconds.is_some_and(|seconds: u32| seconds > 0),
        took: 1_000.0 * sent.elapsed().as_secs_f64(),
        at: 1_000.0 * first.elapsed().as_secs_f64(),
    }
}
