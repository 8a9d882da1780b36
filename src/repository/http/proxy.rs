//! Which proxy a request goes through: the rules of Go's `httpproxy`.

use crate::schema::url::Url;
use std::fmt;
use std::net::IpAddr;

/// The proxies that an environment names.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    http: Option<String>,
    https: Option<String>,
    exempt: Vec<Exempt>,
}

impl fmt::Debug for Proxies {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A proxy's URL may hold a password.
        write!(out, "Proxies(http: {}, https: {})", self.http.is_some(), self.https.is_some())
    }
}

/// What one entry of NO_PROXY exempts.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Exempt {
    Everything,
    /// Addresses whose first bits are these.
    Network(IpAddr, u32),
    Address(IpAddr, Option<String>),
    /// A name with a dot in front; with `true` the name without the dot, too.
    Domain(String, Option<String>, bool),
}

impl Proxies {
    /// Reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY, or the same in lower case, through `variable`.
    ///
    /// HTTP_PROXY does not count where REQUEST_METHOD is set: a web client could have named it.
    pub fn from_variables(variable: &dyn Fn(&str) -> Option<String>) -> Proxies {
        let any = |names: [&str; 2]| names.into_iter().find_map(|name| variable(name).filter(|text| !text.is_empty()));
        let is_cgi = variable("REQUEST_METHOD").is_some_and(|method| !method.is_empty());
        let http = any(["HTTP_PROXY", "http_proxy"]).filter(|_| !is_cgi);
        let exempt = any(["NO_PROXY", "no_proxy"]).unwrap_or_default();
        Proxies {
            http: http.as_deref().and_then(proxy_url),
            https: any(["HTTPS_PROXY", "https_proxy"]).as_deref().and_then(proxy_url),
            exempt: exempt.split(',').filter_map(Exempt::parse).collect(),
        }
    }

    /// The proxy for a URL; `None` goes to the host itself.
    pub(super) fn of(&self, url: &Url) -> Option<&str> {
        let (proxy, port) = match url.scheme.as_str() {
            "https" => (self.https.as_deref()?, 443),
            _ => (self.http.as_deref()?, 80),
        };
        let (host, _) = url.host_name();
        let host = host.to_ascii_lowercase();
        let address: Option<IpAddr> = host.parse().ok();
        if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
            return None;
        }
        let port = url.port().unwrap_or(port).to_string();
        let exempt = self.exempt.iter().any(|exempt| exempt.covers(host.trim(), &port, address));
        (!exempt).then_some(proxy)
    }
}

/// The URL of a proxy; `host:port` alone means `http://`.
fn proxy_url(text: &str) -> Option<String> {
    let known = |url: &Url| matches!(url.scheme.as_str(), "http" | "https" | "socks5" | "socks5h");
    match Url::parse(text) {
        Ok(url) if known(&url) => Some(text.to_owned()),
        _ => {
            let text = format!("http://{text}");
            Url::parse(&text).ok().filter(|url| !url.host().is_empty()).map(|_| text)
        }
    }
}

impl Exempt {
    fn parse(entry: &str) -> Option<Exempt> {
        let entry = entry.trim().to_ascii_lowercase();
        if entry.is_empty() {
            return None;
        }
        if entry == "*" {
            return Some(Exempt::Everything);
        }
        if let Some(network) = network(&entry) {
            return Some(network);
        }
        let (host, port) = split_port(&entry);
        if host.is_empty() {
            return None;
        }
        if let Ok(address) = host.parse() {
            return Some(Exempt::Address(address, port));
        }
        let host = if host.starts_with("*.") { &host[1..] } else { host };
        Some(match host.starts_with('.') {
            true => Exempt::Domain(host.to_owned(), port, false),
            false => Exempt::Domain(format!(".{host}"), port, true),
        })
    }

    fn covers(&self, host: &str, port: &str, address: Option<IpAddr>) -> bool {
        let fits = |wanted: &Option<String>| wanted.as_deref().is_none_or(|wanted| wanted == port);
        match (self, address) {
            (Exempt::Everything, _) => true,
            (Exempt::Network(network, bits), Some(address)) => same_bits(*network, address, *bits),
            (Exempt::Address(known, wanted), Some(address)) => {
                known.to_canonical() == address.to_canonical() && fits(wanted)
            }
            (Exempt::Domain(domain, wanted, whole), None) => {
                (host.ends_with(domain.as_str()) || *whole && host == &domain[1..]) && fits(wanted)
            }
            _ => false,
        }
    }
}

fn network(entry: &str) -> Option<Exempt> {
    let (address, bits) = entry.split_once('/')?;
    let (address, bits): (IpAddr, u32) = (address.parse().ok()?, bits.parse().ok()?);
    let most = if address.is_ipv4() { 32 } else { 128 };
    (bits <= most).then_some(Exempt::Network(address, bits))
}

/// `host:port`, `[address]:port`, or a host alone.
fn split_port(entry: &str) -> (&str, Option<String>) {
    let (host, port) = match entry.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port.to_owned())),
        _ => (entry, None),
    };
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    (bare, port.filter(|port| !port.is_empty()))
}

fn same_bits(network: IpAddr, address: IpAddr, bits: u32) -> bool {
    match (network, address.to_canonical()) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            u32::from(one).checked_shr(32 - bits).unwrap_or(0) == u32::from(other).checked_shr(32 - bits).unwrap_or(0)
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => {
            u128::from(one).checked_shr(128 - bits).unwrap_or(0)
                == u128::from(other).checked_shr(128 - bits).unwrap_or(0)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Each answer is what Go's httpproxy says.
    #[test]
    fn proxies_are_chosen_as_in_go() {
        let exempt = "foo.com, .bar.com,*.baz.com:8443,10.0.0.0/8, 192.168.1.1:80, [::2]:443 ,:5";
        let variable = |name: &str| {
            Some(match name {
                "HTTP_PROXY" => "plain:3128".to_owned(),
                "https_proxy" => "http://user:secret@tls:3128".to_owned(),
                "NO_PROXY" => exempt.to_owned(),
                _ => return None,
            })
        };
        let proxies = Proxies::from_variables(&variable);
        let (plain, tls) = (Some("http://plain:3128"), Some("http://user:secret@tls:3128"));
        for (url, wanted) in [
            ("http://example.org/", plain),
            ("https://example.org/", tls),
            ("http://localhost:5000/", None),
            ("https://127.0.0.2/", None),
            ("http://[::1]:5000/", None),
            ("http://foo.com/", None),
            ("http://a.foo.com:99/", None),
            ("http://afoo.com/", plain),
            ("https://bar.com/", tls),
            ("https://a.bar.com/", None),
            ("https://x.baz.com/", tls),
            ("https://x.baz.com:8443/", None),
            ("https://baz.com:8443/", tls),
            ("http://10.200.3.4:1/", None),
            ("http://11.0.0.1/", plain),
            ("http://192.168.1.1/", None),
            ("http://192.168.1.1:81/", plain),
            ("https://[::2]/", None),
        ] {
            assert_eq!(proxies.of(&Url::parse(url).unwrap()), wanted, "{url}");
        }
        assert!(!format!("{proxies:?}").contains("secret"));
        let cgi =
            Proxies::from_variables(&|name| if name == "REQUEST_METHOD" { Some("GET".into()) } else { variable(name) });
        assert_eq!(cgi.of(&Url::parse("http://example.org/").unwrap()), None);
        let none = Proxies::from_variables(&|name| if name == "NO_PROXY" { Some("*".into()) } else { variable(name) });
        assert_eq!(none.of(&Url::parse("http://example.org/").unwrap()), None);
    }
}
