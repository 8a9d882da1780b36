//! The YAML room against recordings of Go's libraries, another library and hostile texts.

mod agreement;
mod hostile;
mod recorded;
