//! Where Helm keeps its files: the `HELM_*` variables.

use std::path::PathBuf;

/// Helm's files and folders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// `repositories.yaml`: HELM_REPOSITORY_CONFIG.
    pub repository_config: PathBuf,
    /// The folder of cached indexes: HELM_REPOSITORY_CACHE.
    pub repository_cache: PathBuf,
    /// The credentials of registries: HELM_REGISTRY_CONFIG.
    pub registry_config: PathBuf,
    /// The folder of cached archives: HELM_CONTENT_CACHE.
    pub content_cache: PathBuf,
}

impl Settings {
    /// The files that the variables of an environment name: HELM_x itself, or below HELM_x_HOME, XDG_x_HOME or HOME.
    pub fn from_variables(variable: &dyn Fn(&str) -> Option<String>) -> Settings {
        let filled = |name: String| variable(&name).filter(|text| !text.is_empty());
        let folder = |kind: &str, below_home: &str| {
            let own = filled(format!("HELM_{kind}_HOME")).map(PathBuf::from);
            own.unwrap_or_else(|| {
                let above = filled(format!("XDG_{kind}_HOME")).map(PathBuf::from);
                let home = || PathBuf::from(variable("HOME").unwrap_or_default()).join(below_home);
                above.unwrap_or_else(home).join("helm")
            })
        };
        let (config, cache) = (folder("CONFIG", ".config"), folder("CACHE", ".cache"));
        let place = |name: &str, default: PathBuf| variable(name).map_or(default, PathBuf::from);
        Settings {
            repository_config: place("HELM_REPOSITORY_CONFIG", config.join("repositories.yaml")),
            repository_cache: place("HELM_REPOSITORY_CACHE", cache.join("repository")),
            registry_config: place("HELM_REGISTRY_CONFIG", config.join("registry/config.json")),
            content_cache: place("HELM_CONTENT_CACHE", cache.join("content")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_as_helm_does() {
        let found = |pairs: &[(&str, &str)]| {
            let known: Vec<(String, String)> = pairs.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect();
            Settings::from_variables(&|name| known.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()))
        };
        let home = found(&[("HOME", "/h")]);
        assert_eq!(home.repository_config, PathBuf::from("/h/.config/helm/repositories.yaml"));
        assert_eq!(home.content_cache, PathBuf::from("/h/.cache/helm/content"));
        let xdg = found(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/x"), ("HELM_CONFIG_HOME", "/c")]);
        assert_eq!(xdg.repository_cache, PathBuf::from("/x/helm/repository"));
        assert_eq!(xdg.registry_config, PathBuf::from("/c/registry/config.json"));
        let own = found(&[("HOME", "/h"), ("HELM_REGISTRY_CONFIG", "/r")]);
        assert_eq!(own.registry_config, PathBuf::from("/r"));
    }
}
