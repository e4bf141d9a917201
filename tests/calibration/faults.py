"""What is put into a setting: one row a kind, each in four severities from mild to extreme.

Mild ones are meant to do little or nothing: a tool that names a fault there is wrong, and truth.py says so.
"""
import dataclasses, typing

SEVERITIES = ("mild", "medium", "strong", "extreme")

@dataclasses.dataclass
class Kind:
    name: str
    label: str                          # the id of the science handbook, D1
    change: typing.Callable             # (config of the baseline, severity 0..3) -> overrides of the experiment
    where: typing.Callable = lambda c: True
    base: typing.Callable = lambda c, i: {}     # overrides of both sides, made first
    also: tuple = ()                    # other answers that are true where the experiment lost
    otherwise: str = ""                 # the label where the experiment lost though it was meant to win; "" drops the case
    seeds: int = 0                      # added to the experiment's seeds
    mends: bool = False                 # the sides change places

mlp = lambda c: c["arch"] == "mlp"
gpt = lambda c: c["arch"] == "gpt"
rnn = lambda c: c["arch"] == "rnn"
sgd = lambda c: c["opt"] == "sgd"
muon = lambda c: c["opt"] == "muon"
adaptive = lambda c: c["opt"] != "sgd"
images = lambda c: c["task"] == "fmnist"
deep = lambda c: c.get("depth", 0) >= 8
shallow = lambda c: mlp(c) and not deep(c)
drops = lambda c: c["arch"] in ("mlp", "gpt", "cnn")     # the recurrent network has no dropout
square = lambda c: gpt(c) or rnn(c) or (mlp(c) and c["depth"] > 1)
text = lambda c: c["task"] == "charlm"

def lr(*factors): return lambda c, i: dict(lr=float("%.3g" % (c["lr"] * factors[i])))
def put(key, *values): return lambda c, i: {key: values[i]}
def part_of(c, share): return max(2, int(c["steps"] * share))
def less_data(c, i): return dict(n_train=(1500, 600, 300, 120)[i]) if images(c) else dict(train_chars=(6000, 3000, 1500, 700)[i])

def momentum(*values): return lambda c, i: {"beta1" if c["opt"] == "adamw" else "momentum": values[i]}

def decay(c, i):
    # Weights forget within 1 / (lr wd) steps (momentum makes SGD's step longer): that time as a share of the run.
    return dict(weight_decay=float("%.2g" % ((0.1 if sgd(c) else 1) / (c["lr"] * c["steps"] * (.3, .1, .03, .01)[i]))))

