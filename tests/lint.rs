//! The rules of lint: each has a fixture in `lint/`, named as the rule, whose lines with `# error: RULE` are found and no
//! others; and what a finding in rendered output points at is the line that wrote it.

use crate::sections::{self, Case};
use chartwright::chart::{Chart, Compat, File, LoadOptions, Notices};
use chartwright::lint::{self, Finding, Level, Levels, Request, Rule};
use chartwright::render::action::{RenderOptions, SchemaCheck, prepare};
use chartwright::render::{Capabilities, Parses, Release, Tracing};
use chartwright::source::Sources;
use chartwright::template::Limits;
use chartwright::value::Map;
use chartwright::world::{FixedWorld, Lenient};
use chartwright::yaml;
use std::collections::BTreeSet;
use std::path::Path;

const MARK: &str = "# error: ";
/// `values.yaml` after findings in it were mended; nothing where they cannot be.
const MENDED: &str = "mended values.yaml";
/// The values that a user names.
const USER: &str = "user.yaml";

/// A chart of a case's files; a chart that says nothing of itself gets a `Chart.yaml`.
fn files(case: &Case) -> Vec<File> {
    let own = case.parts.iter().filter(|(name, _)| name != "previous" && name != USER && name != MENDED);
    let mut files: Vec<File> = own.map(|(name, text)| File::new(name.as_str(), text.clone().into_bytes())).collect();
    if case.part("Chart.yaml").is_none() {
        files.push(File::new("Chart.yaml", b"apiVersion: v2\nname: t\nversion: 0.1.0\n".to_vec()));
    }
    files
}

/// Lints files with every rule as an error. What Helm does not load is lint's too: the files as they are.
fn lint_files(files: Vec<File>, (previous, user): (Option<&str>, Option<&str>)) -> (Chart, Vec<Finding>, Sources) {
    let chart = Chart::from_files(files.clone(), &LoadOptions::default(), &mut Notices::new());
    let chart = chart.unwrap_or_else(|_| {
        let mut chart = Chart::default();
        chart.raw.extend(files);
        chart.metadata.name = "t".to_owned();
        chart
    });
    let mut levels = Levels::default();
    lint::rules().for_each(|rule| levels.set(rule.name, Level::Error).expect("a rule"));
    let (capabilities, world) = (Capabilities::of_helm(Compat::Helm43), FixedWorld::default());
    let values = yaml::from_yaml_map(user.unwrap_or_default().as_bytes()).expect("values of a user are a map");
    let values_files: Vec<_> = user.iter().map(|text| (USER.to_owned(), text.as_bytes().to_vec())).collect();
    let request = Request {
        values: &values,
        compat: Compat::Helm43,
        capabilities: &capabilities,
        namespace: "default",
        world: &world,
        parses: &Parses::new(Compat::Helm43),
        values_files: &values_files,
        levels: &levels,
        previous: previous.map(|text| text.as_bytes().to_vec()),
        name: &str::to_owned,
    };
    let mut sources = Sources::new();
    let findings = lint::lint(&chart, &request, &mut sources);
    (chart, findings, sources)
}

fn lint_case(case: &Case) -> (Chart, Vec<Finding>, Sources) {
    lint_files(files(case), (case.part("previous"), case.part(USER)))
}

fn rule_of(case: &Case) -> &'static Rule {
    let name = case.name.split(':').next().unwrap_or_default();
    lint::rule(name).unwrap_or_else(|| panic!("tests/lint/{name}.txt is named as no rule"))
}

#[test]
fn fixtures_are_found_on_their_lines() {
    for case in sections::cases("lint") {
        let rule = rule_of(&case).name;
        let wanted: BTreeSet<(String, usize)> = case
            .parts
            .iter()
            .flat_map(|(file, text)| {
                let marked = text.lines().enumerate().filter(|(_, line)| line.ends_with(&format!("{MARK}{rule}")));
                marked.map(|(at, _)| (file.clone(), at + 1)).collect::<Vec<_>>()
            })
            .collect();
        let (_, findings, sources) = lint_case(&case);
        let found: BTreeSet<(String, usize)> = findings
            .iter()
            .filter(|finding| finding.diagnostic.rule == Some(rule))
            .map(|finding| {
                let place = finding.diagnostic.primary.and_then(|span| sources.locate(span));
                place.map_or(("nowhere".to_owned(), 0), |(source, at)| (source.name().to_owned(), at.line))
            })
            .collect();
        assert!(!wanted.is_empty(), "{} marks no line", case.name);
        assert_eq!(found, wanted, "{}", case.name);
    }
}

