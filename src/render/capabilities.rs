//! `.Capabilities`: the Kubernetes version, the API versions and the Helm build that a chart believes in.
//!
//! The reference is Helm's package `pkg/chart/common` (`pkg/chartutil` in Helm 3); the default API versions are those
//! of the client-go that each Helm was built with, as a template prints them.

use super::names::quoted;
use crate::chart::Compat;
use crate::diagnostic::Fault;
use crate::value::{Field, Kind, List, ListKind, ListMethod, Object, Value};
use std::any::Any;
use std::borrow::Cow;
use std::rc::Rc;

/// The Kubernetes API versions that all known Helms assume, in the order in which client-go lists them; each with
/// the Helms that know it.
const API_VERSIONS: &[(&str, Known)] = &[
    ("v1", Known::All),
    ("admissionregistration.k8s.io/v1", Known::All),
    ("admissionregistration.k8s.io/v1alpha1", Known::All),
    ("admissionregistration.k8s.io/v1beta1", Known::All),
    ("internal.apiserver.k8s.io/v1alpha1", Known::All),
    ("apps/v1", Known::All),
    ("apps/v1beta1", Known::All),
    ("apps/v1beta2", Known::All),
    ("authentication.k8s.io/v1", Known::All),
    ("authentication.k8s.io/v1alpha1", Known::All),
    ("authentication.k8s.io/v1beta1", Known::All),
    ("authorization.k8s.io/v1", Known::All),
    ("authorization.k8s.io/v1beta1", Known::All),
    ("autoscaling/v1", Known::All),
    ("autoscaling/v2", Known::All),
    ("batch/v1", Known::All),
    ("batch/v1beta1", Known::All),
    ("certificates.k8s.io/v1", Known::All),
    ("certificates.k8s.io/v1beta1", Known::All),
    ("certificates.k8s.io/v1alpha1", Known::All),
    ("coordination.k8s.io/v1alpha2", Known::All),
    ("coordination.k8s.io/v1beta1", Known::All),
    ("coordination.k8s.io/v1", Known::All),
    ("discovery.k8s.io/v1", Known::All),
    ("discovery.k8s.io/v1beta1", Known::All),
    ("events.k8s.io/v1", Known::All),
    ("events.k8s.io/v1beta1", Known::All),
    ("extensions/v1beta1", Known::All),
    ("flowcontrol.apiserver.k8s.io/v1", Known::All),
    ("flowcontrol.apiserver.k8s.io/v1beta1", Known::All),
    ("flowcontrol.apiserver.k8s.io/v1beta2", Known::All),
    ("flowcontrol.apiserver.k8s.io/v1beta3", Known::All),
    ("lifecycle.k8s.io/v1alpha1", Known::Kubernetes37),
    ("networking.k8s.io/v1", Known::All),
    ("networking.k8s.io/v1beta1", Known::All),
    ("node.k8s.io/v1", Known::All),
    ("node.k8s.io/v1alpha1", Known::All),
    ("node.k8s.io/v1beta1", Known::All),
    ("policy/v1", Known::All),
    ("policy/v1beta1", Known::All),
    ("rbac.authorization.k8s.io/v1", Known::All),
    ("rbac.authorization.k8s.io/v1beta1", Known::All),
    ("rbac.authorization.k8s.io/v1alpha1", Known::All),
    ("resource.k8s.io/v1", Known::All),
    ("resource.k8s.io/v1beta2", Known::All),
    ("resource.k8s.io/v1beta1", Known::All),
    ("resource.k8s.io/v1alpha3", Known::All),
    ("scheduling.k8s.io/v1alpha2", Known::Kubernetes36),
    ("scheduling.k8s.io/v1alpha3", Known::Kubernetes37),
    ("scheduling.k8s.io/v1beta1", Known::All),
    ("scheduling.k8s.io/v1", Known::All),
    ("storage.k8s.io/v1beta1", Known::All),
    ("storage.k8s.io/v1", Known::All),
    ("storage.k8s.io/v1alpha1", Known::All),
    ("storagemigration.k8s.io/v1", Known::Kubernetes37),
    ("storagemigration.k8s.io/v1beta1", Known::All),
    ("apiextensions.k8s.io/v1beta1", Known::All),
    ("apiextensions.k8s.io/v1", Known::All),
];

/// The version of Go that the recorded Helms were built with.
const GO_VERSION: &str = "go1.26.8";

/// Which client-go brings an API version: that of Kubernetes 1.36 (Helm 4.2) or of 1.37 (Helm 4.3 and 3).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    All,
    Kubernetes36,
    Kubernetes37,
}

