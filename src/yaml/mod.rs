//! The yaml room.
