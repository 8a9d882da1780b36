//! An environment in its organisation: cluster, groups, channels, what its kind asks of them.

use super::super::environments::Environment;
use super::super::fields::{Findings, Located};
use super::super::organisation::Organisation;
use super::super::pairs;
use super::super::part::find;
use super::super::{Cluster, Group};
use super::unknown;
use crate::diagnostic::Diagnostic;

pub(in super::super) fn check(environment: &Environment, organisation: &Organisation, found: &mut Findings) {
    let estate = &organisation.estate;
    let cluster = find(&estate.clusters, &environment.cluster.text);
    match cluster {
        Some(cluster) => in_cluster(environment, cluster, found),
        None if estate.clusters.is_empty() => {}
        None => {
            let known = &environment.cluster;
            let names = estate.clusters.iter().map(|(name, _)| name.text.as_str());
            let mut diagnostic = unknown(format!("the organisation has no cluster `{}`", known.text), known, names);
            if let Some((first, _)) = estate.clusters.first() {
                diagnostic = diagnostic.label(first.span, "the clusters stand here");
            }
            found.push(diagnostic);
        }
    }
    groups(environment, organisation, found);
    channels(environment, organisation, cluster, found);
    front(environment, organisation, found);
    backups(environment, organisation, found);
    if environment.settings.requires.high_availability.is_some_and(|flag| flag.value) {
        stands_alone(environment, organisation, found);
    }
}

/// What a production has only one of.
fn stands_alone(environment: &Environment, organisation: &Organisation, found: &mut Findings) {
    let estate = &organisation.estate;
    let (settings, kind) = (&environment.settings, environment.kind.name());
    let front = &settings.load_balancer;
    let nginx = front.kind.as_ref().or(estate.load_balancer.kind.as_ref()).is_some_and(|kind| kind.text == "nginx");
    let moves = |listen: &Located| {
        estate.load_balancer.hosts.len() > 1
            && estate.load_balancer.virtual_addresses.iter().any(|one| one.text == listen.text)
    };
    if let Some(listen) = front.listen.as_ref().filter(|listen| nginx && !moves(listen)) {
        let message = format!("only one host answers at `{}` for a {kind}", listen.text);
        let hint = "list two `hosts` of the load balancer, and the address in its `virtualAddresses`; or set \
                    `requires: {highAvailability: false}`";
        found.push(Diagnostic::warning(message).at(listen.span).hint(hint));
    }
    let shares = settings.keycloak.mode.as_ref().is_none_or(|mode| mode.text == "organisation");
    let entry = pairs::keycloak_entry(estate, &environment.cluster.text).filter(|_| shares);
    let alone = entry.filter(|(_, entry)| entry.replicas.is_none_or(|replicas| replicas.value < 2));
    if let Some((name, entry)) = alone {
        let message = format!("people of a {kind} sign in at Keycloak of cluster `{}`, which has one pod", name.text);
        let place = entry.replicas.map(|replicas| replicas.span).or(entry.span).unwrap_or(name.span);
        let hint = "set `replicas: 2` of `keycloak`";
        found.push(Diagnostic::warning(message).at(place).label(environment.kind_span(), "the environment").hint(hint));
    }
}

fn in_cluster(environment: &Environment, cluster: &Cluster, found: &mut Findings) {
    let name = &environment.cluster;
    let role = cluster.role.as_ref();
    if let Some(role) = role.filter(|role| role.text == "management") {
        let message = format!("cluster `{}` is for Rancher and takes no environments", name.text);
        found.push(Diagnostic::error(message).at(name.span).label(role.span, "its role"));
    }
    let requires = &environment.settings.requires;
    let kind = environment.kind.name();
    let strict = requires.load_balancer.is_some_and(|flag| flag.value);
    if let Some(role) = role.filter(|role| role.text == "all" && strict) {
        let message = format!("a {kind} does not run in a box: cluster `{}` also has Rancher", name.text);
        let hint = "give Rancher a cluster of its own";
        found.push(Diagnostic::error(message).at(name.span).label(role.span, "its role").hint(hint));
    }
    if cluster.nodes.is_empty() {
        return;
    }
    let servers = cluster.nodes.iter().filter(|(_, node)| node.role.as_ref().is_none_or(|role| role.text == "server"));
    let counts = [
        ("control planes", servers.count() as u64, requires.control_planes),
        ("nodes", cluster.nodes.len() as u64, requires.nodes),
    ];
    for (what, have, wanted) in counts {
        let Some(wanted) = wanted.filter(|wanted| have < wanted.value) else { continue };
        let message = format!("a {kind} needs at least {} {what}, cluster `{}` has {have}", wanted.value, name.text);
        found.push(Diagnostic::error(message).at(name.span).label(wanted.span, "asked for here"));
    }
}

