//! A registry of this process: OCI's distribution protocol over a table, with a token service of its own.

use super::server::{Reply, Seen, Server};
use chartwright::repository::http::{Http, HttpOptions};
use chartwright::repository::oci::{Digest, Registry, RegistryOptions, Scheme};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How the registry wants to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    Open,
    Basic,
    /// Tokens from this service; empty for the registry's own.
    Bearer(String),
}

#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) blobs: BTreeMap<String, Vec<u8>>,
    /// By repository and tag or digest.
    pub(crate) manifests: BTreeMap<(String, String), Vec<u8>>,
    /// How many tags stand on a page.
    pub(crate) page: usize,
}

/// A registry and what it holds.
pub(crate) struct Fake {
    pub(crate) server: Server,
    pub(crate) store: Arc<Mutex<Store>>,
}

pub(crate) const USER: &str = "me";
pub(crate) const PASSWORD: &str = "hush";
const BASIC: &str = "Basic bWU6aHVzaA==";

impl Fake {
    pub(crate) fn start(door: Door) -> Fake {
        let store = Arc::new(Mutex::new(Store { page: 100, ..Store::default() }));
        let known = Arc::clone(&store);
        let server = Server::start(move |seen| {
            let refused = refuse(&door, seen);
            refused.unwrap_or_else(|| answer(&mut known.lock().expect("a lock"), seen))
        });
        Fake { server, store }
    }

    /// A client for it.
    pub(crate) fn client(&self, options: RegistryOptions) -> Registry {
        client(RegistryOptions { scheme: Scheme::Http, ..options })
    }

    pub(crate) fn reference(&self, rest: &str) -> String {
        format!("oci://{}/{rest}", self.server.host())
    }
}

pub(crate) fn client(options: RegistryOptions) -> Registry {
    let http = HttpOptions { timeout: Duration::from_secs(20), ..HttpOptions::default() };
    Registry::new(Arc::new(Http::new(http).expect("a client")), options)
}

fn refuse(door: &Door, seen: &Seen) -> Option<Reply> {
    let given = seen.header("authorization").unwrap_or_default();
    let host = seen.header("host").unwrap_or_default();
    match door {
        Door::Open => None,
        Door::Basic if given == BASIC => None,
        Door::Basic => Some(unauthorized("Basic realm=\"registry\"")),
        Door::Bearer(_) if seen.path.starts_with("/token") => Some(token(seen, given)),
        Door::Bearer(service) => {
            let mut words = seen.path.split('/').skip(2).collect::<Vec<_>>();
            let end = words.iter().position(|word| matches!(*word, "blobs" | "manifests" | "tags")).unwrap_or(0);
            words.truncate(end);
            let actions = if matches!(seen.method.as_str(), "GET" | "HEAD") { "pull" } else { "pull,push" };
            let scope = format!("repository:{}:{actions}", words.join("/"));
            let allowed = given.strip_prefix("Bearer ").unwrap_or_default();
            if allowed.starts_with(&scope.replace(',', "+")) || end == 0 && !allowed.is_empty() {
                return None;
            }
            let service = if service.is_empty() { format!("http://{host}/token") } else { service.clone() };
            let scope = if end == 0 { String::new() } else { format!(",scope=\"{scope}\"") };
            Some(unauthorized(&format!("Bearer realm=\"{service}\",service=\"fake\"{scope}")))
        }
    }
}

fn unauthorized(challenge: &str) -> Reply {
    let body = r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":null}]}"#;
    Reply::new(401, body).header("WWW-Authenticate", challenge)
}

/// A token that says what it is good for.
fn token(seen: &Seen, given: &str) -> Reply {
    let form = String::from_utf8_lossy(&seen.body).into_owned();
    let query = seen.path.split_once('?').map_or(form.as_str(), |(_, query)| query);
    let known = given == BASIC || form.contains("grant_type=refresh_token") && form.contains("refresh_token=long");
    let decoded = query.replace("%3A", ":").replace("%2F", "/").replace("%2C", "+");
    let scope = decoded.split('&').find_map(|pair| pair.strip_prefix("scope=")).unwrap_or("any").to_owned();
    if !query.contains("service=fake") {
        return Reply::new(400, "no service");
    }
    // Reading is for everybody in this registry, writing is not.
    if !known && (scope.contains("push") || scope == "any") {
        return Reply::new(401, r#"{"errors":[{"code":"DENIED","message":"who are you"}]}"#);
    }
    Reply::new(200, format!(r#"{{"token":"{scope}"}}"#))
}

fn answer(store: &mut Store, seen: &Seen) -> Reply {
    let (path, query) = seen.path.split_once('?').unwrap_or((&seen.path, ""));
    let path = path.trim_start_matches("/v2/");
    let missing = || Reply::new(404, r#"{"errors":[{"code":"UNKNOWN","message":"nothing here"}]}"#);
    if let Some((_, digest)) = path.split_once("/blobs/").filter(|(_, rest)| rest.starts_with("sha256:")) {
        return store.blobs.get(digest).map_or_else(missing, |blob| Reply::new(200, blob.clone()));
    }
    if let Some((repository, target)) = path.split_once("/manifests/") {
        let key = (repository.to_owned(), target.to_owned());
        if seen.method == "PUT" {
            let digest = Digest::of(&seen.body).to_string();
            store.manifests.insert((repository.to_owned(), digest.clone()), seen.body.clone());
            store.manifests.insert(key, seen.body.clone());
            return Reply::new(201, "").header("Docker-Content-Digest", digest);
        }
        let Some(manifest) = store.manifests.get(&key) else { return missing() };
        return Reply::new(200, manifest.clone())
            .header("Content-Type", "application/vnd.oci.image.manifest.v1+json")
            .header("Docker-Content-Digest", Digest::of(manifest).to_string());
    }
    if let Some((repository, _)) = path.split_once("/tags/list") {
        return tags(store, repository, query);
    }
    match (seen.method.as_str(), path.split_once("/blobs/uploads/")) {
        ("POST", Some((repository, ""))) => {
            Reply::new(202, "").header("Location", format!("/v2/{repository}/blobs/uploads/7?state=a%2Fb"))
        }
        ("PUT", Some((_, "7"))) => {
            let digest = query.strip_prefix("state=a%2Fb&digest=").unwrap_or_default().replace("%3A", ":");
            if Digest::of(&seen.body).as_str() != digest {
                return Reply::new(400, r#"{"errors":[{"code":"DIGEST_INVALID","message":"wrong digest"}]}"#);
            }
            store.blobs.insert(digest, seen.body.clone());
            Reply::new(201, "")
        }
        _ if path.is_empty() => Reply::new(200, "{}"),
        _ => missing(),
    }
}

fn tags(store: &Store, repository: &str, query: &str) -> Reply {
    let last = query.strip_prefix("last=").unwrap_or_default();
    let all = store.manifests.keys().filter(|(known, tag)| known == repository && !tag.contains(':'));
    let rest: Vec<&str> = all.map(|(_, tag)| tag.as_str()).filter(|tag| *tag > last).collect();
    let page: Vec<&str> = rest.iter().copied().take(store.page).collect();
    let body = serde_json::json!({ "name": repository, "tags": page }).to_string();
    match page.last().filter(|_| rest.len() > page.len()) {
        Some(last) => {
            Reply::new(200, body).header("Link", format!("</v2/{repository}/tags/list?last={last}>; rel=\"next\""))
        }
        None => Reply::new(200, body),
    }
}
