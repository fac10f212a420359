//! The files against the provider's own documents.

use std::collections::BTreeMap;

use super::control::{ControlSum, ControlTotals};
use crate::cube::BillKey;
use crate::currency::Currency;
use crate::exact::Exact;

/// A document of the provider's: an invoice or a credit memo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderInvoice {
    /// Its number, as FOCUS InvoiceId has it.
    pub id: String,
    /// Amount without tax.
    pub net: Exact,
    /// Tax.
    pub tax: Exact,
    /// Currency.
    pub currency: Currency,
    /// For a credit memo: the number of the invoice that it corrects.
    pub credit_memo_of: Option<String>,
}

/// The provider's documents against the files, for one invoice and its credit memos.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentLine {
    /// The invoice's number, then its credit memos'.
    pub ids: Vec<String>,
    /// Currency.
    pub currency: Currency,
    /// Net amount of the documents; `None` where there is no document.
    pub documents_net: Option<Exact>,
    /// Tax of the documents.
    pub documents_tax: Option<Exact>,
    /// Billed cost without tax of the files; `None` where no charge carries one of the numbers.
    pub files_net: Option<Exact>,
    /// Tax of the files.
    pub files_tax: Option<Exact>,
    /// Whether net and tax agree within the tolerance.
    pub agrees: bool,
}

/// The comparison with the provider's documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentComparison {
    /// Largest difference that counts as agreement, for net and tax of one invoice each.
    pub tolerance: Exact,
    /// One line an invoice.
    pub lines: Vec<DocumentLine>,
    /// Bills and the FOCUS ProviderName of who has not invoiced them yet: no charge carries an invoice id.
    pub not_invoiced_yet: Vec<(BillKey, String)>,
}

/// Holds the files against the provider's documents, over all bills that were read. An invoice and its credit
/// memos are compared together: some providers give the rows of a memo the invoice's number, some the memo's.
pub fn compare_documents(control: &ControlTotals, documents: &[ProviderInvoice], tolerance: Exact) -> DocumentComparison {
    let (mut sums, not_invoiced_yet) = control.by_invoice();
    let memo_of: BTreeMap<&str, &str> =
        documents.iter().filter_map(|document| Some((document.id.as_str(), document.credit_memo_of.as_deref()?))).collect();
    let family_of = |id: &'_ str| -> String {
        let mut head = id;
        // A memo of a memo ends at its invoice; the count bounds memos that name each other.
        for _ in 0..documents.len() {
            match memo_of.get(head) {
                Some(above) => head = above,
                None => break,
            }
        }
        head.to_owned()
    };
    let mut families: BTreeMap<(Currency, String), Vec<&ProviderInvoice>> = BTreeMap::new();
    for document in documents {
        families.entry((document.currency, family_of(&document.id))).or_default().push(document);
    }
    let agrees = |a: Exact, b: Exact| (a - b).abs() <= tolerance;
    let mut lines = Vec::new();
    for ((currency, head), mut members) in families {
        members.sort_by_key(|document| (document.id != head, document.id.clone()));
        let mut ids: Vec<String> = members.iter().map(|document| document.id.clone()).collect();
        if !ids.contains(&head) {
            ids.insert(0, head);
        }
        let found: Vec<ControlSum> = ids.iter().filter_map(|id| sums.remove(&(currency, id.clone()))).collect();
        let net: Exact = members.iter().map(|document| document.net).sum();
        let tax: Exact = members.iter().map(|document| document.tax).sum();
        let files_net: Exact = found.iter().map(|sum| sum.billed - sum.tax).sum();
        let files_tax: Exact = found.iter().map(|sum| sum.tax).sum();
        let is_there = !found.is_empty();
        lines.push(DocumentLine {
            ids,
            currency,
            documents_net: Some(net),
            documents_tax: Some(tax),
            files_net: is_there.then_some(files_net),
            files_tax: is_there.then_some(files_tax),
            agrees: agrees(net, files_net) && agrees(tax, files_tax),
        });
    }
    for ((currency, id), sum) in sums {
        lines.push(DocumentLine {
            ids: vec![id],
            currency,
            documents_net: None,
            documents_tax: None,
            files_net: Some(sum.billed - sum.tax),
            files_tax: Some(sum.tax),
            agrees: agrees(sum.billed - sum.tax, Exact::ZERO) && agrees(sum.tax, Exact::ZERO),
        });
    }
    DocumentComparison { tolerance, lines, not_invoiced_yet }
}

impl DocumentComparison {
    /// What does not agree, each a sentence.
    pub fn differences(&self) -> Vec<String> {
        self.lines.iter().filter(|line| !line.agrees).map(DocumentLine::difference).collect()
    }
}

impl DocumentLine {
    fn difference(&self) -> String {
        let id = match self.ids[0].as_str() {
            "" => "charges without invoice id".to_owned(),
            id => format!("provider invoice `{id}`"),
        };
        let net_and_tax = |net: Option<Exact>, tax: Option<Exact>| {
            format!("net {} and tax {} {}", net.unwrap_or_default(), tax.unwrap_or_default(), self.currency)
        };
        match (self.documents_net, self.files_net) {
            (None, _) => format!("{id}: the files hold {}, there is no such document", net_and_tax(self.files_net, self.files_tax)),
            (_, None) => format!(
                "{id}: the document says {}, no charge in the files carries its number",
                net_and_tax(self.documents_net, self.documents_tax)
            ),
            _ => format!(
                "{id}: the document says {}, the files hold {}; difference {}",
                net_and_tax(self.documents_net, self.documents_tax),
                net_and_tax(self.files_net, self.files_tax),
                net_and_tax(
                    self.documents_net.zip(self.files_net).map(|(document, files)| document - files),
                    self.documents_tax.zip(self.files_tax).map(|(document, files)| document - files)
                ),
            ),
        }
    }
}
