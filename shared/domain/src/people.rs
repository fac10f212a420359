//! The people of a tenant: who signs in, in which roles, and how much each may accept.
//!
//! Nobody is written down as an owner here: whoever the allocation tree names as owner of a cost group is its owner.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use crate::currency::{Currency, Money};

/// Most people of one tenant.
pub const MOST_PEOPLE: usize = 10_000;
/// Most characters of a mail address or a name.
pub const LONGEST_TEXT: usize = 256;

/// What a person may do beside what owners of cost groups may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Closes sources, promotes cost groups, posts journals, resolves disputes, configures.
    Controller,
    /// Sees all cost groups and resolves disputes.
    Finops,
    /// Sees everything, changes nothing.
    Auditor,
}

impl Role {
    /// All roles, in the order in which they are told.
    pub const ALL: [Role; 3] = [Role::Controller, Role::Finops, Role::Auditor];

    /// The word for it: `controller`.
    pub fn word(self) -> &'static str {
        match self {
            Role::Controller => "controller",
            Role::Finops => "finops",
            Role::Auditor => "auditor",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A text that is no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no role")]
pub struct RoleError(pub String);

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Role, RoleError> {
        Role::ALL.into_iter().find(|role| role.word() == text).ok_or_else(|| RoleError(text.to_owned()))
    }
}

/// Somebody who signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Mail address, lower case once in [`People`].
    pub mail: String,
    /// Name for people.
    pub name: String,
    /// Roles beside owning cost groups.
    pub roles: BTreeSet<Role>,
    /// Largest amount, zero or above, that the person may accept, by currency; `None` is no limit, and a currency
    /// that is not listed is refused.
    pub accepts_up_to: Option<BTreeMap<Currency, Money>>,
}

/// Why somebody may not accept an amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitExceeded {
    /// The amount is above the limit.
    #[error("`{currency} {amount}` is above the {currency} {limit} that {mail} may accept; ask somebody with a higher limit", currency = .amount.currency())]
    Above {
        /// The amount, without its sign.
        amount: Money,
        /// The limit.
        limit: Money,
        /// Whose limit.
        mail: String,
    },
    /// There are limits, and none for the currency.
    #[error("{mail} may accept nothing in `{currency}`; ask somebody who may, or let the controller add a limit for it")]
    OtherCurrency {
        /// The amount's currency.
        currency: Currency,
        /// Whose limits.
        mail: String,
    },
}

impl Person {
    /// Whether the person may accept an amount. A negative one counts without its sign: giving money back is a
    /// decision of the same size.
    ///
    /// # Errors
    /// Above the limit of the amount's currency, or without a limit for it where there are limits for others.
    pub fn may_accept(&self, amount: Money) -> Result<(), LimitExceeded> {
        let Some(limits) = &self.accepts_up_to else { return Ok(()) };
        let currency = amount.currency();
        let Some(limit) = limits.get(&currency) else {
            return Err(LimitExceeded::OtherCurrency { currency, mail: self.mail.clone() });
        };
        let limit_minor = u128::try_from(limit.minor()).unwrap_or_default();
        if limit.currency() == currency && amount.minor().unsigned_abs() <= limit_minor {
            return Ok(());
        }
        let amount = if amount.is_negative() { Money::from_minor(amount.minor().saturating_neg(), currency) } else { amount };
        Err(LimitExceeded::Above { amount, limit: *limit, mail: self.mail.clone() })
    }
}

/// What is wrong with a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PersonError {
    /// No name and host around one `@`, or white space.
    #[error("`{0}` is no mail address; people sign in with it and are told of invoices by mail")]
    NoAddress(String),
    /// Somebody has the address already.
    #[error("`{0}` is stated twice; upper and lower case count as the same")]
    MailTwice(String),
    /// An empty name.
    #[error("`{0}` has no name")]
    NoName(String),
    /// A text above [`LONGEST_TEXT`].
    #[error("this text has {0} characters, more than {LONGEST_TEXT}")]
    TooLong(usize),
    /// A limit below nought.
    #[error("the limit `{0}` is below zero")]
    NegativeLimit(Money),
    /// A limit for a currency that ISO 4217 does not list, or for none.
    #[error("`{0}` is no currency that ISO 4217 lists")]
    UnlistedCurrency(Currency),
    /// A limit that is stated for one currency, in another.
    #[error("the limit for `{currency}` is stated in `{stated}`")]
    MixedCurrencies {
        /// What it is for.
        currency: Currency,
        /// What it is in.
        stated: Currency,
    },
}

