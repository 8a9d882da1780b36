//! The order in which Helm installs kinds.

use crate::chart::Compat;

/// The kinds in install order; the last two are known since Helm 4.
const INSTALL_ORDER: &[&str] = &[
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// How many of [`INSTALL_ORDER`] Helm 3 knows.
const KNOWN_TO_HELM_3: usize = 36;

/// The kinds in the order in which a Helm installs them; kinds that are not listed follow by name.
pub fn install_order(compat: Compat) -> &'static [&'static str] {
    match compat {
        Compat::Helm3 => INSTALL_ORDER.get(..KNOWN_TO_HELM_3).unwrap_or(INSTALL_ORDER),
        Compat::Helm42 | Compat::Helm43 => INSTALL_ORDER,
    }
}

/// Sorts by kind; items of one kind keep their order.
pub(super) fn sort<T>(items: &mut [T], compat: Compat, kind: impl Fn(&T) -> &str) {
    let order = install_order(compat);
    items.sort_by_cached_key(|item| {
        let kind = kind(item);
        match order.iter().position(|known| *known == kind) {
            Some(rank) => (rank, String::new()),
            None => (order.len(), kind.to_string()),
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_kinds_follow_by_name() {
        let sorted = |compat| {
            let kinds = ["b", "ValidatingWebhookConfiguration", "Zed", "", "Service", "Namespace", "APIService", "Zed"];
            let mut kinds: Vec<(usize, &str)> = kinds.into_iter().enumerate().collect();
            sort(&mut kinds, compat, |(_, kind)| kind);
            kinds.into_iter().map(|(at, _)| at).collect::<Vec<_>>()
        };
        assert_eq!(sorted(Compat::Helm43), [5, 4, 6, 1, 3, 2, 7, 0]);
        assert_eq!(sorted(Compat::Helm3), [5, 4, 6, 3, 1, 2, 7, 0]);
    }
}
