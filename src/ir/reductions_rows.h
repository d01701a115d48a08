// What the files of the table of reductions write their rows with.
#pragma once

#include <string>
#include <vector>

#include "ir/ops.h"
#include "ir/reductions.h"

namespace rkeops {

using ReductionParts = std::vector<Expr>;  // one for each argument
using ReductionDimension =
    std::function<long long(const std::vector<Expr>&, const std::vector<int>&)>;

int dimension_of_first(const std::vector<Expr>& children,
                       const std::vector<int>& integers);

ReductionParts no_derivative(const ReductionDerivative& a);

/// Components start to start + length - 1 of f.
Expr slice(Expr f, int start, int length);

/// Another reduction over the same index.
Expr reduced(const ReductionDerivative& a, const char* name, std::vector<Expr> children,
             std::vector<int> integers = {});

/// g where the element that is reduced is the one that the result came from, else 0.
/// `places` are exact indices as ArgXParts gives them: all their low parts from `start`
/// on, and as far behind the middle all high parts.
Expr at_place(const ReductionDerivative& a, Expr places, int start, Expr g);

/// The sum of g, K vectors of dimension D one after the other, over the K.
Expr sum_of_ranks(const ReductionDerivative& a, Expr g, int dimension);

/// A row of one argument `f`.
Reduction row_of(const char* name, const char* accumulator, ReductionDimension dimension,
                 std::function<ReductionParts(const ReductionDerivative&)> adjoints,
                 const char* documentation, const char* derivative, const char* empty);

/// Sums, moments, products, counts.
void add_sums(std::vector<Reduction>& rows);

/// The entries themselves.
void add_entries(std::vector<Reduction>& rows);

}  // namespace rkeops
