//! The router: every route, and the order in which the layers see a request. What tests call. Must not start anything.

use axum::{
    Router,
    http::{
        HeaderValue, StatusCode,
        header::{ALLOW, CONTENT_SECURITY_POLICY},
    },
    middleware::{from_fn, from_fn_with_state, map_response},
    response::{Redirect, Response},
    routing::{get, post},
};
use leptos::{
    nonce::use_nonce,
    prelude::{provide_context, use_context},
};
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list};
use tower_http::catch_panic::CatchPanicLayer;
use tower_sessions::{SessionManagerLayer, cookie::SameSite};

use crate::{
    app::{App, shell},
    domain::{account::CurrentUser, flash::Flash, visit::Visit},
    server::{session::store::SqlSessionStore, state::AppState},
};

use super::{
    access, assets, audit_export, brand,
    cookies::{self, Jar},
    csp_report, csrf, dev_mail, dev_style, document, errors, export, flash, forms, headers, links, own, page_data,
    principal, request, rest,
    share::Share,
    turns, visit,
};

/// Names under which people look for our pages.
const ALIASES: [(&str, &str); 3] = [("/signup", "/sign-up"), ("/register", "/sign-up"), ("/login", "/sign-in")];

/// The whole server as one service. What is not there says nothing of what would be allowed there (ASVS 8.2.1): axum adds
/// that outside of the layers of its routes.
pub fn build(state: AppState) -> Router {
    Router::new().fallback_service(routes(state)).layer(map_response(without_methods_of_nothing))
}

async fn without_methods_of_nothing(mut response: Response) -> Response {
    if response.status() == StatusCode::NOT_FOUND {
        response.headers_mut().remove(ALLOW);
    }
    response
}

/// Every route, in its layers.
pub fn routes(state: AppState) -> Router {
    let is_https = state.config.is_https();
    let sessions = SessionManagerLayer::new(SqlSessionStore::new(state.clone()))
        .with_name(Jar::Session.name(is_https))
        .with_secure(is_https)
        .with_http_only(true)
        .with_same_site(SameSite::Lax);

    let context = {
        let state = state.clone();
        move || provide_page_context(&state)
    };
    let options = state.leptos_options.clone();
    let pages = Router::new()
        .leptos_routes_with_context(&state, generate_route_list(App), context, move || shell(options.clone()))
        .route_layer((from_fn_with_state(state.clone(), page_data::layer), Share))
        .route_layer((from_fn_with_state(state.clone(), access::layer), Share))
        .merge(export::routes())
        .merge(own::routes())
        .merge(audit_export::routes())
        .layer((from_fn_with_state(state.clone(), links::layer), Share))
        .layer((from_fn_with_state(state.clone(), flash::layer), Share))
        .layer((from_fn_with_state(state.clone(), forms::layer), Share))
        .layer((from_fn_with_state(state.clone(), access::console), Share))
        .layer((from_fn_with_state(state.clone(), principal::layer), Share))
        .layer((sessions, Share));

    let mut routes = Router::new()
        .merge(pages)
        .merge(rest::routes(&state.config))
        .route(headers::REPORTS, post(csp_report::take))
        .route("/.well-known/change-password", get(async || Redirect::to("/account/password")));
    for (alias, page) in ALIASES {
        routes = routes.route(alias, get(move || async move { Redirect::permanent(page) }));
    }
    if state.config.is_development() && state.config.smtp_url.is_none() {
        routes = routes.merge(dev_mail::routes());
    }
    if state.config.is_development() {
        routes = routes.merge(dev_style::routes());
    }
    routes
        .merge(brand::routes(&state.brand))
        .merge(assets::routes(&state.config.site_root, &state.config.estimator_root, &state.site.assets))
        .layer((from_fn_with_state(state.clone(), csrf::layer), Share))
        .layer((CatchPanicLayer::custom(errors::after_panic), Share))
        .layer((from_fn_with_state(state.clone(), errors::layer), Share))
        .layer((from_fn_with_state(state.clone(), visit::layer), Share))
        .layer((from_fn(document::layer), Share))
        .layer((from_fn_with_state(headers::OfSite::new(&state.config), headers::layer), Share))
        .layer((from_fn_with_state(state.clone(), turns::layer), Share))
        .layer((from_fn_with_state(state.clone(), request::layer), Share))
        .layer((from_fn(cookies::layer), Share))
        .with_state(state)
}

/// What pages find in their context beside leptos' own.
fn provide_page_context(state: &AppState) {
    provide_context(state.clone());
    provide_context(state.site());
    if let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>())
        && let Ok(policy) =
            HeaderValue::from_str(&headers::content_security_policy(Some(&nonce), state.config.is_watched()))
    {
        response.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
    let Some(parts) = use_context::<axum::http::request::Parts>() else { return };
    provide_context(parts.extensions.get::<Flash>().cloned().unwrap_or_default());
    provide_context(parts.extensions.get::<Visit>().cloned().unwrap_or_default());
    if let Some(user) = parts.extensions.get::<CurrentUser>() {
        provide_context(user.clone());
    }
    page_data::provide(&parts);
}
