#!/usr/bin/python3
"""Train a few hundred labelled comparisons, to calibrate the diagnosis on and to measure it.

    corpus.py [OUT] [--rounds 8] [--jobs 2] [--tools DIR]     default OUT: /tmp/expanalyze_corpus
    corpus.py --check DIR       recompute the verdicts of the labelled set in DIR and name those that differ
    corpus.py --list            print the plan, train nothing

Every curve is a real run of ../shared/tools/closed-loop/train.py. A comparison is a setting (settings.py), a kind of
fault or of improvement (faults.py), a severity, and three seeds a side; the baselines of a setting are trained once. Its
verdicts and labels are computed from the runs (truth.py). The two parts, "fit" and "held_apart", are split by task and
optimiser: see settings.py.

Round robin: two rounds, one in each part, have every kind once and take turns, so any prefix of the corpus is useful. Runs
are kept in OUT/runs, each with a summary, and the manifest is written anew after each comparison: stop and start at will.
"""
import argparse, collections, concurrent.futures, ctypes, hashlib, json, os, random, statistics, sys
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
os.environ.setdefault("OMP_NUM_THREADS", "1")
import faults, settings, truth

TOOLS = os.path.join(HERE, "..", "..", "..", "shared", "tools", "closed-loop")
ROUNDS = 8      # each kind in each severity and each part once
# the keys of a config on which the time of a step depends; of the starred ones only whether they are set
COST = ("task arch batch_size width depth act residual layernorm d_model n_layer n_head ctx opt precision ns_steps ns_coef ns_norm "
        "ns_adaptive ns_eps ns_min stiefel retract_every causal dropout* sam_rho*").split()
METRICS = {     # the keys of each log style: step, train loss, validation loss and accuracy, lr, gradient norm, time, FLOPs
    "config_flat": "step train_loss val_loss val_acc lr grad_norm wall_time flops", "typed": "iter loss val_loss val_accuracy lr gnorm elapsed total_flops",
    "wandb": "_step train/loss val/loss val/accuracy train/lr train/grad_norm _runtime perf/total_flops",
    "hf": "step loss eval_loss eval_accuracy learning_rate grad_norm train_runtime total_flos", "flat": "iter train_loss val_loss val_acc lr grad_norm time_s flops"}
metrics = lambda style: dict(zip("step train_loss val_loss val_accuracy lr grad_norm time flops".split(), METRICS[style].split()))

def write_json(path, value):
    """whole or not at all: others read the corpus while it grows"""
    tmp = f"{path}.{os.getpid()}.tmp"
    with open(tmp, "w") as f: json.dump(value, f, indent=1)
    os.replace(tmp, path)

def key(config): return hashlib.sha1(json.dumps(config, sort_keys=True).encode()).hexdigest()[:10]

# ---------------------------------------------------------------- the plan

