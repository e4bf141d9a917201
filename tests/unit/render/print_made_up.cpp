// Prints a made-up document as JSON, for the test that validates documents against their schemas.
#include <cstdio>
#include <string_view>

#include "expanalyze/render.hpp"
#include "unit/render/made_up.hpp"

int main(int argc, char** argv) {
  using namespace expanalyze;
  const std::string_view which = argc > 1 ? argv[1] : "";
  if (which == "report")
    std::fputs(render_json(made_up::report()).c_str(), stdout);
  else if (which == "hostile")
    std::fputs(render_json(made_up::hostile_report()).c_str(), stdout);
  else if (which == "empty")
    std::fputs(render_json(Report{}).c_str(), stdout);
  else if (which == "sweep")
    std::fputs(render_json(made_up::sweep()).c_str(), stdout);
  else
    return 2;
}
