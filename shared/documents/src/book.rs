//! The invoices of consecutive billing periods, and what their documents have in common.

use std::collections::{BTreeMap, BTreeSet};

use dayone_domain::invoice::{Invoice, Invoices};
use dayone_domain::review::InvoiceDocument;
use dayone_domain::tie_out::TieOut;
use dayone_domain::{BillingPeriod, Currency, Money};

use crate::page::Headline;
use crate::{INDEX_FILE, csv_file, index, json_file, page};

/// Months that a chart shows, the shown one included. Earlier bills than so many are of no use to a [`Book`].
pub const MONTHS_SHOWN: usize = 6;

/// What an invoice counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Reckoned from files at hand; nothing is issued, nobody is asked to accept.
    Preview,
    /// Issued, and may still change with the next delivery.
    Provisional {
        /// From 1.
        revision: u32,
    },
    /// Issued for good.
    Final {
        /// Number of the invoice; `None` where the cost group is charged nothing itself.
        number: Option<u64>,
        /// From 1.
        revision: u32,
    },
}

impl Status {
    /// The word for pages.
    pub fn label(self) -> &'static str {
        match self {
            Status::Preview => "Preview",
            Status::Provisional { .. } => "Provisional",
            Status::Final { .. } => "Final",
        }
    }

    /// The word for files.
    pub fn key(self) -> &'static str {
        match self {
            Status::Preview => "preview",
            Status::Provisional { .. } => "provisional",
            Status::Final { .. } => "final",
        }
    }

    /// What it means, a sentence: `Provisional: revision 2, its numbers may still change.`
    pub fn meaning(self) -> String {
        match self {
            Status::Preview => "Preview: not issued, nothing to accept yet.".to_owned(),
            Status::Provisional { revision } => format!("Provisional: revision {revision}, its numbers may still change."),
            Status::Final { number: Some(number), revision } => format!("Final: invoice {number}, revision {revision}."),
            Status::Final { number: None, .. } => "Final: it has no invoice of its own.".to_owned(),
        }
    }

    /// The revision, of what was issued.
    pub(crate) fn revision(self) -> Option<u32> {
        match self {
            Status::Preview => None,
            Status::Provisional { revision } | Status::Final { revision, .. } => Some(revision),
        }
    }

    /// The number of a final invoice.
    pub(crate) fn number(self) -> Option<u64> {
        match self {
            Status::Final { number, .. } => number,
            Status::Preview | Status::Provisional { .. } => None,
        }
    }
}

/// Where the pages of cost groups are, on a site that serves them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Address of the month's page.
    pub index: String,
    /// What the address of a cost group's page begins with; its identifier comes after it. Its lines are below that
    /// address as `lines.csv`, and all of it as `document.json`.
    pub groups: String,
    /// The cost groups whose pages the reader may open.
    pub may_open: BTreeSet<String>,
}

/// Why invoices make no book.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    /// There is no billing period.
    #[error("a book needs the invoices of one billing period at least")]
    Empty,
    /// Amounts that cannot be compared.
    #[error("the invoices of {0} are in another currency or cost basis than those of the last billing period")]
    Mixed(BillingPeriod),
    /// Not oldest first, or one twice.
    #[error("the invoices of {0} do not come after those before them; give billing periods oldest first, each once")]
    Order(BillingPeriod),
}

/// Why a page could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the page of `{of}`: {reason}")]
pub struct DocumentError {
    of: String,
    reason: askama::Error,
}

impl DocumentError {
    pub(crate) fn new(of: &str, reason: askama::Error) -> DocumentError {
        DocumentError { of: of.to_owned(), reason }
    }
}

/// The invoices of one company over billing periods in one currency and cost basis, oldest first.
///
/// Documents are of the last period; `place` is a place in its [`Invoices::invoices`], and each function that
/// takes one panics where there is none. A cost group is found in earlier periods by its identifier.
#[derive(Clone, Debug)]
pub struct Book<'a> {
    company: &'a str,
    status: Status,
    periods: Vec<&'a Invoices>,
    months: Vec<Month<'a>>,
    stems: Vec<String>,
    invoiced: Money,
    site: Option<Site>,
}

