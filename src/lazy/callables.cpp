#include "lazy/callables.h"

#include <list>

#include "ir/print.h"
#include "semantics/variables.h"

namespace rkeops {

namespace {

constexpr size_t most_callables = 256;

struct Kept {
  std::string key;
  std::shared_ptr<Callable> callable;
};

std::string key_of(const TypedFormula& formula, Precision precision,
                   SumScheme sum_scheme) {
  std::string key = std::string(precision_name(precision)) + " " +
                    sum_scheme_name(sum_scheme) + " " + level_name(formula.index) + "\n";
  for (const Argument& argument : formula.arguments) {
    key += std::string(category_name(argument.level)) + "(" +
           std::to_string(argument.dimension) + ") ";
  }
  for (const NamedFormula& part : print_shared(formula.root)) {
    key += "\n" + part.name + " = " + part.formula;
  }
  return key;
}

}  // namespace

std::shared_ptr<Callable> callable_of(const std::function<TypedFormula(Graph&)>& write,
                                      Precision precision, SumScheme sum_scheme,
                                      Over over) {
  // the last one used stands first
  static std::list<Kept> kept;
  static std::unordered_map<std::string, std::list<Kept>::iterator> places;

  Graph graph;
  graph.over = over;
  const std::string key = key_of(write(graph), precision, sum_scheme);
  const auto place = places.find(key);
  if (place != places.end()) {
    kept.splice(kept.begin(), kept, place->second);
    return kept.front().callable;
  }
  kept.push_front({key, std::make_shared<Callable>(
                            plan_formula(write, precision, sum_scheme, over))});
  places[key] = kept.begin();
  if (kept.size() > most_callables) {
    places.erase(kept.back().key);
    kept.pop_back();
  }
  return kept.front().callable;
}

}  // namespace rkeops
