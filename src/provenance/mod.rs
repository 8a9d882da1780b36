//! Who made a chart: signatures are written and checked here, and every check fails closed.
//!
//! [`cosign`] signs the manifest of an OCI artifact with a local key, in the format of sigstore's cosign. No network is
//! used; whoever pushes or pulls brings the bytes.

pub mod cosign;
mod secretbox;
