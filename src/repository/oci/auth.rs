//! Who asks a registry: a password as it is, or a token that a password buys.

use super::challenge::Challenge;
use super::registry::Registry;
use super::{Reference, Scheme};
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::credentials::Credential;
use crate::repository::http::{Answer, Call, Method, shown};
use crate::repository::transport::Credentials;
use crate::schema::url::Url;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// The most bytes of an answer that holds a token.
const LARGEST_TOKEN: u64 = 128 * 1024;
/// What token services know this client by.
const CLIENT: &str = "chartwright";

/// What somebody wants to do with a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Actions {
    /// Read.
    Pull,
    /// Read and write.
    PullPush,
    /// Only to be known, as `registry login` wants.
    None,
}

impl Actions {
    /// The scope that a token service is asked for.
    pub(super) fn scope(self, repository: &str) -> String {
        match self {
            Actions::Pull => format!("repository:{repository}:pull"),
            Actions::PullPush => format!("repository:{repository}:pull,push"),
            Actions::None => String::new(),
        }
    }
}

/// How a token is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grant {
    /// By a GET with the password as basic authentication.
    Distribution,
    /// By a POST with an identity token.
    Refresh,
}

impl Registry {
    /// The credentials that a refused request needs.
    pub(super) fn authorize(
        &self,
        reference: &Reference,
        answer: &Answer,
        actions: Actions,
    ) -> Result<Option<Credentials>, Error> {
        let Some(challenge) = Challenge::choose(answer.headers("WWW-Authenticate")) else { return Ok(None) };
        let known = self.credential(&reference.registry)?;
        match challenge {
            Challenge::Basic => match known {
                Some(known) if !known.username.is_empty() && !known.password.is_empty() => {
                    Ok(Some(Credentials::Basic { username: known.username, password: known.password }))
                }
                _ => Err(unknown(&reference.registry)),
            },
            Challenge::Bearer { realm, service, scope } => {
                let known = known.unwrap_or_default();
                if !known.registry_token.is_empty() {
                    return Ok(Some(Credentials::Bearer(known.registry_token)));
                }
                let scopes = scopes(&actions.scope(&reference.repository), &scope);
                let wish = Wish { realm: &realm, service: &service, scopes, known: &known };
                self.check_realm(reference, &wish)?;
                self.token(&wish).map(|token| Some(Credentials::Bearer(token)))
            }
        }
    }

    /// What is known of a registry: what was given, or what the keychain has.
    fn credential(&self, registry: &str) -> Result<Option<Credential>, Error> {
        match (&self.options.credential, &self.options.keychain) {
            (Some(given), _) => Ok(Some(given.clone())),
            (None, Some(keychain)) => keychain.get(registry),
            (None, None) => Ok(None),
        }
    }

    /// Refuses a token service that a registry has no business to name.
    fn check_realm(&self, reference: &Reference, wish: &Wish<'_>) -> Result<(), Error> {
        let place = shown(wish.realm);
        let refuse = |why: &str| {
            let message = format!("`{}` wants a token from `{place}`: {why}", reference.registry);
            Err(Error::new(ErrorKind::Network, message).hint("nothing was sent there; ask who runs the registry"))
        };
        let Ok(realm) = Url::parse(wish.realm) else { return refuse("that is no URL") };
        if !matches!(realm.scheme.as_str(), "http" | "https") || realm.host_name().0.is_empty() {
            return refuse("that is no web address");
        }
        let own = Url::parse(&format!("{}://{}/", self.options.scheme.name(), reference.host()));
        let own = own.map(|url| url.host_name().0.to_ascii_lowercase()).unwrap_or_default();
        let (host, _) = realm.host_name();
        let same_host = own == host.to_ascii_lowercase();
        if realm.scheme == "http" && self.options.scheme == Scheme::Https {
            return refuse("that is without TLS, and the registry is not");
        }
        if realm.scheme == "http" && !same_host && !wish.known.is_anonymous() {
            return refuse("your password would go to another host without TLS");
        }
        if !same_host && host.parse::<IpAddr>().is_ok_and(is_inside) {
            return refuse("that is an address of an inner network");
        }
        Ok(())
    }

    fn token(&self, wish: &Wish<'_>) -> Result<String, Error> {
        let grant = if wish.known.identity_token.is_empty() { Grant::Distribution } else { Grant::Refresh };
        let answer = match grant {
            Grant::Distribution => self.ask_by_get(wish)?,
            Grant::Refresh => self.ask_by_post(wish)?,
        };
        if !answer.is_success() {
            return Err(answer.into_error());
        }
        let value: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
        let text = |name: &str| Some(value.as_ref()?.get(name)?.as_str()?.to_owned()).filter(|text| !text.is_empty());
        let token = text("access_token").or_else(|| text("token"));
        // What cannot stand in a header is no token.
        token.filter(|token| token.bytes().all(|byte| byte.is_ascii_graphic())).ok_or_else(|| {
            let message = format!("expected a token from `{}`, found none in its answer", shown(&answer.url));
            Error::new(ErrorKind::Network, message)
        })
    }