/// The groups that enter an environment.
pub(in super::super) fn entering<'o>(
    environment: &Environment,
    organisation: &'o Organisation,
) -> Vec<&'o (Located, Group)> {
    let listed =
        |name: &str| environment.groups.is_empty() || environment.groups.iter().any(|group| group.text == name);
    let enters = |group: &Group| {
        group.environments.is_empty() || group.environments.iter().any(|one| one.text == environment.name.text)
    };
    let estate = &organisation.estate;
    let reaches = |group: &Group| group.enters_cluster(estate, &environment.cluster.text);
    let groups = estate.groups.iter();
    groups.filter(|(name, group)| listed(&name.text) && enters(group) && reaches(group)).collect()
}

fn groups(environment: &Environment, organisation: &Organisation, found: &mut Findings) {
    let known = &organisation.estate.groups;
    for group in &environment.groups {
        let names = known.iter().map(|(name, _)| name.text.as_str());
        let Some(stated) = find(known, &group.text) else {
            found.push(unknown(format!("the organisation has no group `{}`", group.text), group, names));
            continue;
        };
        if !stated.enters_cluster(&organisation.estate, &environment.cluster.text) {
            let cluster = &environment.cluster.text;
            let message = format!("group `{}` does not enter cluster `{cluster}`", group.text);
            let mut diagnostic = Diagnostic::error(message).at(group.span);
            if let Some(first) = stated.clusters.first() {
                diagnostic = diagnostic.label(first.span, "its clusters");
            }
            found.push(diagnostic.hint(format!("add `{cluster}` to `clusters` of the group, or take it out here")));
        }
    }
}

/// Who enters an environment, and by which channel. `meant` says whether a list has a name that nothing bears and that
/// was to be this environment's: that name is wrong then, not the environment.
pub(super) fn entered(
    environment: &Environment,
    organisation: &Organisation,
    meant: &dyn Fn(&[Located]) -> bool,
    found: &mut Findings,
) {
    let estate = &organisation.estate;
    let reaches = |channel: &str| {
        let channel = find(&estate.channels, channel);
        channel.is_some_and(|channel| {
            channel.reaches.iter().any(|target| target.text == environment.name.text) || meant(&channel.reaches)
        })
    };
    for group in &environment.groups {
        let Some(stated) = find(&estate.groups, &group.text) else { continue };
        if !stated.enters_cluster(estate, &environment.cluster.text) {
            continue;
        }
        if let Some(first) = stated.environments.first()
            && !stated.environments.iter().any(|one| one.text == environment.name.text)
            && !meant(&stated.environments)
        {
            let message = format!("group `{}` does not enter environment `{}`", group.text, environment.name.text);
            let hint = format!("add `{}` to `environments` of the group, or take it out here", environment.name.text);
            found.push(Diagnostic::error(message).at(group.span).label(first.span, "its environments").hint(hint));
            continue;
        }
        let mut channels = stated.channel.iter().chain(&stated.channels).peekable();
        let first = channels.peek().map(|channel| (*channel).clone());
        let is_public = environment.settings.public_access.is_some_and(|flag| flag.value);
        let reached = channels.any(|channel| channel.text == "public" && is_public || reaches(&channel.text));
        if let Some(first) = first.filter(|_| !reached) {
            let message = format!(
                "group `{}` enters by `{}`, which does not reach `{}`",
                group.text, first.text, environment.name.text
            );
            let hint = match first.text.as_str() {
                "public" => "set `publicAccess: true`".to_owned(),
                _ => format!("add `{}` to `reaches` of the channel", environment.name.text),
            };
            found.push(Diagnostic::error(message).at(group.span).label(first.span, "its channel").hint(hint));
        }
    }
    let is_public = environment.settings.public_access.is_some_and(|flag| flag.value);
    let mut channels = estate.channels.iter();
    if !estate.channels.is_empty() && !is_public && !channels.any(|(name, _)| reaches(&name.text)) {
        let message = format!("no access channel reaches environment `{}`", environment.name.text);
        let hint = format!("add `{}` to `reaches` of a channel, or set `publicAccess: true`", environment.name.text);
        found.push(Diagnostic::error(message).at(environment.name.span).hint(hint));
    }
}

