//! A program: speaks JSON, carries a token and no cookies.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use serde_json::{Value, json};

use super::{Answer, Browser, PASSWORD, World};

/// A program, with the tokens it got last.
#[derive(Clone)]
pub struct Program {
    browser: Browser,
    pub token: Option<String>,
    pub refresh_token: String,
}

impl Answer {
    /// The body.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The stable code of a problem (RFC 9457), having looked whether it is one.
    pub fn problem(&self) -> String {
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json", "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16(), "{self:?}");
        assert!(problem["error"].as_str().is_some_and(|error| error.ends_with('.')), "{self:?}");
        assert_eq!(problem["error"], problem["detail"], "{self:?}");
        let code = problem["code"].as_str().expect("a code");
        assert!(problem["type"].as_str().is_some_and(|kind| kind.ends_with(&format!("#{code}"))), "{self:?}");
        code.to_owned()
    }

    /// What is to be done about the token.
    pub fn challenge(&self) -> &str {
        self.headers.get(header::WWW_AUTHENTICATE).map_or("", |value| value.to_str().expect("text"))
    }
}

impl Program {
    /// Sends a request with the token, and with a body if there is one.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = self.browser.request(method, path);
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let mut request = request.body(body).expect("a request");
        request.headers_mut().insert(header::ACCEPT, "*/*".parse().expect("a value"));
        request.headers_mut().insert(header::USER_AGENT, "curl/8.19.0".parse().expect("a value"));
        self.browser.clone().send(request).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str) -> Answer {
        self.call(Method::PUT, path, None).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    /// The same program with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// Takes the tokens of an answer.
    pub fn take(&mut self, answer: &Answer) {
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let grant = answer.json();
        self.token = grant["access_token"].as_str().map(str::to_owned);
        grant["refresh_token"].as_str().expect("a refresh token").clone_into(&mut self.refresh_token);
    }

    /// Exchanges the refresh token.
    pub async fn refresh(&self) -> Answer {
        self.post("/auth/refresh", json!({ "refresh_token": self.refresh_token })).await
    }

    /// A personal access token of this person.
    pub async fn personal(&self, scopes: &[&str]) -> Self {
        let made = self.post("/users/me/tokens", json!({ "name": "nightly", "scopes": scopes })).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        self.with_token(made.json()["token"].as_str().expect("a token"))
    }
}

impl World {
    /// A program without a token.
    pub fn program(&self) -> Program {
        Program { browser: self.anonymous(), token: None, refresh_token: String::new() }
    }

    /// A program signed in as somebody who has an account.
    pub async fn program_of(&self, email: &str) -> Program {
        let mut program = self.program();
        let answer = program.post("/auth/login", json!({ "email": email, "password": PASSWORD })).await;
        program.take(&answer);
        program
    }

    /// A program signed in as somebody new.
    pub async fn new_program(&self, email: &str) -> Program {
        let made = self.program().post("/users", json!({ "email": email, "password": PASSWORD })).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        self.program_of(email).await
    }
}
