//! Who may do what: every page, server function and route, for everybody who may come along. A route that is not in the table
//! fails the test, so nobody adds one without saying whom it is for.

use std::collections::BTreeSet;

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use latchkey::{
    api::FORMS,
    app::App,
    domain::{identifier::IdentifierMode, role::Role, scope::Scope},
    server::{
        config::Config,
        flows::manage::{Actor, roles},
        http::{rest, router},
        storage::users,
    },
};

use crate::support::{Answer, Browser, Program, World, on_both_engines};

/// Whom something is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// Anybody.
    Everybody,
    /// People who are not signed in; others go where they belong.
    SignedOut,
    /// People with a session.
    SignedIn,
    /// Administrators; for everybody else it is not there.
    Administrators,
    /// A developer at the machine itself; from elsewhere, as here, it is not there.
    ThisMachine,
}

/// Who comes along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Anonymous,
    Person,
    Administrator,
    /// Was an administrator when the session began.
    Demoted,
    /// Was disabled while signed in.
    Disabled,
}

impl Who {
    fn may(self, whom: For) -> bool {
        match whom {
            For::Everybody => true,
            For::SignedOut => matches!(self, Self::Anonymous | Self::Disabled),
            For::SignedIn => matches!(self, Self::Person | Self::Administrator | Self::Demoted),
            For::Administrators => self == Self::Administrator,
            For::ThisMachine => false,
        }
    }
}

/// Every page. `{id}` is somebody's.
pub const PAGES: &[(&str, For)] = &[
    ("/", For::SignedOut),
    ("/sign-up", For::SignedOut),
    ("/sign-in", For::SignedOut),
    ("/forgot-password", For::Everybody),
    ("/reset-password", For::Everybody),
    ("/verify-email", For::Everybody),
    ("/setup", For::Everybody),
    ("/not-me", For::Everybody),
    ("/dashboard", For::SignedIn),
    ("/account", For::SignedIn),
    ("/account/activity", For::SignedIn),
    ("/account/confirm", For::SignedIn),
    ("/account/delete", For::SignedIn),
    ("/account/sessions", For::SignedIn),
    ("/account/username", For::SignedIn),
    ("/account/email", For::SignedIn),
    ("/account/password", For::SignedIn),
    ("/admin", For::Administrators),
    ("/admin/audit", For::Administrators),
    ("/admin/sessions", For::Administrators),
    ("/admin/sessions/act", For::Administrators),
    ("/admin/people", For::Administrators),
    ("/admin/people/act", For::Administrators),
    ("/admin/people/done", For::Administrators),
    ("/admin/people/new", For::Administrators),
    ("/admin/people/{id}", For::Administrators),
];

/// Every server function.
const FUNCTIONS: &[(&str, For)] = &[
    ("/api/sign_up", For::Everybody),
    ("/api/sign_in", For::Everybody),
    ("/api/forgot_password", For::Everybody),
    ("/api/reset_password", For::Everybody),
    ("/api/verify_email", For::Everybody),
    ("/api/resend_verification", For::Everybody),
    ("/api/set_theme", For::Everybody),
    ("/api/set_up", For::Everybody),
    ("/api/change_password", For::SignedIn),
    ("/api/change_email", For::SignedIn),
    ("/api/cancel_email_change", For::SignedIn),
    ("/api/change_username", For::SignedIn),
    ("/api/confirm_password", For::SignedIn),
    ("/api/delete_account", For::SignedIn),
    ("/api/end_other_sessions", For::SignedIn),
    ("/api/end_session", For::SignedIn),
    ("/api/keep_session", For::SignedIn),
    ("/api/not_me", For::Everybody),
    ("/api/admin_act", For::Administrators),
    ("/api/admin_person", For::Administrators),
    ("/api/admin_role", For::Administrators),
    ("/api/admin_delete", For::Administrators),
    ("/api/admin_create", For::Administrators),
    ("/api/admin_sessions", For::Administrators),
    // The last, since it ends the session.
    ("/api/sign_out", For::Everybody),
];

