#!/usr/bin/env python3
"""Record which functions rendering runs, so that the linker puts them side by side.

    benches/record_layout.py CHARTWRIGHT CHART...

CHARTWRIGHT is a release build with symbols, CHART a folder or an archive; valgrind runs `template` on each. Written to
link/rendering.ld, which build.rs hands to the linker: the functions by the beginning of their names, without the hashes
that change with every compiler, and a module of ours as a whole where rendering runs much of it, so that a change there
needs no new record. A function that is missing lies elsewhere in the program and costs a page, nothing else.
"""
import bisect, collections, pathlib, re, subprocess, sys, tempfile

OUT = pathlib.Path(__file__).resolve().parent.parent / "link" / "rendering.ld"
# From this part of its code on, a module is taken whole.
WHOLE = 0.4
HEAD = """/* Written by benches/record_layout.py: the functions that rendering runs, put side by side. Of a program of 18 MB a
   render touches 4 MB then instead of 9.

   INSERT leaves the linker's own layout of everything else as it is. */
SECTIONS {
  .text.rendering : {
    *(
"""
TAIL = """    )
  }
}
INSERT BEFORE .text;
"""


def functions(program):
    """Start, size and linkage name of every function, by start."""
    listing = subprocess.run(["nm", "-n", "-S", "--defined-only", program], capture_output=True, text=True, check=True)
    found = {}
    for line in listing.stdout.splitlines():
        if part := re.match(r"(\w+) (\w{16}) [tTwW] (\S+)", line):
            found.setdefault(int(part[1], 16), (int(part[2], 16), part[3]))
    return sorted((start, size, name) for start, (size, name) in found.items())


def executed(program, chart):
    """The addresses of the instructions that `template` ran, those of the system's libraries among them."""
    with tempfile.NamedTemporaryFile() as trace:
        tool = ["valgrind", "-q", "--tool=callgrind", "--dump-instr=yes", f"--callgrind-out-file={trace.name}"]
        subprocess.run([*tool, program, "template", "x", chart], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        at, addresses = 0, set()
        for line in trace.read().decode().splitlines():
            if not (part := re.match(r"(0x[0-9a-f]+|[+-]\d+|\*) ", line)):
                continue
            step = part[1]
            at = int(step, 16) if step.startswith("0x") else at + (0 if step == "*" else int(step))
            addresses.add(at)
    if not addresses:
        sys.exit(f"error: valgrind recorded nothing of `{program} template x {chart}`")
    return addresses


def run_of(program, charts, known):
    """Which of the known functions ran, by their index."""
    starts, ran = [start for start, _, _ in known], set()
    for chart in charts:
        for address in executed(program, chart):
            index = bisect.bisect(starts, address) - 1
            if index >= 0 and address < known[index][0] + known[index][1]:
                ran.add(index)
    return ran


def stem(name):
    """A linkage name as a pattern without hashes."""
    if name.startswith("_ZN"):
        return re.sub(r"17h[0-9a-f]{16}E.*", "17h*", name)
    return re.sub(r"Cs[0-9A-Za-z]+_", "Cs*_", re.sub(r"\.llvm\.\d+$", "*", name))


def module(name):
    """The beginning that all functions of a module of ours share."""
    found = re.match(r"_ZN11chartwright(\d+)", name)
    if not found:
        return None
    end = found.end() + int(found[1])
    inner = re.match(r"(\d+)", name[end:])
    return name[: end + len(inner[1]) + int(inner[1])] if inner else None


def patterns(known, ran):
    total, used = collections.Counter(), collections.Counter()
    for index, (_, size, name) in enumerate(known):
        if (of := module(name)) is not None:
            total[of] += size
            used[of] += size if index in ran else 0
    whole = {of for of in total if used[of] >= WHOLE * total[of]}
    single = {stem(known[index][2]) for index in ran if module(known[index][2]) not in whole}
    return sorted({of + "*" for of in whole} | single)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    program, charts = sys.argv[1], sys.argv[2:]
    known = functions(program)
    found = patterns(known, run_of(program, charts, known))
    # The compiler puts what it thinks is rarely called into sections of another name.
    sections = [f"      .text{part}.{pattern}\n" for part in ("", ".unlikely") for pattern in found]
    OUT.write_text(HEAD + "".join(sections) + TAIL)
    print(f"{len(found)} patterns in {OUT}")


if __name__ == "__main__":
    main()
