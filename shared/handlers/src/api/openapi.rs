//! What the API takes and gives, as an OpenAPI document made from the same code.

use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::response::Response;
use utoipa::PartialSchema;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, HeaderBuilder, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required, ResponseBuilder,
    ServerBuilder, Type,
};

use super::answer::{self};
use crate::auth::SESSION_COOKIE;
use crate::problem::Problem;

const SESSION: &str = "session";
const PROBLEM: &str = "Problem";
const ABOUT: &str = "Invoices, their review and their journals. A read of one thing carries its version as ETag and takes \
If-None-Match. A write has an Idempotency-Key, new for every request and the same when a request is sent again; it takes \
If-Match, which a decision on a revision requires. Amounts are texts with their currency.";

/// The document without its paths.
pub(crate) fn frame() -> OpenApi {
    let info = InfoBuilder::new().title("Day One").version(env!("CARGO_PKG_VERSION")).description(Some(ABOUT)).build();
    let mut document = OpenApiBuilder::new().info(info).servers(Some([ServerBuilder::new().url("/api").build()])).build();
    document.security = Some(vec![SecurityRequirement::new(SESSION, Vec::<String>::new())]);
    let components = document.components.get_or_insert_default();
    components.schemas.insert(PROBLEM.to_owned(), Problem::schema());
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(SESSION_COOKIE, "POST /session gives it.")));
    components.security_schemes.insert(SESSION.to_owned(), cookie.into());
    document
}

/// The whole document.
pub fn whole() -> OpenApi {
    let mut document = super::documented().into_openapi();
    for item in document.paths.paths.values_mut() {
        for operation in [&mut item.get].into_iter().flatten() {
            refusals(operation);
        }
        for operation in [&mut item.post, &mut item.put, &mut item.delete].into_iter().flatten() {
            refusals(operation);
            written(operation);
        }
    }
    document
}

/// How an operation fails.
fn refusals(operation: &mut Operation) {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(PROBLEM))).build();
    let response = ResponseBuilder::new().description("Why it was not done, and what to do.").content("application/problem+json", content);
    operation.responses.responses.insert("default".to_owned(), RefOr::T(response.build()));
}

/// The headers of a write.
fn written(operation: &mut Operation) {
    let is_of_session = operation.operation_id.as_deref().is_some_and(|id| id == "sign_in" || id == "sign_out");
    let mut headers = vec![("X-CSRF-Token", "The session's token, as GET /me gives it; needed beside a cookie.", false)];
    if !is_of_session {
        headers.push(("Idempotency-Key", "A new random text for every request; the same when it is sent again.", true));
    }
    let known = operation.parameters.get_or_insert_default();
    let is_if_match = |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(parameter) if parameter.name == "If-Match");
    if !is_of_session && !known.iter().any(is_if_match) {
        headers.push(("If-Match", "The ETag of what was read, where it has one.", false));
    }
    for (name, description, is_required) in headers {
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(if is_required { Required::True } else { Required::False })
            .description(Some(description))
            .schema(Some(text));
        known.push(parameter.build().into());
    }
    if let Some(RefOr::T(response)) = operation.responses.responses.get_mut("200").filter(|_| !is_of_session) {
        let header = HeaderBuilder::new().description(Some("`true` where the request was done before.")).build();
        response.headers.insert("Idempotent-Replay".to_owned(), header.into());
    }
}

/// This document. Needs no sign-in.
#[utoipa::path(get, path = "/openapi.json", operation_id = "read_openapi", tag = "Site", responses((status = 200, body = Object)), security(()))]
pub async fn document() -> Result<Response, Problem> {
    let mut response = answer::json(&whole())?;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}