    fn ask_by_get(&self, wish: &Wish<'_>) -> Result<Answer, Error> {
        let mut pairs = Vec::new();
        if !wish.service.is_empty() {
            pairs.push(("service", wish.service));
        }
        pairs.extend(wish.scopes.iter().map(|scope| ("scope", scope.as_str())));
        let url = with_pairs(wish.realm, &pairs);
        let (username, password) = (wish.known.username.clone(), wish.known.password.clone());
        let named = !username.is_empty() || !password.is_empty();
        let who = named.then_some(Credentials::Basic { username, password });
        self.http.send(&Call::new(Method::Get, &url).credentials(who.as_ref()).limit(LARGEST_TOKEN))
    }

    fn ask_by_post(&self, wish: &Wish<'_>) -> Result<Answer, Error> {
        let scope = wish.scopes.join(" ");
        let mut pairs = vec![
            ("client_id", CLIENT),
            ("grant_type", "refresh_token"),
            ("refresh_token", &wish.known.identity_token),
            ("service", wish.service),
        ];
        if !scope.is_empty() {
            pairs.push(("scope", &scope));
        }
        let body = encoded(&pairs);
        let call = Call::new(Method::Post, wish.realm).limit(LARGEST_TOKEN);
        self.http.send(&call.body("application/x-www-form-urlencoded", body))
    }
}

/// A wish for a token.
struct Wish<'a> {
    realm: &'a str,
    service: &'a str,
    scopes: Vec<String>,
    known: &'a Credential,
}

fn unknown(registry: &str) -> Error {
    Error::new(ErrorKind::Network, format!("`{registry}` wants a user and a password"))
        .hint(format!("log in with `chartwright registry login {registry}`, or give --username and --password"))
}

/// Addresses that only somebody inside of a network can reach.
fn is_inside(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            address.is_loopback() || address.is_private() || address.is_link_local() || address.is_unspecified()
        }
        IpAddr::V6(address) => {
            let first = address.segments()[0];
            address.is_loopback() || address.is_unspecified() || first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80
        }
    }
}

/// Our scope and the registry's, each once. Actions on one repository are one scope.
fn scopes(own: &str, named: &str) -> Vec<String> {
    let mut found: Vec<(String, BTreeSet<String>)> = Vec::new();
    for scope in [own].into_iter().chain(named.split(' ')).filter(|scope| !scope.is_empty()) {
        let (place, actions) = scope.rsplit_once(':').unwrap_or((scope, ""));
        let actions = actions.split(',').map(str::to_owned);
        match found.iter_mut().find(|(known, _)| known == place) {
            Some((_, known)) => known.extend(actions),
            None => found.push((place.to_owned(), actions.collect())),
        }
    }
    let mut scopes: Vec<String> = found
        .into_iter()
        .map(|(place, actions)| {
            let actions: Vec<String> = actions.into_iter().filter(|action| !action.is_empty()).collect();
            if actions.is_empty() { place } else { format!("{place}:{}", actions.join(",")) }
        })
        .collect();
    scopes.sort();
    scopes
}

/// Pairs as a form writes them.
pub(super) fn encoded(pairs: &[(&str, &str)]) -> String {
    let escape = |text: &str| {
        text.bytes().fold(String::new(), |mut out, byte| {
            match byte {
                b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
                b' ' => out.push('+'),
                _ => out.push_str(&format!("%{byte:02X}")),
            }
            out
        })
    };
    pairs.iter().map(|(key, value)| format!("{}={}", escape(key), escape(value))).collect::<Vec<_>>().join("&")
}

/// A URL with further pairs in its query.
pub(super) fn with_pairs(url: &str, pairs: &[(&str, &str)]) -> String {
    if pairs.is_empty() {
        return url.to_owned();
    }
    let url = url.split('#').next().unwrap_or(url);
    let join = match url.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{url}{join}{}", encoded(pairs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_joined() {
        for (own, named, wanted) in [
            ("repository:a:pull", "", "repository:a:pull"),
            (
                "repository:a:pull",
                "repository:a:push,pull repository:b:pull",
                "repository:a:pull,push|repository:b:pull",
            ),
            ("", "registry:catalog:*", "registry:catalog:*"),
            ("", "odd", "odd"),
            ("", "", ""),
        ] {
            assert_eq!(scopes(own, named).join("|"), wanted);
        }
        assert_eq!(with_pairs("http://a/t?x=1#f", &[("scope", "a b:c,d")]), "http://a/t?x=1&scope=a+b%3Ac%2Cd");
        assert_eq!(with_pairs("http://a/t?", &[("a", "b")]), "http://a/t?a=b");
    }
}
