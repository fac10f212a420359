//! The OpenAPI document says what the router does.
#![allow(missing_docs)]

#[path = "../../workflow/tests/company/mod.rs"]
mod company;
mod home;
#[path = "../../workflow/tests/memory/mod.rs"]
mod memory;

use home::{Home, Visitor};
use serde_json::Value;

const METHODS: [&str; 5] = ["get", "post", "put", "delete", "patch"];

async fn document(home: &Home) -> Value {
    home.get(&Visitor::default(), "/api/openapi.json").await.json()
}

/// A path of the document with something in its places.
fn filled(path: &str) -> String {
    let places = [("{period}", "2026-03"), ("{currency}", "USD"), ("{number}", "1"), ("{kind}", "policy")];
    let path = places.iter().fold(format!("/api{path}"), |path, (place, value)| path.replace(place, value));
    path.split('/').map(|part| if part.starts_with('{') { "shop" } else { part }).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn every_path_of_the_document_answers_its_methods_and_no_others() {
    let home = Home::empty().await;
    let document = document(&home).await;
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() > 35);
    for (path, item) in paths {
        for method in METHODS {
            let reply = home.ask(&Visitor::default(), &method.to_uppercase(), &filled(path)).send().await;
            let is_there = item.get(method).is_some();
            assert_eq!(reply.status.as_u16() != 405, is_there, "{method} {path}: {}", reply.status);
            assert_ne!(reply.status.as_u16(), 404, "{method} {path}");
            if !is_there {
                let allow = reply.header("allow").unwrap().to_lowercase();
                let listed = METHODS.into_iter().filter(|method| item.get(method).is_some());
                assert!(listed.clone().all(|method| allow.contains(method)), "{path}: {allow}");
            }
        }
    }
}

#[tokio::test]
async fn only_what_needs_no_sign_in_says_so() {
    let home = Home::empty().await;
    let document = document(&home).await;
    let mut open = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation.get("security").is_some() {
                open.push(format!("{method} {path}"));
            }
        }
    }
    open.sort();
    assert_eq!(open, ["get /health", "get /openapi.json", "post /session"]);
}

#[tokio::test]
async fn every_operation_is_told_whole() {
    let home = Home::empty().await;
    let document = document(&home).await;
    let mut ids = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let what = format!("{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{what} has no summary");
            assert!(operation["tags"].as_array().is_some_and(|tags| tags.len() == 1), "{what} has not one tag");
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{what} has the id of another");
            assert!(
                operation["responses"]["default"]["content"]["application/problem+json"].is_object(),
                "{what} does not say how it fails"
            );
            let parameters: Vec<&str> =
                operation["parameters"].as_array().into_iter().flatten().map(|parameter| parameter["name"].as_str().unwrap()).collect();
            let is_write = method != "get" && !path.starts_with("/session");
            assert_eq!(parameters.contains(&"Idempotency-Key"), is_write, "{what}");
            assert_eq!(parameters.contains(&"If-Match"), is_write, "{what}");
            let places = path.matches('{').count();
            let stated = operation["parameters"].as_array().into_iter().flatten().filter(|parameter| parameter["in"] == "path").count();
            assert_eq!(places, stated, "{what}");
        }
    }
}

#[tokio::test]
async fn every_schema_that_is_named_is_there() {
    let home = Home::empty().await;
    let document = document(&home).await;
    let mut named = Vec::new();
    names(&document, &mut named);
    assert!(named.len() > 50);
    for name in named {
        let pointer = name.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{name}");
    }
}

fn names(value: &Value, named: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            named.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|field| names(field, named));
        }
        Value::Array(items) => items.iter().for_each(|item| names(item, named)),
        _ => {}
    }
}