/// Functions about something that they are told; what is not told is not there.
const ABOUT_SOMETHING: &[&str] = &["/api/end_session"];

/// Every other route, and how it is asked.
const ROUTES: &[(&str, Method, For)] = &[
    ("/account/export", Method::POST, For::SignedIn),
    ("/admin/audit/export", Method::POST, For::Administrators),
    ("/api-docs", Method::GET, For::Everybody),
    ("/csp-report", Method::POST, For::Everybody),
    ("/.well-known/change-password", Method::GET, For::Everybody),
    ("/signup", Method::GET, For::Everybody),
    ("/register", Method::GET, For::Everybody),
    ("/login", Method::GET, For::Everybody),
    ("/dev/mail", Method::GET, For::ThisMachine),
    ("/dev/mail/{id}", Method::GET, For::ThisMachine),
    ("/dev/style", Method::GET, For::ThisMachine),
];

/// What an operation of the JSON API takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    /// Nothing: it is for every program.
    Nothing,
    /// A token for this scope.
    A(Scope),
}

/// Every operation of the JSON API.
const OPERATIONS: &[(Method, &str, Takes)] = &[
    (Method::POST, "/users", Takes::Nothing),
    (Method::POST, "/auth/login", Takes::Nothing),
    (Method::POST, "/auth/refresh", Takes::Nothing),
    (Method::POST, "/auth/password/forgot", Takes::Nothing),
    (Method::POST, "/auth/password/reset", Takes::Nothing),
    (Method::POST, "/auth/email/verify", Takes::Nothing),
    (Method::POST, "/auth/email/resend", Takes::Nothing),
    (Method::GET, "/health", Takes::Nothing),
    (Method::GET, "/health/ready", Takes::Nothing),
    (Method::GET, "/openapi.json", Takes::Nothing),
    (Method::GET, "/.well-known/jwks.json", Takes::Nothing),
    (Method::GET, "/users/me", Takes::A(Scope::AccountRead)),
    (Method::GET, "/users/me/sessions", Takes::A(Scope::AccountRead)),
    (Method::DELETE, "/users/me/sessions", Takes::A(Scope::AccountWrite)),
    (Method::DELETE, "/users/me/sessions/{id}", Takes::A(Scope::AccountWrite)),
    (Method::GET, "/users/me/tokens", Takes::A(Scope::AccountRead)),
    (Method::POST, "/users/me/tokens", Takes::A(Scope::Tokens)),
    (Method::DELETE, "/users/me/tokens/{id}", Takes::A(Scope::Tokens)),
    (Method::GET, "/manage/overview", Takes::A(Scope::AdminRead)),
    (Method::GET, "/manage/users", Takes::A(Scope::AdminRead)),
    (Method::POST, "/manage/users", Takes::A(Scope::AdminWrite)),
    (Method::GET, "/manage/users/{id}", Takes::A(Scope::AdminRead)),
    (Method::DELETE, "/manage/users/{id}", Takes::A(Scope::AdminWrite)),
    (Method::POST, "/manage/users/{id}/{act}", Takes::A(Scope::AdminWrite)),
    (Method::PUT, "/manage/users/{id}/roles/{role}", Takes::A(Scope::AdminWrite)),
    (Method::DELETE, "/manage/users/{id}/roles/{role}", Takes::A(Scope::AdminWrite)),
    (Method::DELETE, "/manage/users/{id}/sessions/{session}", Takes::A(Scope::AdminWrite)),
    (Method::GET, "/manage/sessions", Takes::A(Scope::AdminRead)),
    (Method::POST, "/manage/sessions/end", Takes::A(Scope::AdminWrite)),
    (Method::POST, "/manage/sessions/delete", Takes::A(Scope::AdminWrite)),
    (Method::GET, "/manage/events", Takes::A(Scope::AdminRead)),
    (Method::POST, "/manage/events/export/{format}", Takes::A(Scope::AdminWrite)),
    // The last, since it ends the session.
    (Method::POST, "/auth/logout", Takes::A(Scope::Tokens)),
];

