#include "unit/render/made_up.hpp"

#include <cmath>

#include "text/format.hpp"

namespace expanalyze::made_up {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

Estimate within(double value, double low, double high, std::size_t n = 3) {
  Estimate e;
  e.value = value;
  e.low = low;
  e.high = high;
  e.n = n;
  return e;
}

Run run(const std::string& label, double lr) {
  Run r;
  r.label = label;
  r.path = "runs/" + label + ".jsonl";
  r.format = "jsonl";
  r.lines = 626;
  r.lines_understood = 625;
  r.config = {{"lr", lr}, {"seed", 1.0}, {"optimizer", std::string("sgd")}};
  r.config_source = "line 1 of the log";
  r.roles = {{Role::eval_loss, "val_loss", "exact name", {"val_loss_ema"}}};
  r.notes = {{"line.cut", "The last line is cut.", {label, "", 626}, 1}};
  return r;
}

void fill_axes(Review& r) {
  for (const Axis axis : kAxes) r.axes.push_back({axis, Verdict::not_assessable, 0, {}, {}, {}, 1, ""});
  r.axes[0] = {Axis::step,
               Verdict::regressed,
               601,
               within(0.521, 0.511, 0.531),
               within(0.643, 0.633, 0.653),
               within(0.122, 0.112, 0.132),
               1.0,
               "At step 601 the experiment is 0.122 above."};
  r.axes[1].why = "The logs hold no token count.";
  r.axes[2] = {Axis::wall,
               Verdict::regressed,
               83.5,
               within(0.522, 0.512, 0.532),
               within(0.644, 0.634, 0.654),
               within(0.1221, 0.1121, 0.1321),
               1.07,
               "At 83.5 s likewise."};
}

Review review() {
  Review r;
  r.metric = {"val_loss", Direction::min, Role::eval_loss, "the only evaluation loss that both sides log"};
  r.ends = {{0, 601, 601, 2.31, 0.521, 0.519, 575, false, "", std::nullopt},
            {1, 601, 601, 2.32, NAN, 0.641, 550, true, "the loss is not a number from step 577 on",
             Place{"clipped", "val_loss", 611, 577}}};
  r.config_diff = {{"clip", 10.0, 0.02, ConfigDifference::Class::declared},
                   {"note", {}, std::string("try 7"), ConfigDifference::Class::benign}};
  r.config_known = true;
  r.pairing = {true, false, 0.9931, 0, 597, "the training losses move together (0.9931 over 597 steps)"};
  fill_axes(r);
  r.overall = Verdict::regressed;
  r.modifiers = {"but_slower"};
  r.headline = "The experiment ends 0.122 higher in `val_loss`.";
  r.final_quality.baseline = within(0.521, 0.511, 0.531);
  r.final_quality.experiment = within(0.643, 0.633, 0.653);
  r.final_quality.difference = within(0.122, 0.112, 0.132);
  r.final_quality.relative = within(0.234, 0.214, 0.254);
  r.final_quality.equivalence_low = 0.113;
  r.final_quality.equivalence_high = 0.131;
  r.final_quality.sesoi = 0.0053;
  r.final_quality.sesoi_source = "1 % of the baseline";
  r.final_quality.seed_sd = 0.0047;
  r.final_quality.seed_sd_source = SeedSdSource::prior;
  r.final_quality.seeds_needed = 5;
  r.final_quality.plateau = "Neither side has a plateau.";
  r.final_quality.sentences = {"The difference is 23 times the noise floor."};
  r.convergence.early = Convergence::Early::slower;
  r.convergence.early_gap = within(0.41, 0.37, 0.45, 29);
  r.convergence.levels = {{0.9, 111, 222, 0.5}, {0.6, 333, kInf, 0}, {0.4, kInf, kInf, NAN}};
  r.convergence.sentences = {"Early on the experiment is slower by 41 %."};
  r.compute.baseline_flops = 3.1e12;
  r.compute.experiment_flops = 3.2e12;
  r.compute.source = "logged";
  r.compute.marginal_baseline = within(0.031, 0.021, 0.041);
  r.compute.marginal_experiment = bare(0.027, "one_seed");
  r.wall.baseline_step_seconds = within(0.00127, 0.00117, 0.00137);
  r.wall.experiment_step_seconds = within(0.00136, 0.00126, 0.00146);
  r.wall.ratio = within(1.071, 1.051, 1.091);
  r.wall.baseline_seconds = 78;
  r.wall.experiment_seconds = 84;
  r.wall.justified = WallClock::Justified::no;
  r.wall.sentences = {"The extra time is not justified."};
  r.sketches = {{"val_loss", {0, 200, 400, 600}, {2.31, 0.9, 0.6, 0.52}, {2.32, 1.5, 0.8, NAN}}};
  r.secondary = {{{"val_acc", Direction::max, Role::eval_metric, ""},
                  within(0.861, 0.851, 0.871),
                  within(0.803, 0.793, 0.813),
                  within(-0.058, -0.068, -0.048)}};
  r.notes = {{"metric.many", "Two evaluation losses are logged.", {}, 2}};
  return r;
}

Diagnosis diagnosis() {
  Diagnosis d;
  d.soul = "Clipping at 0.02 cut 99 % of the gradients, so the run moved at a fiftieth of its pace.";
  d.headline = "gradient_clipping_saturated";
  d.headline_probability = 0.93;
  Finding root;
  root.id = "gradient_clipping_saturated";
  root.probability = 0.93;
  root.completeness = 0.75;
  root.effect_share = 0.8;
  root.soul = "99 % of the updates were clipped.";
  root.evidence = {
      {"99 % of steps are clipped", within(0.99, 0.98, 0.999, 600), 2.5, 1, 'a', {{"clipped", "clip_frac", 17, 13}}},
      {"the baseline is clipped too", exact(0.05), -0.7, 0.5, 0, {}}};
  root.slots = {{"clip_q90", 1.37}};
  Finding symptom;
  symptom.id = "lr_too_low";
  symptom.probability = 0.71;
  symptom.symptom_of = "gradient_clipping_saturated";
  symptom.soul = "The updates are small.";
  symptom.evidence = {{"the update ratio is 0.0003", bare(0.0003, "one_seed"), 1.1, 1, 0, {}}};
  Finding weak;
  weak.id = "label_noise";
  weak.probability = 0.12;
  weak.soul = "Weak.";
  d.findings = {root, symptom, weak};
  d.clear = {{"overfitting", "the gap stays below 0.013"}};
  d.untestable = {{"dead_units", "no share of dead units is logged", "dead_relu_frac every 50 steps"}};
  return d;
}

Theory theory() {
  Theory t;
  t.cards = {"Gradient clipping (arXiv:1905.11881)"};
  t.verdict = "The card assumes that clipping is rare; 99 % of the steps were clipped.";
  t.claims = {{"clipping", "rare", "Clipping acts on few steps.", ClaimStatus::contradicted, within(0.99, 0.98, 0.999),
               "share below 0.3", "Clipped: 0.99 of 600 records.", "", 1},
              {"clipping",
               "tails",
               "Tails are heavy.",
               ClaimStatus::untestable,
               {},
               "",
               "No norm per layer.",
               "grad_norm per layer every 10 steps",
               1}};
  t.wrong_assumption = {{"clipping", "rare"}};
  t.update = {
      "clip_bias", "E[g] = c \\cdot \\hat{u}", {{"c", 0.02}}, "A clipped step has length 0.02.\nThe rest is lost."};
  return t;
}

Path raise_clip() {
  Path p;
  p.move = "raise_clip";
  p.kind = PathKind::hyperparameter;
  p.title = "raise `clip` from 0.02 to 1.37";
  p.why = "1.37 is the 90 % quantile of the gradient norm.";
  p.because = {"gradient_clipping_saturated", "clipping/rare"};
  p.changes = {{"clip", 1.37}};
  p.difference = within(-0.11, -0.13, -0.06);
  p.difference.confidence = 0.8;
  p.flops_ratio = 1.02;
  p.wall_ratio = 0.94;
  p.kill = {"clip_frac", 61, "clip_frac > 0.3"};
  p.steps = {"Set clip to 1.37.", "Watch clip_frac."};
  p.risk = "Rare spikes pass.";
  return p;
}

}  // namespace

