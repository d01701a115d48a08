// The boundary for classes of data that R stores as the bits of other numbers.
#include <climits>
#include <cstdint>
#include <cstring>

#include "boundary.h"

using namespace rkeops;

namespace {

// How bit64 writes NA.
constexpr std::int64_t missing_integer = INT64_MIN;

double number_of(double bits) {
  std::int64_t integer = 0;
  std::memcpy(&integer, &bits, sizeof integer);
  return integer == missing_integer ? NA_REAL : double(integer);
}

}  // namespace

// The numbers that an object of class "integer64" stands for, nearest in double
// precision.
// [[Rcpp::export(rng = false)]]
Rcpp::NumericVector r_integer64_numbers(Rcpp::NumericVector x) {
  Rcpp::NumericVector numbers(x.size());
  for (R_xlen_t k = 0; k < x.size(); ++k) numbers[k] = number_of(x[k]);
  return numbers;
}
