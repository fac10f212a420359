//! Anchors that are written once.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::{Case, cases};
use crate::Anchors;

pub(super) const CASES: &[Case<dyn Anchors>] = cases![
    before_the_first_anchor_there_is_none,
    an_anchor_comes_back_byte_for_byte,
    an_anchor_is_never_replaced,
    the_last_anchor_is_the_highest_number,
    tenants_have_anchors_of_their_own,
    of_many_anchors_of_one_number_one_wins,
];

async fn keep(anchors: &dyn Anchors, tenant: &str, number: u64, bytes: &[u8]) {
    let kept = anchors.put(tenant, number, bytes).await;
    assert_eq!(kept, Ok(()), "anchor {number} of `{tenant}` must be kept");
}

async fn read(anchors: &dyn Anchors, tenant: &str, number: u64) -> Option<Vec<u8>> {
    anchors.get(tenant, number).await.expect("an anchor can be asked for")
}

async fn last(anchors: &dyn Anchors, tenant: &str) -> Option<u64> {
    anchors.last(tenant).await.expect("the last anchor can be asked for")
}

async fn before_the_first_anchor_there_is_none(anchors: Arc<dyn Anchors>) {
    assert_eq!(last(anchors.as_ref(), "contract-none").await, None);
    assert_eq!(read(anchors.as_ref(), "contract-none", 1).await, None);
}

async fn an_anchor_comes_back_byte_for_byte(anchors: Arc<dyn Anchors>) {
    let anchors = anchors.as_ref();
    let every_byte: Vec<u8> = (0..=255).collect();
    for (number, bytes) in [(0, b"".as_slice()), (1, &every_byte), (u64::MAX, b"{\"heads\": []}\n")] {
        keep(anchors, "contract-bytes", number, bytes).await;
        assert_eq!(read(anchors, "contract-bytes", number).await.as_deref(), Some(bytes));
    }
    assert_eq!(read(anchors, "contract-bytes", 2).await, None);
}

async fn an_anchor_is_never_replaced(anchors: Arc<dyn Anchors>) {
    let anchors = anchors.as_ref();
    keep(anchors, "contract-once", 1, b"first").await;
    keep(anchors, "contract-once", 1, b"first").await;
    for other in [b"other".as_slice(), b"", b"first\n", b"firs"] {
        assert!(anchors.put("contract-once", 1, other).await.is_err(), "other bytes under one number must fail");
        assert_eq!(read(anchors, "contract-once", 1).await.as_deref(), Some(b"first".as_slice()));
    }
}

/// By number, not by the text of the number.
async fn the_last_anchor_is_the_highest_number(anchors: Arc<dyn Anchors>) {
    let anchors = anchors.as_ref();
    for (number, highest) in
        [(2, 2), (10, 10), (9, 10), (9_999_999_999, 9_999_999_999), (10_000_000_000, 10_000_000_000), (11, 10_000_000_000)]
    {
        keep(anchors, "contract-last", number, b"anchor").await;
        assert_eq!(last(anchors, "contract-last").await, Some(highest));
    }
}

async fn tenants_have_anchors_of_their_own(anchors: Arc<dyn Anchors>) {
    let anchors = anchors.as_ref();
    let tenants = ["contract-tenant", "contract-tenant-2", "contract-tenan"];
    for (number, tenant) in (1..).zip(tenants) {
        keep(anchors, tenant, number, tenant.as_bytes()).await;
        keep(anchors, tenant, 7, tenant.as_bytes()).await;
    }
    for (number, tenant) in (1..).zip(tenants) {
        assert_eq!(read(anchors, tenant, 7).await.as_deref(), Some(tenant.as_bytes()));
        assert_eq!(read(anchors, tenant, number % 3 + 1).await, None);
        assert_eq!(last(anchors, tenant).await, Some(7));
    }
}

async fn of_many_anchors_of_one_number_one_wins(anchors: Arc<dyn Anchors>) {
    for number in 1..=10 {
        let mut tasks = JoinSet::new();
        for task in 0..16 {
            let anchors = Arc::clone(&anchors);
            tasks.spawn(async move {
                let bytes = format!("anchor of task {task}").into_bytes();
                anchors.put("contract-race", number, &bytes).await.is_ok().then_some(bytes)
            });
        }
        let winners: Vec<Vec<u8>> = tasks.join_all().await.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1, "one of those that put number {number} wins");
        assert_eq!(read(anchors.as_ref(), "contract-race", number).await.as_ref(), winners.first());
    }
}
