#!/usr/bin/env python3
"""Changes templates at random places, one change at a time, and asks whether the unit tests of the chart notice.

    mutate.py [CHART...] [--count=200] [--seed=1] [--least=80] [--minutes=40] [--survivors]

Places are drawn from the lines of all templates, so that a chart has as many as its share of lines. A change that
leaves what every case means as it was, and one after which no case renders any more, is passed over and counted. A change of the
library has to be noticed by its own tests or by those of a chart that uses it. --survivors prints what nobody noticed.
"""
import itertools, os, queue, random, re, shutil, time
from charts import *

CONTROL = re.compile(r"\{\{-?\s*(if|else|end|with|range|define|block)\b")
CONDITION = re.compile(r"(\{\{-?\s*(?:else )?if\s+)(.*?)(\s*-?\}\})")
NUMBER = re.compile(r"(?<![\w.%$\"])\d+(?![\w.%])")
TEXT = re.compile(r"\"([^\"{}\\%]+)\"")
SCALAR = re.compile(r"^(\s*(?:- )?[\w./-]+: )([A-Za-z/][^{}\"'#\[\]]*)$")
KEY = re.compile(r"^(\s*(?:- )?)([A-Za-z][\w./-]*)(:(?: .*)?)$")
PATH = re.compile(r"(?<![\w\"])(?:\$\w*|\.root)?(?:\.\w+){2,}|\$\w+\.\w+")
LABEL = re.compile(r"app\.kubernetes\.io/|helm\.sh/chart|include \"[^\"]*[lL]abels\"")
INDENT = re.compile(r"(\bn?indent )(\d+)")
WORDS = {"eq": "ne", "ne": "eq", "and": "or", "or": "and", "gt": "lt", "lt": "gt", "ge": "lt", "le": "gt",
         "first": "last", "append": "prepend", "true": "false", "false": "true"}
WORD = re.compile(r"(?<![\w.$\"/-])(" + "|".join(WORDS) + r")(?![\w:\"/.-])")
DEFAULT = re.compile(r"\s*\| default (?:\"[^\"]*\"|[\w.$]+|\([^()]*\))")


def replace(line, match, text):
    return line[: match.start()] + text + line[match.end():]


class Mutations:
    """The ways to change one line of a file: each a name and the lines that take the place of some lines from there on."""

    def __init__(self, lines, paths):
        self.lines, self.paths = lines, paths

    def at(self, number, rng):
        line = self.lines[number]
        found = [*self.words(line, rng), *self.structure(number, line)]
        return rng.choice(found) if found else None

    def words(self, line, rng):
        """Changes within the line."""
        for match in itertools.islice(CONDITION.finditer(line), 1):
            yield "negate", 1, [replace(line, match, f"{match[1]}not ({match[2]}){match[3]}")]
        for match in some(NUMBER, line, rng):
            yield "number", 1, [replace(line, match, str(int(match[0]) + 1))]
        for match in some(TEXT, line, rng):
            yield "text", 1, [replace(line, match, f'"{match[1]}x"')]
        for match in some(SCALAR, line, rng):
            yield "scalar", 1, [replace(line, match, f"{match[1]}{match[2]}x")]
        for match in some(KEY, line, rng):
            yield "key", 1, [replace(line, match, f"{match[1]}{match[2]}x{match[3]}")]
        for match in some(WORD, line, rng):
            yield "operator", 1, [replace(line, match, WORDS[match[0]])]
        for match in some(DEFAULT, line, rng):
            yield "default", 1, [replace(line, match, "")]
        for match in some(INDENT, line, rng):
            yield "indent", 1, [replace(line, match, f"{match[1]}{max(0, int(match[2]) + rng.choice([-2, 2]))}")]
        for match in some(PATH, line, rng):
            others = [path for path in self.paths if path != match[0] and path.split(".")[0] == match[0].split(".")[0]]
            if others:
                yield "path", 1, [replace(line, match, rng.choice(others))]

    def structure(self, number, line):
        """Changes of whole lines."""
        if LABEL.search(line) and not CONTROL.search(line):
            yield "label", 1, []
        if not CONTROL.search(line):
            yield "delete", 1, []
            deep = indentation(line)
            block = [line, *itertools.takewhile(lambda next: next.strip() and indentation(next) > deep, self.lines[number + 1:])]
            if line[:1] == " " and "{{-" not in line:
                yield "shift", len(block), ["  " + inner for inner in block]


