//! Delivery: a mail server that listens to us, and one that is away.

use latchkey::server::{config::Secret, jobs, mail::transport::Transport, storage::outbox};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

use crate::support::{PASSWORD, on_both_engines};

/// A mail server for one connection: takes what comes and answers with the letters it was given.
async fn accept_mail(listener: TcpListener) -> String {
    let (stream, _) = listener.accept().await.expect("a connection");
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let mut letter = String::new();
    let mut is_data = false;
    writer.write_all(b"220 test ESMTP\r\n").await.expect("written");
    while let Ok(Some(line)) = lines.next_line().await {
        let reply = match line.as_str() {
            "." if is_data => {
                writer.write_all(b"250 taken\r\n").await.expect("written");
                return letter;
            }
            _ if is_data => {
                letter.push_str(&line);
                letter.push('\n');
                continue;
            }
            "DATA" => {
                is_data = true;
                "354 go on\r\n"
            }
            _ => "250 fine\r\n",
        };
        writer.write_all(reply.as_bytes()).await.expect("written");
    }
    letter
}

fn transport(world: &crate::support::World, port: u16) -> Transport {
    let mut config = (*world.state.config).clone();
    config.smtp_url = Some(Secret::from(format!("smtp://127.0.0.1:{port}").as_str()));
    Transport::from_config(&config).expect("usable").expect("set")
}

on_both_engines! {
    async fn a_mail_waits_for_the_mail_server_and_is_delivered_once(world) {
        world.sign_up("sam@example.com").await;
        world.anonymous().submit("/api/forgot_password", &[("email", "sam@example.com")]).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let transport = transport(world, port);
        jobs::run_once(&world.state, Some(&transport)).await.expect("a mail server that is away is no failure");
        assert_eq!(world.mail_to("sam@example.com").await.len(), 1, "it waits");

        let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("the port");
        let server = tokio::spawn(accept_mail(listener));
        world.clock.advance(61);
        jobs::run_once(&world.state, Some(&transport)).await.expect("delivered");
        let letter = server.await.expect("a letter");
        assert!(letter.contains("To: sam@example.com") && letter.contains("Subject: Choose a new password"), "{letter}");
        assert!(letter.contains("Message-ID: <") && letter.contains("/reset-password?token="), "{letter}");

        world.clock.advance(86_400);
        let due = outbox::due(&mut world.state.db.read().await.expect("a connection"), world.now(), 9).await.expect("read");
        assert!(due.is_empty(), "once");
        assert_eq!(world.mail_to("sam@example.com").await[0].body, "", "the link is not kept once it is sent");
    }

    async fn a_mail_belongs_to_what_caused_it(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        let wrong = [("password", "wrong"), ("new_password", "walnut ferry quartz umbrella")];
        browser.submit("/api/change_password", &wrong).await;
        assert_eq!(world.mail_to("sam@example.com").await.len(), 0);
        let right = [("password", PASSWORD), ("new_password", "walnut ferry quartz umbrella")];
        browser.submit("/api/change_password", &right).await;
        assert_eq!(world.mail_to("sam@example.com").await.len(), 1);
    }

    /// ASVS 15.2.3: mail is for the desk it is on.
    async fn kept_mail_is_shown_to_this_machine_only(world) {
        let mut stranger = world.anonymous();
        assert_eq!(stranger.get("/dev/mail").await.status, 404);
    }
}
