//! A bundle as one page for people: it stands alone, asks no network, and runs no script.

use super::again::hosts;
use super::verify::Verified;
use super::{AnyStep, Bundle, Origin, Picture, Release, Step, Work};
use crate::chart::LoadOptions;
use crate::diagnostic::{Error, Severity};
use crate::repository::sha256;
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

const STYLE: &str = include_str!("report.css");
/// With more steps than these, the picture would be larger than anybody reads.
const MOST_DRAWN: usize = 250;

/// Something that a reader of the page should know of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its weight.
    pub severity: Severity,
    /// What it is, and what to do.
    pub text: String,
    /// The file and line, where there is one.
    pub place: String,
}

/// What a page tells beyond the bundle itself.
#[derive(Clone, Debug, Default)]
pub struct ReportFacts {
    /// Where each line of a release's values comes from, by the release's id: lines and origins.
    pub origins: BTreeMap<String, Vec<(String, String)>>,
    /// What was found out about the bundle's files.
    pub verified: Option<Verified>,
    /// What was found out otherwise.
    pub findings: Vec<Finding>,
}

/// Writes the page of a bundle.
///
/// # Errors
/// A release that cannot be rendered any more.
pub fn report(bundle: &Bundle, facts: &ReportFacts, load: &LoadOptions, world: &dyn World) -> Result<String, Error> {
    let mut hosts_of = BTreeMap::new();
    for release in &bundle.releases {
        hosts_of.insert(release.id(), hosts(&bundle.objects(release, load, world)?));
    }
    let mut page = Page { bundle, facts, hosts: hosts_of, out: String::new() };
    page.head();
    page.waves();
    page.manual();
    page.hosts();
    page.releases();
    page.images();
    page.findings();
    page.out.push_str("</main></body></html>\n");
    Ok(page.out)
}

struct Page<'b> {
    bundle: &'b Bundle,
    facts: &'b ReportFacts,
    /// Hosts with the kind of object that brings them, by release.
    hosts: BTreeMap<String, BTreeSet<(String, String)>>,
    out: String,
}

