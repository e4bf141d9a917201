#!/usr/bin/env python3
"""Fit how far the cards' log-odds may be believed, and check it on the part of the corpus that was held apart.

    fit.py BINARY CORPUS > src/diagnosis/calibration_table.inc      fit on the comparisons marked "fit"
    fit.py BINARY CORPUS --check [--part held_apart]                reliability of the headlines instead

Every comparison is read four ways, all seeds and one seed a side, with its settings and without; together they count
as one. For each card, over the reports in which it is a root: P(it is one of the accepted answers) = 1 / (1 + exp(-(a +
b x))), x its log-odds. The choice of the headline depends on the table, so fit twice. Normal priors a ~ N(0, 1) and b ~ N(1, .5^2) (science.md D0.6) keep a card that was seen rarely
near what its evidence says. Standard library only.
"""
import argparse, collections, concurrent.futures, json, math, os, subprocess, sys, tempfile

SD_A, SD_B = 1.0, 0.5
OUTRANKED = 0.25                    # weight of a card that is not the headline: it is right less often, and read less
FEWEST = 3                          # comparisons; below that a card's log-odds stand as they are
FACTS = {"confounded_config"}       # what the settings plainly hold is sure, though it is seldom the cause
TIMED = {"throughput_regression"}   # the corpus is trained on a busy machine, several runs at once: its clock proves little

def read(path):
    with open(path) as f: return json.load(f)

def without_config(source, target):
    with open(source) as f, open(target, "w") as g:
        for line in f:
            row = json.loads(line)
            if "config" not in row and row.get("_type") != "config": g.write(line)

def report(binary, baseline, experiment):
    done = subprocess.run([binary, "--baseline", *baseline, "--experiment", *experiment, "--format", "json"], capture_output=True, text=True)
    if done.returncode not in (0, 1): sys.exit(f"{binary}: {done.stderr.strip()}")
    return json.loads(done.stdout)

def cases(root, scenarios, scratch):
    """(scenario, way, baseline, experiment); "seen" or "blind", all seeds or one."""
    for e in scenarios:
        sides = [[os.path.join(root, f) for f in e["files"][k]] for k in ("baseline", "experiment")]
        blind = []
        for side in sides:
            blind.append([os.path.join(scratch, f"{e['id']}_{os.path.basename(os.path.dirname(f))}_{os.path.basename(f)}") for f in side])
            for source, target in zip(side, blind[-1]): without_config(source, target)
        for way, (b, x) in (("seen", sides), ("blind", blind)):
            yield e, way + " all", b, x
            if len(b) + len(x) > 2: yield e, way + " one", b[:1], x[:1]

def gather(binary, corpus, part):
    manifest = read(os.path.join(corpus, "manifest.json"))
    scenarios = [e for e in manifest["scenarios"] if part in ("all", e.get("part"))]
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(2) as pool:
        work = list(cases(corpus, scenarios, scratch))
        reports = pool.map(lambda w: report(binary, w[2], w[3]), work)
        return [(e, way, r["diagnosis"]) for (e, way, _, _), r in zip(work, reports)]

def platt(samples):
    """Posterior mode of (a, b) by Newton's method; samples are (weight, log-odds, right)."""
    a, b = 0.0, 1.0
    for _ in range(50):
        ga, gb = a / SD_A**2, (b - 1) / SD_B**2
        haa, hab, hbb = 1 / SD_A**2, 0.0, 1 / SD_B**2
        for w, x, y in samples:
            p = 1 / (1 + math.exp(-max(-30.0, min(30.0, a + b * x))))
            ga += w * (p - y); gb += w * (p - y) * x
            v = w * p * (1 - p)
            haa += v; hab += v * x; hbb += v * x * x
        d = haa * hbb - hab * hab
        da, db = (hbb * ga - hab * gb) / d, (haa * gb - hab * ga) / d
        a -= da; b -= db
        if abs(da) + abs(db) < 1e-10: break
    return a, b

def fit(found):
    samples = collections.defaultdict(list)
    ways = collections.Counter(e["id"] for e, _, _ in found)
    for e, _, d in found:
        w = 1 / ways[e["id"]]
        if d["headline"] == "genuine_improvement":      # a headline without a card of its own
            samples[d["headline"]].append((w, d["headline_log_odds"], d["headline"] in e["accepted_labels"]))
        for f in d["findings"]:
            if f["role"] == "root" and f["id"] not in FACTS | TIMED:
                samples[f["id"]].append((w if f["id"] == d["headline"] else OUTRANKED * w, f["log_odds"], f["id"] in e["accepted_labels"]))
    print(f"// Written by tests/calibration/fit.py from {len(ways)} comparisons; do not edit.")
    for card in sorted(samples):
        seen = sum(w for w, _, _ in samples[card])
        if seen < FEWEST: continue
        a, b = platt(samples[card])
        print(f'{{"{card}", {a:.3f}, {b:.3f}, {seen:.0f}}},')

def check(found):
    bins = collections.defaultdict(list); spoke = right = top1 = 0; by = collections.defaultdict(lambda: [0, 0, 0])
    for e, way, d in found:
        ok = d["headline"] in e["accepted_labels"]
        p = d["headline_probability"] if d["headline"] != "undetermined" else 0.0
        top1 += ok
        if d["headline"] != "undetermined": bins[min(9, int(10 * p))].append((p, ok))
        spoke += p >= .66; right += p >= .66 and ok
        row = by[way]; row[0] += 1; row[1] += ok; row[2] += p < .66
    n = len(found); m = sum(map(len, bins.values()))
    ece = sum(abs(sum(p for p, _ in b) - sum(o for _, o in b)) for b in bins.values()) / max(1, m)
    print(f"reports {n}  top1 {top1 / n:.3f}  precision at .66 {right / max(1, spoke):.3f}  abstention {1 - spoke / n:.3f}  ece {ece:.3f}")
    for way, (k, ok, quiet) in sorted(by.items()): print(f"  {way:10}  {k:5}  top1 {ok / k:.3f}  abstention {quiet / k:.3f}")
    print("said     n   mean said  right")
    for i in sorted(bins): print(f"{i / 10:.1f}-{(i + 1) / 10:.1f} {len(bins[i]):4}      {sum(p for p, _ in bins[i]) / len(bins[i]):.3f}  {sum(o for _, o in bins[i]) / len(bins[i]):.3f}")
    wrong = collections.Counter((e["primary_label"], d["headline"]) for e, _, d in found if d["headline"] not in e["accepted_labels"] and d["headline_probability"] >= .66)
    print("wrong at .66 or more (put in -> said):")
    for (put, said), k in wrong.most_common(): print(f"  {k:3}  {put} -> {said}")

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary"); parser.add_argument("corpus")
    parser.add_argument("--check", action="store_true"); parser.add_argument("--part", default=None)
    a = parser.parse_args()
    found = gather(os.path.abspath(a.binary), a.corpus, a.part or ("held_apart" if a.check else "fit"))
    (check if a.check else fit)(found)

if __name__ == "__main__": main()
