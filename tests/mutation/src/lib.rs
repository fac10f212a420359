//! Billing files that were damaged at random, and what has to hold of them whatever was done to them.
//!
//! A seed ([`seeds`]) is a small right file of one format in one container. A case is a number: it picks a seed and
//! what is done to it ([`mutation`]), the same for good. What is read of the result ([`check`]) is held against an
//! independent sum of its text ([`naive`]), or against the seed's own where a checksum covers what was changed.
//!
//! | of every file | |
//! |---|---|
//! | no panic, no hang, no memory beyond a limit | it is read in a process of its own, which is watched |
//! | text: the sums are those of its columns | whatever it is packed in |
//! | gzip, zip and Parquet pages with checksums: refused, or the sums of the seed | no change goes unnoticed |
//! | the same charges whether read row by row or summed | or refused both times |

pub mod cases;
pub mod check;
pub mod dice;
pub mod mutation;
pub mod naive;
pub mod pack;
pub mod seeds;
