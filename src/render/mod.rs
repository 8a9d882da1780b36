//! The render room.

pub mod capabilities;
pub mod compat;
pub mod files;
pub mod glob;
pub mod names;
pub mod release;
