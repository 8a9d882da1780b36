//! The environment room.
