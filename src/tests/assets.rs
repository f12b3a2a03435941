//! Files of the browser side: made small when built, kept for ever under a name that changes with them.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};

use crate::support::{Answer, Engine, World};

async fn get(world: &World, path: &str, encodings: &str) -> Answer {
    let browser = world.anonymous();
    let request = browser.request(Method::GET, path).header(header::ACCEPT_ENCODING, encodings).body(Body::empty());
    browser.clone().send(request.expect("a request")).await
}

#[tokio::test]
async fn built_files_are_served_small_and_kept_for_ever() {
    let folder = tempfile::tempdir().expect("a folder");
    let pkg = folder.path().join("pkg");
    std::fs::create_dir(&pkg).expect("made");
    for (name, content) in [
        ("latchkey.css", "a { color: red }"),
        ("latchkey.css.br", "as brotli"),
        ("latchkey.css.gz", "as gzip"),
        ("latchkey.wasm", "\0asm"),
        ("latchkey.wasm.br", "as brotli"),
    ] {
        std::fs::write(pkg.join(name), content).expect("written");
    }
    std::fs::write(folder.path().join("favicon.svg"), "<svg/>").expect("written");
    let world = World::with(Engine::Sqlite, |config| config.site_root = folder.path().to_owned()).await;

    let page = get(&world, "/sign-in", "br").await;
    let style = page.body.split("href=\"/pkg/").nth(1).and_then(|rest| rest.split('"').next()).expect("a style sheet");
    assert!(style.ends_with("/latchkey.css") && style.len() > "/latchkey.css".len() + 15, "{style}");
    for (encodings, encoding, body) in
        [("br, gzip", "br", "as brotli"), ("gzip", "gzip", "as gzip"), ("", "", "a { color: red }")]
    {
        let answer = get(&world, &format!("/pkg/{style}"), encodings).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, body), "{encodings}");
        assert_eq!(answer.headers.get("content-encoding").map_or("", |value| value.to_str().expect("text")), encoding);
        assert_eq!(answer.headers["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!(answer.headers["content-type"], "text/css");
    }
    let wasm = get(&world, &format!("/pkg/{}", style.replace(".css", ".wasm")), "br").await;
    assert_eq!((wasm.headers["content-type"].as_bytes(), wasm.body.as_str()), (&b"application/wasm"[..], "as brotli"));
    assert!(
        page.body.contains(&format!("/pkg/{}", style.replace(".css", ".wasm"))),
        "the page asks for it by that name"
    );

    let plain = get(&world, "/favicon.svg", "br").await;
    assert_eq!(
        (&plain.headers["cache-control"], &plain.headers["content-type"]),
        (&"no-cache".parse().expect("a value"), &"image/svg+xml".parse().expect("a value"))
    );
    for missing in ["/pkg/0123456789abcdef/latchkey.css", "/pkg/latchkey.js", "/pkg/", "/estimator/"] {
        let answer = get(&world, missing, "br").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{missing}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{missing}");
    }
    world.end().await;
}
