//! The images that a chart can run.
//!
//! In go objects and the chart that wrote them, out comes every image with the places that name it: containers of all
//! sorts, hooks and tests, image volumes, arguments, variables, annotations, and the image fields of custom resources.
//! A [`Matrix`] gives the cases in which other parts of a chart are switched on. References are kept as they are
//! written; nothing is added to them, no digest above all.

mod find;
mod kinds;
mod listing;
mod lock;
mod matrix;
mod origin;
mod reference;

pub use find::{Place, Rule, find, find_among};
pub use kinds::Kinds;
pub use listing::{Listing, Use};
pub use lock::{Drift, ImagesLock, LockedDigest, LockedImage};
pub use matrix::{Case, Matrix};
pub use origin::value_key;
pub use reference::Reference;
