//! "Did you mean": the known word that a mistyped one stands for.

/// Longest text that is compared; longer ones are no slip of the pen.
const MAX_COMPARED: usize = 64;

/// The known word that `written` most likely stands for, if one is near enough: the same but for case, blanks and
/// dashes, or at most one slip in three letters, two in all.
pub fn nearest<'k>(written: &str, known: &[&'k str]) -> Option<&'k str> {
    if written.is_empty() || written.len() > MAX_COMPARED {
        return None;
    }
    let plain: String = written.trim().to_lowercase().replace([' ', '-'], "_");
    let allowed = (plain.chars().count() / 3).min(2);
    let candidates = known.iter().map(|word| (distance(&plain, word), *word));
    candidates.filter(|(slips, _)| *slips <= allowed).min_by_key(|(slips, _)| *slips).map(|(_, word)| word)
}

/// Slips between two texts: a letter too many, too few, another one, or two neighbours swapped.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let other = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = other.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let known = ["id", "owners", "cost_center", "legal_entity", "groups", "to"];
        for (written, meant) in [
            ("onwers", Some("owners")),
            ("owner", Some("owners")),
            ("Owners", Some("owners")),
            ("cost-centre", Some("cost_center")),
            ("Cost Center", Some("cost_center")),
            ("legalEntity", Some("legal_entity")),
            ("gruops", Some("groups")),
            ("ids", Some("id")),
            ("children", None),
            ("x", None),
            ("", None),
            ("no", None),
        ] {
            assert_eq!(nearest(written, &known), meant, "{written}");
        }
        assert_eq!(nearest(&"o".repeat(1 << 20), &known), None);
    }
}
