//! What an environment builds on: identities, databases, queues, storage, mail.

use super::fields::Located;
use super::forms::{DURATION, EMAIL, LABEL, OBJECT_NAME, QUANTITY, SERVER, SERVERS, TEXT, URL};
use super::part::{Flag, Named, Number, part};
use super::secret::{SECRET, SecretRef};
use super::shape::Shape;

part! {
    /// Where people and services sign in.
    pub Keycloak = "keycloak" {
        /// The `organisation`'s, one of the `environment`'s own, or an `external` one.
        mode "mode": Option<Located> = Shape::OneOf(&["organisation", "environment", "external"]);
        /// Its public URL; `https://keycloak.DOMAIN` of the organisation or the environment unless stated.
        url "url": Option<Located> = Shape::Text(URL);
        /// Its URL inside the cluster.
        internal_url "internalUrl": Option<Located> = Shape::Text(URL);
        /// The realm; `master` of the organisation's, `staff` of an environment's own unless stated.
        realm "realm": Option<Located> = Shape::Text(super::forms::REALM);
        /// The Secret with its administrator.
        admin_secret "adminSecret": SecretRef = SECRET;
        /// How many pods an environment's own has.
        replicas "replicas": Option<Number> = Shape::Whole(1, 100);
    }
}

part! {
    /// PostgreSQL.
    pub Database = "database" {
        /// `bundled` in each module, `shared` in the namespace, or `external`.
        mode "mode": Option<Located> = Shape::OneOf(&["bundled", "shared", "external"]);
        /// Its name or address; required of an external one.
        host "host": Option<Located> = Shape::Text(SERVER);
        /// Its port; 5432 unless stated.
        port "port": Option<Number> = Shape::Whole(1, 65535);
        /// The Secret with its superuser; required of an external one before the installation.
        admin_secret "adminSecret": SecretRef = SECRET;
        /// The storage class of its claims, where it is not the environment's.
        storage_class "storageClass": Option<Located> = Shape::Text(OBJECT_NAME);
        /// The size of its claim.
        size "size": Option<Located> = Shape::Text(QUANTITY);
        /// How many copies follow the server of the namespace (mode `shared`): they keep its data where it fails, and answer programs that only read.
        read_replicas "readReplicas": Option<Number> = Shape::Whole(0, 10);
        /// How many connections it takes.
        max_connections "maxConnections": Option<Number> = Shape::Whole(10, 100_000);
    }
}

part! {
    /// Kafka.
    pub Kafka = "kafka" {
        /// `bundled` in each module, `shared` in the namespace, `external`, or `none`.
        mode "mode": Option<Located> = Shape::OneOf(&["bundled", "shared", "external", "none"]);
        /// Servers of an external one, with ports.
        bootstrap_servers "bootstrapServers": Option<Located> = Shape::Text(SERVERS);
        /// How many controllers.
        controllers "controllers": Option<Number> = Shape::Whole(1, 99);
        /// How many brokers; 0 where the controllers do their work.
        brokers "brokers": Option<Number> = Shape::Whole(0, 999);
        /// How many copies of each topic.
        replication "replication": Option<Number> = Shape::Whole(1, 99);
        /// How many copies have to be in step.
        min_in_sync "minInSync": Option<Number> = Shape::Whole(1, 99);
        /// How long messages are kept.
        retention "retention": Option<Located> = Shape::Text(DURATION);
        /// The storage class of its claims, where it is not the environment's.
        storage_class "storageClass": Option<Located> = Shape::Text(OBJECT_NAME);
        /// The size of a broker's claim; without one a sandbox's brokers keep nothing.
        size "size": Option<Located> = Shape::Text(QUANTITY);
    }
}

part! {
    /// S3 storage.
    pub ObjectStorage = "objectStorage" {
        /// `bundled` in each module, `shared` in the namespace, or `external`.
        mode "mode": Option<Located> = Shape::OneOf(&["bundled", "shared", "external"]);
        /// Its URL inside the cluster; required of an external one.
        endpoint "endpoint": Option<Located> = Shape::Text(URL);
        /// Its URL for browsers.
        public_url "publicUrl": Option<Located> = Shape::Text(URL);
        /// Its region; `us-east-1` unless stated.
        region "region": Option<Located> = Shape::Text(LABEL);
        /// The Secret with its keys.
        secret "secret": SecretRef = SECRET;
        /// The size of its claim.
        size "size": Option<Located> = Shape::Text(QUANTITY);
        /// The storage class of its claims, where it is not the environment's.
        storage_class "storageClass": Option<Located> = Shape::Text(OBJECT_NAME);
    }
}