#[test]
fn every_rule_is_documented_and_has_a_fixture() {
    let names: Vec<&str> = lint::rules().map(|rule| rule.name).collect();
    let sorted: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(names, sorted.into_iter().collect::<Vec<_>>(), "names are sorted and differ");
    let covered: BTreeSet<&str> = sections::cases("lint").iter().map(|case| rule_of(case).name).collect();
    for rule in lint::rules() {
        for text in [rule.doc.what, rule.doc.why, rule.doc.bad, rule.doc.good] {
            assert!(!text.is_empty(), "{} leaves a part of its page empty", rule.name);
        }
        assert!(rule.doc.what.ends_with('.') && rule.doc.why.ends_with('.'), "{}", rule.name);
        // The faults of bundles lie in tests/bundle/.
        let elsewhere = matches!(rule.check, lint::Check::Bundle);
        assert!(elsewhere || covered.contains(rule.name), "tests/lint/{}.txt is missing", rule.name);
    }
}

/// Each check of other linters has a chart that breaks it, on which one of the rules that stand beside it speaks.
#[test]
fn what_other_linters_check_is_found() {
    let cases = sections::cases("lint/parity");
    for row in lint::parity::PARITY {
        assert!(row.rules.is_empty() != row.reason.is_empty(), "{row:?}");
        row.rules.iter().for_each(|name| assert!(lint::rule(name).is_some(), "{name}"));
        let name = format!("{}: {}", row.tool.replace(' ', "-"), row.check);
        // These charts cannot be loaded, which the program tells before it lints.
        let unloaded = ["Chart.yaml is a file", "Chart.yaml fits ct's schema"].contains(&row.check);
        if row.rules.is_empty() || unloaded {
            continue;
        }
        let case = cases.iter().find(|case| case.name == name).unwrap_or_else(|| panic!("no case {name}"));
        let (_, findings, _) = lint_case(case);
        let found: Vec<_> = findings.iter().filter_map(|finding| finding.diagnostic.rule).collect();
        assert!(found.iter().any(|rule| row.rules.contains(rule)), "{name}: {found:?}");
    }
}

#[test]
fn the_manual_is_printed_from_the_rules() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md");
    if std::env::var_os("CHARTWRIGHT_UPDATE_RULES").is_some() {
        std::fs::write(&path, lint::manual()).expect("writes docs/rules.md");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == lint::manual(), "docs/rules.md is old; CHARTWRIGHT_UPDATE_RULES=1 writes it");
}

/// Line `line` of what a template file writes.
fn rendered_line(files: Vec<File>, file: &str, line: usize) -> Option<String> {
    let chart = Chart::from_files(files, &LoadOptions::default(), &mut Notices::new()).ok()?;
    let prepared = prepare(chart, &Map::new(), SchemaCheck::Skip, Compat::Helm43, &mut Notices::new()).ok()?;
    let (release, capabilities) = (Release::install("release-name", "default"), Capabilities::of_helm(Compat::Helm43));
    let options = RenderOptions {
        release: &release,
        capabilities: &capabilities,
        limits: Limits::default(),
        tracing: Tracing::Off,
    };
    let rendered = prepared.render(&options, &Lenient(&FixedWorld::default())).ok()?;
    let (_, text) = rendered.files().find(|(name, _)| *name == file)?;
    String::from_utf8_lossy(text).lines().nth(line - 1).map(str::to_owned)
}

#[test]
fn findings_in_output_name_the_line_that_wrote_it() {
    let mut checked = 0;
    for case in sections::cases("lint") {
        let (_, findings, sources) = lint_case(&case);
        for finding in findings {
            let (Some(output), Some(span)) = (&finding.output, finding.diagnostic.primary) else { continue };
            let (source, at) = sources.locate(span).expect("has a source");
            let mut files = files(&case);
            let named = files.iter_mut().find(|file| &*file.name == source.name()).expect("is a file of the chart");
            let text = String::from_utf8_lossy(&named.data).into_owned();
            let marked = text.lines().enumerate().map(|(number, line)| match number + 1 == at.line {
                true => format!("{line} MARKER\n"),
                false => format!("{line}\n"),
            });
            named.data = marked.collect::<String>().into_bytes().into();
            let line = rendered_line(files, &output.file, output.line).unwrap_or_default();
            assert!(line.contains("MARKER"), "{}: {finding:?} names {}:{}", case.name, source.name(), at.line);
            checked += 1;
        }
    }
    assert!(checked > 20, "only {checked} findings in output");
}

