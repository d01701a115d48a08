// Jobs of few rows and many columns: lanes that hold rows would be empty, so here they
// hold neighbouring columns, whose accumulators are merged in the end.
#pragma once

#include <memory>

#include "base/cpu_program.h"
#include "interpret/tiles.h"
#include "plan/plan.h"

namespace rkeops {

/// With more rows, or fewer columns, the usual programs are better.
constexpr long long most_of_few_rows = 8;
constexpr long long fewest_of_many_columns = 8192;

/// Null where the reduction keeps the indices of columns, which lanes would mix, or sums
/// up wide values.
std::unique_ptr<CpuProgram> few_rows_interpreter(
    const KernelPlan& kernel, Precision precision,
    const tiles::InstructionSet& instructions);

}  // namespace rkeops
