//! nginx: one server for each thing that is reached, on an address of its own.

use super::super::part::find;
use super::super::{Cluster, Environment, Host, Organisation};
use super::Setup;

/// Something behind nginx.
struct Server<'a> {
    name: String,
    listen: &'a str,
    names: Vec<String>,
    /// The domain in whose folder the certificate lies.
    domain: String,
    certificate: Option<(&'a str, &'a str)>,
    cluster: &'a Cluster,
    body_size: Option<&'a str>,
}

/// Whether a host of the load balancer has an address, or takes it where another one fails.
pub(super) fn has_address(host: &Host, address: &str, organisation: &Organisation) -> bool {
    let own = host.address.iter().chain(&host.addresses);
    own.chain(&organisation.estate.load_balancer.virtual_addresses).any(|one| one.text == address)
}

pub(super) fn servers(setup: &mut Setup, host: &Host, organisation: &Organisation, environments: &[&Environment]) {
    setup.packages.push("nginx");
    let estate = &organisation.estate;
    let body_size = estate.load_balancer.body_size.as_ref().map_or("50m", |size| size.text.as_str());
    setup.file("/etc/nginx/conf.d/00-openg2p.conf", common(body_size), "0644");
    let folder = estate.certificates.folder.as_ref().map_or("/etc/openg2p/certs", |folder| folder.text.as_str());
    let timeout = estate.load_balancer.timeout.as_ref().map_or("300s", |timeout| timeout.text.as_str());
    let mut certificates: Vec<String> = Vec::new();
    let all = all(organisation, environments).into_iter();
    for server in all.filter(|server| has_address(host, server.listen, organisation)) {
        let usual = || format!("{folder}/{}/fullchain.pem", server.domain);
        certificates.push(server.certificate.map_or_else(usual, |(certificate, _)| certificate.to_owned()));
        setup.file(format!("/etc/nginx/conf.d/{}.conf", server.name), text(&server, folder, timeout), "0644");
    }
    let mut lines: Vec<String> = certificates.iter().map(|path| format!("need_file {path}")).collect();
    lines.sort();
    lines.dedup();
    lines.push("run nginx -q -t".to_owned());
    lines.push("run systemctl enable --quiet nginx".to_owned());
    lines.push("run systemctl reload-or-restart nginx".to_owned());
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    setup.step("nginx", "nginx; certificates have to be there", &lines);
}

fn all<'a>(organisation: &'a Organisation, environments: &[&'a Environment]) -> Vec<Server<'a>> {
    let mut servers = Vec::new();
    let outer = &organisation.domain.text;
    for (name, cluster) in &organisation.estate.clusters {
        for (entry, what) in [(&cluster.rancher, "rancher"), (&cluster.keycloak, "keycloak")] {
            let Some(listen) = &entry.listen else { continue };
            let host = entry.host.as_ref().map_or_else(|| format!("{what}.{outer}"), |host| host.text.clone());
            servers.push(Server {
                name: format!("{}-{what}", name.text),
                listen: &listen.text,
                names: vec![host.clone()],
                domain: host,
                certificate: None,
                cluster,
                body_size: None,
            });
        }
    }
    for environment in environments {
        let front = &environment.settings.load_balancer;
        let (Some(listen), Some(cluster)) =
            (&front.listen, find(&organisation.estate.clusters, &environment.cluster.text))
        else {
            continue;
        };
        if front.kind.as_ref().is_some_and(|kind| kind.text != "nginx") {
            continue;
        }
        let domain = environment.domain.text.clone();
        let tls = &environment.settings.tls;
        let certificate = tls.certificate.as_ref().zip(tls.key.as_ref());
        servers.push(Server {
            name: environment.name.text.clone(),
            listen: &listen.text,
            names: vec![domain.clone(), format!("*.{domain}")],
            domain,
            certificate: certificate.map(|(one, other)| (one.text.as_str(), other.text.as_str())),
            cluster,
            body_size: front.body_size.as_ref().map(|size| size.text.as_str()),
        });
    }
    servers
}

fn common(body_size: &str) -> String {
    format!(
        "# What all servers share.\n\
         map $http_upgrade $connection_upgrade {{\n    default upgrade;\n    ''      close;\n}}\n\
         client_max_body_size {body_size};\n\
         proxy_http_version 1.1;\n\
         proxy_buffer_size 16k;\n\
         proxy_buffers 8 16k;\n\
         proxy_busy_buffers_size 32k;\n\
         server_tokens off;\n\
         ssl_protocols TLSv1.2 TLSv1.3;\n"
    )
}

fn text(server: &Server<'_>, folder: &str, timeout: &str) -> String {
    let Server { name, listen, domain, .. } = server;
    let names = server.names.join(" ");
    let port = server.cluster.ingress.http_node_port.map_or(30_080, |port| port.value);
    let nodes = server.cluster.nodes.iter().filter(|(_, node)| node.ingress.is_none_or(|flag| flag.value));
    let upstream: String =
        nodes.filter_map(|(_, node)| Some(format!("    server {}:{port};\n", node.address.as_ref()?.text))).collect();
    let usual = (format!("{folder}/{domain}/fullchain.pem"), format!("{folder}/{domain}/privkey.pem"));
    let (certificate, key) = server.certificate.unwrap_or((&usual.0, &usual.1));
    let size = server.body_size.map_or(String::new(), |size| format!("    client_max_body_size {size};\n"));
    format!(
        "upstream {name} {{\n{upstream}    keepalive 32;\n}}\n\
         server {{\n    listen {listen}:80;\n    server_name {names};\n    return 301 https://$host$request_uri;\n}}\n\
         server {{\n    listen {listen}:443 ssl;\n    server_name {names};\n\
         {size}    ssl_certificate {certificate};\n    ssl_certificate_key {key};\n\
         \x20   location / {{\n        proxy_pass http://{name};\n\
         \x20       proxy_set_header Host $host;\n\
         \x20       proxy_set_header X-Real-IP $remote_addr;\n\
         \x20       proxy_set_header X-Forwarded-Host $host;\n\
         \x20       proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n\
         \x20       proxy_set_header X-Forwarded-Proto https;\n\
         \x20       proxy_set_header Upgrade $http_upgrade;\n\
         \x20       proxy_set_header Connection $connection_upgrade;\n\
         \x20       proxy_read_timeout {timeout};\n        proxy_send_timeout {timeout};\n    }}\n}}\n"
    )
}
