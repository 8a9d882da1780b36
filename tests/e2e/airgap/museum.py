#!/usr/bin/env python3
"""A small ChartMuseum in memory: museum.py prints its port, then serves index, archives and the API for single charts."""
import hashlib
import http.server
import io
import json
import re
import tarfile

FILES = {}


class Museum(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def reply(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        found = re.fullmatch(r"/api/charts/([^/]+)/([^/]+)", self.path)
        name = f"{found[1]}-{found[2]}.tgz" if found else self.path.removeprefix("/charts/")
        if self.path == "/index.yaml":
            self.reply(200, self.index().encode())
        elif name not in FILES:
            self.reply(404, b'{"error":"not found"}')
        elif found:
            digest = hashlib.sha256(FILES[name]).hexdigest()
            self.reply(200, json.dumps({"name": found[1], "digest": digest, "urls": [f"charts/{name}"]}).encode())
        else:
            self.reply(200, FILES[name])

    do_HEAD = do_GET

    def index(self):
        lines = ["apiVersion: v1", "entries:"]
        for file, data in sorted(FILES.items()):
            name, version = self.metadata(data)
            lines += [f"  {name}:", f"  - name: {name}", "    apiVersion: v2", f"    version: {version}",
                      f"    digest: {hashlib.sha256(data).hexdigest()}", f"    urls: [charts/{file}]"]
        return "\n".join(lines) + "\n"

    @staticmethod
    def metadata(data):
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            inner = next(one for one in archive if one.name.count("/") == 1 and one.name.endswith("/Chart.yaml"))
            text = archive.extractfile(inner).read().decode()
        return tuple(re.search(rf"^{key}: (\S+)", text, re.M)[1] for key in ("name", "version"))

    def do_POST(self):
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/api/charts":
            return self.reply(404, b'{"error":"not found"}')
        name = "-".join(self.metadata(data)) + ".tgz"
        if name in FILES:
            return self.reply(409, b'{"error":"file already exists"}')
        FILES[name] = data
        return self.reply(201, b'{"saved":true}')


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Museum)
print(server.server_address[1], flush=True)
server.serve_forever()
