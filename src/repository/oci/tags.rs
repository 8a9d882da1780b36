//! Which versions of a chart a registry has.

use super::auth::Actions;
use super::registry::{Ask, Registry};
use super::{Digest, Reference};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::http::{Method, same_origin};
use crate::schema::url::Url;
use crate::version::{Constraint, Version};

/// The most bytes of one page of tags.
const LARGEST_PAGE: u64 = 8 << 20;
/// The most pages.
const MOST_PAGES: usize = 1000;
/// The most tags.
const MOST_TAGS: usize = 1_000_000;

impl Registry {
    /// All tags of a repository, as they are, in the registry's order.
    ///
    /// # Errors
    /// A registry that refuses, pages without end, pages of another host.
    pub fn tags(&self, reference: &Reference) -> Result<Vec<String>, Error> {
        let mut tags: Vec<String> = Vec::new();
        let mut url = self.url(reference, "tags/list");
        for _ in 0..MOST_PAGES {
            let mut ask = Ask::new(Method::Get, url.clone(), Actions::Pull);
            ask.limit = LARGEST_PAGE;
            let answer = self.ask(reference, &ask)?;
            if !answer.is_success() {
                return Err(answer.into_error());
            }
            let page: serde_json::Value = serde_json::from_slice(&answer.body).map_err(|error| {
                Error::new(ErrorKind::Network, format!("the tags of `{reference}` cannot be read: {error}"))
            })?;
            let page = page.get("tags").and_then(|tags| tags.as_array());
            tags.extend(page.into_iter().flatten().filter_map(|tag| Some(tag.as_str()?.to_owned())));
            if tags.len() > MOST_TAGS {
                let message = format!("`{reference}` has more than {MOST_TAGS} tags");
                return Err(Error::new(ErrorKind::Limit, message));
            }
            let Some(next) = answer.headers("Link").find_map(next_page) else { return Ok(tags) };
            url = self.next_url(reference, &url, &next)?;
        }
        Err(Error::new(ErrorKind::Limit, format!("`{reference}` has more than {MOST_PAGES} pages of tags")))
    }

    fn next_url(&self, reference: &Reference, url: &str, next: &str) -> Result<String, Error> {
        let joined = match (Url::parse(url), Url::parse(next)) {
            (Ok(url), Ok(next)) => url.join(&next).without_user().to_string(),
            _ => String::new(),
        };
        if same_origin(url, &joined) {
            return Ok(joined);
        }
        let message = format!("the next page of the tags of `{reference}` is not on its registry");
        Err(Error::new(ErrorKind::Network, message))
    }

    /// The versions among the tags, newest first; `_` is `+` again.
    ///
    /// # Errors
    /// Those of [`Registry::tags`].
    pub fn versions(&self, reference: &Reference) -> Result<Vec<String>, Error> {
        let tags = self.tags(reference)?;
        let read = |tag: &String| Version::parse_strict(tag.replace('_', "+")).ok();
        let mut versions: Vec<Version> = tags.iter().filter_map(read).collect();
        versions.sort_by(|one, other| other.cmp(one));
        Ok(versions.iter().map(Version::to_string).collect())
    }

    /// The reference of the version that fits: an exact one is taken as it is, a constraint asks for the tags.
    ///
    /// # Errors
    /// A tag that is not the version, a digest that is not the tag's, no version that fits. The texts are Helm's.
    pub fn choose(&self, reference: &Reference, version: &str) -> Result<Reference, Error> {
        let tag = reference.tag.clone().unwrap_or_default();
        if !version.is_empty() && !tag.is_empty() && tag != version.replace('+', "_") {
            let message = format!("chart reference and version mismatch: {version} is not {tag}");
            return Err(Error::new(ErrorKind::Usage, message).hint("leave one of them out"));
        }
        let version = if version.is_empty() { tag.replace('_', "+") } else { version.to_owned() };
        if let Some(digest) = &reference.digest {
            return self.pinned(reference, &version, digest);
        }
        if Version::parse(&version).is_ok() {
            return reference.with_version(&version);
        }
        let versions = self.versions(reference)?;
        if versions.is_empty() {
            let message = format!("unable to locate any tags in provided repository: oci://{reference}");
            return Err(Error::new(ErrorKind::Network, message));
        }
        reference.with_version(&fitting(&versions, &version)?)
    }

    /// A reference with a digest; a version beside it has to mean the same.
    fn pinned(&self, reference: &Reference, version: &str, digest: &Digest) -> Result<Reference, Error> {
        if version.is_empty() {
            return Ok(reference.with_digest(digest.clone()));
        }
        let tagged = reference.with_version(version)?;
        // What a digest names needs no tag.
        if let Some(found) = self.manifest(&tagged)?
            && found.digest != *digest
        {
            let message = format!("chart reference digest mismatch: {} is not {digest}", found.digest);
            return Err(Error::new(ErrorKind::Content, message).hint("the tag was moved, or the digest is wrong"));
        }
        Ok(Reference { digest: Some(digest.clone()), ..tagged })
    }
}

/// The first version that is the wanted one, or fits it.
fn fitting(versions: &[String], wanted: &str) -> Result<String, Error> {
    if let Some(same) = versions.iter().find(|version| *version == wanted) {
        return Ok(same.clone());
    }
    let constraint = Constraint::parse(if wanted.is_empty() { "*" } else { wanted });
    let constraint = constraint.map_err(|fault| Error::new(ErrorKind::Usage, fault.message()))?;
    let fits = |version: &&String| Version::parse(version.as_str()).is_ok_and(|version| constraint.check(&version));
    versions.iter().find(fits).cloned().ok_or_else(|| {
        let message = format!("could not locate a version matching provided version string {wanted}");
        let near: Vec<&str> = versions.iter().take(5).map(String::as_str).collect();
        Error::new(ErrorKind::Content, message).hint(format!("versions here: {}", near.join(", ")))
    })
}

/// The target of a `Link` header that leads to the next page.
fn next_page(header: &str) -> Option<String> {
    header.split(',').find_map(|link| {
        let (target, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = rest.split(';').any(|word| matches!(word.trim(), "rel=\"next\"" | "rel=next"));
        is_next.then(|| target.to_owned())
    })
}
