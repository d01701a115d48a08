// The table of contents: from the text of a formula to something that runs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/interrupts.h"
#include "build/library.h"
#include "lang/ast.h"
#include "operator/settings.h"
#include "pass/expand_distances.h"
#include "pass/translations.h"
#include "plan/plan.h"
#include "semantics/check.h"

namespace rkeops {

/// The user gave this to keops_kernel().
struct OperatorText {
  SourceText formula;
  std::vector<SourceText> args;
  Axis axis = Axis::output;
  Precision precision = Precision::float32;
  SumScheme sum_scheme = SumScheme::block;
  bool simplified = true;   // false in tests of the simplifier alone
  Over over = Over::index;  // what the reductions that are written go over
};

/// A formula read and planned; nothing compiled.
struct Operator {
  OperatorText text;
  Graph graph;
  Ast tree;
  TypedFormula typed;
  Graph planned;
  Expr root;  // simplified, in the graph that is planned
  Plan plan;
  Expansion expansion;                 // of the root, where that is less work
  bool expansion_only_bounds = false;  // which GPUs use
  bool is_expanded = false;            // differences are no longer seen in it
};

/// Text -> plan. Errors: `formula`.
std::unique_ptr<Operator> read_formula(OperatorText text);

/// The same for a formula that is a graph already: `write` puts it into the graph it
/// gets.
std::unique_ptr<Operator> plan_formula(const std::function<TypedFormula(Graph&)>& write,
                                       Precision precision, SumScheme sum_scheme,
                                       Over over = Over::index);

/// The operator of an expression of the graph of `op`, which has rows of level `index`.
/// Its inputs are those of `op`, then `more`.
std::unique_ptr<Operator> operator_of_part(const Operator& op, Expr part, Level index,
                                           Precision precision,
                                           const std::vector<Argument>& more = {});

/// The same operator for data without elements: factors that leave a sum meet a sum of
/// nothing, which is 0 whatever they are.
std::unique_ptr<Operator> unsimplified_operator(const Operator& op);

/// The operator of the same text whose reductions go over the pairs of a cover.
std::unique_ptr<Operator> covered_operator(const Operator& op);

/// The centres of its expansion, as inputs behind its own.
std::vector<Argument> centre_arguments(const Operator& op);

/// The expansion of an operator that has one.
std::unique_ptr<Operator> expanded_operator(const Operator& op);

/// The operator of the formula of moved inputs, in the precision of `op`: its inputs are
/// those of `op`, then those that are there twice.
std::unique_ptr<Operator> moved_operator(const Operator& op,
                                         const Translations& translations);

/// Plan -> source text of one of its kernels.
std::string kernel_source(const Operator& op, size_t kernel, Engine engine);
/// The same for a GPU that leaves pairs out (see bound/gpu_search.h).
std::string pruned_kernel_source(const Operator& op, size_t kernel);

/// Takes a library, or throws when it is none of ours.
using TakeLibrary = std::function<void(const std::shared_ptr<Library>&)>;

/// Source -> shared library in memory, from the cache or compiled now.
Product compile_for_cpu(const Operator& op, size_t kernel, const Settings& settings,
                        const TakeLibrary& take, const Interrupted& interrupted);

/// The same when nothing has to be compiled; else the result is false.
bool find_compiled(const Operator& op, size_t kernel, const Settings& settings,
                   const TakeLibrary& take);

/// The program of a GPU computes all pairs, or leaves some out (bound/gpu_search.h).
enum class CudaProgram { all_pairs, pruned };

/// Source -> cubin in the cache. `architecture` is that of the GPU, "sm_90".
Product compile_for_gpu(const Operator& op, size_t kernel, const Settings& settings,
                        const std::string& architecture, const Interrupted& interrupted,
                        CudaProgram program = CudaProgram::all_pairs);

}  // namespace rkeops
