//! The funcs room.

pub mod dates;
pub mod numbers;
