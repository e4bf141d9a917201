// Which records a column has a value in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

namespace expanalyze {

/// Rising record numbers, kept as stretches of neighbours: a column that is always logged costs one stretch, and its
/// values nothing beside their own 8 bytes.
class Presence {
 public:
  struct Stretch {
    std::uint32_t first, end;  ///< [first, end)
    friend auto operator<=>(const Stretch&, const Stretch&) = default;
  };

  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = std::uint32_t;
    using difference_type = std::ptrdiff_t;
    using pointer = const std::uint32_t*;
    using reference = std::uint32_t;

    Iterator() = default;
    Iterator(const Stretch* at, const Stretch* end) : at_(at), end_(end), record_(at == end ? 0 : at->first) {}
    std::uint32_t operator*() const { return record_; }
    Iterator& operator++() {
      if (++record_ == at_->end) {
        ++at_;
        record_ = at_ == end_ ? 0 : at_->first;
      }
      return *this;
    }
    Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.at_ == b.at_ && a.record_ == b.record_; }

   private:
    const Stretch *at_ = nullptr, *end_ = nullptr;
    std::uint32_t record_ = 0;
  };

  /// Adds `record` where it follows the last one at once, as it mostly does; false where add() must look.
  bool extend(std::uint32_t record) {
    if (stretches_.empty() || stretches_.back().end != record) return false;
    ++stretches_.back().end;
    ++size_;
    return true;
  }
  /// `record` is greater than all before it.
  void add(std::uint32_t record) {
    if (extend(record)) return;
    stretches_.push_back({record, record + 1});
    ++size_;
  }
  /// The records of a later piece of the log, which begins at record `offset`.
  void append(const Presence& later, std::uint32_t offset) {
    for (const auto& [first, end] : later.stretches_) {
      if (!stretches_.empty() && stretches_.back().end == first + offset)
        stretches_.back().end = end + offset;
      else
        stretches_.push_back({first + offset, end + offset});
    }
    size_ += later.size_;
  }
  void clear() {
    stretches_.clear();
    size_ = 0;
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::uint32_t front() const { return stretches_.front().first; }
  [[nodiscard]] std::uint32_t back() const { return stretches_.back().end - 1; }
  [[nodiscard]] const std::vector<Stretch>& stretches() const { return stretches_; }
  [[nodiscard]] Iterator begin() const { return {stretches_.data(), stretches_.data() + stretches_.size()}; }
  [[nodiscard]] Iterator end() const {
    const Stretch* last = stretches_.data() + stretches_.size();
    return {last, last};
  }
  friend bool operator==(const Presence& a, const Presence& b) { return a.stretches_ == b.stretches_; }
  friend bool operator<(const Presence& a, const Presence& b) { return a.stretches_ < b.stretches_; }

 private:
  std::vector<Stretch> stretches_;
  std::size_t size_ = 0;
};

}  // namespace expanalyze
