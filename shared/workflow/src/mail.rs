//! Mail to owners, and to controllers: asked for in the transaction of what it tells, sent afterwards, and again until it is sent.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use dayone_domain::currency::Money;
use dayone_domain::people::Role;
use dayone_domain::review::{By, Charged, InvoiceRef, Stage, Standing};
use dayone_domain::tree::Mode;
use dayone_ports::{Digest, Key, Mail, Record, Unavailable};
use serde::{Deserialize, Serialize};

use crate::change::Changes;
use crate::configuration::Settings;
use crate::failure::{Failure, retried};
use crate::issuing::{Plan, PlanEntry};
use crate::keys;
use crate::review::{LoadedInvoice, SilenceSays};
use crate::tenant::Tenant;
use crate::views::InvoiceView;

/// Mail that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub(crate) enum MailTask {
    /// To every owner of an invoice of a completed run.
    Run {
        /// The run's plan.
        plan: Digest,
    },
    /// To the owners of an invoice that an upheld dispute changed.
    Revised {
        /// The invoice.
        of: InvoiceRef,
    },
    /// To the owners of one invoice that waits.
    Reminder {
        /// The invoice.
        of: InvoiceRef,
        /// The revision.
        revision: u32,
        /// From 1.
        reminder: u32,
    },
    /// To every controller: a delivery that is not complete is late.
    Late {
        /// The source.
        source: String,
        /// What it waits for, in sentences.
        what: String,
    },
}

/// Whom a reminder of an invoice goes to.
struct Reminded {
    /// Mail addresses of people of the tenant's list.
    to: Vec<String>,
    /// Those of them who may accept what waits.
    may_accept: Vec<String>,
}

impl Reminded {
    /// The owners of the invoice's cost group; where none of them may accept it, those of the groups above, too.
    fn of(settings: &Settings, view: &InvoiceView) -> Reminded {
        let may_accept = |mail: &String| settings.may_accept(mail, view);
        let group = &view.of.group;
        let mut to = settings.owners(group);
        to.retain(|mail| settings.people.get(mail).is_some());
        if !to.iter().any(may_accept) {
            let above = settings.people.iter().filter(|person| settings.owns(&person.mail).contains(group));
            let above: Vec<String> = above.map(|person| person.mail.clone()).filter(|mail| !to.contains(mail)).collect();
            to.extend(above);
        }
        Reminded { may_accept: to.iter().filter(|mail| may_accept(mail)).cloned().collect(), to }
    }
}

impl Settings {
    /// Whether somebody may accept an invoice today: as an owner, of its cost group or of one above, within their limit.
    pub fn may_accept(&self, mail: &str, view: &InvoiceView) -> bool {
        let is_within = self.people.get(mail).is_some_and(|person| person.may_accept(view.revision.at_stake()).is_ok());
        is_within && self.owns(mail).contains(&view.of.group)
    }

    /// Whether somebody who may accept an invoice can be reminded of it: else silence says nothing.
    pub fn can_remind(&self, view: &InvoiceView) -> bool {
        !Reminded::of(self, view).may_accept.is_empty()
    }
}

impl MailTask {
    /// Asks for it in a transaction.
    pub(crate) fn ask(&self, changes: &mut Changes<'_>, tenant: &Tenant, id: &str) {
        changes.put(Key::new(keys::mail(&tenant.id), id), None, self);
    }
}

impl Tenant {
    /// Sends what was asked for and not sent.
    pub async fn send_mail(&self) -> Result<u32, Failure> {
        let records = self.records(&keys::mail(&self.id), "").await?;
        if records.is_empty() {
            return Ok(0);
        }
        let settings = self.settings().await?;
        let mut sent = 0;
        for record in records {
            match self.send_task(&settings, &record).await {
                Ok(count) => sent += count,
                // One address that no mailer takes must not keep everybody else's mail: this task is tried again.
                Err(failure) => {
                    tracing::warn!(task = record.key.sort, %failure, "mail was not sent");
                    continue;
                }
            }
            // Whoever sends the same at the same time sends the same messages: only one of the two takes it off.
            let mut changes = self.changes();
            changes.delete(&record);
            match changes.commit().await {
                Err(failure) if failure.is_retryable() => {}
                other => other?,
            }
        }
        Ok(sent)
    }

