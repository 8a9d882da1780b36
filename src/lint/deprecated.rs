//! API versions that Kubernetes has deprecated, as client-go 0.37 knows them.
//!
//! The facts are those of Kubernetes' API lifecycle; the texts are those of its API server's warnings.

/// Objects of one API version that share their fate.
struct Row {
    api_version: &'static str,
    /// The minor version of Kubernetes 1 from which on they are deprecated.
    since: u32,
    /// The minor version from which on they are gone; 0 where none is announced.
    gone: u32,
    /// The API version that has them now; empty where there is none.
    instead: &'static str,
    /// Kinds; `*` adds the list of a kind, `A=B` says that the successor of `A` is called `B`.
    kinds: &'static str,
}

const fn row(api_version: &'static str, since: u32, gone: u32, instead: &'static str, kinds: &'static str) -> Row {
    Row { api_version, since, gone, instead, kinds }
}

/// An object whose kind is deprecated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deprecation {
    /// The minor version of Kubernetes 1 from which on it is deprecated.
    pub since: u32,
    /// The minor version from which on it is gone, if that is known.
    pub gone: Option<u32>,
    /// API version and kind of the successor, if there is one.
    pub instead: Option<(&'static str, String)>,
}

/// What is known of a kind, whether or not the time has come.
pub fn deprecation(api_version: &str, kind: &str) -> Option<Deprecation> {
    let rows = ROWS.iter().filter(|row| row.api_version == api_version);
    rows.filter_map(|row| {
        let successor = row.kinds.split(' ').find_map(|named| successor(named, kind))?;
        let instead = if row.instead.is_empty() { None } else { Some((row.instead, successor)) };
        Some(Deprecation { since: row.since, gone: Some(row.gone).filter(|gone| *gone > 0), instead })
    })
    .next()
}

/// The kind that follows `kind`, if `named` is about it; a list is followed by the list of the same name.
fn successor(named: &str, kind: &str) -> Option<String> {
    if let Some((old, new)) = named.split_once('=') {
        return (old == kind).then(|| new.to_owned());
    }
    let is_it = match named.strip_suffix('*') {
        Some(single) => kind == single || kind.strip_suffix("List") == Some(single),
        None => kind == named,
    };
    is_it.then(|| kind.to_owned())
}

