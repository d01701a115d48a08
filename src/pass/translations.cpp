// Every node gets a response: what is added to its value when t_g is added to the inputs
// of each group g. Linear operations pass responses on; what is nonlinear has none,
// unless those of its arguments are zero. Responses are expressions of the same graph, so
// equal ones are one node, and x - y has response zero because both sides have the same.
#include "pass/translations.h"

#include <map>
#include <unordered_map>

#include "ir/ops.h"
#include "ir/reductions.h"
#include "pass/simplify_rules.h"

namespace rkeops {

namespace {

/// Adding the same to both arguments adds it to the result, or changes nothing.
bool compares_two(Expr node) { return is_call(node, "Subtract") || is_comparison(node); }

bool is_linear_form(Expr node) { return moves_numbers(node) || is_call(node, "Sum"); }

struct Response {
  enum Kind { zero, linear, unknown } kind = zero;
  Expr value;  // where it is linear

  bool operator==(const Response& other) const {
    return kind == other.kind && kind != unknown && value == other.value;
  }
};

const Response unknown_response{Response::unknown, Expr()};

class Finder {
 public:
  Finder(Expr root, int arguments)
      : root_(root), arguments_(arguments), nodes_(sorted_nodes({root}, true)) {}

  Translations run() {
    Translations result;
    result.root = root_;
    result.arguments = arguments_;
    join_groups();
    if (groups_.empty()) return result;
    for (Expr node : nodes_) responses_[&*node] = response_of(node);
    mark_ways();
    choose_inputs(result);
    if (result.arguments > arguments_) result.root = rebuilt_root();
    return result;
  }

 private:
  // ---- groups: variables that a difference or a comparison sets against each other ----

  void join_groups() {
    for (Expr node : nodes_) {
      if (!compares_two(node)) continue;
      std::vector<Expr> variables;
      for (Expr child : node->children) collect(child, variables, 0);
      for (size_t k = 1; k < variables.size(); ++k)
        if (variables[k]->dimension == variables[0]->dimension)
          parent_[find(variables[k])] = find(variables[0]);
    }
    std::map<const Node*, int> members;
    for (Expr node : nodes_)
      if (node->kind == NodeKind::variable) ++members[find(node)];
    for (Expr node : nodes_) {
      if (node->kind != NodeKind::variable || members[find(node)] < 2) continue;
      groups_.emplace(find(node), int(groups_.size()));
    }
  }

  // The variables that an expression is linear in, parameters as factors left aside.
  void collect(Expr f, std::vector<Expr>& variables, int depth) const {
    constexpr int deepest = 64;
    if (depth == deepest) return;
    if (f->kind == NodeKind::variable) {
      variables.push_back(f);
    } else if (is_call(f, "Mult") || is_call(f, "Divide")) {
      const Expr a = f->children[0], b = f->children[1];
      if (b->level == level_none)
        collect(a, variables, depth + 1);
      else if (a->level == level_none && is_call(f, "Mult"))
        collect(b, variables, depth + 1);
    } else if (is_call(f, "Add") || is_call(f, "Subtract") || is_call(f, "Minus") ||
               is_linear_form(f)) {
      for (Expr child : f->children) collect(child, variables, depth + 1);
    }
  }

  const Node* find(Expr variable) {
    const Node* node = &*variable;
    while (parent_.count(node) && parent_.at(node) != node) node = parent_.at(node);
    return node;
  }

  // ---- responses ----

  Response response_of(Expr node) {
    if (node->kind == NodeKind::variable) return of_variable(node);
    bool all_zero = true;
    for (Expr child : node->children) {
      const Response& response = responses_.at(&*child);
      if (response.kind == Response::unknown) return unknown_response;
      all_zero = all_zero && response.kind == Response::zero;
    }
    if (all_zero) return {};
    if (node->kind == NodeKind::reduction) return unknown_response;
    if (is_comparison(node))
      return of(node, 0) == of(node, 1) ? Response() : unknown_response;
    return of_operation(node);
  }

  Response of_variable(Expr variable) {
    const auto group = groups_.find(find(variable));
    if (group == groups_.end()) return {};
    const Expr translation = root_->graph->variable(
        "translation" + std::to_string(group->second), arguments_ + group->second,
        level_none, variable->dimension);
    return {Response::linear, translation};
  }

  const Response& of(Expr node, size_t child) const {
    return responses_.at(&*node->children[child]);
  }

