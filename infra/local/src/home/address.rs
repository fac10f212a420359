//! The address at which people open a home. The home keeps it, so that links in mail lead there, whoever sends them.

use std::fs;
use std::path::Path;

use axum::http::Uri;

use super::init::write_whole;
use crate::failure::Failure;

/// Where mail of a home that was told no address leads, unless it is sent while it is served: then to where that listens.
pub const DEFAULT: &str = "http://127.0.0.1:8686";
/// The file of a home that says its address.
const FILE: &str = "url";
/// Longer than any address of a site.
const MOST_BYTES: u64 = 1024;

/// Reads an address as people write it.
///
/// # Errors
/// Where it is no address of a site: `http` or `https`, a host, perhaps a port and a path, and nothing else.
pub fn parse(text: &str) -> Result<String, String> {
    let no_address = || "is no address of a site; write it like https://bills.example.com".to_owned();
    let uri: Uri = text.parse().map_err(|_| no_address())?;
    let is_site = matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty());
    // A fragment is dropped in parsing, and what stands before an `@` is no part of where a link leads.
    let has_more = uri.query().is_some() || text.contains('#') || uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    if !is_site || has_more || text.len() as u64 >= MOST_BYTES {
        return Err(no_address());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// The address that a home keeps; `None` of one that was told none.
///
/// # Errors
/// Where its file cannot be read, or says none.
pub fn of_home(folder: &Path) -> Result<Option<String>, Failure> {
    let path = folder.join(FILE);
    let text = match fs::metadata(&path) {
        Ok(metadata) if metadata.len() <= MOST_BYTES => fs::read_to_string(&path).map_err(Failure::reading(&path))?,
        Ok(_) => String::new(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::reading(&path)(error)),
    };
    parse(text.trim_end()).map(Some).map_err(|_| {
        let remedy = "What to do: delete the file, then say the address with `dayone init --url`.";
        Failure::refused(format!("{}: says no address of a site. {remedy}", path.display()))
    })
}

/// Has a home keep its address.
///
/// # Errors
/// Where the file cannot be written.
pub fn keep(folder: &Path, url: &str) -> Result<(), Failure> {
    write_whole(&folder.join(FILE), &format!("{url}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_of_a_site() {
        for (text, read) in [
            ("https://bills.example", Some("https://bills.example")),
            ("http://127.0.0.1:9000/", Some("http://127.0.0.1:9000")),
            ("https://example.com/dayone/", Some("https://example.com/dayone")),
            ("bills.example", None),
            ("ftp://bills.example", None),
            ("https://", None),
            ("https://bills.example/?a=b", None),
            ("https://bills.example/#a", None),
            ("https://bills.example#a", None),
            ("https://ana@bills.example", None),
            ("https://ana:secret@bills.example/", None),
            ("https://bills.example@evil.example", None),
            ("https://bills example", None),
            ("", None),
        ] {
            assert_eq!(parse(text).ok().as_deref(), read, "{text}");
        }
    }

    #[test]
    fn a_home_keeps_its_address() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(of_home(home.path()).unwrap(), None);
        keep(home.path(), "https://bills.example").unwrap();
        assert_eq!(of_home(home.path()).unwrap().as_deref(), Some("https://bills.example"));
    }

    #[test]
    fn a_file_that_says_no_address_is_refused() {
        let home = tempfile::tempdir().unwrap();
        for text in ["", "here", &"h".repeat(2000)] {
            fs::write(home.path().join(FILE), text).unwrap();
            let refused = of_home(home.path());
            assert!(matches!(refused, Err(Failure::Refused(messages)) if messages[0].contains("What to do")), "{text}");
        }
    }
}
