//! What is the same on every page: navigation, ways out of an error, and what search engines are told; and the page for
//! developers.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, StatusCode},
    middleware::{from_fn, from_fn_with_state},
    response::Response,
    routing::get,
};
use latchkey::{
    domain::error::AuthError,
    server::http::{document, errors, headers, request, visit},
};
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    mail::get_from_here,
    support::{Browser, Engine, OTHER_PASSWORD, World, on_both_engines},
};

const SIGNED_IN: [&str; 9] = [
    "/dashboard",
    "/account",
    "/account/sessions",
    "/account/activity",
    "/account/password",
    "/admin",
    "/admin/people",
    "/admin/sessions",
    "/admin/audit",
];
const NOINDEX: &str = "<meta name=\"robots\" content=\"noindex\">";

/// Polls a future on another thread each time.
async fn stepwise<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    let mut future = Some(Box::pin(future));
    std::future::poll_fn(move |context| {
        let (waker, runtime) = (context.waker().clone(), tokio::runtime::Handle::current());
        let mut current = future.take().expect("not polled after its end");
        let step = std::thread::spawn(move || {
            let _inside = runtime.enter();
            let outcome = current.as_mut().poll(&mut std::task::Context::from_waker(&waker));
            (current, outcome)
        });
        let (current, outcome) = step.join().expect("no panic");
        future = Some(current);
        outcome
    })
    .await
}

