//! `chartwright registry`: credentials of OCI registries, in Helm's file.

use super::fetch;
use super::flags::help;
use super::helm::environment;
use super::options::{ChartOptions, NetworkOptions};
use super::passphrase;
use super::ui::{ExitStatus, Face, Outcome, Stop, Ui};
use crate::diagnostic::{Diagnostic, Error, ErrorKind};
use crate::repository::credentials::{Credential, Keychain};
use crate::repository::http::Failure;
use clap::{Args, Subcommand};
use std::io::{self, BufRead, Read};
use std::path::Path;

/// The longest password that is read.
const LONGEST: u64 = 1 << 20;

/// Log in to OCI registries, and out.
#[derive(Debug, Args)]
pub(super) struct RegistryArgs {
    #[command(subcommand)]
    command: RegistryCommand,
}

#[derive(Debug, Subcommand)]
enum RegistryCommand {
    Login(LoginArgs),
    Logout(LogoutArgs),
}

/// Check a user and a password with a registry, and keep them.
#[derive(Args)]
struct LoginArgs {
    /// The registry, for example ghcr.io or localhost:5000
    host: String,
    #[arg(short, long, help = help("username"), default_value = "", hide_default_value = true)]
    username: String,
    /// Password or token; others on this machine can see it
    #[arg(short, long, default_value = "", hide_default_value = true, conflicts_with = "password_stdin")]
    password: String,
    #[arg(long, help = help("password-stdin"))]
    password_stdin: bool,
    #[arg(long, help = help("plain-http"))]
    plain_http: bool,
    #[arg(long, help = help("insecure-skip-tls-verify"))]
    insecure_skip_tls_verify: bool,
    #[arg(long, help = help("ca-file"), value_name = "FILE", default_value = "", hide_default_value = true)]
    ca_file: String,
    #[arg(long, help = help("cert-file"), value_name = "FILE", default_value = "", hide_default_value = true)]
    cert_file: String,
    #[arg(long, help = help("key-file"), value_name = "FILE", default_value = "", hide_default_value = true)]
    key_file: String,
}

impl std::fmt::Debug for LoginArgs {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "LoginArgs({})", self.host)
    }
}

/// Forget what is known of a registry.
#[derive(Debug, Args)]
struct LogoutArgs {
    /// The registry
    host: String,
}

impl RegistryArgs {
    /// Runs the command asked for.
    pub(super) fn run(&self, ui: &mut Ui) -> Outcome {
        match &self.command {
            RegistryCommand::Login(args) => {
                let network = NetworkOptions {
                    username: args.username.clone(),
                    password: args.password.clone(),
                    plain_http: args.plain_http,
                    insecure: args.insecure_skip_tls_verify,
                    ca_file: args.ca_file.clone(),
                    cert_file: args.cert_file.clone(),
                    key_file: args.key_file.clone(),
                    ..environment::network_of_environment()
                };
                login(&args.host, network, args.password_stdin, ui)
            }
            RegistryCommand::Logout(args) => logout(&args.host, &environment::network_of_environment(), ui),
        }
    }
}

/// Logs in: asks for what is missing, asks the registry, and keeps what it takes.
pub(super) fn login(host: &str, mut network: NetworkOptions, from_stdin: bool, ui: &mut Ui) -> Outcome {
    complete(&mut network, from_stdin, ui)?;
    let bare = host.strip_prefix("oci://").unwrap_or(host);
    if let Some((registry, _)) = bare.split_once('/') {
        if ui.face() == Face::Helm {
            let text = "registry login currently only supports registry hostname, not a repository path";
            ui.complain(&format!("level=WARN msg=\"{text}\" host={host} suggested={registry}"));
        }
        let message = format!("invalid reference: invalid registry {}", super::helm::go::quote(host));
        return Err(Error::new(ErrorKind::Usage, message).hint(format!("log in to `{registry}`")).into());
    }
    let credential = Credential::basic(&network.username, &network.password);
    let keychain = Keychain::from_variables(network.registry_config.clone(), &fetch::variable);
    let options = ChartOptions { network, ..ChartOptions::default() };
    let registry = fetch::fetcher(&options, ui.face())?.registry();
    registry.with_credential(credential.clone()).ping(bare).map_err(|error| refused(host, error, ui.face()))?;
    keychain.put(bare, &credential)?;
    match ui.face() {
        Face::Helm => ui.print("Login Succeeded\n")?,
        _ => ui.say(&format!("logged in to {bare}; kept in {}", keychain.own_file().display())),
    }
    Ok(ExitStatus::Success)
}

fn refused(host: &str, error: Error, face: Face) -> Error {
    if face != Face::Helm {
        return error;
    }
    let why = Failure::behind(&error).map_or_else(|| error.message().to_owned(), Failure::registry_text);
    Error::new(error.kind(), format!("authenticating to {}: {why}", super::helm::go::quote(host)))
}

/// Forgets a registry, known or not.
pub(super) fn logout(host: &str, network: &NetworkOptions, ui: &mut Ui) -> Outcome {
    Keychain::from_variables(network.registry_config.clone(), &fetch::variable).remove(host)?;
    match ui.face() {
        Face::Helm => ui.print(format!("Removing login credentials for {host}\n"))?,
        _ => ui.say(&format!("logged out of {host}")),
    }
    Ok(ExitStatus::Success)
}

/// Fills in the user and the password that the command line does not give.
fn complete(network: &mut NetworkOptions, from_stdin: bool, ui: &mut Ui) -> Result<(), Stop> {
    if from_stdin {
        let mut text = String::new();
        let read = io::stdin().lock().take(LONGEST).read_to_string(&mut text);
        read.map_err(|error| Error::io("cannot read", Path::new("standard input"), error))?;
        let text = text.strip_suffix('\n').unwrap_or(&text);
        network.password = text.strip_suffix('\r').unwrap_or(text).to_owned();
        return Ok(());
    }
    if !network.password.is_empty() {
        let text = "using --password via the CLI is insecure. Use --password-stdin";
        match ui.face() {
            Face::Helm => ui.complain(&format!("level=WARN msg=\"{text}\"")),
            _ => {
                let warning = Diagnostic::warning("others on this machine can see what `--password` gives");
                ui.warn(&warning.hint("use --password-stdin"));
            }
        }
        return Ok(());
    }
    if network.username.is_empty() {
        ui.prompt("Username: ")?;
        let mut line = String::new();
        let read = io::stdin().lock().take(LONGEST).read_line(&mut line);
        read.map_err(|error| Error::io("cannot read", Path::new("standard input"), error))?;
        if line.is_empty() {
            return Err(Error::new(ErrorKind::Usage, "EOF").hint("give --username and --password-stdin").into());
        }
        network.username = line.trim().to_owned();
    }
    let (prompt, what) = if network.username.is_empty() { ("Token: ", "token") } else { ("Password: ", "password") };
    ui.prompt(prompt)?;
    let typed = passphrase::read_hidden().map_err(|error| error.hint("use --password-stdin"))?;
    ui.print("\n")?;
    network.password = String::from_utf8_lossy(&typed).into_owned();
    if network.password.is_empty() {
        return Err(Error::new(ErrorKind::Usage, format!("{what} required")).into());
    }
    Ok(())
}
