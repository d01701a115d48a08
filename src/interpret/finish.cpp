#include "interpret/finish.h"

#include <algorithm>
#include <cstdint>

namespace rkeops {

namespace {

constexpr std::size_t alignment = 64;

}  // namespace

FinishRunner::FinishRunner(const KernelProgram& program, const RkeopsBlock& block)
    : program_(program),
      block_(block),
      lanes_(program.instructions->doubles),
      memory_(std::size_t(program.finish.stage.registers) * std::size_t(lanes_) +
              alignment / sizeof(double)) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory_.data());
  tile_ = memory_.data() + (alignment - address % alignment) % alignment / sizeof(double);
  for (int k = 0; k < program.finish.parameters; ++k)
    parameters_.push_back(*block.parameter_inputs[program.parameters.inputs + k]);
  parameters_.insert(parameters_.end(), program.finish.constants.begin(),
                     program.finish.constants.end());
}

// The first registers of the stage hold its row inputs, those behind them the reduction.
double* FinishRunner::reduced() {
  return tile_ + (long long)program_.finish.rows * lanes_;
}

void FinishRunner::run(long long row, int count, double* output, long long stride) {
  for (int k = 0; k < program_.finish.rows; ++k) {
    const double* from =
        block_.row_inputs[program_.rows.inputs + k] + block_.row_begin + row;
    double* to = tile_ + (long long)k * lanes_;
    std::copy(from, from + count, to);
    std::fill(to + count, to + lanes_, to[count - 1]);
  }
  using Runner = StageRunner<double>;
  const Runner::Frame frame = {{tile_, nullptr, nullptr, parameters_.data()},
                               {lanes_, 0, 0, 1},
                               {lanes_, 0, 0, 0},
                               1,
                               1};
  Runner::run(program_.finish.stage, frame);
  Runner::for_outputs(program_.finish.stage, frame,
                      [&](int k, const double* from, bool lanes) {
                        for (int r = 0; r < count; ++r)
                          output[k * stride + r] = from[lanes ? r : 0];
                      });
}

}  // namespace rkeops