/// What pages ask of one period again and again.
#[derive(Clone, Debug)]
struct Month<'a> {
    places: BTreeMap<&'a str, usize>,
    below: Vec<Vec<usize>>,
    rolled: Vec<Money>,
}

impl<'a> Month<'a> {
    fn new(invoices: &'a Invoices) -> Month<'a> {
        let count = invoices.invoices.len();
        let mut places = BTreeMap::new();
        let mut below = vec![Vec::new(); count];
        for (place, invoice) in invoices.invoices.iter().enumerate() {
            places.insert(invoice.group.id.as_str(), place);
            if let Some(parent) = invoice.group.parent {
                below[parent].push(place);
            }
        }
        Month { places, below, rolled: invoices.roll_ups() }
    }
}

impl<'a> Book<'a> {
    /// A book of billing periods, oldest first; the last is the one that its documents are of.
    pub fn try_new(company: &'a str, periods: impl IntoIterator<Item = &'a Invoices>, status: Status) -> Result<Book<'a>, BookError> {
        let periods: Vec<&Invoices> = periods.into_iter().collect();
        let shown = *periods.last().ok_or(BookError::Empty)?;
        for invoices in &periods {
            if invoices.key.currency != shown.key.currency || invoices.basis != shown.basis {
                return Err(BookError::Mixed(invoices.key.period));
            }
        }
        if let Some(pair) = periods.windows(2).find(|pair| pair[0].key.period >= pair[1].key.period) {
            return Err(BookError::Order(pair[1].key.period));
        }
        let months = periods.iter().map(|invoices| Month::new(invoices)).collect();
        Ok(Book { company, status, periods, months, stems: file_stems(shown), invoiced: shown.invoiced_total(), site: None })
    }