def some(pattern, line, rng):
    """One of the places where a pattern fits."""
    found = list(pattern.finditer(line))
    return [rng.choice(found)] if found else []


def indentation(line):
    return len(line) - len(line.lstrip())


def code_lines(lines):
    """Numbers of the lines that are neither blank nor comments."""
    is_comment = False
    for number, line in enumerate(lines):
        starts = re.match(r"\s*\{\{-?\s*/\*", line) is not None
        is_comment = is_comment or starts
        if line.strip() and not is_comment and not line.lstrip().startswith("#"):
            yield number
        if is_comment and "*/" in line:
            is_comment = False


def candidates(seed):
    """All lines of all templates in random order, each with one change, as `(chart, file, number, name, text)`."""
    rng, places = random.Random(seed), []
    for chart in charts():
        for file in sorted((chart.folder / "templates").rglob("*")):
            if file.suffix in (".yaml", ".tpl", ".txt"):
                lines = file.read_text().splitlines()
                paths = sorted({match[0] for line in lines for match in PATH.finditer(line)})
                places += [(chart, file, lines, paths, number) for number in code_lines(lines)]
    share = {chart.title: sum(place[0] is chart for place in places) for chart in charts()}
    rng.shuffle(places)
    return share, mutants(places, rng)


def mutants(places, rng):
    for chart, file, lines, paths, number in places:
        change = Mutations(lines, paths).at(number, rng)
        if change:
            name, length, new = change
            text = "\n".join([*lines[:number], *new, *lines[number + length:]]) + "\n"
            yield chart, file.relative_to(CHARTS), number + 1, name, text


class Copy:
    """A copy of all charts that a worker changes."""

    def __init__(self, number):
        self.root = work() / f"mutate-{number}"
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(CHARTS, self.root, ignore=lambda folder, names: {"charts"} & set(names))

    def folder(self, chart):
        return self.root / chart.title

    def renders(self, chart):
        """What the chart renders to with its defaults and with each case; nothing where it fails."""
        found = []
        for case in [None, *chart.cases]:
            done = chartwright("-q", "template", chart.release, self.folder(chart), "-n", chart.namespace, *of(case))
            found.append(None if done.returncode else done.stdout)
        return found

    def tests_fail(self, chart):
        folder = self.root / chart.tested.relative_to(CHARTS)
        return chartwright("-q", "test", "--strict", "--failfast", "--no-subcharts", folder).returncode != 0


def meaning(text):
    """The objects of a manifest; nothing where it is no YAML."""
    documents = [one for one in re.split(r"(?m)^---\s*$", text) if re.search(r"(?m)^kind:", one)]
    listed = "".join("- object:\n" + "".join(f"    {line}\n" if line else "\n" for line in one.splitlines()) for one in documents)
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write("objects:\n" + listed)
        file.flush()
        try:
            return read_values(file.name)
        except ValueError:
            return text


