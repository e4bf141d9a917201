// R-data, R-eval and R-ckpt: what failed is around the training, so no path here touches the optimizer's settings.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "recipe/propose.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

/// An inspection costs evaluations, no training.
Path inspection(const Situation& s, const Move& move, std::string title, std::string why, std::string decides) {
  Path path = start_path(s, move, std::move(title), std::move(why), 0);
  expect_answer(path, "inspection");
  path.flops_ratio = path.wall_ratio = 0.01;
  path.kill = {s.review.metric.name, 0, std::move(decides)};
  return path;
}

std::optional<Path> propose_audit(const Situation& s) {
  Path path = inspection(s, audit_labels, "read 200 training samples with their targets, from both pipelines",
                         fmt::format("the training loss ends {} above the evaluation loss{}: targets that no input "
                                     "explains, and 200 samples show a share of 5 % or more with 99.99 % certainty",
                                     number(slot(s, "train_above_eval"), 3),
                                     slot(s, "noise_share") > 0 ? fmt::format(", as {} of random targets would make it",
                                                                              percent(slot(s, "noise_share"), 2))
                                                                : ""),
                         "fewer than 2 of 200 targets are wrong: then it is not the labels");
  path.steps = {"take the 200 samples of highest loss at the last checkpoint, and 200 at random",
                "compare their targets with those that the baseline's loader gives for the same ids",
                "mend the loader or the file where they differ, then rerun the experiment unchanged"};
  path.risk = "none for the metric; an hour";
  return path;
}

std::optional<Path> propose_robust(const Situation& s) {
  Path path = start_path(
      s, robust_loss, "train with the generalised cross-entropy (1 - p^q) / q, q = 0.7",
      fmt::format(
          "cross-entropy follows every wrong target without bound, which holds the training loss at {} above the "
          "evaluation loss; this loss is bounded (Zhang & Sabuncu 2018, arXiv:1805.07836)",
          number(slot(s, "train_above_eval"), 3)),
      0.5);
  path.steps = {"replace the loss of training, evaluate by the old one", "compare evaluation with both sides",
                "only if the labels cannot be mended"};
  path.risk = "learns rare but true targets more slowly, too";
  return path;
}

std::optional<Path> propose_filter(const Situation& s) {
  Path path = start_path(
      s, two_networks, "let two networks choose each other's samples of small loss (co-teaching)",
      fmt::format("wrong targets are learned late: of each batch keep the share {} with the smallest loss in the other "
                  "network (Han et al. 2018, arXiv:1804.06872)",
                  slot(s, "noise_share") > 0 ? percent(1 - slot(s, "noise_share"), 2) : std::string("1 - p")),
      0.6);
  path.flops_ratio = path.wall_ratio = 2;
  path.steps = {"train both on the whole batch for the first tenth", "then exchange the kept samples",
                "log the share of wrong targets among those dropped, from the audit"};
  path.risk = "twice the compute; hard samples are dropped with the wrong ones";
  return path;
}

std::optional<Path> propose_compare(const Situation& s) {
  Path path = inspection(
      s, compare_pipelines, "send the same 200 samples through both input pipelines and compare what arrives",
      fmt::format(
          "evaluation stands {} above training where the baseline's gap is {}: the two sets no longer look alike, "
          "and what the model sees says in what",
          signed_number(slot(s, "gap"), 3), signed_number(slot(s, "gap_baseline"), 3)),
      "tensors of training and evaluation pipeline agree to 1e-6: then it is the data, not the code");
  path.steps = {"fix 200 raw samples, run training and evaluation transforms without augmentation",
                "compare mean, s.d., order of axes and the bytes of the labels",
                "evaluate the last checkpoint on training samples through the evaluation pipeline"};
  path.risk = "none for the metric; an hour";
  return path;
}

