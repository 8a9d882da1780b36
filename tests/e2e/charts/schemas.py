#!/usr/bin/env python3
"""Puts one fault at a time into the values of every chart: each has to be refused, with the path of its key.

    schemas.py [CHART...] [--sample=COUNT]

At every level of the values a key that the schema does not know; for every leaf a value of another type; every key that
the schema requires left out; and every value of a case left out, which is taken or refused with its path. chartwright
judges all of them, the Helms COUNT of each chart (12). Maps that the schema leaves free are printed, not tried.
Every variable of questions.yaml has to be in the values and to be read by a template.
"""
import copy, json, re, tempfile
from charts import *
from lint import properties, resolved

ANY = {"object", "array", "string", "number", "boolean"}
WRONG = [("number", 4711), ("string", "wrong"), ("boolean", True), ("array", ["wrong"]), ("object", {"wrong": True})]
REFUSED = "values don't meet the specifications of the schema"
GONE = object()
# Other charts of an environment have keys of their own below it.
OPEN = {("global",)}


def types(schema, root):
    """The types that a schema takes, as far as `type`, `enum` and its branches say."""
    schema = resolved(schema, root)
    found = ANY | {"null"}
    if "type" in schema:
        named = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        found = {"number" if name == "integer" else name for name in named}
    for value in [schema["const"]] if "const" in schema else schema.get("enum", []):
        found = found if found != ANY | {"null"} else set()
        found.add(type_of(value))
    for branches in (schema.get("anyOf"), schema.get("oneOf")):
        if branches:
            found = found & set().union(*(types(branch, root) for branch in branches))
    for part in schema.get("allOf", []):
        found = found & types(part, root)
    return found


def type_of(value):
    return {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}.get(type(value), "null")


class Faults:
    """All faults of a schema beside values: what, the path, and the value to put there; and what is left free."""

    def __init__(self, root, subcharts):
        self.root, self.subcharts, self.found, self.free, self.half_open = root, subcharts, [], [], []

    def walk(self, schema, value, path):
        schema = resolved(schema, self.root)
        if path:
            self.wrong_type(schema, path)
        takes = types(schema, self.root)
        if "object" in takes and (isinstance(value, dict) or takes == {"object"}):
            self.walk_map(schema, value if isinstance(value, dict) else {}, path)
        elif isinstance(value, list) and isinstance(schema.get("items"), dict):
            self.walk(schema["items"], value[0] if value else None, (*path, 0))

    def wrong_type(self, schema, path):
        takes = types(schema, self.root)
        wrong = [value for name, value in WRONG if name not in takes]
        if wrong:
            self.found.append(("type", path, wrong[0]))
        else:
            self.free.append(path)

    def walk_map(self, schema, value, path):
        known, others = properties(schema, self.root), self.others(schema)
        if others is False and "patternProperties" not in schema:
            self.found.append(("unknown", (*path, self.misspelt(known)), 1))
        elif not isinstance(others, dict) and "patternProperties" not in schema:
            self.free.append((*path, "*"))
        elif isinstance(others, dict) and resolved(others, self.root):
            key = next((key for key in value if key not in known), "anyKey")
            self.walk(others, value.get(key), (*path, key))
        takes_all = not isinstance(others, dict) or types(others, self.root) == ANY | {"null"}
        if known and others is not False and takes_all and path not in OPEN:
            self.half_open.append(path)
        for key in schema.get("required", []):
            if key in value:
                self.found.append(("missing", (*path, key), GONE))
        for key, inner in known.items():
            if path or key not in self.subcharts:
                self.walk(inner, value.get(key), (*path, key))

    def others(self, schema):
        """What a schema says of keys that it does not name: the strictest of its own words and those of its parts."""
        parts = [schema, *(resolved(part, self.root) for part in schema.get("allOf", []))]
        said = [part["additionalProperties"] for part in parts if "additionalProperties" in part]
        return False if False in said else next(iter(said), None)

    @staticmethod
    def misspelt(known):
        """A known key with two letters exchanged or one more: what a person types."""
        for key in sorted(known):
            if len(key) > 3 and key[1] != key[2] and key[0] + key[2] + key[1] + key[3:] not in known:
                return key[0] + key[2] + key[1] + key[3:]
        return "unknownKey"


