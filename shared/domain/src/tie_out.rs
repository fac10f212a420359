//! The proof that files, allocation and invoices agree, and that they agree with the provider's documents.

use std::collections::{BTreeMap, BTreeSet};

use crate::allocation::Allocation;
use crate::charge::{Charge, CostBasis, Dimension};
use crate::cube::{BillKey, Cube, RowView};
use crate::currency::{Currency, Money};
use crate::exact::Exact;
use crate::invoice::Invoices;

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

/// What charges are counted under while files are read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ControlKey {
    /// The bill.
    pub bill: BillKey,
    /// The source.
    pub source: String,
    /// FOCUS ProviderName.
    pub provider: String,
    /// FOCUS InvoiceId; the empty text where the provider has not invoiced.
    pub invoice: String,
}

/// Sums taken while files are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ControlSum {
    /// Charges.
    pub charges: u64,
    /// Billed cost.
    pub billed: Exact,
    /// Billed cost of charges of category `Tax`.
    pub tax: Exact,
    /// Effective cost.
    pub effective: Exact,
}

/// Sums of the files, taken charge by charge, apart from the cube: what the cube and all that follows is held
/// against.
#[derive(Clone, Debug, Default)]
pub struct ControlTotals {
    sums: BTreeMap<ControlKey, ControlSum>,
}

impl ControlTotals {
    /// Counts one charge.
    pub fn add(&mut self, charge: &Charge<'_>) {
        let key = ControlKey {
            bill: BillKey { period: charge.billing_period, currency: charge.currency },
            source: charge.value(Dimension::Source).to_owned(),
            provider: charge.value(Dimension::Provider).to_owned(),
            invoice: charge.value(Dimension::InvoiceId).to_owned(),
        };
        let sum = self.sums.entry(key).or_default();
        sum.charges += 1;
        sum.billed += charge.cost.billed;
        sum.effective += charge.cost.effective;
        if charge.value(Dimension::ChargeCategory) == "Tax" {
            sum.tax += charge.cost.billed;
        }
    }

    /// The sums of one bill.
    pub fn of(&self, bill: BillKey) -> impl Iterator<Item = (&ControlKey, &ControlSum)> {
        self.sums.iter().filter(move |(key, _)| key.bill == bill)
    }

    /// Sums by currency and provider invoice over all bills; those without invoice id only of bills that have
    /// one elsewhere: a bill without any is not invoiced yet.
    fn by_invoice(&self) -> (BTreeMap<(Currency, String), ControlSum>, Vec<BillKey>) {
        let invoiced: BTreeSet<(BillKey, &str)> =
            self.sums.keys().filter(|key| !key.invoice.is_empty()).map(|key| (key.bill, key.provider.as_str())).collect();
        let mut sums: BTreeMap<(Currency, String), ControlSum> = BTreeMap::new();
        let mut open = BTreeSet::new();
        for (key, sum) in &self.sums {
            if !invoiced.contains(&(key.bill, key.provider.as_str())) {
                open.insert(key.bill);
                continue;
            }
            let into = sums.entry((key.bill.currency, key.invoice.clone())).or_default();
            into.charges += sum.charges;
            into.billed += sum.billed;
            into.tax += sum.tax;
            into.effective += sum.effective;
        }
        (sums, open.into_iter().collect())
    }
}

/// Files against allocation, for one source and provider invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilesLine {
    /// The source.
    pub source: String,
    /// FOCUS ProviderName.
    pub provider: String,
    /// FOCUS InvoiceId.
    pub invoice: String,
    /// Charges in the files.
    pub charges: u64,
    /// Cost in the files, in the basis.
    pub files: Exact,
    /// Cost that allocation gave a receiver.
    pub allocated: Exact,
}

/// One shared pool: what went in and what was passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolLine {
    /// Identifier.
    pub pool: String,
    /// Direct cost and shares of other pools.
    pub into: Exact,
    /// The sum of its shares.
    pub divided: Exact,
}