part! {
    /// Redis.
    pub Redis = "redis" {
        /// `bundled` in each module, `shared` in the namespace, or `external`.
        mode "mode": Option<Located> = Shape::OneOf(&["bundled", "shared", "external"]);
        /// Its name or address; required of an external one.
        host "host": Option<Located> = Shape::Text(SERVER);
        /// Its port; 6379 unless stated.
        port "port": Option<Number> = Shape::Whole(1, 65535);
        /// The Secret with its password.
        secret "secret": SecretRef = SECRET;
    }
}

part! {
    /// Outgoing mail.
    pub Mail = "mail" {
        /// Whether a relay runs in the namespace.
        enabled "enabled": Option<Flag> = Shape::Bool;
        /// The domain in whose name it sends; the environment's unless stated.
        mailname "mailname": Option<Located> = Shape::Text(SERVER);
        /// A relay elsewhere.
        host "host": Option<Located> = Shape::Text(SERVER);
        /// Its port; 25 unless stated.
        port "port": Option<Number> = Shape::Whole(1, 65535);
        /// The sender.
        from "from": Option<Located> = Shape::Text(EMAIL);
        /// The Secret with its user and password.
        secret "secret": SecretRef = SECRET;
    }
}

part! {
    /// Claims of an environment.
    pub Claims = "storage of an environment" {
        /// The storage class; the cluster's default unless stated.
        class "class": Option<Located> = Shape::Text(OBJECT_NAME);
        /// Sizes of claims by what they hold: `postgresql`, `objectStorage`, `odoo`, `opensearch`, `kafka`, `softhsm` and so on.
        sizes "sizes": Named<Option<Located>> = Shape::Map(TEXT, &Shape::Text(QUANTITY));
    }
}

part! {
    /// Where Keymanager keeps its keys. It cannot be switched later.
    pub Keystore = "keystore" {
        /// `PKCS12` in the database, or `PKCS11` in an HSM.
        kind "type": Option<Located> = Shape::OneOf(&["PKCS12", "PKCS11"]);
        /// Whether it is kept.
        persistence "persistence": Option<Flag> = Shape::Bool;
    }
}

part! {
    /// Metrics and alerts.
    pub Monitoring = "monitoring" {
        /// Whether charts bring their ServiceMonitors.
        enabled "enabled": Option<Flag> = Shape::Bool;
        /// How long metrics are kept.
        retention "retention": Option<Located> = Shape::Text(DURATION);
        /// Labels by which Prometheus finds ServiceMonitors.
        labels "labels": Named<Option<Located>> = Shape::Map(super::forms::LABEL_KEY, &Shape::Text(super::forms::LABEL_VALUE));
        /// Who is told.
        alerts "alerts": Alerts = Shape::Part(&Alerts::PART);
    }
}

part! {
    /// Where alerts go; each may be left out.
    pub Alerts = "alerts" {
        /// The webhook of a Slack channel.
        slack "slack": SecretRef = SECRET;
        /// Mail addresses.
        mail "mail": Vec<Located> = Shape::List(&Shape::Text(EMAIL));
        /// The mail server with its port.
        smarthost "smarthost": Option<Located> = Shape::Text(super::forms::SMARTHOST);
        /// The token of a Telegram bot.
        telegram "telegram": SecretRef = SECRET;
        /// The chat to which it writes.
        telegram_chat "telegramChat": Option<Located> = Shape::Text(TEXT);
    }
}

part! {
    /// Logs.
    pub Logging = "logging" {
        /// `loki` with OpenTelemetry, `fluentd` (Rancher's logging) with OpenSearch, or `none`.
        stack "stack": Option<Located> = Shape::OneOf(&["loki", "fluentd", "none"]);
        /// How long logs are kept.
        retention "retention": Option<Located> = Shape::Text(DURATION);
    }
}

part! {
    /// Backups.
    pub Backup = "backup" {
        /// Whether there are any.
        enabled "enabled": Option<Flag> = Shape::Bool;
        /// The host that keeps them.
        host "host": Option<Located> = Shape::Text(LABEL);
        /// What is saved: databases, etcd, Rancher, NFS folders, configuration of hosts.
        groups "groups": Vec<Located> = Shape::List(&Shape::OneOf(&["pg", "etcd", "rancher", "nfs", "configs"]));
        /// When, by group.
        schedules "schedules": Named<Option<Located>> = Shape::Map(LABEL, &Shape::Text(super::forms::CRON));
        /// When restoring is tried out.
        drill "drill": Option<Located> = Shape::Text(super::forms::CRON);
        /// The passphrase of the backups.
        passphrase "passphrase": SecretRef = SECRET;
    }
}

part! {
    /// Network policies.
    pub NetworkPolicy = "networkPolicy" {
        /// Whether charts bring their policies.
        enabled "enabled": Option<Flag> = Shape::Bool;
    }
}
