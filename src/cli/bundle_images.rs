//! `chartwright bundle images`, `fetch-images` and `load`: the images of a bundle and the way over an air gap.

use super::args::GlobalArgs;
use super::bundle_open::{ReportFormat, open, pretty};
use super::fetch;
use super::options::ChartOptions;
use super::report::harmless;
use super::run_template::load_options;
use super::shown::counted;
use super::template::NetworkArgs;
use super::ui::{ExitStatus, Outcome, Stop, Ui};
use crate::bundle::{
    Bundle, FetchOptions, ImageList, Opened, far_name, fetch_images, has_payload, is_archive, keep_payload,
    load_images, renew_checksums, rewrite,
};
use crate::chart::LoadOptions;
use crate::dependency::repositories::Entry;
use crate::diagnostic::{Error, ErrorKind};
use crate::repository::oci::Registry;
use crate::repository::transport::{Request, Response, Transport};
use crate::world::FixedWorld;
use clap::Args;
use std::path::{Path, PathBuf};

/// The most bytes of a payload.
const LARGEST_PAYLOAD: u64 = 1 << 30;

/// List the images of a bundle, each with its reasons
#[derive(Debug, Args)]
pub(super) struct ImagesArgs {
    /// The bundle
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// Only the images, without their reasons
    #[arg(long)]
    short: bool,
    /// How it is told
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", conflicts_with = "script")]
    output: ReportFormat,
    /// A shell script instead, with which another tool copies the images
    #[arg(long, value_enum, value_name = "TOOL", requires = "to")]
    script: Option<CopyTool>,
    /// The registry to copy to: HOST or HOST/PATH
    #[arg(long, value_name = "REGISTRY")]
    to: Option<String>,
}

/// What copies images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum CopyTool {
    Skopeo,
    Crane,
    Docker,
}

impl ImagesArgs {
    /// Prints the list, or the script.
    pub(super) fn run(&self, ui: &mut Ui) -> Result<(), Stop> {
        let opened = open(&self.bundle)?;
        let images = Bundle::load(opened.root(), &mut ui.sources)?.images;
        match (self.script, &self.to) {
            (Some(tool), Some(to)) => ui.print(script(&images, tool, to)?),
            _ if self.output == ReportFormat::Json => ui.print(json(&images)),
            _ => ui.print(self.text(&images)),
        }
    }

    fn text(&self, images: &ImageList) -> String {
        let mut text = String::new();
        for image in images.images() {
            text.push_str(&format!("{}\n", harmless(image)));
            for one in images.uses(image).filter(|_| !self.short) {
                text.push_str(&harmless(&format!("  {}: {}", one.release, one.describe())));
                text.push('\n');
            }
        }
        text
    }
}

fn json(images: &ImageList) -> String {
    let list = images.images().map(|image| {
        let uses = images.uses(image).map(|one| {
            serde_json::json!({
                "release": one.release, "resource": one.resource, "field": one.field, "kind": one.kind,
                "hook": one.hook, "template": one.template, "value": one.value,
            })
        });
        serde_json::json!({ "image": image, "uses": uses.collect::<Vec<_>>() })
    });
    pretty(&serde_json::json!({ "images": list.collect::<Vec<_>>() }))
}

fn script(images: &ImageList, tool: CopyTool, to: &str) -> Result<String, Error> {
    let to = to.strip_prefix("oci://").unwrap_or(to).trim_end_matches('/');
    let mut text = "#!/bin/sh\n# Copies the images of the bundle; can be run again.\nset -eu\n".to_owned();
    for image in images.images() {
        let (from, far) = (whole(image), far_name(image, to)?);
        // References hold letters, digits and a few signs that mean nothing to a shell.
        text.push_str(&match tool {
            CopyTool::Skopeo => format!("skopeo copy --all docker://{from} docker://{}\n", without_both(&far)),
            CopyTool::Crane => format!("crane copy {from} {}\n", without_both(&far)),
            CopyTool::Docker => {
                let far = far.split('@').next().unwrap_or(&far).to_owned();
                format!("docker pull {from}\ndocker tag {from} {far}\ndocker push {far}\n")
            }
        });
    }
    Ok(text)
}

