// The rows of the table of reductions (see reductions.h).
#include "ir/reductions.h"

#include <unordered_map>

#include "base/diagnostic.h"
#include "ir/reductions_rows.h"

namespace rkeops {

namespace {

Reduction zero_row() {
  return defined("Zero(int D)",
                 [](const ReductionArguments& a) {
                   const Expr zeros = a.graph->constant(0, a.integers[0]);
                   return a.graph->reduce(reduction_named("Sum"), a.reduced, {zeros}, {},
                                          a.over);
                 })
      .dimensions("D",
                  [](const std::vector<Expr>&, const std::vector<int>& n) {
                    if (n[0] < 1) throw DimensionProblem{"needs at least one component"};
                    return n[0];
                  })
      .documentation("D zeros")
      .empty("0");
}

std::vector<Reduction> make_reductions() {
  std::vector<Reduction> rows;
  add_sums(rows);
  add_exponentials(rows);
  add_searches(rows);
  add_entries(rows);
  rows.push_back(zero_row());
  return rows;
}

}  // namespace

int Reduction::result_dimension(const std::vector<Expr>& children,
                                const std::vector<int>& integers) const {
  return limited_dimension(dimension(children, integers));
}

const std::vector<Reduction>& reductions() {
  static const std::vector<Reduction> rows = make_reductions();
  return rows;
}

const Reduction* find_reduction(const std::string& name, size_t arguments) {
  static const auto index = [] {
    std::unordered_map<std::string, std::vector<const Reduction*>> by_name;
    for (const Reduction& row : reductions()) by_name[row.name].push_back(&row);
    for (const Reduction& row : reductions()) {
      for (const std::string& other : row.other_names) by_name[other].push_back(&row);
    }
    return by_name;
  }();
  const auto found = index.find(name);
  if (found == index.end()) return nullptr;
  for (const Reduction* row : found->second) {
    if (row->arguments.size() + row->integer_arguments.size() == arguments) return row;
  }
  return found->second.front();
}

const Reduction& reduction_named(const char* name) {
  const Reduction* row = find_reduction(name);
  if (!row) throw internal_error(std::string("there is no reduction ") + name);
  return *row;
}

}  // namespace rkeops