/// From billed to effective cost, for one billing account. `billed` and the four steps sum to `effective`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BridgeLine {
    /// FOCUS ProviderName.
    pub provider: String,
    /// FOCUS BillingAccountId.
    pub billing_account: String,
    /// Billed cost.
    pub billed: Exact,
    /// Purchases of commitments, which billed cost has and effective cost has not.
    pub prepaid_purchases: Exact,
    /// Commitment that usage consumed: effective minus billed cost of these charges.
    pub amortisation: Exact,
    /// Commitment that nobody used.
    pub unused_commitment: Exact,
    /// Every other difference.
    pub residual: Exact,
    /// Effective cost.
    pub effective: Exact,
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
    /// Bills of which no charge carries an invoice id yet: nothing to compare.
    pub not_invoiced_yet: Vec<BillKey>,
}

/// The tie-out of one bill.
#[derive(Clone, Debug)]
pub struct TieOut {
    /// The bill.
    pub key: BillKey,
    /// The cost that counts.
    pub basis: CostBasis,
    /// Files = allocated, exactly.
    pub files: Vec<FilesLine>,
    /// Pools: in = out, exactly.
    pub pools: Vec<PoolLine>,
    /// The master bill, exact.
    pub master: Exact,
    /// All invoices, exact.
    pub invoiced_exact: Exact,
    /// The master bill, rounded.
    pub bill_total: Money,
    /// All invoices, rounded.
    pub invoiced: Money,
    /// Invoices whose lines do not sum to their total, or that are a minor unit or more off their exact cost.
    pub unsound_invoices: Vec<String>,
    /// With basis effective: the bridge to billed.
    pub bridge: Option<Vec<BridgeLine>>,
}

impl TieOut {
    /// Holds one bill's invoices against its files.
    pub fn of(control: &ControlTotals, cube: &Cube, allocation: &Allocation, invoices: &Invoices) -> TieOut {
        let basis = allocation.basis;
        let mut allocated: BTreeMap<(&str, &str, &str), (u64, Exact)> = BTreeMap::new();
        for (row, _) in cube.rows(allocation.key).zip(&allocation.assignments) {
            let key = (row.value(Dimension::Source), row.value(Dimension::Provider), row.value(Dimension::InvoiceId));
            let sum = allocated.entry(key).or_default();
            sum.0 += row.charges();
            sum.1 += row.cost().of(basis);
        }
        let mut files: Vec<FilesLine> = control
            .of(allocation.key)
            .map(|(key, sum)| FilesLine {
                source: key.source.clone(),
                provider: key.provider.clone(),
                invoice: key.invoice.clone(),
                charges: sum.charges,
                files: if basis == CostBasis::Billed { sum.billed } else { sum.effective },
                allocated: allocated.remove(&(&key.source, &key.provider, &key.invoice)).unwrap_or_default().1,
            })
            .collect();
        files.extend(allocated.into_iter().map(|((source, provider, invoice), (_, allocated))| FilesLine {
            source: source.to_owned(),
            provider: provider.to_owned(),
            invoice: invoice.to_owned(),
            charges: 0,
            files: Exact::ZERO,
            allocated,
        }));
        let pools = allocation.pools.iter().enumerate().map(|(place, pool)| PoolLine {
            pool: pool.id.clone(),
            into: allocation.pool_totals[place],
            divided: allocation.shares.iter().filter(|share| share.pool == place).map(|share| share.amount).sum(),
        });
        let unit = Money::from_minor(1, allocation.key.currency).exact();
        let unsound = invoices.invoices.iter().filter(|invoice| {
            let lines: i128 = invoice.lines.iter().map(|line| line.amount.minor()).sum();
            let exact: Exact = invoice.lines.iter().map(|line| line.exact).sum();
            lines != invoice.total.minor() || exact != invoice.exact || (invoice.total.exact() - invoice.exact).abs() >= unit
        });
        TieOut {
            key: allocation.key,
            basis,
            files,
            pools: pools.collect(),
            master: allocation.master,
            invoiced_exact: invoices.invoices.iter().map(|invoice| invoice.exact).sum(),
            bill_total: invoices.bill_total,
            invoiced: invoices.invoiced_total(),
            unsound_invoices: unsound.map(|invoice| invoice.group.id.clone()).collect(),
            bridge: (basis == CostBasis::Effective).then(|| bridge(cube, allocation.key)),
        }
    }

