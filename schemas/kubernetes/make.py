#!/usr/bin/env python3
"""Writes definitions.txt.gz: the API types of several Kubernetes versions in one compact text.

usage: make.py SOURCE...

A SOURCE is a wheel of PyPI's `kubernetes-validate`, or MINOR=FILE with the answer of an API server to
`kubectl get --raw /openapi/v2` (for example 38=openapi.json). Versions that the file holds already are kept, those that
a source carries are added or replaced. Needs nothing but Python.

The text, line by line (fields are separated by one space, versions are minors: `25-30,33`):

    versions 25 26 27                     the versions that the file knows
    kind apps/v1 Deployment NAME VERSIONS
    def NAME TYPE VERSIONS                the lines that follow are its fields
     FIELD TYPE [VERSIONS]                without VERSIONS: those of the definition

TYPE is `object`, `string`, `int32`, `int64`, `integer`, `number`, `boolean`, `bytes`, `date-time`, `any`, `int-or-string`,
`number-or-string`, `@NAME`, `[TYPE]` (list) or `{TYPE}` (map). Behind it stand, in this order, `?` (null is taken), `!`
(the field is required), `~` (items are a set), `^name,...` (keys that make items unique), `=a|b` (the values it takes).
"""
import gzip, json, os, sys, zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
FILE = os.path.join(HERE, "definitions.txt.gz")
FORMATS = {("integer", "int32"): "int32", ("integer", "int64"): "int64", ("string", "byte"): "bytes",
           ("string", "date-time"): "date-time", ("number", "double"): "number"}
KNOWN = {"description", "type", "$ref", "properties", "items", "required", "enum", "format", "additionalProperties",
         "oneOf", "anyOf", "default"}
PREFIXES = ("#/definitions/", "#/$defs/", "/api/_definitions.json#/$defs/", "/api/_definitions.json#/definitions/")


def type_text(schema, required=False):
    """The TYPE of a schema without its fields."""
    strange = [key for key in schema if key not in KNOWN and not key.startswith("x-kubernetes-")]
    if strange:
        sys.exit(f"cannot write the keywords {strange} of {json.dumps(schema)[:200]}")
    if "$ref" in schema:
        prefix = next(p for p in PREFIXES if schema["$ref"].startswith(p))
        return "@" + schema["$ref"].removeprefix(prefix) + ("!" if required else "")
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    mark = "?" if "null" in kinds else ""
    kinds = [kind for kind in kinds if kind != "null"]
    if schema.get("format") == "int-or-string":
        text = "int-or-string"
    elif "oneOf" in schema:
        found = {t for one in schema["oneOf"] for t in ([one["type"]] if isinstance(one["type"], str) else one["type"])}
        mark = "?" if "null" in found else ""
        text = "int-or-string" if "integer" in found else "number-or-string"
    elif not kinds:
        text, mark = "any", "?"
    elif kinds == ["array"]:
        text = f"[{type_text(schema['items'])}]"
    elif kinds == ["object"]:
        below = schema.get("additionalProperties")
        text = "{" + type_text(below) + "}" if isinstance(below, dict) else "object"
    else:
        (kind,) = kinds
        text = FORMATS.get((kind, schema.get("format")), kind)
    if required:
        mark += "!"
    if schema.get("x-kubernetes-list-type") == "set":
        mark += "~"
    keys = schema.get("x-kubernetes-list-map-keys")
    merge = schema.get("x-kubernetes-patch-merge-key")
    if keys or merge:
        mark += "^" + ",".join(keys or [merge])
    values = [value for value in schema.get("enum", []) if value is not None]
    if values:
        mark += "=" + "|".join(values)
        if any(letter in mark for letter in " ]}"):
            sys.exit(f"cannot write the values {values}")
    return text + mark


def names_of(kind):
    return (kind["group"] + "/" if kind["group"] else "") + kind["version"], kind["kind"]