def narrow(c, i):
    if gpt(c): return dict(d_model=(16, 8, 4, 4)[i], **({"n_layer": 1} if i == 3 else {}))
    if rnn(c): return dict(d_model=max(2, c["d_model"] // (3, 6, 12, 24)[i]))
    return dict(width=max(2, c["width"] // (4, 10, 20, 40)[i]))

def bigger_batch_same_samples(c, i):
    k = (4, 8, 16, 32)[i]
    return dict(batch_size=c["batch_size"] * k, steps=c["steps"] // k, warmup=c["warmup"] // k, eval_every=max(1, c["eval_every"] // k))

def bad_shard(c, i):
    at = dict(corrupt_start=part_of(c, (.5, .35, .6, .4)[i]), corrupt_len=(2, 5, 12, 30)[i])
    return dict(at, corrupt_every=part_of(c, .2)) if i == 1 else at

def shift(c, i): return dict(shift=("dim", "classes", "rot", "invert")[i] if images(c) else ("lower", "lower", "upper", "nospace")[i])

def no_norms(c, i): return dict(layernorm=False, residual=i < 2, init_gain=(1.0, 1.2, 1.3, 1.6)[i])

def sink(c, i): return dict(act="sigmoid", depth=c["depth"] + (2, 4, 6, 9)[i], layernorm=False, residual=False)

def fp16(c, i): return dict(precision="fp16", loss_scale=(1024.0, 2.0 ** 18, 2.0 ** 20, 2.0 ** 24)[i], scale_growth_interval=(200, 8, 2, 1)[i])

def crash(c, i):
    at = part_of(c, .65)
    return dict(crash_at=at, ckpt_at=max(1, at - part_of(c, (.04, .1, .2, .35)[i])), resume_reset_opt=i > 0)

def swap_optimizer(c, i): return dict(opt={"sgd": "adamw", "adamw": "sgd", "muon": "adamw"}[c["opt"]])

def many_small(c, i):
    d = dict(lr=float("%.3g" % (c["lr"] * (.9, .8, 1.3, .6)[i])), warmup=c["warmup"] + 15, weight_decay=c.get("weight_decay", .01) * (2, 3, 3, 5)[i])
    return dict(d, batch_size=int(c["batch_size"] * (1, 1.25, .75, .5)[i])) if i else d

FAULTS = [
    Kind("lr_too_high", "lr_too_high", lr(2.5, 6, 20, 80)),
    Kind("lr_too_low", "lr_too_low", lr(1 / 3, .1, 1 / 30, .004)),
    Kind("no_warmup", "warmup_instability", put("warmup", 0, 0, 0, 0), base=lambda c, i: dict(lr(1.5, 2.5, 4, 6)(c, i), warmup=part_of(c, .2)), also=("lr_too_high",)),
    Kind("clip", "gradient_clipping_saturated", put("clip", .5, .1, .02, .004), sgd, also=("lr_too_low",)),
    Kind("clip_adaptive", "gradient_clipping_saturated", put("clip", .5, .1, .01, .0005), adaptive),
    Kind("momentum_low", "momentum_mismatch", momentum(.7, .5, .2, 0.0), also=("lr_too_low",)),
    Kind("momentum_high", "momentum_mismatch", momentum(.96, .98, .99, .997), also=("lr_too_high",)),
    Kind("beta2", "beta2_mismatch", put("beta2", .9, .6, .9999, .3), adaptive, also=("lr_too_high",)),
    Kind("epsilon", "adam_epsilon_dominates", put("eps", 1e-5, 1e-2, .1, 1.0), adaptive, also=("lr_too_low",)),
    Kind("weight_decay", "excessive_weight_decay", decay, also=("over_regularization",)),
    Kind("dropout", "over_regularization", put("dropout", .15, .35, .6, .85), drops),
    Kind("little_data", "overfitting", less_data, base=lambda c, i: dict(steps=c["steps"] * 3 // 2)),
    Kind("narrow", "capacity_limited", narrow, lambda c: c["arch"] != "cnn"),
    Kind("small_batch", "batch_too_small", lambda c, i: dict(batch_size=max(1, c["batch_size"] // (2, 4, 8, 32)[i]))),
    Kind("big_batch", "batch_too_large", bigger_batch_same_samples, also=("compute_inefficient_gain", "throughput_regression")),
    Kind("init_large", "bad_initialization", put("init_gain", 2.0, 4.0, 8.0, 16.0), lambda c: c["arch"] in ("mlp", "cnn")),
    Kind("init_std", "bad_initialization", put("init_std", .15, .4, 1.0, 2.0), gpt),
    Kind("init_small", "bad_initialization", lambda c, i: dict(init="zeros") if i == 3 else dict(init_gain=(.5, .1, .01)[i]), mlp, also=("vanishing_gradients",)),
    Kind("dead_units", "dead_units", put("bias_init", -.5, -1.0, -2.0, -4.0), lambda c: images(c) and c.get("act", "relu") == "relu", also=("bad_initialization",)),
    Kind("deep_sigmoid", "vanishing_gradients", sink, mlp),
    Kind("rnn_vanishing", "vanishing_gradients", put("init_gain", .5, .2, .05, .005), rnn, also=("bad_initialization",)),
    Kind("no_norms", "exploding_gradients", no_norms, deep, also=("bad_initialization", "lr_too_high")),
    Kind("rnn_exploding", "exploding_gradients", put("init_gain", 1.3, 1.8, 2.5, 5.0), rnn, also=("bad_initialization",)),
    Kind("saturated", "saturated_activations", put("init_gain", 2.0, 5.0, 12.0, 30.0), shallow, base=put("act", "tanh", "tanh", "sigmoid", "tanh"), also=("bad_initialization",)),
    Kind("attention_scale", "attention_logit_growth", put("attn_scale", 4.0, 15.0, 60.0, 200.0), gpt),
    Kind("attention_lr", "attention_logit_growth", put("qk_lr_mult", 5.0, 20.0, 80.0, 300.0), gpt, also=("lr_too_high",)),
    Kind("label_noise", "label_noise", put("label_noise", .08, .2, .4, .75), also=("distribution_shift",)),
    Kind("bad_shard", "data_batch_anomaly", bad_shard, also=("loss_spikes_nonrecovering",)),
    Kind("shift", "distribution_shift", shift),
    Kind("leak", "eval_bug_or_leak", put("leak", True, True, True, True), images, base=put("n_train", 8000, 4000, 2500, 1500)),
    Kind("not_causal", "eval_bug_or_leak", put("causal", False, False, False, False), gpt),
    Kind("eval_dropout", "eval_bug_or_leak", put("eval_dropout", True, True, True, True), mlp, base=put("dropout", .1, .25, .4, .6)),
    Kind("early_decay", "schedule_mismatch", lambda c, i: dict(decay_steps=part_of(c, (.75, .4, .15, .06)[i])), base=lambda c, i: dict(min_lr_frac=0.0), also=("lr_too_low",)),
    Kind("no_decay", "schedule_mismatch", put("schedule", *["constant"] * 4), base=lr(1, 1.5, 2, 3), also=("lr_too_high",)),
    Kind("stops_halfway", "schedule_mismatch", put("min_lr_frac", .1, .3, .6, .9), base=lambda c, i: dict(lr(1, 1.5, 2, 2.5)(c, i), min_lr_frac=0.0), also=("lr_too_high",)),
    Kind("truncated", "truncated_run", lambda c, i: dict(lr(1.1, 1.1, 1.1, 1.1)(c, i), stop_at=part_of(c, (.9, .7, .4, .15)[i]))),
    Kind("resume", "resume_discontinuity", crash),
    Kind("fp16_overflow", "precision_loss_scale_collapse", fp16),
    Kind("fp16_underflow", "precision_loss_scale_collapse", lambda c, i: dict(precision="fp16", loss_scale=2.0 ** -(4, 9, 13, 17)[i]), also=("vanishing_gradients", "lr_too_low")),
    Kind("bf16_weights", "precision_loss_scale_collapse", put("precision", *["bf16_weights"] * 4), base=lr(1, .5, .2, .06), also=("lr_too_low",)),
    Kind("few_iterations", "manifold_drift", put("ns_steps", 4, 3, 2, 1), muon, also=("update_scale_mismatch",)),
    Kind("no_retraction", "manifold_drift", put("retract_every", 10, 40, 120, 0), square, base=lambda c, i: dict(stiefel=True)),
    Kind("ns_norm", "manifold_drift", put("ns_norm_factor", 2.0, 8.0, 30.0, 200.0), muon, also=("proxy_failure", "update_scale_mismatch", "lr_too_low")),
    Kind("ns_norm_guess", "proxy_failure", lambda c, i: dict(ns_norm="mean_trace", ns_norm_factor=(6.0, 3.0, 2.0, 1.2)[i]), muon, also=("manifold_drift", "exploding_gradients")),
    Kind("ns_trace", "proxy_failure", lambda c, i: dict(ns_adaptive="trace", ns_eps=(.25, .5, .8, .97)[i]), muon, also=("manifold_drift",)),
    Kind("ns_pinned", "mechanism_saturated", lambda c, i: dict(ns_adaptive=("gershgorin", "fro", "gershgorin", "fro")[i], ns_eps=(.3, .1, .05, .02)[i]), muon, also=("inert_mechanism", "throughput_regression")),
    Kind("muon_scale", "update_scale_mismatch", put("muon_scale", "keller", "none", "none", "none"), muon, base=lr(1, 1, .5, .25), also=("lr_too_low",)),
    Kind("other_optimizer", "update_scale_mismatch", swap_optimizer, also=("lr_too_high", "lr_too_low", "confounded_config")),
    Kind("divergence", "divergence", lr(40, 150, 600, 3000), also=("lr_too_high",)),
    Kind("undertrained", "undertrained", lr(1.1, 1.1, 1.1, 1.1), base=lambda c, i: dict(lr(.5, .4, .3, .2)(c, i), steps=(100, 80, 60, 40)[i], eval_every=5, warmup=5, schedule="constant")),
    Kind("sam_for_nothing", "throughput_regression", put("sam_rho", 1e-5, 1e-4, 1e-3, .005), sgd, also=("compute_inefficient_gain",)),
    Kind("more_iterations", "throughput_regression", put("ns_steps", 7, 10, 15, 24), muon, also=("compute_inefficient_gain", "inert_mechanism")),
    Kind("more_compute", "compute_inefficient_gain", lambda c, i: dict(batch_size=c["batch_size"] * (2, 3, 4, 8)[i]), also=("batch_too_large", "throughput_regression"), otherwise="batch_too_large"),
    Kind("wider", "compute_inefficient_gain", lambda c, i: {"d_model" if text(c) else "width": c["d_model" if text(c) else "width"] * (2, 2, 3, 4)[i]}, lambda c: c["arch"] != "cnn" and not deep(c), also=("throughput_regression",), otherwise="lr_too_high"),
    Kind("confounded", "confounded_config", many_small),
]
by_name = {k.name: k for k in FAULTS}

def mend(name, otherwise=""):
    """the other way round: the fault is in the baseline and nothing is wrong with the experiment"""
    return dataclasses.replace(by_name[name], name="mend_" + name, label="genuine_improvement", also=(), otherwise=otherwise, mends=True)

def slow(name, otherwise, **kw): return Kind(name, "slow_start_pays_off", otherwise=otherwise, **kw)

HEALTHY = [
    mend("lr_too_low", "lr_too_high"), mend("momentum_low"), mend("narrow"), mend("little_data"), mend("no_decay", "lr_too_low"), mend("init_large"),
    mend("label_noise"), mend("dropout"), mend("no_norms"), mend("clip"), mend("attention_scale"), mend("lr_too_high", "lr_too_low"),
    slow("sam_little_data", "over_regularization", change=put("sam_rho", .03, .06, .1, .2), where=images, base=lambda c, i: dict(n_train=1200)),
    slow("dropout_little_data", "over_regularization", change=put("dropout", .1, .2, .3, .4), where=drops, base=lambda c, i: dict(less_data(c, 1), steps=c["steps"] * 3 // 2)),
    slow("long_warmup", "", change=lambda c, i: dict(warmup=part_of(c, .35)), base=lambda c, i: dict(lr(2, 3, 5, 8)(c, i), warmup=0)),
    Kind("other_seeds", "seed_noise_only", lambda c, i: {}, seeds=3),
    Kind("other_seeds_again", "seed_noise_only", lambda c, i: {}, seeds=6),
    Kind("tiny_lr", "seed_noise_only", lr(1.01, .99, 1.02, .98)),
    Kind("tiny_momentum", "seed_noise_only", momentum(.902, .898, .901, .899)),
    Kind("tiny_width", "seed_noise_only", lambda c, i: dict(width=c["width"] + 1 + i), mlp),
    Kind("tiny_warmup", "seed_noise_only", lambda c, i: dict(warmup=c["warmup"] + (1, 2, -1, 3)[i]), text),
    Kind("clip_never_reached", "inert_mechanism", put("clip", 1e3, 1e4, 1e5, 1e6)),
    Kind("guard_never_fires", "inert_mechanism", put("spike_guard", 50.0, 100.0, 200.0, 500.0)),
]

def both(a, b):
    """two faults at once: the first is the label, the second the manifest's second_fault"""
    p, q = by_name[a], by_name[b]
    def base(c, i): d = p.base(c, i); return {**d, **q.base({**c, **d}, i)}
    return Kind(f"{a}+{b}", p.label, lambda c, i: {**q.change(c, i), **p.change(c, i)}, lambda c: p.where(c) and q.where(c), base,
                also=(*p.also, q.label, *q.also))

PAIRS = [both("lr_too_low", "dropout"), both("lr_too_high", "small_batch"), both("weight_decay", "narrow"), both("label_noise", "lr_too_low"),
         both("momentum_low", "early_decay"), both("bad_shard", "lr_too_high"), both("init_large", "truncated"), both("little_data", "dropout")]
