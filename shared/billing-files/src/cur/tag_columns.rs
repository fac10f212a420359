//! Tags of a CUR: a column each in the legacy CUR, a `MAP` in CUR 2.0.
//! <https://docs.aws.amazon.com/cur/latest/userguide/resource-tags-columns.html>

use std::borrow::Cow;

use crate::charge_row::ChargeRow;
use crate::columns::{Columns, Header, Kind, Slot};
use crate::cur::columns::Spelling;
use crate::facets::DraftTags;
use crate::limits::MAX_TAGS;
use crate::refusal::Refusal;
use crate::tags::{Needed, TagReader, TagTrouble, Tags, merged};

/// Where a CUR keeps its tags.
pub(crate) struct TagColumns {
    /// CUR 2.0 `tags`: resource tags, account tags and cost categories in one.
    tags: Option<(Slot, TagReader)>,
    /// CUR 2.0 `resource_tags` and `cost_category`, the older two.
    resource_tags: Option<(Slot, TagReader)>,
    cost_category: Option<(Slot, TagReader)>,
    /// Legacy: a key each.
    single: Vec<(String, Slot)>,
    /// Whether two of those have the same key: `resourceTags/user:team` beside `resourceTags/team`.
    keys_repeat: bool,
}

impl TagColumns {
    pub(crate) fn try_new(columns: &mut Columns, header: &Header, spelling: Spelling, needed: &Needed) -> Result<TagColumns, Refusal> {
        let mut single: Vec<(String, Slot)> = Vec::new();
        let mut keys_repeat = false;
        for (place, name) in header.names().iter().enumerate() {
            let Some(key) = single_key(name, spelling).filter(|key| needed.holds(key)) else { continue };
            let mut same = single.iter().filter(|(other, _)| *other == key).peekable();
            keys_repeat |= same.peek().is_some();
            if same.any(|(_, slot)| columns.name(*slot) == name) {
                return Err(Refusal::new(
                    "is there more than once, and which one counts is not clear",
                    "export the file again with each column once",
                )
                .column(name));
            }
            if single.len() == MAX_TAGS {
                return Err(Refusal::new(format!("the file has more than {MAX_TAGS} tag columns"), "export fewer tags"));
            }
            single.push((key, columns.at(header, place, Kind::Text)));
        }
        let mut map = |name: &str, rename| match spelling {
            Spelling::Slash => Ok(None),
            Spelling::Snake => Ok(columns.optional(header, name, Kind::Tags)?.map(|slot| (slot, TagReader::new(needed, rename)))),
        };
        Ok(TagColumns {
            tags: map("tags", tags_key)?,
            resource_tags: map("resource_tags", resource_tags_key)?,
            cost_category: map("cost_category", cost_category_key)?,
            single,
            keys_repeat,
        })
    }

    /// The columns, those of maps first.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot> + '_ {
        let maps = [&self.tags, &self.resource_tags, &self.cost_category].into_iter().flatten().map(|(slot, _)| *slot);
        maps.chain(self.single.iter().map(|(_, slot)| *slot))
    }

    /// What reads the map in a column.
    pub(crate) fn reader(&self, slot: Slot) -> Option<&TagReader> {
        let maps = [&self.tags, &self.resource_tags, &self.cost_category].into_iter().flatten();
        maps.into_iter().find(|(of, _)| *of == slot).map(|(_, reader)| reader)
    }

    /// The tags of a row. A row whose `tags` are empty may still have the older two.
    pub(crate) fn read<'r>(&'r self, row: ChargeRow<'r>) -> Result<DraftTags<'r>, Refusal> {
        let read = |column: &Option<(Slot, TagReader)>| match column {
            Some((slot, reader)) => row.tags(Some(*slot), reader).map(Some),
            None => Ok(None),
        };
        let lists = match read(&self.tags)? {
            Some(tags) if !tags.is_empty() => [Some(tags), None],
            _ => match [read(&self.resource_tags)?, read(&self.cost_category)?] {
                [Some(resource), Some(category)] if category.iter().any(|(key, _)| holds(&resource, key)) => {
                    let (slot, _) = self.cost_category.as_ref().expect("INVARIANT: its tags were read");
                    let both = merged([&resource, &category]);
                    [Some(both.map_err(|trouble| row.wrong(*slot, "", &trouble.reason, trouble.what_to_do))?), None]
                }
                lists => lists,
            },
        };
        let mut tags = DraftTags { lists, single: Vec::new() };
        for (key, slot) in &self.single {
            let value = row.text(Some(*slot))?;
            if value.is_empty() {
                continue;
            }
            // An export can pick a key out of a map as a column beside it; a charge has each key once.
            let of_list = tags.of_lists().find(|(other, value)| other == key && !value.is_empty()).map(|(_, value)| value);
            let of_column = || tags.single.iter().find(|(other, _)| other == key).map(|(_, value)| value.as_ref());
            match of_list.or_else(|| if self.keys_repeat { of_column() } else { None }) {
                None => tags.single.push((key, value)),
                Some(other) if other == value => {}
                Some(other) => {
                    let trouble = TagTrouble::two_values(key, other, &value);
                    return Err(row.wrong(*slot, &value, &trouble.reason, trouble.what_to_do));
                }
            }
        }
        Ok(tags)
    }
}

