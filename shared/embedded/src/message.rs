//! A message in the form of RFC 5322, with UTF-8 in its subject (RFC 2047) and its text (RFC 2045).

use chrono::{DateTime, Utc};
use dayone_ports::Mail;

/// A message that is not written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MessageError {
    /// The address is none, or more than one.
    #[error("`{0}` is not one mail address: write it as `name@example.com`")]
    Address(String),
    /// The subject has a line break or another control character.
    #[error("the subject `{0}` has a line break or another control character: take it out")]
    Subject(String),
    /// Too long.
    #[error("the {what} has {bytes} bytes: shorten it to {most}")]
    TooLong {
        /// What is too long.
        what: &'static str,
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        most: usize,
    },
}

/// RFC 5321, 4.5.3.1.3.
const MOST_ADDRESS_BYTES: usize = 254;
const MOST_SUBJECT_BYTES: usize = 1000;
const MOST_TEXT_BYTES: usize = 1 << 20;
/// RFC 5322, 2.1.1: without the line break.
const MOST_LINE_BYTES: usize = 998;
/// What a header's line and a line of quoted-printable should not exceed.
const COMFORTABLE_LINE_BYTES: usize = 76;
/// Bytes in one encoded word: as Base64 with `=?utf-8?B?` and `?=` they stay below 75 characters (RFC 2047, 2), and the
/// first one fits behind `Subject: `.
const MOST_WORD_BYTES: usize = 39;

/// The bytes of a message.
///
/// # Errors
/// What cannot be in a message, above all what would be more headers than meant.
pub(crate) fn message(mail: &Mail, now: DateTime<Utc>) -> Result<Vec<u8>, MessageError> {
    check(mail)?;
    let (encoding, text) = encoded_text(&mail.text);
    let message = format!(
        "From: Day One <day-one@localhost>\r\n\
         To: {}\r\n\
         Subject: {}\r\n\
         Date: {}\r\n\
         Message-ID: <{}@{}.localhost>\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: {encoding}\r\n\
         \r\n\
         {text}",
        mail.to,
        encoded_subject(&mail.subject),
        now.to_rfc2822(),
        mail.id,
        mail.tenant,
    );
    Ok(message.into_bytes())
}

fn check(mail: &Mail) -> Result<(), MessageError> {
    for (what, text, most) in
        [("address", &mail.to, MOST_ADDRESS_BYTES), ("subject", &mail.subject, MOST_SUBJECT_BYTES), ("text", &mail.text, MOST_TEXT_BYTES)]
    {
        if text.len() > most {
            return Err(MessageError::TooLong { what, bytes: text.len(), most });
        }
    }
    let shown = |text: &str| text.escape_debug().to_string();
    if !is_address(&mail.to) {
        return Err(MessageError::Address(shown(&mail.to)));
    }
    if mail.subject.chars().any(char::is_control) {
        return Err(MessageError::Subject(shown(&mail.subject)));
    }
    Ok(())
}

/// One address without quoting; letters may be of any script (RFC 6532).
fn is_address(text: &str) -> bool {
    let plain = |character: char| !character.is_control() && !character.is_whitespace() && !"<>()[]\\,;:\"".contains(character);
    let parts = text.split_once('@');
    parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@')) && text.chars().all(plain)
}

/// As it is where that is short and safe, else in encoded words.
fn encoded_subject(subject: &str) -> String {
    let readable = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    let plain = subject.bytes().all(readable) && !subject.contains("=?") && subject.trim() == subject;
    if plain && "Subject: ".len() + subject.len() <= COMFORTABLE_LINE_BYTES {
        return subject.to_owned();
    }
    let words: Vec<String> =
        pieces(subject, MOST_WORD_BYTES).into_iter().map(|piece| format!("=?utf-8?B?{}?=", base64(piece.as_bytes()))).collect();
    words.join("\r\n ")
}

/// The text in pieces of at most so many bytes, none of which ends within a character.
fn pieces(text: &str, most: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(rest.floor_char_boundary(most));
        pieces.push(piece);
        rest = behind;
    }
    pieces
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = (0..3).fold(0_usize, |bits, place| bits << 8 | usize::from(three.get(place).copied().unwrap_or(0)));
        for place in 0..4 {
            let digit = char::from(DIGITS[bits >> (18 - 6 * place) & 63]);
            text.push(if place <= three.len() { digit } else { '=' });
        }
    }
    text
}

/// Which encoding, and the text in it: as it is, so that people can read the file, where its lines allow that.
fn encoded_text(text: &str) -> (&'static str, String) {
    let unified = text.replace("\r\n", "\n").replace('\r', "\n");
    let ended = if unified.is_empty() || unified.ends_with('\n') { unified } else { unified + "\n" };
    let control = |byte: u8| (byte < b' ' && byte != b'\t' && byte != b'\n') || byte == 0x7f;
    if ended.bytes().any(control) || ended.lines().any(|line| line.len() > MOST_LINE_BYTES) {
        let lines: Vec<String> = ended.lines().map(quoted_printable).collect();
        return ("quoted-printable", lines.into_iter().map(|line| line + "\r\n").collect());
    }
    ("8bit", ended.replace('\n', "\r\n"))
}

