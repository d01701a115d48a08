// Calls of an operator in single precision whose results keep the digits of its inputs.
//
//   few pairs                 computed in double precision
//   inputs far from 0         moved, where the formula allows it (run/moved_inputs)
//   results beyond the range  those rows computed again in double precision
//   anything else             a few rows computed beside in double precision, when data
//   of
//                             this kind come for the first time; where the promise
//                             (run/digits_check) does not hold, the call is computed in
//                             double precision, and so are later ones of this kind
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "run/digits_check.h"
#include "run/moved_inputs.h"

namespace rkeops {

class GuardedCall {
 public:
  /// Of an operator in single precision, which outlives this.
  explicit GuardedCall(const Operator& op);

  /// `plain` computes the operator as it is planned.
  void call(Callable& plain, const CallInputs& inputs, const CallOutput& output,
            const Settings& settings, const Interrupted& interrupted,
            const Progress& progress, SharedResults* shared);

  /// What the user has to know of the last call, once an operator; "" where nothing.
  std::string take_announcement();

  /// How the last call was computed, for explain().
  const std::string& last_way() const { return way_; }
  const Translations& translations() const { return mover_.translations(); }

 private:
  enum class Verdict { unknown, single_holds, double_needed };
  struct Known {
    Verdict verdict = Verdict::unknown;
    bool infinite_is_right = false;  // results that are not finite are so in double too
    bool is_perturbed = false;       // whether double precision loses digits was asked
  };
  /// What tells kinds of data apart: sizes and largest numbers, to powers of two.
  using Kind = std::vector<int>;

  struct Request;  // the arguments of call()

  Kind kind_of(const Request& request);
  void compute_in_double(const Request& request, const Settings& settings);
  void compute_in_single(const Request& request);
  void mend_infinite(const Request& request, Known& known);
  std::vector<double> rows_in_double(const Request& request,
                                     const std::vector<long long>& rows);
  bool is_due(const Request& request, const Known& known) const;
  double check_cost(const Request& request) const;
  void check(const Request& request, Known& known);
  void perturb(const Request& request, Known& known);
  void announce(const std::string& what, const Request& request);
  DigitsCheck& checker();
  Callable& precise();

  const Operator& op_;
  const bool rows_are_independent_;
  MovedInputs mover_;
  std::unique_ptr<Callable> moved_;    // of the formula with inputs read in two ways
  std::unique_ptr<Callable> precise_;  // in double precision
  std::unique_ptr<DigitsCheck> check_;
  std::map<Kind, Known> known_;
  bool all_finite_ = true;                  // the inputs of the last call
  std::vector<long long> checked_numbers_;  // of matrices on a GPU, the last time
  double pairs_done_ = 0, pairs_checked_ = 0;
  std::string way_, announcement_;
  bool has_announced_ = false;
};

}  // namespace rkeops
