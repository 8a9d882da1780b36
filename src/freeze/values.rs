//! Image tags, branches and git references inside of values and templates.

use super::references::{moving_reference, moving_tag};
use crate::diagnostic::Diagnostic;
use crate::source::{SourceId, Span};
use crate::yaml::{Node, NodeKind};

/// The rule of an image whose tag can move.
const IMAGE: &str = "mutable-image-tag";
/// The rule of a git reference that can move.
const REFERENCE: &str = "mutable-git-reference";

/// Something that can mean another thing tomorrow.
#[derive(Clone, Debug)]
pub(super) struct Moving {
    /// Its keys; empty in a template.
    pub(super) path: Vec<String>,
    /// The moving name.
    pub(super) text: String,
    /// Whether it is the `tag` of an image, alone.
    pub(super) is_tag: bool,
    rule: &'static str,
    message: String,
    span: Span,
}

impl Moving {
    pub(super) fn into_diagnostic(self) -> Diagnostic {
        let hint = match self.rule {
            IMAGE => "pin a version of three numbers, or a digest",
            _ => "name a tag of three numbers, or a commit",
        };
        Diagnostic { rule: Some(self.rule), ..Diagnostic::error(self.message) }.at(self.span).hint(hint)
    }
}

/// What a chart above sets for a subchart.
#[derive(Clone, Debug)]
pub(super) struct Overrides<'a>(Option<&'a Node>);

impl<'a> Overrides<'a> {
    pub(super) fn none() -> Overrides<'a> {
        Overrides(None)
    }

    pub(super) fn of(values: Option<&'a Node>, key: &str) -> Overrides<'a> {
        Overrides(values.and_then(|values| values.get(key)))
    }

    pub(super) fn below(&self, key: &str) -> Overrides<'a> {
        Overrides::of(self.0, key)
    }

    /// Whether the value at a path is set above, so that the default says nothing.
    fn sets(&self, path: &[String]) -> bool {
        self.0.and_then(|node| node.at(path)).is_some()
    }
}

/// A look through one text.
pub(super) struct Scan<'a> {
    text: &'a [u8],
    found: Vec<Moving>,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a [u8]) -> Scan<'a> {
        Scan { text, found: Vec::new() }
    }

    /// Everything that moves in a tree of values, in the order of the text.
    pub(super) fn values(mut self, root: &Node, overrides: &Overrides<'_>) -> Vec<Moving> {
        let mut open = vec![(Vec::new(), root)];
        while let Some((path, node)) = open.pop() {
            let below = |key: String| path.iter().cloned().chain([key]).collect::<Vec<String>>();
            match node.kind() {
                NodeKind::Map(entries) => {
                    for entry in entries {
                        let key = String::from_utf8_lossy(&entry.key.key_text().unwrap_or_default()).into_owned();
                        let path = below(key.clone());
                        self.entry(node, &key, &path, &entry.value);
                        open.push((path, &entry.value));
                    }
                }
                NodeKind::Seq(items) => {
                    open.extend(items.iter().enumerate().map(|(at, item)| (below(at.to_string()), item)));
                }
                NodeKind::Str(_) => self.addresses(&path, node),
                _ => {}
            }
        }
        let mut found = self.found;
        found.retain(|one| !overrides.sets(&one.path));
        found.sort_by_key(|one| one.span);
        found.dedup_by_key(|one| one.span);
        found
    }

    fn entry(&mut self, map: &Node, key: &str, path: &[String], value: &Node) {
        let Some(text) = self.scalar(value) else { return };
        if text.is_empty() || text.contains("{{") {
            return;
        }
        if is_tag(map, key) {
            if let Some(why) = moving_tag(&text) {
                self.add(IMAGE, path, value.span(), (text.clone(), true), format!("image tag `{text}`: {why}"));
            }
        } else if is_image(map, key, &text) {
            self.image(path, value.span(), &text);
        } else if is_reference(map, key)
            && let Some(why) = moving_reference(&text)
        {
            let message = format!("git reference `{text}` of `{}`: {why}", path.join("."));
            self.add(REFERENCE, path, value.span(), (text, false), message);
        }
    }

    /// A scalar as it is written: the tag 1.20 is no number.
    fn scalar(&self, node: &Node) -> Option<String> {
        match node.kind() {
            NodeKind::Int(_) | NodeKind::Float(_) | NodeKind::Uint(_) => {
                let span = node.span();
                let raw = self.text.get(span.start as usize..span.end as usize)?;
                Some(String::from_utf8_lossy(raw).into_owned())
            }
            NodeKind::Str(text) => Some(String::from_utf8_lossy(text).into_owned()),
            _ => None,
        }
    }

    fn image(&mut self, path: &[String], span: Span, image: &str) {
        let Some(why) = moving_image(image) else { return };
        self.add(IMAGE, path, span, (image.to_owned(), false), format!("image `{image}`: {why}"));
    }

    /// Branches inside of addresses: `git://develop//https://...`, raw files, archives and trees of GitHub, `?ref=`.
    fn addresses(&mut self, path: &[String], node: &Node) {
        let NodeKind::Str(text) = node.kind() else { return };
        let text = String::from_utf8_lossy(text);
        for word in text.split([' ', '\n', '\t', '"', '\'', ',']).filter(|word| word.contains("://")) {
            let Some(reference) = reference_in(word) else { continue };
            if reference.contains(['{', '$', '<']) {
                continue;
            }
            if let Some(why) = moving_reference(&reference) {
                let message = format!("git reference `{reference}` in `{}`: {why}", path.join("."));
                self.add(REFERENCE, path, node.span(), (reference, false), message);
            }
        }
    }

    fn add(
        &mut self,
        rule: &'static str,
        path: &[String],
        span: Span,
        (text, is_tag): (String, bool),
        message: String,
    ) {
        if !self.is_allowed(span, rule) {
            self.found.push(Moving { path: path.to_vec(), text, is_tag, rule, message, span });
        }
    }

    /// Whether the line says `# chartwright: allow RULE`.
    fn is_allowed(&self, span: Span, rule: &str) -> bool {
        let rest = self.text.get(span.start as usize..).unwrap_or_default();
        let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        line.split_once("# chartwright: allow ")
            .is_some_and(|(_, names)| names.split([',', ' ']).any(|name| name == rule))
    }

    /// Images that a template names without an action.
    pub(super) fn template(mut self, source: SourceId) -> Vec<Moving> {
        let mut start = 0;
        for line in self.text.split_inclusive(|byte| *byte == b'\n') {
            if let Some((at, image)) = image_of_line(line) {
                let span = Span::new(source, start + at, start + at + image.len());
                self.image(&[], span, &image);
            }
            start += line.len();
        }
        self.found
    }
}

