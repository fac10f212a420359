//! A page that was answered: what is on it, and whether it is sound.

#![allow(dead_code)]

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;

pub struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub html: String,
}

/// A form with its fields as the page gives them.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

/// A start tag.
#[derive(Debug)]
struct Tag<'a> {
    name: &'a str,
    attributes: Vec<(&'a str, String)>,
    /// Where its content begins.
    end: usize,
}

impl Tag<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}

impl Form {
    pub fn set(mut self, name: &str, value: &str) -> Form {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn to(mut self, action: &str) -> Form {
        self.action = action.to_owned();
        self
    }

    pub fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub fn encoded(&self) -> String {
        let encoded = |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
        self.fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect::<Vec<_>>().join("&")
    }
}

impl Page {
    pub async fn of(response: Response) -> Page {
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 32 << 20).await.unwrap();
        Page { status: parts.status, headers: parts.headers, html: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    pub fn location(&self) -> String {
        self.header(header::LOCATION.as_str())
    }

    /// The page's words, white space together.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut rest = self.html.as_str();
        while let Some((before, after)) = rest.split_once('<') {
            text.push_str(before);
            text.push(' ');
            rest = after.split_once('>').map_or("", |(_, rest)| rest);
        }
        text.push_str(rest);
        unescaped(&text).replace('\u{a0}', " ").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn tags(&self) -> Vec<Tag<'_>> {
        let mut tags = Vec::new();
        let mut at = 0;
        while let Some(start) = self.html[at..].find('<').map(|start| at + start) {
            let Some(tag) = tag(&self.html, start) else {
                at = start + 1;
                continue;
            };
            at = tag.end;
            tags.push(tag);
        }
        tags
    }

    /// The form that is sent to an address.
    pub fn form(&self, action: &str) -> Form {
        self.forms().into_iter().find(|form| form.action == action).unwrap_or_else(|| panic!("no form to {action} on {}", self.html))
    }

    /// The form to an address that has a field of this value.
    pub fn form_with(&self, action: &str, name: &str, value: &str) -> Form {
        let fits = |form: &Form| form.action == action && form.get(name) == value;
        self.forms().into_iter().find(fits).unwrap_or_else(|| panic!("no form to {action} with {name}={value}"))
    }

    fn forms(&self) -> Vec<Form> {
        let mut forms: Vec<Form> = Vec::new();
        let mut select: Option<(String, bool)> = None;
        for tag in self.tags() {
            let named = |tag: &Tag<'_>| tag.get("name").map(str::to_owned);
            match tag.name {
                "form" => forms.push(Form { action: tag.get("action").unwrap_or_default().to_owned(), fields: Vec::new() }),
                "input" if tag.get("type") == Some("checkbox") || tag.get("type") == Some("file") => {}
                "input" => {
                    if let (Some(name), Some(form)) = (named(&tag), forms.last_mut()) {
                        form.fields.push((name, tag.get("value").unwrap_or_default().to_owned()));
                    }
                }
                "textarea" => {
                    let end = self.html[tag.end..].find("</textarea>").unwrap() + tag.end;
                    if let (Some(name), Some(form)) = (named(&tag), forms.last_mut()) {
                        form.fields.push((name, unescaped(&self.html[tag.end..end])));
                    }
                }
                "select" => select = named(&tag).map(|name| (name, false)),
                "option" => {
                    if let (Some((name, is_set)), Some(form)) = (&mut select, forms.last_mut()) {
                        let value = tag.get("value").unwrap_or_default().to_owned();
                        if tag.get("selected").is_some() || !*is_set {
                            form.fields.retain(|(known, _)| known != name);
                            form.fields.push((name.clone(), value));
                        }
                        *is_set = true;
                    }
                }
                _ => {}
            }
        }
        forms
    }

    /// The choices of a select: values and labels, without the empty one.
    pub fn options(&self, name: &str) -> Vec<(String, String)> {
        let mut options = Vec::new();
        let mut is_in = false;
        for tag in self.tags() {
            match tag.name {
                "select" => is_in = tag.get("name") == Some(name),
                "option" if is_in => {
                    let end = self.html[tag.end..].find("</option>").unwrap() + tag.end;
                    options.push((tag.get("value").unwrap_or_default().to_owned(), unescaped(&self.html[tag.end..end])));
                }
                _ => {}
            }
        }
        options.retain(|(value, _)| !value.is_empty());
        options
    }