def changed(values, path, value):
    """A copy of the values with another value at a path, or without it."""
    made = copy.deepcopy(values)
    at = made
    for step, then in zip(path, path[1:]):
        if isinstance(step, int):
            at.extend([{}] if not at else [])
        elif not isinstance(at.get(step), (list if isinstance(then, int) else dict)):
            at[step] = [] if isinstance(then, int) else {}
        at = at[step]
    if value is GONE:
        at.pop(path[-1], None)
    elif isinstance(path[-1], int):
        at[:1] = [value]
    else:
        at[path[-1]] = value
    return made


def over(values, defaults):
    """The values as a file that leads to them: Helm takes a default away where the file has null."""
    gone = {key: None for key in defaults if key not in values}
    return gone | {key: over(value, defaults[key]) if isinstance(value, dict) and isinstance(defaults.get(key), dict) else value
                   for key, value in values.items()}


def pointer(path):
    """A JSON pointer, as Helm names places."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def dotted(path):
    return ".".join(map(str, path))


def named(message, path):
    """Whether a message tells where the fault is: the key's path, or its name beside the path of its map."""
    parent, key = pointer(path[:-1]), str(path[-1])
    beside = any(f"'{parent}'" in line and f"'{key}'" in line for line in message.splitlines())
    return beside or f"'{pointer(path)}" in message or re.search(rf"(?<![\w.]){re.escape(dotted(path))}(?![\w-])", message) is not None


def names_some(message, values):
    """Whether a message names a key of the values by its path; a value may be missing only beside another one."""
    for token in re.findall(r"[\w-]+(?:\.[\w-]+)+", message):
        at, steps = values, token.split(".")
        while isinstance(at, dict) and steps and steps[0] in at:
            at = at[steps.pop(0)]
        if len(steps) <= 1 and at is not values:
            return True
    return False