impl PersonError {
    /// The value of people.yaml that is meant.
    pub fn key(&self) -> &'static str {
        match self {
            PersonError::NoAddress(_) | PersonError::MailTwice(_) => "mail",
            PersonError::NoName(_) | PersonError::TooLong(_) => "name",
            PersonError::NegativeLimit(_) | PersonError::UnlistedCurrency(_) | PersonError::MixedCurrencies { .. } => "accepts_up_to",
        }
    }

    /// Which part of that value is meant, where one is: the currency of a limit.
    pub fn value(&self) -> Option<String> {
        match self {
            PersonError::NegativeLimit(limit) => Some(limit.currency().to_string()),
            PersonError::UnlistedCurrency(currency) | PersonError::MixedCurrencies { currency, .. } => Some(currency.to_string()),
            _ => None,
        }
    }

    /// What to do about it, without full stop.
    pub fn what_to_do(&self) -> &'static str {
        match self {
            PersonError::NoAddress(_) => "write an address, `ana@example.com`",
            PersonError::MailTwice(_) => "keep one of the two, with the roles of both",
            PersonError::NoName(_) => "write the name that invoices and the trail show",
            PersonError::TooLong(_) => "shorten it; an address or a name is a short text",
            PersonError::NegativeLimit(_) => "write zero or more; a credit counts without its sign",
            PersonError::UnlistedCurrency(_) => "write a code such as `USD`",
            PersonError::MixedCurrencies { .. } => "state each limit in its own currency",
        }
    }
}

/// What is wrong with the people of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeopleError {
    /// One of them.
    #[error("{error}")]
    Person {
        /// Place in the list, from 0.
        place: usize,
        /// What is wrong.
        error: PersonError,
    },
    /// More than [`MOST_PEOPLE`].
    #[error("there are more than {MOST_PEOPLE} people")]
    TooMany,
    /// Nobody could promote, close, post or configure.
    #[error("nobody has the role controller; without one no source is closed, no cost group promoted and no journal posted")]
    NoController,
}

impl PeopleError {
    /// What to do about it, without full stop.
    pub fn what_to_do(&self) -> &'static str {
        match self {
            PeopleError::Person { error, .. } => error.what_to_do(),
            PeopleError::TooMany => "list those who sign in, not the whole company, or split it into several tenants",
            PeopleError::NoController => "add `roles: [controller]` to somebody; two are better, as nobody posts what they alone accepted",
        }
    }
}

/// The people of a tenant, at least one of them a controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct People {
    by_mail: BTreeMap<String, Person>,
}

impl People {
    /// Checks people and turns their addresses to lower case.
    ///
    /// # Errors
    /// All that is wrong, in the order of the list; too many people alone.
    pub fn try_new(people: Vec<Person>) -> Result<People, Vec<PeopleError>> {
        if people.len() > MOST_PEOPLE {
            return Err(vec![PeopleError::TooMany]);
        }
        let mut errors = Vec::new();
        let mut by_mail: BTreeMap<String, Person> = BTreeMap::new();
        for (place, mut person) in people.into_iter().enumerate() {
            person.mail = person.mail.to_lowercase();
            let mut found = person_errors(&person);
            if by_mail.contains_key(&person.mail) {
                found.push(PersonError::MailTwice(person.mail.clone()));
            }
            errors.extend(found.into_iter().map(|error| PeopleError::Person { place, error }));
            by_mail.entry(person.mail.clone()).or_insert(person);
        }
        if !by_mail.values().any(|person| person.roles.contains(&Role::Controller)) {
            errors.push(PeopleError::NoController);
        }
        if errors.is_empty() { Ok(People { by_mail }) } else { Err(errors) }
    }

    /// Whoever has a mail address; upper and lower case are the same.
    pub fn get(&self, mail: &str) -> Option<&Person> {
        self.by_mail.get(&mail.to_lowercase())
    }

    /// All people, by mail address.
    pub fn iter(&self) -> impl Iterator<Item = &Person> {
        self.by_mail.values()
    }
}

