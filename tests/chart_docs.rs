//! READMEs made from charts: `chart_docs/*.txt` hold charts, what stood in the README, and what has to stand there.

use crate::sections::cases;
use chartwright::chart::{Chart, File, LoadOptions, Notices};
use chartwright::chart_docs::{readme, update};

fn chart(files: impl Iterator<Item = (String, String)>) -> Chart {
    let files = files.map(|(name, text)| File::new(name, text.into_bytes())).collect();
    Chart::from_files(files, &LoadOptions::default(), &mut Notices::new()).expect("a chart")
}

#[test]
fn readmes_say_what_people_expect() {
    for case in cases("chart_docs") {
        let chart = chart(case.parts.iter().filter(|(name, _)| !name.starts_with("expected")).cloned());
        let made = match case.part("expected readme") {
            Some(old) => update(&chart, old),
            None => readme(&chart),
        };
        let made = made.expect("a README");
        assert_eq!(made.trim_end(), case.part("expected").expect("a part").trim_end(), "{}", case.name);
        assert_eq!(update(&chart, &made).expect("a README"), made, "{}: a second time", case.name);
    }
}

#[test]
fn marks_that_do_not_fit_are_refused() {
    let files = [("Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n"), ("values.yaml", "a: 1\n")];
    let chart = chart(files.map(|(name, text)| (name.to_owned(), text.to_owned())).into_iter());
    for (text, wanted) in [
        ("# Mine\n", "README.md was written by hand and has no marks"),
        ("<!-- chartwright: values -->\n", "README.md: the piece `values` has no end"),
        ("<!-- chartwright: end -->\n", "README.md:1: `<!-- chartwright: end -->` ends no piece"),
        (
            "\n<!-- chartwright: x -->\n",
            "README.md:2: expected one of chart, requirements, values, maintainers, sources, found `x`",
        ),
    ] {
        assert_eq!(update(&chart, text).expect_err("marks that do not fit").to_string(), wanted);
    }
    let fenced = "```\n<!-- chartwright: x -->\n```\n<!-- chartwright: values -->\n<!-- chartwright: end -->\n";
    assert!(update(&chart, fenced).expect("a README").starts_with("```\n<!-- chartwright: x -->\n```\n"));
}
