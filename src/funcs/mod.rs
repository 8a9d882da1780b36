//! The funcs room.

pub mod numbers;
pub mod encoding;
pub mod paths;
pub mod regex;
pub mod strings;
pub mod urls;
pub mod versions;
