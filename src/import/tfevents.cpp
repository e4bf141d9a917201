#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "expanalyze/error.hpp"
#include "import/event.hpp"
#include "import/event_table.hpp"
#include "import/importers.hpp"
#include "import/tfrecord.hpp"
#include "io/folder.hpp"
#include "io/input.hpp"
#include "io/wire.hpp"
#include "store/run_builder.hpp"
#include "text/parse.hpp"

namespace expanalyze {

namespace {

/// The event files of one folder, one behind the other.
class Stream {
 public:
  explicit Stream(Input& input) : input_(&input) {}
  Stream(const Folder& folder, std::vector<std::string> files) : folder_(&folder), files_(std::move(files)) {}

  /// Steps to what stands next; framed() is `end` behind the last file.
  void next() {
    do {
      if (input_ == nullptr && !open_next()) return;
      std::string_view data;
      framed_ = next_record(*input_, data);
      if (framed_ == Framed::record) read_event(data, event_);
      if (framed_ == Framed::lost || framed_ == Framed::cut || framed_ == Framed::end) input_ = nullptr;
    } while (framed_ == Framed::end && next_file_ < files_.size());
  }

  [[nodiscard]] Framed framed() const { return framed_; }
  [[nodiscard]] const Event& event() const { return event_; }
  [[nodiscard]] std::size_t files() const { return files_.size(); }

 private:
  bool open_next() {
    framed_ = Framed::end;
    if (next_file_ == files_.size()) return false;
    opened_.emplace(folder_->open(files_[next_file_++]));
    input_ = &*opened_;
    return true;
  }