fn channels(environment: &Environment, organisation: &Organisation, cluster: Option<&Cluster>, found: &mut Findings) {
    let estate = &organisation.estate;
    let wanted = environment.settings.requires.channels.map_or(0, |number| number.value);
    let modelled = !estate.hosts.is_empty() || cluster.is_some_and(|cluster| !cluster.nodes.is_empty());
    if modelled && (estate.channels.len() as u64) < wanted {
        let kind = environment.kind.name();
        let message =
            format!("a {kind} needs at least {wanted} access channels, the organisation has {}", estate.channels.len());
        let mut diagnostic = Diagnostic::error(message).at(environment.kind_span());
        if let Some((first, _)) = estate.channels.first() {
            diagnostic = diagnostic.label(first.span, "its channels");
        }
        found.push(diagnostic.hint("one for administrators, one for the people who use applications"));
    }
}

fn front(environment: &Environment, organisation: &Organisation, found: &mut Findings) {
    let estate = &organisation.estate;
    let front = &environment.settings.load_balancer;
    if let Some(listen) = &front.listen {
        super::networks::listens_on_a_balancer(estate, "the environment", listen, found);
        for (name, cluster) in &estate.clusters {
            for (what, entry) in [("Rancher", &cluster.rancher), ("Keycloak", &cluster.keycloak)] {
                let same = entry.listen.as_ref().filter(|other| other.text == listen.text);
                if let Some(other) = same {
                    let message = format!("`{}` is the address of {what} of cluster `{}`", listen.text, name.text);
                    let hint = "each has an address of its own, so that channels can be limited";
                    found.push(Diagnostic::error(message).at(listen.span).label(other.span, "here").hint(hint));
                }
            }
        }
        return;
    }
    let kind = front.kind.as_ref().or(estate.load_balancer.kind.as_ref());
    let nginx = kind.is_some_and(|kind| kind.text == "nginx");
    if nginx && !estate.channels.is_empty() {
        let message = format!("environment `{}` has no address on which nginx listens for it", environment.name.text);
        let hint = "add `loadBalancer: {listen: ADDRESS}`; channels are limited by it";
        found.push(Diagnostic::error(message).at(environment.name.span).hint(hint));
    }
}

fn backups(environment: &Environment, organisation: &Organisation, found: &mut Findings) {
    let required = environment.settings.requires.backups.is_some_and(|flag| flag.value);
    let backup = &organisation.estate.backup;
    let on = backup.enabled.map_or(backup.span.is_some(), |flag| flag.value);
    let modelled = backup.span.is_some() || !organisation.estate.hosts.is_empty();
    if !required || on || !modelled {
        return;
    }
    let message = format!("a {} needs backups, which the organisation does not make", environment.kind.name());
    let diagnostic = match backup.enabled {
        Some(flag) => Diagnostic::error(message).at(flag.span).label(environment.kind_span(), "asked for by this kind"),
        None => Diagnostic::error(message).at(environment.kind_span()),
    };
    found.push(diagnostic.hint("set `backup: {enabled: true}` in the organisation's file"));
}
