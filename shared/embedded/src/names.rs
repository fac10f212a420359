//! Names that become names of files: nothing in them may lead out of their folder.

/// A name that cannot name a file of a home.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NameError {
    /// No tenant's name.
    #[error("`{0}` is no tenant: write 1 to 64 of a to z, 0 to 9 and hyphens")]
    Tenant(String),
    /// No reference.
    #[error("`{0}` is no reference: write 1 to 120 letters, digits, dots, underscores and hyphens")]
    Reference(String),
}

const MOST_TENANT_BYTES: usize = 64;
const MOST_REFERENCE_BYTES: usize = 120;
/// How much of a refused name is shown.
const MOST_SHOWN: usize = 130;

/// A tenant's name: `[a-z0-9-]{1,64}`.
pub(crate) fn check_tenant(tenant: &str) -> Result<(), NameError> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let good = (1..=MOST_TENANT_BYTES).contains(&tenant.len()) && tenant.bytes().all(allowed);
    if good { Ok(()) } else { Err(NameError::Tenant(shown(tenant))) }
}

/// The reference of a journal or a message: `[A-Za-z0-9._-]{1,120}`.
pub(crate) fn check_reference(reference: &str) -> Result<(), NameError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let good = (1..=MOST_REFERENCE_BYTES).contains(&reference.len()) && reference.bytes().all(allowed);
    if good { Ok(()) } else { Err(NameError::Reference(shown(reference))) }
}

fn shown(name: &str) -> String {
    let mut shown: String = name.chars().take(MOST_SHOWN).flat_map(char::escape_debug).collect();
    if name.chars().nth(MOST_SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::{check_reference, check_tenant};

    #[test]
    fn tenants_are_short_and_plain() {
        for good in ["a", "meridian", "meridian-2", "-", &"x".repeat(64)] {
            assert_eq!(check_tenant(good), Ok(()));
        }
        for bad in ["", ".", "..", "../x", "a/b", "a\\b", "A", "é", "a b", "a\0", "a\n", &"x".repeat(65)] {
            assert!(check_tenant(bad).is_err(), "`{bad}`");
        }
    }

    #[test]
    fn references_are_short_and_plain() {
        for good in ["a", "J-2026.10_checkout", "..", &"x".repeat(120)] {
            assert_eq!(check_reference(good), Ok(()));
        }
        for bad in ["", "a/b", "../x", "a\\b", "é", "a b", "a:b", "a\0", "a\n", &"x".repeat(121)] {
            assert!(check_reference(bad).is_err(), "`{bad}`");
        }
    }

    #[test]
    fn a_refused_name_is_shown_short_and_on_one_line() {
        let message = check_tenant(&"\n".repeat(100_000)).expect_err("line breaks name no tenant").to_string();
        assert!(message.len() < 400 && !message.contains('\n'), "{message}");
    }
}
