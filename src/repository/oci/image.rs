//! The digests of images, as registries have them.

use super::registry::Registry;
use super::{CHART_CONFIG, Descriptor, Digest, Reference};
use crate::diagnostic::{Error, ErrorKind};
use crate::images::Reference as Image;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// The most bytes of an image's configuration.
const LARGEST_CONFIG: u64 = 4 << 20;
/// The most platforms of an image.
const MOST_PLATFORMS: usize = 1000;
/// What a platform that is none is called: build tools keep attestations under it.
const UNKNOWN: &str = "unknown";

/// The platforms whose digests are wanted beside that of the reference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Platforms {
    all: bool,
    wanted: Vec<Platform>,
}

impl Platforms {
    /// Reads platforms: `linux/amd64`, `linux/arm/v7`, or `all`.
    ///
    /// # Errors
    /// A text that is no platform.
    pub fn parse(texts: &[String]) -> Result<Platforms, Error> {
        let mut platforms = Platforms::default();
        for text in texts {
            let parts: Vec<&str> = text.split('/').collect();
            match parts.as_slice() {
                ["all"] => platforms.all = true,
                [os, architecture] | [os, architecture, _] if parts.iter().all(|part| !part.is_empty()) => {
                    let variant = parts.get(2).map_or("", |variant| variant).to_owned();
                    let (os, architecture) = ((*os).to_owned(), (*architecture).to_owned());
                    platforms.wanted.push(Platform { os, architecture, variant });
                }
                _ => {
                    let message = format!("expected a platform such as `linux/amd64`, found `{}`", text.escape_debug());
                    return Err(Error::new(ErrorKind::Usage, message).hint("`all` stands for all that an image has"));
                }
            }
        }
        Ok(platforms)
    }

    fn is_empty(&self) -> bool {
        !self.all && self.wanted.is_empty()
    }

    fn wants(&self, has: &Platform) -> bool {
        self.all && has.os != UNKNOWN || self.wanted.iter().any(|wanted| wanted.covers(has))
    }
}

/// What an image is, by its digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageDigests {
    /// The digest of the manifest, or list of manifests, that the reference names.
    pub digest: Digest,
    /// The digests for single platforms, in the order in which the registry has them.
    pub platforms: Vec<(String, Digest)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
struct Platform {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    variant: String,
}

impl Platform {
    fn covers(&self, other: &Platform) -> bool {
        let variant = self.variant.is_empty() || self.variant == other.variant;
        self.os == other.os && self.architecture == other.architecture && variant
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.os, self.architecture)?;
        if self.variant.is_empty() { Ok(()) } else { write!(out, "/{}", self.variant) }
    }
}

#[derive(Deserialize)]
struct Blob {
    #[serde(rename = "mediaType", default)]
    media_type: String,
    #[serde(default)]
    digest: String,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    platform: Option<Platform>,
}

/// An OCI manifest, an index, or what Docker calls them.
#[derive(Deserialize)]
struct Contents {
    config: Option<Blob>,
    manifests: Option<Vec<Blob>>,
}

impl Reference {
    /// Where an image lies by its name: `docker.io` stands for no registry, `latest` for neither tag nor digest.
    ///
    /// # Errors
    /// A name that registries do not take.
    pub fn of_image(image: &Image) -> Result<Reference, Error> {
        let registry = image.registry().filter(|registry| *registry != "index.docker.io").unwrap_or("docker.io");
        let library = registry == "docker.io" && !image.repository().contains('/');
        Reference::of_parts(registry, if library { "library/" } else { "" }, image)
    }

    /// Where an image lies in a registry that stands in for all others, `HOST` or `HOST/PREFIX`: behind the prefix by
    /// its repository as it is written. An image that names this place itself lies where it says.
    ///
    /// # Errors
    /// A registry that is none, a name that registries do not take.
    pub fn of_image_in(image: &Image, registry: &str) -> Result<Reference, Error> {
        let within = image.to_string().strip_prefix(registry).is_some_and(|rest| rest.starts_with('/'));
        match (within, registry.split_once('/')) {
            (true, _) => Reference::of_image(image),
            (false, Some((host, prefix))) => Reference::of_parts(host, &format!("{prefix}/"), image),
            (false, None) => Reference::of_parts(registry, "", image),
        }
    }

    fn of_parts(registry: &str, prefix: &str, image: &Image) -> Result<Reference, Error> {
        let reference = Reference::parse(&format!("{registry}/{prefix}{}", image.repository()))?;
        let Some(text) = image.digest() else {
            return Ok(Reference { tag: Some(image.tag().unwrap_or("latest").to_owned()), ..reference });
        };
        let unknown = || Error::new(ErrorKind::Content, format!("expected a sha256 or sha512 digest, found `{text}`"));
        Ok(reference.with_digest(Digest::parse(text).ok_or_else(unknown)?))
    }
}