    /// The same book on a site: links lead to its pages instead of files in one folder, and only to those that the
    /// reader may open.
    pub fn on_site(self, site: Site) -> Book<'a> {
        Book { site: Some(site), ..self }
    }

    /// The page of a cost group's invoice: HTML, whole in itself.
    pub fn page(&self, place: usize) -> Result<String, DocumentError> {
        page::write(self, place)
    }

    /// What stands at the top of a cost group's page, for a page of another make.
    pub fn headline(&self, place: usize) -> Headline {
        page::headline(self, place)
    }

    /// The column chart of a cost group's page, HTML for a page with [`STYLE`](crate::STYLE); the empty text where
    /// there are not two months. Of a group with groups below, all of them together.
    pub fn chart(&self, place: usize) -> Result<String, DocumentError> {
        page::write_chart(self, place)
    }

    /// What a cost group's page says below its top, from what it is made of to its coding: HTML for a page with
    /// [`STYLE`](crate::STYLE).
    pub fn article(&self, place: usize) -> Result<String, DocumentError> {
        page::write_article(self, place)
    }

    /// How the invoices tie to the bill, a sentence.
    pub fn ties(&self) -> String {
        page::ties(self)
    }

    /// The page of the month: every cost group with its total, the bill that they sum to, and whether it ties
    /// out.
    pub fn index(&self, tie_out: &TieOut) -> Result<String, DocumentError> {
        index::write(self, tie_out)
    }

    /// The lines of a cost group's own invoice as CSV (RFC 4180), a header and one row a line.
    ///
    /// Amounts are plain decimals; `amount` has the currency's decimals and sums to the invoice's total,
    /// `exact_cost` has all digits. Cells of a kind of line that has no such thing are empty. A text that a
    /// spreadsheet would take for a formula gets an apostrophe in front; amounts never do.
    ///
    /// | column | of |
    /// |---|---|
    /// | `kind` | `direct` (charges of the group's own) or `shared` (a share of a pool); in a [revision](crate::revision_csv) also `moved` (by an upheld dispute) and `true_up` (what a closed bill changed by) |
    /// | `line`, `what` | what a dispute names the line by, and what it is for in words |
    /// | `correction_of` | the period that a provider's own correction in this bill is for |
    /// | `pool`, `share_key`, `weight`, `weights` | shares of a pool |
    /// | `corrects_period` | a true-up, and what was moved of one: the closed billing period |
    /// | `corrects_invoice`, `true_up_round` | a true-up: number of the final invoice that it corrects (empty where the group had none), and its position among the true-ups of that bill |
    /// | `dispute`, `moved_from`, `moved_to` | a moved amount: number of the dispute on the invoice of the group that it came from, and that it went to |
    /// | `account`, `cost_center`, `department`, `legal_entity` | the general-ledger coding |
    pub fn csv(&self, place: usize) -> String {
        csv_file::write(self, place)
    }

    /// A cost group's invoice as JSON: everything that its page says, for programs.
    ///
    /// Amounts are plain decimal strings, never floats or exponents. Keys come in a fixed order:
    /// `document`, `status`, `revision` and `invoice_number` (where issued), `company`, `cost_group` (with `path` from the top), `billing_period`,
    /// `period_start` (inclusive), `period_end` (exclusive, UTC), `currency`, `basis`, `not_invoiced_yet` (providers), `charges`, `totals`
    /// (`direct`, `shared`, `exact`, `rounding` which is exact minus total, `total`), `sections` (sums of lines), `lines`, `roll_up` (null
    /// for a group without groups below), `comparison` (null without an invoice of the month before; of the own
    /// invoice only), `history` (own invoice and roll-up by month), `bill` (all cost groups together), `note`.
    pub fn json(&self, place: usize) -> String {
        json_file::write(self, place, None)
    }

    /// The same of an issued revision of that invoice, with what it states beside its lines, after `lines`: `moves` (by
    /// upheld disputes), `true_ups` (of closed bills) and `due` (`total` after disputes, `true_ups`, and `due`, their
    /// sum).
    pub fn revision_json(&self, place: usize, document: &InvoiceDocument) -> String {
        json_file::write(self, place, Some(document))
    }

    /// The name of a cost group's files, without extension: its identifier, with a mark `_` in front where that
    /// would take the place of the month's page or is no file name on Windows. No two groups' are the same, also
    /// where a file system folds case.
    pub fn file_stem(&self, place: usize) -> &str {
        &self.stems[place]
    }

    /// The address of a cost group's page; `None` where the reader may not open it.
    pub(crate) fn href(&self, place: usize) -> Option<String> {
        match &self.site {
            None => Some(format!("{}.html", self.stems[place])),
            Some(site) => {
                let id = &self.invoice(place).group.id;
                site.may_open.contains(id).then(|| site_address(site, id))
            }
        }
    }

    /// The addresses of a cost group's CSV and JSON.
    pub(crate) fn files(&self, place: usize) -> [String; 2] {
        match &self.site {
            None => ["csv", "json"].map(|end| format!("{}.{end}", self.stems[place])),
            Some(site) => {
                ["lines.csv", "document.json"].map(|file| format!("{}/{file}", site_address(site, &self.invoice(place).group.id)))
            }
        }
    }

    /// The address of the month's page.
    pub(crate) fn index_address(&self) -> String {
        self.site.as_ref().map_or_else(|| INDEX_FILE.to_owned(), |site| site.index.clone())
    }

    pub(crate) fn company(&self) -> &'a str {
        self.company
    }

    pub(crate) fn status(&self) -> Status {
        self.status
    }

    pub(crate) fn shown(&self) -> &'a Invoices {
        self.periods[self.periods.len() - 1]
    }

    pub(crate) fn period(&self) -> BillingPeriod {
        self.shown().key.period
    }

    pub(crate) fn currency(&self) -> Currency {
        self.shown().key.currency
    }

    /// The sum of all invoices.
    pub(crate) fn invoiced(&self) -> Money {
        self.invoiced
    }

    /// Whether a cost group has an invoice in the shown month.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.months[self.months.len() - 1].places.contains_key(id)
    }

    pub(crate) fn invoice(&self, place: usize) -> &'a Invoice {
        &self.shown().invoices[place]
    }

    pub(crate) fn below(&self, place: usize) -> &[usize] {
        &self.months[self.months.len() - 1].below[place]
    }

    pub(crate) fn rolled(&self, place: usize) -> Money {
        self.months[self.months.len() - 1].rolled[place]
    }

    /// The groups above, from the top down to the parent.
    pub(crate) fn above(&self, place: usize) -> Vec<usize> {
        let mut path = Vec::new();
        let mut at = self.invoice(place).group.parent;
        while let Some(parent) = at {
            path.insert(0, parent);
            at = self.invoice(parent).group.parent;
        }
        path
    }

    /// A group and all below it, parents first.
    pub(crate) fn subtree(&self, place: usize) -> Vec<usize> {
        let mut found = vec![place];
        let mut next = 0;
        while next < found.len() {
            found.extend_from_slice(self.below(found[next]));
            next += 1;
        }
        found
    }

    /// The month before the shown one, where the book has its bill.
    pub(crate) fn last_month(&self) -> Option<&'a Invoices> {
        self.month(self.period().previous()).map(|at| self.periods[at])
    }

    /// The own invoice of a group the month before.
    pub(crate) fn before(&self, place: usize) -> Option<&'a Invoice> {
        self.found_at(self.period().previous(), &self.invoice(place).group.id).map(|(at, there)| &self.periods[at].invoices[there])
    }

    /// A group and all below it the month before, as the tree was then.
    pub(crate) fn rolled_before(&self, place: usize) -> Option<Money> {
        self.rolled_in(self.period().previous(), place)
    }

    /// The months of a chart, oldest first: up to [`MONTHS_SHOWN`], from the first that the book has.
    pub(crate) fn months_shown(&self) -> Vec<BillingPeriod> {
        let mut months = vec![self.period()];
        while months.len() < MONTHS_SHOWN {
            months.insert(0, months[0].previous());
        }
        months.retain(|month| *month >= self.periods[0].key.period);
        months
    }

    /// The bill of a month.
    pub(crate) fn bill_in(&self, period: BillingPeriod) -> Option<Money> {
        self.month(period).map(|at| self.periods[at].bill_total)
    }

    /// The own invoice of a group in a month.
    pub(crate) fn own_in(&self, period: BillingPeriod, place: usize) -> Option<Money> {
        self.found_at(period, &self.invoice(place).group.id).map(|(at, there)| self.periods[at].invoices[there].total)
    }

    /// A group and all below it in a month.
    pub(crate) fn rolled_in(&self, period: BillingPeriod, place: usize) -> Option<Money> {
        self.found_at(period, &self.invoice(place).group.id).map(|(at, there)| self.months[at].rolled[there])
    }

    fn month(&self, period: BillingPeriod) -> Option<usize> {
        self.periods.iter().position(|invoices| invoices.key.period == period)
    }

    fn found_at(&self, period: BillingPeriod, id: &str) -> Option<(usize, usize)> {
        let at = self.month(period)?;
        self.months[at].places.get(id).map(|there| (at, *there))
    }
}

