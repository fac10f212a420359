//! What every page has around it.

use dayone_domain::people::Role;
use dayone_domain::review::Actor;

use super::problem::Problem;
use super::refused::Refused;

/// The frame of a page.
pub struct Frame {
    pub title: String,
    pub company: String,
    /// `Cloud invoice · August 2026`.
    pub what: String,
    /// Class and text.
    pub badges: Vec<(String, String)>,
    /// Who is signed in; `None` where nobody is.
    pub person: Option<String>,
    pub links: Vec<NavLink>,
    pub csrf: String,
    /// What idempotency keys of the page's forms begin with, new for each rendering.
    pub key: String,
    pub done: Option<String>,
    pub problem: Option<Problem>,
    /// The form of the page that the problem is of; `None` where the page has it no more.
    pub refused: Option<Refused>,
    pub note: &'static str,
}

impl Frame {
    /// What was wrong, at the form that was refused.
    pub fn problem_of(&self, form: &str) -> Option<&Problem> {
        self.refused.as_ref().filter(|refused| refused.form == form).and(self.problem.as_ref())
    }

    /// Whether it is this field, by `id`, that has to be mended.
    pub fn is_wrong(&self, id: &str) -> bool {
        self.problem.is_some() && self.refused.as_ref().is_some_and(|refused| refused.field.as_deref() == Some(id))
    }

    /// Where the message at the top leads to: the field, else the form.
    pub fn to_mend(&self) -> Option<(&str, &'static str)> {
        let refused = self.refused.as_ref()?;
        Some(refused.field.as_deref().map_or(("refused", "To the form"), |field| (field, "To the field")))
    }
}

/// A link of the site's navigation.
pub struct NavLink {
    pub href: &'static str,
    pub label: &'static str,
    pub is_current: bool,
}

/// A part of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Invoices,
    Groups,
    Journals,
    TieOut,
    Trail,
    Configuration,
}

impl Place {
    fn link(self, actor: &Actor) -> (&'static str, &'static str) {
        match self {
            Place::Invoices if actor.sees_all() => ("/", "Month"),
            Place::Invoices => ("/", "Invoices"),
            Place::Groups => ("/groups", "Cost groups"),
            Place::Journals => ("/journals", "Journals"),
            Place::TieOut => ("/tie-out", "Tie-out"),
            Place::Trail => ("/trail", "Trail"),
            Place::Configuration => ("/configuration", "Configuration"),
        }
    }
}

/// The navigation of a person.
pub fn links(actor: &Actor, current: Option<Place>) -> Vec<NavLink> {
    let for_all = [Place::Invoices, Place::Groups, Place::Journals];
    let for_roles = [Place::TieOut, Place::Trail, Place::Configuration];
    let places = for_all.into_iter().chain(for_roles.into_iter().filter(|_| actor.sees_all()));
    let link = |place: Place| {
        let (href, label) = place.link(actor);
        NavLink { href, label, is_current: current == Some(place) }
    };
    places.map(link).collect()
}

/// Whether the person may decide what owners do not.
pub fn looks_after(actor: &Actor) -> bool {
    actor.has(Role::Controller) || actor.has(Role::Finops)
}