on_both_engines! {
    async fn the_link_of_the_page_one_is_on_says_so(world) {
        let mut person = world.sign_up("sam@example.com").await;
        for (path, page) in [
            ("/sign-in", world.anonymous().get("/sign-in?next=/dashboard").await),
            ("/sign-up", world.anonymous().get("/sign-up").await),
            ("/dashboard", person.browser.get("/dashboard").await),
        ] {
            assert_eq!(page.body.matches("aria-current").count(), 1, "{path}");
            assert!(page.body.contains(&format!("href=\"{path}\" aria-current=\"page\"")), "{path}: {}", page.body);
        }
        assert!(!person.browser.get("/account/confirm").await.body.contains("aria-current"));
        let page = person.browser.get("/account/password").await;
        assert_eq!(page.body.matches("aria-current").count(), 1, "of the pages of the account: {}", page.body);
        assert!(page.body.contains("href=\"/account/password\" aria-current=\"page\""), "{}", page.body);
    }

    /// Errors are drawn outside of the layers that know people, and still do not offer to sign in to who is signed in.
    async fn the_page_of_an_error_has_a_way_on_for_everybody(world) {
        let mut person = world.sign_up("sam@example.com").await;
        let strangers = world.anonymous().get("/no-such-page").await;
        assert!(strangers.body.contains("href=\"/sign-in\"") && strangers.body.contains("href=\"/sign-up\""), "{}", strangers.body);
        let unknown = person.browser.get("/no-such-page").await;
        assert!(unknown.says("Your account") && !unknown.body.contains("href=\"/sign-in\""), "{}", unknown.body);
        assert!(!unknown.says("Try again"), "nothing has changed: {}", unknown.body);
        let known = person.browser.submit("/api/set_theme", &[]).await;
        assert_eq!(known.status, StatusCode::BAD_REQUEST);
        assert!(known.says("Sign out") && known.body.contains("href=\"/dashboard\">sam"), "{}", known.body);
    }

    /// Whichever thread is free goes on with a request; nothing may be bound to the one that began.
    async fn every_step_of_a_page_may_be_another_threads(world) {
        let administrator = world.administrator("sam@example.com").await.browser;
        let (strangers, own) = (["/", "/sign-in", "/sign-up"].map(|path| (world.anonymous(), path)), SIGNED_IN);
        for (browser, path) in strangers.into_iter().chain(own.map(|path| (administrator.clone(), path))) {
            let request = browser.request(Method::GET, path).body(Body::empty()).expect("a request");
            let router = world.router.clone();
            let (status, body) = stepwise(async move {
                let response = router.oneshot(request).await.expect("infallible");
                (response.status(), to_bytes(response.into_body(), usize::MAX).await.expect("a body"))
            })
            .await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert!(body.windows(7).any(|part| part == b"</html>"), "{path}");
        }
    }

    /// ASVS 16.5.1, 16.5.4: what went wrong stands in the log alone, where the page's id leads.
    async fn faults_of_ours_are_pages_with_the_id_of_the_request(world) {
        let routes = Router::new()
            .route("/fault", get(async || -> Response { panic!("what only the log may see") }))
            .route("/busy", get(async || errors::answer(&AuthError::Busy { retry_after: 7 })))
            .route("/away", get(async || errors::answer(&AuthError::Unavailable)));
        let state = &world.state;
        let mut browser = Browser::new(
            routes
                .layer(CatchPanicLayer::custom(errors::after_panic))
                .layer(from_fn_with_state(state.clone(), errors::layer))
                .layer(from_fn_with_state(state.clone(), visit::layer))
                .layer(from_fn(document::layer))
                .layer(from_fn_with_state(headers::OfSite::new(&state.config), headers::layer))
                .layer(from_fn_with_state(state.clone(), request::layer)),
        );
        for (path, status, retry_after, title, sentence) in [
            ("/fault", 500, None, "Something went wrong", "Something went wrong on our side. Try again in a moment."),
            ("/busy", 503, Some("7"), "Many people are here right now", "Wait 7 seconds, then try again."),
            ("/away", 503, Some("5"), "Back in a moment", "We cannot reach our records right now."),
        ] {
            let page = browser.get(path).await;
            assert_eq!(page.status.as_u16(), status, "{path}");
            assert_eq!(page.headers.get("retry-after").map(|value| value.to_str().expect("text")), retry_after, "{path}");
            assert!(page.body.contains(&format!("<title>{title} – Latchkey</title>")), "{path}: {}", page.body);
            assert!(page.says(sentence) && !page.says("only the log"), "{path}: {}", page.body);
            assert!(page.body.contains(&format!("href=\"{path}\" class=\"button\">Try again")), "{path}: {}", page.body);
            let id = page.headers["x-request-id"].to_str().expect("text");
            assert!(!id.is_empty() && page.says(id), "{path}: {}", page.body);
        }
    }

    async fn an_error_leads_where_its_sentence_says(world) {
        world.sign_up("sam@example.com").await;
        let wrong = world.anonymous().submit_and_follow("/api/sign_in", &[("identifier", "sam@example.com"), ("password", "x")]).await;
        assert!(wrong.says("Check both, or reset your password.") && wrong.body.contains("<a href=\"/forgot-password\">reset your password"), "{}", wrong.body);
        let fields = [("email", "sam@example.com"), ("new_password", OTHER_PASSWORD)];
        let taken = world.anonymous().submit_and_follow("/api/sign_up", &fields).await;
        assert!(taken.says("sign in or reset your password."), "{}", taken.body);
        for link in ["<a href=\"/sign-in\">sign in", "<a href=\"/forgot-password\">reset your password"] {
            assert!(taken.body.contains(link), "{link}: {}", taken.body);
        }
    }

    async fn search_engines_find_the_front_door_and_nothing_else(world) {
        let mut person = world.sign_up("sam@example.com").await;
        for path in ["/", "/sign-in", "/sign-up"] {
            let page = world.anonymous().get(path).await;
            assert!(page.body.matches("<meta name=\"description\" content=\"").count() == 1 && !page.body.contains(NOINDEX), "{path}: {}", page.body);
        }
        for path in ["/forgot-password", "/reset-password", "/verify-email", "/setup", "/dashboard", "/account/email", "/no-such-page"] {
            let page = person.browser.get(path).await;
            assert!(page.body.contains(NOINDEX) && !page.body.contains("name=\"description\""), "{path}: {}", page.body);
        }
    }
}

/// ASVS 15.2.3.
#[tokio::test]
async fn the_style_page_is_for_this_machine_and_not_for_production() {
    let world = World::with(Engine::Sqlite, |_| {}).await;
    let page = get_from_here(&mut world.anonymous(), "/dev/style").await;
    assert_eq!(page.status, StatusCode::OK);
    let mut ids: Vec<&str> = page.body.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "each once: {ids:?}");
    for score in 0..=4 {
        assert!(page.body.contains(&format!("data-score=\"{score}\"")), "{score}");
    }
    assert!(!page.body.contains("<script") && !page.body.contains(" style="), "{}", page.body);
    assert_eq!(world.anonymous().get("/dev/style").await.status, StatusCode::NOT_FOUND, "from another address");
    world.end().await;

    let world = World::in_production(Engine::Sqlite).await;
    assert_eq!(get_from_here(&mut world.anonymous(), "/dev/style").await.status, StatusCode::NOT_FOUND);
    world.end().await;
}
