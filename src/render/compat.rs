//! The Helm whose rules hold, until the chart room brings it.

/// The Helm whose rules hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Compat {
    /// Helm 3.22.0.
    Helm3,
    /// Helm 4.2.3.
    Helm42,
    /// Helm 4.3.1.
    #[default]
    Helm43,
}
