//! The example that comes with the program: an organisation and its environments. Their charts are the shipped ones.

/// The files of the example: paths with `/`, and bytes.
pub const EXAMPLE: &[(&str, &[u8])] = &[
    ("environments/pilot.yaml", include_bytes!("../../values/examples/environments/pilot.yaml")),
    ("environments/production.yaml", include_bytes!("../../values/examples/environments/production.yaml")),
    ("environments/published-1x.yaml", include_bytes!("../../values/examples/environments/published-1x.yaml")),
    ("environments/sandbox.yaml", include_bytes!("../../values/examples/environments/sandbox.yaml")),
    ("organisation.yaml", include_bytes!("../../values/examples/organisation.yaml")),
];
