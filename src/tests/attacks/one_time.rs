//! What is good once, used more often, for something else, or by somebody else (CWE-294, CWE-362, CWE-640).

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use latchkey::server::{config::Config, flows::set_up};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    suite::{attacks, execute},
    support::{Answer, Browser, OTHER_PASSWORD, PASSWORD, World},
};

/// So many use one token at the same moment.
const AT_ONCE: usize = 50;

/// What is mailed or printed, and good once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Reset,
    Verify,
    ChangeEmail,
    NotMe,
    SetUp,
}

const KINDS: [Kind; 5] = [Kind::Reset, Kind::Verify, Kind::ChangeEmail, Kind::NotMe, Kind::SetUp];

impl Kind {
    /// The page that it leads to, and where the page's form goes.
    fn door(self) -> (&'static str, &'static str) {
        match self {
            Self::Reset => ("/reset-password", "/api/reset_password"),
            Self::Verify | Self::ChangeEmail => ("/verify-email", "/api/verify_email"),
            Self::NotMe => ("/not-me", "/api/not_me"),
            Self::SetUp => ("/setup", "/api/set_up"),
        }
    }
}

/// Enough tries of everything: what limits is for `guessing.rs`.
fn unlimited(config: &mut Config) {
    config.account_tries = u16::MAX;
    config.network_tries = u16::MAX;
    config.network_requests = u16::MAX;
}

async fn link(world: &World, email: &str, subject: &str) -> String {
    let mails = world.mail_to(email).await;
    mails.iter().find(|mail| mail.subject.starts_with(subject)).unwrap_or_else(|| panic!("{subject}: {mails:?}")).link()
}

/// A new person, for whom there is a token of a kind.
async fn token(world: &World, kind: Kind, email: &str) -> String {
    let mut browser = if kind == Kind::SetUp { world.anonymous() } else { world.sign_up(email).await.browser };
    let link = match kind {
        Kind::Reset => {
            world.anonymous().submit("/api/forgot_password", &[("email", email)]).await;
            link(world, email, "Choose a new password").await
        }
        Kind::Verify => link(world, email, "Confirm").await,
        Kind::ChangeEmail => {
            browser.visit(&link(world, email, "Confirm").await).await;
            browser.submit("/api/verify_email", &[]).await;
            let next = format!("next-{email}");
            browser.submit("/api/change_email", &[("email", &next)]).await;
            link(world, &next, "Confirm").await
        }
        Kind::NotMe => {
            world.anonymous().sign_in(email, PASSWORD).await;
            link(world, email, "New sign-in").await
        }
        Kind::SetUp => {
            world.tamper("delete from user_roles").await;
            let link = set_up::make_link(&world.state).await.expect("made").expect("nobody is an administrator");
            link[url::Position::BeforePath..].to_owned()
        }
    };
    link.split_once("token=").expect("a token").1.to_owned()
}

/// What a browser with the token in its cookie sends, to be answered as a program.
fn use_of(browser: &Browser, action: &str, email: &str) -> axum::http::Request<Body> {
    let fields = [("password", PASSWORD), ("new_password", OTHER_PASSWORD), ("email", email)];
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = browser
        .request(Method::POST, action)
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let mut request = request.body(Body::from(body)).expect("a request");
    request.headers_mut().insert(header::ACCEPT, "application/json".parse().expect("a value"));
    request
}

