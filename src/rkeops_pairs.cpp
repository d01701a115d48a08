// The boundary for what sees every entry of a LazyTensor.
#include "boundary_lazy.h"
#include "lazy/pairs.h"
#include "lazy/thresholds.h"

using namespace rkeops;

namespace {

// A search with what it works on. `evaluation` is that of the reduction Entries.
class Search {
 public:
  Search(const Rcpp::List& operand, const Rcpp::List& evaluation,
         const PairsWanted& wanted)
      : reduced_(reduced_lazy(operand, evaluation)),
        inputs_(reduced_.callable->op().typed.arguments, reduced_.data, Orientation::rows,
                R_NilValue, R_NilValue, resident_gpu()),
        wanted_(wanted) {}

  PairsSearch search() const {
    return {*reduced_.callable, inputs_.inputs(), settings(), wanted_};
  }

 private:
  const ReducedLazy reduced_;
  const RInputs inputs_;
  const PairsWanted wanted_;
};

PairsWanted wanted_of(const Rcpp::List& list) {
  return {Rcpp::as<double>(list["radius"]), Rcpp::as<bool>(list["half"]),
          Rcpp::as<bool>(list["self"])};
}

}  // namespace

// [[Rcpp::export(rng = false)]]
int r_entry_block_rows() { return entry_block_rows; }

// [[Rcpp::export(rng = false)]]
SEXP r_count_pairs(Rcpp::List operand, Rcpp::List evaluation, Rcpp::List wanted) {
  return guarded([&] {
    const Search search(operand, evaluation, wanted_of(wanted));
    std::vector<double> counts;
    watched([&](const Interrupted& interrupted, const Progress& progress) {
      counts = count_pairs(search.search(), interrupted, progress);
    });
    return counts;
  });
}

// Writes into i, j and value, which nothing else refers to. FALSE: the counts are of
// another program.
// [[Rcpp::export(rng = false)]]
SEXP r_fill_pairs(Rcpp::List operand, Rcpp::List evaluation, Rcpp::List wanted,
                  Rcpp::NumericVector counts, Rcpp::IntegerVector i,
                  Rcpp::IntegerVector j, Rcpp::NumericVector value) {
  return guarded([&] {
    const Search search(operand, evaluation, wanted_of(wanted));
    const PairsOutput output = {i.begin(), j.begin(), value.begin()};
    bool fits = false;
    watched([&](const Interrupted& interrupted, const Progress& progress) {
      fits = fill_pairs(search.search(), counts.begin(), output, interrupted, progress);
    });
    return fits;
  });
}

// One row for each range.
// [[Rcpp::export(rng = false)]]
SEXP r_thresholds(Rcpp::NumericVector low, Rcpp::NumericVector high, int count) {
  return guarded([&] {
    Rcpp::NumericMatrix result = new_matrix(low.size(), count);
    for (R_xlen_t row = 0; row < low.size(); ++row) {
      const std::vector<double> between = thresholds_between(low[row], high[row], count);
      for (int k = 0; k < count; ++k) result(int(row), k) = between[size_t(k)];
    }
    return result;
  });
}