/// An image with its registry, as tools that know no default want it.
fn whole(image: &str) -> String {
    let Some(parts) = crate::images::Reference::parse(image) else { return image.to_owned() };
    match (parts.registry(), parts.repository().contains('/')) {
        (Some(_), _) => without_both(image),
        (None, true) => format!("docker.io/{}", without_both(image)),
        (None, false) => format!("docker.io/library/{}", without_both(image)),
    }
}

/// Without the tag where a digest is there too: copying tools refuse both.
fn without_both(image: &str) -> String {
    let Some((name, digest)) = image.split_once('@') else { return image.to_owned() };
    match name.rsplit_once(':') {
        Some((bare, tag)) if !tag.contains('/') => format!("{bare}@{digest}"),
        _ => image.to_owned(),
    }
}

/// What comes along with a bundle.
#[derive(Debug, Default, Args)]
pub(super) struct CarryArgs {
    /// Platforms of images, such as linux/amd64; all unless stated
    #[arg(long, value_name = "OS/ARCHITECTURE")]
    platform: Vec<String>,
    /// A registry that is asked in the place of another
    #[arg(long, value_name = "REGISTRY=MIRROR")]
    mirror: Vec<String>,
    /// Also what the programs of the charts would fetch when they start, as far as `payloads.yaml` says where it is
    #[arg(long)]
    with_payloads: bool,
    #[command(flatten)]
    network: NetworkArgs,
}

/// Fetch the images of a bundle into it: an OCI layout in `images/`
///
/// Goes on where an earlier call stopped.
#[derive(Debug, Args)]
pub(super) struct FetchArgs {
    /// The bundle
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    #[command(flatten)]
    carry: CarryArgs,
}

impl FetchArgs {
    /// Fetches into the bundle.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Result<(), Stop> {
        let opened = open(&self.bundle)?;
        let load = load_options(global.helm_compat, global.limits());
        self.carry.fetch_images(opened.root(), ui)?;
        self.carry.fetch_payloads(opened.root(), &load, ui)?;
        Ok(opened.save()?)
    }
}

impl CarryArgs {
    fn registry(&self, ui: &Ui) -> Result<Registry, Error> {
        registry(&self.network, ui)
    }

    fn fetch_images(&self, folder: &Path, ui: &mut Ui) -> Result<(), Stop> {
        let registry = self.registry(ui)?;
        let mirrors = self.mirror.iter().map(|text| match text.split_once('=') {
            Some((of, mirror)) if !of.is_empty() && !mirror.is_empty() => Ok((of.to_owned(), mirror.to_owned())),
            _ => Err(Error::new(ErrorKind::Usage, format!("expected REGISTRY=MIRROR, found `{}`", harmless(text)))),
        });
        let (platforms, mirrors) = (self.platform.clone(), mirrors.collect::<Result<_, _>>()?);
        let mut options = FetchOptions {
            platforms,
            mirrors,
            progress: &mut |image| ui.say(&format!("fetching {}", harmless(image))),
        };
        let found = fetch_images(folder, &registry, &mut options)?;
        ui.print(format!(
            "{}: {} fetched ({} bytes), {} there\n",
            counted(found.images, "image"),
            counted(found.blobs, "blob"),
            found.bytes,
            found.kept
        ))?;
        found.signatures.iter().for_each(|name| ui.say(&format!("note: {name} no longer holds and was removed")));
        Ok(())
    }

    /// Fetches the payloads that say where they are; the others are told of.
    fn fetch_payloads(&self, folder: &Path, load: &LoadOptions, ui: &mut Ui) -> Result<(), Stop> {
        if !self.with_payloads {
            return Ok(());
        }
        let bundle = Bundle::load(folder, &mut ui.sources)?;
        let payloads = bundle.payloads(load)?;
        let options = ChartOptions { network: self.network.options(), ..ChartOptions::default() };
        let fetcher = fetch::fetcher(&options, ui.face())?;
        let (mut fetched, mut kept, mut by_hand) = (0, 0, 0);
        for payload in &payloads {
            if payload.url.is_empty() {
                by_hand += 1;
                let need = if payload.required { "needed" } else { "optional" };
                let line = format!("by hand ({need}): {} for {}: {}", payload.name, payload.chart, payload.source);
                ui.print(format!("{}\n", harmless(&line)))?;
            } else if has_payload(folder, payload) {
                kept += 1;
            } else {
                let client = fetcher.client(&Entry { url: payload.url.clone(), ..Entry::default() })?;
                let (url, limit) = (&payload.url, LARGEST_PAYLOAD);
                let request = Request { url, credentials: None, accept: None, etag: None, limit };
                if let Response::Body { bytes, .. } = client.get(&request)? {
                    keep_payload(folder, payload, &bytes)?;
                }
                fetched += 1;
            }
        }
        renew_checksums(folder)?;
        ui.print(format!(
            "{}: {fetched} fetched, {kept} there, {by_hand} by hand\n",
            counted(payloads.len(), "payload")
        ))
    }
}

