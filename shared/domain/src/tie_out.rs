//! The proof that files, allocation and invoices agree.

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
