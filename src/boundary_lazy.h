// The functions of LazyTensors that are exported to R share this.
#pragma once

#include "boundary.h"
#include "lazy/lazy_expression.h"

namespace rkeops {

/// A reduction of one LazyTensor as an operator, and the data it is called with.
struct ReducedLazy {
  std::shared_ptr<Callable> callable;
  Rcpp::List data;
};

/// `operand` and `evaluation` as r_lazy_reduce() takes them.
ReducedLazy reduced_lazy(const Rcpp::List& operand, const Rcpp::List& evaluation);

}  // namespace rkeops