impl Known {
    fn to(self, compat: Compat) -> bool {
        match self {
            Known::All => true,
            Known::Kubernetes36 => compat == Compat::Helm42,
            Known::Kubernetes37 => compat != Compat::Helm42,
        }
    }
}

/// A Kubernetes version as `--kube-version` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeVersion {
    /// The version with a leading `v`; Helm 4 keeps its suffix, Helm 3 drops it.
    pub version: String,
    /// The numbers alone, with a leading `v`: what `kubeVersion` constraints of charts are checked against.
    pub normalized: String,
    /// The first number.
    pub major: String,
    /// The second number.
    pub minor: String,
}

impl KubeVersion {
    /// The version that `compat` assumes where nobody names one.
    pub fn of_helm(compat: Compat) -> KubeVersion {
        let minor = match compat {
            Compat::Helm43 => "37",
            Compat::Helm42 | Compat::Helm3 => "36",
        };
        let version = format!("v1.{minor}.0");
        KubeVersion { normalized: version.clone(), version, major: "1".into(), minor: minor.into() }
    }

    /// Reads a version as Kubernetes' `ParseGeneric` does: two or more numbers, anything after them.
    /// The fault is Helm's text for the flag `--kube-version`.
    pub fn parse(text: &str, compat: Compat) -> Result<KubeVersion, Fault> {
        let numbers = numbers(text).map_err(|why| Fault::new(format!("invalid kube version '{text}': {why}")))?;
        let normalized = format!("v{}", numbers.iter().map(u64::to_string).collect::<Vec<_>>().join("."));
        let version = match compat {
            Compat::Helm3 => normalized.clone(),
            _ if text.starts_with('v') => text.to_string(),
            _ => format!("v{text}"),
        };
        let number = |at: usize| numbers.get(at).map(u64::to_string).unwrap_or_default();
        Ok(KubeVersion { version, normalized, major: number(0), minor: number(1) })
    }
}

/// The leading numbers of a version, or why there are none.
fn numbers(text: &str) -> Result<Vec<u64>, String> {
    let quoted = quoted(text);
    let unfit = || format!("could not parse {quoted} as version");
    let rest = text.trim_start_matches(['\t', '\n', '\x0c', '\r', ' ']);
    let rest = rest.strip_prefix('v').unwrap_or(rest);
    let end = end_of_numbers(rest.as_bytes());
    let (numbers, extra) = rest.split_at_checked(end).ok_or_else(unfit)?;
    if numbers.is_empty() || extra.contains('\n') {
        return Err(unfit());
    }
    if !numbers.contains('.') {
        return Err(format!("illegal version string {quoted}"));
    }
    let mut found = Vec::new();
    for (at, component) in numbers.split('.').enumerate() {
        if at == 0 && component.starts_with('0') && component != "0" {
            return Err(format!("illegal zero-prefixed version component \"{component}\" in {quoted}"));
        }
        let number = component.parse().map_err(|_| {
            let why = format!("strconv.ParseUint: parsing \"{component}\": value out of range");
            format!("illegal non-numeric version component \"{component}\" in {quoted}: {why}")
        })?;
        found.push(number);
    }
    Ok(found)
}

/// Where the longest run of numbers with single dots between them ends.
fn end_of_numbers(text: &[u8]) -> usize {
    let digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    let mut at = 0;
    while digit(at) || (at > 0 && text.get(at) == Some(&b'.') && digit(at + 1)) {
        at += 1;
    }
    at
}

/// What a chart may know of the cluster and of Helm.
#[derive(Clone, Debug)]
pub struct Capabilities {
    compat: Compat,
    kube_version: KubeVersion,
    api_versions: Vec<Cow<'static, str>>,
}

impl Capabilities {
    /// What `compat` assumes where there is no cluster.
    pub fn of_helm(compat: Compat) -> Capabilities {
        let known = API_VERSIONS.iter().filter(|(_, known)| known.to(compat));
        let api_versions = known.map(|(name, _)| Cow::Borrowed(*name)).collect();
        Capabilities { compat, kube_version: KubeVersion::of_helm(compat), api_versions }
    }

    /// The same with another Kubernetes version (`--kube-version`).
    pub fn with_kube_version(mut self, version: KubeVersion) -> Capabilities {
        self.kube_version = version;
        self
    }

    /// The same with further API versions at the end (`--api-versions`); Helm keeps duplicates.
    pub fn with_api_versions<T: Into<String>>(mut self, more: impl IntoIterator<Item = T>) -> Capabilities {
        self.api_versions.extend(more.into_iter().map(|name| Cow::Owned(name.into())));
        self
    }

