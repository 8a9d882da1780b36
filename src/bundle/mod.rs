//! The bundle room.
