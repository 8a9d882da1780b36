//! The variables of values templates. Each leaf has the place where it was written, also where it is derived.

use super::environments::Environment;
use super::fields::Located;
use super::modules::Module;
use super::organisation::Organisation;
use super::part::{Flag, Named, Number};
use super::secret::SecretRef;
use crate::source::Span;
use crate::yaml::{Entry, Node, NodeKind};

/// The names of the variables, sorted.
pub(super) const NAMES: &[&str] = &[
    "adminEmail",
    "backups",
    "base",
    "certificateSource",
    "channels",
    "cluster",
    "domain",
    "environment",
    "environments",
    "global",
    "groups",
    "hosts",
    "item",
    "keycloak",
    "kind",
    "managed",
    "members",
    "modules",
    "namespace",
    "organisation",
    "release",
    "settings",
    "version",
    "versions",
    "wanted",
];

/// A mapping that is put together.
pub(super) struct Table {
    span: Span,
    entries: Vec<Entry>,
}

impl Table {
    pub(super) fn new(span: Span) -> Table {
        Table { span, entries: Vec::new() }
    }

    pub(super) fn put(&mut self, key: &str, node: Node) {
        let key = Node::new(node.span(), NodeKind::Str(key.as_bytes().into()));
        self.entries.push(Entry { key, value: node });
    }

    pub(super) fn text(&mut self, key: &str, text: &Option<Located>) {
        if let Some(text) = text {
            self.put(key, located(text));
        }
    }

    pub(super) fn number(&mut self, key: &str, number: Option<Number>) {
        if let Some(number) = number.and_then(|number| Some((i64::try_from(number.value).ok()?, number.span))) {
            self.put(key, Node::new(number.1, NodeKind::Int(number.0)));
        }
    }

    pub(super) fn flag(&mut self, key: &str, flag: Option<Flag>) {
        if let Some(flag) = flag {
            self.put(key, Node::new(flag.span, NodeKind::Bool(flag.value)));
        }
    }

    /// Puts a table below a key, unless it is empty.
    pub(super) fn table(&mut self, key: &str, table: Table) {
        if !table.entries.is_empty() {
            self.put(key, table.finish());
        }
    }

    pub(super) fn finish(self) -> Node {
        Node::new(self.span, NodeKind::Map(self.entries))
    }
}

pub(super) fn located(text: &Located) -> Node {
    leaf(&text.text, text.span)
}

pub(super) fn leaf(text: &str, span: Span) -> Node {
    Node::new(span, NodeKind::Str(text.as_bytes().into()))
}

pub(super) fn list(texts: &[Located], span: Span) -> Node {
    Node::new(span, NodeKind::Seq(texts.iter().map(located).collect()))
}

/// The mode of a database that the environment's releases share, and the release that serves it.
const SHARED_DATABASE: (&str, &str) = ("shared", "postgresql");
/// The same of Redis.
const SHARED_REDIS: (&str, &str) = ("shared", "redis");

/// The variables for one module, but for that of the organisation, which all share.
pub(super) fn variables(organisation: Option<&Organisation>, environment: &Environment, module: &Module) -> Node {
    let span = environment.node.span();
    let mut all = Table::new(span);
    if !environment.is_base {
        all.put("environment", choices(environment));
    }
    for (key, text) in
        [("domain", &environment.domain), ("namespace", &environment.namespace), ("cluster", &environment.cluster)]
    {
        all.put(key, located(text));
    }
    if !environment.is_base {
        let kind = environment.node.get("kind").map_or(span, Node::span);
        all.put("kind", leaf(environment.kind.name(), kind));
    }
    for (name, node) in &environment.derived {
        all.put(name, node.clone());
    }
    if let Some(item) = &module.item {
        all.put("item", item.clone());
    }
    let outer = organisation.map_or(&environment.domain, |organisation| &organisation.domain);
    let email = match &environment.settings.admin_email {
        Some(email) => located(email),
        None => leaf(&format!("admin@{}", outer.text), outer.span),
    };
    all.put("adminEmail", email);
    all.put("keycloak", keycloak(environment, outer));
    let empty = || Node::new(module.release.span, NodeKind::Map(Vec::new()));
    all.put("settings", module.settings.clone().unwrap_or_else(empty));
    all.put("release", located(&module.release));
    all.put("version", located(&module.version));
    all.put("hosts", texts(&environment.hosts, span));
    all.put("modules", modules(environment, span));
    all.put("global", global(environment, outer));
    all.finish()
}

