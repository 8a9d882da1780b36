//! TOML as Helm reads and writes it.
