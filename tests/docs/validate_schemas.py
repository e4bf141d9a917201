#!/usr/bin/env python3
"""Validates JSON documents against docs/reference/*.schema.json.

    validate_schemas.py PROGRAM MADE_UP

PROGRAM is expanalyze, MADE_UP prints documents in which every field is filled. Skips (status 77) without Debian's
python3-jsonschema.
"""
import copy, json, os, subprocess, sys

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed (./setup test installs it)")
    sys.exit(77)

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
QUICK = os.path.join(SOURCE, "examples", "quickstart")
FIXTURES = os.path.join(SOURCE, "tests", "data", "import")
HOSTILE = os.path.join(SOURCE, "tests", "golden", "hostile_log", "hostile.jsonl")


def schema(name):
    with open(os.path.join(SOURCE, "docs", "reference", name + ".schema.json"), encoding="utf-8") as f:
        return json.load(f)


def strict(text):
    """JSON as the standard has it: Python alone would accept NaN."""
    def refuse(word):
        raise ValueError(f"{word} is not JSON")
    return json.loads(text, parse_constant=refuse)


def document(*command):
    return strict(subprocess.run(command, capture_output=True, check=True, timeout=300).stdout.decode())


def main():
    program, made_up = sys.argv[1:3]
    validators = {n: jsonschema.Draft7Validator(schema(n)) for n in ("report", "sweep", "inspect")}
    for v in validators.values():
        v.check_schema(v.schema)
    base, exp = os.path.join(QUICK, "baseline.jsonl"), os.path.join(QUICK, "experiment.jsonl")
    full = document(made_up, "report")
    cases = [("report", "made up", full), ("report", "hostile", document(made_up, "hostile")),
             ("report", "empty", document(made_up, "empty")), ("sweep", "made up sweep", document(made_up, "sweep")),
             ("report", "quickstart", document(program, base, exp, "--format", "json")),
             ("report", "itself", document(program, base, base, "--format", "json")),
             ("inspect", "inspected log", document(program, "inspect", exp, "--format", "json")),
             ("inspect", "inspected fixtures", document(program, "inspect", FIXTURES, HOSTILE, "--format", "json")),
             ("sweep", "quickstart sweep", document(program, "sweep", QUICK, "--baseline", "baseline", "--format", "json"))]
    bad = 0
    for kind, name, doc in cases:
        for error in validators[kind].iter_errors(doc):
            bad += 1
            if bad <= 40:
                print(f"{name}: /{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}")
    # The schema must be able to refuse: a missing field, an unknown word, a bare number where an Estimate belongs.
    for breach in (lambda d: d["review"].pop("verdict"), lambda d: d["review"]["verdict"].update(step="great"),
                   lambda d: d["review"]["final"].update(difference=0.1), lambda d: d.update(surprise=1)):
        broken = copy.deepcopy(full)
        breach(broken)
        if validators["report"].is_valid(broken):
            bad += 1
            print("the schema accepts a broken document")
    print(f"{len(cases)} documents, {bad} faults")
    sys.exit(1 if bad else 0)


main()
