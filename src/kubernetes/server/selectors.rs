//! Label selectors, and whether they select the pods of a template.

use super::names;
use super::{Server, items, text_of};
use crate::yaml::Node;

impl<'n> Server<'n> {
    /// A `LabelSelector`.
    pub(super) fn selector(&mut self, selector: Option<&'n Node>) {
        let Some(selector) = selector else { return };
        self.label_map(selector.get("matchLabels"));
        for requirement in items(selector, "matchExpressions") {
            if let Some(key) = requirement.get("key") {
                self.named(key, names::qualified);
            }
            self.one_of(requirement, "operator", &["In", "NotIn", "Exists", "DoesNotExist"]);
            self.operands(requirement);
        }
    }

    /// The values that an operator takes.
    pub(super) fn operands(&mut self, requirement: &'n Node) {
        let count = items(requirement, "values").len();
        let wrong = match text_of(requirement, "operator") {
            Some("In" | "NotIn") if count == 0 => "expected values for this operator, found none",
            Some("Exists" | "DoesNotExist") if count > 0 => "expected no values for this operator, found some",
            Some("Gt" | "Lt") if count != 1 => "expected one value for this operator, found another number of them",
            _ => return,
        };
        self.wrong(requirement, "wrong-value", wrong);
    }

    /// The selector of a workload: not empty, and met by the labels of its template.
    pub(super) fn workload_selector(&mut self, spec: &'n Node) {
        let Some(selector) = spec.get("selector") else { return };
        self.selector(Some(selector));
        let wanted = selector.get("matchLabels").map(Node::entries).unwrap_or_default();
        let expressions = items(selector, "matchExpressions");
        if wanted.is_empty() && expressions.is_empty() {
            self.wrong(selector, "selector-mismatch", "expected a selector that is not empty, found an empty one");
            return;
        }
        let labels = spec.at(&["template", "metadata", "labels"]);
        for entry in wanted {
            let name = entry.key.key_text().unwrap_or_default();
            let found = labels.and_then(|labels| labels.get(&name));
            if found.and_then(Node::to_text) == entry.value.to_text() {
                continue;
            }
            let text = match found {
                Some(_) => "expected the value that the template's label of this name has, found another one",
                None => "expected a label that the template has, found one that it lacks",
            };
            let hint = "write the same labels under `spec.template.metadata.labels`";
            self.wrong_hint(&entry.value, "selector-mismatch", text, hint);
        }
        for requirement in expressions {
            if meets(requirement, labels) == Some(false) {
                self.wrong(requirement, "selector-mismatch", "the template's labels do not meet this");
            }
        }
    }
}

/// Whether labels meet a requirement; `None` where it is no whole one.
fn meets(requirement: &Node, labels: Option<&Node>) -> Option<bool> {
    let value = labels.and_then(|labels| labels.get(text_of(requirement, "key")?)).and_then(Node::to_text);
    let listed = value.as_ref().is_some_and(|value| {
        items(requirement, "values").iter().any(|item| item.to_text().as_deref() == Some(value))
    });
    match text_of(requirement, "operator")? {
        "In" => Some(listed),
        "NotIn" => Some(!listed),
        "Exists" => Some(value.is_some()),
        "DoesNotExist" => Some(value.is_none()),
        _ => None,
    }
}
