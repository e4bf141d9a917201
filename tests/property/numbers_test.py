#!/usr/bin/env python3
"""Every number of the Markdown report is in the JSON report (standard library only).

    numbers_test.py PROGRAM LOG... -- LOG...

A number counts as found when a text of the JSON holds it, or when a JSON number, rounded to the printed digits, is it:
as it stands, as a percentage, or in a unit with a prefix. Code blocks (curves, commands) and code spans (words of the
logs) are no numbers of ours. The same look-up must miss most numbers that were made up, else it would find anything.
"""
import json, math, re, subprocess, sys

NUMBER = re.compile(r"(?<![\w.`])[-+−]?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\w.]*`)")
SCALES = [1, 100, 1e3, 1e6, 1e-3, 1e-6, 1e-9, 1e-12, 1 / 60, 1 / 3600]    # percent; ms, us; k, M, G, T; min, h


def run(program, sides, form):
    baseline, experiment = sides
    named = (["--baseline", *baseline] if baseline else []) + ["--experiment", *experiment]
    return subprocess.run([program, *named, "--format", form], capture_output=True, check=True, timeout=120).stdout.decode()


def printed_numbers(markdown):
    text = re.sub(r"```.*?```", " ", markdown, flags=re.S)
    text = re.sub(r"`[^`]*`", " ", text)
    text = re.sub(r"^#+ .*?(?=\d\. |$)|^\s*\d+\. ", " ", text, flags=re.M)      # headings and numbered steps
    return [m.group().replace("−", "-") for m in NUMBER.finditer(text)]


def gather(value, numbers, words):
    if isinstance(value, dict):
        for key, v in value.items():
            words.add(key)
            gather(v, numbers, words)
    elif isinstance(value, list):
        for v in value: gather(v, numbers, words)
    elif isinstance(value, str):
        words.update(w.replace("−", "-").lstrip("+-") for w in re.findall(r"[-+−]?\d+(?:\.\d+)?(?:e[-+]?\d+)?", value))
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        numbers.add(abs(float(value)))


def digits(text):
    return len(re.sub(r"e.*", "", text).lstrip("+-0.").replace(".", "")) or 1


def other_digits(text, key):
    return "".join(str((int(c) * 7 + key * 13 + i * 5) % 9 + 1) if c.isdigit() else c for i, c in enumerate(text.split("e")[0]))


def found(text, numbers, words):
    plain = text.lstrip("+-")
    if plain in words: return True
    value, figures = abs(float(text)), digits(plain)
    if value == 0: return any(n < 1e-3 for n in numbers)
    step = 0.51 * 10.0 ** (math.floor(math.log10(value)) - figures + 1)
    return any(abs(n * s - value) <= step + 1e-12 * value for n in numbers for s in SCALES)


def main():
    program, rest = sys.argv[1], sys.argv[2:]
    at = rest.index("--")
    sides = rest[:at], rest[at + 1:]
    markdown, document = run(program, sides, "markdown"), json.loads(run(program, sides, "json"))
    numbers, words = set(), set()
    gather(document, numbers, words)
    printed = printed_numbers(markdown)
    missing = [t for t in printed if not found(t, numbers, words)]
    # The same numbers with other digits: as long, and measured by nobody.
    made_up = [other_digits(t, k) for k, t in enumerate(printed) if digits(t) >= 3]
    by_chance = sum(found(t, numbers, words) for t in made_up) / max(1, len(made_up))
    print(f"{len(printed)} numbers, {len(missing)} not in the JSON; of made-up ones {by_chance:.0%} would be found")
    for t in missing: print("  missing:", t)
    sys.exit(1 if missing or len(printed) < 50 or by_chance > 0.25 else 0)


if __name__ == "__main__":
    main()
