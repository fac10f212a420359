//! What each file of the folder is, how to check it, and how to do the month again.

use dayone_domain::BillingPeriod;

use super::MOST_BYTES;
use super::folder::LEFT_OUT;
use crate::tenant::Tenant;
use crate::tie_out::PeriodTieOut;

const FILES: &str = "
What is here
  inputs.csv          every file of every delivery, with its SHA-256 and whether it counts
  bills.csv           what each bill was issued from, and its plan: all cost groups with their amounts (bills/)
  configuration.csv   the tree, people, sources, drivers, policy and ledger calendar in force between the first issue
                      and the last event of the period, with their texts (configuration/). `decided` names the bills
                      whose amounts a text decided
  invoices.csv        every revision of every invoice; of the newest, and of those that were accepted or acknowledged,
                      the document as it was issued (invoices/). `period` tells the invoices of this billing period from
                      those of later ones that carry its true-ups, whose own total is of their bill. `exact` is the cost
                      before rounding, disputes and true-ups
  acceptances.csv     who accepted or acknowledged what, and how they had signed in
  disputes.csv        every dispute, what was said, and how it ended
  true-ups.csv        what newer deliveries of the closed period changed, with each round as it was reckoned (true-ups/)
  journals.csv        every journal of the period, with its bytes as they were sent, else as they are ready (journals/); who
                      let it go, and how they had signed in
  tie-out.csv         the sums that must agree; tie-out-files.csv by file source and provider invoice
  states.csv          where every minor unit stands
  holding.csv         what the holding accounts carry: billed is what accounts payable booked, each provider invoice
                      rounded by itself; rounding is what of it no invoice here carries
  trail.csv           every event of the period's bills, sources, invoices and journals, of the later invoices that carry its
                      true-ups, and of its cost groups' modes: who, when, what, why, its hash, and the event as it is
                      stored
  chain.txt           the head of the chain of anchors; anchor.json is that anchor: the hash of every stream's last event
  SHA256SUMS          of these files

How to check it
  The files:          sha256sum -c SHA256SUMS
  A stored document:  `sha256` beside a `file` is the SHA-256 of that file's bytes.
  An event:           its hash is the SHA-256 of four parts: the hash of the event before it in its stream (32 bytes,
                      noughts before the first), the stream's name, the version (8 bytes, the most significant first),
                      and the event. Before each part stands its length (8 bytes, the most significant first).
  The chain:          anchor.json has the SHA-256 that chain.txt names, and lists each stream with the version and hash
                      of its last event at that time. Hold the SHA-256 against the one that was noted elsewhere.
  The home itself:    dayone audit verify

How to do the month again
  Take the billing files of inputs.csv that count from the provider and hold their SHA-256 against it. Then
    dayone preview FILES --tree configuration/tree-N.yaml --drivers configuration/drivers-N.csv --period PERIOD
  with each text that `decided` names gives the exact cost of each cost group, `exact` in invoices.csv, and the lines
  of the invoices before disputes and true-ups, which each document states beside them. Other files that are read along
  change nothing.
";

/// The text.
pub fn text(tenant: &Tenant, period: BillingPeriod, tie_outs: &[PeriodTieOut]) -> String {
    let mut text = format!("Evidence of {}, tenant {}\n\n", period.name(), tenant.id);
    for tie_out in tie_outs {
        let outcome = match (tie_out.differences.is_empty(), tie_out.waits) {
            (true, false) => "everything ties out",
            (true, true) => "DOES NOT TIE OUT YET",
            (false, _) => "DOES NOT TIE OUT",
        };
        text += &format!("{} ({}): {outcome}\n", tie_out.bill, tie_out.stage.label());
        tie_out.differences.iter().cloned().chain(tie_out.waiting()).for_each(|difference| text += &format!("  - {difference}\n"));
    }
    text += &FILES.replace("PERIOD", &period.to_string());
    text += &format!(
        "\nThe folder holds up to {} MiB of stored documents. Where one has no room, its cell says `{LEFT_OUT}`; it is in the home\nunder the SHA-256 beside it. No passwords or sessions are in it.\n",
        MOST_BYTES >> 20
    );
    text
}
