//! Heads against the events that they end.

use dayone_ports::{Digest, Key};
use dayone_workflow::audit::Finding;
use dayone_workflow::keys;
use dayone_workflow::stream::Head;

use crate::home::{SHOP, WEB, home, id};

#[tokio::test]
async fn a_head_with_another_version_is_found() {
    for version in [0, 1, 6, 8, 9_000_000_000_000] {
        let home = home().await;
        home.set_head(WEB, &Head { version, ..home.head(WEB) });
        assert_eq!(home.findings().await, [Finding::HeadMismatch { stream: id(WEB), version, newest: 7 }]);
    }
}

#[tokio::test]
async fn a_head_with_another_hash_is_found() {
    let home = home().await;
    home.set_head(WEB, &Head { hash: Digest::of(b"another"), ..home.head(WEB) });
    assert_eq!(home.findings().await, [Finding::HeadMismatch { stream: id(WEB), version: 7, newest: 7 }]);
}

#[tokio::test]
async fn a_head_that_cannot_be_read_is_found() {
    let home = home().await;
    home.set(&home.head_key(WEB), "{}");
    assert_eq!(home.findings().await, [Finding::HeadUnreadable { stream: id(WEB) }]);
}

#[tokio::test]
async fn a_head_that_lies_where_none_belongs_is_found() {
    let home = home().await;
    let shard = (0..keys::HEAD_SHARDS).find(|shard| keys::heads(home.tenant.id(), *shard) != home.head_key(SHOP).partition);
    let stray = Key::new(keys::heads(home.tenant.id(), shard.expect("there are several")), SHOP);
    home.set(&stray, home.raw(&home.head_key(SHOP)));
    assert_eq!(home.findings().await, [Finding::HeadUnreadable { stream: id(SHOP) }]);
}
