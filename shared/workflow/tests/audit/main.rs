//! The audit finds whatever is changed behind the use cases' back, and says which; the trail tells what happened.

#[path = "../company/mod.rs"]
mod company;
#[path = "../memory/mod.rs"]
mod memory;

mod anchored_streams;
mod anchors;
mod documents;
mod events;
mod heads;
mod home;
mod ledger;
mod making_anchors;
mod months;
mod tampering;
mod trail;
mod views;
mod whole;
