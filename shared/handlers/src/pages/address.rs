//! Addresses of pages.

use dayone_domain::BillingPeriod;
use dayone_domain::Currency;
use dayone_domain::cube::BillKey;
use dayone_domain::review::InvoiceRef;
use dayone_domain::tree::is_identifier;
use dayone_workflow::Failure;

/// Most characters of an address to come back to.
const LONGEST: usize = 1000;

/// One component of an address (RFC 3986): all but unreserved characters as `%` and two hexadecimal digits.
pub fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// The page of an invoice.
pub fn invoice(of: &InvoiceRef) -> String {
    format!("/invoices/{}/{}/{}", of.bill.period, of.bill.currency, encoded(&of.group))
}

/// The page of a cost group.
pub fn group(id: &str) -> String {
    format!("/groups/{}", encoded(id))
}

/// The page of a journal.
pub fn journal(reference: &str) -> String {
    format!("/journals/{}", encoded(reference))
}

/// The invoice of an address.
///
/// # Errors
/// Where the address can be of none.
pub fn invoice_ref((period, currency, group): (String, String, String)) -> Result<InvoiceRef, Failure> {
    let missing = || Failure::not_found("such invoice");
    let bill = bill_key(&period, &currency).ok_or_else(missing)?;
    if is_identifier(&group) { Ok(InvoiceRef { bill, group }) } else { Err(missing()) }
}

/// The bill of an address.
pub fn bill_key(period: &str, currency: &str) -> Option<BillKey> {
    let period: BillingPeriod = period.parse().ok()?;
    Some(BillKey { period, currency: Currency::try_new(currency).ok()? })
}

/// The address to come back to after signing in: one of this site, else its first page.
pub fn local(next: &str) -> &str {
    let is_plain = next.len() <= LONGEST && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_local = next.starts_with('/') && !next.starts_with("//");
    if is_plain && is_local { next } else { "/" }
}

/// The page that a form is on, by the address that it is sent to.
pub fn page_of(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let kept = match parts.first() {
        Some(&"invoices") => 4,
        Some(&("groups" | "journals" | "configuration")) if parts.len() > 2 => 2,
        Some(&("groups" | "journals")) => 1,
        Some(&"configuration") => 2,
        _ => 0,
    };
    format!("/{}", parts.into_iter().take(kept).collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_site_are_come_back_to() {
        for (next, kept) in [
            ("/invoices/2026-08/USD/checkout?done=accepted", "/invoices/2026-08/USD/checkout?done=accepted"),
            ("/", "/"),
            ("", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("javascript:alert(1)", "/"),
            ("/a\r\nSet-Cookie: b", "/"),
            ("/\u{e9}", "/"),
        ] {
            assert_eq!(local(next), kept, "{next}");
        }
        assert_eq!(local(&format!("/{}", "a".repeat(LONGEST))), "/");
    }

    #[test]
    fn a_form_leads_back_to_its_page() {
        for (path, page) in [
            ("/invoices/2026-08/USD/checkout/disputes/1/comments", "/invoices/2026-08/USD/checkout"),
            ("/groups/checkout/promotion", "/groups/checkout"),
            ("/journals/post", "/journals"),
            ("/journals/DAY1-000001-01/number", "/journals/DAY1-000001-01"),
            ("/configuration/tree", "/configuration/tree"),
            ("/issue", "/"),
            ("/sources/aws/close", "/"),
        ] {
            assert_eq!(page_of(path), page);
        }
    }

    #[test]
    fn components_are_encoded() {
        assert_eq!(encoded("a b/ü?<>\"'"), "a%20b%2F%C3%BC%3F%3C%3E%22%27");
    }
}
