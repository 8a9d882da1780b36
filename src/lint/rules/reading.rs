//! What comes up while a chart is read and rendered.

use crate::lint::rule::{Check, Doc, Group, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "invalid-crd",
        group: Group::Correctness,
        doc: Doc {
            what: "A file in `crds/` that is no YAML, or an object there that is no CustomResourceDefinition.",
            why: "Helm installs what lies there before everything else, as it is, and never again.",
            bad: "# crds/config.yaml\nkind: ConfigMap",
            good: "# templates/config.yaml\nkind: ConfigMap",
        },
        check: Check::Reading,
    },
    Rule {
        name: "invalid-yaml",
        group: Group::Correctness,
        doc: Doc {
            what: "A template writes text that is no YAML.",
            why: "Helm refuses to install the chart, and points at a line of output that nobody sees.",
            bad: "data:\n  note: {{ .Values.note }}   # note: \"a: b\"",
            good: "data:\n  note: {{ .Values.note | quote }}",
        },
        check: Check::Reading,
    },
    Rule {
        name: "render-failure",
        group: Group::Correctness,
        doc: Doc {
            what: "A template cannot be parsed, or fails with the chart's own values.",
            why: "Nobody can install the chart without first setting values that it does not ask for.",
            bad: "host: {{ .Values.ingress.host }}   # `ingress` is not set",
            good: "{{- with .Values.ingress }}\nhost: {{ .host }}\n{{- end }}",
        },
        check: Check::Reading,
    },
    Rule {
        name: "unfit-values",
        group: Group::Correctness,
        doc: Doc {
            what: "Values that the chart's own schema or its subcharts refuse.",
            why: "Helm checks values before it renders and refuses to go on.",
            bad: "port: \"80\"   # the schema wants an integer",
            good: "port: 80",
        },
        check: Check::Reading,
    },
    Rule {
        name: "unreadable-file",
        group: Group::Correctness,
        doc: Doc {
            what: "A file of the chart that cannot be read: values, questions, a schema.",
            why: "Helm refuses the chart, or passes over the file without a word.",
            bad: "image: {tag: 1.0",
            good: "image: {tag: \"1.0\"}",
        },
        check: Check::Reading,
    },
];