    /// The same with these API versions and no others.
    pub fn with_only_api_versions<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Capabilities {
        self.api_versions.clear();
        self.with_api_versions(names)
    }

    /// The Kubernetes version.
    pub fn kube_version(&self) -> &KubeVersion {
        &self.kube_version
    }

    /// The API versions in Helm's order.
    pub fn api_versions(&self) -> impl Iterator<Item = &str> {
        self.api_versions.iter().map(Cow::as_ref)
    }

    /// The value of `.Capabilities`.
    pub fn to_value(&self) -> Value {
        let kube = KubeVersionObject { compat: self.compat, version: self.kube_version.clone(), in_place: true };
        let set = match self.compat {
            Compat::Helm3 => ListKind::Other("chartutil.VersionSet"),
            _ => ListKind::Other("common.VersionSet"),
        };
        let names = self.api_versions().map(Value::str).collect();
        Value::Object(Rc::new(CapabilitiesObject {
            compat: self.compat,
            kube_version: Value::Object(Rc::new(kube)),
            api_versions: Value::List(List::with_methods(set, names, VERSION_SET)),
            helm_version: Value::Object(Rc::new(BuildInfo { compat: self.compat })),
        }))
    }
}

const VERSION_SET: &[ListMethod] = &[ListMethod { name: "Has", params: &["string"], call: has }];

fn has(set: &List, args: &[Value]) -> Result<Value, Fault> {
    let wanted = args.first().and_then(Value::as_str);
    Ok(Value::Bool(set.iter().any(|name| name.as_str() == wanted)))
}

/// `*common.Capabilities`.
#[derive(Clone, Debug)]
struct CapabilitiesObject {
    compat: Compat,
    kube_version: Value,
    api_versions: Value,
    helm_version: Value,
}

impl Object for CapabilitiesObject {
    fn go_type(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self.compat {
            Compat::Helm3 => "*chartutil.Capabilities",
            _ => "*common.Capabilities",
        })
    }

    fn kind(&self) -> Kind {
        Kind::Ptr
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn field(&self, name: &str) -> Option<Field> {
        Some(match name {
            "KubeVersion" => Field::Value(self.kube_version.clone()),
            "APIVersions" => Field::Value(self.api_versions.clone()),
            "HelmVersion" => Field::Value(self.helm_version.clone()),
            "Copy" => Field::Method { params: &[], variadic: false },
            _ => return None,
        })
    }

    fn call(&self, _: &str, _: &[Value]) -> Result<Value, Fault> {
        Ok(Value::Object(Rc::new(self.clone())))
    }

    fn fields(&self) -> Vec<(Cow<'static, str>, Value)> {
        let kube_version = match &self.kube_version {
            Value::Object(object) => object.copied().unwrap_or(Value::Nil),
            _ => Value::Nil,
        };
        vec![
            (Cow::Borrowed("KubeVersion"), kube_version),
            (Cow::Borrowed("APIVersions"), self.api_versions.clone()),
            (Cow::Borrowed("HelmVersion"), self.helm_version.clone()),
        ]
    }
}

/// `common.KubeVersion`, whose methods belong to the pointer: they are there only while the value is in its place.
#[derive(Clone, Debug)]
struct KubeVersionObject {
    compat: Compat,
    version: KubeVersion,
    in_place: bool,
}

impl Object for KubeVersionObject {
    fn go_type(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self.compat {
            Compat::Helm3 => "chartutil.KubeVersion",
            _ => "common.KubeVersion",
        })
    }

    fn kind(&self) -> Kind {
        Kind::Struct
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn field(&self, name: &str) -> Option<Field> {
        Some(match name {
            "Version" => Field::Value(Value::str(&self.version.version)),
            "Major" => Field::Value(Value::str(&self.version.major)),
            "Minor" => Field::Value(Value::str(&self.version.minor)),
            "String" | "GitVersion" if self.in_place => Field::Method { params: &[], variadic: false },
            _ => return None,
        })
    }

    fn call(&self, name: &str, _: &[Value]) -> Result<Value, Fault> {
        match name {
            "String" => Ok(Value::str(&self.version.normalized)),
            _ => Ok(Value::str(&self.version.version)),
        }
    }

    fn fields(&self) -> Vec<(Cow<'static, str>, Value)> {
        let mut fields = vec![(Cow::Borrowed("Version"), Value::str(&self.version.version))];
        if self.compat != Compat::Helm3 {
            fields.push((Cow::Borrowed("normalizedVersion"), Value::str(&self.version.normalized)));
        }
        fields.push((Cow::Borrowed("Major"), Value::str(&self.version.major)));
        fields.push((Cow::Borrowed("Minor"), Value::str(&self.version.minor)));
        fields
    }

    fn display_in_place(&self) -> Option<String> {
        self.in_place.then(|| self.version.normalized.clone())
    }

    fn copied(&self) -> Option<Value> {
        self.in_place.then(|| Value::Object(Rc::new(KubeVersionObject { in_place: false, ..self.clone() })))
    }
}

