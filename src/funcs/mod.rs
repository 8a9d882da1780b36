//! The funcs room.