/// The image behind `image:` on a line of a template, with its place, if no action makes it.
fn image_of_line(line: &[u8]) -> Option<(usize, String)> {
    let line = std::str::from_utf8(line).ok()?;
    let trimmed = line.trim_start().trim_start_matches("- ").trim_start();
    let rest = trimmed.strip_prefix("image:")?.trim();
    let image = rest.split(" #").next()?.trim().trim_matches(['"', '\'']);
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._-/:@".contains(letter);
    if image.is_empty() || !image.chars().all(is_plain) {
        return None;
    }
    Some((line.find(image)?, image.to_owned()))
}

/// Why an image can be another one tomorrow.
fn moving_image(image: &str) -> Option<String> {
    if image.contains("@sha256:") {
        return None;
    }
    let name = image.rsplit('/').next().unwrap_or(image);
    match name.split_once(':') {
        Some((_, tag)) => moving_tag(tag),
        None => Some("without a tag it is the latest".to_owned()),
    }
}

/// Whether a key holds the tag of an image: beside its repository, or below a key for an image.
fn is_tag(map: &Node, key: &str) -> bool {
    let beside = ["repository", "image", "registry", "name", "pullPolicy"];
    key == "tag" && beside.iter().any(|name| map.get(name).is_some())
        || matches!(key, "imageTag" | "image_tag" | "imageVersion")
}

fn is_image(map: &Node, key: &str, text: &str) -> bool {
    let is_key = key == "image" || key.ends_with("Image") || key.ends_with("_IMAGE");
    let looks = text.contains(['/', ':']) && !text.contains("://") && !text.contains(char::is_whitespace);
    is_key && looks && map.get("tag").is_none() && !text.starts_with(['/', '.'])
}

/// Whether a key holds a branch or another git reference; of `name` and `value` the name says so.
fn is_reference(map: &Node, key: &str) -> bool {
    let name = match key {
        "value" => map.get("name").and_then(Node::to_text).unwrap_or_default(),
        key => key.as_bytes().into(),
    };
    let name = String::from_utf8_lossy(&name).to_ascii_lowercase().replace(['-', '_'], "");
    let in_repository =
        ["repo", "repository", "url", "git", "repoURL", "repoUrl"].iter().any(|name| map.get(name).is_some());
    ["branch", "gitref", "gitrevision", "targetrevision"].iter().any(|end| name.ends_with(end))
        || matches!(name.as_str(), "ref" | "revision") && in_repository
}

