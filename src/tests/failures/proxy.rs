//! A proxy for TCP that can be told to fail: what stands between a node and its database, or between people and nodes. Must not
//! understand what passes.

use std::{
    collections::HashMap,
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

/// How it treats what comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Passes it on.
    Passes,
    /// Hangs up.
    Refuses,
    /// Swallows it, and never says a word again on any connection that it has, nor on those that come.
    Swallows,
    /// Passes it on so much later.
    Delays(Duration),
}

#[derive(Debug)]
struct Shared {
    targets: Mutex<Vec<SocketAddr>>,
    next: AtomicUsize,
    /// The number of the next connection.
    number: AtomicU64,
    manner: Mutex<Manner>,
    /// Connections from before the last time that it swallowed something are dead.
    generation: AtomicU64,
    /// Both ends of each connection that is open: not one more, for a process may have few open at once.
    streams: Mutex<HashMap<u64, [TcpStream; 2]>>,
}

/// A proxy, for as long as the process runs.
#[derive(Clone, Debug)]
pub struct Proxy {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

impl Proxy {
    /// One before these, each in turn. Who refuses a connection is passed over for the next: not a byte was sent.
    pub fn before(targets: &[SocketAddr]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            targets: Mutex::new(targets.to_vec()),
            next: AtomicUsize::new(0),
            number: AtomicU64::new(0),
            manner: Mutex::new(Manner::Passes),
            generation: AtomicU64::new(0),
            streams: Mutex::default(),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&accepting);
                thread::spawn(move || shared.pass(client));
            }
        });
        Self { address, shared }
    }

    /// From now on it does so.
    pub fn set(&self, manner: Manner) {
        *self.shared.manner.lock().expect("a lock") = manner;
        if manner == Manner::Swallows {
            self.shared.generation.fetch_add(1, Ordering::SeqCst);
        }
        if manner == Manner::Refuses {
            for (_, both) in self.shared.streams.lock().expect("a lock").drain() {
                for stream in both {
                    let _ = stream.shutdown(Shutdown::Both);
                }
            }
        }
    }

    /// From now on it stands before these.
    pub fn set_targets(&self, targets: &[SocketAddr]) {
        *self.shared.targets.lock().expect("a lock") = targets.to_vec();
    }
}

impl Shared {
    fn manner(&self) -> Manner {
        *self.manner.lock().expect("a lock")
    }

    fn pass(self: Arc<Self>, client: TcpStream) {
        let generation = self.generation.load(Ordering::SeqCst);
        match self.manner() {
            Manner::Refuses => return,
            Manner::Swallows => return self.pump(client.try_clone().expect("a stream"), client, 0),
            Manner::Passes | Manner::Delays(_) => {}
        }
        let targets = self.targets.lock().expect("a lock").clone();
        let first = self.next.fetch_add(1, Ordering::SeqCst);
        let server =
            (0..targets.len()).find_map(|step| TcpStream::connect(targets[(first + step) % targets.len()]).ok());
        let Some(server) = server else { return };
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let clones = || [&client, &server].map(|stream| stream.try_clone().expect("a stream"));
        let number = self.number.fetch_add(1, Ordering::SeqCst);
        self.streams.lock().expect("a lock").insert(number, clones());
        let [client_too, server_too] = clones();
        thread::scope(|scope| {
            scope.spawn(|| self.pump(server_too, client_too, generation));
            self.pump(client, server, generation);
        });
        self.streams.lock().expect("a lock").remove(&number);
    }

    fn pump(&self, mut from: TcpStream, mut to: TcpStream, generation: u64) {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let count = from.read(&mut buffer).unwrap_or(0);
            if self.generation.load(Ordering::SeqCst) != generation {
                if count == 0 {
                    // Whoever is on the other side never hears of it.
                    std::mem::forget(to);
                    return;
                }
                continue;
            }
            if let Manner::Delays(time) = self.manner() {
                thread::sleep(time);
            }
            if count == 0 || to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
        let _ = from.shutdown(Shutdown::Read);
    }
}
