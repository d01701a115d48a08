#include "lazy/entries.h"

#include <algorithm>
#include <chrono>

#include "base/diagnostic.h"

namespace rkeops {

namespace {

using Clock = std::chrono::steady_clock;

constexpr long long block_columns = 1 << 15;  // 16 MiB of entries a block
constexpr auto between_looks = std::chrono::milliseconds(40);

CallInputs part_of(const Operator& op, const CallInputs& inputs, const Range& i,
                   const Range& j) {
  CallInputs part = inputs;
  for (const Argument& argument : op.typed.arguments) {
    if (argument.level == level_none) continue;
    const Range& range = argument.level == level_i ? i : j;
    MatrixView& view = part.matrices[size_t(argument.position)];
    view = view.part(range.begin, range.end);
  }
  part.i_size = i.size();
  part.j_size = j.size();
  return part;
}

// Blocks are computed as the formula is written: one that is expanded has other last
// digits, and asks in every block whether it may be.
Settings as_written(const Settings& settings) {
  Settings result = settings;
  result.expansion = ExpansionMode::never;
  return result;
}

class Visit {
 public:
  Visit(Callable& entries, const CallInputs& inputs, const Settings& settings,
        const EntryVisit& what, const Interrupted& interrupted, const Progress& progress)
      : entries_(entries),
        inputs_(inputs),
        settings_(as_written(settings)),
        what_(what),
        interrupted_(interrupted),
        progress_(progress),
        values_(size_t(entry_block_rows * std::min(inputs.j_size, block_columns))) {}

  void run() {
    for (long long begin = 0; begin < inputs_.i_size; begin += entry_block_rows) {
      const Range i = {begin, std::min(begin + entry_block_rows, inputs_.i_size)};
      const Range j = what_.columns(i);
      for (long long first = j.begin; first < j.end; first += block_columns) {
        show({i, {first, std::min(first + block_columns, j.end)}, values_.data()});
        look(double(begin) / double(inputs_.i_size));
      }
    }
  }

 private:
  void show(const EntryBlock& block) {
    const CallInputs part = part_of(entries_.op(), inputs_, block.i, block.j);
    entries_.call(part, {values_.data(), nullptr}, settings_, interrupted_);
    what_.visit(block);
  }

  void look(double done) {
    const Clock::time_point now = Clock::now();
    if (now - last_look_ < between_looks) return;
    last_look_ = now;
    if ((interrupted_ && interrupted_()) || (progress_ && !progress_(done)))
      throw Error(ErrorKind::interrupted, "The computation was interrupted.");
  }

  Callable& entries_;
  const CallInputs& inputs_;
  const Settings settings_;
  const EntryVisit& what_;
  const Interrupted& interrupted_;
  const Progress& progress_;
  std::vector<double> values_;
  Clock::time_point last_look_ = Clock::now();
};

}  // namespace

void visit_entries(Callable& entries, const CallInputs& inputs, const Settings& settings,
                   const EntryVisit& what, const Interrupted& interrupted,
                   const Progress& progress) {
  Visit(entries, inputs, settings, what, interrupted, progress).run();
}

}  // namespace rkeops
