//! `/account/sessions`: which there are, ending them, and how past ones ended.

use std::sync::Arc;

use axum::http::StatusCode;
use latchkey::{
    domain::{
        account::{CurrentSession, CurrentUser},
        error::AuthError,
        session_time::SessionTime,
        username::Username,
    },
    server::{
        error::FlowError,
        flows::{
            change_email,
            change_password::{self, Change},
            own_account::{change_username, delete, export, sessions},
            verify_email,
        },
        request_info::RequestInfo,
        session::{self, store::SqlSessionStore},
        storage::{
            events::{self, EventRow, Page, Wanted},
            own_sessions, sessions as rows, users,
        },
    },
};

use tower_sessions::Session;

use crate::support::{Mail, OTHER_PASSWORD, PASSWORD, SignedIn, World, on_both_engines};

const SESSIONS: &str = "/account/sessions";

/// The id of somebody.
pub async fn id_of(world: &World, email: &str) -> String {
    let mut conn = world.state.db.read().await.expect("a connection");
    users::find_by_email_key(&mut conn, email).await.expect("read").expect("there").id
}

/// The session of another browser as a request has it that was let in before somebody ended it.
async fn let_in_and_ended(world: &World, person: &SignedIn) -> session::CurrentSession {
    let mut elsewhere = world.anonymous();
    elsewhere.sign_in(&person.email, PASSWORD).await;
    let id = elsewhere.session_cookie().expect("a session").parse().expect("an id");
    let store = Arc::new(SqlSessionStore::new(world.state.clone()));
    let session = session::CurrentSession::new(Session::new(Some(id), store, None));
    let theirs = session.get().await.expect("read").expect("live");
    let ended = person.browser.clone().submit("/api/end_session", &[("session", &theirs.id)]).await;
    assert_eq!(ended.location(), SESSIONS, "{ended:?}");
    session
}

fn token_of(mail: &Mail) -> String {
    mail.link().split_once("token=").expect("a token").1.to_owned()
}

/// The events about somebody, newest first.
pub async fn events_about(world: &World, user_id: &str) -> Vec<EventRow> {
    let wanted = Wanted { target: Some(user_id.to_owned()), ..Wanted::default() };
    events::list(&mut world.state.db.read().await.expect("a connection"), &wanted, &Page::First, 1_000)
        .await
        .expect("read")
}

/// How many events of a kind there are about somebody.
pub async fn count_events(world: &World, user_id: &str, kind: &str) -> usize {
    events_about(world, user_id).await.iter().filter(|row| row.content.kind == kind).count()
}

/// The ids of somebody's live sessions, newest first.
async fn live_ids(world: &World, user_id: &str) -> Vec<String> {
    let mut conn = world.state.db.read().await.expect("a connection");
    let rows = own_sessions::live(&mut conn, user_id, world.now(), 100).await.expect("read");
    rows.into_iter().map(|row| row.id).collect()
}