  const Folder* folder_ = nullptr;
  std::vector<std::string> files_;
  std::size_t next_file_ = 0;
  std::optional<Input> opened_;
  Input* input_ = nullptr;
  Framed framed_ = Framed::end;
  Event event_;
};

/// Every stream is in order of time; of their next events the earliest goes first.
Stream* earliest(std::vector<Stream>& streams) {
  Stream* first = nullptr;
  for (auto& stream : streams)
    if (stream.framed() != Framed::end && (first == nullptr || stream.event().wall_time < first->event().wall_time))
      first = &stream;
  return first;
}

void read_streams(std::vector<Stream>& streams, std::vector<EventTags>& tags, RunBuilder& builder) {
  EventTable table(builder);
  for (auto& stream : streams) stream.next();
  while (Stream* stream = streams.size() == 1 ? streams.data() : earliest(streams)) {
    if (stream->framed() == Framed::end) break;
    table.add(stream->framed(), stream->event(), tags[static_cast<std::size_t>(stream - streams.data())]);
    stream->next();
  }
  if (builder.values() == 0)
    throw Error(Error::Kind::input, fmt::format("holds no scalars among its {} records", table.records()),
                "the writer may have been stopped before its first number, or wrote them to another file");
  builder.counted(table.records(), "records");
  declare_axes(tags, builder);
}

void read(Input& input, RunBuilder& builder) {
  std::vector<Stream> streams;
  streams.emplace_back(input);
  std::vector<EventTags> tags{EventTags{{}}};
  read_streams(streams, tags, builder);
}

std::string_view folder_of(std::string_view entry) {
  const auto slash = entry.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : entry.substr(0, slash);
}

/// "events.out.tfevents.1742313447.host.44.0.v2": TensorBoard itself finds its files by this part of the name.
constexpr std::string_view kInName = "tfevents";

bool is_event_file(std::string_view entry) {
  return entry.find(kInName, entry.rfind('/') + 1) != std::string_view::npos;
}

/// Seconds since 1970 in the name of an event file: restarts of a run make new files. 0: none.
double time_in_name(std::string_view entry) {
  const auto at = entry.rfind(kInName);
  const auto rest = entry.substr(std::min(entry.size(), at + kInName.size() + 1));
  return number_from(rest.substr(0, rest.find('.'))).value_or(0);
}

/// Keras and AllenNLP write one run to a folder a data set.
bool is_data_set(std::string_view folder) {
  static constexpr auto kNames =
      std::to_array<std::string_view>({"train", "training", "validation", "val", "valid", "dev", "eval", "test"});
  return std::find(kNames.begin(), kNames.end(), folder) != kNames.end();
}

/// PyTorch's add_hparams() opens a folder below the run that is named by the time.
bool is_time(std::string_view folder) { return number_from(folder).value_or(0) > 1e8; }

std::string prefix_of(std::string_view folder) { return is_data_set(folder) ? std::string(folder) + "/" : ""; }

void read_folder(const Folder& folder, RunBuilder& builder) {
  std::map<std::string, std::vector<std::string>> files_of;
  for (const auto& entry : folder.entries)
    if (is_event_file(entry)) files_of[prefix_of(folder_of(entry))].push_back(entry);
  std::vector<Stream> streams;
  std::vector<EventTags> tags;
  for (auto& [prefix, files] : files_of) {
    std::stable_sort(files.begin(), files.end(),
                     [](const auto& a, const auto& b) { return time_in_name(a) < time_in_name(b); });
    if (files.size() > 1)
      builder.note(
          "log.several_files",
          fmt::format("{} event files are one run; where they repeat a step, the later file counts", files.size()));
    streams.emplace_back(folder, files);
    tags.emplace_back(prefix);
  }
  read_streams(streams, tags, builder);
}

/// A file beside the event files that is likely to hold the same numbers in more digits, or more of them.
bool could_be_fuller(std::string_view entry) {
  if (!folder_of(entry).empty()) return false;
  const std::string name = lower(entry);
  for (const auto* known : {".csv", ".tsv", ".jsonl", "metrics.json", "result.json", "trainer_state.json"}) {
    const std::string_view end = known;
    if (name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0) return true;
  }
  return false;
}

/// A log in a folder below that is no data set's: the folder holds several runs, of whatever formats.
bool is_other_run(std::string_view entry) {
  const auto folder = folder_of(entry);
  if (folder.empty() || is_data_set(folder) || is_time(folder)) return false;
  const std::string name = lower(entry);
  for (const std::string_view end : {".wandb", ".jsonl", ".csv", ".tsv", "result.json", "metrics.json"})
    if (name.ends_with(end)) return true;
  return false;
}

Sniff sniff_folder(const Probe& probe) {
  std::size_t files = 0;
  bool fuller = false;
  for (const auto& entry : probe.entries) {
    if (is_other_run(entry)) return {};
    fuller = fuller || could_be_fuller(entry);
    if (!is_event_file(entry)) continue;
    const auto folder = folder_of(entry);
    if (!folder.empty() && !is_data_set(folder) && !is_time(folder)) return {};  // runs of their own
    ++files;
  }
  if (files == 0) return {};
  return {fuller ? 55 : 91, fmt::format("{} event files, in folders named by data sets if in any", files)};
}

Sniff sniff(const Probe& probe) {
  if (!probe.entries.empty()) return sniff_folder(probe);
  Input head = Input::of(probe.head);
  std::string_view data;
  const Framed framed = next_record(head, data);
  if (framed == Framed::record) {
    Event event;
    read_event(data, event);
    const bool known = event.version.substr(0, 12) == "brain.Event:" || !event.values.empty();
    return known ? Sniff{95, "its first record is an event with right checksums"}
                 : Sniff{50, "its first record has right checksums"};
  }
  const bool named = probe.head.substr(0, 64).find("brain.Event:") != std::string_view::npos;
  if (named) return {80, "it begins with the version of an event file, damaged"};
  return framed == Framed::cut && probe.head.size() >= kRecordHead
             ? Sniff{60, "its first record has a length with the right checksum"}
             : Sniff{};
}

}  // namespace

constinit const Importer tfevents{
    "tfevents",
    "TensorBoard event files",
    sniff,
    read,
    R"(Reads the event files that TensorBoard shows: of TensorFlow, Keras, `torch.utils.tensorboard`, tensorboardX, Lightning, Ray,
AllenNLP, AlgoPerf. Scalars may be stored as `simple_value` or as tensors with one element. The checksums of every record are checked;
a damaged record is left out, and a file that breaks off is read up to there.

**Axes:** the event's `step`, and `wall_time` as a clock. Events of one step within a second become one record. Ray's steps are those
of the environment, its `training_iteration` counts the updates. Where Keras wrote only `epoch_…` tags, the step is the epoch.

**A folder** is one run if its event files lie in it, or in folders named `train`, `validation`, `eval` or `test` below it, which
then stand in front of the tags. Files are read in order of the time in their names and joined in order of `wall_time`; where a
restart repeats steps, the later values count. Records are counted in that order.

**Settings** come from the hparams plugin. Histograms, images, audio and texts are counted and left out.

**What it cannot know:** what a step counts: batches, updates, epochs, whatever the program passed; and whether two files in one
folder are a restart or two runs that were written to the same place. Most numbers are stored as 32-bit floats: about 7 digits.)",
    read_folder,
    true};

}  // namespace expanalyze
