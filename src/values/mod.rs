//! Values: what users and charts set becomes the one tree that templates see.
//!
//! Enter: the default values of a [`Chart`](crate::chart::Chart) and the user's [`Layer`]s. Leave: the merged tree, the
//! chart without the subcharts that conditions and tags switch off, and Helm's warnings. The reference is Helm's
//! `pkg/cli/values`, `pkg/strvals`, `pkg/chart/common/util` and `pkg/chart/v2/util` of version 4.3.1; where older Helms
//! differ, [`Compat`](crate::chart::Compat) says which rules hold.
//!
//! The order of calls is Helm's: [`merge_layers`], then [`process_dependencies`], then [`coalesce`].

mod coalesce;
pub mod comments;
mod dependencies;
pub mod documentation;
mod layer;
mod lookup;
mod origin;
mod set;
mod tables;

pub use coalesce::coalesce;
pub use dependencies::process_dependencies;
pub use layer::{Layer, ReadFile, merge_layers};
pub use origin::{Effect, KeyPath, Origin, Origins, Setter};
