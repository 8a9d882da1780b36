//! What people and scripts do between the releases, derived from what an organisation and its environments state.
//!
//! The order is that of the deployment guide: machines, base infrastructure, import into Rancher, sign-in, then for
//! each environment its names and certificates, its releases, and what no chart can set.

use super::plan::Planned;
use super::surroundings::{PULL_SECRET_KEY, brought};
use super::{Step, Thing, ThingKind, Work};
use crate::environment::{
    Cluster, Environment, Organisation, SignedIn, admin_realm, certificate_places, dns_records, entry_hosts, signed_in,
};
use std::collections::{BTreeMap, BTreeSet};

/// Charts whose Odoo needs parameters once it runs.
const ODOO_CHARTS: &[&str] = &["openg2p", "openg2p-odoo", "openg2p-pbms", "openg2p-social-registry"];
/// Charts with SPAR's self-service.
const SPAR_CHARTS: &[&str] = &["openg2p-spar", "spar"];

/// The steps beside the releases. Releases that need nothing of their namespace get the steps that prepare it as needs.
pub fn derive_steps(
    organisation: Option<&Organisation>,
    environments: &[Environment],
    releases: &mut [Planned<'_>],
) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Some(organisation) = organisation {
        infrastructure(organisation, environments, releases, &mut steps);
    }
    for environment in environments {
        let last = last_releases(environment, releases);
        let mut done = Vec::new();
        let ends = steps.len();
        if let Some(organisation) = organisation {
            steps.extend(role_grants(organisation, environment, &last));
        }
        for module in &environment.modules {
            let chart = module.chart.text.as_str();
            let release = module.release.text.as_str();
            if ODOO_CHARTS.contains(&chart) {
                steps.push(odoo(environment, release));
            }
            if SPAR_CHARTS.contains(&chart) {
                steps.push(spar(environment, release));
            }
        }
        done.extend(steps[ends..].iter().map(|step| step.id.clone()));
        if organisation.is_some() && !environment.modules.is_empty() {
            steps.push(environment_check(environment, if done.is_empty() { last } else { done }));
        }
    }
    steps
}

