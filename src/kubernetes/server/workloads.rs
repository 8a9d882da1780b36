//! What runs pods: Deployments and the like, Jobs, autoscalers, budgets.

use super::pods::Owner;
use super::{Server, as_text, integer, is_set, items, text_of};
use crate::yaml::{Node, NodeKind};

impl<'n> Server<'n> {
    /// The kinds of `apps`.
    pub(super) fn workload(&mut self, spec: Option<&'n Node>, kind: &str) {
        let Some(spec) = spec.filter(|spec| !spec.is_null()) else {
            self.wrong(self.root, "missing-field", "expected a field `spec`, found none");
            return;
        };
        self.workload_selector(spec);
        let claims = items(spec, "volumeClaimTemplates");
        let volumes: Vec<&str> = claims.iter().filter_map(|claim| text_of(claim.get("metadata")?, "name")).collect();
        self.template_with(spec.get("template"), Owner::Controller, &volumes);
        self.not_negative(spec, &["replicas", "minReadySeconds", "revisionHistoryLimit"]);
        match kind {
            "Deployment" => self.deployment(spec),
            "StatefulSet" => {
                self.one_of(spec, "podManagementPolicy", &["OrderedReady", "Parallel"]);
                if let Some(strategy) = spec.get("updateStrategy") {
                    self.one_of(strategy, "type", &["RollingUpdate", "OnDelete"]);
                }
                claims.iter().for_each(|claim| self.claim(claim.get("spec"), claim));
            }
            "DaemonSet" => {
                if let Some(strategy) = spec.get("updateStrategy") {
                    self.one_of(strategy, "type", &["RollingUpdate", "OnDelete"]);
                }
            }
            _ => {}
        }
    }

    fn deployment(&mut self, spec: &'n Node) {
        self.not_negative(spec, &["progressDeadlineSeconds"]);
        let ready = integer(spec, "minReadySeconds").map_or(0, |(_, seconds)| seconds);
        if let Some((node, deadline)) = integer(spec, "progressDeadlineSeconds")
            && deadline <= ready
        {
            self.wrong(node, "out-of-range", "expected more than `minReadySeconds`");
        }
        let Some(strategy) = spec.get("strategy") else { return };
        self.one_of(strategy, "type", &["RollingUpdate", "Recreate"]);
        let rolling = strategy.get("rollingUpdate").filter(|rolling| !rolling.is_null());
        let Some(rolling) = rolling else { return };
        if text_of(strategy, "type") == Some("Recreate") {
            let hint = "take `rollingUpdate` away, in a values file with `rollingUpdate: null`";
            self.wrong_hint(rolling, "wrong-value", "expected no such field beside `type: Recreate`, found one", hint);
            return;
        }
        for key in ["maxSurge", "maxUnavailable"] {
            self.count_or_percent(rolling, key);
        }
        let zero = |key: &str| rolling.get(key).is_some_and(|value| {
            *value.kind() == NodeKind::Int(0) || matches!(as_text(value), Some("0%" | "0"))
        });
        if zero("maxSurge") && zero("maxUnavailable") {
            self.wrong(rolling, "out-of-range", "expected `maxSurge` or `maxUnavailable` above zero");
        }
    }