    async fn send_task(&self, settings: &Settings, record: &Record) -> Result<u32, Failure> {
        let task: MailTask = crate::views::parsed(record)?;
        let id = &record.key.sort;
        // Short, and of signs that every mailer takes.
        let id = &format!("{}-{}", id.split('-').next().unwrap_or_default(), short(id));
        let messages = match &task {
            MailTask::Run { plan } => self.run_mail(settings, id, &self.json_document(*plan).await?).await?,
            MailTask::Revised { of } => {
                let view = self.invoice_view(of).await?;
                let subject = format!("{}: a new revision of the invoice of {}", view.group_name, of.bill.period.name());
                let owners = settings.owners(&of.group);
                self.waiting_mail(owners, id, &view, &subject, ("was changed by a dispute that was upheld", ""))
            }
            MailTask::Late { source, what } => self.late_mail(settings, id, source, what),
            MailTask::Reminder { of, revision, reminder } => return self.remind(settings, id, of, *revision, *reminder).await,
        };
        let (handed_over, refused) = self.hand_over(&messages).await;
        refused.map_or(Ok(counted(&handed_over)), |error| Err(error.into()))
    }

    /// Sends what can be sent: to whom, and why not to all.
    async fn hand_over<'a>(&self, messages: &'a [Mail]) -> (Vec<&'a str>, Option<Unavailable>) {
        let (mut handed_over, mut refused) = (Vec::new(), None);
        for message in messages {
            match self.ports.mailer.send(message).await {
                Ok(()) => handed_over.push(message.to.as_str()),
                Err(error) => refused = Some(error),
            }
        }
        (handed_over, refused)
    }

    /// Sends a reminder that still says what is, and records that it was handed over once it was for somebody who may
    /// accept: others whose mail is not taken yet do not keep that from counting.
    async fn remind(&self, settings: &Settings, id: &str, of: &InvoiceRef, revision: u32, reminder: u32) -> Result<u32, Failure> {
        let loaded = self.load_invoice(of).await?.ok_or_else(|| Failure::broken(format!("the invoice {of} has no view")))?;
        if !loaded.state.is_worth_a_reminder(revision) {
            return Ok(0);
        }
        let view = &loaded.view;
        let subject = format!("{}: the invoice of {} waits for you (reminder {reminder})", view.group_name, of.bill.period.name());
        let Reminded { to, may_accept } = Reminded::of(settings, view);
        if may_accept.is_empty() {
            return Err(Failure::refused("nobody-to-remind", format!("nobody who may accept {of} is among the people; it waits for one")));
        }
        let silence = self.told_of_silence(settings, &loaded);
        let messages = self.waiting_mail(to, id, view, &subject, ("waits for its owner", &silence));
        let (handed_over, refused) = self.hand_over(&messages).await;
        let reached: Vec<String> = may_accept.into_iter().filter(|mail| handed_over.contains(&mail.as_str())).collect();
        if !reached.is_empty() {
            retried!(self.note_delivery(settings, of, (revision, reminder), &reached))?;
        }
        refused.map_or(Ok(counted(&handed_over)), |error| Err(error.into()))
    }

    async fn note_delivery(
        &self,
        settings: &Settings,
        of: &InvoiceRef,
        (revision, reminder): (u32, u32),
        to: &[String],
    ) -> Result<(), Failure> {
        let Some(mut loaded) = self.load_invoice(of).await? else { return Ok(()) };
        let mut changes = self.changes();
        let today = settings.policy.local_date(changes.now());
        let events = loaded.state.reminder_delivered(revision, reminder, today, to.to_vec()).events();
        let events: Vec<_> = events.into_iter().map(|event| changes.recorded(By::Policy, event)).collect();
        loaded.append(&mut changes, self, &events);
        changes.commit().await
    }

    /// One message to each owner, with all their invoices of the run.
    async fn run_mail(&self, settings: &Settings, id: &str, plan: &Plan) -> Result<Vec<Mail>, Failure> {
        let silence = self.silence_of(settings, plan).await?;
        let mut by_owner: BTreeMap<String, Vec<&PlanEntry>> = BTreeMap::new();
        for entry in plan.entries.iter().filter(|entry| entry.document.is_some()) {
            for owner in settings.owners(&entry.group) {
                by_owner.entry(owner).or_default().push(entry);
            }
        }
        let period = plan.bill.period.name();
        let messages = by_owner.into_iter().map(|(to, entries)| {
            let what = if entries.len() == 1 { entries[0].name.clone() } else { format!("{} cost groups", entries.len()) };
            let mut text = format!("Cloud cost of {}, {period}\n\n", plan.company);
            for entry in &entries {
                text += &format!(
                    "{}: {}\n{}{}\n{}\n",
                    entry.name,
                    amount(entry.total, entry.true_ups, &period),
                    charged_in_part(entry.total, entry.true_ups, entry.charged, entry.mode),
                    what_to_do(plan.stage, entry.mode),
                    silence.get(&entry.group).map_or("", String::as_str)
                );
                text += &format!("{}\n\n", self.link(&plan.bill.period.to_string(), plan.bill.currency.code(), &entry.group));
            }
            text += "Internal recharge. This is not a tax invoice.\n";
            let subject = format!("{what}: {} invoice of {period}", plan.stage.label());
            Mail { tenant: self.id.to_string(), id: format!("{id}-{}", short(&to)), to, subject, text }
        });
        Ok(messages.collect())
    }

    /// What silence says of the invoices of a plan that still are as it issued them, by cost group.
    async fn silence_of(&self, settings: &Settings, plan: &Plan) -> Result<BTreeMap<String, String>, Failure> {
        let mut told = BTreeMap::new();
        if plan.stage == Stage::Provisional {
            return Ok(told);
        }
        for entry in plan.entries.iter().filter(|entry| entry.document.is_some()) {
            let of = InvoiceRef { bill: plan.bill, group: entry.group.clone() };
            let loaded = self.load_invoice(&of).await?;
            if let Some(loaded) = loaded.filter(|loaded| loaded.view.revision.number == entry.revision) {
                told.insert(entry.group.clone(), self.told_of_silence(settings, &loaded));
            }
        }
        Ok(told)
    }

    /// That silence on an invoice counts as acceptance, and when: a line of its own. Nothing where it does not.
    fn told_of_silence(&self, settings: &Settings, invoice: &LoadedInvoice) -> String {
        let today = settings.policy.local_date(self.ports.clock.now());
        match (invoice.state.standing(), settings.silence_says(&invoice.view, &invoice.state, today)) {
            (Some(Standing::ToAccept), Some(SilenceSays::AcceptedOn(day))) => without_an_answer(day),
            _ => String::new(),
        }
    }

    /// One message to each of `to` about an invoice that asks something of them: what became of it, and what silence says.
    fn waiting_mail(&self, to: Vec<String>, id: &str, view: &InvoiceView, subject: &str, (what, silence): (&str, &str)) -> Vec<Mail> {
        let (bill, revision) = (view.of.bill, &view.revision);
        let text = format!(
            "The invoice of {} for {} {what}: {}.\n{}{}\n{silence}\n{}\n",
            view.group_name,
            bill.period.name(),
            amount(revision.total, revision.true_ups, &bill.period.name()),
            charged_in_part(revision.total, revision.true_ups, revision.charged, revision.mode),
            what_to_do(revision.stage, revision.mode),
            self.link(&bill.period.to_string(), bill.currency.code(), &view.of.group)
        );
        let messages = to.into_iter().map(|to| Mail {
            tenant: self.id.to_string(),
            id: format!("{id}-{}", short(&to)),
            to,
            subject: subject.to_owned(),
            text: text.clone(),
        });
        messages.collect()
    }

    /// One message to each controller about a delivery that is late.
    fn late_mail(&self, settings: &Settings, id: &str, source: &str, what: &str) -> Vec<Mail> {
        let controllers = settings.people.iter().filter(|person| person.roles.contains(&Role::Controller));
        let messages = controllers.map(|person| Mail {
            tenant: self.id.to_string(),
            id: format!("{id}-{}", short(&person.mail)),
            to: person.mail.clone(),
            subject: format!("Source {source}: a delivery is not complete"),
            text: format!("Late: {what}.\n\nThe month: {}/\n", self.base_url.trim_end_matches('/')),
        });
        messages.collect()
    }

    fn link(&self, period: &str, currency: &str, group: &str) -> String {
        format!("{}/invoices/{period}/{currency}/{group}", self.base_url.trim_end_matches('/'))
    }
}

