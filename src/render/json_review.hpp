// Step 1 as JSON.
#pragma once

#include "render/json_values.hpp"

namespace expanalyze::render {

Json review_value(const Review& review);

}  // namespace expanalyze::render
