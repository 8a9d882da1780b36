//! Masterminds' versions and constraints.