#[test]
fn comments_allow_findings() {
    let template = "# {{ lookup \"v1\" \"A\" \"\" \"b\" }} {{/* chartwright: allow lookup-under-gitops, a reason */}}\n\
                    # chartwright: allow lookup-under-gitops, another\n# {{ lookup \"v1\" \"A\" \"\" \"b\" }}\n\
                    # {{ lookup \"v1\" \"A\" \"\" \"b\" }}\n";
    let values = "a: 1000000 # chartwright: allow number-becomes-float, it is printed with int\nb: 1000000\n";
    let files = vec![
        File::new("Chart.yaml", b"apiVersion: v2\nname: t\nversion: 0.1.0\n".to_vec()),
        File::new("templates/a.yaml", template.as_bytes().to_vec()),
        File::new("values.yaml", values.as_bytes().to_vec()),
    ];
    let (_, findings, sources) = lint_files(files, (None, None));
    let lines = |rule: &str| {
        let own = findings.iter().filter(|finding| finding.diagnostic.rule == Some(rule));
        own.filter_map(|finding| Some(sources.locate(finding.diagnostic.primary?)?.1.line)).collect::<Vec<_>>()
    };
    assert_eq!(lines("lookup-under-gitops"), [4]);
    assert_eq!(lines("number-becomes-float"), [2]);
}

#[test]
fn findings_are_mended_without_a_change_of_anything_else() {
    for case in sections::cases("lint/fix") {
        let (_, findings, sources) = lint_case(&case);
        let mended = lint::mend(&findings, &sources);
        let texts: Vec<String> = mended.into_iter().map(|one| String::from_utf8(one.text).expect("is UTF-8")).collect();
        let wanted = case.part(MENDED).expect("a mended file");
        assert_eq!(texts.concat(), wanted, "{}", case.name);
        if wanted.is_empty() {
            continue;
        }
        let mut files = files(&case);
        let own = files.iter_mut().filter(|file| &*file.name == "values.yaml");
        own.for_each(|file| file.data = wanted.as_bytes().to_vec().into());
        let (_, left, sources) = lint_files(files, (None, None));
        assert_eq!(lint::mend(&left, &sources), [], "{}", case.name);
    }
}

#[test]
fn what_nobody_would_read_to_the_end_is_counted() {
    // The first that is not told is allowed in the second case, which says nothing about those after it.
    for allowed in [None, Some(1000)] {
        let key = |number| match allowed == Some(number) {
            true => format!("key{number}: 1 # chartwright: allow unused-value, kept for others\n"),
            false => format!("key{number}: 1\n"),
        };
        let unread: String = (0..1200).map(key).collect();
        let files = [("Chart.yaml", "apiVersion: v2\nname: t\nversion: 0.1.0\n"), ("values.yaml", unread.as_str())];
        let files = files.map(|(name, text)| File::new(name, text.as_bytes().to_vec())).to_vec();
        let (_, findings, sources) = lint_files(files, (None, None));
        let found: Vec<_> =
            findings.iter().map(|one| &one.diagnostic).filter(|one| one.rule == Some("unused-value")).collect();
        assert_eq!(found.len(), 1001, "{allowed:?}");
        assert_eq!(found[1000].message, "200 further findings of this rule are not shown, from here on");
        let place = found[1000].primary.and_then(|span| sources.locate(span)).expect("has a place");
        assert_eq!(place.1.line, 1001);
    }
}

#[test]
fn a_version_gets_quotes_if_it_stays_what_it_is() {
    let mended = |line: &str| {
        let text = format!("# kept\napiVersion: v2\nname: t\nversion:   0.1.0\n{line}\n");
        let file = File::new("Chart.yaml", text.into_bytes());
        let (_, findings, sources) = lint_files(vec![file], (None, None));
        let own: Vec<_> =
            findings.into_iter().filter(|finding| finding.diagnostic.rule == Some("number-for-text")).collect();
        assert_eq!(own.len(), 1, "{line}");
        let texts = lint::mend(&own, &sources).into_iter().map(|one| String::from_utf8(one.text).expect("is UTF-8"));
        texts.map(|text| text.split_once("0.1.0\n").expect("all before it").1.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(mended("appVersion:  16  # of the server"), ["appVersion:  \"16\"  # of the server\n"]);
    assert_eq!(mended("appVersion: 1.2\r"), ["appVersion: \"1.2\"\r\n"]);
    for line in ["appVersion: 1.10", "appVersion: 0x10", "appVersion: yes", "appVersion: !!int 16", "appVersion: [1]"] {
        assert_eq!(mended(line), [""; 0], "{line}");
    }
}