/// Writes a bundle to a folder or an archive, with its images and payloads where they are asked for.
pub(super) fn write(
    bundle: &Bundle,
    out: &Path,
    (with_images, carry): (bool, &CarryArgs),
    load: &LoadOptions,
    ui: &mut Ui,
) -> Result<(), Stop> {
    let opened = match is_archive(out) {
        true => Some(Opened::new_archive(out, &std::env::temp_dir())?),
        false => None,
    };
    let folder = opened.as_ref().map_or(out, Opened::root);
    bundle.write(folder)?;
    if with_images {
        carry.fetch_images(folder, ui)?;
    }
    carry.fetch_payloads(folder, load, ui)?;
    if let Some(opened) = &opened {
        opened.save()?;
    }
    Ok(())
}

fn registry(network: &NetworkArgs, ui: &Ui) -> Result<Registry, Error> {
    let options = ChartOptions { network: network.options(), ..ChartOptions::default() };
    Ok(fetch::fetcher(&options, ui.face())?.registry())
}

/// Fill a registry on the far side with the images of a bundle, and rewrite references
///
/// With --out, a bundle is written whose releases take their images from there: `global.imageRegistry` or the value of
/// each image is set, and every release is rendered to prove it.
#[derive(Debug, Args)]
pub(super) struct LoadArgs {
    /// The bundle
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// The registry: HOST or HOST/PATH
    #[arg(long, value_name = "REGISTRY")]
    to: String,
    /// Where the bundle with rewritten references is written
    #[arg(long, value_name = "DIR|FILE.tgz")]
    out: Option<PathBuf>,
    /// Only rewrite; the images are there, or on their way by other means
    #[arg(long, requires = "out")]
    only_rewrite: bool,
    #[command(flatten)]
    network: NetworkArgs,
}

impl LoadArgs {
    /// Sends, then rewrites. References that no value moves are a failure.
    pub(super) fn run(&self, global: &GlobalArgs, ui: &mut Ui) -> Outcome {
        let opened = open(&self.bundle)?;
        let load = load_options(global.helm_compat, global.limits());
        let bundle = Bundle::load(opened.root(), &mut ui.sources)?;
        let target = self.to.strip_prefix("oci://").unwrap_or(&self.to).trim_end_matches('/');
        if !self.only_rewrite {
            let registry = registry(&self.network, ui)?;
            let mut progress = |image: &str| ui.say(&format!("sending {}", harmless(image)));
            let loaded = load_images(opened.root(), target, &registry, &mut progress)?;
            for (image, far) in &loaded.places {
                ui.print(format!("{} -> {}\n", harmless(image), harmless(far)))?;
            }
            let (images, blobs) = (counted(loaded.places.len(), "image"), counted(loaded.blobs, "blob"));
            ui.print(format!("{images}: {blobs} sent ({} bytes), {} there\n", loaded.bytes, loaded.kept))?;
        }
        let Some(out) = &self.out else {
            ui.say("next: the same with --out DIR writes a bundle whose releases take their images from there");
            return Ok(ExitStatus::Success);
        };
        let rewritten = rewrite(&bundle, target, &load, &FixedWorld::default())?;
        write(&rewritten.bundle, out, (false, &CarryArgs::default()), &load, ui)?;
        ui.print(format!("{} rewritten: {}\n", counted(bundle.releases.len(), "release"), out.display()))?;
        if rewritten.left.is_empty() {
            return Ok(ExitStatus::Success);
        }
        for (image, one) in &rewritten.left {
            ui.complain(&harmless(&format!("`{image}` stays where it is: {}: {}", one.release, one.describe())));
        }
        ui.complain("no value of these charts moves these images; a mirror in registries.yaml of the nodes does");
        Ok(ExitStatus::Content)
    }
}
