//! Configuration: texts, each put as a version of its own.

use axum::response::Response;
use chrono::{DateTime, Utc};
use dayone_workflow::Failure;
use dayone_workflow::configuration::{ConfigKind, ConfigPut};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{self, Answer};
use super::ask::{Asked, At, Deciding, Reading, Text};
use super::bodies::Who;
use crate::problem::Problem;

/// Most characters of a file's name.
const LONGEST_NAME: usize = 200;

/// One version of a kind of configuration.
#[derive(Serialize, ToSchema)]
pub struct VersionBody {
    /// From 1.
    version: u64,
    /// SHA-256 of the text.
    text: String,
    /// The name that it was put under.
    file_name: String,
    /// Of a tree: the first billing period that it allocates.
    valid_from: Option<String>,
    /// By whom.
    by: Who,
    /// When.
    at: DateTime<Utc>,
}

impl From<&ConfigPut> for VersionBody {
    fn from(put: &ConfigPut) -> VersionBody {
        VersionBody {
            version: put.version,
            text: put.text.to_string(),
            file_name: put.file_name.clone(),
            valid_from: put.valid_from.map(|from| from.to_string()),
            by: (&put.by).into(),
            at: put.at,
        }
    }
}

/// A kind of configuration.
#[derive(Serialize, ToSchema)]
pub struct KindBody {
    /// `tree`, `people`, `sources`, `drivers`, `policy` or `calendar`.
    kind: &'static str,
    /// How many versions there are.
    versions: u64,
    /// The newest.
    newest: Option<VersionBody>,
}

/// The kinds of configuration with their newest versions. For controllers, FinOps and auditors.
#[utoipa::path(get, path = "/configuration", operation_id = "list_configuration", tag = "Configuration", responses((status = 200, body = Vec<KindBody>)))]
pub async fn list(reading: Reading) -> Answer {
    reading.sees_all()?;
    let mut kinds = Vec::new();
    for kind in ConfigKind::ALL {
        let puts = reading.tenant.configuration(&reading.actor, kind).await?;
        kinds.push(KindBody { kind: kind.as_str(), versions: puts.len() as u64, newest: puts.last().map(VersionBody::from) });
    }
    answer::json(&kinds)
}

/// The kind of an address.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct KindPath {
    /// `tree`, `people`, `sources`, `drivers`, `policy` or `calendar`.
    kind: String,
}

impl KindPath {
    fn kind(&self) -> Result<ConfigKind, Problem> {
        let known = ConfigKind::ALL.into_iter().find(|known| known.as_str() == self.kind);
        known.ok_or_else(|| Failure::not_found("such configuration; there is tree, people, sources, drivers, policy and calendar").into())
    }
}

/// Which version.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct OfVersion {
    /// Its number; the newest, where it is not stated.
    version: Option<u64>,
}

/// A text of configuration as it was put. Its ETag is its version; owners read the tree only.
#[utoipa::path(get, path = "/configuration/{kind}", operation_id = "read_configuration", tag = "Configuration", params(KindPath, OfVersion),
    responses((status = 200, content_type = "text/plain", body = String)))]
pub async fn text(reading: Reading, At(path): At<KindPath>, Asked(wanted): Asked<OfVersion>) -> Result<Response, Problem> {
    let kind = path.kind()?;
    let version = match wanted.version {
        Some(version) => version,
        None => {
            let puts = reading.tenant.configuration(&reading.actor, kind).await?;
            puts.last().ok_or_else(|| Failure::not_found(format!("{} yet", kind.as_str())))?.version
        }
    };
    let text = reading.tenant.configuration_text(&reading.actor, kind, version).await?;
    Ok(answer::text(&reading, version, text.into_bytes()))
}

/// The versions of a kind of configuration, oldest first.
#[utoipa::path(get, path = "/configuration/{kind}/versions", operation_id = "list_configuration_versions", tag = "Configuration", params(KindPath),
    responses((status = 200, body = Vec<VersionBody>)))]
pub async fn versions(reading: Reading, At(path): At<KindPath>) -> Answer {
    let puts = reading.tenant.configuration(&reading.actor, path.kind()?).await?;
    let version = puts.last().map_or(0, |newest| newest.version);
    answer::versioned(&reading, version, &puts.iter().map(VersionBody::from).collect::<Vec<_>>())
}

/// The name of the file that a text is from.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The name, for messages and the trail: `tree.yaml`.
    file_name: Option<String>,
}

/// What putting a text gave.
#[derive(Serialize, ToSchema)]
pub struct PutBody {
    /// The kind.
    kind: &'static str,
    /// Its newest version.
    version: u64,
    /// Whether the text is new; the newest text again changes nothing.
    is_new: bool,
    /// What is worth knowing of it.
    notes: Vec<String>,
}

/// Puts a text, which is checked first: nothing is changed by one that is refused.
#[utoipa::path(put, path = "/configuration/{kind}", operation_id = "put_configuration", tag = "Configuration", params(KindPath, Named),
    request_body(content_type = "text/plain", content = String), responses((status = 200, body = PutBody)))]
pub async fn put(At(path): At<KindPath>, Asked(named): Asked<Named>, deciding: Deciding<Text>) -> Answer {
    let kind = path.kind()?;
    let extension = if kind == ConfigKind::Drivers { "csv" } else { "yaml" };
    let name = named.file_name.unwrap_or_else(|| format!("{}.{extension}", kind.as_str()));
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Failure::invalid("file-name", format!("a file's name is 1 to {LONGEST_NAME} printable characters")).into());
    }
    let Text(text) = &deciding.body;
    let changed = deciding.tenant.put_configuration(&deciding.request, kind, &name, text).await?;
    let body = PutBody { kind: kind.as_str(), version: changed.version, is_new: changed.is_new, notes: changed.notes };
    answer::changed(deciding.is_replay, Some(changed.version), &body)
}
