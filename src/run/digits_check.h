// Rows of a result in single precision beside the same rows in double precision.
#pragma once

#include <memory>
#include <vector>

#include "run/moved_inputs.h"
#include "run/row_part.h"

namespace rkeops {

enum class DigitsKept { all, but_exchanges, nearly, no };

class DigitsCheck {
 public:
  /// Checks an operator whose rows are independent, and which outlives this.
  explicit DigitsCheck(const Operator& op);

  /// Are these rows of the result within the promise? Sums and means are so within 1e-5
  /// of the sum of their absolute terms; values that were looked for, and those at the
  /// places that were found, within 1e-5 and 1e-6 of themselves; other reductions within
  /// 1e-5 of the largest value beside them. Values that were looked for are `nearly`
  /// where they miss that by a little, as the smallest distances do, and places where
  /// those of another row are likely to be exchanged; on a GPU those are kept,
  /// `but_exchanges` are likely. `results` has a row for each of
  /// `rows`; all inputs are on the host; `mover` has the centres that were taken.
  DigitsKept kept(const CallInputs& inputs, const std::vector<long long>& rows,
                  const std::vector<double>& results, const MovedInputs& mover,
                  const Settings& settings);

  /// May the formula lose digits whatever the precision?
  bool is_fragile() const { return bool(perturbed_); }

  /// Does it keep them, for these rows?
  bool stands_perturbation(const CallInputs& inputs, const std::vector<long long>& rows,
                           const Settings& settings);

 private:
  using Part = std::unique_ptr<Callable>;

  Part in_double(Expr root) const;
  std::vector<double> evaluated(Part& part, const RowPart& rows,
                                const Settings& settings);
  bool values_hold(const std::vector<double>& found, const std::vector<double>& right,
                   const std::vector<double>& scale, double tolerance) const;
  bool sums_hold(const RowPart& part, const std::vector<double>& results,
                 const Settings& settings);
  DigitsKept kept_by_search(const CallInputs& inputs, const RowPart& part,
                            const std::vector<long long>& rows,
                            const std::vector<double>& results, const MovedInputs& mover,
                            const Settings& settings);
  double share_of_exchanges(const RowPart& part, const MovedInputs& mover,
                            const Settings& settings);
  bool places_hold(const CallInputs& inputs, const std::vector<long long>& rows,
                   const std::vector<double>& places, const std::vector<double>& right,
                   const Settings& settings);
  double value_at(const CallInputs& inputs, long long row, long long place, int component,
                  const Settings& settings);

  const Operator& op_;
  const Reduction* searched_ =
      nullptr;                      // where smallest or largest values are looked for
  int components_ = 1, ranks_ = 1;  // of these values
  Part values_, scale_, perturbed_, at_places_, next_;
  bool has_scale_ = false;
};

}  // namespace rkeops
