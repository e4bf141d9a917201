#include "diagnosis/proxy_pair.hpp"

#include <algorithm>
#include <cmath>

#include "stats/descriptive.hpp"
#include "stats/signal_kind.hpp"

namespace expanalyze {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kFollows = 0.7, kLeft = 0.3;  // D-27
constexpr double kVaries = 0.1;  // of its spread in the first third: less is a range too small to follow in

double autocorrelation(std::span<const double> x, std::size_t lag) {
  const double centre = stats::mean(x);
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    squares += (x[i] - centre) * (x[i] - centre);
    if (i >= lag) sum += (x[i] - centre) * (x[i - lag] - centre);
  }
  return squares > 0 ? sum / squares : kNan;
}

stats::RobustSlope log_ratio_drift(const Common& both) {
  std::vector<double> share, ratio;
  const double from = both.step.front(), span = both.step.back() - from;
  for (std::size_t i = 0; i < both.step.size(); ++i) {
    if (!(both.a[i] > 0) || !(both.b[i] > 0) || !(span > 0)) return {0, 0, 0};
    share.push_back((both.step[i] - from) / span);
    ratio.push_back(std::log(both.a[i] / both.b[i]));
  }
  return stats::signal_shape(share, ratio).trend;
}

bool still_varies(std::span<const double> first, std::span<const double> last) {
  const auto spread = [](std::span<const double> x) {
    return stats::quantile(stats::detrend(x), 0.95) - stats::quantile(stats::detrend(x), 0.05);
  };
  return stats::binned_entropy(last) >= 0.5 && spread(last) > kVaries * spread(first);
}

}  // namespace

double white_share(std::span<const double> x) {
  if (x.size() < 100) return kNan;
  const auto rest = stats::detrend(x);
  const double r1 = autocorrelation(rest, 1), r2 = autocorrelation(rest, 2);
  const double noise = 2 / std::sqrt(static_cast<double>(x.size()));
  if (std::isnan(r1)) return kNan;
  if (r2 > noise) return std::clamp(1 - r1 * r1 / r2, 0.0, 1.0);
  return std::abs(r1) <= noise ? 1 : kNan;
}

ProxyTest proxy_test(const Curve& proxy, const Curve& target) {
  ProxyTest out{{}, -1, 1, {0, 0, 0}, kNan, kNan};
  const Common both = common_steps(proxy, target);
  out.changes = lead_lag(both.a, both.b);
  if (out.changes.n == 0) return out;
  const double z = std::atanh(std::clamp(out.changes.correlation, -0.999999, 0.999999));
  const double half = 1.96 / std::sqrt(static_cast<double>(out.changes.n) - 3);
  out.low = std::tanh(z - half);
  out.high = std::tanh(z + half);
  out.drift = log_ratio_drift(both);
  out.proxy_noise = white_share(both.a);
  out.target_noise = white_share(both.b);
  return out;
}

Decoupling decoupling(const Curve& proxy, const Curve& target) {
  Decoupling out;
  const Common both = common_steps(proxy, target);
  const std::size_t third = both.step.size() / 3;
  const std::span<const double> a(both.a), b(both.b);
  out.first = lead_lag(a.first(third), b.first(third));
  out.last = lead_lag(a.last(third), b.last(third));
  if (out.first.n == 0 || out.last.n == 0) return out;
  out.from_step = both.step[both.step.size() - third];
  const double before = out.first.correlation, after = out.last.correlation;
  out.reversed = out.first.found() && out.last.found() && before * after < 0 && std::abs(before) > kLeft &&
                 std::abs(after) > kLeft && out.first.lag == out.last.lag;
  out.lost = !out.reversed && std::abs(before) >= kFollows && std::abs(after) < kLeft &&
             still_varies(a.first(third), a.last(third)) && still_varies(b.first(third), b.last(third));
  return out;
}

}  // namespace expanalyze