impl Registry {
    /// The digests of an image, each of the bytes that the registry sent; `None` where it has no such image.
    ///
    /// # Errors
    /// A registry that refuses, something else than an image, a platform that the image does not have.
    pub fn image(&self, reference: &Reference, platforms: &Platforms) -> Result<Option<ImageDigests>, Error> {
        let Some(raw) = self.raw_manifest(reference)? else { return Ok(None) };
        let wrong = |why: &str| Error::new(ErrorKind::Content, format!("`{reference}` is no image: {why}"));
        let contents: Contents = serde_json::from_slice(&raw.bytes)
            .map_err(|error| wrong(&format!("its manifest cannot be read: {error}")))?;
        let manifests = match (contents.config, contents.manifests) {
            (Some(config), None) if config.media_type == CHART_CONFIG => return Err(wrong("it is a chart")),
            (Some(_), None) if platforms.is_empty() => Vec::new(),
            (Some(config), None) => vec![(self.platform(reference, &config)?, raw.digest.clone())],
            (None, Some(list)) if list.len() > MOST_PLATFORMS => {
                let message = format!("`{reference}` has more than {MOST_PLATFORMS} manifests");
                return Err(Error::new(ErrorKind::Limit, message));
            }
            (None, Some(list)) => {
                let known = list.into_iter().filter_map(|blob| Some((blob.platform?, Digest::parse(&blob.digest)?)));
                known.collect()
            }
            _ => return Err(wrong("expected a manifest with `config`, or a list with `manifests`")),
        };
        check_platforms(reference, platforms, &manifests)?;
        let wanted = manifests.into_iter().filter(|(has, _)| platforms.wants(has));
        let platforms = wanted.map(|(has, digest)| (has.to_string(), digest)).collect();
        Ok(Some(ImageDigests { digest: raw.digest, platforms }))
    }

    /// The platform of an image that is for one alone; only its configuration tells.
    fn platform(&self, reference: &Reference, config: &Blob) -> Result<Platform, Error> {
        let wrong = |why: String| Error::new(ErrorKind::Content, format!("the configuration of `{reference}`: {why}"));
        let digest = Digest::parse(&config.digest).ok_or_else(|| wrong("its digest is none".to_owned()))?;
        if config.size > LARGEST_CONFIG {
            return Err(Error::new(
                ErrorKind::Limit,
                format!("the configuration of `{reference}` has more than {LARGEST_CONFIG} bytes"),
            ));
        }
        let (media_type, size) = (config.media_type.clone(), config.size);
        let bytes = self.blob(reference, &Descriptor { media_type, digest, size, annotations: BTreeMap::new() })?;
        serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))
    }
}

fn check_platforms(reference: &Reference, platforms: &Platforms, has: &[(Platform, Digest)]) -> Result<(), Error> {
    let missing = platforms.wanted.iter().find(|wanted| !has.iter().any(|(has, _)| wanted.covers(has)));
    let Some(missing) = missing else { return Ok(()) };
    let names: Vec<String> = has
        .iter()
        .filter(|(has, _)| has.os != UNKNOWN)
        .map(|(has, _)| has.to_string().escape_debug().to_string())
        .collect();
    let error = Error::new(ErrorKind::Content, format!("`{reference}` is not there for {missing}"));
    Err(error.hint(match names.is_empty() {
        true => "it says of no platform that it is for it".to_owned(),
        false => format!("it is there for {}", names.join(", ")),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_have_places() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let pinned = format!("quay.io/a/b:1@{digest}");
        for (image, registry, wanted) in [
            ("redis", None, "docker.io/library/redis:latest"),
            ("bitnami/redis:7", None, "docker.io/bitnami/redis:7"),
            ("index.docker.io/redis:7", None, "docker.io/library/redis:7"),
            ("localhost:5000/a:1", None, "localhost:5000/a:1"),
            (pinned.as_str(), None, &format!("quay.io/a/b@{digest}")),
            ("quay.io/a/b:1", Some("mirror.example:5000"), "mirror.example:5000/a/b:1"),
            ("quay.io/a/b:1", Some("mirror.example/all/of"), "mirror.example/all/of/a/b:1"),
            ("mirror.example/all/b:1", Some("mirror.example/all"), "mirror.example/all/b:1"),
            ("redis:7", Some("mirror.example"), "mirror.example/redis:7"),
        ] {
            let read = Image::parse(image).expect("an image");
            let place = match registry {
                Some(registry) => Reference::of_image_in(&read, registry),
                None => Reference::of_image(&read),
            };
            assert_eq!(place.expect("a place").to_string(), wanted, "{image} {registry:?}");
        }
    }

    #[test]
    fn platforms_are_read() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let platforms = Platforms::parse(&texts(&["linux/arm64", "linux/arm/v7"])).expect("reads");
        let of = |os: &str, architecture: &str, variant: &str| Platform {
            os: os.into(),
            architecture: architecture.into(),
            variant: variant.into(),
        };
        assert!(platforms.wants(&of("linux", "arm64", "v8")) && platforms.wants(&of("linux", "arm", "v7")));
        assert!(!platforms.wants(&of("linux", "arm", "v6")) && !platforms.wants(&of("linux", "amd64", "")));
        let all = Platforms::parse(&texts(&["all"])).expect("reads");
        assert!(all.wants(&of("linux", "s390x", "")) && !all.wants(&of("unknown", "unknown", "")));
        for text in ["linux", "linux/", "a/b/c/d", ""] {
            assert!(Platforms::parse(&texts(&[text])).is_err(), "{text}");
        }
    }
}
