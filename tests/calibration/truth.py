"""What is true of a comparison: its verdicts, and the labels that may be given to it.

The rule of the verdicts is that of ../shared/data/labelled/README.md ("Verdicts"); `corpus.py --check` recomputes all of
that set's verdicts with it. Everything here is computed from the runs themselves, nothing from what a tool says about them.
"""
import math
import numpy as np

UNTRAINED = dict(fmnist=math.log(10), charlm=math.log(65))
LOST = ("regressed", "failed")
HEALTHY = ("genuine_improvement", "seed_noise_only", "inert_mechanism", "slow_start_pays_off")
# Facts of the log, which stay the right answer where the loss didn't suffer (d11, d25).
PLAIN = ("truncated_run", "resume_discontinuity")
# Kinds with these labels set a cause; whether the effect came is seen in the run.
MEASURED = ("exploding_gradients", "vanishing_gradients", "dead_units", "saturated_activations")
# What a mechanism does is seen in its own signals, whatever becomes of the loss.
MECHANISM = ("manifold_drift", "proxy_failure", "mechanism_saturated", "inert_mechanism")

# ---------------------------------------------------------------- verdicts

def p_of_t(t, df):
    """two-sided p of Student's t: with t = sqrt(df) tan(a) the density becomes cos(a)^(df-1), which any sum integrates"""
    f = lambda lo: np.trapz(np.cos(a := np.linspace(lo, math.pi / 2, 4001)).clip(0) ** (df - 1), a)
    return f(math.atan(abs(t) / math.sqrt(df))) / f(0.0)

def welch(a, b):
    va, vb = np.var(a, ddof=1) / len(a), np.var(b, ddof=1) / len(b)
    if va + vb == 0: return 1.0 if np.mean(a) == np.mean(b) else 0.0
    return p_of_t((np.mean(a) - np.mean(b)) / math.sqrt(va + vb), (va + vb) ** 2 / (va ** 2 / (len(a) - 1) + vb ** 2 / (len(b) - 1)))

def verdict(base, exp, untrained):
    """of one loss a run -> (word, evidence); a few runs that aren't finite count as untrained"""
    finite = [x if math.isfinite(x) else untrained for x in exp]
    if sum(map(math.isfinite, exp)) * 2 < len(exp): word = "failed"
    elif np.mean(finite) > untrained - .1 * (untrained - np.mean(base)): word = "failed"
    else: word = ""
    d, p = np.mean(finite) - np.mean(base), welch(base, finite)
    size = d / np.mean(base)
    gap = min(finite) - max(base) if d > 0 else min(base) - max(finite)
    real = abs(size) > .005 and p < .05 or abs(size) > .02 and gap > 2 * np.std(base, ddof=1)
    word = word or (("improved" if d < 0 else "regressed") if real else "neutral")
    return word, dict(baseline=[round(x, 5) for x in base], experiment=[round(x, 5) for x in exp], p=float("%.3g" % p), delta_rel=float("%.4g" % size))

def at(run, axis, x):
    """validation loss of a run at x, linear between evaluations; of a step done twice (after a resume) the later one counts"""
    y = run["curve"][axis]
    pts = sorted(dict(zip(y, run["curve"]["val"])).items())
    return float(np.interp(x, [a for a, _ in pts], [b for _, b in pts]))

def verdicts(base, exp, untrained):
    """-> {axis: word}, {axis: evidence}; runs are summaries with curve = {step, time, flops, val}"""
    ends = [r["curve"]["step"][-1] for r in base + exp]
    end = min(ends); word, why = {}, {}
    word["steps"], why["steps"] = verdict([at(r, "step", end) for r in base], [at(r, "step", end) for r in exp], untrained)
    why["steps"]["at"] = end
    # The rule ignores that seeds are pairs, and so calls some constant differences neutral; whoever fits to it may want to know.
    if len(base) == len(exp) > 1:
        d = [at(x, "step", end) - at(b, "step", end) for b, x in zip(base, exp)]; sd = np.std(d, ddof=1) / math.sqrt(len(d))
        why["steps"]["paired_p"] = float("%.3g" % (p_of_t(np.mean(d) / sd, len(d) - 1) if sd > 0 else np.mean(d) == 0)) if np.isfinite(d).all() else None
    for axis, equal in (("time", .10), ("flops", .01)):
        b, e = (np.mean([r["curve"][axis][-1] for r in side]) for side in (base, exp))
        # d23 has a few large steps of the same total cost: equal steps are then not the same point of the runs
        if abs(e / b - 1) <= equal and end > .9 * max(ends): word[axis], why[axis] = word["steps"], dict(why["steps"], at="equal")
        else:
            x = min(b, e)
            word[axis], why[axis] = verdict([at(r, axis, x) for r in base], [at(r, axis, x) for r in exp], untrained)
            why[axis]["at"] = float("%.5g" % x)
        why[axis]["ratio"] = float("%.4g" % (e / b))
    last = lambda side: [r["curve"]["val"][-1] for r in side]
    word["end"], why["end"] = verdict(last(base), last(exp), untrained)
    return word, why

