// One stage of a kernel plan -> steps.
#pragma once

#include <unordered_map>
#include <vector>

#include "interpret/program.h"

namespace rkeops {

/// The constants of a kernel, each once; they stand behind the kept parameters.
class Constants {
 public:
  Constants(int first, std::vector<double>& values) : first_(first), values_(values) {}
  Operand number(double value);
  /// 0, 1, ..., count - 1
  Operand range(int count);

 private:
  int first_;
  std::vector<double>& values_;
  std::unordered_map<int, int> ranges_;
};

/// A stage can read these besides its own inputs.
using Places = std::unordered_map<const Node*, Operand>;

StageProgram lower_stage(const std::vector<Expr>& inputs,
                         const std::vector<Expr>& outputs, const Places& places,
                         Constants& constants, const tiles::Loops& loops);

/// Adds the places of the expressions that a stage keeps, one after the other.
void add_places(Places& places, Space space, const std::vector<Expr>& kept);

}  // namespace rkeops