class Book:
    def __init__(self):
        self.versions, self.kinds, self.defs = set(), {}, {}

    def forget(self, version):
        self.versions.discard(version)
        tables = [self.kinds] + [heads for heads, _ in self.defs.values()]
        tables += [types for _, fields in self.defs.values() for types in fields.values()]
        for table in tables:
            for held in table.values():
                held.discard(version)

    def add(self, version, definitions, from_server):
        self.forget(version)
        self.versions.add(version)
        for name, schema in definitions.items():
            for kind in schema.get("x-kubernetes-group-version-kind", []):
                self.kinds.setdefault(names_of(kind) + (name,), set()).add(version)
            heads, fields = self.defs.setdefault(name, ({}, {}))
            heads.setdefault(type_text({k: v for k, v in schema.items() if k != "properties"}), set()).add(version)
            required = schema.get("required", [])
            kinds = schema.get("x-kubernetes-group-version-kind", [])
            for field, below in schema.get("properties", {}).items():
                if from_server:
                    below = as_written(below, field, required, kinds)
                text = type_text(below, field in required)
                fields.setdefault(field, {}).setdefault(text, set()).add(version)

    def read(self, text):
        for line in text.splitlines():
            words = line.strip().split(" ")
            if line.startswith("versions "):
                self.versions = {int(word) for word in words[1:]}
            elif line.startswith("kind "):
                self.kinds[tuple(words[1:4])] = versions_of(words[4])
            elif line.startswith("def "):
                heads, fields = self.defs.setdefault(words[1], ({}, {}))
                heads[words[2]] = versions_of(words[3])
                whole = set().union(*heads.values())
            else:
                fields.setdefault(words[0], {})[words[1]] = versions_of(words[2]) if len(words) > 2 else set(whole)

    def write(self):
        lines = ["versions " + " ".join(map(str, sorted(self.versions)))]
        lines += [f"kind {api} {kind} {name} {ranges(held)}" for (api, kind, name), held in sorted(self.kinds.items()) if held]
        for name, (heads, fields) in sorted(self.defs.items()):
            heads = {text: held for text, held in heads.items() if held}
            whole = set().union(*heads.values()) if heads else set()
            lines += [f"def {name} {text} {ranges(held)}" for text, held in sorted(heads.items())]
            for field, types in sorted(fields.items()):
                for text, held in sorted(types.items()):
                    if held:
                        lines.append(f" {field} {text}" + ("" if held == whole else " " + ranges(held)))
        return "\n".join(lines) + "\n"


def as_written(schema, field, required, kinds):
    """What an API server takes beyond its own document: null for every field that may be left out; and one kind."""
    if len(kinds) == 1 and field in ("apiVersion", "kind"):
        schema = schema | {"enum": [names_of(kinds[0])[field == "kind"]]}
    if field not in required and isinstance(schema.get("type"), str):
        schema = schema | {"type": [schema["type"], "null"]}
    return schema


def ranges(held):
    out = []
    for version in sorted(held):
        if out and out[-1][1] == version - 1:
            out[-1][1] = version
        else:
            out.append([version, version])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in out)


def versions_of(text):
    found = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


def wheel(path):
    archive = zipfile.ZipFile(path)
    for name in archive.namelist():
        parts = name.split("/")
        if parts[-1] == "_definitions.json" and not parts[-2].endswith("strict"):
            whole = json.loads(archive.read(name))
            yield int(parts[-2].split(".")[1]), whole.get("$defs") or whole["definitions"]


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    book = Book()
    if os.path.exists(FILE):
        book.read(gzip.open(FILE, "rt").read())
    for source in sys.argv[1:]:
        minor, _, path = source.partition("=")
        if path:
            book.add(int(minor), json.load(open(path))["definitions"], True)
            continue
        for version, definitions in sorted(wheel(source)):
            book.add(version, definitions, False)
    text = book.write().encode()
    with open(FILE + ".part", "wb") as out:
        with gzip.GzipFile("", "wb", 9, out, mtime=0) as packed:
            packed.write(text)
    os.replace(FILE + ".part", FILE)
    print(f"{len(book.versions)} versions, {len(text)} bytes, packed {os.path.getsize(FILE)}")


if __name__ == "__main__":
    main()
