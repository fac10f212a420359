//! Before there are people.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use dayone_domain::people::Role;
use dayone_domain::review::SignIn;
use dayone_ports::{Action, Key, Page, Record, Store, StoreError};
use dayone_workflow::configuration::ConfigKind;
use dayone_workflow::{FailureKind, Tenant, keys};

use crate::company::{PEOPLE, POLICY};
use crate::memory::{MemoryStore, ports};
use crate::{nothing, put, text};

/// Before the next transaction, somebody else puts a record.
pub struct Meddled {
    pub store: Arc<MemoryStore>,
    pub with: Mutex<Option<Key>>,
}

#[async_trait]
impl Store for Meddled {
    async fn get(&self, key: &Key) -> Result<Option<Record>, StoreError> {
        self.store.get(key).await
    }

    async fn query(&self, partition: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        self.store.query(partition, prefix, after, limit).await
    }

    async fn transact(&self, actions: Vec<Action>) -> Result<(), StoreError> {
        let key = self.with.lock().unwrap().take();
        if let Some(key) = key {
            self.store.transact(vec![Action::insert(key, b"9".to_vec())]).await?;
        }
        self.store.transact(actions).await
    }
}

#[tokio::test]
async fn the_founder_puts_every_kind_while_there_are_no_people() {
    let (tenant, _) = nothing();
    let order = [ConfigKind::Tree, ConfigKind::Sources, ConfigKind::Drivers, ConfigKind::Policy, ConfigKind::Calendar, ConfigKind::People];
    for kind in order {
        let founder = tenant.founder("ines").await.unwrap();
        assert!(put(&tenant, founder, kind, text(kind)).await.unwrap().is_new, "{kind}");
    }
    assert!(tenant.settings().await.is_ok());
}

#[tokio::test]
async fn the_founder_is_a_controller_named_after_the_account_who_accepts_nothing() {
    let (tenant, _) = nothing();
    let founder = tenant.founder("Ines/../\u{1b}D").await.unwrap();
    assert_eq!(founder.person.mail, "ines-..--d@localhost");
    assert!(founder.has(Role::Controller) && founder.owns.is_empty());
    assert!(founder.person.accepts_up_to.is_some_and(|limits| limits.is_empty()));
    assert_eq!(founder.signed_in, SignIn::CommandLine { account: "Ines/../\u{1b}D".to_owned() });
    assert!(tenant.founder(&"x".repeat(10_000)).await.unwrap().person.mail.len() < 100);
}

#[tokio::test]
async fn once_there_are_people_nobody_founds() {
    let (tenant, _) = nothing();
    let founder = tenant.founder("ines").await.unwrap();
    put(&tenant, founder.clone(), ConfigKind::People, PEOPLE).await.unwrap();
    let failure = tenant.founder("ines").await.unwrap_err();
    assert_eq!((failure.kind, failure.code), (FailureKind::Refused, "founded"));
    for kind in ConfigKind::ALL {
        let failure = put(&tenant, founder.clone(), kind, text(kind)).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Forbidden, "{kind}: {failure}");
    }
}

#[tokio::test]
async fn what_a_founder_puts_while_people_arrive_is_not_taken() {
    let (mut ports, handles) = ports();
    let id = "northwind".parse().unwrap();
    let people = Key::new(keys::configuration(&id), "people");
    ports.store = Arc::new(Meddled { store: handles.store.clone(), with: Mutex::new(Some(people.clone())) });
    let tenant = Tenant::new(id, ports);
    let founder = tenant.founder("ines").await.unwrap();
    let failure = put(&tenant, founder, ConfigKind::Policy, POLICY).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Busy);
    assert_eq!(handles.store.keys(), [people]);
}