/// A path of the API with something in place of its parts.
pub fn example(path: &str) -> String {
    path.replace("{id}", "00000000-0000-7000-8000-000000000000")
        .replace("{session}", "00000000-0000-7000-8000-000000000000")
        .replace("{act}", "disable")
        .replace("{role}", "editor")
        .replace("{format}", "jsonl")
}

/// Folders of files, which are for everybody.
const FOLDERS: &[&str] = &["/pkg", "/estimator"];

async fn id_of(world: &World, email: &str) -> String {
    let found = users::find_by_email_key(&mut world.state.db.read().await.expect("a connection"), email).await;
    found.expect("read").expect("there").id
}

async fn everybody(world: &World) -> Vec<(Who, Browser)> {
    let admin = Role::admin();
    let mut all = vec![(Who::Anonymous, world.anonymous())];
    for (who, email) in [
        (Who::Person, "person@example.com"),
        (Who::Administrator, "administrator@example.com"),
        (Who::Demoted, "demoted@example.com"),
        (Who::Disabled, "disabled@example.com"),
    ] {
        let mut browser = world.sign_up(email).await.browser;
        let id = id_of(world, email).await;
        if matches!(who, Who::Administrator | Who::Demoted) {
            roles::grant(&world.state, Actor::CommandLine, &id, &admin).await.expect("granted");
            assert!(browser.is_signed_in().await, "the role came to a session that was open");
        }
        match who {
            Who::Demoted => drop(roles::revoke(&world.state, Actor::CommandLine, &id, &admin).await.expect("revoked")),
            Who::Disabled => world.disable(email).await,
            _ => {}
        }
        all.push((who, browser));
    }
    all
}

async fn ask(browser: &Browser, method: Method, path: &str, accept: &str) -> Answer {
    let mut request = browser.request(method.clone(), path).header("sec-fetch-site", "same-origin");
    request.headers_mut().expect("headers").insert(header::ACCEPT, accept.parse().expect("a header"));
    if method == Method::POST {
        request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    browser.clone().send(request.body(Body::empty()).expect("a request")).await
}

/// A page without what differs from one answer to the next.
fn without_names(answer: &Answer, path: &str) -> String {
    let id = answer.headers["x-request-id"].to_str().expect("text");
    answer.body.replace(id, "ID").replace(path, "PATH")
}

#[test]
fn every_page_and_function_is_in_the_table() {
    let pages: BTreeSet<String> =
        leptos_axum::generate_route_list(App).into_iter().map(|route| route.path().to_owned()).collect();
    assert_eq!(pages, PAGES.iter().map(|(path, _)| (*path).to_owned()).collect());
    let functions: BTreeSet<&str> = FUNCTIONS.iter().map(|(path, _)| *path).collect();
    assert_eq!(FORMS.iter().map(|form| form.action).collect::<BTreeSet<_>>(), functions);
    let registered: BTreeSet<&str> = leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path).collect();
    assert_eq!(registered, functions, "each is a form of ours");
}

/// With every page that a setting may bring.
fn whole(config: &mut Config) {
    config.identifier = IdentifierMode::Either;
}

