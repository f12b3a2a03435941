//! A mail server that is away for ten minutes: nobody who asks notices, and each mail arrives once when it is back.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::http::StatusCode;
use latchkey::server::{config::Secret, jobs, mail::transport::Transport};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::support::{PASSWORD, World, on_both_engines};

/// A mail server that is there or away, and what it took.
#[derive(Debug, Default)]
struct MailServer {
    is_away: AtomicBool,
    refused: Mutex<u32>,
    /// How often it took each, by `Message-ID`.
    taken: Mutex<BTreeMap<String, u32>>,
}

impl MailServer {
    async fn serve(self: Arc<Self>, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            if self.is_away.load(Ordering::SeqCst) {
                *self.refused.lock().expect("a lock") += 1;
                continue;
            }
            tokio::spawn(Arc::clone(&self).talk(stream));
        }
    }

    async fn talk(self: Arc<Self>, stream: TcpStream) {
        let (reader, mut writer) = stream.into_split();
        let mut lines = BufReader::new(reader).lines();
        let (mut is_data, mut id) = (false, String::new());
        writer.write_all(b"220 test ESMTP\r\n").await.expect("written");
        while let Ok(Some(line)) = lines.next_line().await {
            if self.is_away.load(Ordering::SeqCst) {
                return;
            }
            let reply = match line.as_str() {
                "." if is_data => {
                    is_data = false;
                    *self.taken.lock().expect("a lock").entry(std::mem::take(&mut id)).or_default() += 1;
                    "250 taken\r\n"
                }
                line if is_data => {
                    if let Some(named) = line.strip_prefix("Message-ID: ") {
                        named.clone_into(&mut id);
                    }
                    continue;
                }
                "DATA" => {
                    is_data = true;
                    "354 go on\r\n"
                }
                _ => "250 fine\r\n",
            };
            if writer.write_all(reply.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

/// What somebody is told who signs up, asks for a link, asks for the mail again, and asks for a link of somebody unknown.
async fn answers(world: &World, email: &str) -> Vec<(StatusCode, String)> {
    let mut answers = Vec::new();
    let acts = [
        ("/api/sign_up", vec![("email", email), ("new_password", PASSWORD)]),
        ("/api/forgot_password", vec![("email", email)]),
        ("/api/sign_up", vec![("email", email), ("new_password", PASSWORD)]),
        ("/api/forgot_password", vec![("email", "nobody@example.com")]),
    ];
    for (action, fields) in acts {
        let answer = world.anonymous().submit(action, &fields).await;
        answers.push((answer.status, answer.location().to_owned()));
    }
    answers
}

/// The tasks of two nodes at once.
async fn two_nodes(world: &World, transport: &Transport) {
    let (one, other) =
        tokio::join!(jobs::run_once(&world.state, Some(transport)), jobs::run_once(&world.state, Some(transport)));
    one.and(other).expect("background tasks");
}

fn by_mail(config: &mut latchkey::server::config::Config) {
    config.smtp_url = Some(Secret::from("smtp://127.0.0.1:9"));
}

on_both_engines! {
    with(by_mail)

    async fn nobody_notices_and_each_mail_arrives_once(world) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let mut config = world.state.config.as_ref().clone();
        let url = format!("smtp://{}", listener.local_addr().expect("an address"));
        config.smtp_url = Some(Secret::from(url.as_str()));
        let transport = Transport::from_config(&config).expect("a transport").expect("a mail server");
        let server = Arc::new(MailServer::default());
        let serving = tokio::spawn(Arc::clone(&server).serve(listener));

        let quiet = answers(world, "sam@example.com").await;
        two_nodes(world, &transport).await;
        let before = server.taken.lock().expect("a lock").len();
        assert!(before >= 3, "{server:?}");

        server.is_away.store(true, Ordering::SeqCst);
        for minute in 0..10 {
            assert_eq!(answers(world, &format!("kim{minute}@example.com")).await, quiet);
            for _ in 0..2 {
                two_nodes(world, &transport).await;
                world.clock.advance(30);
            }
        }
        assert!(*server.refused.lock().expect("a lock") > 0, "it was tried");
        assert_eq!(server.taken.lock().expect("a lock").len(), before);

        server.is_away.store(false, Ordering::SeqCst);
        let waiting = "select cast(count(*) as text) from outbox where sent_at is null";
        for _ in 0..20 {
            two_nodes(world, &transport).await;
            world.clock.advance(60);
        }
        assert_eq!(world.look_up(waiting).await, "0", "within twice the time that it was away");
        assert_eq!(world.look_up("select cast(count(*) as text) from outbox where failed_at is not null").await, "0");
        let taken = server.taken.lock().expect("a lock").clone();
        assert!(taken.values().all(|times| *times == 1), "{taken:?}");
        assert_eq!(world.look_up("select cast(count(*) as text) from outbox").await, taken.len().to_string());
        serving.abort();
    }
}
