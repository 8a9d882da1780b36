//! Two sets of objects compared by object and field.
//!
//! In go the objects of two sides, out come those that only one side has and, for those of both, the fields that
//! differ. Items of lists are matched by the key that tells them apart (`name`, `mountPath`, ...), not by where they
//! stand. Fields that differ between two renders of one side are random: they are masked on both.

mod compare;
mod list;

pub use compare::{Change, Field, Side, compare};
