//! What the bench is made of: billing files of any size from a seed, with their exact totals.
//!
//! A [`company`] has accounts, teams and resources; [`charge`] draws charges of them; a format ([`focus`]) gives them
//! columns; [`parquet_file`] writes those, and [`control`] sums what was written.

pub mod charge;
pub mod check;
pub mod columns;
pub mod company;
pub mod contender;
pub mod control;
pub mod cur;
pub mod data;
pub mod decimal;
pub mod decode;
pub mod focus;
pub mod job;
pub mod legacy;
pub mod measure;
pub mod parquet_file;
pub mod random;
pub mod ratios;
pub mod rules;
pub mod tables;
