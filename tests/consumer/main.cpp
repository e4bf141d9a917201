// Uses the installed headers and library alone: one comparison, printed as Markdown.
#include <expanalyze/import.hpp>
#include <expanalyze/render.hpp>
#include <iostream>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  expanalyze::RunStore store;
  for (int i = 1; i < 3; ++i) store.runs.push_back(expanalyze::read_run(argv[i], {}));
  std::cout << expanalyze::render_markdown(expanalyze::analyze(store, {{0}, {1}}, {}, expanalyze::theory_cards()));
}