class Judge:
    def __init__(self):
        self.copies, self.users = queue.Queue(), {}
        for number in range(WORKERS):
            self.copies.put(Copy(number))
        for library in [chart for chart in charts() if chart.is_library]:
            self.users[library] = [chart for chart in charts() if library.name in {entry["name"] for entry in chart.metadata.get("dependencies", [])}]
        copy = self.copies.get()
        self.failing = [chart for chart in charts() if copy.tests_fail(chart)]
        self.before = {chart: copy.renders(chart) for chart in charts()}
        self.copies.put(copy)

    def judge(self, mutant):
        """`noticed`, `missed`, `same` or `broken`; of a change that leaves all cases the same also whether it is noticed."""
        copy = self.copies.get()
        chart, file, _, _, text = mutant
        place = copy.root / file
        original = place.read_text()
        try:
            place.write_text(text)
            return self.outcome(copy, chart, file)
        finally:
            place.write_text(original)
            self.copies.put(copy)

    def outcome(self, copy, chart, file):
        users = self.users.get(chart, [])
        effect = self.effect(copy, users or [chart])
        if effect == "broken":
            return effect
        concerned = {one.tested: one for one in [chart, *users] if one not in self.failing}
        is_noticed = any(copy.tests_fail(one) for one in concerned.values())
        if not is_noticed and effect == "other" and self.means_the_same(copy, users or [chart]):
            return "same"
        if effect == "same" and file.suffix != ".txt":
            return "same, noticed" if is_noticed else "same"
        return "noticed" if is_noticed else "missed"

    def means_the_same(self, copy, rendered):
        """Whether only the text differs, as where a list stands further to the right."""
        pairs = ((old, new) for chart in rendered for old, new in zip(self.before[chart], copy.renders(chart)) if old != new)
        return all(old and new and meaning(old) == meaning(new) for old, new in pairs)

    def effect(self, copy, rendered):
        """Whether what the charts render to is `other` or the `same`, or nothing renders any more."""
        is_other = is_rendered = False
        for chart in rendered:
            pairs = [(old, new) for old, new in zip(self.before[chart], copy.renders(chart)) if old is not None]
            is_other |= any(old != new for old, new in pairs)
            is_rendered |= any(new is not None for _, new in pairs)
            if is_other and is_rendered:
                return "other"
        return "same" if is_rendered else "broken"


def main():
    os.nice(10)
    figure = Figure("mutate", "chart", "lines", "changes", "noticed", "%")
    count, least = option("count", 200), option("least", 80)
    ends = time.monotonic() + 60 * option("minutes", 40)
    share, drawn = candidates(option("seed", 1))
    judge = Judge()
    for chart in judge.failing:
        figure.fail(chart, "its tests fail without a change")
    drawn = (mutant for mutant in drawn if mutant[0] not in judge.failing)
    results, passed_over = [], {}
    while len(results) < count and time.monotonic() < ends:
        batch = list(itertools.islice(drawn, 4 * WORKERS))
        if not batch:
            break
        for mutant, outcome in zip(batch, pool(judge.judge, batch)):
            if outcome in ("noticed", "missed"):
                results.append((mutant, outcome))
            else:
                passed_over[outcome] = passed_over.get(outcome, 0) + 1
    results = results[:count]
    report(figure, share, results, least)
    if len(results) < count:
        figure.fail("all charts", f"only {len(results)} of {count} changes could be judged")
    noticed = sum(outcome == "noticed" for _, outcome in results)
    figure.end(f"{noticed} of {len(results)} changes noticed ({percent(noticed, len(results))} %), passed over: {passed_over}")


def percent(part, whole):
    return f"{100 * part / whole:.1f}" if whole else "-"


def report(figure, share, results, least):
    for title, lines in share.items():
        own = [outcome for (chart, *_), outcome in results if chart.title == title]
        figure.row(title, lines, len(own), own.count("noticed"), percent(own.count("noticed"), len(own)))
    noticed = sum(outcome == "noticed" for _, outcome in results)
    if results and 100 * noticed < least * len(results):
        figure.fail("all charts", f"{percent(noticed, len(results))} % noticed, at least {least} % are asked for")
    for (_, file, number, name, text), outcome in results:
        if outcome == "missed" and "--survivors" in sys.argv:
            print(f"missed: {file}:{number}: {name}: {(CHARTS / file).read_text().splitlines()[number - 1].strip()}")


if __name__ == "__main__":
    main()
