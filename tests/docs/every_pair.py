#!/usr/bin/env python3
"""Every pair of logs beside the project gives a valid report without an empty section.

    every_pair.py PROGRAM SHARED

All pairs of SHARED/data/labelled/manifest.json, one seed a side and all seeds, and the six runs of
SHARED/data/real/origin/muon_vs_adamw. Skips (status 77) without SHARED or Debian's python3-jsonschema.
"""
import concurrent.futures, glob, json, os, re, subprocess, sys

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def cases(shared):
    labelled = os.path.join(shared, "data", "labelled")
    for s in json.load(open(os.path.join(labelled, "manifest.json")))["scenarios"]:
        b, e = ([os.path.join(labelled, f) for f in s["files"][k]] for k in ("baseline", "experiment"))
        yield s["id"] + " all seeds", b, e
        for i, (one, other) in enumerate(zip(b, e)):
            yield f"{s['id']} pair {i + 1}", [one], [other]
    origin = os.path.join(shared, "data", "real", "origin", "muon_vs_adamw")
    if os.path.isdir(origin):
        b, e = (sorted(glob.glob(os.path.join(origin, k + "_seed*"))) for k in ("adamw", "muon"))
        yield "muon against adamw, all seeds", b, e
        for one, other in zip(b, e):
            yield "muon against adamw, " + os.path.basename(other), [one], [other]


def run(program, b, e, form):
    p = subprocess.run([program, "--baseline", *b, "--experiment", *e, "--format", form], capture_output=True, timeout=120)
    if p.returncode != 0:
        raise ValueError(f"exit {p.returncode}: {p.stderr.decode()[:200]}")
    return p.stdout.decode()


def texts(value):
    """All sentences of a document: strings with a blank in them."""
    if isinstance(value, str) and " " in value:
        yield value
    elif isinstance(value, dict):
        for v in value.values():
            yield from texts(v)
    elif isinstance(value, list):
        for v in value:
            yield from texts(v)


def faults(validator, doc, page):
    for error in validator.iter_errors(doc):
        yield f"/{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
    if len(doc["vnext"]["paths"]) != 3:
        yield f"{len(doc['vnext']['paths'])} paths"
    if not doc["diagnosis"]["soul"] or not doc["review"]["final"]["baseline"]["n"]:
        yield "no soul, or no final value"
    for section in ("diagnosis", "theory", "vnext"):
        for t in texts(doc[section]):
            if re.search(r"(?<![\w`])[-+]?(nan|inf)(x| |,|;|\.|$)", t) and "last value is nan" not in t and "nan, nan" not in t:
                yield f"{section}: {t[:150]}"
    lines = page.split("\n")
    headings = [i for i, line in enumerate(lines) if re.match(r"#{2,3} ", line)]
    for i, at in enumerate(headings):
        end = headings[i + 1] if i + 1 < len(headings) else len(lines)
        deeper = i + 1 < len(headings) and lines[end].startswith("### ") and lines[at].startswith("## ")
        if not deeper and not any(line.strip() for line in lines[at + 1:end]):
            yield f"nothing below {lines[at]}"
    for line in lines:
        if line.startswith("|") and len(line) > 100:
            yield f"table of {len(line)} columns: {line[:60]}"
    for step in ("1. Metric Review", "2. Diagnosis", "3. Theory Update", "4. V-Next Recipe"):
        if f"## {step}" not in lines:
            yield f"no heading {step}"


def main():
    program, shared = sys.argv[1:3]
    if not os.path.isfile(os.path.join(shared, "data", "labelled", "manifest.json")):
        print(f"skipped: no labelled runs at {shared}")
        return 77
    try:
        import jsonschema
    except ImportError:
        print("skipped: python3-jsonschema is not installed (./setup test installs it)")
        return 77
    with open(os.path.join(SOURCE, "docs", "reference", "report.schema.json"), encoding="utf-8") as f:
        validator = jsonschema.Draft7Validator(json.load(f))

    def check(case):
        name, b, e = case
        try:
            return [f"{name}: {t}" for t in faults(validator, json.loads(run(program, b, e, "json")), run(program, b, e, "markdown"))]
        except (ValueError, subprocess.TimeoutExpired) as error:
            return [f"{name}: {error}"]

    everything = list(cases(shared))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = [t for part in pool.map(check, everything) for t in part]
    print("\n".join(found[:60]))
    print(f"{len(everything)} pairs, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