on_both_engines! {
    /// ASVS 7.5.2: this one first, and each with device, address and times.
    async fn live_sessions_are_listed_this_one_first(world) {
        let person = world.sign_up("sam@example.com").await;
        let first = world.now();
        let mut browser = person.browser;
        world.clock.advance(120);
        let mut elsewhere = world.anonymous();
        elsewhere.sign_in(&person.email, PASSWORD).await;
        let page = browser.get(SESSIONS).await;
        assert_eq!(page.status, StatusCode::OK);
        for text in ["This device", "Chrome on Linux", "192.0.2.7", &first.for_people(), &world.now().for_people()] {
            assert!(page.says(text), "{text}: {}", page.body);
        }
        assert!(page.body.contains(&format!("<time datetime=\"{}\">", first.rfc3339())), "{}", page.body);
        let (live, past) = page.body.split_once("Past sign-ins").expect("both lists");
        assert_eq!((live.matches("<h3>").count(), past.matches("<h3>").count()), (2, 0));
        assert_eq!(page.body.matches("This device").count(), 1);
        let this = live.split("<h3>").nth(1).expect("the first");
        assert!(this.contains("This device") && !this.contains("name=\"session\""), "not to be ended here: {this}");
        assert!(page.says("No session of yours has ended yet."));
    }

    /// ASVS 16.5.2: that somebody was seen is no more than a note, and waits for nobody.
    async fn people_read_while_nothing_can_be_written(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut browser = person.browser;
        let user = id_of(world, &person.email).await;
        let session = live_ids(world, &user).await.remove(0);
        world.clock.advance(61);
        let mut writes = world.state.db.begin().await.expect("a transaction");
        assert!(rows::touch(&mut writes, &session, world.now()).await.expect("written"), "it is held from now on");
        assert!(browser.is_signed_in().await);
        drop(writes);
        browser.get(SESSIONS).await;
        let seen = world.look_up(&format!("select cast(last_seen_at as text) from sessions where id = '{session}'")).await;
        assert_eq!(seen, world.now().0.to_string(), "and is noted when it can be");
    }

    /// ASVS 7.4.1, 7.5.2: out with the next request.
    async fn an_ended_session_is_out_with_its_next_request(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut browser = person.browser;
        let mut elsewhere = world.anonymous();
        elsewhere.sign_in(&person.email, PASSWORD).await;
        let user = id_of(world, &person.email).await;
        let theirs = live_ids(world, &user).await[0].clone();
        let page = browser.submit_and_follow("/api/end_session", &[("session", &theirs)]).await;
        assert!(page.says("That session is ended.") && page.says("You ended it from another session"), "{}", page.body);
        assert!(page.says("You are signed in nowhere else."));
        let answer = elsewhere.get("/dashboard").await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/sign-in?next=/dashboard"));
        let location = answer.location().to_owned();
        assert!(elsewhere.visit(&location).await.says("This session was ended."));
        assert!(browser.is_signed_in().await);

        let events = events_about(world, &user).await;
        let ended = events.iter().find(|row| row.content.kind == "session_ended").expect("written down");
        assert_eq!(ended.content.session_id, theirs);
        assert_eq!(ended.content.actor, user);
        assert_eq!(ended.content.detail, "{\"reason\":\"revoked\"}");

        browser.submit("/api/end_session", &[("session", &theirs)]).await;
        assert_eq!(count_events(world, &user, "session_ended").await, 1, "what is over ends once");
    }

    async fn all_other_sessions_end_at_once(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut browser = person.browser;
        let mut others = Vec::new();
        for _ in 0..3 {
            let mut other = world.anonymous();
            other.sign_in(&person.email, PASSWORD).await;
            others.push(other);
        }
        let page = browser.submit_and_follow("/api/end_other_sessions", &[]).await;
        assert!(page.says("All your other sessions are ended."), "{}", page.body);
        for other in &mut others {
            assert!(!other.is_signed_in().await);
        }
        assert!(browser.is_signed_in().await);
        let user = id_of(world, &person.email).await;
        assert_eq!(count_events(world, &user, "session_ended").await, 3);
    }

    /// ASVS 8.2.2: of other people's sessions nobody learns even that they are there.
    async fn other_peoples_sessions_are_not_there(world) {
        let mut sam = world.sign_up("sam@example.com").await.browser;
        let mut kim = world.sign_up("kim@example.com").await.browser;
        let kims = live_ids(world, &id_of(world, "kim@example.com").await).await[0].clone();
        for id in [kims.as_str(), "00000000-0000-7000-8000-000000000000", "x", ""] {
            let answer = sam.submit("/api/end_session", &[("session", id)]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{id}");
            if !id.is_empty() {
                assert_eq!(sam.get(&format!("{SESSIONS}?session={id}")).await.status, StatusCode::NOT_FOUND, "{id}");
            }
        }
        assert!(kim.is_signed_in().await);
        assert!(!sam.get(SESSIONS).await.body.contains(&kims));
        assert_eq!(count_events(world, &id_of(world, "kim@example.com").await, "session_ended").await, 0);
    }

    /// ASVS 7.5.2: after the password was shown again; the way leads back to the very session.
    async fn ending_sessions_needs_the_password_again(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut browser = person.browser;
        let mut elsewhere = world.anonymous();
        elsewhere.sign_in(&person.email, PASSWORD).await;
        let user = id_of(world, &person.email).await;
        let theirs = live_ids(world, &user).await[0].clone();
        world.clock.advance(11 * 60);
        assert!(elsewhere.is_signed_in().await);

        let back = format!("{SESSIONS}?session={theirs}");
        let fields = [("session", theirs.as_str()), ("next", back.as_str())];
        let asked = browser.submit("/api/end_session", &fields).await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER);
        assert_eq!(asked.location(), format!("/account/confirm?next={SESSIONS}%3Fsession%3D{theirs}"));
        assert!(elsewhere.is_signed_in().await, "not yet");
        assert!(browser.submit("/api/end_other_sessions", &[]).await.location().starts_with("/account/confirm"));
        assert!(elsewhere.is_signed_in().await, "not yet");

        let page = browser.submit_and_follow("/api/confirm_password", &[("password", PASSWORD), ("next", &back)]).await;
        let (_, chosen) = page.body.split_once("The session you chose").expect("shown first");
        let (chosen, _) = chosen.split_once("Signed in now").expect("above the others");
        assert!(chosen.contains(&format!("name=\"session\" value=\"{theirs}\"")), "{chosen}");
        assert!(browser.submit("/api/end_session", &fields).await.location() == SESSIONS);
        assert!(!elsewhere.is_signed_in().await);
        let page = browser.get(&back).await;
        let chosen = page.body.split("The session you chose").nth(1).expect("still shown");
        let (chosen, _) = chosen.split_once("Signed in now").expect("above the others");
        assert!(chosen.contains("You ended it from another session") && !chosen.contains("name=\"session\""), "{chosen}");
    }

    async fn without_a_session_nothing_is_ended(world) {
        let person = world.sign_up("sam@example.com").await;
        let theirs = live_ids(world, &id_of(world, &person.email).await).await[0].clone();
        for (action, fields) in [("/api/end_session", vec![("session", theirs.as_str())]), ("/api/end_other_sessions", vec![])] {
            let answer = world.anonymous().submit(action, &fields).await;
            assert!(answer.location().starts_with(SESSIONS), "{answer:?}");
        }
        assert!(person.browser.clone().is_signed_in().await);
    }

    async fn history_tells_how_each_session_ended(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut browser = person.browser;
        browser.submit("/api/sign_out", &[]).await;
        world.clock.advance(60);
        browser.sign_in(&person.email, PASSWORD).await;
        browser.sign_in(&person.email, PASSWORD).await;
        let mut elsewhere = world.anonymous();
        elsewhere.sign_in(&person.email, PASSWORD).await;
        let change = [("password", PASSWORD), ("new_password", OTHER_PASSWORD), ("sign_out_others", "true")];
        elsewhere.submit("/api/change_password", &change).await;
        world.clock.advance(31 * 60);
        assert!(!elsewhere.is_signed_in().await);
        let mut last = world.anonymous();
        last.sign_in(&person.email, OTHER_PASSWORD).await;
        let page = last.get(SESSIONS).await;
        for how in ["You signed out", "You signed in again in the same browser", "The password was changed", "It was not used for too long"] {
            assert!(page.says(how), "{how}: {}", page.body);
        }
    }

    async fn history_is_paged_in_the_address(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut browser = person.browser;
        for _ in 0..45 {
            world.clock.advance(1);
            let mut other = world.anonymous();
            other.sign_in(&person.email, PASSWORD).await;
        }
        browser.submit("/api/end_other_sessions", &[]).await;
        let times = |body: &str| {
            let (_, past) = body.split_once("Past sign-ins").expect("history");
            let times: Vec<String> = past.split("<dt>Signed in").skip(1).map(|rest| rest.split("datetime=\"").nth(1).expect("a time")[..20].to_owned()).collect();
            times
        };
        let link = |body: &str, rel: &str| {
            let tag = body.split("<a ").find(|tag| tag.contains(&format!("rel=\"{rel}\""))).map(str::to_owned);
            tag.map(|tag| tag.split("href=\"").nth(1).expect("a link").split(['"', '#']).next().expect("an address").replace("&amp;", "&"))
        };
        let mut seen = Vec::new();
        let mut page = browser.get(SESSIONS).await;
        assert_eq!(link(&page.body, "prev"), None);
        let mut pages = vec![times(&page.body)];
        while let Some(older) = link(&page.body, "next") {
            page = browser.get(&older).await;
            assert_eq!(page.status, StatusCode::OK);
            pages.push(times(&page.body));
        }
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [20, 20, 5]);
        seen.extend(pages.iter().flatten().cloned());
        let mut sorted = seen.clone();
        sorted.sort();
        sorted.dedup();
        sorted.reverse();
        assert_eq!(seen, sorted, "each once, newest first");
        for expected in [1, 0] {
            let newer = link(&page.body, "prev").expect("a way back");
            page = browser.get(&newer).await;
            assert_eq!(times(&page.body), pages[expected]);
        }
        assert_eq!(link(&page.body, "prev"), None);
        for odd in ["before=x", "after='", "before=00000000-0000-7000-8000-000000000000", "after=ffffffff-ffff-7fff-bfff-ffffffffffff"] {
            assert_eq!(browser.get(&format!("{SESSIONS}?{odd}")).await.status, StatusCode::OK, "{odd}");
        }
    }

    /// ASVS 15.4.1: whatever the order, a session that was ended stays ended, also while its browser shows the password and
    /// would go on under a new token.
    async fn a_revocation_during_a_request_holds(world) {
        let person = world.sign_up("sam@example.com").await;
        let user = id_of(world, &person.email).await;
        for _ in 0..5 {
            let mut elsewhere = world.anonymous();
            elsewhere.sign_in(&person.email, PASSWORD).await;
            let theirs = live_ids(world, &user).await[0].clone();
            let mut tasks = tokio::task::JoinSet::new();
            let mut browser = person.browser.clone();
            let id = theirs.clone();
            tasks.spawn(async move {
                let ended = browser.submit("/api/end_session", &[("session", &id)]).await;
                assert_eq!(ended.location(), SESSIONS, "{ended:?}");
                browser
            });
            for action in ["/api/confirm_password", "/api/end_other_sessions"] {
                let mut busy = elsewhere.clone();
                if action == "/api/confirm_password" {
                    tasks.spawn(async move {
                        busy.submit(action, &[("password", PASSWORD)]).await;
                        busy
                    });
                } else {
                    let mut looking = elsewhere.clone();
                    tasks.spawn(async move {
                        looking.get("/account").await;
                        looking
                    });
                }
            }
            let browsers = tasks.join_all().await;
            assert!(!live_ids(world, &user).await.contains(&theirs));
            let signed_in = {
                let mut count = 0;
                for mut browser in browsers {
                    count += usize::from(browser.is_signed_in().await);
                }
                count
            };
            assert_eq!(signed_in, 1, "the one who ended it");
        }
    }

    /// ASVS 7.4.1, 15.4.2: an act that was under way when its session was ended is not done any more.
    async fn an_act_of_a_session_that_was_ended_meanwhile_is_refused(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut elsewhere = world.anonymous();
        elsewhere.sign_in(&person.email, PASSWORD).await;
        let user_id = id_of(world, &person.email).await;
        let ids = live_ids(world, &user_id).await;
        // Somebody whose request was let in before.
        let session = CurrentSession {
            id: ids[0].clone(),
            since: world.now(),
            authenticated_at: world.now(),
            until: world.now().plus(3_600),
            device: String::new(),
            address: String::new(),
            time: SessionTime { idle_left: 1_800, left: 3_600 },
        };
        let user = CurrentUser {
            id: user_id.clone(),
            email: None,
            is_unverified: false,
            username: Some(Username::parse("sam").expect("a user name")),
            roles: Vec::new(),
            member_since: world.now(),
            session,
        };
        person.browser.clone().submit("/api/end_session", &[("session", &ids[0])]).await;
        assert!(!elsewhere.is_signed_in().await);

        let (state, request) = (&world.state, RequestInfo::default());
        let wish = delete::Wish { identifier: person.email.clone(), password: PASSWORD.into() };
        let outcomes = [
            sessions::end(state, &user, &request, &ids[1]).await,
            sessions::end_others(state, &user, &request).await,
            change_username::run(state, &user, &request, "sammy").await,
            export::run(state, &user, &request).await.map(drop),
            delete::run(state, &user, &request, wish).await.map(drop),
        ];
        for (index, outcome) in outcomes.into_iter().enumerate() {
            assert!(matches!(outcome, Err(FlowError::Answer(AuthError::NotSignedIn))), "{index}: {outcome:?}");
        }
        assert!(person.browser.clone().is_signed_in().await);
        assert_eq!(count_events(world, &user_id, "session_ended").await, 1);
    }

    /// ASVS 7.4.1, 15.4.2: nor is a change of the password or of an address, or the proof of one.
    async fn a_change_by_a_session_that_was_ended_meanwhile_is_refused(world) {
        let (state, request) = (&world.state, RequestInfo::default());
        let is_refused = |outcome: &Result<(), FlowError>| matches!(outcome, Err(FlowError::Answer(AuthError::NotSignedIn)));

        // Not proven yet: sam.
        let sam = world.sign_up("sam@example.com").await;
        let token = token_of(&world.mail_to(&sam.email).await[0]);
        let late = let_in_and_ended(world, &sam).await;
        let change = || Change { password: PASSWORD.into(), new_password: OTHER_PASSWORD.into(), sign_out_others: true };
        let outcomes = [
            change_email::run(state, &late, &request, "new@example.com").await.map(drop),
            verify_email::run(state, &late, &request, &token, String::new()).await.map(drop),
            change_password::run(state, &late, &request, change()).await.map(drop),
        ];
        assert!(outcomes.iter().all(is_refused), "{outcomes:?}");

        // Proven, and another one asked for: kim.
        let mut kim = world.sign_up("kim@example.com").await;
        let link = world.mail_to(&kim.email).await[0].link();
        kim.browser.visit(&link).await;
        kim.browser.submit("/api/verify_email", &[]).await;
        kim.browser.submit("/api/change_email", &[("email", "next@example.com")]).await;
        let late = let_in_and_ended(world, &kim).await;
        let token = token_of(&world.mail_to("next@example.com").await[0]);
        let outcomes = [
            change_email::run(state, &late, &request, "other@example.com").await.map(drop),
            change_email::cancel(state, &late, &request).await.map(drop),
            verify_email::run(state, &late, &request, &token, String::new()).await.map(drop),
        ];
        assert!(outcomes.iter().all(is_refused), "{outcomes:?}");

        for (person, changed) in [(&sam, "password_changed"), (&sam, "email_changed"), (&sam, "email_verified"), (&kim, "email_changed"), (&kim, "email_change_cancelled")] {
            assert_eq!(count_events(world, &id_of(world, &person.email).await, changed).await, 0, "{changed}");
            assert_eq!(world.anonymous().sign_in(&person.email, PASSWORD).await.location(), "/dashboard");
        }
    }

    async fn a_browser_nobody_knows_is_shown_as_it_calls_itself(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut odd = world.anonymous();
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs([("identifier", person.email.as_str()), ("password", PASSWORD)]).finish();
        let mut request = odd
            .request(axum::http::Method::POST, "/api/sign_in")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(axum::body::Body::from(body)).expect("a request");
        request.headers_mut().insert("user-agent", "<b>Kettle</b> 7".parse().expect("a value"));
        odd.send(request).await;
        let page = person.browser.clone().get(SESSIONS).await;
        assert!(page.body.contains("&lt;b>Kettle&lt;/b> 7") || page.body.contains("&lt;b&gt;Kettle&lt;/b&gt; 7"), "{}", page.body);
    }
}
