//! The example that comes with the program: an organisation, its environments, and small charts.

/// The files of the example: paths with `/`, and bytes.
pub const EXAMPLE: &[(&str, &[u8])] = &[
    ("charts/hello-portal/Chart.yaml", include_bytes!("../../charts/examples/hello-portal/Chart.yaml")),
    ("charts/hello-portal/README.md", include_bytes!("../../charts/examples/hello-portal/README.md")),
    (
        "charts/hello-portal/templates/NOTES.txt",
        include_bytes!("../../charts/examples/hello-portal/templates/NOTES.txt"),
    ),
    (
        "charts/hello-portal/templates/_names.tpl",
        include_bytes!("../../charts/examples/hello-portal/templates/_names.tpl"),
    ),
    (
        "charts/hello-portal/templates/configmap.yaml",
        include_bytes!("../../charts/examples/hello-portal/templates/configmap.yaml"),
    ),
    (
        "charts/hello-portal/templates/deployment.yaml",
        include_bytes!("../../charts/examples/hello-portal/templates/deployment.yaml"),
    ),
    (
        "charts/hello-portal/templates/service.yaml",
        include_bytes!("../../charts/examples/hello-portal/templates/service.yaml"),
    ),
    (
        "charts/hello-portal/templates/virtualservice.yaml",
        include_bytes!("../../charts/examples/hello-portal/templates/virtualservice.yaml"),
    ),
    ("charts/hello-portal/values.schema.json", include_bytes!("../../charts/examples/hello-portal/values.schema.json")),
    ("charts/hello-portal/values.yaml", include_bytes!("../../charts/examples/hello-portal/values.yaml")),
    ("charts/portal-report/Chart.yaml", include_bytes!("../../charts/examples/portal-report/Chart.yaml")),
    ("charts/portal-report/README.md", include_bytes!("../../charts/examples/portal-report/README.md")),
    (
        "charts/portal-report/templates/cronjob.yaml",
        include_bytes!("../../charts/examples/portal-report/templates/cronjob.yaml"),
    ),
    (
        "charts/portal-report/values.schema.json",
        include_bytes!("../../charts/examples/portal-report/values.schema.json"),
    ),
    ("charts/portal-report/values.yaml", include_bytes!("../../charts/examples/portal-report/values.yaml")),
    ("charts/settings-store/Chart.yaml", include_bytes!("../../charts/examples/settings-store/Chart.yaml")),
    ("charts/settings-store/README.md", include_bytes!("../../charts/examples/settings-store/README.md")),
    (
        "charts/settings-store/templates/_names.tpl",
        include_bytes!("../../charts/examples/settings-store/templates/_names.tpl"),
    ),
    (
        "charts/settings-store/templates/service.yaml",
        include_bytes!("../../charts/examples/settings-store/templates/service.yaml"),
    ),
    (
        "charts/settings-store/templates/statefulset.yaml",
        include_bytes!("../../charts/examples/settings-store/templates/statefulset.yaml"),
    ),
    (
        "charts/settings-store/values.schema.json",
        include_bytes!("../../charts/examples/settings-store/values.schema.json"),
    ),
    ("charts/settings-store/values.yaml", include_bytes!("../../charts/examples/settings-store/values.yaml")),
    ("environments/pilot.yaml", include_bytes!("../../values/examples/environments/pilot.yaml")),
    ("environments/production.yaml", include_bytes!("../../values/examples/environments/production.yaml")),
    ("environments/published-1x.yaml", include_bytes!("../../values/examples/environments/published-1x.yaml")),
    ("environments/sandbox.yaml", include_bytes!("../../values/examples/environments/sandbox.yaml")),
    (
        "environments/values/hello-portal.yaml.tera",
        include_bytes!("../../values/examples/environments/values/hello-portal.yaml.tera"),
    ),
    (
        "environments/values/portal-report.yaml.tera",
        include_bytes!("../../values/examples/environments/values/portal-report.yaml.tera"),
    ),
    (
        "environments/values/settings-store.yaml.tera",
        include_bytes!("../../values/examples/environments/values/settings-store.yaml.tera"),
    ),
    ("organisation.yaml", include_bytes!("../../values/examples/organisation.yaml")),
];
