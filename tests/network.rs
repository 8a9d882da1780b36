//! Everything that speaks to a network, against servers of this process.

#[cfg(unix)]
mod carry;
mod chartmuseum;
#[cfg(unix)]
mod commands;
mod http;
mod images;
mod oci;
mod registry;
mod server;
