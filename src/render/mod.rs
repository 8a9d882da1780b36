//! The render room.

pub mod capabilities;
pub mod compat;
pub mod errors;
pub mod files;
pub mod glob;
pub mod hooks;
pub mod manifest;
pub mod names;
pub mod order;
pub mod output;
pub mod release;