def attempt(program, chart, values):
    """The message of a refusal, or nothing."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(values, file)
        file.flush()
        place = chart.folder if program == CHARTWRIGHT else chart.archive
        done = run(program, "template", chart.release, place, "-n", chart.namespace, "--kube-version", KUBERNETES, "-f", file.name)
    return done.stderr if done.returncode else ""


def leaves(values, path=()):
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key)


def without(values, path):
    """The values without a key."""
    key, *rest = path
    if not rest:
        return {name: value for name, value in values.items() if name != key}
    return {**values, key: without(values[key], rest)}


def asked(questions, conditions=()):
    """Each variable of questions.yaml with the settings under which it is asked for."""
    for question in questions:
        shown = [*conditions, *(term.strip() for term in re.split(r"&&|\|\|", question.get("show_if", "")) if term.strip())]
        yield question["variable"], shown
        when = json.dumps(question.get("show_subquestion_if", True)).strip('"')
        yield from asked(question.get("subquestions", []), [*shown, f"{question['variable']}={when}"])


def is_read(chart, variable, conditions):
    settings = [word for condition in conditions for word in ("--set", condition)]
    attempts = ([*of(case), *more] for case in chart.cases or [None] for more in ([], settings))
    return any("\nread by:" in chartwright("-q", "values", "explain", chart.folder, variable, *words).stdout for words in attempts)


def questions(chart):
    """The count of variables in questions.yaml, and what is wrong with them."""
    file = chart.folder / "questions.yaml"
    found = list(asked(read_values(file)["questions"])) if file.exists() else []
    problems, values = [], chart.values(None)
    for variable, conditions in found:
        at = values
        for step in variable.split("."):
            at = at.get(step, GONE) if isinstance(at, dict) else GONE
        if at is GONE:
            problems.append(f"questions.yaml: `{variable}` is not in values.yaml")
        elif not is_read(chart, variable, conditions):
            problems.append(f"questions.yaml: no template reads `{variable}`")
    return len(found), problems


def schema_faults(chart, root):
    """The different faults over all cases, each with the values it goes into; the free places; the problems."""
    faults, free, problems = {}, set(), []
    for case in chart.cases or [None]:
        values = chart.values(case)
        refusal = attempt(CHARTWRIGHT, chart, values)
        if refusal:
            problems.append(f"{case.name if case else 'defaults'} is refused without a fault: {refusal.strip()[:600]}")
            continue
        found = Faults(root, {entry["name"] for entry in chart.metadata.get("dependencies", [])})
        found.walk(root, values, ())
        free.update(found.free)
        problems += [f"`{dotted(path) or 'the top'}` has named keys and takes any other one" for path in found.half_open]
        for what, path, value in found.found:
            faults.setdefault((what, path), (values, value))
    return faults, free, sorted(set(problems))


def judge_faults(chart, faults, sample):
    problems, defaults = [], chart.values(None)
    step = max(1, len(faults) // sample)
    for at, ((what, path), (values, value)) in enumerate(faults.items()):
        variant = over(changed(values, path, value), defaults)
        for program in [CHARTWRIGHT, *(HELMS.values() if at % step == 0 and chart.archive.exists() else [])]:
            message = attempt(program, chart, variant)
            label = f"{what} `{dotted(path)}`" + (f" ({program})" if program != CHARTWRIGHT else "")
            if not message:
                problems.append(f"{label}: is taken")
            elif REFUSED not in message:
                problems.append(f"{label}: the schema takes it: {message.strip()[:300]}")
            elif not named(message, path):
                problems.append(f"{label}: the refusal does not tell where: {message.strip()[:300]}")
    return problems


def judge_left_out(chart):
    """Leaves values of cases out; how many were required, how many were tried, and refusals that do not name them."""
    required, tried, problems = set(), set(), []
    for case in chart.cases:
        own, defaults = read_values(case), chart.values(None)
        for path in leaves(own):
            if path in tried:
                continue
            tried.add(path)
            message = attempt(CHARTWRIGHT, chart, without(own, path))
            required.update([path] if message else [])
            if message and not named(message, path) and not names_some(message, chart.values(case)):
                problems.append(f"{case.name} without `{dotted(path)}`: the refusal does not name it: {message.strip()[:300]}")
    return len(required), len(tried), problems


def judge(chart):
    file = chart.folder / "values.schema.json"
    if not chart.is_for_users:
        return (chart.title, "-", "-", "-", "-", "-", "-"), [], set()
    if not file.exists():
        return (chart.title, *"000000"), ["has no values.schema.json"], set()
    faults, free, problems = schema_faults(chart, json.loads(file.read_text()))
    problems += judge_faults(chart, faults, option("sample", 12))
    required, tried, unnamed = judge_left_out(chart)
    count_asked, unread = questions(chart)
    count = lambda what: sum(kind == what for kind, _ in faults)
    row = (chart.title, count("unknown"), count("type"), count("missing"), f"{required} of {tried}", len(free), count_asked)
    return row, problems + unnamed + unread, free


def main():
    figure = Figure("schemas", "chart", "unknown keys", "wrong types", "required gone", "left out: refused", "free", "questions")
    for chart, problem in package().items():
        figure.fail(chart, f"package: {problem}")
    total = 0
    for chart, (row, problems, free) in zip(charts(), pool(judge, charts())):
        figure.row(*row)
        total += sum(cell for cell in row[1:4] if isinstance(cell, int))
        for problem in problems:
            figure.fail(chart, problem)
        if free:
            print(f"free in {chart.title}: {', '.join(sorted(map(dotted, free)))}")
    figure.end(f"{total} faults in {len(charts())} charts")


if __name__ == "__main__":
    main()
