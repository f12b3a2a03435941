//! Requests that other sites make in a person's name, on every server function.

use axum::http::{Method, StatusCode, header};
use latchkey::api::FORMS;

use crate::support::on_both_engines;

on_both_engines! {
    /// ASVS 3.5.1, 3.5.3.
    async fn no_form_can_be_sent_from_another_site(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        for form in FORMS {
            for (name, value) in [
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-site", "same-site"),
                ("origin", "https://evil.example"),
                ("origin", "null"),
                ("x-nothing", "no word of where it comes from"),
            ] {
                let request = browser
                    .request(Method::POST, form.action)
                    .header(name, value)
                    .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .body("email=x%40example.com".into());
                let answer = browser.send(request.expect("a request")).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{} with {name}: {value}", form.action);
                assert!(answer.says("came from another site"));
            }
        }
        assert!(browser.is_signed_in().await);
    }

    /// The one exception: browsers send reports of our policy in the name of no site.
    async fn reports_of_the_policy_come_from_no_site(world) {
        let browser = world.anonymous();
        let request = browser.request(Method::POST, "/csp-report").header("origin", "null").header("sec-fetch-site", "cross-site");
        let answer = browser.clone().send(request.body("{}".into()).expect("a request")).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
    }

    /// ASVS 3.5.3, 4.1.4.
    async fn no_form_answers_another_method(world) {
        // An administrator, since what is for administrators is not there for others.
        let mut browser = world.administrator("admin@example.com").await.browser;
        for form in FORMS {
            for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::TRACE] {
                let request = browser.request(method.clone(), form.action).header("sec-fetch-site", "same-origin").body("".into());
                let answer = browser.send(request.expect("a request")).await;
                assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {}", form.action);
                assert_eq!(answer.headers[header::ALLOW], "POST");
            }
        }
    }
}
