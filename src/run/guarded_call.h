// Calls of an operator in single precision whose results keep the digits of its inputs.
//
//   few pairs                 computed in double precision
//   inputs far from 0         moved, where the formula allows it (run/moved_inputs)
//   comparisons               in double precision where rounded inputs could change the
//                             answers (run/compared_inputs)
//   results beyond the range  those rows computed again in double precision
//   anything else             a few rows computed beside in double precision, when data
//   of
//                             this kind, or results so large, come for the first time;
//                             where the promise (run/digits_check) does not hold, the
//                             call is computed in double precision, and so are later ones
//                             of this kind
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "run/compared_inputs.h"
#include "run/data_kind.h"
#include "run/digits_check.h"
#include "run/moved_inputs.h"

namespace rkeops {

class GuardedCall {
 public:
  /// Guards an operator in single precision, which outlives this.
  explicit GuardedCall(const Operator& op);

  /// `plain` computes the operator as it is planned.
  void call(Callable& plain, const CallInputs& inputs, const CallOutput& output,
            const Settings& settings, const Interrupted& interrupted,
            const Progress& progress, SharedResults* shared);

  /// Says once an operator what the user has to know of the last call; "" where nothing.
  std::string take_announcement();

  /// How the last call was computed, for explain().
  const std::string& last_way() const { return way_; }
  /// The operator in double precision.
  Callable& precise();
  const Translations& translations() const { return mover_.translations(); }

 private:
  enum class Verdict { unknown, single_holds, double_needed };
  struct Known {
    Verdict verdict = Verdict::unknown;
    bool infinite_is_right = false;  // results that are not finite are so in double too
    bool is_perturbed = false;       // whether double precision loses digits was asked
    double largest_checked = 0;      // result, when rows were last compared
  };
  struct Request;  // the arguments of call()

  Known& known_of(const Request& request);
  bool are_inputs_finite(const Request& request) const;
  void compute(Callable& callable, const Request& request, const Settings& settings);
  void compute_in_double(const Request& request);
  /// False where comparisons would not be answered as in double precision.
  bool compute_in_single(const Request& request);
  void mend_infinite(const Request& request, Known& known);
  std::vector<double> rows_in_double(const Request& request,
                                     const std::vector<long long>& rows);
  bool is_due(const Request& request, const Known& known) const;
  double check_cost(const Request& request) const;
  void check(const Request& request, Known& known);
  void perturb(const Request& request, Known& known);
  void announce(const std::string& what, const Request& request);
  /// The numbers that were taken from the inputs of the last call.
  RowPart::Centre centre() const;
  DigitsCheck& checker();
  std::unique_ptr<Callable> in_double() const;
  /// The operator in double precision for few pairs.
  Callable& interpreted();
  const Settings& few_pairs_settings(const Settings& settings);

  const Operator& op_;
  const long long work_;  // of a pair
  const bool rows_are_independent_;
  MovedInputs mover_;
  const ComparedInputs compared_;
  std::unique_ptr<Callable> moved_;  // of the formula with inputs read in two ways
  std::unique_ptr<Callable> precise_, interpreted_;  // in double precision
  std::unique_ptr<DigitsCheck> check_;
  Settings few_pairs_;  // those of the last call, for few pairs
  DataKindReader kinds_;
  std::map<DataKind, Known> known_;
  std::pair<const DataKind, Known>* last_known_ = nullptr;
  double largest_result_ = 0;               // of the last call, where it was looked at
  std::vector<long long> checked_numbers_;  // of matrices on a GPU, the last time
  double pairs_done_ = 0, pairs_checked_ = 0;
  std::string way_, announcement_;
  bool has_announced_ = false;
};

}  // namespace rkeops
