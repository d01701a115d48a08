// From bytes to a formula for the fuzzer of the interpreter: they choose rows of the
// tables, variables and numbers, so that nearly all bytes are formulas.
#ifndef RKEOPS_TESTS_RANDOM_GRAPH_H
#define RKEOPS_TESTS_RANDOM_GRAPH_H

#include <cstdint>
#include <string>
#include <vector>

#include "ir/expr.h"
#include "ir/ops.h"
#include "ir/reductions.h"
#include "pass/differentiate.h"
#include "semantics/check.h"

namespace rkeops {

class Bytes {
 public:
  explicit Bytes(const std::string& bytes) : bytes_(bytes) {}
  // From 0 to below - 1; 0 when there are no more.
  int next(int below) {
    return at_ < bytes_.size() ? int(uint8_t(bytes_[at_++])) % below : 0;
  }

 private:
  const std::string& bytes_;
  size_t at_ = 0;
};

constexpr int most_components = 12;

class Growth {
 public:
  Growth(Graph& graph, Bytes& bytes) : graph_(graph), bytes_(bytes) {
    int position = 0;
    for (Level level : {level_i, level_j, level_none})
      for (int dimension : {1, 2, 3}) {
        const std::string name = (level == level_i   ? "i"
                                  : level == level_j ? "j"
                                                     : "p") +
                                 std::to_string(dimension);
        leaves_.push_back(graph.variable(name, position, level, dimension));
        arguments_.push_back({name, level, dimension, position++});
      }
  }

  TypedFormula formula() {
    Level index = bytes_.next(2) ? level_i : level_j;
    Expr root = reduced(grow(3), without(level_pair, index));
    if (bytes_.next(3) == 0) root = finished(root, index);
    if (bytes_.next(4) == 0) root = derivative(root, index);
    return {root, index, arguments_};
  }

 private:
  Expr leaf() {
    const int choice = bytes_.next(12);
    if (choice < 9) return leaves_[size_t(choice)];
    if (choice == 9) return graph_.index(bytes_.next(2) ? level_i : level_j);
    return graph_.constant(double(bytes_.next(33) - 16) / 4);
  }

  Expr grow(int depth) {
    if (depth == 0 || bytes_.next(6) == 0) return leaf();
    const int choice = bytes_.next(256) % int(operations().size() + 4);
    if (choice >= int(operations().size()))
      return reduced(grow(depth - 1), bytes_.next(2) ? level_i : level_j);
    const Operation& row = operations()[size_t(choice)];
    std::vector<Expr> children;
    for (size_t k = 0; k < row.arguments.size(); ++k) children.push_back(grow(depth - 1));
    return applied(row, children);
  }

  // Children whose dimensions do not fit are replaced by the sums of their components.
  Expr applied(const Operation& row, std::vector<Expr> children) {
    if (!row.list_arguments.empty()) return leaf();
    std::vector<int> integers;
    for (size_t k = 0; k < row.integer_arguments.size(); ++k)
      integers.push_back(bytes_.next(5));
    for (int attempt = 0; attempt < 2; ++attempt) {
      try {
        // 0, of terms that are nearly equal
        const bool cancels =
            row.name == "DivFreeGaussKernel" || row.name == "TRIGaussKernel";
        if (cancels && children[1]->dimension == 1) return leaf();
        const Expr result = graph_.apply(row, children, integers);
        return result->dimension > most_components ? call("Sum", {result}) : result;
      } catch (const DimensionProblem&) {
        for (Expr& child : children) child = call("Sum", {child});
      }
    }
    return leaf();
  }

  Expr reduced(Expr f, Level reduced_index) {
    const Reduction& row = reductions()[size_t(bytes_.next(int(reductions().size())))];
    std::vector<Expr> children = {f};
    if (row.arguments.size() > 1) children = {call("Sum", {f}), leaf()};
    std::vector<int> integers;
    if (!row.integer_arguments.empty()) integers.push_back(1 + bytes_.next(4));
    try {
      const Expr result = graph_.reduce(row, reduced_index, children, integers);
      if (result->dimension <= most_components) return result;
    } catch (const DimensionProblem&) {
    }
    return graph_.reduce(reduction_named("Sum"), reduced_index, {call("Sum", {f})});
  }

  // Values made of a reduction vary with its index only.
  Expr finished(Expr root, Level index) {
    const Expr other = leaf();
    if (!within(other->level, index)) return root;
    const Operation& row = operations()[size_t(bytes_.next(256)) % operations().size()];
    const Expr result =
        row.arguments.size() == 1
            ? applied(row, {root})
            : applied(row, std::vector<Expr>(row.arguments.size(), root + other));
    return within(result->level, index) && has_reduction(result) ? result : root;
  }

  Expr derivative(Expr root, Level& index) {
    const Expr variable = leaves_[size_t(bytes_.next(9))];
    const int position = int(arguments_.size());
    arguments_.push_back({"eta", index, root->dimension, position});
    const Expr eta = graph_.variable("eta", position, index, root->dimension);
    root = gradient(root, index, variable, eta);
    index = variable->level;
    return root;
  }

  Graph& graph_;
  Bytes& bytes_;
  std::vector<Expr> leaves_;
  std::vector<Argument> arguments_;
};

}  // namespace rkeops

#endif
