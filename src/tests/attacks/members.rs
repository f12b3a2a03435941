//! More than a form asks for (CWE-915): members that name what only the server decides.

use axum::http::Method;
use latchkey::server::config::{Config, VerifyEmail};
use serde_json::{Value, json};

use crate::{
    suite::{attacks, execute, read},
    support::{OTHER_PASSWORD, PASSWORD, World},
};

fn unlimited(config: &mut Config) {
    config.verify_email = Some(VerifyEmail::Optional);
    config.network_requests = u16::MAX;
    config.network_tries = u16::MAX;
}

/// What somebody would like to be.
const WISHES: [(&str, &str); 36] = [
    ("role", "admin"),
    ("roles", "admin"),
    ("roles[]", "admin"),
    ("roles[0]", "admin"),
    ("user[role]", "admin"),
    ("user.role", "admin"),
    ("user_roles", "admin"),
    ("is_admin", "true"),
    ("isAdmin", "1"),
    ("admin", "true"),
    ("administrator", "true"),
    ("__proto__[role]", "admin"),
    ("constructor.prototype.admin", "true"),
    ("user_id", "VICTIM"),
    ("id", "VICTIM"),
    ("sub", "VICTIM"),
    ("person", "VICTIM"),
    ("owner", "VICTIM"),
    ("uid", "VICTIM"),
    ("verified", "true"),
    ("email_verified", "true"),
    ("is_unverified", "false"),
    ("email_verified_at", "1"),
    ("state", "verified"),
    ("is_verified", "1"),
    ("credential_version", "7"),
    ("password_hash", "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAA"),
    ("created_at", "1"),
    ("disabled_at", "1"),
    ("deletion_at", "1"),
    ("scope", "admin"),
    ("scopes", "admin:write"),
    ("session", "VICTIM"),
    ("invite", "true"),
    ("external_id", "1"),
    ("wanted_username", "admin"),
];

/// Takes every wish as an order.
async fn fulfils_wishes(world: &mut World) {
    let db = world.state.db.clone();
    world.wrap(move |request, next| {
        let db = db.clone();
        async move {
            let (request, sent) = read(request).await;
            let answer = next.run(request).await;
            let newest = "(select max(id) from users)";
            if sent.contains("admin") {
                execute(&db, format!("insert into user_roles (user_id, role, granted_at) values ({newest}, 'admin', 0) on conflict do nothing")).await;
            }
            answer
        }
    });
}

/// Finds out whether anybody is more than they should be: roles, proof, ids and hashes.
async fn nobody_is_more(world: &World, victim: &str, before: &str) -> Result<(), String> {
    let roles = world.look_up("select count(*) || '' from user_roles").await;
    let proven = world.look_up("select count(*) || '' from users where email_verified_at is not null or disabled_at is not null or deletion_at is not null").await;
    let odd = world.look_up("select count(*) || '' from users where (credential_version > 1 and email_key not like 'mallory%') or created_at < 1000 or external_id is not null or password_hash like '%AAAAAAAAAAA$AAAAAAAAAAA'").await;
    let now = of_victim(world, victim).await;
    if (roles.as_str(), proven.as_str(), odd.as_str()) == ("0", "0", "0") && now == before {
        return Ok(());
    }
    Err(format!("{roles} roles, {proven} proven or ended, {odd} odd; {before} became {now}"))
}

async fn of_victim(world: &World, victim: &str) -> String {
    let sql = "select coalesce(email, '') || '/' || coalesce(username, '') || '/' || coalesce(password_hash, '') || '/' || credential_version from users where id = ";
    let sessions = world
        .look_up(&format!("select count(*) || '' from sessions where ended_at is null and user_id = '{victim}'"))
        .await;
    let tokens = world.look_up(&format!("select count(*) || '' from personal_tokens where user_id = '{victim}'")).await;
    format!("{}/{sessions}/{tokens}", world.look_up(&format!("{sql}'{victim}'")).await)
}

