//! Sign-in with a password, and sessions.
//!
//! Whoever guesses learns nothing: an unknown address is hashed for, counted and paused like a known one. Passwords are
//! kept as Argon2id hashes, tokens of sessions as their SHA-256; what is stored opens nothing.

use std::fmt;
use std::ops::RangeInclusive;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use chrono::{DateTime, TimeDelta, Utc};
use dayone_domain::people::{LONGEST_TEXT, People, Role};
use dayone_domain::review::{Actor, SignIn};
use dayone_ports::{Digest, Key, Record};
use serde::{Deserialize, Serialize};

use crate::change::Request;
use crate::configuration::ConfigKind;
use crate::failure::{Failure, FailureKind, retried};
use crate::keys;
use crate::stream::{Stream, StreamId};
use crate::tenant::Tenant;

/// How many letters a password has.
pub const PASSWORD_LETTERS: RangeInclusive<usize> = 12..=200;
/// After so many failures in a row an address pauses.
pub const MOST_FAILURES: u32 = 10;
/// How long it pauses.
pub const PAUSE: TimeDelta = TimeDelta::minutes(15);
/// How long a session lasts.
pub const SESSION: TimeDelta = TimeDelta::hours(12);

/// Bytes of a token and of a salt.
const TOKEN_BYTES: usize = 32;
const SALT_BYTES: usize = 16;
/// Hexadecimal digits of the place where failures of unknown addresses are counted: guessing fills no more than 4,096
/// records.
const DECOY_DIGITS: usize = 3;
/// Sessions that a sign-in looks at, to take away those that have expired.
const SWEPT: usize = 20;

/// What one guess costs whoever has stolen the hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory, in KiB.
    pub memory: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes that can be worked on at once.
    pub lanes: u32,
}

impl Default for PasswordCost {
    /// What the OWASP Password Storage Cheat Sheet asks for at least: 19 MiB, 2 passes, 1 lane.
    fn default() -> PasswordCost {
        PasswordCost { memory: Params::DEFAULT_M_COST, passes: Params::DEFAULT_T_COST, lanes: Params::DEFAULT_P_COST }
    }
}

/// What happens to passwords.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum PasswordEvent {
    /// A person has a new password.
    PasswordSet {
        /// Whose.
        mail: String,
    },
}

/// Somebody who is signed in.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// What the browser keeps: 64 hexadecimal digits.
    pub token: String,
    /// The person, with what they may do now.
    pub actor: Actor,
    /// When it ends.
    pub expires: DateTime<Utc>,
    /// What forms carry: 64 hexadecimal digits that only this session gives.
    pub csrf: String,
}

/// Without the secrets.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("actor", &self.actor).field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// The record of an address: of one without a password, only its failures.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Credentials {
    /// The hash in the PHC string format, with its salt and cost.
    hash: Option<String>,
    /// How often a password was set. A session with another has ended.
    version: u64,
    /// Failures in a row.
    failures: u32,
    /// Nobody signs in before.
    paused_until: Option<DateTime<Utc>>,
}

/// The record of a session.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct SessionRecord {
    mail: String,
    /// [`Credentials::version`] at sign-in.
    credentials: u64,
    expires: DateTime<Utc>,
}

impl Tenant {
    /// Sets a person's password and ends their sessions.
    ///
    /// # Errors
    /// Where neither the person nor a controller asks (while there are no people, the founder may); where the password
    /// is not of [`PASSWORD_LETTERS`].
    pub async fn set_password(&self, request: &Request, mail: &str, password: &str) -> Result<(), Failure> {
        self.set_password_with(request, mail, password, PasswordCost::default()).await
    }

    /// [`set_password`](Self::set_password) at another cost: a lower one is for tests alone.
    ///
    /// # Errors
    /// As there; where the cost is none that Argon2 has.
    pub async fn set_password_with(&self, request: &Request, mail: &str, password: &str, cost: PasswordCost) -> Result<(), Failure> {
        let mail = normalised(mail);
        let views = self.config_views().await?;
        let people = self.people(&views).await?;
        check_setter(&request.actor, people.as_ref(), &mail)?;
        if let Some(once) = &request.once
            && self.was_done(&request.actor.person.mail, once).await?
        {
            return Ok(());
        }
        let letters = password.chars().count();
        if !PASSWORD_LETTERS.contains(&letters) {
            let (least, most) = (PASSWORD_LETTERS.start(), PASSWORD_LETTERS.end());
            let message = format!("the password has {letters} letters; choose one of {least} to {most}, a few words do well");
            return Err(Failure::invalid("password", message));
        }
        let hash = self.hash(password, cost)?;
        // Somebody may be trying to sign in at the same time.
        retried!(self.keep_password(request, &mail, &hash, people.is_some()))
    }

