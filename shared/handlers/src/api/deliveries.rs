//! Billing files, sent with a request.

use std::collections::BTreeSet;

use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{self, DefaultBodyLimit, FromRequest};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use chrono::{DateTime, Utc};
use dayone_domain::people::Role;
use dayone_ports::Digest;
use dayone_workflow::deliveries::Delivered;
use dayone_workflow::{Failure, Request, Tenant};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;
use utoipa::{IntoParams, ToSchema};

use super::answer::{self, Answer};
use super::ask::{Asked, Caller, Deciding, takes_one_of, unsupported};
use crate::apart::apart;
use crate::intake::{Arrived, ArrivedFile, NotTaken, Taken, TakenDelivery};
use crate::limits::{MOST_DELIVERY_BYTES, MOST_DELIVERY_FILES, MOST_FILE_NAME_BYTES, MOST_NAME_PARTS, MOST_PART_BYTES};
use crate::problem::Problem;
use crate::site::Site;

/// Who may deliver.
const ROLES: [Role; 2] = [Role::Controller, Role::Finops];

/// Billing files, one part each.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it is what the document says of the body, which is read part by part")]
pub struct SentFiles {
    /// A file. Its `filename` is its path, which begins with the source's prefix:
    /// `aws-cur/data/BILLING_PERIOD=2026-10/part-1.csv.gz`. Without a prefix, the billing account tells the source.
    #[schema(value_type = Vec<String>, format = Binary)]
    file: Vec<Vec<u8>>,
}

/// When the files were made.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// The moment, in the past: of a source's deliveries of a billing period the one made last counts. Where it is
    /// not stated, the files count as made when the request was first sent.
    modified: Option<DateTime<Utc>>,
}

/// One delivery.
#[derive(Serialize, ToSchema)]
pub struct DeliveryBody {
    /// Identifier of the source.
    source: String,
    /// Billing period.
    period: String,
    /// How many files.
    files: usize,
    /// How many charges.
    charges: u64,
    /// `newest`: it counts now. `older`: it is kept, a newer one counts. `known`: it was delivered before.
    outcome: &'static str,
}

impl From<&TakenDelivery> for DeliveryBody {
    fn from(taken: &TakenDelivery) -> DeliveryBody {
        DeliveryBody {
            source: taken.source.clone(),
            period: taken.period.to_string(),
            files: taken.files,
            charges: taken.charges,
            outcome: match taken.outcome {
                Delivered::Newest => "newest",
                Delivered::Older => "older",
                Delivered::Known => "known",
            },
        }
    }
}

/// What became of files that were all taken.
#[derive(Serialize, ToSchema)]
pub struct DeliveriesBody {
    /// Each delivery: the files of one source and billing period.
    deliveries: Vec<DeliveryBody>,
    /// What is worth knowing beside, each a sentence.
    notes: Vec<String>,
}

impl From<&Taken> for DeliveriesBody {
    fn from(taken: &Taken) -> DeliveriesBody {
        DeliveriesBody { deliveries: taken.deliveries.iter().map(DeliveryBody::from).collect(), notes: taken.notes.clone() }
    }
}

/// Why a file or the delivery of a source was not taken.
#[derive(Serialize, ToSchema)]
pub struct NotTakenBody {
    /// The file, where it is one.
    file: Option<String>,
    /// The line or row, from 1.
    row: Option<u64>,
    /// The column.
    column: Option<String>,
    /// The value.
    value: Option<String>,
    /// What is wrong.
    reason: String,
    /// What to do next.
    what_to_do: String,
}

impl From<&NotTaken> for NotTakenBody {
    fn from(refused: &NotTaken) -> NotTakenBody {
        let NotTaken { file, row, column, value, reason, what_to_do, .. } = refused.clone();
        NotTakenBody { file, row, column, value, reason, what_to_do }
    }
}

/// A problem that says what was taken all the same.
#[derive(Serialize, ToSchema)]
pub struct FilesRefused {
    /// What happened.
    #[serde(flatten)]
    problem: Problem,
    /// What was not taken.
    refused: Vec<NotTakenBody>,
    /// What was.
    deliveries: Vec<DeliveryBody>,
    /// What is worth knowing beside, each a sentence.
    notes: Vec<String>,
}

/// Takes billing files in: those of one source and billing period are one delivery, and it replaces the one before. A
/// file that is refused keeps all deliveries of its source out; those of other sources land. For controllers and
/// FinOps.
#[utoipa::path(post, path = "/deliveries", operation_id = "deliver", tag = "Bills", params(Made),
    request_body(content_type = "multipart/form-data", content = SentFiles),
    responses((status = 200, body = DeliveriesBody), (status = 422, content_type = "application/problem+json", body = FilesRefused)))]
