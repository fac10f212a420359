//! Who does something, and how it is known who it is.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::people::{Person, Role};
use crate::plain_text::harmless;

/// How a person proved who they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "with", rename_all = "snake_case")]
pub enum SignIn {
    /// A password of the tenant's list of people.
    Password,
    /// A token of an identity provider.
    Token {
        /// Its issuer.
        issuer: String,
    },
    /// The command line on the machine of the home, under an account of that machine.
    CommandLine {
        /// The account's name.
        account: String,
    },
}

/// Who did something, as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum By {
    /// A person.
    Person {
        /// Their mail address.
        mail: String,
        /// How they signed in.
        signed_in: SignIn,
    },
    /// The command line in nobody's name: a schedule's run, or one by hand.
    Machine {
        /// The account of the machine that it ran under.
        account: String,
    },
    /// The system, following the tenant's policy.
    Policy,
}

impl By {
    /// The mail address of a person.
    pub fn mail(&self) -> Option<&str> {
        match self {
            By::Person { mail, .. } => Some(mail),
            By::Machine { .. } | By::Policy => None,
        }
    }

    /// Who, in a word or two for tables: a mail address, `command line, account NAME`, `policy`.
    pub fn label(&self) -> String {
        match self {
            By::Person { mail, .. } => mail.clone(),
            By::Machine { account } => on_command_line(account),
            By::Policy => "policy".to_owned(),
        }
    }
}

/// An account of the machine as it is told: `command line, account NAME`.
pub fn on_command_line(account: &str) -> String {
    format!("command line, account {}", harmless(account))
}

/// An event with who, when and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded<E> {
    /// Who.
    pub by: By,
    /// When.
    pub at: DateTime<Utc>,
    /// Why, in the words of whoever did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// From which input: the digest of a document, the reference of another record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// What.
    pub event: E,
}

/// A person who is signed in, with what they may do. Made anew for each request, from the tenant's people and tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub person: Person,
    /// The cost groups whose owner they are, and all below these.
    pub owns: BTreeSet<String>,
    /// How it is known.
    pub signed_in: SignIn,
}

impl Actor {
    /// The record of this person.
    pub fn by(&self) -> By {
        By::Person { mail: self.person.mail.clone(), signed_in: self.signed_in.clone() }
    }

    /// Whether the person has a role.
    pub fn has(&self, role: Role) -> bool {
        self.person.roles.contains(&role)
    }

    /// Whether the person answers for a cost group.
    pub fn owns(&self, group: &str) -> bool {
        self.owns.contains(group)
    }

    /// Whether the person sees all cost groups.
    pub fn sees_all(&self) -> bool {
        !self.person.roles.is_empty()
    }

    /// Whether the person sees a cost group.
    pub fn sees(&self, group: &str) -> bool {
        self.sees_all() || self.owns(group)
    }
}