def plan(rounds):
    """-> one dict a comparison, in the order of their training"""
    have = settings.settings(); kinds = faults.FAULTS + faults.HEALTHY + faults.PAIRS; out = []
    order = [random.Random(f"order {n}").sample(kinds, len(kinds)) for n in range(rounds)]
    for n, k in (x for n in range(0, rounds - 1, 2) for pair in zip(order[n], order[n + 1]) for x in zip((n, n + 1), pair)):
        part = ("fit", "held_apart")[n % 2]
        fits = [s for s, (c, _) in have.items() if settings.part(c) == part and k.where(c)]
        if not fits: continue
        name = random.Random(f"{k.name} {n}").choice(fits)
        severity = random.Random(f"{k.name} {part}").sample(range(4), 4)[n // 2 % 4]     # each of the four before any comes again
        if k.mends: severity = min(severity, 1)      # a baseline that never trained compares nothing
        c, style = have[name]
        base = {**c, **k.base(c, severity)}
        exp = {**base, **k.change(base, severity)}
        if k.mends: base, exp = exp, base
        if (base, exp, k.seeds) in ((p["base"], p["exp"], p["kind"].seeds) for p in out): continue      # a mild repair, come twice
        out.append(dict(id=f"c{len(out) + 1:03}", kind=k, severity=severity, setting=name, part=part, style=style, base=base, exp=exp,
                        seeds=[1, 2, 3], exp_seeds=[s + k.seeds for s in (1, 2, 3)]))
    return out

# ---------------------------------------------------------------- training, in the workers

def begin(tools):
    global train
    os.nice(max(0, 10 - os.nice(0)))
    ctypes.CDLL(None).prctl(1, 15)      # PR_SET_PDEATHSIG, SIGTERM: no worker outlives a program that was killed
    sys.path.insert(0, tools)
    import train

def step_cost(out, config, like):
    """CPU seconds of a step of this kind. A shared machine drifts by a factor of two, so a kind is timed in turns with its
    baseline's kind, and every run's times are scaled to what its kind costs (as in the labelled set)."""
    kind = lambda c: [bool(c[k[:-1]]) if k.endswith("*") else c[k] for k in COST]
    config, like = train.full_config(config), train.full_config(like)
    path = os.path.join(out, "cost", key(kind(config)) + ".json")
    if os.path.exists(path): return json.load(open(path))
    def burst(c):
        rows = train.run(dict(c, seed=0, steps=25, stop_at=0, crash_at=0, ckpt_at=0, eval_every=25, n_val=64, train_chars=20000))
        return statistics.median(r["step_time"] for r in rows if r["kind"] == "train")
    other = kind(config) != kind(like)
    turns = [(burst(config), burst(like) if other else 1) for _ in range(3)]
    cost = min(a for a, _ in turns)
    if other: cost *= step_cost(out, like, like) / min(b for _, b in turns)
    write_json(path, cost)
    return cost

def train_one(out, name, config, like, style):
    """train a run, write its log, and answer with its summary; a run that exists is only read"""
    log, kept = (os.path.join(out, "runs", name + e) for e in (".jsonl", ".json"))
    if os.path.exists(kept) and os.path.exists(log): return json.load(open(kept))
    try:
        rows = train.run(config)
        times = [r["step_time"] for r in rows if r["kind"] == "train"]
        scale = step_cost(out, config, like) * len(times) / sum(times)
        for r in rows:
            for k in ("time", "step_time"):
                if k in r: r[k] *= scale
        train.write_log(rows, config, style, log)
        s = truth.summary(rows)
    except Exception as e: s = dict(error=f"{type(e).__name__}: {e}")    # e.g. no singular values of a matrix full of NaN
    write_json(kept, s)
    return s

# ---------------------------------------------------------------- the comparisons

def entry(p, base, exp, name):
    """-> the manifest's entry, or why there is none"""
    broken = [r["error"] for r in base + exp if "error" in r]
    if broken: return broken[0]
    zero = truth.UNTRAINED[p["base"]["task"]]
    if any(not truth.math.isfinite(r["curve"]["val"][-1]) for r in base): return "the baseline diverged"
    word, why = truth.verdicts(base, exp, zero)
    primary, accepted = truth.labels(p["kind"], word, base, exp, zero)
    if primary is None: return accepted
    # neutral by the rule, and yet above 0.5 % and nearly significant, or above 20 %: better not counted against a tool
    w = why["steps"]
    near = word["steps"] == "neutral" and (abs(w["delta_rel"]) > .2 or abs(w["delta_rel"]) > .005 and min(w["p"], w.get("paired_p") or 1) < .1)
    second = p["kind"].name.split("+")[1:]
    changed = {k: v for k, v in p["exp"].items() if p["base"].get(k, train_defaults[k]) != v}
    changed.update({k: train_defaults[k] for k in p["base"] if k not in p["exp"]})
    return dict(id=p["id"], task=p["base"]["task"], arch=p["base"]["arch"], optimizer=p["base"]["opt"], setting=p["setting"], part=p["part"],
                kind=p["kind"].name, severity=faults.SEVERITIES[p["severity"]], log_style=p["style"], config_in_log=p["style"] in ("config_flat", "typed"),
                files={side: [f"runs/{name(p, side, s)}.jsonl" for s in p[seeds]] for side, seeds in (("baseline", "seeds"), ("experiment", "exp_seeds"))},
                metrics=metrics(p["style"]), verdict=word["steps"], verdict_wallclock=word["time"], verdict_flops=word["flops"], verdict_end=word["end"],
                cost_ratio=dict(time=why["time"]["ratio"], flops=why["flops"]["ratio"]), evidence=why, borderline=near, put_in=p["kind"].label, primary_label=primary,
                accepted_labels=accepted, second_fault=faults.by_name[second[0]].label if second else None, remedy=None, baseline_config=p["base"],
                experiment_overrides=changed, untrained_loss=round(zero, 3), seeds=dict(baseline=p["seeds"], experiment=p["exp_seeds"]))

def make(out, plans, tools, jobs):
    for d in ("runs", "cost"): os.makedirs(os.path.join(out, d), exist_ok=True)
    def name(p, side, seed): c = p["base" if side == "baseline" else "exp"]; return f"{p['setting']}-{key(c)}_s{seed}"
    sides = lambda p: (("baseline", p["base"], p["seeds"]), ("experiment", p["exp"], p["exp_seeds"]))
    done, dropped, runs = [], {}, {}
    with concurrent.futures.ProcessPoolExecutor(jobs, initializer=begin, initargs=(tools,)) as pool:
        for p in plans:
            for side, c, seeds in sides(p):
                for s in seeds:
                    n = name(p, side, s)
                    if n not in runs: runs[n] = pool.submit(train_one, out, n, dict(c, seed=s), dict(p["base"], seed=s), p["style"])
        for p in plans:
            base, exp = ([runs[name(p, side, s)].result() for s in seeds] for side, _, seeds in sides(p))
            e = entry(p, base, exp, name)
            if isinstance(e, str): dropped[p["id"]] = f"{p['kind'].name}: {e}"
            else: done.append(e)
            write_json(os.path.join(out, "manifest.json"), dict(rule="see tests/calibration/truth.py", labels=sorted({l for x in done for l in x["accepted_labels"]}),
                                                                ids="science.md D1", planned=len(plans), dropped=dropped, scenarios=done))
            print(p["id"], p["part"], p["setting"], p["kind"].name, faults.SEVERITIES[p["severity"]], "dropped: " + e if isinstance(e, str)
                  else f"{e['verdict']}/{e['verdict_wallclock']}/{e['verdict_flops']} {' '.join(e['accepted_labels'])}", flush=True)
    print(f"{len(done)} comparisons, {len(dropped)} dropped")

# ---------------------------------------------------------------- the rule against the labelled set

def read_curve(path, m):
    """the evaluations of a log of the labelled set; time and FLOPs of a row that has none are those of the row before"""
    c = collections.defaultdict(list); seen = {}
    for line in open(path):
        d = json.loads(line)
        seen.update({a: d[m[a]] for a in ("step", "time", "flops") if m[a] in d})
        if m["val_loss"] not in d: continue
        # An evaluation in a training row (wandb, flat) is labelled with the step just done; both count steps done.
        for a in ("step", "time", "flops"): c[a].append(seen.get(a, 0))
        c["val"].append(d[m["val_loss"]])
    return dict(curve=c)

def check(folder):
    wrong = 0; entries = json.load(open(os.path.join(folder, "manifest.json")))["scenarios"]
    for e in entries:
        base, exp = ([read_curve(os.path.join(folder, f), e["metrics"]) for f in e["files"][k]] for k in ("baseline", "experiment"))
        word, why = truth.verdicts(base, exp, e["untrained_loss"])
        for axis, told in (("steps", "verdict"), ("time", "verdict_wallclock"), ("flops", "verdict_flops"), ("end", "verdict_end")):
            if word[axis] != e[told]: wrong += 1; print(e["id"], axis, e[told], "->", word[axis], why[axis], e["evidence"][axis])
    print(f"{len(entries)} comparisons, {wrong} verdicts differ")

if __name__ == "__main__":
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("out", nargs="?", default="/tmp/expanalyze_corpus"); a.add_argument("--rounds", type=int, default=ROUNDS)
    a.add_argument("--jobs", type=int, default=2); a.add_argument("--tools", default=TOOLS)
    a.add_argument("--check", metavar="DIR"); a.add_argument("--list", action="store_true"); a = a.parse_args()
    plans = plan(a.rounds)
    if a.check: check(a.check)
    elif a.list:
        for p in plans: print(p["id"], p["part"], p["setting"], p["style"], p["kind"].name, faults.SEVERITIES[p["severity"]], {k: v for k, v in p["exp"].items() if p["base"].get(k) != v})
    else:
        sys.path.insert(0, a.tools)
        from train import DEFAULTS as train_defaults
        make(a.out, plans, a.tools, a.jobs)