    /// A number, or a text like `25%`.
    fn count_or_percent(&mut self, node: &'n Node, key: &str) {
        self.not_negative(node, &[key]);
        let Some((value, text)) = node.get(key).and_then(|value| Some((value, as_text(value)?))) else { return };
        let number = text.strip_suffix('%').filter(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
        if number.is_none() {
            self.wrong(value, "wrong-format", "expected a number, or a share like `25%`, found another text");
        }
    }

    pub(super) fn replication_controller(&mut self, spec: Option<&'n Node>) {
        let Some(spec) = spec else { return };
        self.label_map(spec.get("selector"));
        self.not_negative(spec, &["replicas", "minReadySeconds"]);
        self.template(spec.get("template"), Owner::Controller);
    }

    /// A `JobSpec`, in a Job or in the template of one.
    pub(super) fn job(&mut self, spec: Option<&'n Node>, whole: &'n Node) {
        let Some(spec) = spec.filter(|spec| !spec.is_null()) else {
            self.wrong(whole, "missing-field", "expected a field `spec`, found none");
            return;
        };
        let counts =
            ["parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"];
        self.not_negative(spec, &counts);
        self.one_of(spec, "completionMode", &["NonIndexed", "Indexed"]);
        self.template(spec.get("template"), Owner::Job);
        let manual = spec.get("manualSelector").is_some_and(|flag| *flag.kind() == NodeKind::Bool(true));
        if let Some(selector) = spec.get("selector").filter(|selector| !manual && !selector.is_null()) {
            let hint = "leave it out: the server makes one";
            self.wrong_hint(selector, "wrong-value", "expected no selector without `manualSelector: true`, found one", hint);
        }
        if let Some(name) = self.root.at(&["metadata", "name"])
            && std::ptr::eq(whole, self.root)
            && as_text(name).is_some_and(|name| name.len() > 63)
        {
            self.wrong(name, "invalid-name", "expected at most 63 characters: the pods carry it as a label");
        }
    }

    pub(super) fn cron_job(&mut self, spec: Option<&'n Node>) {
        let Some(spec) = spec else { return };
        if let Some(text) = self.required_text(spec, "schedule")
            && let Some(node) = spec.get("schedule")
        {
            if text.contains("TZ") {
                self.wrong(node, "wrong-value", "expected a schedule without a time zone, which has a field `timeZone`");
            } else if !is_schedule(text) {
                let hint = "write minute, hour, day of the month, month and day of the week";
                self.wrong_hint(node, "wrong-format", "expected a cron schedule, found another text", hint);
            }
        }
        self.one_of(spec, "concurrencyPolicy", &["Allow", "Forbid", "Replace"]);
        self.not_negative(spec, &["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"]);
        if let Some(template) = spec.get("jobTemplate") {
            self.job(template.get("spec"), template);
        }
    }

    pub(super) fn autoscaler(&mut self, spec: Option<&'n Node>) {
        let Some(spec) = spec else { return };
        self.in_range(spec, "minReplicas", 0, i64::MAX);
        self.in_range(spec, "maxReplicas", 1, i64::MAX);
        if let (Some((_, least)), Some((node, most))) = (integer(spec, "minReplicas"), integer(spec, "maxReplicas"))
            && most < least
        {
            self.wrong(node, "out-of-range", "expected at least `minReplicas`, found less");
        }
        if let Some(target) = spec.get("scaleTargetRef") {
            self.required_text(target, "kind");
            self.required_text(target, "name");
        }
        let sources = ["object", "pods", "resource", "containerResource", "external"];
        for metric in items(spec, "metrics") {
            self.one_of(metric, "type", &["Object", "Pods", "Resource", "ContainerResource", "External"]);
            self.exactly_one(metric, &sources, "a source of the metric");
        }
    }

    pub(super) fn disruption_budget(&mut self, spec: Option<&'n Node>) {
        let Some(spec) = spec else { return };
        if is_set(spec, "minAvailable") && is_set(spec, "maxUnavailable") {
            self.wrong(spec, "wrong-value", "expected `minAvailable` or `maxUnavailable`, found both");
        }
        self.count_or_percent(spec, "minAvailable");
        self.count_or_percent(spec, "maxUnavailable");
        self.selector(spec.get("selector"));
    }
}

/// Whether a text is a schedule: five fields of numbers, names, ranges and steps, or a word like `@daily`.
fn is_schedule(text: &str) -> bool {
    if let Some(word) = text.strip_prefix('@') {
        let words = ["yearly", "annually", "monthly", "weekly", "daily", "midnight", "hourly"];
        return words.contains(&word) || word.strip_prefix("every ").is_some_and(|rest| super::super::quantity::duration(rest).is_some());
    }
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    let bounds: [(u32, u32, &[&str]); 5] = [(0, 59, &[]), (0, 23, &[]), (1, 31, &[]), (1, 12, &MONTHS), (0, 6, &DAYS)];
    fields.len() == 5 && fields.iter().zip(bounds).all(|(field, (least, most, names))| {
        field.split(',').all(|part| is_part(part, least, most, names))
    })
}

/// `*`, `5`, `1-5`, with a step or without.
fn is_part(part: &str, least: u32, most: u32, names: &[&str]) -> bool {
    let number = |text: &str| {
        let named = names.iter().position(|name| text.eq_ignore_ascii_case(name));
        let named = named.and_then(|at| u32::try_from(at).ok()).map(|at| at + least);
        named.or_else(|| text.parse().ok()).filter(|number| (least..=most).contains(number))
    };
    let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
    let stepped = step.is_none_or(|step| step.parse::<u32>().is_ok_and(|step| step > 0));
    let whole = matches!(range, "*" | "?");
    let inside = match range.split_once('-') {
        Some((first, last)) => number(first).zip(number(last)).is_some_and(|(first, last)| first <= last),
        None => number(range).is_some(),
    };
    stepped && (whole || inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_cron_s() {
        for text in ["0 3 * * *", "*/5 0-6,8 1 jan-MAR sun", "@daily", "@every 1h", "0 0 ? * 0"] {
            assert!(is_schedule(text), "{text}");
        }
        for text in ["", "* * * *", "60 * * * *", "* * 0 * *", "@never", "a * * * *", "5-1 * * * *", "*/0 * * * *"] {
            assert!(!is_schedule(text), "{text}");
        }
    }
}
