//! Roles and their bindings.

use super::{Server, is_set, items, text_of};

const GROUP: &str = "rbac.authorization.k8s.io";

impl Server<'_> {
    pub(super) fn role(&mut self, kind: &str) {
        for rule in items(self.root, "rules") {
            if items(rule, "verbs").is_empty() {
                self.wrong(rule, "missing-field", "expected at least one of `verbs`, found none");
            }
            let urls = !items(rule, "nonResourceURLs").is_empty();
            let resources = !items(rule, "resources").is_empty();
            if urls && kind == "Role" {
                self.wrong(rule, "wrong-value", "expected no `nonResourceURLs` in a Role, found some");
            } else if urls && resources {
                self.wrong(rule, "wrong-value", "expected `resources` or `nonResourceURLs`, found both");
            } else if !urls && !resources {
                self.wrong(rule, "missing-field", "expected at least one of `resources`, found none");
            } else if !urls && items(rule, "apiGroups").is_empty() {
                let hint = "write `apiGroups: [\"\"]` for the core group";
                self.wrong_hint(rule, "missing-field", "expected at least one of `apiGroups`, found none", hint);
            }
        }
    }

    pub(super) fn binding(&mut self, kind: &str) {
        if let Some(role) = self.root.get("roleRef") {
            self.one_of(role, "apiGroup", &[GROUP]);
            let kinds: &[&str] = if kind == "RoleBinding" { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
            self.one_of(role, "kind", kinds);
            self.required_text(role, "name");
        }
        for subject in items(self.root, "subjects") {
            self.required_text(subject, "name");
            self.one_of(subject, "kind", &["ServiceAccount", "User", "Group"]);
            let group: &[&str] = if text_of(subject, "kind") == Some("ServiceAccount") { &[] } else { &[GROUP] };
            if group.is_empty() && is_set(subject, "apiGroup") && !text_of(subject, "apiGroup").unwrap_or_default().is_empty() {
                self.wrong(subject, "wrong-value", "expected no `apiGroup` for a ServiceAccount, found one");
            }
            let namespaced = !text_of(subject, "namespace").unwrap_or_default().is_empty();
            if text_of(subject, "kind") == Some("ServiceAccount") && !namespaced {
                self.wrong(subject, "missing-field", "expected a `namespace` for a ServiceAccount, found none");
            }
            if !group.is_empty() {
                self.one_of(subject, "apiGroup", group);
            }
        }
    }
}
