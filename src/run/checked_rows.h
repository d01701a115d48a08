// Which rows of a result are compared with double precision.
#pragma once

#include "run/row_part.h"

namespace rkeops {

constexpr long long most_checked_rows = 8;

/// How many of `rows` rows are looked at whatever the results; `work` is that of a pair.
long long checked_rows(long long rows, double pairs, long long work);

/// How many more for their results, at most.
int extreme_rows(Expr root);

/// `count` that stand for all inputs, and those with the largest and the smallest results
/// that matter, of up to four components. `host` has all rows.
std::vector<long long> rows_to_check(const RowPart& host, Level index,
                                     const MatrixView& results, long long count,
                                     const RowPart::Centre& centre);

}  // namespace rkeops