attacks! {
    /// ASVS 15.3.3, 2.2.1, 8.2.3; CWE-915; the kind of CVE-2012-2055: every wish, in every form of people who have no role.
    with(unlimited) caught_by(fulfils_wishes) async fn forms_with_more_in_them(world, record) {
        world.sign_up("victim@example.com").await;
        let victim = world.id_of("victim@example.com").await;
        let before = of_victim(world, &victim).await;
        let mut mallory = world.sign_up("mallory@example.com").await.browser;
        for (index, (name, value)) in WISHES.into_iter().enumerate() {
            let value = value.replace("VICTIM", &victim);
            let email = format!("new{index}@example.com");
            let (old, new) = if index % 2 == 0 { (PASSWORD, OTHER_PASSWORD) } else { (OTHER_PASSWORD, PASSWORD) };
            let forms: [(&str, &[(&str, &str)]); 8] = [
                ("/api/sign_up", &[("email", &email), ("new_password", PASSWORD)]),
                ("/api/sign_in", &[("identifier", "mallory@example.com"), ("password", old)]),
                ("/api/change_password", &[("password", old), ("new_password", new)]),
                ("/api/confirm_password", &[("password", new)]),
                ("/api/change_email", &[("email", "mallory@example.com")]),
                ("/api/resend_verification", &[("email", "mallory@example.com")]),
                ("/api/end_other_sessions", &[]),
                ("/api/keep_session", &[]),
            ];
            for (action, fields) in forms {
                let mut browser = if action == "/api/sign_up" { world.anonymous() } else { mallory.clone() };
                let fields = [fields, &[(name, value.as_str())]].concat();
                // In the address as well as in the form.
                let answer = browser.submit(&format!("{action}?{name}={value}"), &fields).await;
                assert!(!answer.status.is_server_error(), "{action} with {name}: {answer:?}");
                let found = nobody_is_more(world, &victim, &before).await;
                record.held(found.is_ok(), || format!("{action} with {name}={value}: {found:?}"));
                if action != "/api/sign_up" && browser.session_cookie().is_some() {
                    mallory = browser;
                }
            }
            world.tamper("delete from limits").await;
        }
    }

    /// ASVS 15.3.3, 2.2.1, 8.2.3; CWE-915: the same as JSON, with values of every kind.
    with(unlimited) caught_by(fulfils_wishes) async fn json_with_more_in_it(world, record) {
        world.sign_up("victim@example.com").await;
        let victim = world.id_of("victim@example.com").await;
        let before = of_victim(world, &victim).await;
        let mallory = world.new_program("mallory@example.com").await;
        for (index, (name, value)) in WISHES.into_iter().enumerate() {
            let value = value.replace("VICTIM", &victim);
            let kinds = [json!(value), json!([value]), json!({ "0": value }), json!(true)];
            for (kind, value) in kinds.into_iter().enumerate() {
                let email = format!("new{index}-{kind}@example.com");
                let bodies = [
                    ("/users", json!({ "email": email, "password": PASSWORD })),
                    ("/auth/login", json!({ "email": "mallory@example.com", "password": PASSWORD, "device_token": "" })),
                    ("/auth/refresh", json!({ "refresh_token": mallory.refresh_token })),
                    ("/users/me/tokens", json!({ "name": "evil", "scopes": ["account:read"] })),
                    ("/auth/password/forgot", json!({ "email": "mallory@example.com" })),
                ];
                for (path, mut body) in bodies {
                    body[name] = value.clone();
                    let answer = mallory.post(path, body).await;
                    assert!(!answer.status.is_server_error(), "{path} with {name}: {answer:?}");
                    let found = nobody_is_more(world, &victim, &before).await;
                    record.held(found.is_ok(), || format!("{path} with {name}={value}: {found:?}"));
                    // A token that was made or granted is for no more than its person may do.
                    let token = answer.status.is_success().then(|| {
                        let made: Value = answer.json();
                        made["token"].as_str().or(made["access_token"].as_str()).map(str::to_owned)
                    });
                    if let Some(token) = token.flatten() {
                        let bearer = mallory.with_token(&token);
                        let me = bearer.get("/users/me").await;
                        record.held(!me.status.is_success() || me.json()["email"] == "mallory@example.com", || format!("{path} with {name}: {me:?}"));
                        let managed = bearer.get("/manage/users").await;
                        record.held(!managed.status.is_success(), || format!("{path} with {name} let the console be read"));
                    }
                }
            }
            world.tamper("delete from limits").await;
        }
    }

    /// ASVS 8.2.3, 2.2.1; CWE-915: what an administrator is asked for is no more than what the form says either: nobody gets a
    /// password chosen for them (ASVS 6.4.6), nor a proof that never was.
    with(unlimited) caught_by(fulfils_wishes_of_administrators) async fn the_console_with_more_in_it(world, record) {
        let ada = world.administrator("ada@example.com").await;
        let program = world.program_of("ada@example.com").await;
        for (index, (name, value)) in WISHES.into_iter().chain([("password", PASSWORD), ("new_password", PASSWORD)]).enumerate() {
            if name == "roles" {
                // That one is asked for.
                continue;
            }
            let emails = [format!("made{index}@example.com"), format!("made{index}@example.org")];
            let mut browser = ada.browser.clone();
            let form = browser.submit("/api/admin_create", &[("email", &emails[0]), (name, value)]).await;
            assert!(!form.status.is_server_error(), "{form:?}");
            let mut body = json!({ "email": emails[1] });
            body[name] = json!(value);
            let made = program.call(Method::POST, "/manage/users", Some(body)).await;
            assert!(!made.status.is_server_error(), "{made:?}");
            for email in emails {
                let odd = world.look_up(&format!(
                    "select count(*) || '' from users where email_key = '{email}' and (password_hash is not null or email_verified_at is not null
                     or created_at < 1000 or id in (select user_id from user_roles))"
                )).await;
                record.held(odd == "0", || format!("{email} was made with {name}={value}"));
            }
        }
    }
}

/// Gives whoever is made by an administrator all that was asked for.
async fn fulfils_wishes_of_administrators(world: &mut World) {
    let db = world.state.db.clone();
    world.wrap(move |request, next| {
        let db = db.clone();
        async move {
            let (request, sent) = read(request).await;
            let answer = next.run(request).await;
            if sent.contains("verified") {
                execute(&db, "update users set email_verified_at = 1 where email_key like 'made%'".into()).await;
            }
            answer
        }
    });
}