  // Arguments that do not respond are zeros of their dimension.
  Expr value_of(Expr node, size_t child) const {
    const Response& response = of(node, child);
    return response.kind == Response::linear
               ? response.value
               : root_->graph->constant(0, node->children[child]->dimension);
  }

  Response of_operation(Expr node) {
    const bool first_responds = of(node, 0).kind == Response::linear;
    if (is_call(node, "Subtract") && of(node, 0) == of(node, 1)) return {};
    if (is_call(node, "IfElse"))
      return !first_responds && of(node, 1) == of(node, 2) ? of(node, 1)
                                                           : unknown_response;
    if (is_call(node, "Maximum") || is_call(node, "Minimum"))
      return of(node, 0) == of(node, 1) ? of(node, 0) : unknown_response;
    if (is_call(node, "Mult") || is_call(node, "Divide")) return of_product(node);
    if (is_call(node, "Add") || is_call(node, "Subtract") || is_call(node, "Minus") ||
        is_linear_form(node)) {
      std::vector<Expr> values;
      for (size_t k = 0; k < node->children.size(); ++k)
        values.push_back(value_of(node, k));
      return linear_response(node, values);
    }
    return unknown_response;
  }

  Response of_product(Expr node) {
    const bool is_quotient = is_call(node, "Divide");
    const size_t moved = of(node, 0).kind == Response::linear ? 0 : 1;
    if (of(node, 1 - moved).kind != Response::zero || (is_quotient && moved == 1))
      return unknown_response;
    std::vector<Expr> values = node->children;
    values[moved] = of(node, moved).value;
    return linear_response(node, values);
  }

  Response linear_response(Expr node, const std::vector<Expr>& values) {
    return {Response::linear,
            root_->graph->apply(*node->operation, values, node->integers)};
  }

  // ---- which variables are read below nodes that do not respond, and which are not ----

  void mark_ways() {
    moved_[&*root_] = responses_.at(&*root_).kind == Response::zero;
    plain_[&*root_] = !moved_[&*root_];
    for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) {
      for (Expr child : (*node)->children) {
        const bool is_still = responses_.at(&*child).kind == Response::zero;
        moved_[&*child] |= moved_[&**node] || (plain_[&**node] && is_still);
        plain_[&*child] |= plain_[&**node] && !is_still;
      }
    }
  }

  void choose_inputs(Translations& result) {
    std::map<int, int> numbers;  // of the groups that are left
    for (Expr node : nodes_) {
      if (node->kind != NodeKind::variable || !moved_[&*node]) continue;
      const auto group = groups_.find(find(node));
      if (group == groups_.end()) continue;
      const int number =
          numbers.emplace(group->second, int(numbers.size())).first->second;
      int position = node->position;
      if (plain_[&*node]) {
        position = result.arguments++;
        second_[&*node] =
            root_->graph->variable(node->name.empty() ? "" : node->name + "_moved",
                                   position, node->level, node->dimension);
      }
      result.inputs.push_back({position, node->position, number});
    }
    result.groups = int(numbers.size());
  }

  // Both ways of each node that has both.
  Expr rebuilt_root() {
    std::unordered_map<const Node*, Expr> plain, moved;
    for (Expr node : nodes_) {
      if (moved_[&*node])
        moved[&*node] = rebuilt(node, [&](Expr child) { return moved.at(&*child); });
      if (plain_[&*node])
        plain[&*node] = rebuilt(node, [&](Expr child) {
          const bool is_still = responses_.at(&*child).kind == Response::zero;
          return (is_still ? moved : plain).at(&*child);
        });
      const auto second = second_.find(&*node);
      if (second != second_.end()) moved[&*node] = second->second;
    }
    return (moved_[&*root_] ? moved : plain).at(&*root_);
  }

  template <class Child>
  Expr rebuilt(Expr node, Child child_of) {
    if (node->children.empty()) return node;
    std::vector<Expr> children;
    for (Expr child : node->children) children.push_back(child_of(child));
    return root_->graph->again(node, children);
  }

  const Expr root_;
  const int arguments_;
  const std::vector<Expr> nodes_;
  std::unordered_map<const Node*, const Node*> parent_;  // union of variables
  std::unordered_map<const Node*, int> groups_;          // by the head of the union
  std::unordered_map<const Node*, Response> responses_;
  std::unordered_map<const Node*, bool> moved_, plain_;
  std::unordered_map<const Node*, Expr> second_;
};

}  // namespace

Translations find_translations(Expr root, int arguments) {
  return Finder(root, arguments).run();
}

}  // namespace rkeops
