#include "import/importers.hpp"

#include <array>

namespace expanalyze {

// By sureness, not by order: a tie between two is an error that names both.
std::span<const Importer* const> importers() {
  static constexpr auto all = std::to_array<const Importer*>({
      // general forms
      &jsonl,
      &csv,
      &json_document,
      &console,
      // records as JSON
      &hf_trainer_state,
      &llama_factory,
      &mmengine,
      &mmcv,
      &detectron2,
      &detr,
      &chainer,
      &allennlp,
      // tables
      &lightning,
      &keras_csv,
      &ultralytics,
      &rllib,
      &algoperf,
      &dawnbench,
      &wandb_csv,
      &tensorboard_csv,
      // text logs of one program
      &llm_c,
      &modded_nanogpt,
      &parameter_golf,
      &mlperf_mllog,
      &megatron,
      &algoperf_text,
      &hf_stdout,
      // folders and binary files
      &wandb,
      &tfevents,
      &mlflow,
      &dvclive,
  });
  return all;
}

}  // namespace expanalyze
