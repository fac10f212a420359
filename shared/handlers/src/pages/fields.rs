//! What a form sends.

use dayone_ports::Digest;

/// The fields of a form, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

/// Fields that say nothing of what is asked for.
const ABOUT_THE_FORM: [&str; 2] = ["csrf", "key"];

impl Fields {
    pub fn new(pairs: Vec<(String, String)>) -> Fields {
        // Browsers send lines of a text with a carriage return.
        Fields(pairs.into_iter().map(|(name, value)| (name, value.replace("\r\n", "\n"))).collect())
    }

    /// A field; the empty text where the form has none.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// A field without white space around it; `None` where nothing is left.
    pub fn filled(&self, name: &str) -> Option<&str> {
        Some(self.get(name).trim()).filter(|value| !value.is_empty())
    }

    /// A number.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name).trim().parse().ok()
    }

    /// All fields of a name.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone()).collect()
    }

    /// What the request is, for its idempotency key: the same form sent twice is one request.
    pub fn digest(&self, path: &str) -> Digest {
        let mut parts: Vec<&[u8]> = vec![b"POST", path.as_bytes()];
        for (name, value) in self.0.iter().filter(|(name, _)| !ABOUT_THE_FORM.contains(&name.as_str())) {
            parts.extend([name.as_bytes(), value.as_bytes()]);
        }
        Digest::of_parts(&parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_form_is_the_same_request_whatever_its_token_and_key() {
        let one = fields(&[("csrf", "a"), ("key", "b"), ("text", "x")]);
        let same = fields(&[("csrf", "c"), ("key", "d"), ("text", "x")]);
        let other = fields(&[("csrf", "a"), ("key", "b"), ("text", "y")]);
        assert_eq!(one.digest("/a"), same.digest("/a"));
        assert_ne!(one.digest("/a"), other.digest("/a"));
        assert_ne!(one.digest("/a"), one.digest("/b"));
    }

    #[test]
    fn fields_are_read_as_people_fill_them_in() {
        let form = fields(&[("text", " a\r\nb "), ("empty", "  "), ("n", " 7 "), ("r", "1"), ("r", "2")]);
        assert_eq!(form.filled("text"), Some("a\nb"));
        assert_eq!((form.filled("empty"), form.filled("none")), (None, None));
        assert_eq!(form.number::<u32>("n"), Some(7));
        assert_eq!(form.all("r"), ["1", "2"]);
    }
}
