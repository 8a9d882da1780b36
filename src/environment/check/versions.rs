//! Versions of base components: which go together, as their publishers say.

use super::super::clusters::Versions;
use super::super::fields::{Findings, Located};
use super::super::organisation::Estate;
use crate::diagnostic::Diagnostic;
use crate::version::{Constraint, Version};

/// What versions of a component support.
struct Support {
    component: &'static str,
    versions: &'static str,
    /// The Kubernetes that it supports.
    kubernetes: &'static str,
    /// The Rancher that it supports; empty for any.
    rancher: &'static str,
}

/// From the publishers' charts and support matrices, read in November 2026.
const SUPPORTS: &[Support] = &[
    Support { component: "rancher", versions: ">=2.12.0-0 <2.13.0-0", kubernetes: ">=1.31.0-0 <1.34.0-0", rancher: "" },
    Support {
        component: "rancherMonitoring",
        versions: ">=105.0.0-0 <106.0.0-0",
        kubernetes: "<1.31.0-0",
        rancher: ">=2.9.0-0 <2.10.0-0",
    },
    Support {
        component: "rancherMonitoring",
        versions: ">=107.0.0-0 <108.0.0-0",
        kubernetes: ">=1.31.0-0 <1.34.0-0",
        rancher: ">=2.12.0-0 <2.13.0-0",
    },
    Support {
        component: "rancherLogging",
        versions: ">=107.0.0-0 <108.0.0-0",
        kubernetes: ">=1.31.0-0 <1.34.0-0",
        rancher: ">=2.12.0-0 <2.13.0-0",
    },
    Support {
        component: "rancherBackup",
        versions: ">=107.0.0-0 <108.0.0-0",
        kubernetes: ">=1.31.0-0 <1.34.0-0",
        rancher: ">=2.12.0-0 <2.13.0-0",
    },
    Support { component: "istio", versions: ">=1.24.0-0 <1.25.0-0", kubernetes: ">=1.28.0-0 <1.32.0-0", rancher: "" },
    Support { component: "istio", versions: ">=1.30.0-0 <1.31.0-0", kubernetes: ">=1.32.0-0 <1.37.0-0", rancher: "" },
    Support {
        component: "certManager",
        versions: ">=1.21.0-0 <1.22.0-0",
        kubernetes: ">=1.33.0-0 <1.37.0-0",
        rancher: "",
    },
    Support { component: "nfsCsi", versions: ">=4.0.0-0", kubernetes: ">=1.21.0-0", rancher: "" },
    Support { component: "loki", versions: ">=6.0.0-0", kubernetes: ">=1.25.0-0", rancher: "" },
];

/// What gets no more corrections: component, versions, since when.
const ENDED: &[(&str, &str, &str)] = &[
    ("istio", "<1.25.0-0", "June 2025"),
    ("rke2", "<1.31.0-0", "October 2025"),
    ("helm", "<3.22.0-0", "the release of 3.22"),
];

pub(in super::super) fn check(estate: &Estate, found: &mut Findings) {
    let none = Versions::default();
    judge(&estate.versions, &none, found);
    for (_, cluster) in &estate.clusters {
        if cluster.versions.span.is_some() {
            judge(&cluster.versions, &estate.versions, found);
        }
    }
}

fn of<'v>(versions: &'v Versions, component: &str) -> Option<&'v Located> {
    match component {
        "rke2" => versions.rke2.as_ref(),
        "rancher" => versions.rancher.as_ref(),
        "rancherMonitoring" => versions.rancher_monitoring.as_ref(),
        "rancherLogging" => versions.rancher_logging.as_ref(),
        "rancherBackup" => versions.rancher_backup.as_ref(),
        "istio" => versions.istio.as_ref(),
        "nfsCsi" => versions.nfs_csi.as_ref(),
        "certManager" => versions.cert_manager.as_ref(),
        "loki" => versions.loki.as_ref(),
        "opentelemetryCollector" => versions.opentelemetry_collector.as_ref(),
        "helm" => versions.helm.as_ref(),
        _ => None,
    }
}

/// Judges what is stated in `own`, together with what only `outer` states.
fn judge(own: &Versions, outer: &Versions, found: &mut Findings) {
    let get = |component: &str| of(own, component).or_else(|| of(outer, component));
    let fits = |constraint: &str, version: &Located| {
        let version = Version::parse(version.text.split('+').next().unwrap_or_default());
        match (Constraint::parse(constraint), version) {
            (Ok(constraint), Ok(version)) => constraint.check(&version),
            _ => true,
        }
    };
    for (component, ended, since) in ENDED {
        if let Some(version) = of(own, component)
            && Version::parse(version.text.split('+').next().unwrap_or_default()).is_ok()
            && fits(ended, version)
        {
            let message = format!("`{component}` {} gets no corrections since {since}", version.text);
            found.push(Diagnostic::warning(message).at(version.span).hint("take a newer version"));
        }
    }
    for support in SUPPORTS {
        let Some(version) = get(support.component).filter(|version| fits(support.versions, version)) else { continue };
        for (other, range) in [("rke2", support.kubernetes), ("rancher", support.rancher)] {
            let Some(with) = get(other).filter(|with| !range.is_empty() && !fits(range, with)) else { continue };
            if of(own, support.component).is_none() && of(own, other).is_none() {
                continue;
            }
            let what = if other == "rke2" { "Kubernetes" } else { "Rancher" };
            let message = format!(
                "`{}` {} supports {what} {}, not {}",
                support.component,
                version.text,
                range.replace("-0", ""),
                with.text
            );
            found.push(Diagnostic::error(message).at(version.span).label(with.span, format!("{what} is stated here")));
        }
    }
}
