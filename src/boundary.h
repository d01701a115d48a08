// What the functions exported to R share: errors become values, interrupts are asked for
// without jumping. Included by rkeops.cpp and rkeops_lazy.cpp alone.
#pragma once

#include <Rcpp.h>

#include <string>
#include <vector>

#include "diagnostic.h"
#include "run/r_values.h"

namespace rkeops {

/// The options of the session.
Settings& settings();

/// Runs an operator on the inputs of R: see r_operator_call() in rkeops.cpp.
Rcpp::NumericMatrix run_operator(Callable& operation, SEXP input, Orientation orientation,
                                 SEXP nx, SEXP ny, SharedResults* shared = nullptr);

Rcpp::CharacterVector character(const std::vector<std::string>& strings);
Rcpp::CharacterVector character(const std::string& text);

/// One string a line.
Rcpp::CharacterVector lines_of(const std::string& text);

Engine engine_named(const std::string& name);
Precision precision_named(const std::string& name);
SumScheme scheme_named(const std::string& name);

/// A list of class "rkeops_failure".
SEXP failure(const Error& error);

/// The value of `body`, or the failure it meets.
template <class Body>
SEXP guarded(Body body) {
  try {
    return Rcpp::wrap(body());
  } catch (const Error& error) {
    return failure(error);
  } catch (const std::bad_alloc&) {
    return failure(
        Error(ErrorKind::argument, "There is not enough memory for this computation."));
  }
}

}  // namespace rkeops
