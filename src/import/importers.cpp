#include "import/importers.hpp"

#include <array>

namespace expanalyze {

// By sureness, not by order: a tie between two is an error that names both.
std::span<const Importer* const> importers() {
  static constexpr auto all = std::to_array<const Importer*>({
      &jsonl,          &hf_trainer_state, &json_document, &csv,     &algoperf,   &llama_factory, &rllib,     &mmengine,
      &mmcv,           &lightning,        &chainer,       &detr,    &detectron2,  //
      &ultralytics,    &keras_csv,        &dawnbench,     &dvclive, &allennlp,   &mlflow,        &wandb_csv, &llm_c,
      &modded_nanogpt, &parameter_golf,   &mlperf_mllog,
  });
  return all;
}

}  // namespace expanalyze