impl Page<'_> {
    fn put(&mut self, html: std::fmt::Arguments<'_>) {
        // Writing into a text cannot fail.
        let _ = self.out.write_fmt(html);
    }

    fn head(&mut self) {
        let environments: BTreeSet<&str> =
            self.bundle.releases.iter().map(|release| release.environment.as_str()).collect();
        let shown: Vec<&str> = environments.iter().copied().take(6).collect();
        let more = environments.len().saturating_sub(shown.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let title = format!("Bundle: {}{more}", shown.join(", "));
        let title = escaped(&title);
        self.put(format_args!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>{title}</title>\n\
             <style>{STYLE}</style></head>\n<body><main>\n<h1>{title}</h1>\n"
        ));
        let manifest = self.bundle.files().unwrap_or_default();
        let digest = manifest.iter().find(|(path, _)| path == "bundle.yaml").map(|(_, bytes)| sha256(bytes));
        self.put(format_args!(
            "<div class=\"dim\">sha256 of bundle.yaml: <code>{}</code></div>\n",
            digest.unwrap_or_default()
        ));
        let manual = self.manual_steps().len();
        let numbers = [
            ("releases", self.bundle.releases.len()),
            ("waves", self.bundle.wave_count()),
            ("charts", self.bundle.archives.len()),
            ("charts not fetched", self.bundle.references().count()),
            ("manual steps", manual),
            ("images", self.bundle.images.len()),
            ("host names", self.hosts.values().map(BTreeSet::len).sum()),
            ("findings", self.facts.findings.len() + self.problems()),
        ];
        self.out.push_str("<ul class=\"facts\">");
        for (name, count) in numbers {
            self.put(format_args!("<li><b>{count}</b>{name}</li>"));
        }
        self.out.push_str("</ul>\n<nav>");
        for (id, name) in [
            ("waves", "Waves"),
            ("manual", "By hand"),
            ("hosts", "Hosts"),
            ("releases", "Releases"),
            ("images", "Images"),
            ("findings", "Findings"),
        ] {
            self.put(format_args!("<a href=\"#{id}\">{name}</a>"));
        }
        self.out.push_str("</nav>\n");
    }

    fn problems(&self) -> usize {
        self.facts.verified.as_ref().map_or(0, |found| found.problems.len())
    }

    fn waves(&mut self) {
        self.out.push_str("<h2 id=\"waves\">Waves</h2>\n");
        if self.bundle.all_steps().len() <= MOST_DRAWN {
            let picture = self.bundle.graph(Picture::Svg);
            self.put(format_args!("<div class=\"graph\" tabindex=\"0\">{picture}</div>\n"));
        }
        self.out.push_str("<p class=\"dim\">Steps of one wave may be done together, once those before are done.</p>\n<div class=\"wide\"><table class=\"waves\"><tr><th>Wave</th><th>Steps</th></tr>\n");
        for wave in 0..self.bundle.wave_count() {
            self.put(format_args!("<tr><td>{wave}</td><td>"));
            for step in self.bundle.wave(wave) {
                let (kind, about) = match step {
                    AnyStep::Release(release) => ("release", format!("{} {}", release.chart, release.version)),
                    AnyStep::Other(step) => (step.work.kind(), step.title.clone()),
                };
                let (id, about) = (escaped(&step.id()), escaped(&about));
                self.put(format_args!(
                    "<div><span class=\"kind {kind}\">{kind}</span>{id} <span class=\"dim\">{about}</span></div>"
                ));
            }
            self.out.push_str("</td></tr>\n");
        }
        self.out.push_str("</table></div>\n");
    }

    fn manual_steps(&self) -> Vec<Step> {
        let steps = self.bundle.all_steps().into_iter();
        let others = steps.filter_map(|step| match step {
            AnyStep::Other(step) if matches!(step.work, Work::Manual { .. } | Work::Hosts { .. }) => Some(step.clone()),
            _ => None,
        });
        others.collect()
    }

    fn manual(&mut self) {
        self.out.push_str("<h2 id=\"manual\">What people do</h2>\n");
        let steps = self.manual_steps();
        if steps.is_empty() {
            self.out.push_str("<p>Nothing: all steps are releases.</p>\n");
            return;
        }
        self.out.push_str("<ol class=\"steps\">\n");
        for step in &steps {
            self.put(format_args!(
                "<li><b>{}</b> <span class=\"dim\">{}, wave {}</span>",
                escaped(&step.title),
                escaped(&step.id),
                step.wave
            ));
            match &step.work {
                Work::Manual { instruction, values, .. } => {
                    self.put(format_args!("<p>{}</p>", escaped(instruction)));
                    self.pairs(values);
                }
                Work::Hosts { machines, .. } => {
                    self.put(format_args!("<p>Machines: {}</p>", escaped(&machines.join(", "))));
                }
                Work::Check { .. } => {}
            }
            if let Some(verify) = step.work.verify().filter(|verify| !verify.is_empty()) {
                self.put(format_args!(
                    "<div class=\"dim\">done when this succeeds:</div><pre>{}</pre>",
                    escaped(verify)
                ));
            }
            self.out.push_str("</li>\n");
        }
        self.out.push_str("</ol>\n");
    }

    fn pairs(&mut self, values: &[(String, String)]) {
        if values.is_empty() {
            return;
        }
        self.out.push_str("<div class=\"wide\"><table>");
        for (name, value) in values {
            self.put(format_args!("<tr><td>{}</td><td><code>{}</code></td></tr>", escaped(name), escaped(value)));
        }
        self.out.push_str("</table></div>");
    }

    fn hosts(&mut self) {
        self.out.push_str("<h2 id=\"hosts\">Hosts</h2>\n");
        let hosts = std::mem::take(&mut self.hosts);
        if hosts.values().all(BTreeSet::is_empty) {
            self.out.push_str("<p>No release answers at a host of its own.</p>\n");
        } else {
            self.out.push_str("<div class=\"wide\"><table><tr><th>Host</th><th>Release</th><th>By</th></tr>\n");
            for (release, hosts) in &hosts {
                for (host, kind) in hosts {
                    let (host, release) = (escaped(host), escaped(release));
                    self.put(format_args!("<tr><td>{host}</td><td>{release}</td><td>{}</td></tr>\n", escaped(kind)));
                }
            }
            self.out.push_str("</table></div>\n");
        }
        self.hosts = hosts;
    }

    fn releases(&mut self) {
        self.out.push_str("<h2 id=\"releases\">Releases</h2>\n");
        if !self.bundle.releases.is_empty() && self.facts.origins.is_empty() {
            self.out.push_str("<p class=\"dim\">Name the environment files to see where each value comes from.</p>\n");
        }
        let mut last = String::new();
        let mut ordered: Vec<&Release> = self.bundle.releases.iter().collect();
        ordered.sort_by_key(|release| (release.cluster.clone(), release.namespace.clone(), release.wave));
        for release in ordered {
            let place = format!("{} / {}", release.cluster, release.namespace);
            if place != last {
                self.put(format_args!("<h3>{}</h3>\n", escaped(&place)));
                last = place;
            }
            self.release(release);
        }
    }

    fn release(&mut self, release: &Release) {
        self.put(format_args!(
            "<details><summary><b>{}</b><span class=\"dim\">{} {}, wave {}</span></summary>\n",
            escaped(&release.name),
            escaped(&release.chart),
            escaped(&release.version),
            release.wave
        ));
        let mut rows = vec![("Environment", release.environment.clone())];
        match &release.origin {
            Origin::Archive(file) => {
                let digest = self.bundle.archives.get(file).map(|archive| archive.digest.clone()).unwrap_or_default();
                rows.push(("Archive", format!("charts/{file}, sha256 {digest}")));
            }
            Origin::Reference(reference) => rows.push(("Not fetched, from", reference.repository.clone())),
        }
        rows.push(("Needs", release.needs.join(", ")));
        rows.push((
            "Waits",
            match (&release.timeout, release.wait) {
                (_, false) => "no".to_owned(),
                (Some(timeout), true) => format!("at most {timeout}"),
                (None, true) => "yes".to_owned(),
            },
        ));
        rows.push(("Ready when", release.readiness.join(", ")));
        let labels: Vec<String> = release.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
        rows.push(("Labels of the namespace", labels.join(", ")));
        let secrets: Vec<&str> = release.secret_values.iter().map(|secret| secret.path.as_str()).collect();
        rows.push(("Handed over at the installation", secrets.join(", ")));
        let hosts = self.hosts.get(&release.id()).into_iter().flatten().map(|(host, _)| host.as_str());
        rows.push(("Hosts", hosts.collect::<Vec<_>>().join(", ")));
        self.out.push_str("<div class=\"wide\"><table class=\"about\">");
        for (name, text) in rows.into_iter().filter(|(_, text)| !text.is_empty()) {
            self.put(format_args!("<tr><td class=\"dim\">{name}</td><td>{}</td></tr>", escaped(&text)));
        }
        self.out.push_str("</table></div>\n");
        self.release_images(&release.id());
        self.values(release);
        self.out.push_str("</details>\n");
    }

    fn release_images(&mut self, id: &str) {
        let bundle = self.bundle;
        let images: Vec<_> = bundle.images.of_release(id).collect();
        if images.is_empty() {
            return;
        }
        self.out.push_str("<h4>Images</h4><ul class=\"plain\">");
        for (image, uses) in images {
            let why: BTreeSet<String> = uses.iter().map(|one| format!("{} of {}", one.kind, one.resource)).collect();
            let why = why.into_iter().collect::<Vec<_>>().join(", ");
            self.put(format_args!(
                "<li><code>{}</code> <span class=\"dim\">{}</span></li>",
                escaped(image),
                escaped(&why)
            ));
        }
        self.out.push_str("</ul>\n");
    }

    fn values(&mut self, release: &Release) {
        self.out.push_str("<h4>Values</h4><pre>");
        let facts = self.facts;
        match facts.origins.get(&release.id()) {
            Some(lines) => {
                for (line, origin) in lines {
                    self.put(format_args!("{}", escaped(line)));
                    if !origin.is_empty() {
                        self.put(format_args!("  <span class=\"origin\"># {}</span>", escaped(origin)));
                    }
                    self.out.push('\n');
                }
            }
            None => {
                let text = String::from_utf8_lossy(&release.values);
                self.put(format_args!("{}", escaped(&text)));
            }
        }
        self.out.push_str("</pre>\n");
    }

    fn images(&mut self) {
        self.out.push_str("<h2 id=\"images\">Images</h2>\n");
        let bundle = self.bundle;
        if bundle.images.is_empty() {
            self.out.push_str("<p>The charts in the bundle run no image.</p>\n");
            return;
        }
        self.out.push_str("<div class=\"wide\"><table><tr><th>Image</th><th>Releases</th></tr>\n");
        for image in bundle.images.images() {
            let releases: BTreeSet<&str> = bundle.images.uses(image).map(|one| one.release.as_str()).collect();
            let shown: Vec<&str> = releases.iter().copied().take(8).collect();
            let more = releases.len().saturating_sub(shown.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let (image, shown) = (escaped(image), escaped(&shown.join(", ")));
            self.put(format_args!("<tr><td><code>{image}</code></td><td>{shown}{more}</td></tr>\n"));
        }
        self.out.push_str("</table></div>\n");
    }

    fn findings(&mut self) {
        self.out.push_str("<h2 id=\"findings\">Findings</h2>\n");
        let facts = self.facts;
        if let Some(found) = &facts.verified {
            match found.problems.is_empty() {
                true => self
                    .put(format_args!("<p class=\"good\">Every file is as it was built: {} files.</p>\n", found.files)),
                false => self.out.push_str("<p class=\"error\">The bundle is not as it was built:</p>\n"),
            }
            self.out.push_str("<ul class=\"plain\">");
            for problem in &found.problems {
                self.put(format_args!("<li class=\"error\">{}</li>", escaped(&problem.to_string())));
            }
            self.out.push_str("</ul>\n");
        }
        if facts.findings.is_empty() {
            self.out.push_str("<p>No other finding.</p>\n");
            return;
        }
        self.out.push_str("<div class=\"wide\"><table><tr><th>What</th><th>Where</th></tr>\n");
        for finding in &facts.findings {
            let class = if finding.severity == Severity::Error { "error" } else { "warning" };
            let (text, place) = (escaped(&finding.text), escaped(&finding.place));
            self.put(format_args!(
                "<tr><td><span class=\"{class}\">{class}</span> {text}</td><td><code>{place}</code></td></tr>\n"
            ));
        }
        self.out.push_str("</table></div>\n");
    }
}

/// A text between tags or in an attribute. What a reader would not see as it is, is shown as a sign for that.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(letter),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => out.push('\u{fffd}'),
            letter if letter.is_control() => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out
}