pub async fn deliver(Asked(made): Asked<Made>, sent: Sent) -> Answer {
    let Sent { site, asks, room } = sent;
    let Deciding { tenant, request, is_replay, body: files, .. } = asks;
    if is_replay {
        return answer::changed(true, None, &answered(&tenant, &request).await?);
    }
    if let Some(modified) = made.modified.filter(|modified| *modified > tenant.ports().clock.now()) {
        let message = format!(
            "`{modified}` has not come yet, and no later delivery could replace one of that moment; state when the files were made, or nothing"
        );
        return Err(Failure::refused("modified-in-the-future", message).into());
    }
    // Made anew with each try, the same files would replace what others have delivered since the first.
    let begun = tenant.begun_at(&request).await?;
    let modified = made.modified.unwrap_or(begun);
    let taken = apart(move || async move {
        let taken = site.intake.take(&tenant, &request.actor.by(), &Arrived { files, modified }).await;
        drop(room);
        let taken = taken?;
        // The key counts once all of it is done: what was cut off is taken up with the same request.
        if taken.failed.is_none() && taken.refused.is_empty() {
            keep_answer(&tenant, &request, &DeliveriesBody::from(&taken)).await?;
        }
        Ok(taken)
    })
    .await?;
    if let Some(failed) = taken.failed {
        return Err(failed.into());
    }
    if !taken.refused.is_empty() {
        return refused(&taken);
    }
    answer::changed(false, None, &DeliveriesBody::from(&taken))
}

/// Notes that a request is done, with its answer: by the time that it is sent again, other deliveries may count.
async fn keep_answer(tenant: &Tenant, request: &Request, body: &DeliveriesBody) -> Result<(), Failure> {
    let about = tenant.put_json(body).await?;
    let mut changes = tenant.changes();
    changes.once_about(request, Some(about))?;
    changes.commit().await
}

/// The answer to a request that was done.
async fn answered(tenant: &Tenant, request: &Request) -> Result<Value, Failure> {
    let once = request.once.as_ref().expect("INVARIANT: only a request with a key was done before");
    let about = tenant.done(&request.actor.person.mail, once).await?.flatten();
    tenant.json_document(about.ok_or_else(|| Failure::broken("the answer to a request that was done is not kept"))?).await
}

fn refused(taken: &Taken) -> Answer {
    let landed = match taken.deliveries.len() {
        0 => "nothing was taken".to_owned(),
        1 => "1 delivery was taken all the same".to_owned(),
        several => format!("{several} deliveries were taken all the same"),
    };
    let detail =
        format!("files were refused, and {landed}; `refused` says what to do, and what is mended is sent with a new Idempotency-Key");
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "files-refused", detail);
    let body = FilesRefused {
        refused: taken.refused.iter().map(NotTakenBody::from).collect(),
        deliveries: taken.deliveries.iter().map(DeliveryBody::from).collect(),
        notes: taken.notes.clone(),
        problem,
    };
    answer::problem(StatusCode::UNPROCESSABLE_ENTITY, &body)
}

/// Files that somebody who may sent.
pub struct Sent {
    site: Site,
    asks: Deciding<Vec<ArrivedFile>>,
    /// Held for as long as the files are in memory.
    room: OwnedSemaphorePermit,
}

impl FromRequest<Site> for Sent {
    type Rejection = Problem;

    /// Who asks comes first, then the conditions, and the body only where there is room for it.
    async fn from_request(mut request: extract::Request, site: &Site) -> Result<Sent, Problem> {
        DefaultBodyLimit::max(MOST_DELIVERY_BYTES).apply(&mut request);
        let (parts, body) = request.into_parts();
        let caller = Caller::of(&parts, site).await?;
        takes_one_of(caller.actor(), &ROLES)?;
        let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.to_ascii_lowercase().starts_with("multipart/form-data") {
            return Err(unsupported("multipart/form-data"));
        }
        let room = site.room.clone().try_acquire_owned();
        let room = room.map_err(|_| Problem::unavailable("others are delivering files just now; send yours again in a moment"))?;
        let multipart = Multipart::from_request(extract::Request::from_parts(parts.clone(), body), site).await;
        let files = files(multipart.map_err(|error| Problem::bad("multipart", error.body_text()))?).await?;
        // The same files are the same request, whatever a client puts between them.
        let (files, prints) = apart(move || async move {
            let prints: Vec<[Digest; 2]> = files.iter().map(|file| [file.name.as_bytes(), &file.bytes].map(Digest::of)).collect();
            Ok((files, prints))
        })
        .await?;
        let print = prints.iter().flatten().map(Digest::to_string).collect::<String>();
        let asks = caller.asks(&parts, print.as_bytes(), files).await?;
        Ok(Sent { site: site.clone(), asks, room })
    }
}

async fn files(mut multipart: Multipart) -> Result<Vec<ArrivedFile>, Problem> {
    let mut files = Vec::new();
    let mut paths = Paths::default();
    while let Some(field) = multipart.next_field().await.map_err(unread)? {
        if files.len() == MOST_DELIVERY_FILES {
            let detail =
                format!("there are more than the {MOST_DELIVERY_FILES} files that one request takes; send each billing period by itself");
            return Err(Failure::invalid("too-many-files", detail).into());
        }
        let name = name(&field)?;
        paths.add(&name)?;
        files.push(ArrivedFile { name, bytes: field.bytes().await.map_err(unread)? });
    }
    if files.is_empty() {
        return Err(Failure::invalid("no-files", "there is no file in the request; send each as a part with a `filename`").into());
    }
    Ok(files)
}