/// What it comes to together, and what of it true-ups are.
fn amount(total: Money, true_ups: Money, period: &str) -> String {
    let together = format!("{} {}", total.currency(), grouped(total + true_ups));
    if true_ups.is_zero() {
        together
    } else {
        format!("{together} ({} for {period}, {} true-ups of closed periods)", grouped(total), grouped(true_ups))
    }
}

/// What of an invoice is charged and what is shown only, where it is some of each: a line of its own.
fn charged_in_part(total: Money, true_ups: Money, charged: Charged, mode: Mode) -> String {
    if !charged.is_part_of(total, true_ups, mode) {
        return String::new();
    }
    let (currency, sum) = (total.currency(), charged.sum());
    let shown = total + true_ups - sum;
    format!(
        "Of this, {currency} {} is charged once it is accepted; {currency} {} is for information, of periods in showback.\n",
        grouped(sum),
        grouped(shown)
    )
}

fn without_an_answer(day: NaiveDate) -> String {
    format!("Without an answer it counts as accepted on {}.\n", day.format("%-d %B %Y"))
}

/// `-1234567.50` → `-1,234,567.50`.
fn grouped(amount: Money) -> String {
    let plain = amount.to_string();
    let whole = plain.find('.').unwrap_or(plain.len());
    let begin = usize::from(plain.starts_with('-'));
    let mut text = String::with_capacity(plain.len() + plain.len() / 3);
    for (place, digit) in plain.char_indices() {
        if place > begin && place < whole && (whole - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn counted(sent: &[&str]) -> u32 {
    u32::try_from(sent.len()).unwrap_or(u32::MAX)
}

fn what_to_do(stage: Stage, mode: Mode) -> &'static str {
    match (stage, mode) {
        (Stage::Provisional, _) => "Provisional: the numbers may still change. Read it, and ask what you do not understand.",
        (Stage::Final, Mode::Showback) => "For information: nothing is charged. Tell us that you have read it.",
        (Stage::Final, Mode::Chargeback) => "Final: accept it, or dispute what is not yours.",
    }
}

/// The beginning of an address's digest: a part of a file name.
fn short(address: &str) -> String {
    Digest::of(address.as_bytes()).to_string()[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use dayone_domain::Currency;

    use super::*;

    fn usd(minor: i128) -> Money {
        Money::from_minor(minor, Currency::try_new("USD").unwrap())
    }

    #[test]
    fn an_amount_is_grouped_and_names_its_true_ups() {
        let told = amount(usd(5_215_383), usd(71_544), "October 2026");
        assert_eq!(told, "USD 52,869.27 (52,153.83 for October 2026, 715.44 true-ups of closed periods)");
        assert_eq!(amount(usd(123_456_789), usd(0), "October 2026"), "USD 1,234,567.89");
    }

    #[test]
    fn what_is_charged_and_what_is_shown_are_told_apart_where_it_is_some_of_each() {
        let charged = |total: i128, true_ups: i128| Charged { total: usd(total), true_ups: usd(true_ups) };
        let told = charged_in_part(usd(5_000_000), usd(-800), charged(0, -800), Mode::Chargeback);
        let expected = "Of this, USD -8.00 is charged once it is accepted; USD 50,000.00 is for information, of periods in showback.\n";
        assert_eq!(told, expected);
        assert_eq!(charged_in_part(usd(5_000_000), usd(-800), charged(5_000_000, -800), Mode::Chargeback), "");
        assert_eq!(charged_in_part(usd(5_000_000), usd(0), charged(0, 0), Mode::Showback), "");
    }

    #[test]
    fn a_sign_is_no_digit() {
        for (minor, text) in [(-12_345, "-123.45"), (-123_456, "-1,234.56"), (-12_345_678, "-123,456.78"), (99_999, "999.99"), (5, "0.05")]
        {
            assert_eq!(grouped(usd(minor)), text);
        }
    }
}