std::optional<Path> propose_adapt(const Situation& s) {
  Path path = start_path(
      s, adapt_statistics, "weight training samples by how much they look like evaluation",
      fmt::format(
          "w = p / (1 - p) from a classifier between the two sets; it also measures the shift, of which the gap "
          "of {} is the price (Shimodaira 2000)",
          signed_number(slot(s, "gap"), 3)),
      0.5);
  path.steps = {"train a small classifier to tell training from evaluation inputs",
                "AUC below 0.55: no shift of inputs, look at the labels", "else weight the loss by w, bounded by 10"};
  path.risk = "does nothing where training has no sample like those of evaluation";
  return path;
}

std::optional<Path> propose_one_transform(const Situation& s) {
  Path path = start_path(
      s, one_transform, "build both pipelines from one transform, and check it in every run",
      fmt::format("the baseline's gap was {}, this one's is {}: with one module for both, training and evaluation can "
                  "only differ in augmentation",
                  signed_number(slot(s, "gap_baseline"), 3), signed_number(slot(s, "gap"), 3)),
      0.9);
  path.steps = {"decode, crop, normalise in one function that both sides call",
                "log mean and s.d. of the inputs of both every evaluation", "rerun the experiment unchanged"};
  path.risk = "if the world shifted and not the code, the gap stays";
  return path;
}

std::optional<Path> propose_reevaluate(const Situation& s) {
  Path path = inspection(
      s, reevaluate, "evaluate the experiment's last checkpoint with the baseline's evaluation code and data",
      fmt::format("its gap of evaluation to training is {} where the baseline's is {}; if the number moves with the "
                  "evaluator, it was never the model's",
                  signed_number(slot(s, "gap"), 3), signed_number(slot(s, "gap_baseline"), 3)),
      "both evaluators give the same number: then the gain is real");
  path.steps = {"both checkpoints through both evaluators: four numbers", "repeat one: the same to the last digit",
                "report only numbers of one evaluator"};
  path.risk = "none; costs four evaluations";
  return path;
}

std::optional<Path> propose_overlap(const Situation& s) {
  Path path = inspection(
      s, overlap, "count evaluation samples that are in the training set",
      fmt::format(
          "with a gap of {} evaluation looks like training data; a share q of leaked samples lowers the loss by "
          "about q times the baseline's gap of {}",
          signed_number(slot(s, "gap"), 3), signed_number(slot(s, "gap_baseline"), 3)),
      "fewer than 0.1 % of the evaluation samples are in the training set");
  path.steps = {"hash normalised samples of both sets, count the intersection",
                "then near duplicates: 13-grams for text, small thumbnails for images",
                "evaluate apart on the samples that are clean"};
  path.risk = "a model can leak without equal samples: look at the mask and at features made of the target, too";
  return path;
}

std::optional<Path> propose_held_out(const Situation& s) {
  const double back = slot(s, "gap_baseline") - slot(s, "gap");
  Path path = start_path(s, held_out, "split by a hash of the sample, before anything else, and rerun",
                         "a split that follows from the content cannot leak by order, by epoch or by a resume", 0);
  if (std::isfinite(back)) {
    path.difference = {back, std::min(0.0, 1.5 * back), std::max(0.0, 1.5 * back), 0.8, 0, {"gap_restored"}};
    path.why += fmt::format("; expect the metric to come back by the gap that vanished, {}", signed_number(back, 3));
  }
  path.kill = {s.review.metric.name, path.kill.step, "the gap to training is still as small as the experiment's"};
  path.steps = {"hash modulo 100 decides training or evaluation", "rerun both sides for a quarter of the steps",
                "compare the gaps, not the losses"};
  path.risk = "the number gets worse, and true";
  return path;
}