/// One line in quoted-printable (RFC 2045, 6.7), with soft line breaks.
fn quoted_printable(line: &str) -> String {
    let mut text = String::new();
    let mut width = 0;
    for (place, byte) in line.bytes().enumerate() {
        let is_last = place + 1 == line.len();
        let plain = (byte.is_ascii_graphic() && byte != b'=') || (matches!(byte, b' ' | b'\t') && !is_last);
        let written = if plain { char::from(byte).to_string() } else { format!("={byte:02X}") };
        if width + written.len() >= COMFORTABLE_LINE_BYTES {
            text.push_str("=\r\n");
            width = 0;
        }
        width += written.len();
        text.push_str(&written);
    }
    text
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use dayone_ports::Mail;

    use super::{MOST_LINE_BYTES, MOST_TEXT_BYTES, base64, encoded_subject, encoded_text, is_address, message, quoted_printable};

    #[test]
    fn base64_is_that_of_rfc_4648() {
        let table =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy")];
        for (bytes, text) in table {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
    }

    #[test]
    fn short_plain_subjects_stay_as_they_are() {
        for subject in ["", "Your invoice for October", "50 % of = and ?= is fine"] {
            assert_eq!(encoded_subject(subject), subject);
        }
    }

    #[test]
    fn other_subjects_are_encoded() {
        assert_eq!(encoded_subject("Überprüfung"), "=?utf-8?B?w5xiZXJwcsO8ZnVuZw==?=");
        assert_eq!(encoded_subject("=?utf-8?B?QQ==?="), "=?utf-8?B?PT91dGYtOD9CP1FRPT0/PQ==?=");
        assert_eq!(encoded_subject(" a"), "=?utf-8?B?IGE=?=");
    }

    #[test]
    fn a_long_subject_is_folded_within_the_width_of_a_header_and_between_characters() {
        let subject = "ü€🧾 facture ".repeat(40);
        let encoded = encoded_subject(&subject);
        let lines: Vec<String> = format!("Subject: {encoded}").split("\r\n").map(str::to_owned).collect();
        assert!(lines.len() > 5 && lines.iter().all(|line| line.len() <= 76), "{lines:#?}");
        assert!(encoded.split("\r\n ").all(|word| word.starts_with("=?utf-8?B?") && word.ends_with("?=") && !word.contains(' ')));
    }

    #[test]
    fn an_address_is_one_and_without_quoting() {
        for good in ["a@b", "nadia.haddad+x@meridian.example", "josé@exämple.example", "o'neil@b.example"] {
            assert!(is_address(good), "`{good}`");
        }
        let bad =
            ["", "a", "@b", "a@", "a@b@c", "a@b, c@d", "a@b,c@d", "<a@b>", "a b@c", "a@b\n", "a@b\u{2028}", "\"a\"@b", "a:b@c;", "a(x)@b"];
        for bad in bad {
            assert!(!is_address(bad), "`{bad}`");
        }
    }

    #[test]
    fn text_ends_its_lines_as_mail_does() {
        for text in ["a\nb", "a\r\nb\r\n", "a\rb", "a\r\nb"] {
            assert_eq!(encoded_text(text), ("8bit", "a\r\nb\r\n".to_owned()));
        }
        assert_eq!(encoded_text(""), ("8bit", String::new()));
        assert_eq!(encoded_text("ü\t€"), ("8bit", "ü\t€\r\n".to_owned()));
    }

    #[test]
    fn lines_that_are_too_long_and_control_characters_are_quoted() {
        assert_eq!(encoded_text(&"x".repeat(MOST_LINE_BYTES)).0, "8bit");
        let (encoding, text) = encoded_text(&"ü".repeat(MOST_LINE_BYTES / 2 + 1));
        assert_eq!(encoding, "quoted-printable");
        assert!(text.split("\r\n").all(|line| line.len() <= 76));
        assert_eq!(encoded_text("a\0=\n\nb \n"), ("quoted-printable", "a=00=3D\r\n\r\nb=20\r\n".to_owned()));
    }

    #[test]
    fn quoted_printable_breaks_no_escape() {
        for before in 60..80 {
            let line = "x".repeat(before) + "===";
            let quoted = quoted_printable(&line);
            assert!(quoted.split("\r\n").all(|part| part.len() <= 76), "{quoted}");
            assert_eq!(quoted.replace("=\r\n", "").replace("=3D", "="), line);
        }
    }

    #[test]
    fn what_is_too_long_is_refused() {
        let mail = |to: String, subject: String, text: String| Mail { tenant: "t".to_owned(), id: "i".to_owned(), to, subject, text };
        let good = || "a@b.example".to_owned();
        let now = DateTime::UNIX_EPOCH;
        assert!(message(&mail(good(), "s".repeat(1000), "t".repeat(MOST_TEXT_BYTES)), now).is_ok());
        for bad in [
            mail("a".repeat(254) + "@", String::new(), String::new()),
            mail(good(), "s".repeat(1001), String::new()),
            mail(good(), String::new(), "t".repeat(MOST_TEXT_BYTES + 1)),
        ] {
            let refused = message(&bad, now).expect_err("it is too long").to_string();
            assert!(refused.contains("shorten it") && refused.len() < 100, "{refused}");
        }
    }
}
