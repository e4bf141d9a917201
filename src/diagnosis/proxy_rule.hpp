// `proxy_failure` where a setting names the statistic that steers: its promise, its target, its sibling.
#pragma once

#include <string>

#include "diagnosis/case.hpp"

namespace expanalyze {

struct Steering {
  const ConfigDifference* setting = nullptr;
  std::string word;               ///< the statistic that the setting names
  const Series* proxy = nullptr;  ///< logged under this word
};

/// A text setting of the experiment whose value is a word that names a logged signal: "trace" and `gram_trace`.
Steering steering(const Case& c);

Outcome proxy_of_rule(const Case& c, const Steering& s);

}  // namespace expanalyze
