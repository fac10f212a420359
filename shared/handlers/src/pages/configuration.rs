//! Configuration: what is in force, its versions, and a form to put more.

use askama::Template;
use axum::extract::{FromRequest, Multipart, Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use dayone_domain::people::Role;
use dayone_ports::Digest;
use dayone_workflow::configuration::{ConfigKind, ConfigPut};
use dayone_workflow::{Failure, Once};

use super::answer::{self, Answer, Notice};
use super::fields::Fields;
use super::frame::{Frame, Place};
use super::problem::Problem;
use super::visit::Visit;
use super::{address, words};
use crate::Site;

/// Most characters of a file's name.
const LONGEST_NAME: usize = 200;

#[derive(Template)]
#[template(path = "configuration.html", whitespace = "minimize")]
struct ConfigurationPage {
    frame: Frame,
    rows: Vec<KindRow>,
}

struct KindRow {
    kind: &'static str,
    name: &'static str,
    about: &'static str,
    newest: String,
}

#[derive(Template)]
#[template(path = "configuration_kind.html", whitespace = "minimize")]
struct KindPage {
    frame: Frame,
    kind: &'static str,
    name: &'static str,
    about: &'static str,
    problems: Vec<String>,
    may_put: bool,
    draft: String,
    versions: Vec<VersionRow>,
    shown: Option<(String, String)>,
}

struct VersionRow {
    number: u64,
    label: String,
    details: String,
    is_shown: bool,
}

fn words_of(kind: ConfigKind) -> (&'static str, &'static str) {
    match kind {
        ConfigKind::Tree => (
            "Allocation tree",
            "Cost groups, the rules that match charges to them, shared pools and ledger coding. A version for each first month.",
        ),
        ConfigKind::People => ("People", "Who signs in, in which roles, and how much each may accept."),
        ConfigKind::Sources => ("Sources", "The exports that deliveries come from, and when their months are final."),
        ConfigKind::Drivers => ("Drivers", "Quantities that pools are divided by, month by month."),
        ConfigKind::Policy => ("Policy", "Time zone, cost basis, what promotion asks for, and what silence means."),
        ConfigKind::Calendar => ("Ledger calendar", "The ledger’s currency and legal entity, and until when each period is open."),
    }
}

fn may_put(visit: &Visit, kind: ConfigKind) -> bool {
    let finops = matches!(kind, ConfigKind::Tree | ConfigKind::Drivers | ConfigKind::Sources) && visit.actor().has(Role::Finops);
    visit.is_controller() || finops
}

/// All kinds.
pub async fn all(visit: Visit) -> Response {
    let answer = list(&visit).await;
    answer::of(&visit, answer)
}

async fn list(visit: &Visit) -> Answer {
    if !visit.actor().sees_all() {
        return Err(Failure::forbidden("this takes the role controller, FinOps or auditor"));
    }
    let mut rows = Vec::new();
    for kind in ConfigKind::ALL {
        let puts = visit.tenant.configuration(visit.actor(), kind).await?;
        let (name, about) = words_of(kind);
        let newest = puts.last().map_or_else(|| "none yet".to_owned(), |put| version_words(visit, put));
        rows.push(KindRow { kind: kind.as_str(), name, about, newest });
    }
    let frame = visit.frame("Configuration", Some(Place::Configuration));
    answer::page(&ConfigurationPage { frame, rows }, StatusCode::OK)
}

fn version_words(visit: &Visit, put: &ConfigPut) -> String {
    format!("Version {}, put by {} on {}", put.version, visit.who(&put.by), visit.day(put.at))
}

/// One kind.
pub async fn show(visit: Visit, Path(kind): Path<String>) -> Response {
    let answer = page(&visit, &kind, Shown::default()).await;
    answer::of(&visit, answer)
}

/// What the page shows after a put.
#[derive(Default)]
struct Shown {
    notice: Notice,
    draft: String,
    /// What whoever put it should know.
    notes: Vec<String>,
}

async fn page(visit: &Visit, kind: &str, shown: Shown) -> Answer {
    let kind: ConfigKind = kind.parse().map_err(|_| Failure::not_found("such configuration"))?;
    if !visit.actor().sees_all() {
        return Err(Failure::forbidden("this takes the role controller, FinOps or auditor"));
    }
    let puts = visit.tenant.configuration(visit.actor(), kind).await?;
    let asked = visit.query.number::<u64>("version");
    let version = asked.filter(|version| puts.iter().any(|put| put.version == *version)).or(puts.last().map(|put| put.version));
    let text = match version {
        Some(version) => Some(visit.tenant.configuration_text(visit.actor(), kind, version).await?),
        None => None,
    };
    let (name, about) = words_of(kind);
    let mut frame = visit.frame(name, Some(Place::Configuration));
    frame.done = answer::what_was_done(visit);
    if !shown.notes.is_empty() {
        frame.done = Some(format!(
            "It is in force. To know: {}",
            shown.notes.iter().map(|note| super::problem::sentence(note)).collect::<Vec<_>>().join(" ")
        ));
    }
    let (problem, problems) = problems(&shown.notice);
    frame.problem = problem;
    frame.refused = shown.notice.refused(may_put(visit, kind));
    let row = |put: &ConfigPut| VersionRow {
        number: put.version,
        label: put
            .valid_from
            .map_or_else(|| format!("Version {}", put.version), |from| format!("Version {}, from {}", put.version, from.name())),
        details: format!("{}, put by {} on {}", put.file_name, visit.who(&put.by), visit.moment(put.at)),
        is_shown: Some(put.version) == version,
    };
    let page = KindPage {
        frame,
        kind: kind.as_str(),
        name,
        about,
        problems,
        may_put: may_put(visit, kind),
        draft: if shown.notice.failure.is_some() { shown.draft } else { text.clone().unwrap_or_default() },
        versions: puts.iter().rev().map(row).collect(),
        shown: version.zip(text).map(|(version, text)| (format!("Version {version}"), text)),
    };
    answer::page(&page, shown.notice.status())
}

/// A failure of several lines is a list.
fn problems(notice: &Notice) -> (Option<Problem>, Vec<String>) {
    let Some(problem) = notice.problem() else { return (None, Vec::new()) };
    let lines: Vec<String> = problem.text.lines().map(str::to_owned).filter(|line| !line.trim().is_empty()).collect();
    if lines.len() < 2 {
        return (Some(problem), Vec::new());
    }
    let text = format!("{} to mend, below.", words::counted(lines.len(), "thing is", "things are"));
    (Some(Problem { text, ..problem }), lines)
}

/// What a form with a file sends.
#[derive(Default)]
struct Upload {
    fields: Vec<(String, String)>,
    file: Option<(String, Vec<u8>)>,
}

/// Puts a text.
pub async fn put(State(site): State<Site>, visit: Visit, Path(kind): Path<String>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let upload = match read(request, &site).await {
        Ok(upload) => upload,
        Err(rejection) => return answer::unreadable(&visit, rejection),
    };
    let fields = Fields::new(upload.fields);
    if !visit.is_own(&fields) {
        return answer::old_form(&visit, &address::page_of(&path));
    }
    let (name, bytes) = upload.file.unwrap_or_else(|| (format!("{kind}.txt"), fields.get("text").as_bytes().to_vec()));
    let draft = String::from_utf8_lossy(&bytes).into_owned();
    let outcome = put_text(&visit, &kind, &path, &fields, &name, &bytes).await;
    let shown = match outcome {
        Ok(changed) if !changed.is_new => return answer::done(&format!("/configuration/{kind}"), "put-same"),
        Ok(changed) if changed.notes.is_empty() => return answer::done(&format!("/configuration/{kind}"), "put"),
        Ok(changed) => Shown { notes: changed.notes, ..Shown::default() },
        Err(failure) => Shown { notice: Notice { form: "put".to_owned(), fields, failure: Some(failure) }, draft, notes: Vec::new() },
    };
    let answer = page(&visit, &kind, shown).await;
    answer::of(&visit, answer)
}

async fn put_text(
    visit: &Visit,
    kind: &str,
    path: &str,
    fields: &Fields,
    name: &str,
    bytes: &[u8],
) -> Result<dayone_workflow::configuration::ConfigChanged, Failure> {
    let kind: ConfigKind = kind.parse().map_err(|_| Failure::not_found("such configuration"))?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Failure::invalid("empty", "choose a file, or write its text"));
    }
    let once = Once { key: fields.get("key").to_owned(), request: Digest::of_parts(&[b"POST", path.as_bytes(), bytes]) };
    let request = dayone_workflow::Request { actor: visit.actor().clone(), once: Some(once), if_match: None };
    visit.tenant.put_configuration(&request, kind, name, bytes).await
}

async fn read(request: Request, site: &Site) -> Result<Upload, Response> {
    let mut form = Multipart::from_request(request, site).await.map_err(IntoResponse::into_response)?;
    let mut upload = Upload::default();
    while let Some(field) = form.next_field().await.map_err(IntoResponse::into_response)? {
        let name = field.name().unwrap_or_default().to_owned();
        let file_name: Option<String> =
            field.file_name().map(|name| name.chars().filter(|letter| !letter.is_control()).take(LONGEST_NAME).collect());
        let bytes = field.bytes().await.map_err(IntoResponse::into_response)?;
        match file_name {
            Some(file) if name == "file" && !file.is_empty() => upload.file = Some((file, bytes.to_vec())),
            Some(_) => {}
            None => upload.fields.push((name, String::from_utf8_lossy(&bytes).into_owned())),
        }
    }
    Ok(upload)
}