/// `version.BuildInfo` of the Helms that were recorded; their commits are not known to a build from source.
#[derive(Clone, Debug)]
struct BuildInfo {
    compat: Compat,
}

impl BuildInfo {
    fn version(&self) -> &'static str {
        match self.compat {
            Compat::Helm43 => "v4.3.1",
            Compat::Helm42 => "v4.2",
            Compat::Helm3 => "v3.22.0",
        }
    }

    fn kube_client_version(&self) -> Option<&'static str> {
        match self.compat {
            Compat::Helm43 => Some("v1.37"),
            Compat::Helm42 => Some("v1.36"),
            Compat::Helm3 => None,
        }
    }
}

impl Object for BuildInfo {
    fn go_type(&self) -> Cow<'static, str> {
        Cow::Borrowed("version.BuildInfo")
    }

    fn kind(&self) -> Kind {
        Kind::Struct
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn field(&self, name: &str) -> Option<Field> {
        self.fields().into_iter().find(|(field, _)| field == name).map(|(_, value)| Field::Value(value))
    }

    fn fields(&self) -> Vec<(Cow<'static, str>, Value)> {
        let mut fields: Vec<(Cow<'static, str>, Value)> = vec![
            ("Version".into(), self.version().into()),
            ("GitCommit".into(), "".into()),
            ("GitTreeState".into(), "".into()),
            ("GoVersion".into(), GO_VERSION.into()),
        ];
        fields.extend(self.kube_client_version().map(|version| ("KubeClientVersion".into(), version.into())));
        fields
    }

    /// Empty fields are left out, as their tags say.
    fn json_fields(&self) -> Vec<(Cow<'static, str>, Value)> {
        let mut fields: Vec<(Cow<'static, str>, Value)> =
            vec![("version".into(), self.version().into()), ("go_version".into(), GO_VERSION.into())];
        fields.extend(self.kube_client_version().map(|version| ("kube_client_version".into(), version.into())));
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, compat: Compat) -> Result<KubeVersion, String> {
        KubeVersion::parse(text, compat).map_err(|fault| fault.message().to_string())
    }

    /// Recorded with `helm template --kube-version`.
    #[test]
    fn kube_versions_are_read_as_helm_reads_them() {
        let gke = parse("1.29.1-gke.100", Compat::Helm43).unwrap();
        assert_eq!((gke.version.as_str(), gke.normalized.as_str()), ("v1.29.1-gke.100", "v1.29.1"));
        assert_eq!(parse("1.29.1-gke.100", Compat::Helm3).unwrap().version, "v1.29.1");
        assert_eq!(parse("v1.30+k3s", Compat::Helm43).unwrap().normalized, "v1.30");
        assert_eq!(parse("1.02.3.4", Compat::Helm43).unwrap().normalized, "v1.2.3.4");
        for (text, why) in [
            ("abc", r#"could not parse "abc" as version"#),
            ("1", r#"illegal version string "1""#),
            ("1.x", r#"illegal version string "1.x""#),
            ("01.2", r#"illegal zero-prefixed version component "01" in "01.2""#),
        ] {
            assert_eq!(parse(text, Compat::Helm43), Err(format!("invalid kube version '{text}': {why}")));
        }
    }

    #[test]
    fn api_versions_follow_the_helm() {
        let count = |compat| Capabilities::of_helm(compat).api_versions().count();
        assert_eq!([count(Compat::Helm43), count(Compat::Helm42), count(Compat::Helm3)], [57, 55, 57]);
        let more = Capabilities::of_helm(Compat::Helm43).with_api_versions(["x/v1"]).to_value();
        let Value::Object(object) = &more else { panic!("an object") };
        let Some(Field::Value(Value::List(set))) = object.field("APIVersions") else { panic!("a list") };
        let method = set.method("Has").unwrap();
        assert!((method.call)(&set, &[Value::str("x/v1")]).unwrap().truth());
        assert!(!(method.call)(&set, &[Value::str("y/v1")]).unwrap().truth());
    }
}
