//! The document of the JSON API: that it tells of every route, of every method, and of nothing else.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode, header};
use latchkey::server::http::rest;
use serde_json::Value;

use crate::{authorization::example, support::on_both_engines};

const METHODS: [Method; 7] =
    [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD, Method::OPTIONS];

/// The methods of each path, as the document has them.
fn documented() -> BTreeMap<String, Vec<String>> {
    let document = serde_json::to_value(rest::openapi()).expect("a document");
    let paths = document["paths"].as_object().expect("paths").clone();
    let methods = |item: &Value| {
        let mut methods: Vec<String> =
            item.as_object().expect("an item").keys().map(|key| key.to_uppercase()).collect();
        methods.retain(|key| METHODS.iter().any(|method| method.as_str() == key));
        methods.sort();
        methods
    };
    paths.iter().map(|(path, item)| (path.clone(), methods(item))).collect()
}

on_both_engines! {
    /// Each path answers to exactly the methods that the document has.
    async fn document_and_router_agree(world) {
        let program = world.program();
        for (path, methods) in documented() {
            let answer = program.call(Method::from_bytes(b"PROPFIND").expect("a method"), &example(&path), None).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path} is not in the router");
            let allowed = answer.headers[header::ALLOW].to_str().expect("text").to_owned();
            let mut allowed: Vec<String> =
                allowed.split(',').filter(|method| *method != "HEAD").map(str::to_owned).collect();
            allowed.sort();
            assert_eq!(allowed, methods, "{path}");
        }
    }

    async fn the_document_is_served_as_it_is(world) {
        let answer = world.program().get("/openapi.json").await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.json(), serde_json::to_value(rest::openapi()).expect("a document"));
        assert_eq!(answer.json()["openapi"], "3.1.0");
    }
}

/// Whoever reads it knows who may call what, what comes back, and how it is refused.
#[test]
fn every_operation_is_described() {
    let document = serde_json::to_value(rest::openapi()).expect("a document");
    let mut ids = std::collections::HashSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("an item") {
            let what = format!("{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{what}");
            let id = operation["operationId"].as_str().expect("a name");
            assert!(ids.insert(id.to_owned()) && operation["tags"][0].is_string(), "{what} {id}");
            let mut parameters = std::collections::HashSet::new();
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let (name, place) = (parameter["name"].to_string(), parameter["in"].to_string());
                assert!(place != "\"path\"" || parameter["required"] == true, "{what} {name}");
                assert!(parameters.insert((name.clone(), place)), "{what} {name} twice");
            }
            let responses = operation["responses"].as_object().expect("responses");
            assert!(responses.keys().any(|status| status.starts_with('2')), "{what}");
            for (status, response) in responses {
                if status.starts_with(['4', '5']) {
                    assert!(response["content"]["application/problem+json"].is_object(), "{what} {status}");
                }
                assert!(response["description"].as_str().is_some(), "{what} {status}");
            }
            let is_open = path.starts_with("/auth/") && path != "/auth/logout"
                || ["/users", "/health", "/health/ready", "/openapi.json", "/.well-known/jwks.json"]
                    .contains(&path.as_str());
            assert_eq!(operation["security"].is_array(), !is_open, "{what}");
            assert_eq!(
                responses.contains_key("401"),
                !is_open || path.ends_with("/login") || path.ends_with("/refresh"),
                "{what}"
            );
        }
    }
}
