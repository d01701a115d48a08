#include "enumerations.h"

#include <initializer_list>

#include "base/diagnostic.h"

namespace rkeops {

namespace {

template <class Value>
struct Named {
  const char* name;
  Value value;
};

template <class Value>
Value named(const char* enumeration, const std::string& name,
            std::initializer_list<Named<Value>> values) {
  for (const Named<Value>& one : values)
    if (name == one.name) return one.value;
  throw internal_error("R passed \"" + name + "\" for the " + enumeration);
}

}  // namespace

Engine engine_named(const std::string& name) {
  return named<Engine>("engine", name, {{"cpu", Engine::cpu}, {"cuda", Engine::cuda}});
}

Precision precision_named(const std::string& name) {
  return named<Precision>(
      "precision", name,
      {{"float32", Precision::float32}, {"float64", Precision::float64}});
}

SumScheme scheme_named(const std::string& name) {
  return named<SumScheme>("sum scheme", name,
                          {{"auto", SumScheme::block},
                           {"plain", SumScheme::plain},
                           {"block", SumScheme::block},
                           {"compensated", SumScheme::compensated}});
}

Axis axis_named(const std::string& name) {
  return named<Axis>("axis", name,
                     {{"output", Axis::output}, {"reduced", Axis::reduced}});
}

Level level_named(const std::string& name) {
  return named<Level>("index", name,
                      {{"i", level_i}, {"j", level_j}, {"none", level_none}});
}

CompileMode compile_mode_named(const std::string& name) {
  return named<CompileMode>("option `compile`", name,
                            {{"auto", CompileMode::automatic},
                             {"always", CompileMode::always},
                             {"never", CompileMode::never}});
}

bool keeps_digits_named(const std::string& name) {
  return named<bool>("option `digits`", name, {{"auto", true}, {"plain", false}});
}

PruningMode pruning_mode_named(const std::string& name) {
  return named<PruningMode>("option `pruning`", name,
                            {{"auto", PruningMode::automatic},
                             {"always", PruningMode::always},
                             {"never", PruningMode::never}});
}

ExpansionMode expansion_mode_named(const std::string& name) {
  return named<ExpansionMode>("option `expansion`", name,
                              {{"auto", ExpansionMode::automatic},
                               {"always", ExpansionMode::always},
                               {"never", ExpansionMode::never}});
}

ResultPlace result_place_named(const std::string& name) {
  return named<ResultPlace>("option `gpu_results`", name,
                            {{"auto", ResultPlace::where_inputs_are},
                             {"host", ResultPlace::host},
                             {"gpu", ResultPlace::gpu}});
}

Orientation orientation_numbered(int number) {
  return named<Orientation>("argument `inner_dim`", std::to_string(number),
                            {{"0", Orientation::transposed_columns},
                             {"1", Orientation::rows},
                             {"2", Orientation::columns}});
}

}  // namespace rkeops
