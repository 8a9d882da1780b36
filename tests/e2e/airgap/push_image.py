#!/usr/bin/env python3
"""Pushes made-up images into a registry over plain HTTP: push_image.py HOST.

team/web:1   an OCI index for linux/amd64 and linux/arm64, whose images share a layer of 40 MB
team/tool:1  one image in Docker's own media types, with the same layer
team/web:2   an OCI image without index
"""
import hashlib
import http.client
import json
import random
import sys
import urllib.parse

host = sys.argv[1]
OCI = "application/vnd.oci.image."
DOCKER = "application/vnd.docker."


def call(method, path, body=b"", kind=None):
    connection = http.client.HTTPConnection(host, timeout=60)
    connection.request(method, path, body, {"Content-Type": kind} if kind else {})
    answer = connection.getresponse()
    answer.read()
    if answer.status >= 300:
        sys.exit(f"{method} {path}: {answer.status}")
    return answer


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def blob(repository, data, kind):
    place = call("POST", f"/v2/{repository}/blobs/uploads/").getheader("Location")
    url = urllib.parse.urlparse(place)
    query = "&".join(part for part in (url.query, "digest=" + digest(data)) if part)
    call("PUT", f"{url.path}?{query}", data, "application/octet-stream")
    return {"mediaType": kind, "digest": digest(data), "size": len(data)}


def manifest(repository, document, reference=None):
    data = json.dumps(document).encode()
    call("PUT", f"/v2/{repository}/manifests/{reference or digest(data)}", data, document["mediaType"])
    return {"mediaType": document["mediaType"], "digest": digest(data), "size": len(data)}


def image(repository, layers, architecture, reference=None, docker=False):
    config = json.dumps({"architecture": architecture, "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}})
    kinds = (DOCKER + "distribution.manifest.v2+json", DOCKER + "container.image.v1+json",
             DOCKER + "image.rootfs.diff.tar.gzip") if docker else (
                 OCI + "manifest.v1+json", OCI + "config.v1+json", OCI + "layer.v1.tar+gzip")
    return manifest(repository, {
        "schemaVersion": 2, "mediaType": kinds[0],
        "config": blob(repository, config.encode(), kinds[1]),
        "layers": [blob(repository, layer, kinds[2]) for layer in layers],
    }, reference)


large = random.Random(7).randbytes(40_000_000)
small = b"small layer"
both = []
for architecture in ("amd64", "arm64"):
    one = image("team/web", [large, architecture.encode()], architecture)
    both.append(one | {"platform": {"os": "linux", "architecture": architecture}})
manifest("team/web", {"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": both}, "1")
image("team/web", [small], "amd64", "2")
image("team/tool", [large, small], "amd64", "1", docker=True)
