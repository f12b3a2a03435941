//! Browsers and programs: who speaks to the server, with the cookies and headers such a one has.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use tower::ServiceExt;

/// The address tests come from.
pub const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
/// The browser tests say they are.
pub const USER_AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

/// An answer of the server.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// Where it sends the browser; empty if nowhere.
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |value| value.to_str().expect("text"))
    }

    /// Whether a person would read this on the page: markup and the browser's entities taken away.
    pub fn says(&self, text: &str) -> bool {
        let mut shown = String::new();
        let mut rest = self.body.as_str();
        while let Some((before, tag)) = rest.split_once('<') {
            shown.push_str(before);
            let end = if tag.starts_with("script") { "</script>" } else { ">" };
            rest = tag.split_once(end).map_or("", |(_, after)| after);
        }
        shown.push_str(rest);
        shown.replace("&amp;", "&").contains(text)
    }
}

/// A browser without scripting: keeps cookies, posts forms, follows redirects when told to.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    pub fn new(router: Router) -> Self {
        Self { router, cookies: BTreeMap::new() }
    }

    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path).body(Body::empty()).expect("a request")).await
    }

    /// Opens a page and whatever it redirects to.
    pub async fn visit(&mut self, path: &str) -> Answer {
        let mut answer = self.get(path).await;
        for _ in 0..5 {
            let location = answer.location().to_owned();
            if location.is_empty() {
                return answer;
            }
            answer = self.get(&location).await;
        }
        panic!("{path} redirects for ever");
    }

    /// Posts a form.
    pub async fn submit(&mut self, action: &str, fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self
            .request(Method::POST, action)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body));
        self.send(request.expect("a request")).await
    }

    /// Posts a form and opens the page that answers it.
    pub async fn submit_and_follow(&mut self, action: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.submit(action, fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
        let location = answer.location().to_owned();
        self.visit(&location).await
    }

    /// A request of this browser, to be completed.
    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .extension(ConnectInfo(SocketAddr::new(ADDRESS, 40_000)))
            .header(header::HOST, "127.0.0.1:3000")
            .header(header::USER_AGENT, USER_AGENT)
            .header(header::ACCEPT, "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; ").as_bytes());
        }
        request
    }

    /// Sends a request and keeps the cookies of its answer.
    pub async fn send(&mut self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        for set in parts.headers.get_all(header::SET_COOKIE) {
            let set = set.to_str().expect("text");
            let (name, rest) = set.split_once('=').expect("a cookie");
            let value = rest.split(';').next().unwrap_or_default();
            if value.is_empty() || set.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let body = to_bytes(body, usize::MAX).await.expect("a body");
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() }
    }

    /// Signs in with an identifier and a password.
    pub async fn sign_in(&mut self, identifier: &str, password: &str) -> Answer {
        self.submit("/api/sign_in", &[("identifier", identifier), ("password", password)]).await
    }

    /// Whether the dashboard opens.
    pub async fn is_signed_in(&mut self) -> bool {
        self.get("/dashboard").await.status == StatusCode::OK
    }

    /// The value of the session cookie.
    pub fn session_cookie(&self) -> Option<&String> {
        self.cookies.get("latchkey").or_else(|| self.cookies.get("__Host-latchkey"))
    }
}

/// Somebody with a session.
pub struct SignedIn {
    pub browser: Browser,
    pub email: String,
    pub password: String,
}
