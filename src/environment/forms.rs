//! The forms that texts of our files may have. The pattern that the reader enforces is the one in the JSON Schema.

use regex::Regex;
use std::collections::HashMap;
use std::sync::LazyLock;

/// The form of a text.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// What messages call it, for example `a domain name`.
    pub name: &'static str,
    /// The pattern, in the dialect that ECMA 262 and RE2 share; empty for any text.
    pub pattern: &'static str,
    /// The most characters.
    pub longest: usize,
    /// A text of this form.
    pub example: &'static str,
}

const fn form(name: &'static str, pattern: &'static str, longest: usize, example: &'static str) -> Form {
    Form { name, pattern, longest, example }
}

pub(super) const TEXT: Form = form("a text", "", 65_536, "text");
pub(super) const LABEL: Form =
    form("a name of lower-case letters, digits and inner hyphens", "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", 63, "qa");
pub(super) const RELEASE: Form = Form { longest: 53, ..LABEL };
/// Linux' names of network interfaces have at most 15 characters.
pub(super) const INTERFACE: Form = Form { longest: 15, ..LABEL };
pub(super) const OBJECT_NAME: Form = form(
    "the name of an object",
    "^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$",
    253,
    "commons-postgresql",
);
pub(super) const SECRET_KEY: Form = form("the key of a Secret", "^[-._a-zA-Z0-9]+$", 253, "password");
pub(super) const DOMAIN: Form = form(
    "a domain name",
    "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$",
    253,
    "qa.example.org",
);
pub(super) const WILDCARD: Form = form(
    "a domain name, perhaps with `*.` before it",
    "^(\\*\\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$",
    255,
    "*.qa.example.org",
);
/// The name of a server: a domain name, a Service, an address.
pub(super) const SERVER: Form =
    form("the name or address of a server", "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", 253, "db.example.org");
pub(super) const SERVERS: Form = form(
    "servers with ports, with commas between them",
    "^[a-z0-9][a-z0-9.-]*:[0-9]{1,5}(,[a-z0-9][a-z0-9.-]*:[0-9]{1,5})*$",
    1024,
    "kafka:9092",
);
/// The server of a mail relay.
pub(super) const SMARTHOST: Form =
    form("a server with its port", "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?:[0-9]{1,5}$", 260, "mail.example.org:587");
pub(super) const REALM: Form = form("the name of a realm", "^[A-Za-z0-9][A-Za-z0-9._-]*$", 255, "staff");
pub(super) const LABEL_KEY: Form = form(
    "the key of a label",
    "^([a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$",
    317,
    "team",
);
pub(super) const LABEL_VALUE: Form =
    form("the value of a label", "^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$", 63, "registry");
pub(super) const URL: Form =
    form("a URL", "^https?://[A-Za-z0-9][A-Za-z0-9._~:/%-]*$", 2048, "https://keycloak.example.org");
pub(super) const EMAIL: Form = form(
    "an e-mail address",
    "^[A-Za-z0-9._%+-]+@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+$",
    254,
    "admin@example.org",
);
pub(super) const ADDRESS: Form = form(
    "an IPv4 address",
    "^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])$",
    15,
    "172.16.0.21",
);
pub(super) const SUBNET: Form = form(
    "an IPv4 network",
    "^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])/(3[0-2]|[12]?[0-9])$",
    18,
    "10.16.0.0/16",
);
pub(super) const PATH: Form = form("an absolute path", "^(/[A-Za-z0-9._@%+=:,~-]+)+/?$", 1024, "/srv/nfs/openg2p");
/// Paths of files that are read at installation, on the machine from which it runs.
pub(super) const FILE: Form = form("the path of a file", "^[A-Za-z0-9._~/@%+=:,-]+$", 1024, "secrets/token");
pub(super) const VARIABLE: Form =
    form("the name of an environment variable", "^[A-Za-z_][A-Za-z0-9_]*$", 128, "OIDC_SECRET");
pub(super) const QUANTITY: Form =
    form("a size", "^(0*[1-9][0-9]*(\\.[0-9]+)?|0+\\.0*[1-9][0-9]*)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$", 32, "16Gi");
pub(super) const NGINX_SIZE: Form = form("a size of nginx's", "^[0-9]+[kKmMgG]?$", 16, "50m");
pub(super) const DURATION: Form = form("a duration", "^([0-9]+(ms|s|m|h))+$", 32, "168h");
pub(super) const CRON: Form = form("a cron schedule", "^[0-9*/,-]+( [0-9A-Za-z*/,-]+){4}$", 64, "30 3 * * *");
pub(super) const CHART: Form = form("the name of a chart", "^[A-Za-z0-9_-][A-Za-z0-9._-]*$", 250, "openg2p-spar");
/// What chart and component versions are parsed from; whether one is a version is told by the check of modules.
pub(super) const VERSION: Form = form("a version", "", 128, "1.3.1");
pub(super) const COMPONENT_VERSION: Form =
    form("one exact version", "^v?[0-9]+\\.[0-9]+\\.[0-9]+([-+][0-9A-Za-z.+-]+)?$", 64, "1.30.5");
pub(super) const ZONE: Form =
    form("a time zone", "^(UTC|GMT|[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+)+)$", 64, "Africa/Nairobi");
pub(super) const REGISTRY: Form =
    form("a registry", "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9._/-]+)?$", 255, "registry.example.org");
pub(super) const VALUE_PATH: Form =
    form("a dotted path in values", "^[^\\s.]+(\\.[^\\s.]+)*$", 512, "odoo.oidcClientSecret");
pub(super) const NO_PROXY: Form = form("hosts with commas between them", "^[^\\s]+$", 4096, "10.0.0.0/8,.svc");

static COMPILED: LazyLock<std::sync::Mutex<HashMap<&'static str, Option<Regex>>>> = LazyLock::new(Default::default);

impl Form {
    /// Whether a text has this form.
    pub fn fits(&self, text: &str) -> bool {
        if text.chars().count() > self.longest {
            return false;
        }
        if self.pattern.is_empty() {
            return true;
        }
        // A thread that panicked with the lock left whole patterns behind.
        let mut compiled = COMPILED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let pattern = compiled.entry(self.pattern).or_insert_with(|| Regex::new(self.pattern).ok());
        pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
    }
}