fn person_errors(person: &Person) -> Vec<PersonError> {
    let mut errors = Vec::new();
    let is_address = person.mail.split_once('@').is_some_and(|(name, host)| {
        let is_part = |part: &str| !part.is_empty() && !part.contains(|letter: char| letter == '@' || letter.is_whitespace());
        is_part(name) && is_part(host)
    });
    if !is_address {
        errors.push(PersonError::NoAddress(person.mail.clone()));
    }
    if person.name.trim().is_empty() {
        errors.push(PersonError::NoName(person.mail.clone()));
    }
    let lengths = [&person.mail, &person.name].map(|text| text.chars().count());
    errors.extend(lengths.into_iter().filter(|letters| *letters > LONGEST_TEXT).map(PersonError::TooLong));
    for (currency, limit) in person.accepts_up_to.iter().flatten() {
        if *currency == Currency::NONE || !currency.is_listed() {
            errors.push(PersonError::UnlistedCurrency(*currency));
        } else if limit.currency() != *currency {
            errors.push(PersonError::MixedCurrencies { currency: *currency, stated: limit.currency() });
        } else if limit.is_negative() {
            errors.push(PersonError::NegativeLimit(*limit));
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn currency(code: &str) -> Currency {
        Currency::try_new(code).unwrap()
    }

    fn money(minor: i128, code: &str) -> Money {
        Money::from_minor(minor, currency(code))
    }

    fn person(mail: &str) -> Person {
        Person { mail: mail.to_owned(), name: "Ana".to_owned(), roles: BTreeSet::from([Role::Controller]), accepts_up_to: None }
    }

    fn limited(limits: &[(&str, Money)]) -> Person {
        Person { accepts_up_to: Some(limits.iter().map(|(code, limit)| (currency(code), *limit)).collect()), ..person("ana@a.example") }
    }

    fn told(people: Vec<Person>) -> Vec<String> {
        People::try_new(people).unwrap_err().iter().map(|error| error.to_string()).collect()
    }

    #[test]
    fn an_address_is_found_whatever_its_case() {
        let people = People::try_new(vec![person("Ana@A.example"), person("zoe@a.example")]).unwrap();
        assert_eq!(people.get("ANA@a.Example").unwrap().mail, "ana@a.example");
        assert_eq!(people.get("ben@a.example"), None);
        assert_eq!(people.iter().map(|person| person.mail.as_str()).collect::<Vec<_>>(), ["ana@a.example", "zoe@a.example"]);
    }

    #[test]
    fn each_refusal_of_a_person_says_what_is_wrong() {
        let long = "a".repeat(LONGEST_TEXT + 1);
        let other = Currency::try_new("ZZZ").unwrap();
        for (people, reason) in [
            (vec![person("ana")], "`ana` is no mail address"),
            (vec![person("ana@")], "`ana@` is no mail address"),
            (vec![person("an a@a.example")], "is no mail address"),
            (vec![person("ana@b@c.example")], "is no mail address"),
            (vec![person("ana@a.example"), person("Ana@a.example")], "`ana@a.example` is stated twice"),
            (vec![Person { name: " ".to_owned(), ..person("ana@a.example") }], "`ana@a.example` has no name"),
            (vec![Person { name: long.clone(), ..person("ana@a.example") }], "has 257 characters, more than 256"),
            (vec![limited(&[("USD", money(-1, "USD"))])], "the limit `-0.01` is below zero"),
            (vec![limited(&[("USD", money(1, "EUR"))])], "the limit for `USD` is stated in `EUR`"),
            (vec![limited(&[("ZZZ", Money::from_minor(1, other))])], "`ZZZ` is no currency that ISO 4217 lists"),
            (vec![limited(&[("XXX", Money::from_minor(1, Currency::NONE))])], "`XXX` is no currency that ISO 4217 lists"),
            (vec![Person { roles: BTreeSet::from([Role::Finops]), ..person("ana@a.example") }], "nobody has the role controller"),
            (vec![], "nobody has the role controller"),
        ] {
            let errors = told(people);
            assert!(errors.len() == 1 && errors[0].contains(reason), "{reason}: {errors:?}");
        }
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once_with_its_place() {
        let errors = People::try_new(vec![person("ana@a.example"), person("ben"), person("ana@a.example")]).unwrap_err();
        let places: Vec<_> = errors
            .iter()
            .map(|error| match error {
                PeopleError::Person { place, error } => (*place, error.key()),
                other => panic!("{other}"),
            })
            .collect();
        assert_eq!(places, [(1, "mail"), (2, "mail")]);
    }

    #[test]
    fn the_number_of_people_is_limited() {
        let people = |count| (0..count).map(|number| person(&format!("p{number}@a.example"))).collect::<Vec<_>>();
        assert!(People::try_new(people(MOST_PEOPLE)).is_ok());
        assert_eq!(People::try_new(people(MOST_PEOPLE + 1)), Err(vec![PeopleError::TooMany]));
    }

    #[test]
    fn a_role_is_read_by_its_word() {
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        for text in ["owner", "Controller", "", "admin"] {
            assert_eq!(text.parse::<Role>(), Err(RoleError(text.to_owned())));
        }
    }

    #[test]
    fn without_limits_any_amount_may_be_accepted() {
        for amount in [i128::MIN, -1, 0, i128::MAX] {
            assert_eq!(person("ana@a.example").may_accept(money(amount, "JPY")), Ok(()));
        }
    }

    #[test]
    fn a_limit_holds_for_its_currency_and_no_other_is_accepted() {
        let ana = limited(&[("USD", money(2_500_000, "USD"))]);
        for (amount, is_allowed) in
            [(2_500_000, true), (2_500_001, false), (-2_500_000, true), (-2_500_001, false), (0, true), (i128::MIN, false)]
        {
            assert_eq!(ana.may_accept(money(amount, "USD")).is_ok(), is_allowed, "{amount}");
        }
        assert_eq!(
            ana.may_accept(money(-2_500_001, "USD")).unwrap_err().to_string(),
            "`USD 25000.01` is above the USD 25000.00 that ana@a.example may accept; ask somebody with a higher limit"
        );
        assert_eq!(
            ana.may_accept(money(0, "EUR")).unwrap_err().to_string(),
            "ana@a.example may accept nothing in `EUR`; ask somebody who may, or let the controller add a limit for it"
        );
        assert!(limited(&[]).may_accept(money(0, "USD")).is_err(), "an empty list allows nothing");
    }

    proptest! {
        #[test]
        fn what_may_be_accepted_is_exactly_what_is_not_above_the_limit(limit in 0i64..1_000_000, amount in -2_000_000i64..2_000_000) {
            let ana = limited(&[("USD", money(i128::from(limit), "USD"))]);
            prop_assert_eq!(ana.may_accept(money(i128::from(amount), "USD")).is_ok(), amount.abs() <= limit);
        }
    }
}
