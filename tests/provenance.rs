//! Signatures of charts and of OCI artifacts.

mod cosign;
mod openpgp;
