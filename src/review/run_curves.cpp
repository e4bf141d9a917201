#include "review/run_curves.hpp"

namespace expanalyze {

const Curve& RunCurves::lr() const {
  if (!lr_) lr_ = finite(trajectory(run_, Role::lr));
  return *lr_;
}

const Curve& RunCurves::training() const {
  if (!training_) training_ = finite(trajectory(run_, Role::train_loss));
  return *training_;
}

const Spent& RunCurves::spent(Axis axis) const {
  auto& kept = spent_[static_cast<std::size_t>(axis)];
  if (!kept) kept = expanalyze::spent(run_, axis);
  return *kept;
}

}  // namespace expanalyze