/// The releases of an environment that no other one needs.
fn last_releases(environment: &Environment, releases: &[Planned<'_>]) -> Vec<String> {
    let own = || releases.iter().filter(|one| std::ptr::eq(one.environment, environment));
    let needed: BTreeSet<&String> = own().flat_map(|one| &one.needs).collect();
    own().map(Planned::id).filter(|id| !needed.contains(id)).collect()
}

fn infrastructure(
    organisation: &Organisation,
    environments: &[Environment],
    releases: &mut [Planned<'_>],
    steps: &mut Vec<Step>,
) {
    let estate = &organisation.estate;
    let used: BTreeSet<&str> = releases.iter().map(|one| one.environment.cluster.text.as_str()).collect();
    let used: BTreeSet<String> = used.into_iter().map(str::to_owned).collect();
    let is_used = |name: &str| used.contains(name);
    if !estate.hosts.is_empty() {
        let machines = estate.hosts.iter().map(|(name, _)| name.text.clone()).collect();
        let work = Work::Hosts { machines, verify: None };
        steps.push(Step::new("hosts/machines", "set up the machines beside the clusters", &[], work));
    }
    let records = dns_records(organisation, &[]);
    if !records.is_empty() {
        steps.push(dns("organisation/dns", &records));
    }
    for (name, cluster) in estate.clusters.iter().filter(|(name, _)| is_used(&name.text)) {
        steps.extend(nodes(&name.text, cluster, steps));
        base(&name.text, cluster, releases, steps);
    }
    for (name, cluster) in estate.clusters.iter().filter(|(name, _)| is_used(&name.text)) {
        steps.extend(import(&name.text, cluster, releases, steps));
        steps.extend(rancher_login(organisation, &name.text, cluster, releases));
    }
    let known: BTreeSet<String> = steps.iter().map(|step| step.id.clone()).collect();
    for environment in environments.iter().filter(|one| !one.modules.is_empty()) {
        let records = dns_records(organisation, &[environment]);
        let own: Vec<_> = records.into_iter().filter(|one| one.environment).collect();
        let (name, cluster) = (&environment.name.text, &environment.cluster.text);
        let mut before = vec![format!("check/{cluster}"), format!("rancher-import/{cluster}")];
        before.retain(|id| known.contains(id));
        if !own.is_empty() {
            before.push(format!("dns/{name}"));
            steps.push(Step { environment: Some(name.clone()), ..dns(&format!("dns/{name}"), &own) });
        }
        // What is a Secret in the cluster is a step of its own, or made there.
        if estate.certificates.span.is_some() && !certificate_places(organisation, environment).in_cluster {
            before.push(format!("certificates/{name}"));
            steps.push(certificates(organisation, environment, known.contains("hosts/machines")));
        }
        let home = format!("{cluster}/{}/", environment.namespace.text);
        let ours = releases.iter_mut().filter(|one| std::ptr::eq(one.environment, environment));
        // The others wait for these.
        let first = ours.filter(|one| !one.needs.iter().any(|need| need.starts_with(&home)));
        first.for_each(|one| one.needs.extend(before.iter().cloned()));
    }
    for environment in environments.iter().filter(|one| !one.modules.is_empty()) {
        for (namespace, mut step) in site(environment) {
            step.needs.retain(|id| known.contains(id));
            let home = format!("{}/{namespace}/", environment.cluster.text);
            let own = releases.iter_mut().filter(|one| one.id().starts_with(&home));
            let first = own.filter(|one| !one.needs.iter().any(|need| need.starts_with(&home)));
            first.for_each(|one| one.needs.push(step.id.clone()));
            steps.push(step);
        }
    }
}

/// A name or key that may stand in a command.
fn is_plain(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !text.is_empty() && !text.starts_with('-') && text.bytes().all(allowed)
}

/// What people make in namespaces before the releases there: a step for each namespace, with the command that makes each
/// thing and one that finds it.
fn site(environment: &Environment) -> Vec<(String, Step)> {
    let (cluster, own) = (&environment.cluster.text, &environment.namespace.text);
    let mut by_namespace: BTreeMap<String, Vec<Thing>> = BTreeMap::new();
    for thing in brought(environment) {
        let namespace = thing.namespace.clone().unwrap_or_else(|| own.clone());
        if is_plain(&namespace) && is_plain(&thing.name) && thing.keys.iter().all(|key| is_plain(key)) {
            by_namespace.entry(namespace).or_default().push(thing);
        }
    }
    let name = &environment.name.text;
    let step = |(namespace, things): (String, Vec<Thing>)| {
        let kubectl = format!("kubectl --context {cluster} -n {namespace}");
        let mut values = vec![(
            format!("namespace {namespace}"),
            format!(
                "kubectl --context {cluster} create namespace {namespace} --dry-run=client -o yaml | kubectl --context {cluster} apply -f -"
            ),
        )];
        let mut verify = Vec::new();
        for thing in &things {
            let why = thing.why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
            values
                .push((format!("{} {}{why}", thing.kind.name(), thing.name), format!("{kubectl} {}", creation(thing))));
            let kind = if thing.kind == ThingKind::Secret { "secret" } else { "configmap" };
            verify.push(format!("{kubectl} get {kind} {} -o name", thing.name));
            verify.extend(thing.keys.iter().map(|key| {
                let path = key.replace('.', "\\.");
                format!("test -n \"$({kubectl} get {kind} {} -o 'jsonpath={{.data.{path}}}')\"", thing.name)
            }));
        }
        let instruction = "Make these, unless they are there, with files of the site in the place of words in capitals. No \
                           file of the bundle holds them.";
        let work = Work::Manual { instruction: instruction.to_owned(), values, verify: verify.join(" && ") };
        let id = if namespace == *own { format!("site/{name}") } else { format!("site/{name}.{namespace}") };
        let step = Step::new(&id, &format!("what the site brings into namespace {namespace}"), &[], work);
        (namespace, Step { environment: Some(name.clone()), ..step.on(cluster) })
    };
    let mut steps: Vec<(String, Step)> = by_namespace.into_iter().map(step).collect();
    for (_, step) in &mut steps {
        step.needs.push(format!("hosts/{cluster}"));
    }
    steps
}

/// The end of the command that makes a thing.
fn creation(thing: &Thing) -> String {
    let name = &thing.name;
    let keys: Vec<&str> = thing.keys.iter().map(String::as_str).collect();
    let files = |keys: &[&str]| keys.iter().map(|key| format!(" --from-file={key}=FILE")).collect::<String>();
    match (thing.kind, keys.as_slice()) {
        (ThingKind::Secret, ["tls.crt", "tls.key"]) => format!("create secret tls {name} --cert=CHAIN --key=KEY"),
        (ThingKind::Secret, [PULL_SECRET_KEY]) => format!(
            "create secret docker-registry {name} --docker-server=REGISTRY --docker-username=USER --docker-password=\"$(cat FILE)\""
        ),
        (ThingKind::Secret, []) => format!("create secret generic {name} --from-file=FOLDER"),
        (ThingKind::Secret, keys) => format!("create secret generic {name}{}", files(keys)),
        (_, []) => format!("create configmap {name} --from-file=FOLDER"),
        (_, keys) => format!("create configmap {name}{}", files(keys)),
    }
}

impl Step {
    fn new(id: &str, title: &str, needs: &[String], work: Work) -> Step {
        let (cluster, environment) = (None, None);
        Step { id: id.to_owned(), title: title.to_owned(), cluster, environment, needs: needs.to_vec(), wave: 0, work }
    }

    fn on(self, cluster: &str) -> Step {
        Step { cluster: Some(cluster.to_owned()), ..self }
    }
}

fn present(steps: &[Step], id: &str) -> Option<String> {
    steps.iter().any(|step| step.id == id).then(|| id.to_owned())
}

fn nodes(name: &str, cluster: &Cluster, steps: &[Step]) -> Option<Step> {
    if cluster.nodes.is_empty() {
        return None;
    }
    let machines = cluster.nodes.iter().map(|(name, _)| name.text.clone()).collect();
    let verify = Some(format!("kubectl --context {name} wait --for=condition=Ready node --all --timeout=30s"));
    let needs: Vec<String> = present(steps, "hosts/machines").into_iter().collect();
    let title = format!("set up the nodes of cluster {name}");
    Some(Step::new(&format!("hosts/{name}"), &title, &needs, Work::Hosts { machines, verify }).on(name))
}

/// The base infrastructure of a cluster stands behind its nodes, and its check behind both.
fn base(name: &str, cluster: &Cluster, releases: &mut [Planned<'_>], steps: &mut Vec<Step>) {
    let nodes = present(steps, &format!("hosts/{name}"));
    let mut needs: Vec<String> = nodes.iter().cloned().collect();
    for release in releases.iter_mut().filter(|one| one.is_base && one.environment.cluster.text == name) {
        if release.needs.is_empty() {
            release.needs.extend(nodes.iter().cloned());
        }
        needs.push(release.id());
    }
    let has_base = needs.len() > nodes.iter().len();
    let mut command = format!("kubectl --context {name} get --raw /readyz");
    if let Some(class) = cluster.storage.class.as_ref().filter(|_| has_base) {
        command.push_str(&format!(" && kubectl --context {name} get storageclass {}", class.text));
    }
    let title = format!("cluster {name} is ready for environments");
    steps.push(Step::new(&format!("check/{name}"), &title, &needs, Work::Check { command }).on(name));
}

fn of_chart<'r>(releases: &'r [Planned<'_>], cluster: &'r str, chart: &'r str) -> impl Iterator<Item = String> + 'r {
    let wanted = move |one: &&Planned<'_>| {
        one.is_base && one.environment.cluster.text == cluster && one.module.chart.text == chart
    };
    releases.iter().filter(wanted).map(Planned::id)
}

fn import(name: &str, cluster: &Cluster, releases: &[Planned<'_>], steps: &[Step]) -> Option<Step> {
    let manager = &cluster.managed_by.as_ref()?.text;
    let mut needs: Vec<String> = present(steps, &format!("check/{name}")).into_iter().collect();
    needs.extend(of_chart(releases, manager, "rancher"));
    let instruction = format!(
        "In the Rancher of cluster {manager}: Cluster Management, Import Existing, Generic. Name the cluster as below and \
         run the command that Rancher shows on cluster {name}. It is done once the cluster is Active."
    );
    let values = vec![("Cluster Name".to_owned(), name.to_owned())];
    let verify = format!(
        "kubectl --context {name} -n cattle-system rollout status deployment/cattle-cluster-agent --timeout=30s"
    );
    let title = format!("import cluster {name} into Rancher");
    let work = Work::Manual { instruction, values, verify };
    Some(Step::new(&format!("rancher-import/{name}"), &title, &needs, work).on(name))
}

/// Rancher asks Keycloak who somebody is.
fn rancher_login(organisation: &Organisation, name: &str, cluster: &Cluster, releases: &[Planned<'_>]) -> Option<Step> {
    cluster.rancher.span.and(cluster.keycloak.span)?;
    let hosts = entry_hosts(organisation, cluster);
    let mut needs: Vec<String> = of_chart(releases, name, "rancher").collect();
    needs.extend(of_chart(releases, name, "keycloak"));
    let realm = admin_realm(organisation, cluster);
    let metadata = format!("https://{}/realms/{realm}/protocol/saml/descriptor", hosts.keycloak);
    let instruction = format!(
        "In Keycloak, realm {realm}, make the SAML client of Rancher with the values below, with signed documents and \
         assertions, and mappers for username, e-mail and groups. In Rancher: Users & Authentication, Auth Provider, \
         Keycloak (SAML), with the values below and the metadata that Keycloak serves; then Enable."
    );
    let values = [
        ("Client ID", format!("https://{}/v1-saml/keycloak/saml/metadata", hosts.rancher)),
        ("Valid Redirect URIs", format!("https://{}/v1-saml/keycloak/saml/acs", hosts.rancher)),
        ("Rancher API Host", format!("https://{}", hosts.rancher)),
        ("Display Name Field", "givenName".to_owned()),
        ("User Name Field", "email".to_owned()),
        ("UID Field", "email".to_owned()),
        ("Groups Field", "member".to_owned()),
        ("Metadata XML", metadata),
    ];
    let values = values.into_iter().map(|(field, value)| (field.to_owned(), value)).collect();
    let verify = format!(
        "kubectl --context {name} get authconfigs.management.cattle.io keycloak -o 'jsonpath={{.enabled}}' | grep -qx true"
    );
    let work = Work::Manual { instruction, values, verify };
    Some(
        Step::new(&format!("rancher-login/{name}"), "let people sign in to Rancher with Keycloak", &needs, work)
            .on(name),
    )
}

fn dns(id: &str, records: &[crate::environment::DnsRecord]) -> Step {
    let mut values: Vec<(String, String)> =
        records.iter().map(|one| (format!("{} {}", one.name, one.kind), one.value.clone())).collect();
    values.dedup();
    let hosts = records.iter().map(|one| match one.name.strip_prefix("*.") {
        Some(domain) => format!("any.{domain}"),
        None => one.name.clone(),
    });
    let hosts: BTreeSet<String> = hosts.collect();
    let verify = hosts.iter().map(|host| format!("getent hosts {host}")).collect::<Vec<_>>().join(" && ");
    let instruction = "Let the DNS team make these records, for the machines, the nodes and the people who enter.";
    Step::new(id, "names", &[], Work::Manual { instruction: instruction.to_owned(), values, verify })
}

fn certificates(organisation: &Organisation, environment: &Environment, machines: bool) -> Step {
    let (name, domain) = (&environment.name.text, &environment.domain.text);
    let places = certificate_places(organisation, environment);
    let instruction = match places.source.as_str() {
        "lets-encrypt" => {
            "Make the certificate by DNS-01 (a TXT record below each of these names), put it and its key where \
                           the load balancer reads them, and run the load balancer's install.sh again."
        }
        "local-ca" => {
            "Make the certificate with the local authority, put it and its key where the load balancer reads \
                       them, and run the load balancer's install.sh again."
        }
        "acm" => {
            "Ask the cloud's certificate manager for a certificate of these names and give it to the load balancer."
        }
        _ => {
            "Let the certificate team issue it, put it with its chain and its key where the load balancer reads them, and \
              run the load balancer's install.sh again."
        }
    };
    let mut values = vec![("names".to_owned(), places.covers.join(", "))];
    if places.source != "acm" {
        values.push(("certificate".to_owned(), places.certificate));
        values.push(("key".to_owned(), places.key));
    }
    let verify = format!(
        "openssl s_client -connect {domain}:443 -servername {domain} -verify_hostname {domain} -verify_return_error \
         </dev/null"
    );
    let needs: Vec<String> = machines.then(|| "hosts/machines".to_owned()).into_iter().collect();
    let work = Work::Manual { instruction: instruction.to_owned(), values, verify };
    let step = Step::new(&format!("certificates/{name}"), "certificate", &needs, work);
    Step { environment: Some(name.clone()), ..step }
}

/// What cannot be seen from outside is confirmed by a ConfigMap, which everybody finds who installs from here on.
fn confirmed(environment: &Environment, what: &str) -> (String, (String, String)) {
    let (cluster, namespace) = (&environment.cluster.text, &environment.namespace.text);
    let kubectl = |verb: &str| format!("kubectl --context {cluster} -n {namespace} {verb} configmap done-{what}");
    (kubectl("get"), ("once it is done".to_owned(), kubectl("create")))
}

fn role_grants(organisation: &Organisation, environment: &Environment, last: &[String]) -> Option<Step> {
    let name = &environment.name.text;
    let groups: Vec<SignedIn> = signed_in(organisation, environment);
    let mut values: Vec<(String, String)> = groups
        .iter()
        .filter(|group| !group.roles.is_empty())
        .map(|group| (format!("group {}", group.name), group.roles.join(", ")))
        .collect();
    if values.is_empty() || last.is_empty() {
        return None;
    }
    let (verify, confirm) = confirmed(environment, "role-grants");
    values.push(confirm);
    let realm = environment.realm();
    let instruction = format!(
        "In Keycloak, realm {realm}, put people into their groups, and see that each group has these roles of the \
         environment's clients: in a Keycloak of its own the groups have them already. In Rancher, give each group its \
         role in the project of namespace {}. Give the service accounts of clients that call Keymanager the role \
         KEYMANAGER_ADMIN.",
        environment.namespace.text
    );
    let work = Work::Manual { instruction, values, verify };
    let step = Step::new(&format!("role-grants/{name}"), "give people their roles", last, work);
    Some(Step { environment: Some(name.clone()), ..step.on(&environment.cluster.text) })
}

fn release_id(environment: &Environment, release: &str) -> String {
    format!("{}/{}/{release}", environment.cluster.text, environment.namespace.text)
}

/// The host of a service: the stated one, or `SERVICE.DOMAIN`.
fn host(environment: &Environment, service: &str) -> String {
    let stated = environment.hosts.iter().find(|(name, _)| name.text == service);
    let stated = stated.and_then(|(_, host)| host.as_ref()).map(|host| host.text.clone());
    stated.unwrap_or_else(|| format!("{service}.{}", environment.domain.text))
}

fn odoo(environment: &Environment, release: &str) -> Step {
    let name = &environment.name.text;
    let service = release.replace('-', "");
    let (verify, confirm) = confirmed(environment, &format!("odoo-{release}"));
    let instruction = "As administrator of Odoo, with the developer mode on: Settings, Technical, System Parameters: set the \
                       parameters below. Apps: Update Apps List, install the modules of the programme. Make the users, and \
                       sign in as administrator no more.";
    let mut values: Vec<(String, String)> = [
        ("web.base.url", format!("https://{}", host(environment, &service))),
        ("web.base.url.freeze", "True".to_owned()),
        ("auth_oauth.authorization_header", "True".to_owned()),
    ]
    .into_iter()
    .map(|(field, value)| (field.to_owned(), value))
    .collect();
    values.push(confirm);
    let work = Work::Manual { instruction: instruction.to_owned(), values, verify };
    let needs = [release_id(environment, release)];
    let step =
        Step::new(&format!("odoo/{name}.{release}"), &format!("set the parameters of Odoo ({release})"), &needs, work);
    Step { environment: Some(name.clone()), ..step.on(&environment.cluster.text) }
}

fn spar(environment: &Environment, release: &str) -> Step {
    let name = &environment.name.text;
    let esignet = host(environment, "esignet");
    let host = host(environment, release);
    let instruction = "In SPAR's database, add the row of the login provider to table login_providers with the values below, \
                       and the client's key; then restart the self-service API.";
    let values = [
        ("name", "E Signet".to_owned()),
        ("type", "oauth2_auth_code".to_owned()),
        ("client_id", format!("openg2p-spar-{}", environment.namespace.text)),
        ("authorize_endpoint", format!("https://{esignet}/authorize")),
        ("token_endpoint", format!("https://{esignet}/v1/esignet/oauth/v2/token")),
        ("validate_endpoint", format!("https://{esignet}/v1/esignet/oidc/userinfo")),
        ("jwks_endpoint", format!("https://{esignet}/v1/esignet/oauth/.well-known/jwks.json")),
        ("redirect_uri", format!("https://{host}/spar/v1/oauth2/callback")),
    ];
    let values = values.into_iter().map(|(field, value)| (field.to_owned(), value)).collect();
    let verify = format!("curl -fsS https://{host}/spar/v1/auth/getLoginProviders | grep -q '\"id\"'");
    let work = Work::Manual { instruction: instruction.to_owned(), values, verify };
    let needs = [release_id(environment, release)];
    let id = format!("spar/{name}.{release}");
    let step = Step::new(&id, &format!("tell SPAR its login provider ({release})"), &needs, work);
    Step { environment: Some(name.clone()), ..step.on(&environment.cluster.text) }
}

fn environment_check(environment: &Environment, needs: Vec<String>) -> Step {
    let (cluster, namespace) = (&environment.cluster.text, &environment.namespace.text);
    // A namespace may have no Deployment at all, which kubectl would call a mistake.
    let command = format!(
        "for one in $(kubectl --context {cluster} -n {namespace} get deployment,statefulset -o name); do kubectl --context \
         {cluster} -n {namespace} rollout status \"$one\" --timeout=900s || exit 1; done"
    );
    let name = &environment.name.text;
    let title = format!("everything in namespace {namespace} runs");
    let step = Step::new(&format!("environment-check/{name}"), &title, &needs, Work::Check { command });
    Step { environment: Some(name.clone()), ..step.on(cluster) }
}
