//! The YAML room against recordings of Go's libraries.

mod recorded;