fn site_address(site: &Site, id: &str) -> String {
    format!("{}{}", site.groups, percent_encoded(id))
}

/// One component of an address (RFC 3986): all but unreserved characters as `%` and two hexadecimal digits.
fn percent_encoded(text: &str) -> String {
    let encoded = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    encoded.collect()
}

/// A name for each group's files.
fn file_stems(invoices: &Invoices) -> Vec<String> {
    let ids = || invoices.invoices.iter().map(|invoice| invoice.group.id.as_str());
    let mut taken: BTreeSet<String> = ids().map(str::to_ascii_lowercase).collect();
    let stem = |id: &str| {
        if is_safe_stem(id) {
            return id.to_owned();
        }
        let rest = id.trim_end_matches('.');
        let mut stem = format!("_{rest}{}", "_".repeat(id.len() - rest.len()));
        while !taken.insert(stem.to_ascii_lowercase()) {
            stem.insert(0, '_');
        }
        stem
    };
    ids().map(stem).collect()
}

/// Whether an identifier of a cost group is a file name everywhere, and not that of the month's page.
/// <https://learn.microsoft.com/windows/win32/fileio/naming-a-file>
fn is_safe_stem(id: &str) -> bool {
    // Windows takes `con.eu.html` for the device `con`, too.
    let device = id.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let is_device = match device.as_bytes() {
        b"con" | b"prn" | b"aux" | b"nul" => true,
        [b'c', b'o', b'm', port] | [b'l', b'p', b't', port] => port.is_ascii_digit(),
        _ => false,
    };
    !is_device && !id.ends_with('.') && !id.eq_ignore_ascii_case("index")
}
