//! Files of the browser side. Those of a build carry its digest in their path and are kept for ever; browsers ask again for
//! all others. Made smaller when they were built, not when they are asked for. Must not serve anything else.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, StatusCode, header::CACHE_CONTROL},
    middleware::{Next, from_fn, map_response},
    response::{IntoResponse, Response},
};
use tower_http::services::ServeDir;

use crate::{domain::site::AssetPaths, server::crypto::token::digest};

/// What is kept for ever, because its path changes with its content.
pub(super) const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// What is asked for again each time, and mostly answered with 304.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");
/// Hexadecimal digits of a digest in a path.
pub(super) const DIGITS: usize = 16;
/// The most bytes of a file's name and of its path, as sent: less than any system takes.
const MOST_OF_A_NAME: usize = 200;
const MOST_OF_A_PATH: usize = 1_000;
/// The ends of names of files that were made smaller.
const SMALLER: [&str; 2] = ["br", "gz"];

/// The folder of what is built, in the folder of the site.
const PKG: &str = "pkg";

/// Where a build's files are served, from the digests of their contents; by plain names where a developer's tool replaces
/// them while the server runs.
#[must_use]
pub fn paths(site_root: &Path, estimator_root: &Path, is_watched: bool) -> AssetPaths {
    if is_watched {
        return AssetPaths::default();
    }
    AssetPaths {
        pkg: format!("{PKG}/{}", version(&site_root.join(PKG))),
        estimator: format!("estimator/{}", version(estimator_root)),
    }
}

/// Serves the files.
pub fn routes<S: Clone + Send + Sync + 'static>(
    site_root: &Path,
    estimator_root: &Path,
    paths: &AssetPaths,
) -> Router<S> {
    let (pkg, estimator) = (format!("/{}", paths.pkg), format!("/{}", paths.estimator));
    let is_versioned = *paths != AssetPaths::default();
    let kept = if is_versioned { FOR_EVER } else { ASK_AGAIN };
    Router::new()
        .nest_service(&pkg, folder(&site_root.join(PKG), kept.clone()))
        .nest_service(&estimator, folder(estimator_root, kept))
        .fallback_service(folder(site_root, ASK_AGAIN))
}

/// The files of a folder.
fn folder(root: &Path, caching: HeaderValue) -> Router {
    let mut files = ServeDir::new(root).append_index_html_on_directories(false);
    if are_smaller_ones_fresh(root) {
        files = files.precompressed_br().precompressed_gzip();
    }
    Router::new().fallback_service(files).layer(from_fn(without_impossible_names)).layer(map_response(
        move |mut response: Response| {
            if matches!(response.status(), StatusCode::OK | StatusCode::NOT_MODIFIED | StatusCode::PARTIAL_CONTENT) {
                response.headers_mut().insert(CACHE_CONTROL, caching.clone());
            }
            std::future::ready(response)
        },
    ))
}

/// No file has a NUL in its name, nor one that is longer than any of ours, and asking the system for one is an error of ours.
async fn without_impossible_names(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_long = path.len() > MOST_OF_A_PATH || path.split('/').any(|name| name.len() > MOST_OF_A_NAME);
    if is_long || path.contains("%00") {
        return StatusCode::NOT_FOUND.into_response();
    }
    next.run(request).await
}

/// The digest of everything in a folder.
fn version(root: &Path) -> String {
    let mut everything = Vec::new();
    for file in files(root).iter().filter(|file| !is_smaller(file)) {
        everything.extend_from_slice(file.strip_prefix(root).unwrap_or(file).to_string_lossy().as_bytes());
        everything.extend_from_slice(digest(&fs::read(file).unwrap_or_default()).as_bytes());
    }
    digest(&everything).chars().take(DIGITS).collect()
}

/// Whether every file that was made smaller is as new as what it was made of: a tool that knows nothing of them may have
/// replaced that.
fn are_smaller_ones_fresh(root: &Path) -> bool {
    let changed = |file: &Path| fs::metadata(file).and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    files(root).iter().filter(|file| is_smaller(file)).all(|file| changed(file) >= changed(&file.with_extension("")))
}

fn is_smaller(file: &Path) -> bool {
    file.extension().is_some_and(|extension| SMALLER.iter().any(|smaller| extension == *smaller))
}

/// Every file below a folder, in the order of their names; none where there is no folder.
fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use tower::ServiceExt as _;

    use super::*;

    #[test]
    fn a_path_changes_with_the_content_and_with_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
        write("a.js", "one");
        let one = version(folder.path());
        write("a.js.br", "made smaller");
        assert_eq!(version(folder.path()), one);
        write("a.js", "two");
        assert_ne!(version(folder.path()), one);
        assert_eq!(one.len(), DIGITS);
    }

    /// A developer's tool replaces them under the same name.
    #[tokio::test]
    async fn what_is_replaced_under_its_name_is_asked_for_again() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join(PKG)).expect("made");
        fs::write(folder.path().join(PKG).join("a.css"), "a {}").expect("written");
        let names = paths(folder.path(), folder.path(), true);
        let caching = async |paths: &AssetPaths| {
            let request = Request::get(format!("/{}/a.css", paths.pkg)).body(Body::empty()).expect("a request");
            let routes: Router = routes(folder.path(), folder.path(), paths);
            routes.oneshot(request).await.expect("infallible").headers()[CACHE_CONTROL].clone()
        };
        assert_eq!(caching(&names).await, ASK_AGAIN);
        assert_eq!(caching(&self::paths(folder.path(), folder.path(), false)).await, FOR_EVER);
    }

    #[tokio::test]
    async fn what_was_made_smaller_from_something_older_is_not_used() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.css");
        fs::write(&file, "a {}").expect("written");
        fs::write(folder.path().join("a.css.br"), "smaller").expect("written");
        assert!(are_smaller_ones_fresh(folder.path()));
        let later = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(4_000_000_000);
        fs::File::options().write(true).open(&file).and_then(|file| file.set_modified(later)).expect("touched");
        assert!(!are_smaller_ones_fresh(folder.path()));
        let request = Request::get("/a.css").header("accept-encoding", "br").body(Body::empty()).expect("a request");
        let answer = self::folder(folder.path(), ASK_AGAIN).oneshot(request).await.expect("infallible");
        assert!(answer.status() == StatusCode::OK && !answer.headers().contains_key("content-encoding"), "{answer:?}");
    }
}
