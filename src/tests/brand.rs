//! The colour and the sign of a site.

use std::path::Path;

use axum::http::StatusCode;

use crate::support::{Engine, PASSWORD, World};

const LOGO: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 2 1\"><path d=\"M0 0h2v1z\"/></svg>";

/// The first address of a file in a page.
fn address(page: &str, name: &str) -> String {
    let (before, _) = page.split_once(name).expect(name);
    let begin = before.rfind('"').expect("an attribute") + 1;
    format!("{}{name}", &before[begin..])
}

#[tokio::test]
async fn a_site_has_ours_until_it_has_its_own() {
    let world = World::with(Engine::Sqlite, |_| {}).await;
    let page = world.anonymous().get("/sign-in").await;
    assert!(page.body.contains("href=\"/favicon.svg\"") && !page.body.contains("/brand/"), "{}", page.body);
    world.end().await;
}

#[tokio::test]
async fn colour_and_sign_are_on_every_page_and_kept_for_ever() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("sign.svg");
    std::fs::write(&file, LOGO).expect("written");
    let world = World::with(Engine::Sqlite, |config| {
        config.site_name = "Quiblerton".into();
        config.accent_color = "#0B6E4F".into();
        config.logo = Some(file);
    })
    .await;
    assert!(world.state.config.unfit().is_empty());
    let mut browser = world.anonymous();
    for path in ["/", "/sign-in", "/no-such-page", "/dev/mail"] {
        let page = browser.get(path).await;
        assert!(page.says("Quiblerton") && !page.says("Latchkey"), "{path}: {}", page.body);
        let (style, logo) = (address(&page.body, "brand.css"), address(&page.body, "logo.svg"));
        let position = |what: &str| page.body.find(what).expect("there");
        assert!(position("latchkey.css") < position("brand.css"), "its rule goes before ours: {path}");
        assert!(page.body.contains(&format!("<img src=\"{logo}\" alt=\"\"")), "{path}: {}", page.body);
        assert!(page.body.contains(&format!("rel=\"icon\" href=\"{logo}\"")), "{path}: {}", page.body);

        let style = browser.get(&style).await;
        assert_eq!((style.status, style.body.as_str()), (StatusCode::OK, ":root{--brand:#0b6e4f}"));
        assert_eq!(style.headers["content-type"], "text/css; charset=utf-8");
        let logo = browser.get(&logo).await;
        assert_eq!((logo.status, logo.body.as_str()), (StatusCode::OK, LOGO));
        assert_eq!(logo.headers["content-type"], "image/svg+xml");
        assert_eq!(logo.headers["content-security-policy"], "default-src 'none'; style-src 'unsafe-inline'; sandbox");
        for answer in [style, logo] {
            assert_eq!(answer.headers["cache-control"], "public, max-age=31536000, immutable");
            assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        }
    }
    for missing in ["/brand/0123456789abcdef/brand.css", "/brand/0123456789abcdef/logo.svg", "/brand/"] {
        assert_eq!(browser.get(missing).await.status, StatusCode::NOT_FOUND, "{missing}");
    }
    browser.submit("/api/sign_up", &[("email", "sam@example.com"), ("new_password", PASSWORD)]).await;
    browser.submit("/api/forgot_password", &[("email", "sam@example.com")]).await;
    let mails = world.mail_to("sam@example.com").await;
    assert!(mails[0].html.contains("background: #0b6e4f;"), "{}", mails[0].html);
    world.end().await;
}

#[tokio::test]
async fn what_is_no_sign_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, content: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, content).expect("written");
        file
    };
    let large = format!("<svg>{}</svg>", " ".repeat(64 * 1024));
    for (file, reason) in [
        (write("large.svg", &large), "larger than 64 KB"),
        (write("page.svg", "<html><svg></svg></html>"), "not an SVG"),
        (folder.path().join("none.svg"), "No such file"),
        (folder.path().to_owned(), "directory"),
    ] {
        let refusals = reasons(&file);
        assert_eq!(refusals.len(), 1, "{refusals:?}");
        assert!(refusals[0].starts_with("logo: ") && refusals[0].contains(reason), "{refusals:?}");
    }
}

fn reasons(logo: &Path) -> Vec<String> {
    let config =
        latchkey::server::config::Config { logo: Some(logo.to_owned()), ..latchkey::server::config::Config::default() };
    config.unfit()
}