/// The git reference inside of an address.
fn reference_in(address: &str) -> Option<String> {
    if let Some((_, rest)) = address.split_once("git://")
        && let Some((reference, _)) = rest.split_once("//")
    {
        return Some(reference.to_owned());
    }
    if let Some((_, query)) = address.split_once("?ref=").or_else(|| address.split_once("&ref=")) {
        return query.split('&').next().map(str::to_owned);
    }
    let (_, rest) = address.split_once("://")?;
    let parts: Vec<&str> = rest.split('/').collect();
    let reference = match parts.as_slice() {
        ["raw.githubusercontent.com", _, _, "refs", "heads" | "tags", reference, ..] => reference,
        ["raw.githubusercontent.com", _, _, reference, ..] => reference,
        ["github.com" | "gitlab.com", _, _, "tree" | "blob" | "raw", reference, ..] => reference,
        ["github.com", _, _, "archive", "refs", "heads", reference] => reference,
        ["github.com", _, _, "archive", reference] => reference,
        ["gitlab.com", _, _, "-", "tree" | "blob" | "raw", reference, ..] => reference,
        _ => return None,
    };
    Some(reference.trim_end_matches(".tar.gz").trim_end_matches(".zip").to_owned())
}

/// The paths of image tags that say exactly this.
pub(super) fn tags(root: &Node, text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![(Vec::new(), root)];
    while let Some((path, node)) = open.pop() {
        let below = |key: String| path.iter().cloned().chain([key]).collect::<Vec<String>>();
        for (at, item) in node.items().iter().enumerate() {
            open.push((below(at.to_string()), item));
        }
        for entry in node.entries() {
            let key = String::from_utf8_lossy(&entry.key.key_text().unwrap_or_default()).into_owned();
            let path = below(key.clone());
            if is_tag(node, &key) && entry.value.as_str() == Some(text.as_bytes()) {
                found.push(path.clone());
            }
            open.push((path, &entry.value));
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    fn told(text: &str) -> Vec<String> {
        let root = yaml::parse(text.as_bytes(), SourceId::default()).expect("YAML");
        let found = Scan::new(text.as_bytes()).values(&root, &Overrides::none());
        found.iter().map(|one| format!("{}={}", one.path.join("."), one.text)).collect()
    }

    #[test]
    fn moving_names_are_found() {
        for (text, want) in [
            ("image: {repository: a/b, tag: develop}\n", vec!["image.tag=develop"]),
            ("image: {repository: a/b, tag: 1.20}\n", vec!["image.tag=1.20"]),
            ("image: {repository: a/b, tag: 1.2.3}\n", vec![]),
            ("image: {repository: a/b, tag: \"\"}\n", vec![]),
            ("initImage: jbergknoff/postgresql-client\n", vec!["initImage=jbergknoff/postgresql-client"]),
            ("image: a/b@sha256:00\n", vec![]),
            ("gitRepoBranch: master\n", vec!["gitRepoBranch=master"]),
            ("env:\n- name: GIT_BRANCH\n  value: develop\n", vec!["env.0.value=develop"]),
            ("a: git://1.2//https://github.com/x/y\n", vec!["a=1.2"]),
            ("a: https://raw.githubusercontent.com/o/r/develop/f.json\n", vec!["a=develop"]),
            ("a: https://github.com/o/r/archive/v1.2.3.tar.gz\n", vec![]),
            ("repo: {url: x, ref: main}\n", vec!["repo.ref=main"]),
            ("b: {branch: main} # chartwright: allow mutable-git-reference\n", vec![]),
            ("tag: latest\n", vec![]),
        ] {
            assert_eq!(told(text), want, "{text}");
        }
    }

    #[test]
    fn templates_name_images() {
        let text = b"spec:\n  - image: busybox\n    image: \"{{ .Values.image }}\"\n  image: a/b:1.2.3 # x\n";
        let found = Scan::new(text).template(SourceId(0));
        assert_eq!(found.iter().map(|one| one.text.as_str()).collect::<Vec<_>>(), ["busybox"]);
        assert_eq!(found[0].span, Span::new(SourceId(0), 17, 24));
    }
}
