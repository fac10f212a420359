//! The sources of a tenant: YAML with the key `sources`, a list.
//!
//! ```yaml
//! sources:
//!   - id: aws-cur
//!     provider: AWS
//!     billing_accounts: ["410283771560"]
//!     currencies: [USD]
//!     prefix: aws-cur/
//!     from: 2026-05
//!     final: { unchanged_for_days: 5 }
//! ```

use dayone_domain::source::{Finality, MOST_SOURCES, Source, Sources, SourcesError};

use crate::refusal::{TextRefusal, one_line};
use crate::yaml::fields::{Fields, Places, mapping};
use crate::yaml::node::{Kind, Node};
use crate::yaml::problems::Problems;
use crate::yaml::values::{currency, month, needed, needed_list, needed_texts, optional, whole_number};
use crate::yaml::{Subject, read_text};

const FILE: Subject = Subject {
    what: "the list of sources",
    begin_with: "begin with `sources:` and below it `- { id: aws-cur, provider: AWS, billing_accounts: [\"410283771560\"], currencies: [USD], from: 2026-05 }`",
};
const KEYS: &[&str] = &["sources"];
const SOURCE: &[&str] = &["id", "provider", "billing_accounts", "currencies", "prefix", "from", "until", "final"];
const FINAL: &[&str] = &["unchanged_for_days"];

/// Reads which exports of which provider accounts are expected, and where their files land.
///
/// # Errors
/// All that is wrong with the file, in the order of its lines. A source that can't be read is not held against the
/// others.
pub fn read_sources(file_name: &str, text: &[u8]) -> Result<Sources, Vec<TextRefusal>> {
    read_text(file_name, text, &FILE, sources)
}

fn sources(root: &Node<'_>, problems: &mut Problems) -> Option<Sources> {
    let fields = mapping(root, FILE.what, KEYS, problems)?;
    let (sources, places): (Vec<Source>, Vec<Places>) = needed_list(&fields, "sources", problems, source)?.into_iter().unzip();
    let is_read = problems.is_empty();
    let errors = match Sources::try_new(sources) {
        Ok(sources) => return Some(sources),
        Err(errors) => errors,
    };
    for error in errors {
        let at = match &error {
            SourcesError::Source { place, error } => places[*place].of(error.key(), error.value()),
            // There is one, which could not be read.
            SourcesError::None if !is_read => continue,
            SourcesError::None => fields.places().of("sources", None),
            SourcesError::TooMany => places[MOST_SOURCES].of("", None),
        };
        problems.error(at, error.to_string(), error.what_to_do());
    }
    None
}

fn source(node: &Node<'_>, problems: &mut Problems) -> Option<(Source, Places)> {
    let fields = mapping(node, "a source", SOURCE, problems)?;
    let id = needed(&fields, "id", problems);
    let provider = needed(&fields, "provider", problems);
    let billing_accounts = needed_texts(&fields, "billing_accounts", problems);
    let currencies = needed_texts(&fields, "currencies", problems);
    let currencies = currencies.map(|codes| codes.iter().filter_map(|code| currency(code, problems)).collect());
    let prefix = optional(&fields, "prefix", problems);
    let from = needed(&fields, "from", problems).and_then(|from| month(&from, problems));
    let until = optional(&fields, "until", problems).map(|until| month(&until, problems));
    let finality = finality(&fields, problems);
    let id = id?.value;
    let source = Source {
        prefix: prefix.map_or_else(|| format!("{id}/"), |prefix| prefix.value),
        id,
        provider: provider?.value,
        billing_accounts: billing_accounts?.into_iter().map(|account| account.value).collect(),
        currencies: currencies?,
        from: from?,
        until: match until {
            Some(until) => Some(until?),
            None => None,
        },
        finality: finality?,
    };
    Some((source, fields.places()))
}

/// `when_closed`, the default, or `{ unchanged_for_days: 5 }`.
fn finality(fields: &Fields<'_, '_>, problems: &mut Problems) -> Option<Finality> {
    let Some((_, node)) = fields.get("final") else { return Some(Finality::WhenClosed) };
    match &node.kind {
        Kind::Text(word) if word == "when_closed" => Some(Finality::WhenClosed),
        Kind::Mapping(_) => {
            let fields = mapping(node, "`final`", FINAL, problems)?;
            if fields.had_unknown() {
                return None;
            }
            let days = needed(&fields, "unchanged_for_days", problems)?;
            Some(Finality::WhenInvoicedAndUnchanged { days: whole_number("unchanged_for_days", &days, problems)? })
        }
        Kind::Unreadable => None,
        Kind::Text(word) => {
            not_final(node, &format!("`{}`", one_line(word)), problems);
            None
        }
        Kind::List(_) | Kind::Null => {
            not_final(node, node.describe(), problems);
            None
        }
    }
}

fn not_final(node: &Node<'_>, written: &str, problems: &mut Problems) {
    let what_to_do = "write `when_closed` (a controller closes it) or `{ unchanged_for_days: 5 }` (also once all is invoiced and \
                      nothing changed for so long; AWS only, elsewhere an invoice id proves nothing)";
    problems.error(node.at, format!("`final` says when a billing period is final, not {written}"), what_to_do);
}
