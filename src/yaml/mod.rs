//! The yaml room.

/// Placeholder.
pub(crate) fn to_yaml(_: &crate::value::Value) -> Result<Vec<u8>, crate::diagnostic::Fault> {
    Ok(Vec::new())
}
/// Placeholder.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Head {
    pub api_version: String,
    pub kind: String,
    pub name: String,
    pub annotations: Vec<(String, String)>,
}
impl Head {
    /// Placeholder.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }
}
/// Placeholder.
pub type Error = crate::diagnostic::Fault;
/// Placeholder.
pub fn check(_: &[u8]) -> Result<Head, Error> {
    Ok(Head::default())
}
