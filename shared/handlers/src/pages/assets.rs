//! The style sheet.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use dayone_documents::STYLE;

/// What the site adds to the look of the documents.
const SITE: &str = include_str!("../../assets/site.css");

/// The style sheet of documents, with what the site adds.
pub async fn style() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, format!("{STYLE}\n{SITE}")).into_response()
}
