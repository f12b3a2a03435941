//! `/api-docs`: what people read of the JSON API.

use axum::http::StatusCode;
use latchkey::{
    domain::error::AuthError,
    server::http::{errors, rest},
};

use crate::support::on_both_engines;

on_both_engines! {
    async fn every_operation_and_every_problem_is_on_the_page(world) {
        let page = world.anonymous().get("/api-docs").await;
        assert_eq!(page.status, StatusCode::OK);
        let document = serde_json::to_value(rest::openapi()).expect("a document");
        for (path, item) in document["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("an item") {
                assert!(page.says(&format!("{} {path}", method.to_uppercase())), "{method} {path}");
                let summary = operation["summary"].as_str().expect("a summary").replace('\'', "&#x27;");
                assert!(page.says(&summary), "{summary}");
            }
        }
        for error in AuthError::kinds() {
            assert!(page.body.contains(&format!("id=\"{}\"", errors::code(&error))), "{error}");
        }
        for text in ["access_token", "account:read", "Takes no token."] {
            assert!(page.says(text), "{text}");
        }
        assert!(!page.body.contains("<script"), "{}", page.body);
    }

    /// The `type` of a problem leads to its place on the page (RFC 9457 section 3.1.1).
    async fn a_problem_leads_to_its_explanation(world) {
        let problem = world.program().get("/users/me").await.json();
        let place = problem["type"].as_str().expect("a type").strip_prefix("http://127.0.0.1:3000").expect("of this site").to_owned();
        let (path, id) = place.split_once('#').expect("a place");
        assert!(world.anonymous().get(path).await.body.contains(&format!("id=\"{id}\"")), "{place}");
    }
}
