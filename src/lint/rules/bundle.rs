//! Rules of bundles: their manual pages. What looks for them is the proof of a bundle, which knows all releases.

use crate::lint::rule::{Check, Doc, Group, Rule};

const fn rule(name: &'static str, group: Group, [what, why, bad, good]: [&'static str; 4]) -> Rule {
    Rule { name, group, doc: Doc { what, why, bad, good }, check: Check::Bundle }
}

use Group::{Correctness, Suspicious};

pub(super) const RULES: &[Rule] = &[
    rule(
        "archive-too-large",
        Suspicious,
        [
            "A chart archive that does not fit into one object of the cluster.",
            "Rancher Apps and Fleet's Bundles keep the archive in a Secret or Bundle of at most 1 MiB.",
            "charts/shop-1.0.0.tgz   # 1.3 MB",
            "# files/ holds what templates read; the rest comes from an image or a volume",
        ],
    ),
    rule(
        "blocked-connection",
        Correctness,
        [
            "A program that is told to call another one which network policies do not let it reach.",
            "The caller waits until its request times out, and nothing says why.",
            "egress: []   # of a pod with DB_HOST: db",
            "egress:\n  - to: [{podSelector: {matchLabels: {app: db}}}]\n    ports: [{port: 5432}]",
        ],
    ),
    rule(
        "client-conflict",
        Correctness,
        [
            "One client id of two environments that share a realm of Keycloak.",
            "The second installation overwrites the client of the first one, with its secret and its redirect URLs.",
            "clientId: openg2p-pbms   # in two environments",
            "clientId: openg2p-pbms-{{ namespace }}",
        ],
    ),
    rule(
        "database-major",
        Correctness,
        [
            "An upgrade that changes the major version of a PostgreSQL server beside its data.",
            "The new server refuses to start with the files of the old one.",
            "image: postgres:18   # was postgres:16",
            "# dump the databases, install a new server, restore; or stay at 16",
        ],
    ),
    rule(
        "gateway-port-conflict",
        Correctness,
        [
            "Two Gateways with one port of the same ingress gateway, for TCP or for the same host.",
            "Istio honours one of them; the other environment is not reached, or reaches the first one's database.",
            "servers: [{port: {number: 5432, protocol: TCP}, hosts: [\"*\"]}]   # twice",
            "routes:\n  postgresqlPort: 5433   # in one of the environments",
        ],
    ),
    rule(
        "host-conflict",
        Correctness,
        [
            "One host of two releases whose routes do not share it by path, or of two environments.",
            "Requests go to one of them, and which one changes with the order of installation.",
            "hosts:\n  portal: portal.example.org   # in two environments",
            "hosts:\n  portal: portal.pilot.example.org",
        ],
    ),
    rule(
        "immutable-field",
        Correctness,
        [
            "An upgrade that changes a field which Kubernetes does not let anybody change.",
            "The API server refuses the object, and the release stands half upgraded.",
            "serviceName: db-headless   # of a StatefulSet, was db",
            "# keep it, or give the object another name and move the data",
        ],
    ),
    rule(
        "issuer-mismatch",
        Correctness,
        [
            "A program that takes another URL for the issuer of tokens than the one that browsers see.",
            "Tokens name the public URL as their issuer, and the program refuses every one of them.",
            "OIDC_ISSUER: http://keycloak/realms/staff",
            "OIDC_ISSUER: https://keycloak.example.org/realms/staff\nOIDC_JWKS_URL: http://keycloak/realms/staff/protocol/openid-connect/certs",
        ],
    ),
    rule(
        "keystore-change",
        Correctness,
        [
            "An upgrade that switches the type of Keymanager's keystore.",
            "The keys of the old store are lost, and with them everything that was encrypted.",
            "keystore: {type: PKCS11}   # was PKCS12",
            "# keep the type; a new installation may take the other one",
        ],
    ),
    rule(
        "late-need",
        Correctness,
        [
            "A release that needs what only a release of the same or a later wave gives.",
            "The installation waits for pods that wait for a Secret that is not there yet, until it times out.",
            "modules:\n  portal: {chart: portal, version: 1.0.0}   # reads the Secret of `store`",
            "modules:\n  portal: {chart: portal, version: 1.0.0, needs: [store]}",
        ],
    ),
    rule(
        "missing-crd",
        Correctness,
        [
            "An object of a custom kind whose definition no release brings before it.",
            "The API server does not know the kind and refuses the whole release.",
            "kind: ServiceMonitor   # and no monitoring in the bundle",
            "monitoring: {enabled: false}   # or let the base infrastructure bring it",
        ],
    ),
    rule(
        "missing-key",
        Correctness,
        [
            "A key of a Secret or ConfigMap that it does not have.",
            "Pods stand in CreateContainerConfigError.",
            "secretKeyRef: {name: db, key: pasword}",
            "secretKeyRef: {name: db, key: password}",
        ],
    ),
    rule(
        "missing-namespace",
        Correctness,
        [
            "An object in another namespace than that of its release, which nothing made before.",
            "The API server refuses the object, and the release with it.",
            "metadata: {name: dashboard, namespace: cattle-dashboards}   # without monitoring",
            "metadata: {name: dashboard}",
        ],
    ),
    rule(
        "missing-need",
        Correctness,
        [
            "A need that a chart states under `chartwright.io/needs` and that nothing in the bundle gives.",
            "What the chart installs does not start, or does not work.",
            "- database: {host: postgresql, name: pbms}   # and no release makes it",
            "external:\n  - database: {host: postgresql, name: pbms}   # or a release that makes it",
        ],
    ),
    rule(
        "missing-reference",
        Correctness,
        [
            "A Secret, ConfigMap, claim, service account, Service, Gateway or storage class that an object names and nothing gives.",
            "Pods wait for it for ever, and routes lead nowhere.",
            "existingSecret: mail-login   # nobody makes it",
            "external:\n  - secret: {name: mail-login, keys: [password]}   # the site makes it",
        ],
    ),
    rule(
        "needs-cycle",
        Correctness,
        [
            "Steps that need each other in a ring.",
            "There is no order in which they could be done.",
            "a: {needs: [b]}\nb: {needs: [a]}",
            "a: {}\nb: {needs: [a]}",
        ],
    ),
    rule(
        "node-port-conflict",
        Correctness,
        [
            "A node port of two Services of one cluster, or of the ingress gateway, or outside of the range.",
            "The API server refuses the second Service.",
            "nodePort: 30080   # the load balancer sends requests there",
            "# no nodePort: Kubernetes finds a free one",
        ],
    ),
    rule(
        "object-conflict",
        Correctness,
        [
            "An object that two releases render: one of the whole cluster, or one of the same namespace.",
            "Helm refuses to install what belongs to another release, or the two overwrite each other.",
            "kind: ClusterRole\nmetadata: {name: reader}   # in two environments",
            "kind: ClusterRole\nmetadata: {name: \"{{ .Release.Namespace }}-{{ .Release.Name }}-reader\"}",
        ],
    ),
    rule(
        "over-capacity",
        Correctness,
        [
            "Pods that ask for more than the nodes of their cluster have, together or one alone.",
            "The last ones stay Pending, and the installation times out.",
            "resources: {requests: {memory: 128Gi}}   # on nodes of 64Gi",
            "resources: {requests: {memory: 8Gi}}",
        ],
    ),
    rule(
        "removed-claim",
        Suspicious,
        [
            "A claim that an upgrade no longer renders and that nothing keeps.",
            "Helm deletes it, and the storage class may delete its data.",
            "# the claim `files` is gone from the templates",
            "annotations: {helm.sh/resource-policy: keep}   # before the upgrade",
        ],
    ),
    rule(
        "service-selector-change",
        Suspicious,
        [
            "An upgrade that changes which pods a Service selects.",
            "Until the new pods run, the Service leads to none.",
            "selector: {app: portal-v2}   # was portal",
            "selector: {app: portal}",
        ],
    ),
    rule(
        "shrinking-claim",
        Correctness,
        [
            "An upgrade that makes a claim smaller.",
            "Kubernetes refuses to shrink volumes.",
            "storage: 8Gi   # was 20Gi",
            "storage: 20Gi",
        ],
    ),
    rule(
        "skipped-version",
        Suspicious,
        [
            "An upgrade that goes back, or over more than one version of what is upgraded step by step.",
            "Kubernetes, Rancher and Istio support one minor version at a time; charts migrate data from one major to the next.",
            "rke2: v1.33.6+rke2r1   # was v1.31",
            "rke2: v1.32.10+rke2r1   # then v1.33",
        ],
    ),
    rule(
        "unfrozen-release",
        Correctness,
        [
            "An image of a pilot or a production that can become another one.",
            "A restart of a pod installs what nobody tested.",
            "image: openg2p/portal:develop",
            "image: openg2p/portal:1.2.3",
        ],
    ),
    rule(
        "unknown-host",
        Correctness,
        [
            "A program or route that is told to call a Service which is not there.",
            "Its name is not found, and the program does not start.",
            "DB_HOST: postgres   # the Service is called postgresql",
            "DB_HOST: postgresql",
        ],
    ),
    rule(
        "unknown-port",
        Correctness,
        [
            "A program or route that calls a port which the Service does not have.",
            "The connection is refused.",
            "REDIS_URL: redis://store:6380",
            "REDIS_URL: redis://store:6379",
        ],
    ),
    rule(
        "unmatched-gateway",
        Correctness,
        [
            "A Gateway whose selector matches no pods.",
            "Nobody serves its hosts.",
            "selector: {istio: ingress-gateway}",
            "selector: {istio: ingressgateway}",
        ],
    ),
    rule(
        "unreadable-needs",
        Correctness,
        [
            "A `chartwright.io/needs` or `chartwright.io/provides` that is no list of things.",
            "Nobody knows what the chart needs.",
            "- secrets: {name: db}",
            "- secret: {name: db}",
        ],
    ),
    rule(
        "unready-webhook",
        Correctness,
        [
            "An object that a webhook is asked about before the webhook answers.",
            "The API server refuses the object because it cannot ask.",
            "wait: false   # of the release with the webhook",
            "wait: true",
        ],
    ),
];