Report report() {
  Report r;
  r.baseline = {run("plain", 0.03)};
  r.experiment = {run("clipped", 0.03)};
  r.experiment.front().config["clip"] = 0.02;
  r.baseline_steps = {{0, 601}};
  r.experiment_steps = {{0, 599}};
  r.review = review();
  r.diagnosis = diagnosis();
  r.theory = theory();
  r.recipe.paths = {raise_clip()};
  CrucialExperiment crucial;
  crucial.between[0] = "gradient_clipping_saturated";
  crucial.between[1] = "label_noise";
  crucial.change = "Train 60 steps without clipping.";
  crucial.predicts = {{"gradient_clipping_saturated", "a loss below 1.1"}, {"label_noise", "no change"}};
  r.recipe.crucial = crucial;
  return r;
}

Report hostile_report() {
  Report r = report();
  for (Run* side : {&r.baseline.front(), &r.experiment.front()}) {
    side->label = kHostile;
    side->path = kHostile;
    side->config[kHostile] = std::string(kHostile);
    side->roles.front().logged_as = kHostile;
    side->roles.front().others = {kHostile};
  }
  r.review.metric.name = kHostile;
  r.review.secondary.front().metric.name = kHostile;
  r.review.sketches.front().name = kHostile;
  r.review.config_diff.push_back({kHostile, std::string(kHostile), {}, ConfigDifference::Class::consequential});
  r.review.ends[1].first_non_finite = Place{kHostile, kHostile, 3, 4};
  r.review.headline = "It reads " + code_span(kHostile) + ".";
  r.diagnosis.findings.front().evidence.front().where = {{kHostile, kHostile, 3, 4}};
  r.recipe.paths.front().changes = {{kHostile, std::string(kHostile)}};
  r.recipe.paths.front().kill = {kHostile, 1, kHostile};
  return r;
}

SweepReport sweep() {
  SweepReport s;
  s.baseline = "plain";
  s.metric = review().metric;
  SweepRow good;
  good.label = "lr_low";
  good.runs = {"runs/lr_low_s1.jsonl", "runs/lr_low_s2.jsonl"};
  good.config = {{"lr", 0.03, 0.01, ConfigDifference::Class::declared}};
  good.verdict = Verdict::improved;
  good.baseline = within(0.521, 0.511, 0.531);
  good.final = within(0.503, 0.493, 0.513);
  good.difference = within(-0.018, -0.028, -0.008);
  good.headline = "genuine_improvement";
  good.headline_probability = 0.81;
  good.soul = "The lower rate helps.";
  good.flops_ratio = 1.0;
  good.wall_ratio = 1.13;
  SweepRow broken;
  broken.label = "lr_high";
  broken.runs = {"runs/lr_high.jsonl"};
  broken.verdict = Verdict::failed;
  broken.failure = "the loss is not a number from step 19 on";
  s.groups = {good, broken};
  s.notes = {{"sweep.unreadable", "`runs/x.txt` is left out: no format knows it", {}, 1}};
  return s;
}

}  // namespace expanalyze::made_up