/// What the API server says of a kind that is deprecated in minor version `minor` of Kubernetes 1.
pub fn warning(api_version: &str, kind: &str, minor: u32) -> Option<String> {
    let found = deprecation(api_version, kind).filter(|found| found.since <= minor)?;
    let gone = found.gone.map(|gone| format!(", unavailable in v1.{gone}+")).unwrap_or_default();
    let instead = found.instead.map(|(api, kind)| format!("; use {api} {kind}")).unwrap_or_default();
    Some(format!("{api_version} {kind} is deprecated in v1.{}+{gone}{instead}", found.since))
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    row("admissionregistration.k8s.io/v1alpha1", 29, 32, "", "ValidatingAdmissionPolicy* ValidatingAdmissionPolicyBinding*"),
    row("admissionregistration.k8s.io/v1alpha1", 35, 38, "", "MutatingAdmissionPolicy* MutatingAdmissionPolicyBinding*"),
    row("admissionregistration.k8s.io/v1beta1", 16, 22, "admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration* ValidatingWebhookConfiguration*"),
    row("admissionregistration.k8s.io/v1beta1", 31, 34, "", "ValidatingAdmissionPolicy* ValidatingAdmissionPolicyBinding*"),
    row("admissionregistration.k8s.io/v1beta1", 37, 40, "admissionregistration.k8s.io/v1", "MutatingAdmissionPolicy* MutatingAdmissionPolicyBinding*"),
    row("apps/v1beta1", 8, 16, "apps/v1", "ControllerRevision* Deployment* DeploymentRollback StatefulSet*"),
    row("apps/v1beta1", 8, 16, "autoscaling/v1", "Scale"),
    row("apps/v1beta2", 9, 16, "apps/v1", "ControllerRevision* DaemonSet* Deployment* ReplicaSet* StatefulSet*"),
    row("apps/v1beta2", 9, 16, "autoscaling/v1", "Scale"),
    row("authentication.k8s.io/v1alpha1", 29, 32, "", "SelfSubjectReview"),
    row("authentication.k8s.io/v1beta1", 19, 22, "authentication.k8s.io/v1", "TokenReview"),
    row("authentication.k8s.io/v1beta1", 30, 33, "", "SelfSubjectReview"),
    row("authorization.k8s.io/v1beta1", 19, 22, "authorization.k8s.io/v1", "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview"),
    row("batch/v1beta1", 21, 25, "batch/v1", "CronJob*"),
    row("certificates.k8s.io/v1alpha1", 34, 37, "", "ClusterTrustBundle*"),
    row("certificates.k8s.io/v1beta1", 19, 22, "certificates.k8s.io/v1", "CertificateSigningRequest*"),
    row("certificates.k8s.io/v1beta1", 37, 40, "certificates.k8s.io/v1", "ClusterTrustBundle* PodCertificateRequest*"),
    row("coordination.k8s.io/v1alpha2", 35, 38, "", "LeaseCandidate*"),
    row("coordination.k8s.io/v1beta1", 19, 22, "coordination.k8s.io/v1", "Lease*"),
    row("coordination.k8s.io/v1beta1", 36, 39, "", "LeaseCandidate*"),
    row("discovery.k8s.io/v1beta1", 21, 25, "discovery.k8s.io/v1", "EndpointSlice EndpointSliceList=EndpointSlice"),
    row("events.k8s.io/v1beta1", 22, 25, "", "Event*"),
    row("extensions/v1beta1", 14, 22, "networking.k8s.io/v1", "Ingress*"),
    row("extensions/v1beta1", 2, 16, "", "Scale"),
    row("extensions/v1beta1", 8, 16, "", "DeploymentRollback"),
    row("extensions/v1beta1", 8, 16, "apps/v1", "DaemonSet* Deployment* ReplicaSet*"),
    row("extensions/v1beta1", 9, 16, "networking.k8s.io/v1", "NetworkPolicy*"),
    row("flowcontrol.apiserver.k8s.io/v1beta1", 23, 26, "flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema* PriorityLevelConfiguration*"),
    row("flowcontrol.apiserver.k8s.io/v1beta2", 26, 29, "flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema* PriorityLevelConfiguration*"),
    row("flowcontrol.apiserver.k8s.io/v1beta3", 29, 32, "flowcontrol.apiserver.k8s.io/v1", "FlowSchema* PriorityLevelConfiguration*"),
    row("lifecycle.k8s.io/v1alpha1", 40, 43, "", "Eviction* EvictionRequest*"),
    row("networking.k8s.io/v1beta1", 19, 22, "networking.k8s.io/v1", "Ingress* IngressClass=IngressClassList IngressClassList"),
    row("networking.k8s.io/v1beta1", 34, 37, "", "IPAddress* ServiceCIDR*"),
    row("node.k8s.io/v1beta1", 22, 25, "", "RuntimeClass*"),
    row("policy/v1beta1", 21, 25, "policy/v1", "PodDisruptionBudget*"),
    row("policy/v1beta1", 22, 25, "", "Eviction"),
    row("rbac.authorization.k8s.io/v1beta1", 17, 22, "rbac.authorization.k8s.io/v1", "ClusterRole* ClusterRoleBinding* Role* RoleBinding*"),
    row("resource.k8s.io/v1alpha3", 36, 39, "", "DeviceTaintRule*"),
    row("resource.k8s.io/v1alpha3", 39, 42, "", "ResourcePoolStatusRequest*"),
    row("resource.k8s.io/v1beta1", 35, 38, "", "DeviceClass* ResourceClaim* ResourceClaimTemplate* ResourceSlice*"),
    row("resource.k8s.io/v1beta2", 36, 39, "", "DeviceClass* ResourceClaim* ResourceClaimTemplate* ResourceSlice*"),
    row("resource.k8s.io/v1beta2", 39, 42, "", "DeviceTaintRule*"),
    row("scheduling.k8s.io/v1beta1", 14, 22, "scheduling.k8s.io/v1", "PriorityClass*"),
    row("scheduling.k8s.io/v1beta1", 40, 43, "", "PodGroup* Workload*"),
    row("storage.k8s.io/v1alpha1", 21, 24, "storage.k8s.io/v1", "VolumeAttachment*"),
    row("storage.k8s.io/v1alpha1", 21, 24, "storage.k8s.io/v1beta1", "CSIStorageCapacity*"),
    row("storage.k8s.io/v1alpha1", 32, 35, "storage.k8s.io/v1", "VolumeAttributesClass*"),
    row("storage.k8s.io/v1beta1", 17, 22, "storage.k8s.io/v1", "CSINode CSINodeList=CSINode"),
    row("storage.k8s.io/v1beta1", 19, 22, "storage.k8s.io/v1", "CSIDriver* StorageClass* VolumeAttachment*"),
    row("storage.k8s.io/v1beta1", 24, 27, "storage.k8s.io/v1", "CSIStorageCapacity*"),
    row("storage.k8s.io/v1beta1", 34, 37, "storage.k8s.io/v1", "VolumeAttributesClass*"),
    row("storagemigration.k8s.io/v1beta1", 37, 40, "storagemigration.k8s.io/v1", "StorageVersionMigration*"),
    row("v1", 19, 0, "", "ComponentStatus*"),
    row("v1", 33, 0, "discovery.k8s.io/v1", "Endpoints=EndpointSlice EndpointsList=EndpointSliceList"),
];
