//! A new environment's file, with comments that say what may be stated.

use super::environments::Kind;
use super::json_schema::prose;
use super::organisation::Organisation;
use super::profile;
use super::settings::Settings;
use crate::source::{SourceId, Span};
use crate::yaml;

/// What a new environment is made of.
#[derive(Clone, Debug)]
pub struct Answers {
    /// The short name, which is the namespace unless that is stated.
    pub name: String,
    /// The namespace, where it is not the name.
    pub namespace: Option<String>,
    /// What it is for.
    pub kind: Kind,
    /// The cluster.
    pub cluster: String,
    /// The domain.
    pub domain: String,
    /// The address on which the load balancer listens for it.
    pub listen: Option<String>,
    /// The groups that enter it.
    pub groups: Vec<String>,
}

impl Answers {
    /// What follows from an organisation where nothing else is said: its first cluster for environments, a domain below
    /// its own, the first free address of its load balancer, all groups that enter no others.
    pub fn guess(name: &str, kind: Kind, organisation: Option<&Organisation>, taken: &[String]) -> Answers {
        let estate = organisation.map(|organisation| &organisation.estate);
        let clusters = estate.map_or(&[][..], |estate| &estate.clusters);
        let takes = |role: &str| role != "management";
        let cluster = clusters.iter().find(|(_, one)| one.role.as_ref().is_none_or(|role| takes(&role.text)));
        let domain = organisation.map_or("example.org", |organisation| organisation.domain.text.as_str());
        let free = estate.and_then(|estate| {
            let balancers = estate
                .hosts
                .iter()
                .filter(|(name, _)| estate.load_balancer.hosts.iter().any(|host| host.text == name.text));
            let entries = estate.clusters.iter().flat_map(|(_, one)| [&one.rancher.listen, &one.keycloak.listen]);
            let used: Vec<&str> = entries.flatten().map(|listen| listen.text.as_str()).collect();
            let moving = estate.load_balancer.virtual_addresses.iter();
            let addresses = moving.chain(balancers.flat_map(|(_, host)| &host.addresses));
            let mut addresses = addresses.map(|address| address.text.clone());
            addresses.find(|address| !used.contains(&address.as_str()) && !taken.contains(address))
        });
        let groups = estate.map_or(&[][..], |estate| &estate.groups).iter();
        let in_cluster = |group: &super::Group| {
            cluster.zip(estate).is_none_or(|((name, _), estate)| group.enters_cluster(estate, &name.text))
        };
        let groups = groups.filter(|(_, group)| in_cluster(group)).filter(|(_, group)| {
            group.environments.is_empty() || group.environments.iter().any(|one| one.text == name)
        });
        Answers {
            name: name.to_owned(),
            namespace: None,
            kind,
            cluster: cluster.map_or("openg2p".to_owned(), |(name, _)| name.text.clone()),
            domain: format!("{name}.{domain}"),
            listen: free,
            groups: groups.map(|(name, _)| name.text.clone()).collect(),
        }
    }
}

/// The text of a new environment's file.
///
/// What has to be stated stands there; every choice stands behind `#`, with what it means and what the profile of the
/// kind has.
pub fn new_environment(answers: &Answers) -> String {
    let kind = answers.kind.name();
    let mut text = format!(
        "# Environment `{}`. What is not stated here comes from the organisation's file and from the profile of its kind.\n\
         # `chartwright env check` checks it, `chartwright env values` shows what follows from it.\n\
         kind: {kind}\ncluster: {}\nname: {}\nnamespace: {}\ndomain: {}\n",
        answers.name,
        answers.cluster,
        answers.name,
        answers.namespace.as_ref().unwrap_or(&answers.name),
        answers.domain,
    );
    if !answers.groups.is_empty() {
        text.push_str(&format!(
            "\n# The groups of the organisation that enter it.\ngroups: [{}]\n",
            answers.groups.join(", ")
        ));
    }
    if let Some(listen) = &answers.listen {
        text.push_str(&format!(
            "\n# The address on which the load balancer listens for it.\nloadBalancer:\n  listen: {listen}\n"
        ));
    }
    text.push_str(
        "\n# Releases by name: `chart` and `version`, what they need, settings of their values templates.\nmodules: {}\n\
         #  portal:\n#    chart: hello-portal\n#    version: 0.1.0\n#    needs: []\n#    settings: {}\n#    values: {}\n\
         #    secretValues:\n#      odoo.oidcClientSecret: {env: OIDC_CLIENT_SECRET}\n",
    );
    text.push_str("\n# Choices, each as the profile has it. Take the `#` away to state another one.\n");
    let defaults = profile::profile(answers.kind);
    let defaults = yaml::parse(defaults.text(), SourceId::default());
    let defaults = defaults.unwrap_or_else(|_| yaml::Node::new(Span::default(), yaml::NodeKind::Null));
    for field in Settings::PART.all() {
        if field.name == "loadBalancer" && answers.listen.is_some() {
            continue;
        }
        let value = defaults.get(field.name).and_then(|node| yaml::to_yaml(&super::values::plain(node, 0)).ok());
        let value = value.map(|value| String::from_utf8_lossy(&value).trim_end().to_owned());
        text.push_str(&format!("\n# {}\n", prose(field.about)));
        match value {
            Some(value) if !value.contains('\n') && !value.contains(": ") => {
                text.push_str(&format!("#{}: {value}\n", field.name));
            }
            Some(value) => {
                text.push_str(&format!("#{}:\n", field.name));
                text.extend(value.lines().map(|line| format!("#  {line}\n")));
            }
            None => text.push_str(&format!("#{}:\n", field.name)),
        }
    }
    text
}