fn is_taken(answer: &Answer) -> bool {
    // Too busy is a refusal, too: fifty at once may be told to come again.
    assert!(!answer.status.is_server_error() || answer.status == StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    !answer.status.is_client_error() && !answer.status.is_server_error()
}

/// Brings a token to the door of a kind and goes through.
async fn present(world: &World, kind: Kind, token: &str, email: &str) -> bool {
    let (page, action) = kind.door();
    let mut browser = world.anonymous();
    let carried: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
    browser.get(&format!("{page}?token={carried}")).await;
    let request = use_of(&browser, action, email);
    is_taken(&browser.send(request).await)
}

/// The same by JSON, where there is a door for programs.
async fn present_as_program(world: &World, kind: Kind, token: &str) -> Option<bool> {
    let program = world.program();
    let answer = match kind {
        Kind::Reset => {
            program.post("/auth/password/reset", json!({ "token": token, "new_password": OTHER_PASSWORD })).await
        }
        Kind::Verify | Kind::ChangeEmail => {
            program.post("/auth/email/verify", json!({ "token": token, "password": PASSWORD })).await
        }
        Kind::NotMe | Kind::SetUp => return None,
    };
    Some(is_taken(&answer))
}

/// What is spent is as good as new.
async fn spends_nothing(world: &mut World) {
    world
        .tamper(
            "create trigger unspends after update of spent_at on one_time_tokens when new.spent_at is not null begin
           update one_time_tokens set spent_at = null where token_hash = new.token_hash; end;
         create trigger unspends_too after update of spent_at on refresh_tokens when new.spent_at is not null begin
           update refresh_tokens set spent_at = null where token_hash = new.token_hash; end",
        )
        .await;
}

/// A link that proves an address is taken whatever became of it.
async fn takes_dead_links(world: &mut World) {
    world.wrap(async |request, next| {
        let is_proof = request.uri().path() == "/api/verify_email";
        let mut answer = next.run(request).await;
        if is_proof && answer.status().is_client_error() {
            *answer.status_mut() = StatusCode::OK;
        }
        answer
    });
}

/// What is spent is as good as new, and nobody is an administrator already.
async fn sees_no_administrator(world: &mut World) {
    spends_nothing(world).await;
    world.tamper("create trigger unseen after insert on user_roles begin delete from user_roles; end").await;
}

/// Nothing grows old.
async fn nothing_grows_old(world: &mut World) {
    world
        .tamper(
            "create trigger for_ever after insert on one_time_tokens begin
           update one_time_tokens set expires_at = 99999999999 where token_hash = new.token_hash; end",
        )
        .await;
}

/// Whatever a link was for, it opens the door that it is brought to.
async fn forgets_what_it_was_for(world: &mut World) {
    let db = world.state.db.clone();
    world.wrap(move |request, next| {
        let db = db.clone();
        async move {
            let path = request.uri().path().to_owned();
            let door = [("reset", "reset_password"), ("verify", "verify_email"), ("not", "not_me"), ("set", "set_up")];
            if let Some((_, purpose)) = door.into_iter().find(|(name, _)| path.contains(name)) {
                execute(&db, format!("update one_time_tokens set purpose = '{purpose}'")).await;
            }
            next.run(request).await
        }
    });
}

/// Whoever holds a link is its owner.
async fn takes_the_bearer_for_the_owner(world: &mut World) {
    let db = world.state.db.clone();
    world.wrap(move |request, next| {
        let db = db.clone();
        async move {
            let is_door = request.uri().path() == "/api/verify_email";
            let mallory = "(select id from users where email_key like 'mallory%')";
            if is_door {
                execute(
                    &db,
                    format!("update users set password_hash = (select password_hash from users where id = {mallory})"),
                )
                .await;
            }
            next.run(request).await
        }
    });
}

/// Uses one token so many times at once.
async fn race(world: &World, record: &crate::suite::Record, kind: Kind, rounds: usize) {
    for round in 0..rounds {
        let email = format!("sam{round}-{kind:?}@example.com").to_lowercase();
        let token = token(world, kind, &email).await;
        let (page, action) = kind.door();
        let mut browser = world.anonymous();
        browser.get(&format!("{page}?token={token}")).await;
        let mut uses = JoinSet::new();
        for index in 0..AT_ONCE {
            let mut browser = browser.clone();
            // Each would make an account of its own.
            let email = if kind == Kind::SetUp { format!("chief{round}-{index}@example.com") } else { email.clone() };
            uses.spawn(async move { is_taken(&browser.send(use_of(&browser, action, &email)).await) });
        }
        let winners = uses.join_all().await.into_iter().filter(|won| *won).count();
        assert!(winners > 0, "{kind:?}, round {round}: nobody won");
        for index in 1..AT_ONCE {
            record.held(index >= winners, || format!("{kind:?}, round {round}: {winners} of {AT_ONCE} uses won"));
        }
    }
}

attacks! {
    /// ASVS 2.3.4, 6.5.1, 15.4.2; CWE-362, CWE-367: 25 rounds; exactly one wins.
    with(unlimited) caught_by(spends_nothing) async fn a_reset_link_fifty_times_at_once(world, record) {
        race(world, record, Kind::Reset, 25).await;
    }

    /// ASVS 2.3.4, 6.5.1, 15.4.2; CWE-362: 20 rounds.
    with(unlimited) caught_by(takes_dead_links) async fn a_link_that_proves_an_address_fifty_times_at_once(world, record) {
        race(world, record, Kind::Verify, 20).await;
    }

    /// ASVS 2.3.4, 6.5.1, 15.4.2; CWE-362: 10 rounds.
    with(unlimited) caught_by(takes_dead_links) async fn a_link_that_changes_an_address_fifty_times_at_once(world, record) {
        race(world, record, Kind::ChangeEmail, 10).await;
    }

    /// ASVS 2.3.4, 6.5.1, 15.4.2; CWE-362: 15 rounds.
    with(unlimited) caught_by(spends_nothing) async fn a_not_me_link_fifty_times_at_once(world, record) {
        race(world, record, Kind::NotMe, 15).await;
    }

    /// ASVS 2.3.4, 6.5.1, 15.4.2; CWE-362: 10 rounds; there is one administrator more, not fifty.
    with(unlimited) caught_by(sees_no_administrator) async fn a_set_up_link_fifty_times_at_once(world, record) {
        race(world, record, Kind::SetUp, 10).await;
    }

    /// ASVS 2.3.4, 10.4.5, 15.4.2; CWE-362; RFC 9700 section 4.14: 20 rounds; by two winners two programs would go on where there was one.
    with(unlimited) caught_by(spends_nothing) async fn a_refresh_token_fifty_times_at_once(world, record) {
        for round in 0..20 {
            let program = world.new_program(&format!("sam{round}@example.com")).await;
            let mut uses = JoinSet::new();
            for _ in 0..AT_ONCE {
                let program = program.clone();
                uses.spawn(async move { is_taken(&program.refresh().await) });
            }
            let winners = uses.join_all().await.into_iter().filter(|won| *won).count();
            assert!(winners > 0, "round {round}: nobody won");
            for index in 1..AT_ONCE {
                record.held(index >= winners, || format!("round {round}: {winners} of {AT_ONCE} uses won"));
            }
        }
    }

    /// ASVS 6.4.1, 6.5.1; CWE-294, CWE-640: after it was used, by both doors; and after everything that makes it dead.
    with(unlimited) caught_by(spends_nothing, nothing_grows_old) async fn a_dead_link(world, record) {
        for kind in KINDS {
            for end in ["used", "old", "newer", "new password", "disabled", "gone"] {
                let is_for_somebody = kind != Kind::SetUp;
                // Wishing for another address twice, and being told twice, is not replacing: each link is for what it tells of.
                if (!is_for_somebody && !matches!(end, "used" | "old" | "newer")) || (end == "newer" && kind == Kind::NotMe) || (end == "new password" && matches!(kind, Kind::NotMe | Kind::Verify)) {
                    continue;
                }
                let email = format!("sam-{kind:?}-{}@example.com", end.replace(' ', "-")).to_lowercase();
                let token = token(world, kind, &email).await;
                let mut owner = world.anonymous();
                if is_for_somebody && end != "used" {
                    owner.sign_in(&email, PASSWORD).await;
                }
                match end {
                    "used" => assert!(present(world, kind, &token, &email).await, "{kind:?}"),
                    "old" => world.clock.advance(30 * 86_400),
                    "newer" => match kind {
                        Kind::Reset => drop(owner.submit("/api/forgot_password", &[("email", &email)]).await),
                        Kind::Verify => drop(owner.submit("/api/resend_verification", &[("email", &email)]).await),
                        Kind::ChangeEmail => drop(owner.submit("/api/change_email", &[("email", &format!("other-{email}"))]).await),
                        _ => drop(set_up::make_link(&world.state).await.expect("made")),
                    },
                    "new password" => {
                        let fields = [("password", PASSWORD), ("new_password", OTHER_PASSWORD), ("sign_out_others", "true")];
                        owner.submit("/api/change_password", &fields).await;
                    }
                    "disabled" => world.disable(&email).await,
                    _ => drop(world.tamper(&format!("delete from users where email_key = '{email}'")).await),
                }
                world.mail_to("nobody").await;
                for again in 0..3 {
                    let is_taken = present(world, kind, &token, &format!("again-{email}")).await;
                    record.held(!is_taken, || format!("{kind:?}, {end}: taken again, {again}"));
                    if let Some(is_taken) = present_as_program(world, kind, &token).await {
                        record.held(!is_taken, || format!("{kind:?}, {end}: taken again of a program, {again}"));
                    }
                }
            }
        }
    }

    /// ASVS 6.4.1, 9.2.2, 11.5.1; CWE-345, CWE-640: each kind at the doors of all others, and as a session, an access token and a
    /// refresh token.
    with(unlimited) caught_by(forgets_what_it_was_for) async fn a_link_for_something_else(world, record) {
        for kind in KINDS {
            let email = format!("sam-{kind:?}@example.com").to_lowercase();
            let token = token(world, kind, &email).await;
            for other in KINDS.into_iter().filter(|other| other.door() != kind.door()) {
                let is_taken = present(world, other, &token, &format!("evil-{email}")).await;
                record.held(!is_taken, || format!("{kind:?} was taken for {other:?}"));
                if let Some(is_taken) = present_as_program(world, other, &token).await {
                    record.held(!is_taken, || format!("{kind:?} was taken for {other:?} of a program"));
                }
            }
            let program = world.program().with_token(&token);
            record.held(!is_taken(&program.get("/users/me").await), || format!("{kind:?} was taken for an access token"));
            let refreshed = program.post("/auth/refresh", json!({ "refresh_token": token })).await;
            record.held(!is_taken(&refreshed), || format!("{kind:?} was taken for a refresh token"));
            let mut browser = world.anonymous();
            browser.cookies.insert("latchkey".into(), token.clone());
            record.held(!browser.is_signed_in().await, || format!("{kind:?} was taken for a session"));
            assert!(present(world, kind, &token, &email).await, "{kind:?} was good all the time");
        }
        let program = world.new_program("pat@example.com").await;
        let personal = program.personal(&["account:read"]).await.token.expect("a token");
        let access = program.token.clone().expect("a token");
        for (what, secret) in [("a refresh token", &program.refresh_token), ("a personal token", &personal), ("an access token", &access)] {
            for kind in KINDS {
                let is_taken = present(world, kind, secret, "evil@example.com").await;
                record.held(!is_taken, || format!("{what} was taken for {kind:?}"));
                if let Some(is_taken) = present_as_program(world, kind, secret).await {
                    record.held(!is_taken, || format!("{what} was taken for {kind:?} of a program"));
                }
            }
            if *secret != program.refresh_token {
                let refreshed = program.post("/auth/refresh", json!({ "refresh_token": secret })).await;
                record.held(!is_taken(&refreshed), || format!("{what} was taken for a refresh token"));
            }
        }
        let me = program.with_token(&program.refresh_token).get("/users/me").await;
        record.held(!is_taken(&me), || "a refresh token was taken for an access token".into());
    }

    /// ASVS 6.6.2, 8.2.2; CWE-639: the link of somebody else, signed in as oneself, or with one's own password.
    with(unlimited) caught_by(takes_the_bearer_for_the_owner) async fn the_link_of_somebody_else(world, record) {
        let mallory = world.sign_up("mallory@example.com").await.browser;
        let mut changing = mallory.clone();
        changing.submit("/api/change_password", &[("password", PASSWORD), ("new_password", OTHER_PASSWORD)]).await;
        for kind in [Kind::Verify, Kind::ChangeEmail] {
            let email = format!("sam-{kind:?}@example.com").to_lowercase();
            let token = token(world, kind, &email).await;
            for (who, browser) in [("signed in", &changing), ("signed out", &world.anonymous())] {
                for password in [None, Some(""), Some(OTHER_PASSWORD), Some("wrong")] {
                    let mut browser = browser.clone();
                    browser.get(&format!("/verify-email?token={token}")).await;
                    let fields: Vec<(&str, &str)> = password.into_iter().map(|password| ("password", password)).collect();
                    let mut request = use_of(&browser, "/api/verify_email", &email);
                    *request.body_mut() = Body::from(url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish());
                    let answer = browser.send(request).await;
                    record.held(!is_taken(&answer), || format!("{kind:?}, {who} with {password:?}: {answer:?}"));
                }
            }
            let program = world.program().post("/auth/email/verify", json!({ "token": token, "password": OTHER_PASSWORD })).await;
            record.held(!is_taken(&program), || format!("{kind:?}, as a program: {program:?}"));
        }
    }

    /// ASVS 6.5.4, 7.2.3, 11.5.1; CWE-330, CWE-340: written otherwise, cut, made up, and read from a copy of the database.
    with(unlimited) caught_by(takes_hashes_for_tokens) async fn a_token_that_was_never_drawn(world, record) {
        for kind in KINDS {
            let email = format!("sam-{kind:?}@example.com").to_lowercase();
            let token = token(world, kind, &email).await;
            let hash = world.look_up("select max(token_hash) from one_time_tokens where spent_at is null").await;
            let last = token.len() - 1;
            // Bits that base64 leaves over: other texts that some decoders take for the same bytes.
            let also = ["A", "B", "C", "D", "E", "g", "w", "8"].map(|end| format!("{}{end}", &token[..last]));
            let guesses = [
                hash.clone(), hash.to_uppercase(), token.to_lowercase(), token.to_uppercase(), token[..last].to_owned(), token[1..].to_owned(),
                format!("{token}A"), format!("{token}="), format!("{token}\0"), format!("{token}\n"), format!(" {token}"), format!("{token} "),
                format!("{token}%00"), "%".into(), "%%".into(), "_".repeat(token.len()), "A".repeat(token.len()), "0".repeat(64), String::new(), "none".into(),
                "null".into(), "' or '1'='1".into(), "../x".into(), token.replace(['-', '_'], "+"), format!("{token}&token=x"), token.chars().rev().collect(),
            ];
            for guess in guesses.into_iter().chain(also).filter(|guess| *guess != token) {
                let is_taken = present(world, kind, &guess, &format!("evil-{email}")).await;
                record.held(!is_taken, || format!("{kind:?}: {guess:?} was taken for {token}"));
                if let Some(is_taken) = present_as_program(world, kind, &guess).await {
                    record.held(!is_taken, || format!("{kind:?}: {guess:?} was taken for {token} of a program"));
                }
            }
            assert!(record.is_control() || present(world, kind, &token, &email).await, "{kind:?} was good all the time");
        }
    }

    /// ASVS 10.4.5; CWE-294; RFC 9700 section 4.14: a refresh token that comes again, late, ends what its copy began.
    with(unlimited) caught_by(spends_nothing) async fn a_stolen_refresh_token(world, record) {
        for round in 0..4 {
            let mut first = world.new_program(&format!("sam{round}@example.com")).await;
            let second = first.clone();
            let answer = first.refresh().await;
            first.take(&answer);
            world.clock.advance(11);
            record.held(!is_taken(&second.refresh().await), || "it was taken twice".into());
            record.held(!is_taken(&first.refresh().await), || "the family lives on by its newest refresh token".into());
            for (whose, program) in [("first", &first), ("second", &second)] {
                record.held(!is_taken(&program.get("/users/me").await), || format!("the family lives on by the {whose} access token"));
            }
        }
    }
}

/// What stands in the database is as good as what it was made from.
async fn takes_hashes_for_tokens(world: &mut World) {
    let db = world.state.db.clone();
    world.wrap(move |mut request, next| {
        let db = db.clone();
        async move {
            if let Some((page, token)) = request.uri().to_string().split_once("?token=")
                && token.len() == 64
            {
                let good = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
                let hash = latchkey::server::crypto::token::digest(good.as_bytes());
                let adopt = format!(
                    "delete from one_time_tokens where token_hash = '{hash}';
                     update one_time_tokens set token_hash = '{hash}' where token_hash = '{token}'"
                );
                execute(&db, adopt).await;
                *request.uri_mut() = format!("{page}?token={good}").parse().expect("an address");
            }
            next.run(request).await
        }
    });
}
