// What every importer must do, over the table: a new row is tested by having a fixture folder of its name.
#include <fmt/format.h>

#include <filesystem>
#include <random>

#include "expanalyze/error.hpp"
#include "expanalyze/import.hpp"
#include "io/input.hpp"
#include "store/run_builder.hpp"
#include "support/catch.hpp"

using namespace expanalyze;
namespace fs = std::filesystem;

namespace {

std::vector<fs::path> fixtures(const Importer& importer) {
  std::vector<fs::path> files;
  const fs::path folder = fs::path(EXPANALYZE_SOURCE_DIR) / "tests" / "data" / "import" / std::string(importer.id);
  if (fs::is_directory(folder))
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.is_regular_file()) files.push_back(entry.path());  // folders are read by tests of their own
  return files;
}

/// Reads `text` with one importer; anything but Error, and any broken invariant, fails the test.
void survives(const Importer& importer, std::string_view text) {
  Input input = Input::of(text);
  RunBuilder builder;
  try {
    importer.read(input, builder);
    const Run run = builder.finish(input.lines());
    const std::string breach = broken_invariant(run);
    if (!breach.empty()) FAIL(importer.id << ": " << breach << "\n" << text.substr(0, 2000));
  } catch (const Error&) {
    SUCCEED();
  }
}

void cut_everywhere(const Importer& importer, const std::string& text) {
  for (std::size_t at = 0; at < text.size(); ++at)
    if (text[at] == '\n') survives(importer, std::string_view(text).substr(0, at + 1));
  for (std::size_t i = 0; i < 200; ++i) survives(importer, std::string_view(text).substr(0, text.size() * i / 200));
}

/// Flips, deletes, doubles and inserts bytes that mean something to a parser. The generator's sequence is fixed by the
/// standard.
std::string mutated(std::string text, std::mt19937& random) {
  static constexpr std::string_view kBytes = "{}[]\",:\n\\0-eN\t\xFF;.#'";
  const std::size_t changes = 1 + random() % 6;
  for (std::size_t i = 0; i < changes && !text.empty(); ++i) {
    const std::size_t at = random() % text.size();
    const char byte = kBytes[random() % kBytes.size()];
    switch (random() % 4) {
      case 0:
        text[at] = byte;
        break;
      case 1:
        text.erase(at, 1 + random() % 9);
        break;
      case 2:
        text.insert(at, 1, byte);
        break;
      default:
        text.insert(at, text.substr(at, random() % 80));
        break;
    }
  }
  return text;
}

}  // namespace

TEST_CASE("each importer has a fixture that it claims more surely than any other") {
  for (const auto* importer : importers()) {
    INFO(importer->id);
    CHECK_FALSE(importer->doc.empty());
    CHECK_FALSE(importer->summary.empty());
    const auto files = fixtures(*importer);
    if (importer->read_folder == nullptr) REQUIRE_FALSE(files.empty());
    for (const auto& file : files) {
      const std::string text = read_file(file), name = file.filename().string();
      const int own = importer->sniff({name, text}).sure;
      CHECK(own >= 50);
      CHECK_FALSE(importer->sniff({name, text}).why.empty());
      for (const auto* other : importers())
        if (other != importer) CHECK(other->sniff({name, text}).sure < own);
      CHECK(read_run(file, {}).format == importer->id);
    }
  }
}

TEST_CASE("each importer survives a cut anywhere") {
  for (const auto* importer : importers())
    for (const auto& file : fixtures(*importer)) cut_everywhere(*importer, read_file(file));
}

TEST_CASE("each importer survives damaged bytes, its own and its neighbours'") {
  std::mt19937 random(20240101);
  for (const auto* importer : importers())
    for (const auto* owner : importers())
      for (const auto& file : fixtures(*owner)) {
        const std::string text = read_file(file);
        survives(*importer, text);
        for (int i = 0; i < (owner == importer ? 1500 : 200); ++i) survives(*importer, mutated(text, random));
      }
}

TEST_CASE("sniffing survives damaged bytes and answers from 0 to 100") {
  std::mt19937 random(7);
  for (const auto* owner : importers())
    for (const auto& file : fixtures(*owner)) {
      const std::string text = read_file(file);
      for (int i = 0; i < 500; ++i) {
        const std::string damaged = mutated(text, random);
        for (const auto* importer : importers()) {
          const int sure = importer->sniff({"x", damaged}).sure;
          if (sure < 0 || sure > 100) FAIL(importer->id << " is sure " << sure);
        }
      }
    }
}

TEST_CASE("our own runs are read whole") {
  const fs::path data = fs::path(EXPANALYZE_SOURCE_DIR) / "tests" / "data" / "labelled";
  struct Truth {
    const char* run;
    std::size_t lines, train, eval, config;
    double last_eval;
  };
  // Counted with wc and grep, last values read with tail.
  for (const auto& t :
       {Truth{"d01/baseline_s1", 626, 600, 25, 27, 0.400744}, Truth{"d26/baseline_s1", 250, 250, 11, 0, 0.400189},
        Truth{"d31/baseline_s1", 200, 200, 9, 0, 2.28924}}) {
    INFO(t.run);
    const Run run = read_run(data / (std::string(t.run) + ".jsonl"), {});
    CHECK(broken_invariant(run).empty());
    CHECK(run.lines == t.lines);
    CHECK(run.lines_understood == t.lines);
    CHECK(find(run, Role::train_loss)->value.size() == t.train);
    CHECK(find(run, Role::eval_loss)->value.size() == t.eval);
    CHECK(find(run, Role::eval_loss)->value.back() == t.last_eval);
    CHECK(run.config.size() == t.config);
    for (const Role role :
         {Role::step, Role::lr, Role::grad_norm, Role::step_time, Role::wall, Role::flops, Role::param_norm})
      CHECK(find(run, role) != nullptr);
  }
  const Run muon = read_run(data / "d26/experiment_s1.jsonl", {});
  for (const auto& s : muon.series)
    if (s.name == "avg_steps" || s.name == "ortho_err") CHECK(s.role == Role::mechanism);
}
