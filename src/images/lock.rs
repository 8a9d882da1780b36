//! `Images.lock`: what each image of a chart was when a registry was asked.
//!
//! The format is that of the distribution tooling for Helm (`apiVersion: v0`, `kind: ImagesLock`). A digest without
//! `arch` is that of the manifest, or of the list of manifests, that the reference names; those of single platforms
//! come after it. No digest is in it that a reference or a registry did not say.

use super::listing::quoted;
use super::{Listing, Reference};
use crate::diagnostic::{Error, ErrorKind};
use crate::value::{Map, Value};
use crate::yaml;
use std::collections::BTreeMap;
use std::fmt;

/// The most bytes of a lock.
const LARGEST: usize = 16 << 20;

/// A digest of an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LockedDigest {
    /// The digest: `sha256:...`.
    pub digest: String,
    /// The platform that it is for, `linux/amd64`; none for what the reference names.
    pub platform: Option<String>,
}

/// An image in a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedImage {
    /// The image as the chart writes it.
    pub image: Reference,
    /// The chart that uses it first.
    pub chart: String,
    /// Its digests; none where nobody was asked.
    pub digests: Vec<LockedDigest>,
}

/// An `Images.lock`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImagesLock {
    /// When it was made, in RFC 3339.
    pub generated_at: String,
    /// The chart's name.
    pub name: String,
    /// The chart's version.
    pub version: String,
    /// The version of what the chart installs.
    pub app_version: String,
    /// The images in byte order of their references.
    pub images: Vec<LockedImage>,
}

/// In what a lock does not fit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Drift {
    /// The chart has an image that is not in the lock.
    Missing(Reference),
    /// The lock has an image that the chart does not have.
    Unused(Reference),
    /// The lock has no digest of an image.
    Unlocked(Reference),
    /// The reference names another digest than the lock.
    OtherDigest(Reference),
    /// The registry has something else under the reference than was locked.
    Moved {
        /// The image.
        image: Reference,
        /// The platform; none for what the reference names.
        platform: Option<String>,
        /// The digest in the lock; empty where it has none for the platform.
        locked: String,
        /// The digest in the registry.
        found: String,
    },
}

impl ImagesLock {
    /// Reads a lock.
    ///
    /// # Errors
    /// A text that is no lock, with what was expected.
    pub fn parse(text: &[u8]) -> Result<ImagesLock, Error> {
        let wrong = |why: String| Error::new(ErrorKind::Content, format!("no lock of images: {why}"));
        if text.len() > LARGEST {
            return Err(Error::new(ErrorKind::Limit, format!("a lock of images has more than {LARGEST} bytes")));
        }
        let root = yaml::from_yaml_map(text).map_err(|error| wrong(error.to_string()))?;
        if field(&root, "kind") != "ImagesLock" {
            return Err(wrong("expected `kind` `ImagesLock`".to_owned()));
        }
        let table = |key: &str| root.get(key).and_then(|value| value.as_map().cloned()).unwrap_or_default();
        let (metadata, chart) = (table("metadata"), table("chart"));
        let images = items(root.get("images"));
        let images = images.iter().map(|value| read_image(value).map_err(wrong));
        Ok(ImagesLock {
            generated_at: field(&metadata, "generatedAt"),
            name: field(&chart, "name"),
            version: field(&chart, "version"),
            app_version: field(&chart, "appVersion"),
            images: images.collect::<Result<_, _>>()?,
        })
    }

    /// The image of a reference.
    pub fn image(&self, image: &Reference) -> Option<&LockedImage> {
        self.images.iter().find(|locked| locked.image == *image)
    }

    /// Whether another lock says the same, whenever it was made.
    pub fn says_the_same(&self, other: &ImagesLock) -> bool {
        let when = |lock: &ImagesLock| ImagesLock { generated_at: String::new(), ..lock.clone() };
        when(self) == when(other)
    }

