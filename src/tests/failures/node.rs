//! The real program: started, asked whether it is ready, killed. Must not know what it is used for.

use std::{
    fs::{File, OpenOptions},
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::{Child, Command, Output, Stdio},
    sync::{
        atomic::{AtomicU32, Ordering},
        mpsc::channel,
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use super::{http, place::Place};

/// What encrypts signing keys where several nodes share them.
const SECRET_KEY: &str = "c2VjcmV0cyBvZiB0ZXN0cyBhcmUgbm90IHNlY3JldHM";
/// The address that tokens are issued by, whichever port a process has.
const BASE_URL: &str = "http://127.0.0.1:3000";

/// One process that serves.
#[derive(Debug)]
pub struct Node {
    child: Child,
    pub address: SocketAddr,
    began: Instant,
}

/// The program on a database, with settings that leave room for a test.
pub fn program(place: &Place, url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latchkey"));
    command
        .current_dir(place.path())
        .env_clear()
        .env("DATABASE_URL", url)
        .env("LATCHKEY_BASE_URL", BASE_URL)
        .env("LATCHKEY_ARGON2_MEMORY_KIB", "8")
        .env("LATCHKEY_ARGON2_ITERATIONS", "1")
        .env("LATCHKEY_ACCOUNT_TRIES", "100")
        .env("LATCHKEY_NETWORK_TRIES", "60000")
        .env("LATCHKEY_NETWORK_REQUESTS", "60000")
        .env("LATCHKEY_HASH_QUEUE", "1000")
        // The machine may have much else to do; tests of time take the default.
        .env("LATCHKEY_DATABASE_PATIENCE_MS", "30000")
        .env("LATCHKEY_LOG", "info");
    if url.starts_with("postgres") {
        command.env("LATCHKEY_SECRET_KEY", SECRET_KEY);
    }
    command
}

impl Node {
    /// Starts the program and waits until it listens.
    pub fn start(place: &Place) -> Self {
        Self::run(place, program(place, &place.url))
    }

    /// The same, with a command of the caller's.
    pub fn run(place: &Place, command: Command) -> Self {
        Self::try_run(place, command).unwrap_or_else(|| panic!("the program ended:\n{}", log(place)))
    }

    /// The same; none where it ended instead.
    pub fn try_run(place: &Place, mut command: Command) -> Option<Self> {
        let log: File =
            OpenOptions::new().create(true).append(true).open(place.file("log")).expect("a file for the log");
        let address = free_address();
        command.env("PORT", address.port().to_string());
        let began = Instant::now();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().expect("it runs");
        let mut lines = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        while !line.contains(" is at http") {
            line.clear();
            if lines.read_line(&mut line).expect("read") == 0 {
                child.wait().expect("ended");
                return None;
            }
        }
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Some(Self { child, address, began })
    }

    /// Returns once it says that it is ready; how long that was after its start.
    pub fn until_ready(&self) -> Duration {
        loop {
            if http::send(self.address, "GET", "/health/ready", &[], None).is_ok_and(|answer| answer.status == 200) {
                return self.began.elapsed();
            }
            assert!(self.began.elapsed() < Duration::from_mins(1), "it never became ready");
            thread::yield_now();
        }
    }

    /// The process.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("a signal");
    }

    /// Ends it at once, as `kill -9` does.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// Asks it to end and waits until it has.
    pub fn terminate(self) {
        self.signal(Signal::TERM);
        self.until_ended();
    }

    /// Returns once it has ended, as it was asked to.
    pub fn until_ended(mut self) {
        let pid = self.pid();
        let (says, said) = channel();
        let ended = thread::scope(|scope| {
            scope.spawn(|| says.send(self.child.wait()));
            said.recv_timeout(Duration::from_mins(2)).inspect_err(|_| _ = kill_process(pid, Signal::KILL))
        });
        let ended = ended.expect("it ended in time").expect("gone");
        assert!(ended.success(), "it ended well");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Where nobody listens: below the ports that connections leave from.
pub fn free_address() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let step = (std::process::id() * 37 + NEXT.fetch_add(1, Ordering::SeqCst)) % 12_000;
        let port = u16::try_from(20_000 + step).expect("a port");
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            return listener.local_addr().expect("an address");
        }
    }
}

/// Runs a command of the program to its end.
pub fn run(place: &Place, arguments: &[&str]) -> Output {
    program(place, &place.url).args(arguments).output().expect("it runs")
}

/// The last lines that programs wrote there.
pub fn log(place: &Place) -> String {
    let log = std::fs::read_to_string(place.file("log")).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}
