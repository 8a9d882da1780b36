//! `--schema-location`: places of schemas in kubeconform's form.

use super::name_template::execute_small;
use crate::chart;
use crate::diagnostic::{Error, ErrorKind};
use crate::funcs::SPRIG;
use crate::kubernetes::{Locations, Strictness};
use crate::repository::http::{Call, Http, HttpOptions, Method};
use crate::template::builtins;
use crate::value::{Map, Value};
use std::cell::OnceCell;
use std::path::Path;

/// How files are named below a location that is no template.
const LAYOUT: &str =
    "{{ .NormalizedKubernetesVersion }}-standalone{{ .StrictSuffix }}/{{ .ResourceKind }}{{ .KindSuffix }}.json";

/// The most bytes of one schema.
const LARGEST: u64 = 32 << 20;

/// The locations of a command line.
pub(super) struct SchemaLocations<'t> {
    /// As the user wrote them; `default` stands for the program's own types, which come last anyway.
    pub(super) templates: &'t [String],
    pub(super) minor: u32,
    pub(super) strictness: Strictness,
    /// What reads `https://` locations, made when the first one is read.
    pub(super) client: OnceCell<Http>,
}

impl Locations for SchemaLocations<'_> {
    fn candidates(&self, api_version: &str, kind: &str) -> Result<Vec<String>, Error> {
        let named = self.templates.iter().filter(|template| *template != "default");
        named.map(|template| self.execute(template, api_version, kind)).collect()
    }

    fn read(&self, location: &str) -> Result<Option<Vec<u8>>, Error> {
        if is_url(location) {
            return self.fetch(location);
        }
        let path = Path::new(location);
        if !path.is_file() {
            return Ok(None);
        }
        chart::read_file(path).map(Some)
    }
}

impl SchemaLocations<'_> {
    fn execute(&self, template: &str, api_version: &str, kind: &str) -> Result<String, Error> {
        let whole = match template.ends_with("json") {
            true => template.to_owned(),
            false => format!("{template}/{LAYOUT}"),
        };
        let mut chapters = vec![builtins::FUNCS];
        chapters.extend(SPRIG);
        let data = Value::Map(self.fields(api_version, kind));
        execute_small("schema-location", &whole, &chapters, &data).map_err(|why| {
            let message = format!("cannot execute the template of --schema-location `{template}`: {why}");
            Error::new(ErrorKind::Usage, message)
        })
    }

    fn fields(&self, api_version: &str, kind: &str) -> Map {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let short = api_version.split(['/', '.']).next().unwrap_or_default();
        let suffix = if group.is_empty() { format!("-{version}") } else { format!("-{short}-{version}") };
        let strict = if self.strictness == Strictness::Strict { "-strict" } else { "" };
        let map = Map::new();
        for (name, text) in [
            ("NormalizedKubernetesVersion", format!("v1.{}.0", self.minor)),
            ("StrictSuffix", strict.to_owned()),
            ("ResourceKind", kind.to_lowercase()),
            ("ResourceAPIVersion", version.to_owned()),
            ("Group", group.to_owned()),
            ("KindSuffix", suffix.to_lowercase()),
        ] {
            map.insert(name, text);
        }
        map
    }

    /// Reads a URL; a server without the file is asked no further.
    fn fetch(&self, url: &str) -> Result<Option<Vec<u8>>, Error> {
        let named = self.templates.iter().any(|template| host(template) == host(url));
        if !named {
            let message = format!("cannot read schema `{url}`: no location names that host");
            return Err(Error::new(ErrorKind::Network, message).hint("name a folder with --schema-location"));
        }
        let answer = self.client()?.send(&Call::new(Method::Get, url).limit(LARGEST))?;
        match answer.status {
            200 => Ok(Some(answer.body.to_vec())),
            // A server that lacks a schema is no failure: the next location may have it.
            404 => Ok(None),
            _ => Err(answer.into_error()),
        }
    }

    fn client(&self) -> Result<&Http, Error> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let variable = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        let client = Http::new(HttpOptions::from_variables(&variable))?;
        Ok(self.client.get_or_init(|| client))
    }
}

fn is_url(location: &str) -> bool {
    location.starts_with("http://") || location.starts_with("https://")
}

/// The scheme and host of a URL.
fn host(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    let end = rest.find('/').unwrap_or(rest.len());
    url.get(..url.len() - rest.len() + end)
}
