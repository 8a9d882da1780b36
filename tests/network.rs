//! Everything that speaks to a network, against servers of this process.

mod http;
mod oci;
mod registry;
mod server;
