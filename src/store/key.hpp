// A logged key taken apart: words, side, labels (science handbook A2).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "expanalyze/run_store.hpp"

namespace expanalyze {

enum class DataSide { none, train, eval };

struct Key {
  std::vector<std::string> words;  ///< lower case, synonyms replaced; without side and labels
  DataSide side = DataSide::none;
  bool test = false;  ///< the evaluation set is a test set: a validation set goes first
  Labels labels;      ///< {layer=3, proj=q}
  std::string name;   ///< the key without its labels and without grouping prefixes such as "optim/"
};

Key take_apart(std::string_view logged);

/// "val", "valid", "eval", "test" … and "train", "trn", "training".
DataSide side_of(std::string_view word);

/// The side that the name of a file states, "val.log", "train_metrics.csv": nothing but a side and words such as "log"
/// or "loss". "test_muon.log" names a run.
DataSide side_of_file(std::string_view name);

}  // namespace expanalyze