# ---------------------------------------------------------------- what the runs show

def summary(rows):
    """what is kept of a run: its evaluations and the figures that symptoms() asks for"""
    tr, ev = ([r for r in rows if r["kind"] == k] for k in ("train", "eval"))
    loss = np.array([r["train_loss"] for r in tr])
    gn = np.array([r["grad_norm"] for r in tr if math.isfinite(r["grad_norm"])] or [math.nan])
    tail = max(1, len(tr) // 10)
    near = lambda s: float(np.mean([r["train_loss"] for r in tr if s - 20 <= r["step"] < s] or [loss[0]]))
    last = lambda key: next((float(r[key]) for r in reversed(tr) if key in r and math.isfinite(r[key])), None)
    most = lambda key: max((float(r[key]) for r in tr if key in r and math.isfinite(r[key])), default=None)
    ratio = [r["grad_norm_first"] / r["grad_norm_last"] for r in tr if r.get("grad_norm_last")]
    return dict(
        curve=dict(step=[r["step"] for r in ev], time=[r["time"] for r in ev], flops=[r["flops"] for r in ev], val=[r["val_loss"] for r in ev], train=[near(r["step"]) for r in ev]),
        first=float(loss[0]), lowest=min((float(m) for m in (loss[i:i + 20].mean() for i in range(0, len(loss), 20)) if math.isfinite(m)), default=math.nan),
        end=float(np.median(loss[-max(1, len(loss) // 20):])),
        grad_early=float(np.median(gn[:tail])), grad_late=float(np.median(gn[-tail:])), grad_median=float(np.median(gn)), grad_most=float(gn.max()),
        grad_ratio=float(np.median(ratio)) if ratio else None, dead=last("dead_relu_frac"), saturated=last("act_saturation"),
        attention=most("max_attn_logit"), clipped=last("clip_frac"))

def mean(side, key):
    x = [r[key] for r in side if r[key] is not None and math.isfinite(r[key])]
    return float(np.mean(x)) if x else 0.0

def symptoms(base, exp, untrained):
    """answers that are true of the experiment's curves and not of the baseline's, by the definitions of the handbook's cards"""
    out = []
    def gone(r):        # D-01: not finite, worse than at the start, or half-way back to it
        worst = max(r["end"], r["curve"]["val"][-1]) if math.isfinite(r["end"]) else math.nan
        return not worst <= 1.05 * max(r["first"], untrained) or (
            r["end"] > r["lowest"] + .5 * (r["first"] - r["lowest"]) and r["first"] - r["lowest"] > .1 * untrained)
    if 2 * sum(map(gone, exp)) > len(exp) and not any(map(gone, base)): out.append("divergence")
    early, late, usual = (mean(exp, k) / (mean(base, k) or 1) for k in ("grad_early", "grad_late", "grad_median"))
    if max(early, late) > 10 or not any(math.isfinite(r["grad_late"]) for r in exp): out.append("exploding_gradients")
    if usual < .01 or 0 < mean(exp, "grad_ratio") < 1e-3 * min(1, mean(base, "grad_ratio") or 1): out.append("vanishing_gradients")
    if mean(exp, "dead") > max(.2, mean(base, "dead") + .1): out.append("dead_units")
    if mean(exp, "saturated") > max(.5, mean(base, "saturated") + .1): out.append("saturated_activations")
    if mean(exp, "attention") > max(50, 2 * mean(base, "attention")): out.append("attention_logit_growth")
    if mean(exp, "clipped") > .9 and mean(base, "clipped") < .5: out.append("gradient_clipping_saturated")
    def rises(r):       # validation (mean of three) turns up by 2 % or more while the training loss still falls
        v, t = (np.convolve(r["curve"][k], np.ones(3) / 3, "valid") for k in ("val", "train"))
        if len(v) < 5 or not np.isfinite(v).all(): return False
        k = int(v.argmin())
        return v[-1] > 1.02 * v[k] and t[-1] < t[k] and t[-1] < v[-1]
    if sum(map(rises, exp)) * 2 > len(exp) and sum(map(rises, base)) * 2 <= len(base): out.append("overfitting")
    return out

def unmoved(base, exp):
    """no evaluation differs by more than 0.3 %, seed for seed"""
    a, b = (np.array([r["curve"]["val"] for r in s]) for s in (base, exp))
    return a.shape == b.shape and bool((np.abs(a - b) <= .003 * np.abs(a)).all())

def early(base, exp, untrained):
    """the verdict at 15 to 40 % of the way, where it is the same twice"""
    end = min(r["curve"]["step"][-1] for r in base + exp)
    words = [verdict([at(r, "step", f * end) for r in base], [at(r, "step", f * end) for r in exp], untrained)[0] for f in (.15, .2, .3, .4)]
    return next((a for a, b in zip(words, words[1:]) if a == b and a != "neutral"), "neutral")

# ---------------------------------------------------------------- labels

def labels(kind, word, base, exp, untrained):
    """-> (primary, accepted), or (None, why) where no label would be honest"""
    if not np.mean([r["curve"]["val"][-1] for r in base]) < .9 * untrained: return None, "the baseline didn't train"
    axes = [word[a] for a in ("steps", "time", "flops")]
    lost = any(w in LOST for w in axes)
    primary, extra, soon = kind.label, [], early(base, exp, untrained)
    costs = any(w in LOST or w == "neutral" for w in axes[1:])
    cheat = primary == "eval_bug_or_leak"
    # Seeds that part ways (one in three found the leak) can be neutral by the rule and still not be mere noise.
    ends = [np.mean([r["curve"]["val"][-1] for r in side]) for side in (base, exp)]
    far = not abs(ends[1] / ends[0] - 1) < .2

    if primary in ("genuine_improvement", "slow_start_pays_off", "compute_inefficient_gain"):     # what was meant to win has to win
        if word["steps"] == "improved":
            if primary == "slow_start_pays_off" and soon not in LOST: primary = "genuine_improvement"
            if primary == "genuine_improvement" and axes[1:] in (["regressed"] * 2, ["neutral", "regressed"]): primary = "compute_inefficient_gain"
        elif word["steps"] in LOST:
            if not kind.otherwise: return None, "it was meant to help and did harm"
            primary = kind.otherwise
        elif lost:
            primary = "throughput_regression"
            if kind.otherwise: extra.append(kind.otherwise)         # what was made larger bought nothing
        else: primary = "seed_noise_only"
    found = symptoms(base, exp, untrained) if lost and not cheat else []
    if primary == "divergence" and "divergence" not in found: primary = "lr_too_high"
    if primary == kind.label: extra += [a for a in kind.also if lost or primary in MECHANISM and a in MECHANISM]
    if lost and primary in MEASURED and primary not in found:       # the change was made, but not that came of it
        if "bad_initialization" not in kind.also: return None, f"no {primary} was measured"
        primary = "bad_initialization"
    if lost and primary == "throughput_regression": extra.append("compute_inefficient_gain")
    extra += found

    if word["steps"] == "improved" and not cheat:
        extra.append("genuine_improvement")
        if costs: extra.append("compute_inefficient_gain")
        if soon in LOST: extra.append("slow_start_pays_off")
    if word["steps"] == "neutral" and primary not in PLAIN:
        if "improved" in axes and not lost and not cheat: extra.append("genuine_improvement")
        if lost: extra.append("throughput_regression")
        elif "improved" not in axes and not far: extra.append("seed_noise_only")
        changed = kind.label == "inert_mechanism" or kind.label == "seed_noise_only" and not kind.seeds     # to something that can't matter
        if unmoved(base, exp) or changed and not lost: extra.append("inert_mechanism")
        if soon == "improved" and not lost: extra.append("early_gain_washes_out")
    return primary, list(dict.fromkeys([primary, *extra]))
