//! What was allowed a moment ago (CWE-362, CWE-367): acts of an administrator who is none any more, and the last ones leaving
//! together. Who may do what when nothing changes is the matrix of `src/tests/authorization.rs`.

use axum::{
    body::Body,
    http::{Method, header},
};
use latchkey::{
    domain::role::Role,
    server::{
        config::Config,
        flows::manage::{Actor, roles},
        storage::{locks, users},
    },
};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    suite::{attacks, state_of},
    support::{Answer, Browser, PASSWORD, Program, World},
};

fn unlimited(config: &mut Config) {
    config.account_tries = u16::MAX;
    config.network_tries = u16::MAX;
    config.network_requests = u16::MAX;
}

/// Somebody who was made an administrator, signed in as browser and program.
async fn administrator(world: &World, email: &str) -> (String, Browser, Program) {
    let browser = world.sign_up(email).await.browser;
    let id = world.id_of(email).await;
    roles::grant(&world.state, Actor::CommandLine, &id, &Role::admin()).await.expect("granted");
    (id, browser, world.program_of(email).await)
}

/// What an administrator may do: a name, and the form or operation.
fn acts(target: &str, session: &str, evil: &str, number: usize) -> Vec<(Method, String, String)> {
    let form = |action: &str, body: String| (Method::POST, format!("/api/{action}"), body);
    vec![
        form("admin_person", format!("person={target}&act=disable")),
        form("admin_person", format!("person={target}&act=send_reset_mail")),
        form("admin_person", format!("person={target}&act=end_sessions")),
        form("admin_person", format!("person={target}&act=end_sessions&session={session}")),
        form("admin_role", format!("person={evil}&role=admin&change=grant")),
        form("admin_role", format!("person={target}&role=editor&change=grant")),
        form("admin_delete", format!("person={target}&confirmation=target%40example.com")),
        form("admin_create", format!("email=made{number}%40example.com&roles=admin")),
        form("admin_act", format!("ids={target}&act=disable")),
        form("admin_sessions", format!("ids={session}&act=end&as_of=99999999999")),
        form("admin_sessions", format!("ids={session}&act=delete&as_of=99999999999")),
        (Method::PUT, format!("/manage/users/{evil}/roles/admin"), String::new()),
        (Method::POST, format!("/manage/users/{target}/disable"), String::new()),
        (Method::DELETE, format!("/manage/users/{target}"), String::new()),
        (Method::DELETE, format!("/manage/users/{target}/sessions/{session}"), String::new()),
        (Method::POST, "/manage/users".into(), json!({ "email": format!("made{number}@example.org") }).to_string()),
        (Method::POST, "/manage/sessions/end".into(), json!({ "ids": [session] }).to_string()),
    ]
}

/// Does one of them.
async fn act(browser: &Browser, program: &Program, (method, path, body): &(Method, String, String)) -> Answer {
    if path.starts_with("/manage") {
        let body = (!body.is_empty()).then(|| serde_json::from_str(body).expect("JSON"));
        return program.call(method.clone(), path, body).await;
    }
    let request = browser
        .request(method.clone(), path)
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let mut request = request.body(Body::from(body.clone())).expect("a request");
    request.headers_mut().insert(header::ACCEPT, "application/json".parse().expect("a value"));
    browser.clone().send(request).await
}

/// Everything that an act could change, but for what the refusal itself writes down.
async fn target_of(world: &World) -> (String, String) {
    let session = world.look_up("select count(*) || '' from sessions where user_id = (select id from users where email_key = 'target@example.com') and ended_at is null").await;
    (state_of(world).await, session)
}

/// Whoever was an administrator stays one.
async fn takes_no_role_away(world: &mut World) {
    world.tamper("create trigger stays after delete on user_roles begin insert into user_roles values (old.user_id, old.role, old.granted_at); end").await;
}

/// Whoever leaves, all leave.
async fn all_leave_with_one(world: &mut World) {
    world.tamper(
        "create trigger all_leave after delete on user_roles begin delete from user_roles; end;
         create trigger all_leave_too after update on users when new.disabled_at is not null or new.deletion_at is not null begin delete from user_roles; end",
    ).await;
}

