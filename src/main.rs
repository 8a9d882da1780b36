//! The `chartwright` program.

fn main() {}