    /// What does not agree, each a sentence; empty where everything ties out.
    pub fn differences(&self) -> Vec<String> {
        let mut found = Vec::new();
        for line in self.files.iter().filter(|line| line.files != line.allocated) {
            let invoice = if line.invoice.is_empty() {
                "charges without invoice id".to_owned()
            } else {
                format!("provider invoice `{}`", line.invoice)
            };
            found.push(format!(
                "{}: the files of source `{}` hold {} for {invoice}, allocation has {}; difference {}",
                self.key,
                line.source,
                line.files,
                line.allocated,
                line.files - line.allocated
            ));
        }
        for pool in self.pools.iter().filter(|pool| pool.into != pool.divided) {
            found.push(format!(
                "{}: the pool `{}` holds {} and passed on {}; difference {}",
                self.key,
                pool.pool,
                pool.into,
                pool.divided,
                pool.into - pool.divided
            ));
        }
        let files: Exact = self.files.iter().map(|line| line.files).sum();
        if files != self.master {
            found.push(format!(
                "{}: the files hold {files}, the master bill is {}; difference {}",
                self.key,
                self.master,
                files - self.master
            ));
        }
        if self.master != self.invoiced_exact {
            let difference = self.master - self.invoiced_exact;
            found.push(format!(
                "{}: the master bill is {}, the invoices carry {}; difference {difference}",
                self.key, self.master, self.invoiced_exact
            ));
        }
        if self.bill_total != self.invoiced {
            found.push(format!("{}: the master bill rounds to {}, the invoices sum to {}", self.key, self.bill_total, self.invoiced));
        }
        found.extend(
            self.unsound_invoices.iter().map(|group| format!("{}: the lines of the invoice of `{group}` do not add up to it", self.key)),
        );
        found.extend(self.bridge.iter().flatten().filter(|line| line.steps() != line.effective).map(|line| {
            format!(
                "{}: billed to effective cost of billing account `{}` leaves {}",
                self.key,
                line.billing_account,
                line.effective - line.steps()
            )
        }));
        found
    }
}

impl BridgeLine {
    /// Billed cost and the steps from it, summed.
    pub fn steps(&self) -> Exact {
        self.billed + self.prepaid_purchases + self.amortisation + self.unused_commitment + self.residual
    }
}

fn bridge(cube: &Cube, key: BillKey) -> Vec<BridgeLine> {
    let mut lines: BTreeMap<(&str, &str), BridgeLine> = BTreeMap::new();
    for row in cube.rows(key) {
        let (provider, account) = (row.value(Dimension::Provider), row.value(Dimension::BillingAccount));
        let line = lines.entry((provider, account)).or_insert_with(|| BridgeLine {
            provider: provider.to_owned(),
            billing_account: account.to_owned(),
            ..BridgeLine::default()
        });
        take_step(line, row);
    }
    lines.into_values().collect()
}

/// A purchase of commitment leaves with its billed cost and comes back, in the same row for AWS or in rows of
/// status `Unused` for FOCUS, with the part of it that went unused.
fn take_step(line: &mut BridgeLine, row: RowView<'_>) {
    let cost = row.cost();
    let difference = cost.effective - cost.billed;
    line.billed += cost.billed;
    line.effective += cost.effective;
    let is_commitment = !row.value(Dimension::Commitment).is_empty();
    match (row.value(Dimension::ChargeCategory), row.value(Dimension::CommitmentStatus)) {
        ("Purchase", "Unused") => {
            line.prepaid_purchases -= cost.billed;
            line.unused_commitment += cost.effective;
        }
        ("Purchase", _) if is_commitment => line.prepaid_purchases += difference,
        (_, "Used") => line.amortisation += difference,
        (_, "Unused") => line.unused_commitment += difference,
        _ => line.residual += difference,
    }
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
                "{id}: the document says {}, the files hold {}",
                net_and_tax(self.documents_net, self.documents_tax),
                net_and_tax(self.files_net, self.files_tax)
            ),
        }
    }
}
