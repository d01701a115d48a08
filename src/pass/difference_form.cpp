#include "pass/difference_form.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "ir/ops.h"
#include "ir/patterns.h"

namespace rkeops {

namespace {

// Products of products of ... of the same have exponentially many factors: not deeper.
constexpr int deepest_product = 12;

Expr times(Expr a, Expr b) { return !a ? b : !b ? a : a * b; }

class FormFinder {
 public:
  FormFinder(Level row_index, Level column_index)
      : row_index_(row_index), column_index_(column_index) {}

  DifferenceForm find(Expr value) {
    divide(value, false, 0);
    if (form_.exists()) check_dimensions(value);
    if (form_.exists()) find_differences();
    if (form_.exists()) form_.is_even = parity(form_.of_pair) == Parity::even;
    return std::move(form_);
  }

 private:
  bool is_of_pair(Expr node) const { return node->level == level_pair; }

  void refuse(const std::string& why) {
    if (form_.why_not.empty()) form_.why_not = why;
  }

  // The factors of a product, or what it is divided by.
  void divide(Expr node, bool is_divisor, int depth) {
    if (is_of_pair(node) && depth < deepest_product) {
      if (is_call(node, "Minus")) {
        form_.of_column = times(form_.of_column, node->graph->constant(-1));
        return divide(node->children[0], is_divisor, depth + 1);
      }
      if (is_call(node, "Mult") || is_call(node, "Divide")) {
        divide(node->children[0], is_divisor, depth + 1);
        return divide(node->children[1], is_divisor != is_call(node, "Divide"),
                      depth + 1);
      }
    }
    const Expr factor = is_divisor ? call("Inv", {node}) : node;
    if (is_of_pair(node))
      form_.of_pair = times(form_.of_pair, factor);
    else if (within(node->level, column_index_))
      form_.of_column = times(form_.of_column, factor);
    else
      refuse("terms have a factor of their row");
  }

  void check_dimensions(Expr value) {
    const int of_column = form_.of_column ? form_.of_column->dimension : 1;
    if (!form_.of_pair)
      refuse("terms do not depend on pairs");
    else if (form_.of_pair->dimension != 1 || of_column != value->dimension)
      refuse("terms are not one number of a pair times numbers of a column");
  }

  void find_differences() {
    std::vector<Expr> waiting = {form_.of_pair};
    std::unordered_set<const Node*> seen;
    while (!waiting.empty() && form_.exists()) {
      const Expr node = waiting.back();
      waiting.pop_back();
      if (node->level == level_none || !seen.insert(&*node).second) continue;
      if (!is_of_pair(node) || node->kind != NodeKind::operation)
        return refuse("a pair reads more of a row or a column than differences");
      if (!add_difference(node))
        waiting.insert(waiting.end(), node->children.begin(), node->children.end());
    }
    if (form_.exists() && form_.dimension > 3)
      refuse("differences have more than 3 components");
  }

  bool add_difference(Expr node) {
    if (!is_call(node, "Subtract")) return false;
    Expr row = node->children[0], column = node->children[1];
    const bool is_turned = row->level == column_index_;
    if (is_turned) std::swap(row, column);
    if (row->level != row_index_ || column->level != column_index_ ||
        row->dimension != column->dimension)
      return false;
    form_.differences.push_back({node, coordinate(row, column), is_turned ? -1.0 : 1.0});
    return true;
  }

  int coordinate(Expr row, Expr column) {
    auto& all = form_.coordinates;
    for (size_t k = 0; k < all.size(); ++k)
      if (all[k].row == row && all[k].column == column) return int(k);
    all.push_back({row, column, form_.dimension});
    form_.dimension += row->dimension;
    return int(all.size()) - 1;
  }

  // Odd: component k changes its sign with component k of the differences, and does not
  // depend on others.
  enum class Parity { even, odd, neither };

  Parity parity(Expr node) {
    if (node->level == level_none) return Parity::even;
    const auto known = parities_.find(&*node);
    if (known != parities_.end()) return known->second;
    return parities_[&*node] = parity_of(node);
  }

  Parity parity_of(Expr node) {
    if (is_difference(node)) return Parity::odd;
    std::vector<Parity> of;
    for (Expr child : node->children) of.push_back(parity(child));
    if (std::count(of.begin(), of.end(), Parity::neither)) return Parity::neither;
    const auto odd = std::count(of.begin(), of.end(), Parity::odd);
    if (odd == 0) return Parity::even;
    if (is_call(node, "Square") || is_call(node, "Abs")) return Parity::even;
    // a vector times one number that is odd would have the places of others
    const bool is_scaled =
        (is_call(node, "Mult") || (is_call(node, "Divide") && of[0] == Parity::odd)) &&
        (node->children[0]->level == level_none ||
         node->children[1]->level == level_none) &&
        node->dimension == odd_child(node, of)->dimension;
    return is_call(node, "Minus") || is_scaled ? Parity::odd : Parity::neither;
  }

  static Expr odd_child(Expr node, const std::vector<Parity>& of) {
    return node->children[of[0] == Parity::odd ? 0 : 1];
  }

  bool is_difference(Expr node) const {
    return std::any_of(form_.differences.begin(), form_.differences.end(),
                       [node](const auto& one) { return one.node == node; });
  }

  const Level row_index_, column_index_;
  DifferenceForm form_;
  std::unordered_map<const Node*, Parity> parities_;
};

}  // namespace

DifferenceForm difference_form(Expr value, Level row_index, Level column_index) {
  return FormFinder(row_index, column_index).find(value);
}

}  // namespace rkeops
