// The library in use: read two logs, analyze them, print the verdict and the leading diagnosis.
#include <expanalyze/error.hpp>
#include <expanalyze/import.hpp>
#include <expanalyze/render.hpp>
#include <iostream>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: compare BASELINE EXPERIMENT\n";
    return 2;
  }
  try {
    expanalyze::RunStore store;
    store.runs = {expanalyze::read_run(argv[1], {}), expanalyze::read_run(argv[2], {})};
    const expanalyze::Report report = expanalyze::analyze(store, {{0}, {1}}, {}, expanalyze::theory_cards());
    std::cout << expanalyze::to_string(report.review.overall) << ": " << report.diagnosis.headline << "\n";
  } catch (const expanalyze::Error& e) {
    std::cerr << "compare: " << e.what() << "\n  hint: " << e.hint << "\n";
    return 3;
  }
}
