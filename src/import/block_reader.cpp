#include "import/block_reader.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <limits>
#include <mutex>

#include "import/on_threads.hpp"

namespace expanalyze {

namespace {

/// Each block draws a ticket when it is read; its rows wait until all tickets before it are done.
class Queue {
 public:
  Queue(Input& input, const NextBlock& next, const TakeRows& take) : input_(input), next_(next), take_(take) {}

  void work(BlockParser& parser) {
    Block block;
    std::size_t ticket = 0;
    double share = 0;
    try {
      while (draw(block, ticket, share)) {
        parser.parse(block);
        if (!hand_on(parser.rows, ticket, share)) return;
        parser.clear();
      }
    } catch (...) {
      fail(ticket);
    }
  }

  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  bool draw(Block& block, std::size_t& ticket, double& share) {
    const std::lock_guard lock(reading_);
    ticket = drawn_++;
    const bool more = next_(block);
    share = input_.share();
    return more;
  }

  bool hand_on(const RowGroup& rows, std::size_t ticket, double share) {
    std::unique_lock lock(handing_on_);
    turn_changed_.wait(lock, [&] { return turn_ == ticket || failed_at_ < ticket; });
    if (failed_at_ < ticket) return false;
    take_(rows, share);
    ++turn_;
    turn_changed_.notify_all();
    return true;
  }

  /// Blocks before the failed one still arrive: which error is reported does not depend on the threads.
  void fail(std::size_t ticket) {
    const std::lock_guard lock(handing_on_);
    if (ticket < failed_at_) {
      failed_at_ = ticket;
      error_ = std::current_exception();
    }
    turn_changed_.notify_all();
  }

  Input& input_;
  const NextBlock& next_;
  const TakeRows& take_;
  std::mutex reading_, handing_on_;
  std::condition_variable turn_changed_;
  std::size_t drawn_ = 0, turn_ = 0;
  std::size_t failed_at_ = std::numeric_limits<std::size_t>::max();
  std::exception_ptr error_;
};

}  // namespace

unsigned worthwhile_threads(const Input& input, unsigned most) {
  if (input.size() == 0) return most;  // a pipe
  const double left = static_cast<double>(input.size()) * (1 - input.share());
  return static_cast<unsigned>(std::clamp(left / Input::kBlock, 1.0, static_cast<double>(std::max(most, 1U))));
}

void read_blocks(Input& input, const NextBlock& next, const std::vector<std::unique_ptr<BlockParser>>& parsers,
                 const TakeRows& take) {
  Queue queue(input, next, take);
  on_threads(parsers.size(), [&](std::size_t i) { queue.work(*parsers[i]); });
  queue.rethrow();
}

}  // namespace expanalyze
