//! The policy of a tenant: YAML, every key optional.
//!
//! ```yaml
//! time_zone: Europe/Oslo
//! cost_basis: billed
//! promotion: { undisputed_periods: 3, unallocated_at_most: 5 % }
//! acceptance: { remind_after_days: [3, 7], deemed_after_days: 14 }
//! late_after_hours: 6
//! ```

use dayone_domain::CostBasis;
use dayone_domain::exact::{Exact, Units, times};
use dayone_domain::policy::{Policy, PromotionPolicy, Silence, Tz, time_zone};
use dayone_domain::tree::draft::At;

use crate::refusal::{TextRefusal, one_line};
use crate::yaml::fields::{Fields, Places, mapping};
use crate::yaml::node::Node;
use crate::yaml::problems::Problems;
use crate::yaml::values::{optional, texts, whole_number};
use crate::yaml::{Subject, read_text};

const FILE: Subject = Subject { what: "the policy", begin_with: "begin with `time_zone: UTC`; every key is optional" };
const KEYS: &[&str] = &["time_zone", "cost_basis", "promotion", "acceptance", "late_after_hours"];
const PROMOTION: &[&str] = &["undisputed_periods", "unallocated_at_most"];
const ACCEPTANCE: &[&str] = &["remind_after_days", "deemed_after_days"];

/// Reads a tenant's policy; what is not stated is as in [`Policy::default`].
///
/// # Errors
/// All that is wrong with the file, in the order of its lines.
pub fn read_policy(file_name: &str, text: &[u8]) -> Result<Policy, Vec<TextRefusal>> {
    read_text(file_name, text, &FILE, policy)
}

fn policy(root: &Node<'_>, problems: &mut Problems) -> Option<Policy> {
    let fields = mapping(root, FILE.what, KEYS, problems)?;
    let default = Policy::default();
    let mut places = vec![fields.places()];
    let zone = optional(&fields, "time_zone", problems).and_then(|text| zone(&text, problems));
    let basis = optional(&fields, "cost_basis", problems).and_then(|text| basis(&text, problems));
    let promotion = promotion(&fields, default.promotion, &mut places, problems);
    let silence = silence(&fields, &mut places, problems);
    // What can't be read is told by now; the rest is checked with the default in its place.
    let policy = Policy::try_new(zone.unwrap_or(default.time_zone), basis.unwrap_or(default.cost_basis), promotion, silence);
    let late = optional(&fields, "late_after_hours", problems).and_then(|hours| whole_number("late_after_hours", &hours, problems));
    let errors = match policy {
        Ok(policy) => match policy.late_after(late.unwrap_or(default.late_after_hours)) {
            Ok(policy) => return Some(policy),
            Err(error) => vec![error],
        },
        Err(errors) => errors,
    };
    for error in errors {
        let stated = places.iter().find(|places| places.has(error.key())).unwrap_or(&places[0]);
        problems.error(stated.of(error.key(), error.value()), error.to_string(), error.what_to_do());
    }
    None
}

fn zone(text: &At<String>, problems: &mut Problems) -> Option<Tz> {
    let error = match time_zone(&text.value) {
        Ok(zone) => return Some(zone),
        Err(error) => error,
    };
    let what_to_do = match error.meant {
        Some(meant) => format!("write `{meant}`, if you mean that one"),
        None => "write a name of the IANA data base, `Europe/Oslo` or `UTC`".to_owned(),
    };
    problems.error(text.at, error.to_string(), what_to_do);
    None
}

fn basis(text: &At<String>, problems: &mut Problems) -> Option<CostBasis> {
    let basis = text.value.parse().ok();
    if basis.is_none() {
        let what_to_do = "write `billed` (as the provider's invoice) or `effective` (amortised)";
        problems.error(text.at, format!("`{}` is no cost basis", one_line(&text.value)), what_to_do);
    }
    basis
}

fn promotion(fields: &Fields<'_, '_>, default: PromotionPolicy, places: &mut Vec<Places>, problems: &mut Problems) -> PromotionPolicy {
    let Some(fields) = fields.get("promotion").and_then(|(_, node)| mapping(node, "`promotion`", PROMOTION, problems)) else {
        return default;
    };
    places.push(fields.places());
    let periods = optional(&fields, "undisputed_periods", problems);
    let share = optional(&fields, "unallocated_at_most", problems);
    PromotionPolicy {
        undisputed_periods: periods
            .and_then(|text| whole_number("undisputed_periods", &text, problems))
            .unwrap_or(default.undisputed_periods),
        unallocated_at_most_permille: share.and_then(|text| permille(&text, problems)).unwrap_or(default.unallocated_at_most_permille),
    }
}

/// A share in percent, `5 %`, as tenths of a percent.
fn permille(text: &At<String>, problems: &mut Problems) -> Option<Exact> {
    let percent = text.value.strip_suffix('%').and_then(|number| Exact::parse_plain(number.trim_end()).ok());
    if percent.is_none() {
        let message = format!("`{}` is no share in percent", one_line(&text.value));
        problems.error(text.at, message, "write a number and a percent sign, `5 %` or `0.5 %`");
    }
    percent.map(|percent| Exact::new(times(percent.units(), Units::from(10)), percent.scale()))
}

fn silence(fields: &Fields<'_, '_>, places: &mut Vec<Places>, problems: &mut Problems) -> Option<Silence> {
    let (_, node) = fields.get("acceptance")?;
    let fields = mapping(node, "`acceptance`", ACCEPTANCE, problems)?;
    places.push(fields.places());
    let reminders = texts(&fields, "remind_after_days", problems);
    let reminders: Vec<Option<u32>> = reminders.iter().map(|day| whole_number("remind_after_days", day, problems)).collect();
    let deemed = optional(&fields, "deemed_after_days", problems).map(|day| whole_number("deemed_after_days", &day, problems));
    let is_read = !fields.had_unknown() && deemed != Some(None);
    let remind_after_days = reminders.into_iter().collect::<Option<Vec<u32>>>().filter(|_| is_read)?;
    Some(Silence { remind_after_days, deemed_after_days: deemed.flatten() })
}