    /// What a chart's images differ in from those of the lock. Nobody is asked: only the lists are compared.
    pub fn drift(&self, listing: &Listing) -> Vec<Drift> {
        let known: BTreeMap<&Reference, &LockedImage> =
            self.images.iter().map(|locked| (&locked.image, locked)).collect();
        let mut found: Vec<Drift> = listing
            .images()
            .filter_map(|image| match known.get(image) {
                None => Some(Drift::Missing(image.clone())),
                Some(locked) if locked.digests.is_empty() => Some(Drift::Unlocked(image.clone())),
                Some(locked) => {
                    let fits = |digest| locked.digests.iter().any(|known| known.digest == digest);
                    image.digest().is_some_and(|own| !fits(own)).then(|| Drift::OtherDigest(image.clone()))
                }
            })
            .collect();
        let unused = self.images.iter().filter(|locked| listing.uses(&locked.image).next().is_none());
        found.extend(unused.map(|locked| Drift::Unused(locked.image.clone())));
        found.sort();
        found
    }

    /// Where a lock that was made now has other digests for images that are in both.
    pub fn moved(&self, now: &ImagesLock) -> Vec<Drift> {
        let mut found = Vec::new();
        for (locked, now) in now.images.iter().filter_map(|now| Some((self.image(&now.image)?, now))) {
            for fresh in now.digests.iter().filter(|fresh| !locked.digests.contains(fresh)) {
                let same = locked.digests.iter().find(|known| known.platform == fresh.platform);
                found.push(Drift::Moved {
                    image: locked.image.clone(),
                    platform: fresh.platform.clone(),
                    locked: same.map_or_else(String::new, |known| known.digest.clone()),
                    found: fresh.digest.clone(),
                });
            }
        }
        // What was never locked is no tag that moved.
        found.retain(|drift| !matches!(drift, Drift::Moved { image, .. } if self.is_open(image)));
        found
    }

    fn is_open(&self, image: &Reference) -> bool {
        self.image(image).is_none_or(|locked| locked.digests.is_empty())
    }
}

/// The text of the file.
impl fmt::Display for ImagesLock {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "apiVersion: v0\nkind: ImagesLock\nmetadata:")?;
        writeln!(out, "  generatedAt: {}\n  generatedBy: chartwright", quoted(&self.generated_at))?;
        writeln!(out, "chart:\n  name: {}\n  version: {}", quoted(&self.name), quoted(&self.version))?;
        writeln!(out, "  appVersion: {}", quoted(&self.app_version))?;
        out.write_str(if self.images.is_empty() { "images: []\n" } else { "images:\n" })?;
        for locked in &self.images {
            writeln!(out, "  - name: {}", quoted(locked.image.name()))?;
            writeln!(out, "    image: {}\n    chart: {}", quoted(&locked.image.to_string()), quoted(&locked.chart))?;
            out.write_str(if locked.digests.is_empty() { "    digests: []\n" } else { "    digests:\n" })?;
            for known in &locked.digests {
                writeln!(out, "      - digest: {}", quoted(&known.digest))?;
                if let Some(platform) = &known.platform {
                    writeln!(out, "        arch: {}", quoted(platform))?;
                }
            }
        }
        Ok(())
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Drift::Missing(image) => write!(out, "`{image}` is not in the lock"),
            Drift::Unused(image) => write!(out, "`{image}` is in the lock, and the chart does not run it"),
            Drift::Unlocked(image) => write!(out, "`{image}` has no digest in the lock"),
            Drift::OtherDigest(image) => write!(out, "`{image}` has another digest in the lock"),
            Drift::Moved { image, platform, locked, found } => {
                let platform = platform.as_ref().map(|platform| format!(" for {platform}")).unwrap_or_default();
                match locked.as_str() {
                    "" => write!(out, "`{image}` has no digest{platform} in the lock, and {found} in the registry"),
                    _ => write!(out, "`{image}` moved{platform}: expected {locked}, found {found}"),
                }
            }
        }
    }
}

fn read_image(value: &Value) -> Result<LockedImage, String> {
    let Some(entry) = value.as_map() else { return Err("expected a mapping for each image".to_owned()) };
    let text = field(entry, "image");
    let image = Reference::parse(&text).ok_or_else(|| format!("`{}` is no image", text.escape_debug()))?;
    let digests = items(entry.get("digests")).iter().map(read_digest).collect::<Result<_, _>>()?;
    Ok(LockedImage { image, chart: field(entry, "chart"), digests })
}