fn unread(error: MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let most = MOST_DELIVERY_BYTES >> 20;
        let detail = format!(
            "the files have more than the {most} MiB that one request takes; send each billing period by itself, or use `dayone ingest` where the home is"
        );
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail);
    }
    Problem::bad("multipart", "the body is no whole multipart/form-data; send it again as a form is sent")
}

/// The path that a part names.
fn name(field: &Field<'_>) -> Result<String, Problem> {
    let Some(name) = field.file_name() else {
        let detail = "a part has no `filename`; each part is a file and states its path below the folder of all exports";
        return Err(Failure::invalid("file-name", detail).into());
    };
    match wrong_with(name) {
        None => Ok(name.to_owned()),
        Some(wrong) => {
            let shown: String = name.chars().filter(|sign| !sign.is_control()).take(MOST_PART_BYTES).collect();
            let detail = format!("the filename `{shown}` {wrong}; state the file's path below the folder of all exports, with slashes");
            Err(Failure::invalid("file-name", detail).into())
        }
    }
}

/// What is wrong with a path; nothing where it leads to a place of its own, on every system.
fn wrong_with(name: &str) -> Option<String> {
    let parts: Vec<&str> = name.split('/').collect();
    if name.is_empty() {
        Some("is empty".to_owned())
    } else if name.len() > MOST_FILE_NAME_BYTES {
        Some(format!("has more than {MOST_FILE_NAME_BYTES} bytes"))
    } else if name.starts_with('/') || name.contains(['\\', ':']) {
        Some("begins elsewhere, or has a `\\` or `:`".to_owned())
    } else if name.chars().any(char::is_control) {
        Some("has control characters".to_owned())
    } else if parts.len() > MOST_NAME_PARTS || parts.iter().any(|part| part.len() > MOST_PART_BYTES) {
        Some(format!("has more than {MOST_NAME_PARTS} parts, or more than {MOST_PART_BYTES} bytes in one"))
    } else if parts.iter().any(|part| part.is_empty() || part.starts_with('.')) {
        Some("has a part that is empty or begins with a point".to_owned())
    } else {
        None
    }
}

/// The files and folders that names have named, in lower case: some file systems know no other.
#[derive(Default)]
struct Paths {
    files: BTreeSet<String>,
    folders: BTreeSet<String>,
}

impl Paths {
    fn add(&mut self, name: &str) -> Result<(), Failure> {
        let plain = name.to_lowercase();
        let folders: Vec<&str> = plain.match_indices('/').map(|(at, _)| &plain[..at]).collect();
        if folders.iter().any(|folder| self.files.contains(*folder)) || self.folders.contains(&plain) || self.files.contains(&plain) {
            let message = format!("the filename `{name}` is another file's or folder's, too; send each file once, under a name of its own");
            return Err(Failure::invalid("file-name", message));
        }
        self.folders.extend(folders.into_iter().map(str::to_owned));
        self.files.insert(plain);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_elsewhere_is_refused() {
        for name in [
            "",
            "/etc/passwd",
            "../a.csv",
            "aws/../../a.csv",
            "aws/./a.csv",
            "aws//a.csv",
            "aws/",
            "C:/a.csv",
            "a\\b.csv",
            "a\n.csv",
            "a\0.csv",
            ".hidden/a.csv",
        ] {
            assert!(wrong_with(name).is_some(), "{name:?}");
        }
        for name in ["a.csv", "aws-cur/data/BILLING_PERIOD=2026-10/x.csv.gz", "Übung/ä.csv"] {
            assert_eq!(wrong_with(name), None, "{name:?}");
        }
    }

    #[test]
    fn a_name_has_limits() {
        let part = "a".repeat(MOST_PART_BYTES);
        assert_eq!(wrong_with(&part), None);
        assert!(wrong_with(&format!("{part}a")).unwrap().contains("200 bytes"));
        assert_eq!(wrong_with(&["a"; MOST_NAME_PARTS].join("/")), None);
        assert!(wrong_with(&["a"; MOST_NAME_PARTS + 1].join("/")).unwrap().contains("32 parts"));
        assert!(wrong_with(&[part.as_str(); 3].join("/")).unwrap().contains("500 bytes"));
    }

    #[test]
    fn two_files_have_two_places() {
        for (first, second, may) in [
            ("a/b.csv", "a/c.csv", true),
            ("a/b.csv", "a/b.csv", false),
            ("a/b.csv", "A/B.csv", false),
            ("a/b.csv", "a/b.csv/c.csv", false),
            ("a/b.csv/c.csv", "a/b.csv", false),
        ] {
            let mut paths = Paths::default();
            paths.add(first).unwrap();
            assert_eq!(paths.add(second).is_ok(), may, "{first} {second}");
        }
    }
}
