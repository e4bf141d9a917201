#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "import/dialect.hpp"
#include "import/importers.hpp"
#include "io/input.hpp"
#include "store/run_builder.hpp"
#include "text/format.hpp"

namespace expanalyze {

namespace {

/// The summary of pycocotools' COCOeval for boxes and masks, in its order.
constexpr auto kCoco = std::to_array<const char*>({"AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "AR_max1",
                                                   "AR_max10", "AR_max100", "AR_small", "AR_medium", "AR_large"});

bool is_coco(const std::string& key, const Json& value) {
  return key.find("coco_eval") != std::string::npos && value.is_array() && value.size() == kCoco.size();
}

void read_coco(const std::string& key, const Json& value, RunBuilder& builder, std::uint32_t line) {
  for (std::size_t i = 0; i < kCoco.size(); ++i) {
    const std::string name = fmt::format("{}/{}", key, kCoco[i]);
    builder.declare(name, i == 0 ? Meaning{Role::eval_metric, "eval/ap"} : Meaning{});
    builder.absent(name, -1, "the data have no object of that size");
    read_value(name, value[i], builder, line);
  }
}

void read(Input& input, RunBuilder& builder) {
  builder.declare("epoch", {Role::epoch, "epoch", Unit::epochs});
  builder.declare("train_loss", {Role::train_loss, "train/loss", Unit::nats});
  builder.declare("test_loss", {Role::eval_loss, "eval/loss", Unit::nats});
  builder.declare("train_lr", {Role::lr, "lr"});
  builder.declare("n_parameters", {});
  each_object(input, builder, [&](const Json& object, std::uint32_t line) {
    builder.begin_record(line);
    for (const auto& [key, value] : object.items())
      is_coco(key, value) ? read_coco(key, value, builder, line) : read_value(key, value, builder, line);
    if (const auto n = object.find("n_parameters"); n != object.end())
      if (const auto parameters = json_number(*n)) builder.config("n_parameters", *parameters, line);
  });
}

bool has_prefix(const Json& object, std::string_view prefix) {
  const auto items = object.items();
  return std::any_of(items.begin(), items.end(), [&](const auto& item) { return starts_with(item.key(), prefix); });
}

Sniff sniff(const Probe& probe) {
  const auto first = first_object(probe.head, {"epoch"});
  if (!first || !has_prefix(*first, "train_")) return {};
  if (first->contains("n_parameters")) return {89, "line 1 is an object with train_…, epoch and n_parameters"};
  if (has_prefix(*first, "test_") && first->contains("train_lr"))
    return {86, "line 1 is an object with train_lr, test_… and epoch"};
  return {};
}

}  // namespace

constinit const Importer detr{
    "detr", "DETR, DeiT, MAE and their descendants: log.txt", sniff, read,
    R"(Reads `log.txt` of DETR, DeiT, MAE, ConvNeXt and the many repositories that began as one of them: a JSON object an epoch with
means over the epoch, `train_*` and `test_*`.

**Axis:** `epoch`, from 0. `test_*` is what the scripts evaluate after each epoch, on the validation set in spite of its name.
`test_coco_eval_bbox` and `…_masks` are arrays of 12, the summary of COCOeval: the first is AP, the figure of merit, and
becomes `test_coco_eval_bbox/AP`; the others get their COCO names. −1 there means that the data hold no object of that size: it is
left out and counted. `n_parameters` is a setting.

**What it cannot know:** optimizer steps and time, which are not logged.)"};

}  // namespace expanalyze
