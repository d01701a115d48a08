// The boundary for covers of the pairs: the ranges of calls.
#include "boundary.h"
#include "native_pointer.h"
#include "tree/near_boxes.h"

using namespace rkeops;

std::shared_ptr<const PairCover> rkeops::cover_of(SEXP pointer) {
  return pointer == R_NilValue ? nullptr : native_object<SharedCover>(pointer);
}

// `blocks` has a row a block: the first and the last i, and j, counted from 1.
// [[Rcpp::export(rng = false)]]
SEXP r_cover_create(Rcpp::NumericMatrix blocks, double i_size, double j_size) {
  return guarded([&]() -> SEXP {
    std::vector<PairBlock> all(size_t(blocks.nrow()));
    for (size_t k = 0; k < all.size(); ++k) {
      const auto at = [&](int column) { return (long long)blocks(int(k), column); };
      all[k] = {{at(0) - 1, at(1)}, {at(2) - 1, at(3)}};
    }
    return native_pointer(std::make_unique<SharedCover>(
        std::make_shared<PairCover>(all, (long long)i_size, (long long)j_size)));
  });
}

// The first rows of each block of neighbouring rows (of i, or else of j), and how many
// columns they have; and the number of pairs.
// [[Rcpp::export(rng = false)]]
SEXP r_cover_describe(SEXP cover, bool by_i) {
  return guarded([&] {
    const PairCover& all = *cover_of(cover);
    const CoveredRows& covered = by_i ? all.by_i() : all.by_j();
    std::vector<double> first, columns;
    for (size_t block = 0; block < covered.rows.size(); ++block) {
      first.push_back(double(covered.rows[block].begin + 1));
      long long count = 0;
      for (const Range* one = covered.begin_of(block); one != covered.end_of(block);
           ++one)
        count += one->size();
      columns.push_back(double(count));
    }
    return Rcpp::List::create(Rcpp::_["first"] = first, Rcpp::_["columns"] = columns,
                              Rcpp::_["pairs"] = all.pairs());
  });
}

// The pairs of boxes at most `radius` from each other; a box is a column.
// [[Rcpp::export(rng = false)]]
SEXP r_near_boxes(Rcpp::NumericMatrix i_lower, Rcpp::NumericMatrix i_upper,
                  Rcpp::NumericMatrix j_lower, Rcpp::NumericMatrix j_upper,
                  double radius) {
  return guarded([&] {
    const NearBoxes near = near_boxes(
        {i_lower.begin(), i_upper.begin(), i_lower.ncol(), i_lower.nrow()},
        {j_lower.begin(), j_upper.begin(), j_lower.ncol(), j_lower.nrow()}, radius);
    return Rcpp::List::create(Rcpp::_["i"] = near.i, Rcpp::_["j"] = near.j);
  });
}
