//! A disk that is full: who writes is told, who reads is served, and all is well again once there is room, without a restart.

use std::{
    fs::OpenOptions,
    io::{ErrorKind, Write},
    path::Path,
    process::Command,
    time::Instant,
};

use serde_json::json;

use super::{
    http::call,
    node::{self, Node},
    place::Place,
};

const PASSWORD: &str = "marble trolley unseen kettle";

/// A file system of a few megabytes, in memory, for as long as this lives. Not everybody may make one.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(folder.path()).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

/// Writes a file until there is no room for another byte.
fn fill(file: &Path) {
    let mut file = OpenOptions::new().create(true).append(true).open(file).expect("a file");
    for size in [64 * 1024, 4096, 1] {
        loop {
            match file.write_all(&vec![0; size]) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// Whether there can be a disk for this.
pub fn is_possible() -> bool {
    rustix::process::geteuid().is_root() && SmallDisk::new().is_some()
}

pub fn full() {
    let disk = SmallDisk::new().expect("a disk");
    let mut place = Place::sqlite();
    place.url = format!("sqlite://{}/latchkey.db", disk.0.path().display());
    let filler = disk.0.path().join("filler");
    let node = Node::start(&place);
    node.until_ready();
    let to = node.address;
    let sign_up = |name: &str| {
        let body = json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
        call(to, "POST", "/users", None, Some(body)).expect("an answer")
    };
    let login = |to, name: &str| {
        let body = json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
        call(to, "POST", "/auth/login", None, Some(body)).expect("an answer")
    };
    assert_eq!(sign_up("sam").status, 201);
    let token = login(to, "sam").json()["access_token"].as_str().expect("a token").to_owned();
    let mut acknowledged = vec!["sam".to_owned()];
    let mut refused = 0;
    for round in 0..3 {
        fill(&filler);
        let mut refused_now = 0;
        for number in 0.. {
            let name = format!("p{round}-{number}");
            match sign_up(&name) {
                answer if answer.status == 201 => acknowledged.push(name),
                answer => {
                    assert_eq!(answer.status, 503, "{answer:?}\n{}", node::log(&place));
                    assert_ne!(answer.header("retry-after"), "");
                    refused_now += 1;
                }
            }
            let me = call(to, "GET", "/users/me", Some(&token), None).expect("an answer");
            assert_eq!(me.status, 200, "who reads is served: {me:?}");
            if refused_now == 20 {
                break;
            }
            assert!(number < 10_000, "the disk is not full");
        }
        refused += refused_now;
        std::fs::remove_file(&filler).expect("room");
        let began = Instant::now();
        let name = format!("p{round}-after");
        while sign_up(&name).status != 201 {
            assert!(began.elapsed().as_secs() < 60, "it does not heal");
        }
        acknowledged.push(name);
    }
    for name in &acknowledged {
        assert_eq!(login(to, name).status, 200, "{name}");
    }
    // What was acknowledged when there was no room is there for the next process, too.
    fill(&filler);
    node.kill();
    std::fs::remove_file(&filler).expect("room");
    let node = Node::start(&place);
    node.until_ready();
    for name in &acknowledged {
        assert_eq!(login(node.address, name).status, 200, "{name}");
    }
    let verified = node::run(&place, &["audit", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
    println!("disk full: {refused} refused, {} acknowledged, each of them there", acknowledged.len());
    node.terminate();
}