std::optional<Path> propose_rewarm(const Situation& s) {
  const double at = slot(s, "resumed_at"), relearn = theory_slot(s, "relearn_steps");
  if (!(at > 0)) return std::nullopt;
  const double warm = std::max(1.0, std::round(std::min(0.05 * length(s), relearn > 0 ? relearn : 0.05 * length(s))));
  Path path = start_path(
      s, rewarm, fmt::format("where the optimizer's state is lost, warm the rate up again over {} steps", number(warm)),
      fmt::format(
          "the run came back at step {} and repeated {} steps; moments that start at zero make the first updates "
          "too long, and a twentieth of the run is what a re-warm-up may cost",
          number(at), number(slot(s, "repeated_steps"))),
      0.5);
  path.steps = {fmt::format("resume from step {} with a linear warm-up of {} steps", number(at), number(warm)),
                "compare the loss of the 50 steps before and after", "stop if it jumps by more than its scatter"};
  path.risk = "a step in the data order stays";
  return path;
}

std::optional<Path> propose_complete(const Situation& s) {
  Path path = start_path(
      s, complete_checkpoint, "save optimizer, random state and the sampler's position with the weights",
      fmt::format(
          "the log returns to step {} and repeats {} steps: whether the same batches were seen twice depends on "
          "what the checkpoint held",
          number(slot(s, "resumed_at")), number(slot(s, "repeated_steps"))),
      0.8);
  path.steps = {"save and restore all four", "test: 100 steps straight against 50 + stop + 50, equal to the last digit",
                "log a line at every resume, with the step"};
  path.risk = "none for quality; some disk";
  return path;
}

std::optional<Path> propose_replay(const Situation& s) {
  Path path = start_path(s, replay_resume, "run the experiment once without the stop",
                         fmt::format("the comparison holds a resume at step {}; one run without it measures what the "
                                     "resume was worth, and it is the only run that answers the original question",
                                     number(slot(s, "resumed_at"))),
                         0.5);
  path.steps = {"same seed, no stop", "compare the two experiments from the resume on",
                "if they agree, the resume was harmless and the verdict stands"};
  path.risk = "costs a run";
  return path;
}

}  // namespace

constinit const Move audit_labels{"audit_labels", "label_noise", PathKind::measurement, propose_audit,
                                  "Reads the targets. Science handbook R-data."};
constinit const Move robust_loss{"robust_loss", "label_noise", PathKind::mathematical, propose_robust,
                                 "Bounds what a wrong target can do. Science handbook R-data."};
constinit const Move two_networks{"co_teaching", "label_noise", PathKind::architectural, propose_filter,
                                  "Drops what two networks find wrong. Science handbook R-data."};
constinit const Move compare_pipelines{"compare_pipelines", "distribution_shift", PathKind::measurement,
                                       propose_compare, "Compares what arrives. Science handbook R-data."};
constinit const Move adapt_statistics{"importance_weights", "distribution_shift", PathKind::mathematical, propose_adapt,
                                      "Weights samples by likeness. Science handbook R-data."};
constinit const Move one_transform{"one_transform", "distribution_shift", PathKind::architectural,
                                   propose_one_transform, "One transform for both sets. Science handbook R-data."};
constinit const Move reevaluate{"reevaluate", "eval_bug_or_leak", PathKind::measurement, propose_reevaluate,
                                "Two checkpoints, two evaluators. Science handbook R-eval."};
constinit const Move overlap{"overlap", "eval_bug_or_leak", PathKind::mathematical, propose_overlap,
                             "Counts what is in both sets. Science handbook R-eval."};
constinit const Move held_out{"held_out", "eval_bug_or_leak", PathKind::architectural, propose_held_out,
                              "Splits by content. Science handbook R-eval."};
constinit const Move replay_resume{"replay_resume", "resume_discontinuity", PathKind::hyperparameter, propose_replay,
                                   "Measures the resume. Science handbook R-ckpt."};
constinit const Move rewarm{"rewarm", "resume_discontinuity", PathKind::mathematical, propose_rewarm,
                            "Warms up after a resume. Science handbook R-ckpt."};
constinit const Move complete_checkpoint{"complete_checkpoint", "resume_discontinuity", PathKind::architectural,
                                         propose_complete, "Saves all that a resume needs. Science handbook R-ckpt."};

}  // namespace expanalyze
