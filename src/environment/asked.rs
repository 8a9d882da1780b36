//! From what charts of this project call missing under `global` to the field that states it.

/// What charts call it, and the field of an environment.
const FIELDS: &[(&str, &str, &str)] = &[
    ("global.keycloak.adminSecret", "keycloak.adminSecret", "{secret: NAME, usernameKey: username, key: password}"),
    ("global.keycloak.url", "keycloak.url", "https://keycloak.example.org"),
    ("global.postgresql.adminSecret", "database.adminSecret", "{secret: NAME, usernameKey: username, key: password}"),
    ("global.postgresql.host", "database.host", "HOST"),
    ("global.redis.secret", "redis.secret", "{secret: NAME}"),
    ("global.redis.host", "redis.host", "HOST"),
    ("global.kafka.bootstrapServers", "kafka.bootstrapServers", "HOST:9092"),
    ("global.objectStorage.endpoint", "objectStorage.endpoint", "http://HOST:9000"),
    ("global.objectStorage.secret", "objectStorage.secret", "{secret: NAME, usernameKey: accessKey, key: secretKey}"),
    ("global.mail.host", "mail.host", "HOST"),
    ("global.baseDomain", "domain", "qa.example.org"),
];

/// How an implementer states what a chart's message calls missing.
pub(crate) fn cure(message: &str) -> Option<String> {
    let (_, field, example) = FIELDS.iter().find(|(called, ..)| message.contains(called))?;
    let stated = match field.split_once('.') {
        Some((part, field)) => format!("{part}: {{{field}: {example}}}"),
        None => format!("{field}: {example}"),
    };
    Some(format!("state `{field}` of the environment, as in `{stated}`"))
}

/// The part of an environment's file that holds that field.
pub(crate) fn part(message: &str) -> Option<&'static str> {
    let (_, field, _) = FIELDS.iter().find(|(called, ..)| message.contains(called))?;
    Some(field.split('.').next().unwrap_or(field))
}
