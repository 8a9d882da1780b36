//! The values room.