on_both_engines! {
    with(whole)

    /// The router names its routes when it is printed.
    /// ASVS 6.3.4, 13.4.5.
    async fn every_route_is_in_the_table(world) {
        let printed = format!("{:?}", router::routes(world.state.clone()));
        let routes: BTreeSet<&str> = printed.split('"').filter(|part| part.starts_with('/')).collect();
        assert!(routes.contains("/health") && routes.contains("/dashboard"), "the router still prints its routes");
        let known = |route: &str| {
            PAGES.iter().any(|(path, _)| *path == route)
                || FUNCTIONS.iter().any(|(path, _)| *path == route)
                || ROUTES.iter().any(|(path, _, _)| *path == route)
                || OPERATIONS.iter().any(|(_, path, _)| *path == route)
                || FOLDERS.iter().any(|folder| route.starts_with(folder))
                || route.starts_with("/{*") || route == "/"
        };
        let unknown: Vec<_> = routes.into_iter().filter(|route| !known(route)).collect();
        assert!(unknown.is_empty(), "say whom these are for: {unknown:?}");
    }

    /// ASVS 8.2.1, 8.3.1, 8.3.2, 7.4.2: pages.
    async fn pages_open_for_whom_they_are_for(world) {
        let everybody = everybody(world).await;
        let id = id_of(world, "person@example.com").await;
        for (pattern, whom) in PAGES {
            let path = pattern.replace("{id}", &id);
            for (who, browser) in &everybody {
                let answer = ask(browser, Method::GET, &path, "text/html").await;
                let what = format!("{path} for {who:?}: {} {}", answer.status, answer.location());
                match (whom, who.may(*whom)) {
                    (_, true) => assert_eq!(answer.status, StatusCode::OK, "{what}"),
                    (For::Administrators, false) => {
                        let missing = ask(browser, Method::GET, "/no-such-page", "text/html").await;
                        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{what}");
                        assert_eq!(without_names(&answer, &path), without_names(&missing, "/no-such-page"), "{what}");
                    }
                    (For::SignedOut, false) => assert_eq!(answer.location(), "/dashboard", "{what}"),
                    (_, false) => assert!(answer.location().starts_with("/sign-in?next="), "{what}"),
                }
            }
        }
    }

    /// ASVS 8.2.1, 8.3.1, 8.3.2, 7.4.2: server functions.
    async fn functions_serve_whom_they_are_for(world) {
        let everybody = everybody(world).await;
        for (path, whom) in FUNCTIONS {
            for (who, browser) in &everybody {
                let answer = ask(browser, Method::POST, path, "application/json").await;
                let what = format!("{path} for {who:?}: {} {}", answer.status, answer.body);
                let is_refused = answer.body.contains("\"not_signed_in\"") || answer.status == StatusCode::NOT_FOUND;
                match (whom, who.may(*whom)) {
                    (For::Administrators, true) => assert!(!answer.body.contains("\"not_signed_in\""), "{what}"),
                    (_, true) if ABOUT_SOMETHING.contains(path) => assert_eq!(answer.status, StatusCode::NOT_FOUND, "{what}"),
                    (_, true) => assert!(!is_refused, "{what}"),
                    (For::Administrators, false) => assert_eq!(answer.status, StatusCode::NOT_FOUND, "{what}"),
                    (_, false) => assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{what}"),
                }
            }
        }
    }

    /// ASVS 8.2.1: whatever is sent to them, and however, functions and files of the console are not there for anybody else.
    async fn what_is_for_administrators_is_not_there_for_others(world) {
        let everybody = everybody(world).await;
        let functions = FUNCTIONS.iter().filter(|(_, whom)| *whom == For::Administrators).map(|(path, _)| *path);
        let large = "a".repeat(100_000);
        let pages = PAGES.iter().filter(|(_, whom)| *whom == For::Administrators).map(|(path, _)| *path);
        let unusual = Method::from_bytes(b"PROPFIND").expect("a method");
        for path in pages.chain(functions).chain([latchkey::api::AUDIT_EXPORT]) {
            for (who, browser) in everybody.iter().filter(|(who, _)| !who.may(For::Administrators)) {
                for (method, content_type, body) in [
                    (Method::GET, "", ""),
                    (Method::HEAD, "", ""),
                    (Method::PUT, "text/plain", "x"),
                    (unusual.clone(), "", ""),
                    (Method::POST, "application/x-www-form-urlencoded", "as_of=x&invite=perhaps"),
                    (Method::POST, "application/json", "{"),
                    (Method::POST, "application/x-www-form-urlencoded", large.as_str()),
                ] {
                    let request = browser.request(method.clone(), path).header("sec-fetch-site", "same-origin").header(header::CONTENT_TYPE, content_type);
                    let answer = browser.clone().send(request.body(Body::from(body.to_owned())).expect("a request")).await;
                    let missing = ask(browser, Method::GET, "/no-such-page", "text/html").await;
                    let what = format!("{method} {path} for {who:?}");
                    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{what}");
                    assert!(!answer.headers.contains_key(header::ALLOW), "{what}: {answer:?}");
                    match method {
                        Method::HEAD => {}
                        Method::GET => assert_eq!(without_names(&answer, path), without_names(&missing, "/no-such-page"), "{what}"),
                        // The choice of colours leads back to a page that was looked at; the rest is the same page.
                        _ => assert!(answer.body.contains("<title>There is no such page – Latchkey</title>"), "{what}: {}", answer.body),
                    }
                }
            }
        }
    }

    /// The document of the API tells of every operation, and of nothing else.
    async fn every_operation_is_in_the_table_and_in_the_document(world) {
        let printed = format!("{:?}", router::routes(world.state.clone()));
        let document = serde_json::to_value(rest::openapi()).expect("a document");
        let mut documented = BTreeSet::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            for method in item.as_object().expect("an item").keys().filter(|key| *key != "parameters") {
                documented.insert((method.to_uppercase(), path.clone()));
            }
        }
        let table = OPERATIONS.iter().map(|(method, path, _)| (method.to_string(), (*path).to_owned())).collect();
        assert_eq!(documented, table);
        for (_, path) in &documented {
            assert!(printed.contains(&format!("\"{path}\"")), "{path} is in the router");
        }
    }

    /// ASVS 8.2.1, 10.3.2, RFC 6750 section 3.1: with the scope, and with every other one.
    async fn operations_serve_tokens_that_are_for_them(world) {
        world.administrator("ada@example.com").await;
        let ada = world.program_of("ada@example.com").await;
        let sam = world.new_program("sam@example.com").await;
        for (method, path, takes) in OPERATIONS {
            let (path, body) = (example(path), (*method == Method::POST).then(|| serde_json::json!({})));
            let call = async |program: &Program| program.call(method.clone(), &path, body.clone()).await;
            let nobody = call(&world.program()).await;
            let what = format!("{method} {path}: {}", nobody.body);
            let Takes::A(scope) = takes else {
                assert!(!nobody.body.contains("\"token_missing\""), "{what}");
                continue;
            };
            assert_eq!((nobody.status, nobody.problem().as_str()), (StatusCode::UNAUTHORIZED, "token_missing"), "{what}");
            let others: Vec<&str> =
                Scope::PERSONAL.iter().filter(|other| *other != scope).map(|other| other.as_str()).collect();
            let other = call(&ada.personal(&others).await).await;
            assert_eq!((other.status, other.problem().as_str()), (StatusCode::FORBIDDEN, "scope_missing"), "{what}");
            if scope.is_for_administrators() {
                let other = call(&sam).await;
                assert_eq!((other.status, other.problem().as_str()), (StatusCode::FORBIDDEN, "scope_missing"), "{what}");
            }
            let let_in = call(&ada).await;
            assert!(!matches!(let_in.status.as_u16(), 401 | 403 | 405 | 500..), "{what}: {}", let_in.body);
        }
    }

    async fn other_routes_serve_whom_they_are_for(world) {
        let everybody = everybody(world).await;
        for (path, method, whom) in ROUTES {
            for (who, browser) in &everybody {
                let answer = ask(browser, method.clone(), path, "application/json").await;
                let what = format!("{path} for {who:?}: {} {}", answer.status, answer.body);
                match (whom, who.may(*whom)) {
                    (_, true) => assert!(!matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND), "{what}"),
                    (For::Administrators | For::ThisMachine, false) => assert_eq!(answer.status, StatusCode::NOT_FOUND, "{what}"),
                    (_, false) => assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{what}"),
                }
            }
        }
    }
}
