//! Everything that speaks to a network, against servers of this process.

mod chartmuseum;
mod http;
mod oci;
mod registry;
mod server;
