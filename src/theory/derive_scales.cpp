// Short derivations on scales: the softmax's free direction, a learning rate across widths, an average of weights.
#include <fmt/format.h>

#include <cmath>

#include "stats/descriptive.hpp"
#include "text/format.hpp"
#include "theory/derivations.hpp"

namespace expanalyze {

TheoryUpdate derive_log_z(const CardInputs& inputs) {
  TheoryUpdate update{"log_z", R"(L_{aux}=10^{-4}\log^2Z)", {}, {}};
  const auto values = inputs.values("log_z");
  if (values.empty()) return update;
  const double z = stats::median(values);
  const double penalty = 1e-4 * z * z;
  update.slots = {{"log_z", z}, {"z_loss", penalty}};
  update.latex = fmt::format(R"(L_{{aux}}=10^{{-4}}\log^2Z=10^{{-4}}\cdot({})^2={})", number(z), number(penalty, 3));
  update.text = fmt::format(
      "A constant added to all logits leaves the cross-entropy as it is, so nothing but a penalty holds log Z; at the "
      "median {} the usual one, 1e-4 log(Z)^2, would weigh {} nats.",
      number(z), number(penalty, 3));
  return update;
}

TheoryUpdate derive_width_transfer(const CardInputs& inputs) {
  TheoryUpdate update{"width_transfer", R"(\eta_{w'}=\eta_w\,w/w')", {}, {}};
  const auto lr = inputs.number("lr"), width = inputs.number("width"), base = inputs.number("base_width");
  if (!lr || !width || !base || *width <= 0 || *base <= 0) {
    update.text =
        "Under Adam the best rate of a hidden matrix falls as 1 / width when its activations and their changes are to "
        "stay of order one; the config does not name both widths.";
    return update;
  }
  const double moved = *lr * *base / *width;
  update.slots = {{"lr_base", *lr}, {"width", *width}, {"base_width", *base}, {"lr_hidden", moved}};
  update.latex = fmt::format(R"(\eta_{{{}}}=\eta_{{{}}}\cdot\tfrac{{{}}}{{{}}}={}\cdot\tfrac{{{}}}{{{}}}={})",
                             number(*width), number(*base), number(*base), number(*width), number(*lr), number(*base),
                             number(*width), number(moved, 3));
  update.text = fmt::format("From width {} to {} the rate of hidden matrices goes from {} to {}.", number(*base),
                            number(*width), number(*lr), number(moved, 3));
  return update;
}

TheoryUpdate derive_weight_average(const CardInputs& inputs) {
  TheoryUpdate update{"weight_average", R"(\bar w_t=(1-d)\sum_kd^kw_{t-k},\quad n=1/(1-d))", {}, {}};
  const auto decay = inputs.number("decay");
  if (!decay || !(*decay > 0 && *decay < 1)) {
    update.text = "An average with decay d spans 1 / (1 - d) steps; d is not in the config.";
    return update;
  }
  const double window = 1 / (1 - *decay);
  update.slots = {{"ema_decay", *decay}, {"ema_window", window}};
  update.latex = fmt::format(R"(n=\frac{{1}}{{1-d}}=\frac{{1}}{{1-{}}}={})", number(*decay, 6), number(window));
  update.text = fmt::format(
      "Decay {} averages {} steps: it removes the variance of so many and lags by as many, so while the loss still "
      "falls "
      "by k a step the average is worse by about {} k.",
      number(*decay, 6), number(window), number(window));
  return update;
}

}  // namespace expanalyze
