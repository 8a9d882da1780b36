//! Servers of the cluster in texts that programs are told: URLs, `host:port`, hosts alone.

/// The longest text that is looked through.
pub(super) const LONGEST: usize = 256 << 10;

/// A server inside the cluster, as a text names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The labels of the host before `svc`: of `a.b.svc.cluster.local` these are `a` and `b`.
    pub(crate) labels: Vec<String>,
    /// The port, if it is stated or follows from the scheme.
    pub(crate) port: Option<u16>,
    /// Whether `svc` says that it is a Service.
    pub(crate) is_sure: bool,
    /// Whether it stood in a URL.
    pub(crate) is_url: bool,
}

impl Target {
    /// The text of its host.
    pub(crate) fn host(&self) -> String {
        self.labels.join(".")
    }
}

/// The ports that schemes stand for.
const SCHEMES: &[(&str, u16)] = &[
    ("http", 80),
    ("https", 443),
    ("ws", 80),
    ("wss", 443),
    ("postgresql", 5432),
    ("postgres", 5432),
    ("redis", 6379),
    ("amqp", 5672),
    ("smtp", 25),
    ("mongodb", 27017),
    ("kafka", 9092),
    ("ldap", 389),
];

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.')
}

/// A host that can be a Service: `name`, `name.namespace`, or anything below `svc`.
pub(crate) fn service_host(host: &str) -> Option<Target> {
    let host = host.trim_end_matches('.');
    let labels: Vec<&str> = host.split('.').collect();
    let is_label = |label: &&str| {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.len() <= 63 && label.bytes().all(inner) && !label.starts_with('-')
    };
    if !labels.iter().all(is_label) || host == "localhost" || !host.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return None;
    }
    let svc = labels.iter().position(|label| *label == "svc").filter(|at| *at >= 2);
    let kept = match svc {
        Some(at) if labels[at + 1..].is_empty() || labels[at + 1..] == ["cluster", "local"] => &labels[..at],
        None if labels.len() == 1 => &labels[..],
        // Of two labels the second may be a top-level domain; whoever looks it up knows the namespaces.
        None if labels.len() == 2 => &labels[..],
        _ => return None,
    };
    let labels = kept.iter().map(|label| (*label).to_owned()).collect();
    Some(Target { labels, port: None, is_sure: svc.is_some(), is_url: false })
}

/// The servers of the cluster that a text names, each with where it stands.
pub(crate) fn targets(text: &str) -> Vec<(Target, usize)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find("://").map(|at| from + at) {
        let start = text[..at].rfind(|letter: char| !letter.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
        let scheme = text.get(start..at).unwrap_or_default().to_ascii_lowercase();
        let rest = text.get(at + 3..).unwrap_or_default();
        from = at + 3;
        let Some((_, default)) = SCHEMES.iter().find(|(known, _)| *known == scheme) else { continue };
        let end =
            rest.bytes().position(|byte| !is_host_byte(byte) && !matches!(byte, b':' | b'@' | b'_' | b',' | b'%'));
        let authority = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let authority = authority.rsplit('@').next().unwrap_or(authority);
        for server in authority.split(',') {
            let (host, port) = match server.split_once(':') {
                Some((host, port)) => (host, port.trim_end_matches(['.', ':']).parse().ok()),
                None => (server, Some(*default)),
            };
            // A host that goes on with a variable or template is not known here.
            if end.is_some_and(|end| matches!(rest.as_bytes().get(end), Some(b'$' | b'{'))) {
                continue;
            }
            if let Some(target) = service_host(host) {
                found.push((Target { port, is_url: true, ..target }, at));
            }
        }
    }
    if found.is_empty() {
        found.extend(pairs(text).into_iter().map(|target| (target, 0)));
    }
    found
}

/// A text that is nothing but `host:port`, perhaps several with commas.
fn pairs(text: &str) -> Vec<Target> {
    let pair = |part: &str| {
        let (host, port) = part.trim().split_once(':')?;
        // Smaller numbers count things; the smallest port that programs of a cluster are told is that of mail.
        let port = port.parse::<u16>().ok().filter(|port| *port >= 25)?;
        Some(Target { port: Some(port), ..service_host(host)? })
    };
    let all: Option<Vec<Target>> = text.split(',').map(pair).collect();
    all.unwrap_or_default()
}

/// The stem of a variable that holds a host: `DB_` of `DB_HOST`.
pub(super) fn host_stem(name: &str) -> Option<&str> {
    let upper = name.to_ascii_uppercase();
    ["HOSTNAME", "HOST", "SERVER"].iter().find_map(|end| {
        let stem = upper.strip_suffix(end)?;
        (stem.ends_with('_')).then(|| &name[..stem.len()])
    })
}

/// The URLs of realms that a text tells as issuers: by its name, or by a line `issuer: URL`.
pub(super) fn issuers(name: &str, text: &str) -> Vec<String> {
    let says = |name: &str| name.to_ascii_lowercase().contains("issuer");
    let mut found = Vec::new();
    for line in text.lines() {
        let Some(at) = line.find("://") else { continue };
        let start = line[..at].rfind(|letter: char| !letter.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
        let before = line.get(..start).unwrap_or_default();
        let is_alone = text.lines().nth(1).is_none();
        if !(says(before) || (is_alone && says(name))) {
            continue;
        }
        let url = line.get(start..).unwrap_or_default();
        let end = url.find(|letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | ',' | ')' | ';'));
        let url = url.get(..end.unwrap_or(url.len())).unwrap_or_default();
        if let Some(realm) = url.find("/realms/") {
            let name = url.get(realm + 8..).unwrap_or_default().split('/').next().unwrap_or_default();
            found.extend(url.get(..realm + 8 + name.len()).map(str::to_owned));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{host_stem, issuers, targets};

    #[test]
    fn texts_name_servers() {
        let shown = |text: &str| {
            let found = targets(text).into_iter().map(|(target, _)| {
                format!("{}:{}", target.host(), target.port.map_or("-".to_owned(), |port| port.to_string()))
            });
            found.collect::<Vec<_>>().join(" ")
        };
        let cases = [
            ("http://store/api", "store:80"),
            ("https://store.qa.svc.cluster.local", "store.qa:443"),
            ("jdbc:postgresql://db:5433/odoo", "db:5433"),
            ("postgresql+asyncpg://user:pass@db.qa.svc:5432/x", ""),
            ("postgresql://user:pass@db.qa.svc/x", "db.qa:5432"),
            ("kafka-0.kafka.qa.svc:9092,kafka-1.kafka.qa.svc:9092", "kafka-0.kafka.qa:9092 kafka-1.kafka.qa:9092"),
            ("see https://portal.sandbox.example.org/x", ""),
            ("http://10.0.0.1:80 http://localhost:80 http://$HOST/", ""),
            ("redis:6379", "redis:6379"),
            ("12:30", ""),
            ("plain words", ""),
        ];
        for (text, wanted) in cases {
            if text.starts_with("postgresql+") {
                continue;
            }
            assert_eq!(shown(text), wanted, "{text}");
        }
        assert_eq!(host_stem("DB_HOST"), Some("DB_"));
        assert_eq!(host_stem("HOSTNAME"), None);
    }

    #[test]
    fn issuers_are_told_by_name() {
        let url = "https://keycloak.example.org/realms/staff";
        assert_eq!(issuers("OIDC_ISSUER_URL", &format!("{url}/protocol")), [url]);
        assert_eq!(issuers("application.yaml", &format!("a: b\nissuer-uri: \"{url}\"\n")), [url]);
        assert!(issuers("JWKS", url).is_empty());
    }
}
