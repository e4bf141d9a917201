#include <string>
#include <utility>
#include <vector>

#include "store/key.hpp"
#include "store/roles.hpp"
#include "store/run_builder.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"

using namespace expanalyze;

TEST_CASE("keys of many tools take the role they have") {
  const std::vector<std::pair<const char*, Role>> cases{{"step", Role::step},
                                                        {"_step", Role::step},
                                                        {"iter", Role::step},
                                                        {"global_step", Role::step},
                                                        {"trainer/global_step", Role::step},
                                                        {"training_iteration", Role::step},
                                                        {"current_steps", Role::step},
                                                        {"epoch", Role::epoch},
                                                        {"loss", Role::train_loss},
                                                        {"train/loss", Role::train_loss},
                                                        {"trainLoss", Role::train_loss},
                                                        {"val_loss", Role::eval_loss},
                                                        {"validation/main/loss", Role::eval_loss},
                                                        {"eval_g0_loss", Role::eval_loss},
                                                        {"val_bpb", Role::eval_loss},
                                                        {"sliding_window_val_bpb", Role::eval_loss},
                                                        {"validation/ctc_loss", Role::eval_loss},
                                                        {"val_losses", Role::eval_loss},
                                                        {"val/accuracy", Role::eval_metric},
                                                        {"coco/bbox_mAP_50", Role::eval_metric},
                                                        {"episode_reward_mean", Role::eval_metric},
                                                        {"train_class_error", Role::train_metric},
                                                        {"learning_rate", Role::lr},
                                                        {"learning_rates", Role::lr},
                                                        {"info/learner/cur_lr", Role::lr},
                                                        {"grad_norm", Role::grad_norm},
                                                        {"gnorm", Role::grad_norm},
                                                        {"grad_norm_first", Role::layer_grad_norm},
                                                        {"grads/grad_norm_last", Role::layer_grad_norm},
                                                        {"layers.3.attn.q.grad_norm", Role::layer_grad_norm},
                                                        {"params/param_norm", Role::param_norm},
                                                        {"optim/update_ratio", Role::update_ratio},
                                                        {"update_norm", Role::update_norm},
                                                        {"dt", Role::step_time},
                                                        {"dt_ms", Role::step_time},
                                                        {"time_this_iter_s", Role::step_time},
                                                        {"perf/step_time", Role::step_time},
                                                        {"timing/seconds_per_step", Role::step_time},
                                                        {"ms_per_step", Role::step_time},
                                                        {"steps_per_second", Role::throughput},
                                                        {"seconds_per_epoch", Role::mechanism},
                                                        {"valid_1's auc", Role::eval_metric},
                                                        {"training's auc", Role::train_metric},
                                                        {"training's binary_logloss", Role::train_loss},
                                                        {"_runtime", Role::wall},
                                                        {"time_s", Role::wall},
                                                        {"elapsed", Role::wall},
                                                        {"wall_time", Role::wall},
                                                        {"train_runtime", Role::wall},
                                                        {"time_total_s", Role::wall},
                                                        {"accumulated_submission_time", Role::wall},
                                                        {"_timestamp", Role::timestamp},
                                                        {"num_input_tokens_seen", Role::tokens},
                                                        {"train/tokens", Role::tokens},
                                                        {"samples_seen", Role::samples},
                                                        {"timesteps_total", Role::samples},
                                                        {"total_flos", Role::flops},
                                                        {"perf/total_flops", Role::flops},
                                                        {"clip_coef", Role::clip_coefficient},
                                                        {"clip_frac", Role::clip_fraction},
                                                        {"dead_relu_frac", Role::dead_fraction},
                                                        {"act_saturation", Role::saturated_fraction},
                                                        {"acts/act_rms_last", Role::activation_scale},
                                                        {"attn_entropy", Role::attention_entropy},
                                                        {"max_attn_logit", Role::attention_logit},
                                                        {"gate_saturation_frac", Role::saturated_fraction},
                                                        {"logit_max", Role::output_logit},
                                                        {"lm_head/max_logit", Role::output_logit},
                                                        {"log_z", Role::log_z},
                                                        {"logsumexp_mean", Role::log_z},
                                                        {"adam/v_rms", Role::second_moment},
                                                        {"sqrt_v", Role::second_moment},
                                                        {"sharpness", Role::sharpness},
                                                        {"hessian_top_eigenvalue", Role::sharpness},
                                                        {"lambda_max", Role::sharpness},
                                                        {"stable_rank", Role::effective_rank},
                                                        {"layers.3/effective_rank", Role::effective_rank},
                                                        {"update_rms", Role::update_rms},
                                                        {"update_rms/embed", Role::update_rms},
                                                        {"loss_scale", Role::loss_scale},
                                                        {"skipped_steps", Role::skipped_steps},
                                                        {"tokens_per_sec", Role::throughput},
                                                        {"train_samples_per_second", Role::throughput},
                                                        {"memory", Role::memory}};
  for (const auto& [key, role] : cases) {
    INFO(key);
    CHECK(to_string(meaning(key).role) == to_string(role));
  }
}