    async fn keep_password(&self, request: &Request, mail: &str, hash: &str, has_people: bool) -> Result<(), Failure> {
        let stream: Stream<PasswordEvent> = self.stream(StreamId::configuration("people-passwords")).await?;
        let key = Key::new(keys::credentials(&self.id), mail);
        let known: Option<(Credentials, Record)> = self.view(&key).await?;
        let (before, record) = known.map_or((Credentials::default(), None), |(before, record)| (before, Some(record)));
        let mut changes = self.changes();
        changes.once(request)?;
        if !has_people {
            changes.unchanged(ConfigKind::People.key(&self.id), None);
        }
        let event = changes.recorded(request.actor.by(), PasswordEvent::PasswordSet { mail: mail.to_owned() });
        changes.append(&stream, &[event]);
        let after = Credentials { hash: Some(hash.to_owned()), version: before.version + 1, ..Credentials::default() };
        changes.put(key, record.as_ref(), &after);
        changes.commit().await
    }

    fn hash(&self, password: &str, cost: PasswordCost) -> Result<String, Failure> {
        let not_of_argon2 =
            |error: argon2::Error| Failure::invalid("password-cost", format!("the cost of the password is refused: {error}"));
        let params = Params::new(cost.memory, cost.passes, cost.lanes, None).map_err(not_of_argon2)?;
        let mut salt = [0; SALT_BYTES];
        self.ports.chance.fill(&mut salt);
        let hash: PasswordHash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_with_salt(password.as_bytes(), &salt)
            .map_err(|error| Failure::broken(format!("the password cannot be hashed: {error}")))?;
        Ok(hash.to_string())
    }

    /// Signs somebody in with their password.
    ///
    /// # Errors
    /// `wrong-password`, the same for an unknown address; `sign-in-paused` after [`MOST_FAILURES`] failures in a row.
    pub async fn sign_in(&self, mail: &str, password: &str) -> Result<Session, Failure> {
        let mail = normalised(mail);
        // Counted before it is looked at: guesses at the same time are counted, too.
        let attempt = retried!(self.count_attempt(&mail))?;
        let refused = || attempt.paused_until.map_or_else(wrong, paused);
        if !is_right(password, attempt.hash.as_deref())? {
            return Err(refused());
        }
        let actor = match self.actor(&mail, SignIn::Password).await {
            Err(failure) if failure.kind == FailureKind::Forbidden => return Err(refused()),
            other => other?,
        };
        let mut token = [0; TOKEN_BYTES];
        self.ports.chance.fill(&mut token);
        let token = Digest::from_bytes(token).to_string();
        let expires = retried!(self.begin_session(&mail, attempt.version, &token))?;
        self.sweep(&token).await;
        Ok(Session::of(token, actor, expires))
    }

    async fn count_attempt(&self, mail: &str) -> Result<Credentials, Failure> {
        let (key, mut credentials, record) = self.credentials(mail).await?;
        let mut changes = self.changes();
        if let Some(until) = credentials.paused_until.filter(|until| *until > changes.now()) {
            return Err(paused(until));
        }
        credentials.failures += 1;
        credentials.paused_until = None;
        if credentials.failures >= MOST_FAILURES {
            credentials.failures = 0;
            credentials.paused_until = Some(changes.now() + PAUSE);
        }
        changes.put(key, record.as_ref(), &credentials);
        changes.commit().await?;
        Ok(credentials)
    }

    /// The record of an address, or of all unknown addresses that are counted together with it.
    async fn credentials(&self, mail: &str) -> Result<(Key, Credentials, Option<Record>), Failure> {
        let partition = keys::credentials(&self.id);
        if is_address(mail) {
            let key = Key::new(partition.as_str(), mail);
            if let Some((credentials, record)) = self.view(&key).await? {
                return Ok((key, credentials, Some(record)));
            }
        }
        // No address is like this.
        let key = Key::new(partition, format!("?{}", &Digest::of(mail.as_bytes()).to_string()[..DECOY_DIGITS]));
        let known: Option<(Credentials, Record)> = self.view(&key).await?;
        let (credentials, record) = known.map_or((Credentials::default(), None), |(known, record)| (known, Some(record)));
        Ok((key, credentials, record))
    }

    async fn begin_session(&self, mail: &str, verified: u64, token: &str) -> Result<DateTime<Utc>, Failure> {
        let (key, credentials, record) = self.credentials(mail).await?;
        if credentials.version != verified {
            // Somebody set another password since this one was found right.
            return Err(wrong());
        }
        let mut changes = self.changes();
        let expires = changes.now() + SESSION;
        changes.put(key, record.as_ref(), &Credentials { failures: 0, paused_until: None, ..credentials });
        changes.put(self.session_key(token), None, &SessionRecord { mail: mail.to_owned(), credentials: verified, expires });
        changes.commit().await?;
        Ok(expires)
    }

    /// Takes away some sessions that have expired, beginning at a place that chance has chosen. It matters to nobody
    /// whether this one or the next sign-in does.
    async fn sweep(&self, token: &str) {
        if let Err(failure) = self.try_sweep(token).await {
            tracing::debug!(%failure, "expired sessions stay for the next sign-in");
        }
    }