    /// Checks what holds for every page.
    pub fn is_sound(&self, what: &str) {
        let tags = self.tags();
        let count = |name: &str| tags.iter().filter(|tag| tag.name == name).count();
        assert_eq!(count("h1"), 1, "{what} has one h1");
        assert_eq!((count("title") >= 1, count("main")), (true, 1), "{what}");
        assert_eq!((count("script"), count("style"), count("iframe")), (0, 0, 0), "{what}");
        let ids: Vec<&str> = tags.iter().filter_map(|tag| tag.get("id")).collect();
        let labelled: Vec<&str> = tags.iter().filter(|tag| tag.name == "label").filter_map(|tag| tag.get("for")).collect();
        for (place, id) in ids.iter().enumerate() {
            assert!(!ids[..place].contains(id), "{what} has the id {id} twice");
        }
        for tag in &tags {
            for (name, value) in &tag.attributes {
                assert!(!name.starts_with("on") && *name != "style", "{what} has {name} on {}", tag.name);
                if *name == "href" || *name == "action" {
                    let is_own = value.starts_with('/') && !value.starts_with("//");
                    assert!(is_own || value.starts_with('#') || value == "data:,", "{what} leads to {value}");
                    if let Some(id) = value.strip_prefix('#') {
                        assert!(ids.contains(&id), "{what} leads to #{id}, which is not there");
                    }
                }
                if *name == "aria-labelledby" || *name == "aria-describedby" {
                    assert!(value.split(' ').all(|id| ids.contains(&id)), "{what} is labelled by {value}, which is not there");
                }
            }
            let is_field = matches!(tag.name, "select" | "textarea") || (tag.name == "input" && tag.get("type") != Some("hidden"));
            if is_field {
                let has_label = tag.get("id").is_some_and(|id| labelled.contains(&id)) || tag.get("aria-label").is_some();
                assert!(has_label, "{what} has a field without label: {tag:?}");
            }
            if tag.name == "form" && tag.get("method") == Some("post") {
                let action = tag.get("action").unwrap_or_default();
                let form = self.forms().into_iter().find(|form| form.action == action).unwrap();
                let needs_key = !["/sign-in", "/sign-out"].contains(&action);
                assert!(action == "/sign-in" || !form.get("csrf").is_empty(), "{what}: {action} has no token");
                assert!(!needs_key || form.get("key").len() > 20, "{what}: {action} has no key");
            }
        }
    }
}

fn tag(html: &str, start: usize) -> Option<Tag<'_>> {
    let bytes = html.as_bytes();
    let mut at = start + 1;
    let word =
        |from: usize| -> usize { from + html[from..].bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'-').count() };
    let name_end = word(at);
    if name_end == at {
        return None;
    }
    let name = &html[at..name_end];
    at = name_end;
    let mut attributes = Vec::new();
    loop {
        at += html[at..].bytes().take_while(|byte| byte.is_ascii_whitespace() || *byte == b'/').count();
        match bytes.get(at)? {
            b'>' => return Some(Tag { name, attributes, end: at + 1 }),
            _ => {
                let end = at + html[at..].find(|letter: char| letter == '=' || letter == '>' || letter.is_whitespace())?;
                let attribute = &html[at..end];
                at = end;
                if bytes.get(at) == Some(&b'=') {
                    assert_eq!(bytes.get(at + 1), Some(&b'"'), "attributes are quoted: {}", &html[start..(start + 80).min(html.len())]);
                    let close = at + 2 + html[at + 2..].find('"')?;
                    attributes.push((attribute, unescaped(&html[at + 2..close])));
                    at = close + 1;
                } else {
                    attributes.push((attribute, String::new()));
                }
            }
        }
    }
}

/// Text without character references.
fn unescaped(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('&') {
        text.push_str(before);
        match after.split_once(';') {
            Some((name, tail)) if name.len() < 8 => {
                match name {
                    "lt" => text.push('<'),
                    "gt" => text.push('>'),
                    "amp" => text.push('&'),
                    "quot" => text.push('"'),
                    _ => {
                        let code = name.strip_prefix('#').and_then(|code| code.parse().ok()).and_then(char::from_u32);
                        text.push(code.unwrap_or_else(|| panic!("an unknown reference: {name}")));
                    }
                }
                rest = tail;
            }
            _ => {
                text.push('&');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    text
}
