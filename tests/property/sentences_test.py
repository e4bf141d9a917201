#!/usr/bin/env python3
"""A sentence that would stand in any report stands in none: steps 3 and 4 over all pairs at hand (standard library only).

    sentences_test.py PROGRAM SHARED_DATA [--list N]

Reads every scenario of labelled/ (all seeds a side) and every pair of real/PAIRS.tsv. In the text of steps 3 and 4 numbers
and code spans (words of the logs) are masked; a sentence may then stand in a third of the reports at most. What stands
once per report by design is no sentence: headings, table heads and the labels of the fields of a path.
"""
import collections, concurrent.futures, json, os, re, subprocess, sys, textwrap

MOST = 1 / 3
FEWEST_WORDS = 4                # "Cost: 1x." is a field, not a sentence


def pairs(data):
    with open(os.path.join(data, "labelled", "manifest.json")) as f:
        for e in json.load(f)["scenarios"]:
            yield e["id"], [[os.path.join(data, "labelled", x) for x in e["files"][k]] for k in ("baseline", "experiment")]
    with open(os.path.join(data, "real", "PAIRS.tsv")) as f:
        for line in f.read().splitlines()[1:]:
            names = line.split("\t")[:2]
            sides = [[os.path.join(data, "real", n)] for n in names]
            if all(os.path.exists(s[0]) for s in sides): yield " ".join(names), sides


def report(program, sides):
    named = ["--baseline", *sides[0], "--experiment", *sides[1]]
    return subprocess.run([program, *named], capture_output=True, timeout=300).stdout.decode(errors="replace")


def sentences(markdown):
    """of steps 3 and 4, each once"""
    start = markdown.find("\n## 3.")
    if start < 0: return set()
    fourth = markdown.find("\n## 4.")
    end = markdown.find("\n## ", fourth + 1)
    text = markdown[start:end if end > 0 else len(markdown)]
    text = re.sub(r"```.*?```", " ", text, flags=re.S)
    out = set()
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*#|]|\d+\.) )", text):
        if not block.strip() or block.lstrip().startswith(("#", "|", "$")): continue
        flat = " ".join(block.split())
        flat = re.sub(r"\$`?[^$]*`?\$", "@", re.sub(r"`[^`]*`", "@", flat))
        for sentence in re.split(r"(?<=[.:;?!])\s+", flat):
            masked = re.sub(r"[-+−]?\d[\d.,]*(?:e[-+]?\d+)?", "#", sentence).strip(" -*")
            if len(re.findall(r"[A-Za-z]{2,}", masked)) >= FEWEST_WORDS: out.add(masked)
    return out


def main():
    program, data = sys.argv[1], sys.argv[2]
    listed = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    if not os.path.isdir(os.path.join(data, "labelled")):
        print("skipped: no", data)
        sys.exit(77)
    work = list(pairs(data))
    with concurrent.futures.ThreadPoolExecutor(2) as pool: texts = list(pool.map(lambda w: report(program, w[1]), work))
    texts = [t for t in texts if "\n## 3." in t]
    count = collections.Counter(s for t in texts for s in sentences(t))
    most = MOST * len(texts)
    repeated = [(s, n) for s, n in count.most_common() if n > most]
    print(f"{len(texts)} reports of {len(work)} pairs, {len(count)} sentences in steps 3 and 4; {len(repeated)} in more than a third")
    for s, n in (count.most_common(listed) if listed else repeated): print(f"  {n / len(texts):4.0%}  " + textwrap.shorten(s, 160))
    sys.exit(1 if repeated or len(texts) < 40 else 0)


if __name__ == "__main__": main()
