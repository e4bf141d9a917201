#include "store/global_batch.hpp"

#include <fmt/format.h>

#include <span>
#include <string_view>

#include "store/trajectory.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

using Names = std::span<const std::string_view>;

// Of all devices and accumulated steps: DeepSpeed, Megatron, Hugging Face's "Total train batch size".
constexpr std::string_view kGlobal[] = {"global_batch_size", "train_batch_size"};
// Of one device, once forward and backward.
constexpr std::string_view kMicro[] = {"micro_batch_size", "train_micro_batch_size_per_gpu", "device_batch_size",
                                       "per_device_train_batch_size", "per_device_batch_size"};
// Of one device or of all: the name does not say.
constexpr std::string_view kBatch[] = {"batch_size"};
constexpr std::string_view kTokens[] = {"tokens_per_step",      "tokens_per_update",   "tokens_per_iter",
                                        "tokens_per_iteration", "tokens_per_batch",    "batch_tokens",
                                        "train_batch_tokens",   "global_batch_tokens", "batch_size_tokens"};
constexpr std::string_view kLength[] = {"seq_len", "seq_length",      "max_seq_len",    "max_seq_length", "block_size",
                                        "ctx",     "sequence_length", "context_length", "n_ctx"};
constexpr std::string_view kAccumulation[] = {"gradient_accumulation_steps", "grad_accum", "accumulation_steps"};
constexpr std::string_view kReplicas[] = {"data_parallel_size"};
constexpr std::string_view kDevices[] = {"world_size", "num_gpus", "n_gpus", "num_devices", "num_processes"};
// Devices that hold parts of one model share its batch. Megatron's old `model_parallel_size` is today's tensor one.
constexpr std::string_view kTensor[] = {"tensor_model_parallel_size", "model_parallel_size"};
constexpr std::string_view kPipeline[] = {"pipeline_model_parallel_size", "pipe_parallel_size"};
constexpr std::string_view kContext[] = {"context_parallel_size"};

/// Copies of the model that each see their own batch; nothing where neither they nor the devices are stated.
std::optional<double> replicas(const Run& run) {
  if (const auto stated = config_number(run, kReplicas)) return stated;
  const auto devices = config_number(run, kDevices);
  if (!devices) return std::nullopt;
  double parts = 1;
  for (const Names names : {Names(kTensor), Names(kPipeline), Names(kContext)})
    parts *= config_number(run, names).value_or(1);
  return parts > 0 && *devices >= parts ? std::optional(*devices / parts) : std::nullopt;
}

/// Samples of an update.
std::optional<GlobalBatch> samples(const Run& run) {
  if (const auto all = config_number(run, kGlobal)) return GlobalBatch{*all, "batch " + number(*all)};
  const auto copies = replicas(run), accumulation = config_number(run, kAccumulation);
  if (const auto micro = config_number(run, kMicro)) {
    if (!copies || !accumulation) return std::nullopt;
    return GlobalBatch{*micro * *copies * *accumulation,
                       fmt::format("batch {} x {} replicas x accumulation {}", number(*micro), number(*copies),
                                   number(*accumulation))};
  }
  const auto batch = config_number(run, kBatch);
  if (!batch || copies.value_or(1) != 1) return std::nullopt;
  std::string said = "batch " + number(*batch);
  if (accumulation) said += " x accumulation " + number(*accumulation);
  return GlobalBatch{*batch * accumulation.value_or(1), std::move(said)};
}

}  // namespace

std::optional<GlobalBatch> global_batch(const Run& run) {
  if (auto batch = samples(run)) {
    if (const auto length = config_number(run, kLength)) {
      batch->size *= *length;
      batch->said += " x length " + number(*length);
    }
    return batch;
  }
  if (const auto tokens = config_number(run, kTokens))
    return GlobalBatch{*tokens, fmt::format("batch of {} tokens", number(*tokens))};
  return std::nullopt;
}

}  // namespace expanalyze
