//! Any order, duplicates, two workers, and a plug that is pulled: the same end.

use std::collections::BTreeMap;

use dayone_domain::review::By;
use dayone_workflow::deliveries::{Registered, Work};
use dayone_workflow::{Failure, FailureKind};

use crate::Place;
use crate::memory::SeededChance;

/// Three refreshes of one export in folders of their own, another export, and files without manifest.
fn land(place: &Place) -> Vec<String> {
    let mut keys = Vec::new();
    for refresh in 1..=3 {
        let files: Vec<String> = (1..=4).map(|file| format!("aws/cur/named/{refresh}/{file}")).collect();
        for (number, file) in (1..).zip(&files) {
            place.bucket.put(file, "2026-01-03T00:00:00Z", &format!("2026-01 shop {refresh}.{number}\n2026-01 search 0.{refresh}"));
        }
        let key = format!("aws/cur/{refresh}.manifest");
        place.bucket.put(&key, &format!("2026-01-0{refresh}T12:00:00Z"), &format!("cur 2026-01\n{}", files.join("\n")));
        keys.extend(files);
        keys.push(key);
    }
    for (key, made, text) in [
        ("azure/a", "2026-01-03T00:00:00Z", "2026-01 shop 7\n2026-02 shop 1"),
        ("azure/b", "2026-01-04T00:00:00Z", "2026-01 search 8"),
        ("azure/c", "2026-01-02T00:00:00Z", "2026-02 search 9"),
    ] {
        place.bucket.put(key, made, text);
        keys.push(key.to_owned());
    }
    keys
}

/// Everything that counts, but for what depends on when it became known.
async fn end(place: &Place) -> BTreeMap<String, String> {
    let mut end = BTreeMap::new();
    for (of, view) in place.counts().await {
        let newest = &view.newest;
        end.insert(of, format!("{} {} {} {} {}", newest.id, newest.modified, newest.cube, newest.control, newest.files));
    }
    end
}

/// A step that is to be taken.
enum Step {
    Register(String),
    Parse(Work),
    Complete(Work),
}

/// Takes steps in an order of chance, each perhaps twice, until none is left.
async fn shuffled(place: &Place, keys: &[String], chance: &SeededChance) -> Result<(), Failure> {
    let tenant = &place.company.tenant;
    let mut steps: Vec<Step> = keys.iter().chain(keys).map(|key| Step::Register(key.clone())).collect();
    while !steps.is_empty() {
        match steps.swap_remove(chance.below(steps.len())) {
            Step::Register(key) => {
                if let Registered::Awaited { work, .. } = tenant.register(&place.arriving(), None, &key).await? {
                    for work in work {
                        steps.extend((0..=chance.below(2)).map(|_| Step::Parse(work.clone())));
                    }
                }
            }
            Step::Parse(work) => {
                tenant.parse(&place.arriving(), &work).await?;
                steps.extend((0..=chance.below(2)).map(|_| Step::Complete(work.clone())));
            }
            Step::Complete(work) => {
                tenant.complete_after(&By::Policy, &work).await?;
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn redelivery_duplicates_and_any_order_end_in_the_same_bytes_of_cube() {
    let straight = Place::new().await;
    for key in land(&straight) {
        straight.lands(&key).await.unwrap();
    }
    let expected = end(&straight).await;
    assert_eq!(expected.len(), 3);
    for seed in 0..15 {
        let place = Place::new().await;
        let keys = land(&place);
        shuffled(&place, &keys, &SeededChance::seeded(seed)).await.unwrap();
        assert_eq!(end(&place).await, expected, "seed {seed}");
        assert_eq!(place.awaited().await, [], "seed {seed}");
    }
}

/// A process that dies leaves its message, which comes again.
#[tokio::test]
async fn cut_off_at_any_call_and_told_again_the_end_is_the_same() {
    let straight = Place::new().await;
    for key in land(&straight) {
        straight.lands(&key).await.unwrap();
    }
    let expected = end(&straight).await;
    let mut cut = 0;
    // Every fourth: a call is a round of building a whole company.
    for call in (1..).step_by(4) {
        let place = Place::new().await;
        let keys = land(&place);
        place.company.cord.cut_at(call);
        for key in &keys {
            match place.lands(key).await {
                Err(failure) => assert_eq!(failure.kind, FailureKind::Unavailable, "{failure}"),
                Ok(_) => continue,
            }
            break;
        }
        if !place.company.cord.mend() {
            break;
        }
        cut += 1;
        for key in &keys {
            place.lands(key).await.unwrap();
        }
        // The last file of a delivery may have been noted, and nobody have asked for its completion since.
        for key in keys.iter().filter(|key| key.ends_with(".manifest")) {
            if let Registered::Awaited { announcement: Some(id), .. } = place.register(key).await {
                place.company.tenant.complete_delivery(&By::Policy, id).await.unwrap();
            }
        }
        assert_eq!(end(&place).await, expected, "cut at call {call}");
        assert_eq!(place.awaited().await, [], "cut at call {call}");
    }
    assert!(cut > 60, "{cut} cuts");
}
