//! A crash anywhere in a decision: asked again, it ends as if nothing had happened.

use dayone_workflow::FailureKind;

use super::disputes::{compute, upheld};
use crate::january;
use crate::support::{Fault, World, invoice, usd};

/// Runs a request against every fault of every call of the store, then again without fault, and looks at the end.
async fn crash_everywhere(start: &World, work: impl AsyncFn(&World) -> Result<(), dayone_workflow::Failure>, check: impl AsyncFn(&World)) {
    let mut faults = 0;
    for fault in Fault::ALL {
        for call in 1.. {
            let world = start.fork();
            world.faults.fail_at(call, fault);
            let _ = work(&world).await;
            if !world.faults.mend() {
                break;
            }
            faults += 1;
            let mut tries = 0;
            while let Err(failure) = work(&world).await {
                assert!(failure.kind == FailureKind::Busy && tries < 3, "{fault:?} at {call}: {failure}");
                tries += 1;
            }
            check(&world).await;
        }
    }
    assert!(faults > 20, "{faults}");
}

#[tokio::test]
async fn an_acceptance_happens_once_with_its_journal() {
    let start = january().await;
    let shop = invoice("2026-01", "shop");
    let request = start.asks_once("shop@nw.example", "yes").await;
    crash_everywhere(
        &start,
        async |world| world.tenant.accept(&request, &shop, 1).await.map(drop),
        async |world| {
            let state = world.page(&shop).await.state;
            assert_eq!((state.acceptances.len(), state.journals.len()), (1, 1));
            assert_eq!(world.outbox(), ["DAY1-000001-01"]);
            assert_eq!(world.journals().await.len(), 1);
        },
    )
    .await;
}

#[tokio::test]
async fn an_upheld_dispute_moves_once_and_takes_one_number() {
    let start = january().await;
    let (shop, idle) = (invoice("2026-01", "shop"), invoice("2026-01", "idle"));
    start.dispute("shop@nw.example", &shop, &compute(), 70_00).await;
    let request = start.asks_once("finops@nw.example", "uphold").await;
    let work = async |world: &World| world.tenant.resolve(&request, &shop, 1, upheld("idle"), None).await.map(drop);
    crash_everywhere(&start, work, async |world| {
        let (from, to) = (world.page(&shop).await, world.page(&idle).await);
        assert_eq!((from.state.revisions.len(), to.state.revisions.len()), (2, 1));
        assert_eq!((from.document.due(), to.document.due()), (usd(830_00), usd(70_00)));
        assert_eq!((to.view.revision.invoice_number, world.next_number().await), (Some(3), 4));
    })
    .await;
}
