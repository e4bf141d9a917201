// The importers by name: importers.cpp lists them, tests call one.
#pragma once

#include "expanalyze/import.hpp"

namespace expanalyze {

extern const Importer jsonl, hf_trainer_state, json_document, csv;
extern const Importer llm_c, modded_nanogpt, parameter_golf, mlperf_mllog, megatron, algoperf_text, hf_stdout;
extern const Importer algoperf, llama_factory, rllib, mmengine, mmcv, lightning, chainer, detr, detectron2;
extern const Importer ultralytics, keras_csv, dawnbench, dvclive, allennlp, mlflow, wandb_csv, tensorboard_csv;
extern const Importer console;
extern const Importer tfevents, wandb;

}  // namespace expanalyze
