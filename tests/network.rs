//! Everything that speaks to a network, against servers of this process.

mod chartmuseum;
#[cfg(unix)]
mod commands;
mod http;
mod images;
mod oci;
mod registry;
mod server;
