//! The audit finds whatever is changed behind the use cases' back, and says which; the trail tells what happened.

#[path = "../memory/mod.rs"]
mod memory;

mod anchored_streams;
mod anchors;
mod documents;
mod events;
mod heads;
mod home;
mod making_anchors;
mod trail;
mod whole;