/// All layers of an environment as one, without its modules.
pub(super) fn choices(environment: &Environment) -> Node {
    let mut stated: Vec<Entry> = environment.node.entries().to_vec();
    stated.retain(|entry| !matches!(entry.key.as_str(), Some(b"modules" | b"name")));
    let name = Node::new(environment.name.span, NodeKind::Str("name".as_bytes().into()));
    stated.push(Entry { key: name, value: located(&environment.name) });
    Node::new(environment.node.span(), NodeKind::Map(stated))
}

pub(super) fn texts(named: &Named<Option<Located>>, span: Span) -> Node {
    let mut table = Table::new(span);
    for (name, text) in named {
        table.text(&name.text, text);
    }
    table.finish()
}

fn modules(environment: &Environment, span: Span) -> Node {
    let mut modules = Table::new(span);
    for module in &environment.modules {
        let mut one = Table::new(module.release.span);
        one.put("chart", located(&module.chart));
        one.put("version", located(&module.version));
        modules.put(&module.release.text, one.finish());
    }
    modules.finish()
}

/// The identity provider: what is stated, else what follows from the mode.
pub(super) fn keycloak(environment: &Environment, outer: &Located) -> Node {
    let stated = &environment.settings.keycloak;
    let own = stated.mode.as_ref().is_some_and(|mode| mode.text == "environment");
    let domain = if own { &environment.domain } else { outer };
    let mut table = Table::new(stated.span.unwrap_or(domain.span));
    let url = match &stated.url {
        Some(url) => leaf(url.text.trim_end_matches('/'), url.span),
        None => leaf(&format!("https://keycloak.{}", domain.text), domain.span),
    };
    table.put("url", url);
    let realm = match &stated.realm {
        Some(realm) => located(realm),
        None => leaf(environment.realm(), stated.mode.as_ref().map_or(domain.span, |mode| mode.span)),
    };
    table.put("realm", realm);
    match &stated.internal_url {
        Some(url) => table.put("internalUrl", located(url)),
        None => by_mode(&mut table, "internalUrl", &stated.mode, ("environment", "http://keycloak")),
    }
    table.text("mode", &stated.mode);
    table.finish()
}

/// What follows from a mode where nobody states it: the name of the release that serves it.
fn by_mode(table: &mut Table, key: &str, mode: &Option<Located>, (wanted, text): (&str, &str)) {
    if let Some(mode) = mode.as_ref().filter(|mode| mode.text == wanted) {
        table.put(key, leaf(text, mode.span));
    }
}

/// The Secret that a release of a mode makes, where nobody states another one.
fn made_secret(
    mode: &Option<Located>,
    (wanted, text): (&str, &str),
    stated: &SecretRef,
    keys: &[(&str, &Option<Located>)],
) -> Table {
    if stated.is_stated() {
        return secret(stated, keys);
    }
    let mut table = Table::new(mode.as_ref().map_or_else(Span::default, |mode| mode.span));
    by_mode(&mut table, "name", mode, (wanted, text));
    table
}

/// A Secret as charts name it: its name, and the keys in it.
fn secret(reference: &SecretRef, keys: &[(&str, &Option<Located>)]) -> Table {
    let mut table = Table::new(reference.span.unwrap_or_default());
    table.text("name", &reference.secret);
    if reference.secret.is_some() {
        for (key, stated) in keys {
            table.text(key, stated);
        }
    }
    table
}

