//! `dayone promote` and `dayone demote`: the mode of a cost group.

use std::io::Write;

use dayone_domain::exact::{Exact, decimal_text};
use dayone_domain::policy::PromotionPolicy;
use dayone_domain::review::PromotionFacts;
use dayone_domain::tree::Mode;
use dayone_workflow::views::GroupView;

use super::{Open, Outside};
use crate::args::review::{DemoteArguments, PromoteArguments};
use crate::failure::Failure;
use crate::tables;

/// Shows what the policy looks at, and promotes.
pub fn promote(arguments: &PromoteArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let open = Open::at(&arguments.who.home, outside)?;
    let request = open.request(&arguments.who)?;
    let settings = open.wait(open.tenant.settings())?;
    let is_known = settings.trees.all().iter().any(|tree| tree.groups().iter().any(|group| group.id == arguments.group));
    if is_known && request.actor.sees(&arguments.group) {
        let facts = open.wait(open.tenant.promotion_facts(&arguments.group))?;
        write_facts(&facts, &settings.policy.promotion, out)?;
    }
    let view = open.wait(open.tenant.promote(&request, &arguments.group, arguments.from, arguments.reason.as_deref()))?;
    write_view(&view, out)
}

fn write_facts(facts: &PromotionFacts, policy: &PromotionPolicy, out: &mut dyn Write) -> Result<(), Failure> {
    let mark = |is_met: bool| if is_met { "✓" } else { "✗" }.to_owned();
    let rows = vec![
        vec![
            "Undisputed final periods in a row".to_owned(),
            facts.undisputed_periods.to_string(),
            format!("at least {}", policy.undisputed_periods),
            mark(facts.undisputed_periods >= policy.undisputed_periods),
        ],
        vec![
            match facts.period {
                Some(period) => format!("Unallocated cost of {period}"),
                None => "Unallocated cost".to_owned(),
            },
            percent(facts.unallocated_permille),
            format!("at most {}", percent(policy.unallocated_at_most_permille)),
            mark(facts.unallocated_permille <= policy.unallocated_at_most_permille),
        ],
    ];
    let columns = [("", false), ("It is", false), ("The policy asks for", false), ("", false)];
    writeln!(out, "{}", tables::table(&columns, rows))?;
    Ok(())
}

/// Tenths of a percent, every digit, in percent.
fn percent(permille: Exact) -> String {
    let tenth = Exact::new(permille.units(), permille.scale() + 1).normalized();
    format!("{} %", decimal_text(tenth.units(), tenth.scale()))
}

fn write_view(view: &GroupView, out: &mut dyn Write) -> Result<(), Failure> {
    let group = &view.group;
    if let Some(asked) = &view.mode.asked {
        let who = super::invoice::who(&asked.by);
        writeln!(out, "{group}: {who} asks for chargeback from {} on, although the policy is not met.", asked.from)?;
        writeln!(out, "Next: a second controller agrees: `dayone promote {group} --from {} --reason …`.", asked.from)?;
        return Ok(());
    }
    match view.mode.changes.last() {
        Some((from, Mode::Chargeback)) => {
            writeln!(out, "{group}: in chargeback from {from} on. Its final invoices are accepted before a journal moves.")?;
            writeln!(out, "Next: tell its owner; `dayone audit trail --group {group}` shows who decided it.")?;
        }
        Some((from, Mode::Showback)) => writeln!(out, "{group}: in showback from {from} on. Nothing is posted for it.")?,
        None => writeln!(out, "{group}: in showback, as it was.")?,
    }
    Ok(())
}

/// Takes a cost group back to showback.
pub fn demote(arguments: &DemoteArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let open = Open::at(&arguments.who.home, outside)?;
    let request = open.request(&arguments.who)?;
    let view = open.wait(open.tenant.demote(&request, &arguments.group, arguments.from, arguments.reason.as_deref()))?;
    write_view(&view, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenths_of_a_percent_are_told_in_percent() {
        assert_eq!(percent(Exact::from_i128(50, 0)), "5 %");
        assert_eq!(percent(Exact::from_i128(5, 1)), "0.05 %");
        assert_eq!(percent(Exact::ZERO), "0 %");
    }
}