fn read_digest(value: &Value) -> Result<LockedDigest, String> {
    let Some(entry) = value.as_map() else { return Err("expected a mapping for each digest".to_owned()) };
    let digest = field(entry, "digest");
    if Reference::parse(&format!("a@{digest}")).is_none() {
        return Err(format!("`{}` is no digest", digest.escape_debug()));
    }
    Ok(LockedDigest { digest, platform: Some(field(entry, "arch")).filter(|arch| !arch.is_empty()) })
}

fn field(map: &Map, key: &str) -> String {
    map.get(key).and_then(|value| Some(value.as_str()?.to_str_lossy().into_owned())).unwrap_or_default()
}

fn items(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::List(list)) => list.items().to_vec(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::{Rule, Use};

    fn reference(text: &str) -> Reference {
        Reference::parse(text).expect("a reference")
    }

    fn digest(letter: &str) -> String {
        format!("sha256:{}", letter.repeat(64))
    }

    /// An image with its digests and their platforms.
    type Known<'a> = (&'a str, &'a [(&'a str, Option<&'a str>)]);

    fn lock(images: &[Known<'_>]) -> ImagesLock {
        let images = images.iter().map(|(image, digests)| LockedImage {
            image: reference(image),
            chart: "c".to_owned(),
            digests: digests
                .iter()
                .map(|(letter, platform)| LockedDigest {
                    digest: digest(letter),
                    platform: platform.map(str::to_owned),
                })
                .collect(),
        });
        ImagesLock { name: "c".to_owned(), version: "1".to_owned(), images: images.collect(), ..ImagesLock::default() }
    }

    #[test]
    fn a_lock_is_read_as_it_is_written() {
        let one = lock(&[("a/b:1", &[("a", None), ("b", Some("linux/amd64"))]), ("c", &[])]);
        assert_eq!(ImagesLock::parse(one.to_string().as_bytes()).expect("reads"), one);
        for (text, wanted) in [
            ("kind: List", "no lock of images: expected `kind` `ImagesLock`"),
            ("kind: ImagesLock\nimages: [{image: A}]", "no lock of images: `A` is no image"),
            ("kind: ImagesLock\nimages: [1]", "no lock of images: expected a mapping for each image"),
            (
                "kind: ImagesLock\nimages: [{image: a, digests: [{digest: 'sha256:1'}]}]",
                "no lock of images: `sha256:1` is no digest",
            ),
        ] {
            assert_eq!(ImagesLock::parse(text.as_bytes()).expect_err("is none").message(), wanted);
        }
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let pinned = format!("p@{}", digest("d"));
        let one = lock(&[("a:1", &[("a", None)]), ("b:1", &[]), ("gone:1", &[("c", None)]), (&pinned, &[("e", None)])]);
        let mut listing = Listing::default();
        for image in ["a:1", "b:1", "new:1", &pinned] {
            let place = Use {
                chart: "c".into(),
                template: "c/templates/a.yaml".into(),
                line: None,
                resource: "Pod a".into(),
                path: "image".into(),
                kind: "container",
                rule: Rule::Type,
                hook: String::new(),
                key: None,
            };
            listing.add(reference(image), place, "as given");
        }
        let told: Vec<String> = one.drift(&listing).iter().map(Drift::to_string).collect();
        let wanted = [
            "`new:1` is not in the lock".to_owned(),
            "`gone:1` is in the lock, and the chart does not run it".to_owned(),
            "`b:1` has no digest in the lock".to_owned(),
            format!("`{pinned}` has another digest in the lock"),
        ];
        assert_eq!(told, wanted);
        let now = lock(&[("a:1", &[("b", None), ("c", Some("linux/arm64"))]), ("b:1", &[("a", None)])]);
        let told: Vec<String> = one.moved(&now).iter().map(Drift::to_string).collect();
        let wanted = [
            format!("`a:1` moved: expected {}, found {}", digest("a"), digest("b")),
            format!("`a:1` has no digest for linux/arm64 in the lock, and {} in the registry", digest("c")),
        ];
        assert_eq!(told, wanted);
    }
}
