//! A PostgreSQL of a test's own, which may be stopped, frozen and killed. Must not be the one that tests share.

use std::{
    net::SocketAddr,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

use super::{node::free_address, place::block_on};

/// A server with a folder of its own.
#[derive(Debug)]
pub struct Postgres {
    folder: TempDir,
    pub address: SocketAddr,
    child: Option<Child>,
}

/// The folder of PostgreSQL's programs.
fn programs() -> PathBuf {
    if let Some(folder) = std::env::var_os("LATCHKEY_TEST_POSTGRES_BIN") {
        return folder.into();
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.map(|entry| entry.path().join("bin")).filter(|bin| bin.join("initdb").exists()).max();
    newest.expect("PostgreSQL's programs; LATCHKEY_TEST_POSTGRES_BIN names their folder")
}

/// Who they run as: never root.
fn account() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let accounts = std::fs::read_to_string("/etc/passwd").expect("read");
    let find = |name: &str| {
        let fields: Vec<&str> = accounts.lines().find(|line| line.starts_with(name))?.split(':').collect();
        Some((fields[2].parse().ok()?, fields[3].parse().ok()?))
    };
    Some(find("postgres:").or_else(|| find("nobody:")).expect("somebody who is not root"))
}

/// One of the programs, run by somebody who may.
fn program(name: &str, folder: &Path) -> Command {
    let mut command = Command::new(programs().join(name));
    command.current_dir("/").env("TMPDIR", folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Some((user, group)) = account() {
        command.uid(user).gid(group);
    }
    command
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    if let Some((user, group)) = account() {
        chown(folder.path(), Some(user), Some(group)).expect("given away");
    }
    folder
}

impl Postgres {
    /// A new one, which is sure of what it acknowledges (`fsync` is on).
    pub fn new() -> Self {
        let folder = folder();
        let options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync", "-D"];
        let made = program("initdb", folder.path()).args(options).arg(folder.path().join("data")).status();
        assert!(made.expect("it runs").success(), "initdb");
        Self::start(folder, free_address())
    }

    /// A standby of this one, which gets everything that is done there.
    pub fn standby(&self, name: &str) -> Self {
        let folder = folder();
        let from = format!("host=127.0.0.1 port={} user=postgres application_name={name}", self.address.port());
        let copied = program("pg_basebackup", folder.path())
            .args(["--no-sync", "--write-recovery-conf", "--checkpoint=fast", "--dbname", &from, "--pgdata"])
            .arg(folder.path().join("data"))
            .status();
        assert!(copied.expect("it runs").success(), "pg_basebackup");
        Self::start(folder, free_address())
    }

    fn start(folder: TempDir, address: SocketAddr) -> Self {
        let mut server = Self { folder, address, child: None };
        server.rise();
        server
    }

    /// Starts it, again on its port, and waits until it answers.
    pub fn rise(&mut self) {
        self.begin_to_rise();
        while !block_on(async { PgConnection::connect(&self.url()).await.is_ok() }) {
            std::thread::yield_now();
        }
    }

    /// Starts it, again on its port.
    pub fn begin_to_rise(&mut self) {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.folder.path().join("log"));
        // What a server that was killed leaves would tell the next that it still runs.
        let _ = std::fs::remove_file(self.folder.path().join("data/postmaster.pid"));
        let mut command = program("postgres", self.folder.path());
        command.arg("-D").arg(self.folder.path().join("data")).args(["-p", &self.address.port().to_string(), "-k", ""]);
        command.args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=on", "-c", "max_connections=60"]);
        command.stderr(log.expect("a log"));
        self.child = Some(command.spawn().expect("it runs"));
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("postgres://postgres@{}/postgres", self.address)
    }

    /// The process that its others come from.
    pub fn pid(&self) -> Pid {
        Pid::from_child(self.child.as_ref().expect("it runs"))
    }

    /// It and its children.
    fn family(&self) -> Vec<Pid> {
        let first = self.pid();
        let parent_of = |entry: &Path| -> Option<i32> {
            let stat = std::fs::read_to_string(entry.join("stat")).ok()?;
            stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
        };
        let entries = std::fs::read_dir("/proc").expect("the processes of Linux").flatten();
        let children = entries.filter_map(|entry| {
            let process = entry.file_name().to_str()?.parse().ok().and_then(Pid::from_raw)?;
            (parent_of(&entry.path())? == first.as_raw_nonzero().get()).then_some(process)
        });
        std::iter::once(first).chain(children).collect()
    }

    /// Sends a signal to it and its children.
    pub fn signal(&self, signal: Signal) {
        for process in self.family() {
            let _ = kill_process(process, signal);
        }
    }

    /// Ends it and its children at once.
    pub fn kill(&mut self) {
        // First stopped, so that no child hears of its parent's end.
        self.signal(Signal::STOP);
        self.signal(Signal::KILL);
        self.child.take().expect("it runs").wait().expect("gone");
    }

    /// Makes a standby the one that is written to.
    pub fn promote(&self) {
        let done = program("pg_ctl", self.folder.path())
            .args(["promote", "-s", "-w", "-D"])
            .arg(self.folder.path().join("data"))
            .status();
        assert!(done.expect("it runs").success(), "pg_ctl promote");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if self.child.is_some() {
            self.kill();
        }
    }
}
