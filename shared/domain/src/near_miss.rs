//! "Did you mean": the known word that a mistyped one stands for.

/// Longest text that is compared; longer ones are no slip of the pen.
const MAX_COMPARED: usize = 64;

/// The known word that `written` most likely stands for, if one is near enough: the same but for case, blanks and
/// dashes, or at most one slip in three letters, two in all. Of several as near, the first.
pub fn nearest<'k>(written: &str, known: &[&'k str]) -> Option<&'k str> {
    if written.is_empty() || written.len() > MAX_COMPARED {
        return None;
    }
    let mut plain = Vec::new();
    fold(written, &mut plain);
    let mut allowed = (plain.len() / 3).min(2);
    let mut found = None;
    let mut candidate = Vec::new();
    let mut rows = Rows::default();
    for word in known {
        // A letter takes one to four bytes, so most words are too short or too long to be looked at any closer.
        if word.len() + allowed < plain.len() || word.len() > MAX_COMPARED {
            continue;
        }
        fold(word, &mut candidate);
        let Some(slips) = rows.distance(&plain, &candidate, allowed) else { continue };
        found = Some(*word);
        match slips.checked_sub(1) {
            Some(fewer) => allowed = fewer,
            None => break,
        }
    }
    found
}

/// A word without what people write now one way, now another.
fn fold(word: &str, letters: &mut Vec<char>) {
    letters.clear();
    let lower = word.trim().chars().flat_map(char::to_lowercase);
    letters.extend(lower.map(|letter| if matches!(letter, ' ' | '-') { '_' } else { letter }));
}

/// The last three rows of the table of distances, kept to be used again.
#[derive(Default)]
struct Rows {
    before: Vec<usize>,
    last: Vec<usize>,
    row: Vec<usize>,
}

impl Rows {
    /// Slips between two texts, if there are no more than `allowed`: a letter too many, too few, another one, or two
    /// neighbours swapped.
    fn distance(&mut self, a: &[char], b: &[char], allowed: usize) -> Option<usize> {
        if a.len().abs_diff(b.len()) > allowed {
            return None;
        }
        let Rows { before, last, row } = self;
        // Cells that are not reached count as too far.
        let too_far = allowed + 1;
        for cells in [&mut *before, &mut *last, &mut *row] {
            cells.clear();
            cells.resize(b.len() + 1, too_far);
        }
        last.iter_mut().enumerate().for_each(|(place, cell)| *cell = place.min(too_far));
        for i in 1..=a.len() {
            // Only places at most `allowed` apart can be within it.
            let (from, to) = (i.saturating_sub(allowed).max(1), (i + allowed).min(b.len()));
            row.fill(too_far);
            row[0] = i.min(too_far);
            let mut least = row[0];
            for j in from..=to {
                let other = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut slips = other.min(last[j] + 1).min(row[j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    slips = slips.min(before[j - 2] + 1);
                }
                row[j] = slips.min(too_far);
                least = least.min(slips);
            }
            // A swap reaches over one row, so both have to be too far.
            if least > allowed && last.iter().all(|slips| *slips > allowed) {
                return None;
            }
            std::mem::swap(before, last);
            std::mem::swap(last, row);
        }
        Some(last[b.len()]).filter(|slips| *slips <= allowed)
    }
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

    #[test]
    fn case_blanks_and_dashes_count_on_neither_side() {
        let known = ["Checkout-API", "Search Team", "QA", "größe"];
        for (written, meant) in [
            ("checkout-api", Some("Checkout-API")),
            ("checkout_api", Some("Checkout-API")),
            ("chekout api", Some("Checkout-API")),
            ("SEARCH-TEAM", Some("Search Team")),
            ("qa", Some("QA")),
            ("qb", None),
            ("GRÖSSE", Some("größe")),
            ("Größse", Some("größe")),
            ("größenordnung", None),
        ] {
            assert_eq!(nearest(written, &known), meant, "{written}");
        }
    }

    #[test]
    fn the_nearest_is_taken_and_of_several_the_first() {
        assert_eq!(nearest("checkout", &["chekcuot", "chckout", "checkou", "search"]), Some("chckout"));
        assert_eq!(nearest("checkout", &["chckout", "Checkout"]), Some("Checkout"));
    }

    #[test]
    fn a_limited_distance_is_the_whole_one_within_its_limit() {
        /// The whole table, as books have it.
        fn whole(a: &[char], b: &[char]) -> usize {
            let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
            for i in 0..=a.len() {
                for j in 0..=b.len() {
                    table[i][j] = if i == 0 || j == 0 {
                        i + j
                    } else {
                        let other = table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                        let slips = other.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1);
                        let is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                        if is_swap { slips.min(table[i - 2][j - 2] + 1) } else { slips }
                    };
                }
            }
            table[a.len()][b.len()]
        }
        // Every text of up to five of two letters.
        let texts: Vec<Vec<char>> = (0..=5)
            .flat_map(|length| {
                (0..1 << length).map(move |bits| (0..length).map(|bit| if bits >> bit & 1 == 1 { 'a' } else { 'b' }).collect())
            })
            .collect();
        let mut rows = Rows::default();
        for a in &texts {
            for b in &texts {
                for allowed in 0..=2 {
                    assert_eq!(rows.distance(a, b, allowed), Some(whole(a, b)).filter(|slips| *slips <= allowed), "{a:?} {b:?} {allowed}");
                }
            }
        }
    }
}
