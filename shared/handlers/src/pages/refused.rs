//! Which form was refused, and which of its fields the reason is about: so that it stands where people mend it.

use dayone_workflow::{Failure, FailureKind};

/// Forms at the top of their page, right below the message: nothing is said twice there.
const AT_THE_TOP: [&str; 4] = ["accept", "acknowledge", "post", "export"];

/// A form of the page that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its name, as its idempotency key ends with it.
    pub form: String,
    /// The `id` of the field that is wrong; `None` where no field is.
    pub field: Option<String>,
}

/// What to point at, for a form that failed; `None` where the message at the top is near enough.
pub fn of(form: &str, failure: &Failure) -> Option<Refused> {
    if form.is_empty() || AT_THE_TOP.contains(&form) {
        return None;
    }
    let is_typed = failure.kind == FailureKind::Invalid && !matches!(failure.code, "revision" | "idempotency-key");
    Some(Refused { form: form.to_owned(), field: is_typed.then(|| field(form, failure.code)).flatten() })
}

/// The field that a reason is about, by form and code.
fn field(form: &str, code: &str) -> Option<String> {
    let id = match (form, code) {
        ("dispute", "line" | "no-line") => "line",
        ("dispute", "amount" | "amount-above-line") => "amount",
        ("dispute", _) => "reason",
        ("ask", _) => "question",
        ("number", _) => "number",
        ("reversal", _) => "reverse-reason",
        ("reclass", "line" | "no-line") => "line",
        ("reclass", "cost-center") => "cost-center",
        ("reclass", "coding" | "same-coding") => "account",
        ("reclass", _) => "reclass-reason",
        ("promote", "from") => "from",
        ("promote", _) => "reason",
        ("agree", _) => "agree-reason",
        ("demote", _) => "demote-from",
        ("put", _) => "text",
        // The one field of a comment, an answer, a resolution is called as the form.
        _ if form.ends_with(|letter: char| letter.is_ascii_digit()) => form,
        _ => return None,
    };
    Some(id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_about_a_field_where_what_was_typed_is_wrong() {
        for (form, code, field) in [
            ("dispute", "line", Some("line")),
            ("dispute", "amount-above-line", Some("amount")),
            ("dispute", "empty-text", Some("reason")),
            ("comment-3", "too-long", Some("comment-3")),
            ("uphold-1", "bad-receiver", Some("uphold-1")),
            ("reclass", "same-coding", Some("account")),
            ("reclass", "reason", Some("reclass-reason")),
            ("dispute", "revision", None),
            ("issue", "anything", None),
        ] {
            let refused = of(form, &Failure::invalid(code, "why")).unwrap();
            assert_eq!((refused.form.as_str(), refused.field.as_deref()), (form, field), "{form} {code}");
        }
        let stale = Failure::refused("outdated", "why");
        assert_eq!(of("dispute", &stale).unwrap().field, None);
    }

    #[test]
    fn what_stands_right_below_the_message_is_not_pointed_at() {
        for form in ["", "accept", "post"] {
            assert_eq!(of(form, &Failure::refused("outdated", "why")), None, "{form}");
        }
    }
}
