//! Signing in and out.

use askama::Template;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use dayone_workflow::Failure;

use super::fields::Fields;
use super::frame::Frame;
use super::problem::{self, Problem};
use super::visit::{Posted, is_from_elsewhere, pairs};
use super::{address, answer};
use crate::{Site, auth};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    next: String,
    mail: String,
}

/// The form.
pub async fn show(State(site): State<Site>, uri: axum::http::Uri, headers: HeaderMap) -> Response {
    let query = Fields::new(pairs(uri.query().unwrap_or_default()));
    let next = address::local(query.get("next")).to_owned();
    if let Ok(Some(_)) = auth::page_session(&site, &headers).await {
        return answer::see_other(&next);
    }
    let mut frame = answer::outside(&site, "Sign in");
    if query.get("done") == "signed-out" {
        frame.done = Some("You are signed out.".to_owned());
    }
    answer::rendered(&SignInPage { frame, next, mail: String::new() }, StatusCode::OK)
}

/// The form, sent.
pub async fn sign_in(
    State(site): State<Site>,
    headers: HeaderMap,
    form: Result<Form<Vec<(String, String)>>, axum::extract::rejection::FormRejection>,
) -> Response {
    if is_from_elsewhere(&headers) {
        let failure = Failure::forbidden("that form was on another site; sign in here");
        return answer::failed_outside(&site, &failure);
    }
    let fields = match form {
        Ok(Form(pairs)) => Fields::new(pairs),
        Err(rejection) => {
            let failure = Failure::invalid("form", "the form cannot be read; open the page again");
            return (rejection.into_response().status(), answer::failed_outside(&site, &failure)).into_response();
        }
    };
    let next = address::local(fields.get("next")).to_owned();
    match auth::begin_session(&site, &headers, fields.get("mail").trim(), fields.get("password")).await {
        Ok(cookie) => with_cookie(cookie, answer::see_other(&next)),
        Err(failure) => again(&site, &fields, next, &failure),
    }
}

fn with_cookie(cookie: auth::SetCookie, answer: Response) -> Response {
    ([cookie], answer).into_response()
}

fn again(site: &Site, fields: &Fields, next: String, failure: &Failure) -> Response {
    let mut frame = answer::outside(site, "Sign in");
    let text = problem::of(failure).text;
    frame.problem = Some(Problem { title: "You are not signed in.", text });
    let mail: String = fields.get("mail").trim().chars().take(254).collect();
    answer::rendered(&SignInPage { frame, next, mail }, problem::status(failure.kind))
}

/// Signs out.
pub async fn sign_out(State(site): State<Site>, posted: Posted) -> Response {
    match posted.visit.tenant.sign_out(&posted.visit.session.token).await {
        Ok(_) => with_cookie(auth::end_cookie(&site), answer::see_other("/sign-in?done=signed-out")),
        Err(failure) => answer::failed(&posted.visit, &failure),
    }
}
