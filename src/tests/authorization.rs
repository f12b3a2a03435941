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
    domain::{identifier::IdentifierMode, role::Role},
    server::{
        config::Config,
        flows::manage::{Actor, roles},
        http::router,
        storage::users,
    },
};

use crate::support::{Answer, Browser, World, on_both_engines};

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
    ("/health", Method::GET, For::Everybody),
    ("/account/export", Method::POST, For::SignedIn),
    ("/admin/audit/export", Method::POST, For::Administrators),
    ("/csp-report", Method::POST, For::Everybody),
    ("/.well-known/change-password", Method::GET, For::Everybody),
    ("/signup", Method::GET, For::Everybody),
    ("/register", Method::GET, For::Everybody),
    ("/login", Method::GET, For::Everybody),
    ("/dev/mail", Method::GET, For::ThisMachine),
    ("/dev/mail/{id}", Method::GET, For::ThisMachine),
    ("/dev/style", Method::GET, For::ThisMachine),
];

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
    async fn every_route_is_in_the_table(world) {
        let printed = format!("{:?}", router::routes(world.state.clone()));
        let routes: BTreeSet<&str> = printed.split('"').filter(|part| part.starts_with('/')).collect();
        assert!(routes.contains("/health") && routes.contains("/dashboard"), "the router still prints its routes");
        let known = |route: &str| {
            PAGES.iter().any(|(path, _)| *path == route)
                || FUNCTIONS.iter().any(|(path, _)| *path == route)
                || ROUTES.iter().any(|(path, _, _)| *path == route)
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
