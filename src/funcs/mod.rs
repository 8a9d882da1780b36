//! The funcs room.

pub mod numbers;
