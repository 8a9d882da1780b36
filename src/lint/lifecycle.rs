//! What has ended, and what does not go together: facts with their dates, as of November 2026.
//!
//! Each row was written from the public pages of the project that it is about: release and support pages of Istio,
//! Rancher's chart repository, the repositories of MinIO, Kafka UI and ingress-nginx. A newer fact is one more row.

use crate::version::{Constraint, Version};

/// Something whose maintenance has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Endings of image repositories: `minio/minio` stands for `docker.io/minio/minio` too.
    pub images: &'static [&'static str],
    /// Names of charts.
    pub charts: &'static [&'static str],
    /// The versions that have ended; empty for all.
    pub versions: &'static str,
    /// The month in which it ended: `2026-04`.
    pub since: &'static str,
    /// What ended, as the end of a sentence that begins with its name.
    pub what: &'static str,
    /// What to do.
    pub instead: &'static str,
}

/// Something that only works with some versions of Kubernetes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Supported {
    /// Endings of image repositories.
    pub images: &'static [&'static str],
    /// Names of charts.
    pub charts: &'static [&'static str],
    /// The versions that this is about.
    pub versions: &'static str,
    /// The versions of Kubernetes that they support.
    pub kubernetes: &'static str,
    /// The versions of Rancher that they support; empty where that does not matter.
    pub rancher: &'static str,
}

const ISTIO_IMAGES: &[&str] = &["istio/pilot", "istio/proxyv2", "istio/ztunnel", "istio/install-cni", "istio/operator"];
const ISTIO_CHARTS: &[&str] = &["istiod", "istio-base", "istio-ingressgateway", "ztunnel"];

/// What has ended.
pub const ENDED: &[Ended] = &[
    Ended {
        images: ISTIO_IMAGES,
        charts: ISTIO_CHARTS,
        versions: "<1.25.0-0",
        since: "2025-06",
        what: "gets no fixes any more",
        instead: "take a release of Istio that is supported",
    },
    Ended {
        images: &["minio/minio", "minio/mc"],
        charts: &[],
        versions: "",
        since: "2026-09",
        what: "is no longer on Docker Hub; its repository was archived in April 2026",
        instead: "take another object store, or a mirror that you keep",
    },
    Ended {
        images: &["provectuslabs/kafka-ui"],
        charts: &["kafka-ui"],
        versions: "",
        since: "2024-04",
        what: "is not maintained any more",
        instead: "take its successor `kafbat/kafka-ui`",
    },
    Ended {
        images: &["ingress-nginx/controller"],
        charts: &["ingress-nginx"],
        versions: "",
        since: "2026-03",
        what: "is retired",
        instead: "take another ingress controller, or the Gateway API",
    },
];

/// What goes with which Kubernetes and Rancher.
pub const SUPPORTED: &[Supported] = &[
    Supported {
        images: ISTIO_IMAGES,
        charts: ISTIO_CHARTS,
        versions: "~1.24.0-0",
        kubernetes: ">=1.28.0-0 <1.32.0-0",
        rancher: "",
    },
    Supported {
        images: &[],
        charts: &["rancher-monitoring", "rancher-monitoring-crd"],
        versions: "~105.0.0-0",
        kubernetes: "<1.31.0-0",
        rancher: ">=2.9.0-0 <2.10.0-0",
    },
];

/// The repository and version of an image reference: `docker.io/minio/minio:2024@sha256:…`.
pub fn image_parts(image: &str) -> (&str, &str) {
    let name = image.split('@').next().unwrap_or_default();
    let base = name.rfind('/').map_or(0, |slash| slash + 1);
    match name.get(base..).and_then(|last| last.split_once(':')) {
        Some((last, tag)) => (name.get(..base + last.len()).unwrap_or(name), tag),
        None => (name, ""),
    }
}

/// Whether an image repository is one of these.
pub fn names_image(images: &[&str], repository: &str) -> bool {
    images.iter().any(|known| {
        let rest = repository.strip_suffix(known);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    })
}

/// Whether a version lies in a range; an empty range holds all, and a text that is no version lies in none.
pub fn lies_in(version: &str, range: &str) -> bool {
    if range.is_empty() {
        return true;
    }
    let (Ok(range), Ok(version)) = (Constraint::parse(range), Version::parse(version)) else { return false };
    range.check(&version)
}