TEST_CASE("keys that only look like a role stay mechanisms") {
  for (const auto* key : {"avg_steps",
                          "optim/avg_steps",
                          "ortho_err",
                          "optim/ortho_err",
                          "total_steps",
                          "guard_hits",
                          "pid",
                          "eval_g0_runtime",
                          "eval_samples_per_second",
                          "accumulated_eval_time",
                          "remaining_time",
                          "data_time",
                          "score",
                          "episodes_total",
                          "episode_len_mean",
                          "validation/num_examples",
                          "timesteps_this_iter",
                          "policy_loss",
                          "z_loss",
                          "router_z_loss",
                          "router/logit_max",
                          "hessian_trace",
                          "exp_avg_sq",
                          "vf_loss",
                          "gram_trace",
                          "update_sv_max",
                          "w_sv_min",
                          "percentage",
                          "n_parameters",
                          "final_metrics/val_loss",
                          "best_val_loss",
                          "setup_time_seconds",
                          "lr_mult",
                          "delta_vs_pr1019_bpb",
                          "val_bpb_std",
                          "val_loss_improvement",
                          "loss_scale_window",
                          "accuracy_delta",
                          "episode_reward_std",
                          "experiment_id"}) {
    INFO(key);
    CHECK(to_string(meaning(key).role) == "mechanism");
  }
}

TEST_CASE("the name of a file says the side, or names a run") {
  for (const auto* name :
       {"val.log", "valid.csv", "eval.jsonl.gz", "test_metrics.csv", "val_loss_2.txt", "Eval-Log.tsv"})
    CHECK(side_of_file(name) == DataSide::eval);
  for (const auto* name : {"train.log", "training.log", "train_batch.log"})
    CHECK(side_of_file(name) == DataSide::train);
  for (const auto* name : {"train_val.log", "test_muon.log", "log.txt", "metrics.jsonl", "", ".log", "baseline.csv"})
    CHECK(side_of_file(name) == DataSide::none);
}

TEST_CASE("units in names") {
  CHECK(meaning("dt_ms").factor == 1e-3);
  CHECK(meaning("total_time_minutes").factor == 60);
  CHECK(meaning("time_s").factor == 1);
  CHECK(meaning("gpu_memory_mib").factor == 1048576);
  CHECK(meaning("val_bpb").unit == Unit::bits);
  CHECK(meaning("val_loss").unit == Unit::nats);
}

TEST_CASE("labels are taken out of keys") {
  const Key q = take_apart("layers.3.attn.q.grad_norm");
  CHECK(q.labels == Labels{{"layer", "3"}, {"proj", "q"}});
  CHECK(q.name == "attn_grad_norm");
  CHECK(take_apart("grad_norm/layer_12").labels == Labels{{"layer", "12"}});
  CHECK(take_apart("grad_norm/layer_12").name == "grad_norm");
  CHECK(take_apart("loss_bbox_0").labels.empty());
  CHECK(take_apart("optim/avg_steps").name == "avg_steps");
}

TEST_CASE("columns about the process are told from signals of training") {
  for (const auto* key : {"done", "pid", "trial_id", "node_ip", "iterations_since_restore"}) CHECK(is_bookkeeping(key));
  for (const auto* key : {"avg_steps", "clip_coef", "grid", "validity", "loss_scale"}) CHECK_FALSE(is_bookkeeping(key));
}

TEST_CASE("one figure of merit, whatever the order of the keys") {
  const auto chosen = [](std::vector<const char*> keys) {
    RunBuilder builder;
    for (std::uint32_t line = 1; line <= 3; ++line) {
      builder.begin_record(line);
      builder.value("step", line);
      for (const char* key : keys) builder.value(key, 0.1 * line);
    }
    return find(builder.finish(3), Role::eval_metric)->logged_as;
  };
  CHECK(chosen({"validation/accuracy", "validation/mean_average_precision"}) == "validation/mean_average_precision");
  CHECK(chosen({"validation/mean_average_precision", "validation/accuracy"}) == "validation/mean_average_precision");
  CHECK(chosen({"valid/f1", "valid/accuracy"}) == "valid/accuracy");
  CHECK(chosen({"valid/accuracy", "valid/f1"}) == "valid/accuracy");
  CHECK(take_apart("val/average_precision").words == std::vector<std::string>{"ap"});
}

TEST_CASE("a column that repeats a clock has its unit") {
  RunBuilder builder;
  for (std::uint32_t line = 1; line <= 3; ++line) {
    builder.begin_record(line);
    builder.value("step", line);
    builder.value("time_total_s", 7.5 * line);
    builder.value("score", 7.5 * line);
    builder.value("other", line);
  }
  const Run run = builder.finish(3);
  CHECK(test::series(run, "score")->unit == Unit::seconds);
  CHECK(test::series(run, "other")->unit == Unit::one);
}
