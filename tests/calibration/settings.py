"""The settings that faults are put into: a task, a network, an optimiser and sizes, drawn with fixed seeds.

Split. A setting belongs to "fit" if its task and optimiser are fmnist/sgd, fmnist/muon or charlm/adamw, else
("fmnist/adamw, charlm/sgd, charlm/muon") to "held_apart". So each part has both tasks and all three optimisers, no
setting, run or pair of task and optimiser is in both, and what was learnt on one part has to carry over.
"""
import math, random

FIT = {("fmnist", "sgd"), ("fmnist", "muon"), ("charlm", "adamw")}
STYLES = ("config_flat", "typed", "wandb", "hf", "flat")

# family: number of settings, and the learning rate which short runs of it like (found by trial, within a factor of two)
FAMILIES = {
    ("fmnist", "mlp", "sgd"): (8, 0.04), ("fmnist", "mlp", "muon"): (7, 0.008), ("fmnist", "cnn", "sgd"): (2, 0.05),
    ("charlm", "gpt", "adamw"): (8, 0.007), ("charlm", "rnn", "adamw"): (4, 0.012),
    ("fmnist", "mlp", "adamw"): (9, 0.003), ("fmnist", "cnn", "adamw"): (2, 0.008),
    ("charlm", "gpt", "muon"): (7, 0.02), ("charlm", "rnn", "sgd"): (4, 0.3), ("charlm", "gpt", "sgd"): (4, 0.2),
}

def part(c): return "fit" if (c["task"], c["opt"]) in FIT else "held_apart"

def draw(task, arch, opt, lr, i):
    r = random.Random(f"{task}/{arch}/{opt}/{i}")
    c = dict(task=task, arch=arch, opt=opt, lr=float("%.2g" % (lr * math.exp(r.uniform(-.35, .35)))), warmup=r.choice((10, 20, 40)),
             schedule=r.choice(("cosine", "cosine", "linear")), min_lr_frac=r.choice((0.0, 0.0, 0.05)), clip=r.choice((0.0, 0.0, 10.0)))
    if task == "fmnist":
        c.update(steps=r.choice((300, 400, 500)), batch_size=r.choice((32, 48, 64)), n_train=r.choice((8000, 12000, 20000)), n_val=1000)
    else:
        c.update(steps=r.choice((240, 300, 360)), batch_size=r.choice((8, 12, 16)), ctx=r.choice((24, 32)), train_chars=r.choice((100000, 300000)))
    if arch == "mlp":
        c.update(width=r.choice((48, 64, 96, 128)), depth=r.choice((1, 2, 2, 3)), act=r.choice(("relu", "relu", "gelu", "tanh")))
        if i % 4 == 3:      # every fourth is deep, and trains only because of its norms and residuals
            c.update(width=48, depth=r.choice((8, 10, 12)), act="relu", layernorm=True, residual=True, lr=float("%.2g" % (c["lr"] * .7)))
        if opt == "muon": c.update(width=min(64, c["width"]), depth=max(2, c["depth"]), steps=min(c["steps"], 400), n_train=20000)     # fewer it learns by heart
    if arch == "cnn": c.update(width=4, steps=240, batch_size=32)
    if arch == "gpt": c.update(d_model=32, n_layer=2 if i % 4 == 3 and opt != "muon" else 1, n_head=r.choice((2, 4)), batch_size=min(12, c["batch_size"]))
    if arch == "rnn": c.update(d_model=r.choice((32, 48, 64)))
    if opt == "sgd": c["weight_decay"] = 1e-4
    if arch == "gpt" and opt == "muon": c.update(adam_lr=0.01, steps=min(c["steps"], 240))
    c["eval_every"] = c["steps"] // r.choice((15, 20, 24, 30))
    return c

def settings():
    """-> {name: (config, log style)}; styles go round, so that each family has several"""
    out = {}
    for n, ((task, arch, opt), (count, lr)) in enumerate(FAMILIES.items()):
        for i in range(count): out[f"{task}-{arch}-{opt}-{i}"] = (draw(task, arch, opt, lr, i), STYLES[(n + i) % 5])
    return out
