//! Modules: the releases of an environment, and what is known of OpenG2P's charts.

use super::fields::Located;
use super::forms::{CHART, DURATION, LABEL, VALUE_PATH, VERSION};
use super::part::{Flag, Named, part};
use super::secret::{SECRET, SecretRef};
use super::shape::Shape;
use crate::yaml::Node;

part! {
    /// A module: one release of one chart.
    pub(super) ModuleFields = "module" {
        /// The name of the chart.
        chart "chart" (required): Option<Located> = Shape::Text(CHART);
        /// The exact version of the chart.
        version "version" (required): Option<Located> = Shape::Text(VERSION);
        /// Whether it is installed; `true` unless stated.
        enabled "enabled": Option<Flag> = Shape::Bool;
        /// Releases of this environment that must be there first.
        needs "needs": Vec<Located> = Shape::List(&Shape::Text(LABEL));
        /// What the values template of the chart reads.
        settings "settings": Option<Node> = Shape::Any;
        /// Values that win over those of the template.
        values "values": Option<Node> = Shape::Any;
        /// Secrets that the chart takes only as values: the path in the values, and where the secret is. They stand in no values file and are handed over at the installation.
        secret_values "secretValues": Named<SecretRef> = Shape::Map(VALUE_PATH, &SECRET);
        /// Whether the installation waits until it is ready; `true` unless stated.
        wait "wait": Option<Flag> = Shape::Bool;
        /// How long it may wait.
        timeout "timeout": Option<Located> = Shape::Text(DURATION);
    }
}

part! {
    /// What is changed about a release that follows from other choices (`chartwright env explain ENVIRONMENT releases` lists them).
    pub Override = "release" {
        /// Whether it is installed, where it would be.
        enabled "enabled": Option<Flag> = Shape::Bool;
        /// Another version of the chart.
        version "version": Option<Located> = Shape::Text(VERSION);
        /// What the values template of the chart reads.
        settings "settings": Option<Node> = Shape::Any;
        /// Values that win over those of the template.
        values "values": Option<Node> = Shape::Any;
        /// Secrets that the chart takes only as values, as those of a module.
        secret_values "secretValues": Named<SecretRef> = Shape::Map(VALUE_PATH, &SECRET);
        /// Whether the installation waits until it is ready; `true` unless stated.
        wait "wait": Option<Flag> = Shape::Bool;
        /// How long it may wait.
        timeout "timeout": Option<Located> = Shape::Text(DURATION);
    }
}

/// A module: one release of one chart.
#[derive(Clone, Debug)]
pub struct Module {
    /// The name of the release.
    pub release: Located,
    /// The name of the chart.
    pub chart: Located,
    /// The exact version of the chart.
    pub version: Located,
    /// Releases of this environment that must be there first.
    pub needs: Vec<Located>,
    /// Settings for the values template.
    pub settings: Option<Node>,
    /// Values that win over those of the template.
    pub values: Option<Node>,
    /// Secrets that the chart takes only as values, by path.
    pub secret_values: Named<SecretRef>,
    /// Whether the installation waits until it is ready.
    pub wait: bool,
    /// How long it may wait.
    pub timeout: Option<Located>,
    /// Its entry of `charts/third-party.yaml`, where the chart is another project's.
    pub third_party: Option<String>,
    /// Values below those of the template.
    pub defaults: Option<Node>,
    /// Why it is there, where nobody states it.
    pub why: Option<String>,
    /// The one of several things that it is for: the variable `item`.
    pub item: Option<Node>,
}

impl Module {
    /// A module out of its fields; `None` where they lack the chart or its version.
    pub(super) fn new(release: Located, fields: ModuleFields) -> Option<Module> {
        Some(Module {
            release,
            chart: fields.chart?,
            version: fields.version?,
            needs: fields.needs,
            settings: fields.settings,
            values: fields.values,
            secret_values: fields.secret_values,
            wait: fields.wait.is_none_or(|flag| flag.value),
            timeout: fields.timeout,
            third_party: None,
            defaults: None,
            why: None,
            item: None,
        })
    }

    /// Takes over what somebody changes about it.
    pub(super) fn change(&mut self, change: &Override) {
        self.version = change.version.clone().unwrap_or_else(|| self.version.clone());
        self.settings = change.settings.clone().or_else(|| self.settings.take());
        self.values = change.values.clone().or_else(|| self.values.take());
        self.secret_values.extend(change.secret_values.iter().cloned());
        self.wait = change.wait.map_or(self.wait, |flag| flag.value);
        self.timeout = change.timeout.clone().or_else(|| self.timeout.take());
    }
}

/// What a chart of OpenG2P's cannot be without in the same namespace.
#[derive(Clone, Copy, Debug)]
pub struct Demand {
    /// The chart that asks.
    pub chart: &'static str,
    /// The versions of it that ask: majors from and to.
    pub majors: (u64, u64),
    /// One of these charts has to be there.
    pub one_of: &'static [&'static str],
    /// Whether it has to have the same version.
    pub same_version: bool,
    /// Why.
    pub why: &'static str,
}

const fn demand(chart: &'static str, majors: (u64, u64), one_of: &'static [&'static str], why: &'static str) -> Demand {
    Demand { chart, majors, one_of, same_version: false, why }
}

/// What charts ask for, from section 6 of the deployment facts: waves and needs of both published generations.
pub const DEMANDS: &[Demand] = &[
    Demand {
        same_version: true,
        ..demand(
            "openg2p-social-registry-p2",
            (1, 1),
            &["openg2p-social-registry"],
            "it is the second part of one installation",
        )
    },
    Demand {
        same_version: true,
        ..demand("openg2p-pbms-p2", (1, 1), &["openg2p-pbms"], "it is the second part of one installation")
    },
    demand("openg2p-pbms-beneficiary-portal", (0, 9), &["openg2p-pbms"], "it reads PBMS' database"),
    demand("openg2p-g2p-bridge-api", (0, 1), &["spar", "openg2p-spar"], "it asks SPAR's mapper"),
    demand("openg2p-commons-services", (2, 9), &["openg2p-commons-base", "openg2p-commons"], "it uses its services"),
    demand("openg2p-nsr", (0, 9), &["openg2p-commons-services"], "it uses IAM, master data, Keymanager and audit"),
    demand("openg2p-registry", (0, 9), &["openg2p-commons-services"], "it uses IAM, master data, Keymanager and audit"),
    demand("openg2p-spar", (0, 9), &["openg2p-commons-services"], "it uses Keymanager"),
    demand("openg2p-bridge", (0, 9), &["openg2p-spar", "spar"], "it asks SPAR's mapper"),
];
