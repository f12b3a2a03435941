//! Delivery: a mail server that listens to us, and one that is away.

use std::net::{Ipv4Addr, SocketAddr};

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Method, StatusCode},
};
use latchkey::server::{config::Secret, jobs, mail::transport::Transport, storage::outbox};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

use crate::support::{Answer, Browser, PASSWORD, on_both_engines};

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

/// A part of a letter as its reader gets it: found by its boundary, and what the transfer encoded undone.
fn part(letter: &str, content_type: &str) -> String {
    let (_, boundary) = letter.split_once("boundary=\"").expect("parts");
    let (boundary, _) = boundary.split_once('"').expect("a boundary");
    let delimiter = format!("--{boundary}");
    let parts = letter.split(&delimiter).filter_map(|part| part.split_once("\n\n"));
    let mut found = parts.filter(|(headers, _)| headers.contains(&format!("Content-Type: {content_type}")));
    let (headers, content) = found.next().expect("the part");
    assert!(found.next().is_none(), "one {content_type}");
    if !headers.contains("quoted-printable") {
        assert!(headers.contains("7bit"), "{headers}");
        return content.to_owned();
    }
    let joined = content.replace("=\n", "");
    let mut pieces = joined.split('=');
    let mut decoded = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        decoded.push(u8::from_str_radix(&piece[..2], 16).expect("two digits"));
        decoded.extend_from_slice(&piece.as_bytes()[2..]);
    }
    String::from_utf8(decoded).expect("text")
}

/// Opens a page as the developer at this machine.
pub async fn get_from_here(browser: &mut Browser, path: &str) -> Answer {
    let here = ConnectInfo(SocketAddr::from((Ipv4Addr::LOCALHOST, 40_000)));
    let request = browser.request(Method::GET, path).extension(here).body(Body::empty());
    browser.send(request.expect("a request")).await
}

fn transport(world: &crate::support::World, port: u16) -> Transport {
    let mut config = (*world.state.config).clone();
    config.smtp_url = Some(Secret::from(format!("smtp://127.0.0.1:{port}").as_str()));
    Transport::from_config(&config).expect("usable").expect("set")
}

on_both_engines! {
    async fn a_mail_waits_for_the_mail_server_and_is_delivered_once(world) {
        world.sign_up("sam@example.com").await;
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
        assert!(letter.contains("To: sam@example.com") && letter.contains("Subject: Confirm your e-mail address"), "{letter}");
        assert!(letter.contains("From: Latchkey <latchkey@localhost.localdomain>"), "{letter}");
        assert!(letter.contains("Message-ID: <") && letter.contains("Content-Type: multipart/alternative"), "{letter}");
        assert!(letter.find("text/plain") < letter.find("text/html"), "the last is what readers prefer: {letter}");
        let (text, html) = (part(&letter, "text/plain"), part(&letter, "text/html"));
        assert_eq!(text.matches("http").count(), 1, "{text}");
        let link = text.lines().find(|line| line.starts_with("http")).expect("a link on a line of its own");
        assert!(link.contains("/verify-email?token="), "{link}");
        assert_eq!(html.matches("<a ").count(), 1, "{html}");
        assert!(html.contains(&format!("href=\"{link}\"")) && html.contains(&format!(">{link}<")), "{html}");
        assert!(!html.contains("src=") && !html.contains("url("), "nothing is fetched: {html}");
        for said in ["24 hours", "UTC", "Chrome on Linux", "192.0.2.7"] {
            assert!(text.contains(said) && html.contains(said), "{said} in {letter}");
        }

        world.clock.advance(86_400);
        let due = outbox::due(&mut world.state.db.read().await.expect("a connection"), world.now(), world.now().plus(99_999), 9).await.expect("read");
        assert!(due.is_empty(), "once");
        let kept = world.mail_to("sam@example.com").await.remove(0);
        assert_eq!((&*kept.body, &*kept.html), ("", ""), "the link is not kept once it is sent");
    }

    async fn a_mail_belongs_to_what_caused_it(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        let wrong = [("password", "wrong"), ("new_password", "walnut ferry quartz umbrella")];
        browser.submit("/api/change_password", &wrong).await;
        assert_eq!(world.mail_to("sam@example.com").await.len(), 1, "that of the sign-up alone");
        let right = [("password", PASSWORD), ("new_password", "walnut ferry quartz umbrella")];
        browser.submit("/api/change_password", &right).await;
        assert_eq!(world.mail_to("sam@example.com").await.len(), 2);
    }

    /// ASVS 15.2.3: mail is for the desk it is on.
    async fn kept_mail_is_shown_to_this_machine_only(world) {
        let mut stranger = world.anonymous();
        world.sign_up("sam@example.com").await;
        let mut here = world.anonymous();
        let page = get_from_here(&mut here, "/dev/mail").await;
        let (_, frame) = page.body.split_once("src=\"/dev/mail/").expect("a mail");
        let mail = format!("/dev/mail/{}", frame.split('"').next().unwrap_or_default());
        assert_eq!(get_from_here(&mut here, &mail).await.status, StatusCode::OK);
        for page in ["/dev/mail", mail.as_str()] {
            assert_eq!(stranger.get(page).await.status, StatusCode::NOT_FOUND, "{page}");
        }
    }

    /// Both parts: the text on our page, the HTML within it, where it can do nothing (ASVS 3.2.1).
    async fn kept_mail_is_shown_in_both_parts(world) {
        world.sign_up("sam@example.com").await;
        world.anonymous().submit("/api/forgot_password", &[("email", "sam@example.com")]).await;
        let mail = world.mail_to("sam@example.com").await.remove(0);
        let mut developer = world.anonymous();
        let page = get_from_here(&mut developer, "/dev/mail").await;
        assert_eq!((page.status, &page.headers["x-frame-options"]), (StatusCode::OK, &"DENY".parse().expect("a value")));
        assert!(page.says("Choose a new password:\nhttp://127.0.0.1:3000/reset-password?token="), "{}", page.body);
        let (_, frame) = page.body.split_once("<iframe ").expect("a frame");
        let (frame, _) = frame.split_once('>').expect("closed");
        assert!(frame.contains("sandbox=\"allow-popups allow-popups-to-escape-sandbox\"") && frame.contains("title=\"Choose a new password for Latchkey, as HTML\""), "{frame}");
        let (_, path) = frame.split_once("src=\"").expect("an address");
        let (path, _) = path.split_once('"').expect("closed");

        let shown = get_from_here(&mut developer, path).await;
        assert_eq!((shown.status, shown.body), (StatusCode::OK, mail.html));
        assert_eq!(shown.headers["x-frame-options"], "SAMEORIGIN");
        let policy = shown.headers["content-security-policy"].to_str().expect("text");
        for rule in ["default-src 'none'", "style-src 'unsafe-inline'", "frame-ancestors 'self'", "sandbox allow-popups allow-popups-to-escape-sandbox"] {
            assert!(policy.split("; ").any(|said| said == rule), "{rule} in {policy}");
        }
        let missing = get_from_here(&mut developer, "/dev/mail/none").await;
        assert_eq!((missing.status, &missing.headers["x-frame-options"]), (StatusCode::NOT_FOUND, &"DENY".parse().expect("a value")));
    }
}