    async fn try_sweep(&self, token: &str) -> Result<(), Failure> {
        let Key { partition, sort } = self.session_key(token);
        let page = self.ports.store.query(&partition, "", Some(&sort), SWEPT).await?;
        let mut changes = self.changes();
        for record in &page.records {
            let session: SessionRecord = crate::views::parsed(record)?;
            if session.expires <= changes.now() {
                changes.delete(record);
            }
        }
        changes.commit().await
    }

    /// The session of a token. What its person may do is found out anew.
    ///
    /// # Errors
    /// `signed-out`: where there is none, it has expired, the person has another password since, or is not on the list
    /// of people any more.
    pub async fn session(&self, token: &str) -> Result<Session, Failure> {
        let known: Option<(SessionRecord, Record)> = if is_token(token) { self.view(&self.session_key(token)).await? } else { None };
        let Some((session, _)) = known.filter(|(session, _)| session.expires > self.ports.clock.now()) else { return Err(signed_out()) };
        let credentials: Option<(Credentials, Record)> = self.view(&Key::new(keys::credentials(&self.id), &session.mail)).await?;
        if credentials.is_none_or(|(credentials, _)| credentials.version != session.credentials) {
            return Err(signed_out());
        }
        match self.actor(&session.mail, SignIn::Password).await {
            Err(failure) if failure.kind == FailureKind::Forbidden => Err(signed_out()),
            other => Ok(Session::of(token.to_owned(), other?, session.expires)),
        }
    }

    /// Ends a session; one that is not there has ended.
    pub async fn sign_out(&self, token: &str) -> Result<(), Failure> {
        if !is_token(token) {
            return Ok(());
        }
        retried!(async {
            let Some(record) = self.ports.store.get(&self.session_key(token)).await? else { return Ok(()) };
            let mut changes = self.changes();
            changes.delete(&record);
            changes.commit().await
        })
    }

    fn session_key(&self, token: &str) -> Key {
        Key::new(keys::sessions(&self.id), Digest::of(token.as_bytes()).to_string())
    }
}

impl Session {
    fn of(token: String, actor: Actor, expires: DateTime<Utc>) -> Session {
        let csrf = Digest::of(format!("csrf{token}").as_bytes()).to_string();
        Session { token, actor, expires, csrf }
    }
}

/// Whether somebody may set the password of an address. Whoever is on the list counts as the list says.
fn check_setter(actor: &Actor, people: Option<&People>, mail: &str) -> Result<(), Failure> {
    let Some(people) = people else {
        if !actor.has(Role::Controller) {
            return Err(Failure::forbidden("while there are no people, only whoever founds the tenant sets passwords"));
        }
        let message = || format!("`{mail}` is no mail address; write it as the list of people will have it");
        return if is_address(mail) { Ok(()) } else { Err(Failure::invalid("mail", message())) };
    };
    let own = people.get(&actor.person.mail);
    let is_controller = own.is_some_and(|person| person.roles.contains(&Role::Controller));
    let is_self = own.is_some_and(|person| person.mail == mail);
    if !is_controller && !is_self {
        return Err(Failure::forbidden("a password is set by the person or by a controller; ask one"));
    }
    if people.get(mail).is_none() {
        return Err(Failure::not_found(format!("`{mail}` on the list of people; add them with `dayone config put people FILE`")));
    }
    Ok(())
}

/// Whether a password is the one of a hash. Without a hash it takes as long, and is not.
fn is_right(password: &str, hash: Option<&str>) -> Result<bool, Failure> {
    let is_possible = PASSWORD_LETTERS.contains(&password.chars().count());
    let password = if is_possible { password.as_bytes() } else { b"" };
    let is_right = match hash {
        Some(hash) => {
            let hash = PasswordHash::new(hash).map_err(|error| Failure::broken(format!("a password's hash: {error}")))?;
            Argon2::default().verify_password(password, &hash).is_ok()
        }
        None => {
            let mut unused = [0; 32];
            let hashed = Argon2::default().hash_password_into(password, &[0; SALT_BYTES], &mut unused);
            std::hint::black_box((hashed.is_ok(), unused));
            false
        }
    };
    Ok(is_right && is_possible)
}

fn normalised(mail: &str) -> String {
    mail.trim().to_lowercase()
}

/// Whether a text can be an address on the list of people.
fn is_address(mail: &str) -> bool {
    let is_short = mail.chars().count() <= LONGEST_TEXT;
    is_short && mail.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty()) && !mail.contains(char::is_whitespace)
}

/// Whether a text can be a token.
fn is_token(text: &str) -> bool {
    text.parse::<Digest>().is_ok()
}

fn wrong() -> Failure {
    let message = "nobody signs in with this mail address and this password; check both, or let a controller set a new password";
    Failure::new(FailureKind::Forbidden, "wrong-password", message)
}

fn paused(until: DateTime<Utc>) -> Failure {
    let message = format!(
        "after {MOST_FAILURES} failures in a row this mail address pauses for {} minutes; try again at {} UTC",
        PAUSE.num_minutes(),
        until.format("%H:%M:%S")
    );
    Failure::new(FailureKind::Forbidden, "sign-in-paused", message)
}

fn signed_out() -> Failure {
    Failure::new(FailureKind::Forbidden, "signed-out", "you are signed out; sign in again")
}
