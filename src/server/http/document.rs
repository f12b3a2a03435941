//! Mends the documents that leptos 0.8 writes, so that they are valid HTML and load no more than they use: scripts after
//! the end of the document go before it, comments are written out, the nonce leaves the attribute that it does not belong in,
//! and pages without islands load no script. Must not touch what a page says.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{
        HeaderValue,
        header::{CONTENT_LENGTH, CONTENT_TYPE, LAST_MODIFIED},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::domain::error::AuthError;

use super::errors;

/// The largest document.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Mends documents; everything else passes.
pub async fn layer(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    // A file is as it is.
    if response.headers().contains_key(LAST_MODIFIED) {
        return response;
    }
    let content_type = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    if !content_type.starts_with(b"text/html") {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    let Ok(bytes) = to_bytes(body, MAX_BYTES).await else {
        tracing::error!("a document was larger than any page of ours");
        return errors::answer(&AuthError::Unexpected);
    };
    match String::from_utf8(bytes.into()) {
        Ok(document) => (parts, Body::from(mend(&document))).into_response(),
        Err(error) => (parts, Body::from(error.into_bytes())).into_response(),
    }
}

/// The same document, valid and without what it does not use.
fn mend(document: &str) -> String {
    let document = document.replace("<!>", "<!---->");
    let Some((before, (between, after))) = document
        .rsplit_once("</body>")
        .and_then(|(before, rest)| rest.split_once("</html>").map(|rest| (before, rest)))
    else {
        return document;
    };
    if !after.contains("<script") {
        return document;
    }
    if !before.contains("<leptos-island") {
        return format!("{}</body>{between}</html>", without_loader(before));
    }
    let before = match attribute(before, "nonce") {
        Some(nonce) => before.replace(&format!(" crossorigin=\"{nonce}\""), " crossorigin"),
        None => before.to_owned(),
    };
    format!("{before}{after}</body>{between}</html>")
}

/// The value of the first attribute of a name.
fn attribute<'a>(html: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = html.split_once(&format!(" {name}=\""))?;
    rest.split('"').next()
}

/// Takes away the preloading and the script that wakes islands.
fn without_loader(html: &str) -> String {
    let mut rest = html;
    let mut kept = String::with_capacity(html.len());
    for (begin, end) in
        [("<link rel=\"modulepreload\"", ">"), ("<link rel=\"preload\"", ">"), ("<script type=\"module\"", "</script>")]
    {
        if let Some((before, after)) = rest.split_once(begin)
            && let Some((_, after)) = after.split_once(end)
        {
            kept.push_str(before);
            rest = after;
        }
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "<html><head><link rel=\"stylesheet\" href=\"/a.css\"><!><link rel=\"modulepreload\" href=\"/a.js\" crossorigin=\"N\">\
        <link rel=\"preload\" href=\"/a.wasm\" crossorigin=\"N\"><script type=\"module\" nonce=\"N\">wake()</script></head><body>";
    const TAIL: &str = "</body></html><script nonce=\"N\">x=[];</script>";

    #[test]
    fn a_page_with_islands_is_whole_and_valid() {
        let mended = mend(&format!("{HEAD}<leptos-island></leptos-island>{TAIL}"));
        assert!(mended.ends_with("<script nonce=\"N\">x=[];</script></body></html>"), "{mended}");
        assert!(mended.contains("href=\"/a.js\" crossorigin>") && !mended.contains("<!>"), "{mended}");
    }

    #[test]
    fn a_page_without_islands_loads_no_script() {
        let mended = mend(&format!("{HEAD}<p>Hello</p>{TAIL}"));
        assert_eq!(
            mended,
            "<html><head><link rel=\"stylesheet\" href=\"/a.css\"><!----></head><body><p>Hello</p></body></html>"
        );
    }
}
