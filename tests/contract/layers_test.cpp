// The folders of src/ stand in dependency order: a file includes from its own folder and those before it, and the
// public headers up to its own step. Eigen, which is slow to compile, stays in stats/.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::string_view, 14> kPublic{"units",      "note",   "estimate",  "error",  "run_store",
                                                   "import",     "review", "diagnosis", "theory", "recipe",
                                                   "inspection", "report", "verify",    "render"};

struct Layer {
  std::string_view folder;
  std::string_view last_public;  ///< the last of kPublic that it may include
};
// text/ prints config values and store/ finds series by their role, so both reach a little further than their place.
constexpr std::array<Layer, 13> kLayers{{{"io", "error"},
                                         {"text", "run_store"},
                                         {"stats", "error"},
                                         {"store", "review"},
                                         {"import", "import"},
                                         {"review", "review"},
                                         {"diagnosis", "diagnosis"},
                                         {"theory", "theory"},
                                         {"recipe", "recipe"},
                                         {"pipeline", "report"},
                                         {"verify", "verify"},
                                         {"render", "render"},
                                         {"cli", "render"}}};

// Where it stands; the size of the table when it is not there.
std::size_t layer_of(std::string_view folder) {
  const auto at = std::find_if(kLayers.begin(), kLayers.end(), [&](const Layer& l) { return l.folder == folder; });
  return static_cast<std::size_t>(at - kLayers.begin());
}
std::size_t step_of(std::string_view header) {
  return static_cast<std::size_t>(std::find(kPublic.begin(), kPublic.end(), header) - kPublic.begin());
}

// "stats/rank.hpp" or "Eigen/Dense" from an #include line, with or without blanks; empty for other lines.
std::string included(std::string_view line) {
  std::string text;
  for (const char c : line.substr(0, line.find("//"))) {
    if (c != ' ' && c != '\t' && c != '\r') text += c;
  }
  const std::string_view start = "#include";
  if (text.compare(0, start.size(), start) != 0 || text.size() < start.size() + 2) return {};
  return text.substr(start.size() + 1, text.size() - start.size() - 2);
}

// What is wrong with a file of layer `own` that includes `path`; empty when nothing is.
std::string complaint(std::size_t own, const std::string& path) {
  if (path.compare(0, 6, "Eigen/") == 0) return kLayers[own].folder == "stats" ? "" : "Eigen outside stats";
  if (path.find("..") != std::string::npos) return "a path with ..";
  const std::size_t slash = path.find('/');
  if (slash == std::string::npos) return "";  // the standard library, or a neighbour
  const std::string folder = path.substr(0, slash);
  if (folder == "expanalyze") {
    const std::size_t step = step_of(fs::path(path).stem().string());
    return step <= step_of(kLayers[own].last_public) ? "" : "a public header of a later step";
  }
  const std::size_t layer = layer_of(folder);
  return layer == kLayers.size() || layer <= own ? "" : "a later folder";
}

std::vector<std::string> complaints(const fs::path& src, const fs::path& file) {
  const std::string name = fs::relative(file, src).generic_string();
  const std::size_t own = layer_of(name.substr(0, name.find('/')));
  if (own == kLayers.size()) return {name + ": a folder that is not in the list"};
  std::vector<std::string> result;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const std::string path = included(line);
    const std::string what = path.empty() ? "" : complaint(own, path);
    if (!what.empty()) result.push_back(std::string(name).append(" includes ").append(path).append(": ").append(what));
  }
  return result;
}

struct Checked {
  std::size_t files = 0;
  std::vector<std::string> wrong;
};
Checked check(const fs::path& src) {
  Checked checked;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(src)) {
    const fs::path& file = entry.path();
    const bool source = file.extension() == ".cpp" || file.extension() == ".hpp";
    if (!entry.is_regular_file() || !source || file.parent_path() == src) continue;  // src/pch.hpp belongs to no folder
    ++checked.files;
    for (std::string& wrong : complaints(src, file)) checked.wrong.push_back(std::move(wrong));
  }
  std::sort(checked.wrong.begin(), checked.wrong.end());
  return checked;
}

// A made-up src/ that disappears with the test.
class Tree {
 public:
  explicit Tree(const std::string& name)
      : root_(fs::temp_directory_path() / ("expanalyze_layers_" + name + "_" + std::to_string(::getpid()))) {
    fs::remove_all(root_);
  }
  ~Tree() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }
  [[nodiscard]] const fs::path& root() const { return root_; }

 private:
  fs::path root_;
};

}  // namespace

TEST_CASE("every file of src/ includes only what stands before it") {
  const Checked checked = check(fs::path(EXPANALYZE_SOURCE_DIR) / "src");
  CHECK(checked.files > 10);
  for (const std::string& wrong : checked.wrong) FAIL_CHECK(wrong);
}

TEST_CASE("the checker accepts what is allowed") {
  const Tree tree("allowed");
  tree.write("pch.hpp", "#include \"cli/anything.hpp\"\n");
  tree.write("stats/a.cpp", "#include <Eigen/Dense>\n#include <vector>\n#include \"io/x.hpp\"\n#include \"b.hpp\"\n");
  tree.write("review/a.cpp",
             "// #include \"cli/x.hpp\"\n#include \"expanalyze/review.hpp\"\n#include <fmt/format.h>\n");
  tree.write("cli/main.cpp", "#include \"expanalyze/render.hpp\"\n#include \"render/x.hpp\"\n");
  const Checked checked = check(tree.root());
  CHECK(checked.files == 3);
  CHECK(checked.wrong.empty());
}

TEST_CASE("the checker reports what is not") {
  const Tree tree("wrong");
  tree.write("stats/a.cpp", "#include \"review/x.hpp\"\n");
  tree.write("review/a.hpp", "  #  include \"expanalyze/diagnosis.hpp\" // why\r\n");
  tree.write("render/a.cpp", "#include <Eigen/Core>\n");
  tree.write("import/a.cpp", "#include \"../cli/options.hpp\"\n#include \"expanalyze/unheard_of.hpp\"\n");
  tree.write("misc/a.cpp", "int a;\n");
  const std::vector<std::string> expected{
      "import/a.cpp includes ../cli/options.hpp: a path with ..",
      "import/a.cpp includes expanalyze/unheard_of.hpp: a public header of a later step",
      "misc/a.cpp: a folder that is not in the list",
      "render/a.cpp includes Eigen/Core: Eigen outside stats",
      "review/a.hpp includes expanalyze/diagnosis.hpp: a public header of a later step",
      "stats/a.cpp includes review/x.hpp: a later folder"};
  CHECK(check(tree.root()).wrong == expected);
}
