//! The funcs room.

pub mod encoding;
pub mod paths;
pub mod regex;
pub mod strings;
pub mod urls;
pub mod versions;
