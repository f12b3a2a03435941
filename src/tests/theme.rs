//! The colours that somebody chose: remembered in a cookie, in the document before it is drawn, on every page.

use axum::http::StatusCode;

use crate::{
    mail::get_from_here,
    support::{Browser, Engine, World, on_both_engines},
};

async fn choose(browser: &mut Browser, theme: &str, next: &str) -> String {
    let answer = browser.submit("/api/set_theme", &[("theme", theme), ("next", next)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
    answer.location().to_owned()
}

on_both_engines! {
    async fn a_choice_is_in_the_document_of_every_page(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        let pages = ["/dashboard", "/account/password", "/forgot-password", "/no-such-page", "/api/set_theme", "/dev/mail", "/dev/style"];
        for (theme, html, scheme) in [
            ("dark", "<html lang=\"en\" data-theme=\"dark\">", "content=\"dark\""),
            ("light", "<html lang=\"en\" data-theme=\"light\">", "content=\"light\""),
            ("system", "<html lang=\"en\">", "content=\"light dark\""),
        ] {
            assert_eq!(choose(&mut browser, theme, "/dashboard").await, "/dashboard");
            assert_eq!(browser.cookies.get("latchkey-theme").map_or("system", String::as_str), theme);
            for path in pages {
                let page = get_from_here(&mut browser, path).await;
                assert!(page.body.contains(html), "{theme} {path}: {}", page.body);
                assert!(page.body.contains(&format!("<meta name=\"color-scheme\" {scheme}>")), "{theme} {path}: {}", page.body);
                assert_eq!(page.body.matches("aria-pressed=\"true\"").count(), 1, "{theme} {path}");
                assert!(page.body.contains(&format!("value=\"{theme}\" aria-pressed=\"true\"")), "{theme} {path}");
            }
        }
        assert!(browser.is_signed_in().await, "it has nothing to do with the session");
    }

    async fn the_way_back_is_the_page_it_was_chosen_on(world) {
        let mut browser = world.anonymous();
        let page = browser.get("/sign-in?next=/dashboard").await;
        let next = page.body.split("name=\"next\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a way back");
        assert!(page.body.matches("name=\"next\"").count() == 2 && next == "/dashboard", "{next}");
        assert!(page.body.contains("name=\"next\" value=\"/sign-in?next=/dashboard\""), "{}", page.body);
        assert_eq!(choose(&mut browser, "dark", "/sign-in?next=/dashboard").await, "/sign-in?next=/dashboard");
        // What answers a form has no address to come back to.
        let answer = browser.submit("/api/set_theme", &[("theme", "mauve")]).await;
        assert!(answer.body.contains("name=\"next\" value=\"/\""), "{}", answer.body);
    }

    /// ASVS 1.2.2, 3.7.2.
    async fn it_leads_nowhere_else(world) {
        for next in ["", "https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/.//evil.example"] {
            assert_eq!(choose(&mut world.anonymous(), "dark", next).await, "/", "{next}");
        }
    }

    async fn what_is_no_choice_is_refused_and_an_unknown_cookie_is_none(world) {
        let mut browser = world.anonymous();
        for theme in ["", "mauve", "dark\" onload=\"x", "DARK"] {
            let answer = browser.submit("/api/set_theme", &[("theme", theme), ("next", "/")]).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{theme}");
            assert!(browser.cookies.is_empty(), "{theme}");
        }
        browser.cookies.insert("latchkey-theme".into(), "mauve".into());
        assert!(browser.get("/sign-in").await.body.contains("<html lang=\"en\">"));
    }
}

/// ASVS 3.3.1, 3.3.2, 3.3.4.
#[tokio::test]
async fn the_cookie_is_as_tight_as_the_others_and_lasts_a_year() {
    let world = World::in_production(Engine::Sqlite).await;
    let mut browser = world.anonymous();
    let answer = browser.submit("/api/set_theme", &[("theme", "dark")]).await;
    assert_eq!(
        answer.headers["set-cookie"],
        "__Host-latchkey-theme=dark; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=31536000"
    );
    assert!(browser.get("/sign-in").await.body.contains("data-theme=\"dark\""), "and is read by that name");
    world.end().await;
}
