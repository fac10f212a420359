//! The tree of 300 rules that charges are allocated by: as the YAML that `dayone` reads, and as JSON for the peers.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::company::{ACCOUNTS, SERVICES, TEAMS, account_id, team_name};

/// A rule; what is empty is not asked for. The first that matches wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// The cost group.
    pub to: String,
    /// Sub accounts, one of which it is.
    pub accounts: Vec<String>,
    /// The service.
    pub service: Option<String>,
    /// What the service begins with.
    pub service_prefix: Option<String>,
    /// Values of the tag `team`, one of which it is.
    pub teams: Vec<String>,
    /// Values of the tag `environment`, one of which it is.
    pub environments: Vec<String>,
    /// What the tag `application` begins with.
    pub application_prefix: Option<String>,
}

/// Rules by what they ask for: services, teams and environments, teams, applications, accounts and services, accounts.
const BY: [usize; 6] = [12, 48, 160, 40, 20, 20];

/// The rules, first to last.
pub fn rules() -> Vec<Rule> {
    let [by_service, by_environment, by_team, by_application, by_account_and_service, by_account] = BY;
    let mut rules = Vec::new();
    // The least used, the marketplace's among them.
    for service in SERVICES.iter().rev().take(by_service) {
        rules.push(Rule { to: "shared-services".to_owned(), service: Some(service.name.to_owned()), ..Rule::default() });
    }
    for team in 0..by_environment {
        let environments = vec!["dev".to_owned(), "test".to_owned()];
        rules.push(Rule { to: format!("sandbox-{}", team % 8), teams: vec![team_name(team)], environments, ..Rule::default() });
    }
    // Every fourth with the team after the last, so that one rule names two.
    for place in 0..by_team {
        let teams = if place % 4 == 0 { vec![team_name(place), team_name(by_team + place / 4)] } else { vec![team_name(place)] };
        rules.push(Rule { to: group(place), teams, ..Rule::default() });
    }
    for place in 0..by_application {
        let prefix = format!("{}-", team_name(by_team + by_application + place));
        rules.push(Rule { to: group(by_team + place), application_prefix: Some(prefix), ..Rule::default() });
    }
    let accounts = |place: usize, parts: usize, of: usize| (0..of).map(move |each| account_id((place + each * parts) % ACCOUNTS)).collect();
    for place in 0..by_account_and_service {
        let prefix = ["Amazon S", "Amazon E", "AWS "][place % 3].to_owned();
        let accounts = accounts(place, by_account_and_service, 5);
        rules.push(Rule { to: format!("platform-{}", place % 5), accounts, service_prefix: Some(prefix), ..Rule::default() });
    }
    for place in 0..by_account {
        // One account in fifteen is nobody's.
        rules.push(Rule { to: format!("business-{place}"), accounts: accounts(place, by_account, 14), ..Rule::default() });
    }
    rules
}

fn group(place: usize) -> String {
    assert!(place < TEAMS, "INVARIANT: no more groups than teams");
    format!("group-{place:03}")
}

/// The tree as YAML.
pub fn tree() -> String {
    let rules = rules();
    let mut ids: Vec<&str> = rules.iter().map(|rule| rule.to.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut yaml = "company: Meridian Retail\nvalid_from: 2026-01\nowners: [finops@meridian.example]\n\
        legal_entity: Meridian Retail Inc.\ncost_center: \"9000\"\ndepartment: Central\n\
        unallocated: { id: unallocated, name: Not yet allocated, owners: [finops@meridian.example] }\n\
        central: finance\ngroups:\n  - { id: finance, name: Central finance }\n"
        .to_owned();
    for id in ids {
        line(&mut yaml, format_args!("  - {{ id: {id}, name: {id} }}"));
    }
    yaml.push_str("rules:\n");
    for rule in &rules {
        line(&mut yaml, format_args!("  - to: {}\n    when:", rule.to));
        if !rule.accounts.is_empty() {
            line(&mut yaml, format_args!("      sub_account: {}", list(&rule.accounts)));
        }
        if let Some(service) = &rule.service {
            line(&mut yaml, format_args!("      service: {service:?}"));
        }
        if let Some(prefix) = &rule.service_prefix {
            line(&mut yaml, format_args!("      service: {{ prefix: {prefix:?} }}"));
        }
        let tags = [("team", &rule.teams), ("environment", &rule.environments)];
        if tags.iter().any(|(_, values)| !values.is_empty()) || rule.application_prefix.is_some() {
            yaml.push_str("      tags:\n");
        }
        for (key, values) in tags.into_iter().filter(|(_, values)| !values.is_empty()) {
            line(&mut yaml, format_args!("        {key}: {}", list(values)));
        }
        if let Some(prefix) = &rule.application_prefix {
            line(&mut yaml, format_args!("        application: {{ prefix: {prefix:?} }}"));
        }
    }
    // A rule that nothing reaches, so that the cube tells the cost centers apart, as companies want it.
    yaml.push_str("  - to: finance\n    when: { tags: { cost_center: none } }\n");
    yaml
}

fn line(yaml: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(yaml, "{text}").expect("INVARIANT: a string takes all");
}

fn list(values: &[String]) -> String {
    let quoted: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
    format!("[{}]", quoted.join(", "))
}

/// The rules as JSON, in order.
pub fn json() -> Value {
    let one = |rule: &Rule| {
        json!({
            "to": rule.to,
            "accounts": rule.accounts,
            "service": rule.service,
            "service_prefix": rule.service_prefix,
            "teams": rule.teams,
            "environments": rule.environments,
            "application_prefix": rule.application_prefix,
        })
    };
    rules().iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use dayone_configuration::tree::read_tree;
    use dayone_domain::tree::Tree;

    use super::*;

    #[test]
    fn the_tree_has_three_hundred_rules_and_is_sound() {
        assert_eq!(rules().len(), 300);
        let draft = read_tree(&tree()).unwrap();
        let (tree, warnings) = Tree::try_new(&draft).unwrap();
        assert!(warnings.is_empty(), "{warnings:?}");
        assert_eq!(tree.tag_keys(), ["application", "cost_center", "environment", "team"]);
    }
}
