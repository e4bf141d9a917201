// The importers by name: importers.cpp lists them, tests call one.
#pragma once

#include "expanalyze/import.hpp"

namespace expanalyze {

extern const Importer jsonl, hf_trainer_state, json_document, csv;
extern const Importer llm_c, modded_nanogpt, parameter_golf, mlperf_mllog;

}  // namespace expanalyze
