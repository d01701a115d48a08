#include "plan/plan_outer_product.h"

#include <algorithm>

#include "ir/ops.h"
#include "ir/reductions.h"

namespace rkeops {

namespace {

// The sums of fewer components stay in registers beside everything else.
constexpr int fewest_components = 4;
constexpr size_t most_vectors = 4;
// The scalars of a block of pairs are to stay in the first-level cache.
constexpr size_t most_scalars = 4;

void add_once(std::vector<Expr>& to, Expr node) {
  if (std::find(to.begin(), to.end(), node) == to.end()) to.push_back(node);
}

class ComponentReader {
 public:
  ComponentReader(const KernelPlan& kernel, OuterProduct& outer,
                  std::vector<Expr>& parameters)
      : kernel_(kernel), outer_(outer), parameters_(parameters) {}

  // Whether component k of `node` is made of components k of vectors of rows and columns,
  // of numbers of the pair, and of parameters; collects those.
  bool read(Expr node) {
    if (node->level == level_none) {
      if (node->kind != NodeKind::constant) add_once(parameters_, node);
      return node->dimension == outer_.length || node->dimension == 1;
    }
    if (node->dimension == 1) {
      add_once(outer_.scalars, node);
      return true;
    }
    if (node->dimension != outer_.length) return false;
    if (!kernel_.is_of_pairs(node->level)) {
      add_once(
          node->level == kernel_.row_index ? outer_.row_vectors : outer_.column_vectors,
          node);
      return true;
    }
    const Form form = node->operation->form;
    if (form != Form::elementwise && form != Form::repeat) return false;
    return std::all_of(node->children.begin(), node->children.end(),
                       [&](Expr child) { return read(child); });
  }

 private:
  const KernelPlan& kernel_;
  OuterProduct& outer_;
  std::vector<Expr>& parameters_;
};

}  // namespace

OuterProduct find_outer_product(const KernelPlan& kernel, std::vector<Expr>& parameters) {
  if (!kernel.reduction || !kernel.reduction->reduction->sums) return {};
  const Expr value = kernel.values[0];
  if (value->dimension < fewest_components || !kernel.is_of_pairs(value->level))
    return {};
  OuterProduct outer;
  outer.length = value->dimension;
  const bool is_found = ComponentReader(kernel, outer, parameters).read(value) &&
                        !outer.scalars.empty() && outer.scalars.size() <= most_scalars &&
                        outer.row_vectors.size() <= most_vectors &&
                        outer.column_vectors.size() <= most_vectors;
  return is_found ? outer : OuterProduct{};
}

}  // namespace rkeops
