//! Somebody who opens pages and sends forms, without a socket.

#![allow(dead_code)]

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use dayone_handlers::{Site, router};
use tower::ServiceExt;

use crate::made_up::{MadeUp, PASSWORD};
use crate::page::{Form, Page};

pub struct Browser {
    router: Router,
    cookie: Option<String>,
    pub csrf: String,
}

impl Browser {
    pub fn nobody(company: &MadeUp) -> Browser {
        Browser { router: router(Site::of(company.tenant.clone())), cookie: None, csrf: String::new() }
    }

    /// Somebody with a session of their own.
    pub async fn signed_in(company: &MadeUp, mail: &str) -> Browser {
        company.give_passwords(&[mail]).await.unwrap();
        let session = company.tenant.sign_in(mail, PASSWORD).await.unwrap();
        Browser { cookie: Some(format!("dayone={}", session.token)), csrf: session.csrf, ..Browser::nobody(company) }
    }

    pub async fn get(&self, path: &str) -> Page {
        self.get_with(path, &[]).await
    }

    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Page {
        let path = path.split('#').next().unwrap_or_default();
        self.call(Request::get(path), headers, Body::empty()).await
    }

    /// Presses the button of a form.
    pub async fn send(&self, form: &Form) -> Page {
        self.send_with(form, &[]).await
    }

    pub async fn send_with(&self, form: &Form, headers: &[(&str, &str)]) -> Page {
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let headers: Vec<(&str, &str)> = headers.iter().copied().chain([kind]).collect();
        self.call(Request::post(&form.action), &headers, Body::from(form.encoded())).await
    }

    /// Presses the button of a form with a file.
    pub async fn upload(&self, form: &Form, file: Option<(&str, &str)>) -> Page {
        let mut body = String::new();
        for (name, value) in &form.fields {
            body += &format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        }
        let (name, text) = file.unwrap_or(("", ""));
        body += &format!(
            "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n{text}\r\n--edge--\r\n"
        );
        self.call(Request::post(&form.action), &[("content-type", "multipart/form-data; boundary=edge")], Body::from(body)).await
    }

    async fn call(&self, mut request: axum::http::request::Builder, headers: &[(&str, &str)], body: Body) -> Page {
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        let request = request.header(header::HOST, "meridian.example").body(body).unwrap();
        Page::of(self.router.clone().oneshot(request).await.unwrap()).await
    }
}