/// What the charts of this project take as `global`. What nobody stated is left out: the chart's default holds.
fn global(environment: &Environment, outer: &Located) -> Node {
    let settings = &environment.settings;
    let span = environment.domain.span;
    let mut global = Table::new(span);
    global.put("baseDomain", located(&environment.domain));
    global.text("timeZone", &settings.time_zone);
    global.text("imageRegistry", &settings.images.registry);
    if let Some(first) = settings.images.pull_secrets.first() {
        global.put("imagePullSecrets", list(&settings.images.pull_secrets, first.span));
    }
    global.text("storageClass", &settings.storage.class);
    global.table("keycloak", global_keycloak(environment, outer));
    let database = &settings.database;
    let mut postgresql = Table::new(database.span.unwrap_or(span));
    match &database.host {
        Some(host) => postgresql.put("host", located(host)),
        None => by_mode(&mut postgresql, "host", &database.mode, SHARED_DATABASE),
    }
    postgresql.number("port", database.port);
    let admin = &database.admin_secret;
    let keys = [("usernameKey", &admin.username_key), ("passwordKey", &admin.key)];
    postgresql.table("adminSecret", made_secret(&database.mode, SHARED_DATABASE, admin, &keys));
    global.table("postgresql", postgresql);
    let mut redis = Table::new(settings.redis.span.unwrap_or(span));
    match &settings.redis.host {
        Some(host) => redis.put("host", located(host)),
        None => by_mode(&mut redis, "host", &settings.redis.mode, SHARED_REDIS),
    }
    redis.number("port", settings.redis.port);
    let keys = [("passwordKey", &settings.redis.secret.key)];
    redis.table("secret", made_secret(&settings.redis.mode, SHARED_REDIS, &settings.redis.secret, &keys));
    global.table("redis", redis);
    let mut kafka = Table::new(settings.kafka.span.unwrap_or(span));
    match &settings.kafka.bootstrap_servers {
        Some(servers) => kafka.put("bootstrapServers", located(servers)),
        None => by_mode(&mut kafka, "bootstrapServers", &settings.kafka.mode, ("shared", "kafka:9092")),
    }
    global.table("kafka", kafka);
    let storage = &settings.object_storage;
    let mut object_storage = Table::new(storage.span.unwrap_or(span));
    match &storage.endpoint {
        Some(endpoint) => object_storage.put("endpoint", located(endpoint)),
        None => by_mode(&mut object_storage, "endpoint", &storage.mode, ("shared", "http://object-storage:9000")),
    }
    object_storage.text("publicUrl", &storage.public_url);
    object_storage.text("region", &storage.region);
    let keys = [("accessKeyKey", &storage.secret.username_key), ("secretKeyKey", &storage.secret.key)];
    object_storage.table("secret", made_secret(&storage.mode, ("shared", "object-storage"), &storage.secret, &keys));
    global.table("objectStorage", object_storage);
    let mut mail = Table::new(settings.mail.span.unwrap_or(span));
    match (&settings.mail.host, settings.mail.enabled.filter(|enabled| enabled.value)) {
        (Some(host), _) => mail.put("host", located(host)),
        (None, Some(enabled)) => mail.put("host", leaf("mail", enabled.span)),
        (None, None) => {}
    }
    mail.number("port", settings.mail.port);
    mail.text("from", &settings.mail.from);
    global.table("mail", mail);
    surroundings(environment, &mut global);
    global.finish()
}

fn global_keycloak(environment: &Environment, outer: &Located) -> Table {
    let stated = &environment.settings.keycloak;
    let derived = keycloak(environment, outer);
    let mut table = Table::new(derived.span());
    for key in ["url", "internalUrl", "realm"] {
        if let Some(node) = derived.get(key) {
            table.put(key, node.clone());
        }
    }
    let admin = &stated.admin_secret;
    let keys = [("usernameKey", &admin.username_key), ("passwordKey", &admin.key)];
    table.table("adminSecret", made_secret(&stated.mode, ("environment", "keycloak"), admin, &keys));
    table
}

fn surroundings(environment: &Environment, global: &mut Table) {
    let settings = &environment.settings;
    let span = environment.domain.span;
    let stated = &settings.routes;
    let mut routes = Table::new(stated.span.unwrap_or(span));
    routes.text("kind", &stated.kind);
    let mut gateway = Table::new(stated.span.unwrap_or(span));
    gateway.text("name", &stated.gateway);
    routes.table("gateway", gateway);
    routes.text("ingressClassName", &stated.ingress_class);
    global.table("routes", routes);
    let mut bundle = Table::new(settings.ca_bundle.span.unwrap_or(span));
    bundle.text("configMap", &settings.ca_bundle.config_map);
    bundle.text("key", &settings.ca_bundle.key);
    global.table("caBundle", bundle);
    let mut proxy = Table::new(settings.proxy.span.unwrap_or(span));
    proxy.text("http", &settings.proxy.http);
    proxy.text("https", &settings.proxy.https);
    proxy.text("none", &settings.proxy.none);
    global.table("proxy", proxy);
    let mut monitoring = Table::new(settings.monitoring.span.unwrap_or(span));
    monitoring.flag("enabled", settings.monitoring.enabled);
    if !settings.monitoring.labels.is_empty() {
        monitoring.put("labels", texts(&settings.monitoring.labels, span));
    }
    global.table("monitoring", monitoring);
    let mut policies = Table::new(settings.network_policy.span.unwrap_or(span));
    policies.flag("enabled", settings.network_policy.enabled);
    global.table("networkPolicy", policies);
}