attacks! {
    /// ASVS 8.3.2, 15.4.2; CWE-367, CWE-613: after the role was taken away, with a session and a token from before.
    with(unlimited) caught_by(takes_no_role_away) async fn acts_after_the_role_is_gone(world, record) {
        let chief = world.administrator("ada@example.com").await.browser;
        let evil = world.sign_up("evil@example.com").await;
        let evil_id = world.id_of(&evil.email).await;
        world.sign_up("target@example.com").await;
        let target = world.id_of("target@example.com").await;
        let session = world.look_up(&format!("select id from sessions where user_id = '{target}'")).await;
        let (id, browser, program) = administrator(world, "bob@example.com").await;
        let personal = program.personal(&["admin:read", "admin:write"]).await;
        chief.clone().change_role(&id, "admin", "revoke").await;
        let before = target_of(world).await;
        for (number, wanted) in acts(&target, &session, &evil_id, 0).iter().enumerate() {
            for program in [&program, &personal] {
                let answer = act(&browser, program, wanted).await;
                record.held(answer.status.is_client_error(), || format!("{number}: {wanted:?}: {}", answer.status));
            }
        }
        for page in ["/admin", "/admin/people", "/admin/sessions", "/admin/audit"] {
            let answer = browser.clone().get(page).await;
            record.held(answer.status.is_client_error(), || format!("{page}: {}", answer.status));
        }
        for path in ["/manage/users", "/manage/overview", "/manage/sessions", "/manage/events"] {
            for program in [&program, &personal] {
                let answer = program.get(path).await;
                record.held(answer.status.is_client_error(), || format!("{path}: {}", answer.status));
            }
        }
        let after = target_of(world).await;
        record.held(before == after, || format!("{before:?} became {after:?}"));
    }

    /// ASVS 8.3.2, 15.4.2, 15.4.3; CWE-362, CWE-367: an act that was let in while the role was there, and waits while it is taken
    /// away, disabled or signed out, is not done.
    with(unlimited) caught_by(takes_no_role_away_in_time) async fn acts_while_the_role_goes(world, record) {
        world.administrator("ada@example.com").await;
        world.sign_up("evil@example.com").await;
        let evil = world.id_of("evil@example.com").await;
        world.sign_up("target@example.com").await;
        let target = world.id_of("target@example.com").await;
        let session = world.look_up(&format!("select id from sessions where user_id = '{target}'")).await;
        let (id, mut browser, mut program) = administrator(world, "bob@example.com").await;
        let count = acts(&target, &session, &evil, 0).len();
        for number in 0..count {
            for how in ["demoted", "disabled", "signed out"] {
                let wanted = acts(&target, &session, &evil, number).swap_remove(number);
                let before = target_of(world).await.1;
                let made = world.look_up("select count(*) || '' from users").await;
                let mut tx = world.state.db.begin().await.expect("a transaction");
                locks::hold(&mut tx, locks::Lock::Administrators).await.expect("held");
                let (theirs, their_program) = (browser.clone(), program.clone());
                let acting = tokio::spawn(async move { act(&theirs, &their_program, &wanted).await });
                world.somebody_waits().await;
                match how {
                    "demoted" => drop(users::revoke(&mut tx, &id, &Role::admin()).await.expect("revoked")),
                    "disabled" => drop(users::disable(&mut tx, &id, world.now()).await.expect("disabled")),
                    _ => {
                        use latchkey::server::storage::sessions::{EndReason, end_all_but};
                        end_all_but(&mut tx, &id, "", EndReason::Revoked, world.now()).await.expect("ended");
                    }
                }
                tx.commit().await.expect("committed");
                let answer = acting.await.expect("it ran");
                assert!(!answer.status.is_server_error(), "{answer:?}");
                let is_held = answer.status.is_client_error() || answer.location().starts_with("/sign-in");
                record.held(is_held, || format!("act {number}, {how}: {} {}", answer.status, answer.body));
                let after = target_of(world).await.1;
                record.held(before == after && made == world.look_up("select count(*) || '' from users").await, || format!("act {number}, {how}: done all the same"));
                // Back in for the next one.
                world.tamper(&format!("update users set disabled_at = null where id = '{id}'")).await;
                roles::grant(&world.state, Actor::CommandLine, &id, &Role::admin()).await.expect("granted");
                if how == "signed out" {
                    browser.sign_in("bob@example.com", PASSWORD).await;
                    program = world.program_of("bob@example.com").await;
                }
            }
        }
    }

    /// ASVS 8.3.2, 15.4.2; CWE-362: an administrator's acts, fifty at once, while another one takes the role away: what was not done
    /// before is not done after, and nobody was made an administrator who stays one unseen.
    with(unlimited) caught_by(takes_no_role_away) async fn acts_at_once_with_the_end_of_the_role(world, record) {
        let chief = world.administrator("ada@example.com").await.browser;
        world.sign_up("target@example.com").await;
        let target = world.id_of("target@example.com").await;
        for round in 0..6 {
            let (id, browser, program) = administrator(world, &format!("bob{round}@example.com")).await;
            let mut acting = JoinSet::new();
            for number in 0..50 {
                let (browser, program, target) = (browser.clone(), program.clone(), target.clone());
                let wanted = (Method::POST, "/api/admin_role".to_owned(), format!("person={target}&role=r{round}-{number}&change=grant"));
                acting.spawn(async move { act(&browser, &program, &wanted).await.status.is_client_error() });
            }
            let mut chief = chief.clone();
            let demoted = tokio::spawn(async move { chief.change_role(&id, "admin", "revoke").await });
            assert!(demoted.await.expect("it ran").status.is_redirection());
            // From here on nothing of theirs may be done: what is done by now is counted, and stays all there is.
            let roles_now = format!("select count(*) || '' from user_roles where role like 'r{round}-%'");
            let done_by_now = world.look_up(&roles_now).await;
            let refused = acting.join_all().await.into_iter().filter(|is_refused| *is_refused).count();
            let done = world.look_up(&roles_now).await;
            for index in 0..50 {
                let is_late = index < done.parse::<usize>().unwrap_or(0) - done_by_now.parse::<usize>().unwrap_or(0);
                record.held(!is_late, || format!("round {round}: {done_by_now} were done at the end of the role, {done} after it"));
            }
            record.held(done.parse::<usize>().unwrap_or(99) + refused <= 50, || format!("round {round}: {done} done and {refused} refused"));
            let again = act(&browser, &program, &(Method::POST, "/api/admin_role".to_owned(), format!("person={target}&role=late&change=grant"))).await;
            record.held(again.status.is_client_error(), || format!("round {round}: done after the end: {again:?}"));
        }
    }

    /// ASVS 2.3.4, 15.4.2; CWE-362: two, and five, administrators who leave at once in every way there is, all in one way and each
    /// in another one; somebody stays.
    with(unlimited) caught_by(all_leave_with_one) async fn the_last_ones_leave_together(world, record) {
        for round in 0..2 {
            for together in [2, 5] {
                for way in 0..=WAYS {
                    world.tamper("delete from user_roles").await;
                    let name = |number: usize| format!("chief{round}-{together}-{way}-{}@example.com", number % together);
                    let mut all = Vec::new();
                    for number in 0..together {
                        all.push(administrator(world, &name(number)).await);
                    }
                    let mut leaving = JoinSet::new();
                    for (number, (own, browser, program)) in all.iter().enumerate() {
                        let (browser, program, other) = (browser.clone(), program.clone(), &all[(number + 1) % together].0);
                        let (action, body) = match if way == WAYS { number } else { way } {
                            0 => ("admin_role", format!("person={own}&role=admin&change=revoke")),
                            1 => ("admin_role", format!("person={other}&role=admin&change=revoke")),
                            2 => ("admin_person", format!("person={other}&act=disable")),
                            3 => ("admin_delete", format!("person={other}&confirmation={}", name(number + 1))),
                            _ => ("delete_account", format!("identifier={}&password={}", name(number), PASSWORD.replace(' ', "+"))),
                        };
                        let wanted = (Method::POST, format!("/api/{action}"), body);
                        leaving.spawn(async move { act(&browser, &program, &wanted).await.status.as_u16() });
                    }
                    let answers = leaving.join_all().await;
                    let left = world.look_up("select count(*) || '' from users where disabled_at is null and deletion_at is null and id in (select user_id from user_roles where role = 'admin')").await;
                    record.held(left != "0", || format!("{together} at once, way {way}: nobody is left: {answers:?}"));
                    for answer in answers {
                        record.held(answer < 500, || format!("{together} at once, way {way}: {answer}"));
                    }
                }
            }
        }
    }
}

/// Ways to leave.
const WAYS: usize = 5;

/// A role that is taken away while somebody acts by it counts until the end of the act.
async fn takes_no_role_away_in_time(world: &mut World) {
    takes_no_role_away(world).await;
    world.tamper(
        "create trigger enabled after update of disabled_at on users when new.disabled_at is not null begin update users set disabled_at = null where id = new.id; end",
    ).await;
}