fn holds(tags: &Tags, key: &str) -> bool {
    tags.binary_search_by(|(other, _)| other.as_str().cmp(key)).is_ok()
}

/// The tag key of a column that is one tag. In a legacy Parquet `resource_tags_user_cost_center` has lost the
/// spelling of `CostCenter`.
fn single_key(name: &str, spelling: Spelling) -> Option<String> {
    match spelling {
        Spelling::Slash => {
            let (kind, key) = name.split_once('/')?;
            match kind {
                "resourceTags" => Some(key.strip_prefix("user:").unwrap_or(key).to_owned()),
                "costCategory" => Some(format!("cost_category:{key}")),
                _ => None,
            }
        }
        Spelling::Snake => {
            if let Some(key) = name.strip_prefix("resource_tags_") {
                return Some(resource_tags_key(key).into_owned());
            }
            name.strip_prefix("cost_category_").map(|key| format!("cost_category:{key}"))
        }
    }
}

fn tags_key(key: &str) -> Cow<'_, str> {
    match key.split_once('/') {
        Some(("resourceTags", tag)) => Cow::Borrowed(tag.strip_prefix("user:").unwrap_or(tag)),
        Some(("accountTags", tag)) => Cow::Owned(format!("account:{tag}")),
        Some(("costCategory", name)) => Cow::Owned(format!("cost_category:{name}")),
        _ => Cow::Borrowed(key),
    }
}

fn resource_tags_key(key: &str) -> Cow<'_, str> {
    match (key.strip_prefix("user_"), key.strip_prefix("aws_")) {
        (Some(key), _) => Cow::Borrowed(key),
        (None, Some(key)) => Cow::Owned(format!("aws:{key}")),
        (None, None) => Cow::Borrowed(key),
    }
}

fn cost_category_key(key: &str) -> Cow<'_, str> {
    Cow::Owned(format!("cost_category:{key}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_tags_map() {
        for (key, expected) in [
            ("resourceTags/user:CostCenter", "CostCenter"),
            ("resourceTags/aws:createdBy", "aws:createdBy"),
            ("accountTags/Team", "account:Team"),
            ("costCategory/Product", "cost_category:Product"),
            ("userAttributes/department", "userAttributes/department"),
            ("plain", "plain"),
        ] {
            assert_eq!(tags_key(key), expected);
        }
        assert_eq!(resource_tags_key("user_cost_center"), "cost_center");
        assert_eq!(resource_tags_key("aws_created_by"), "aws:created_by");
        assert_eq!(cost_category_key("product"), "cost_category:product");
    }

    #[test]
    fn keys_of_single_columns() {
        for (name, spelling, key) in [
            ("resourceTags/user:Name", Spelling::Slash, Some("Name")),
            ("resourceTags/user:a/b", Spelling::Slash, Some("a/b")),
            ("resourceTags/aws:createdBy", Spelling::Slash, Some("aws:createdBy")),
            ("costCategory/Team", Spelling::Slash, Some("cost_category:Team")),
            ("lineItem/UnblendedCost", Spelling::Slash, None),
            ("resource_tags_user_cost_center", Spelling::Snake, Some("cost_center")),
            ("resource_tags_aws_created_by", Spelling::Snake, Some("aws:created_by")),
            ("cost_category_team", Spelling::Snake, Some("cost_category:team")),
            ("resource_tags", Spelling::Snake, None),
            ("cost_category", Spelling::Snake, None),
        ] {
            assert_eq!(single_key(name, spelling).as_deref(), key, "{name}");
        }
    }
}
