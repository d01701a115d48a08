// How the files of the plan fill the stages of a kernel.
#pragma once

#include <vector>

#include "plan/plan.h"

namespace rkeops {

/// A variable, an index, or a reduction that an earlier kernel computes.
bool is_input(Expr node);

/// The stage of a kernel a node belongs to, by what it varies with there; null: the
/// pairs.
Stage* stage_of(KernelPlan& kernel, Level level);

/// Lets the stage of a node keep it.
void keep(KernelPlan& kernel, Expr node);

void add_once(std::vector<Expr>& to, Expr node);

/// The nodes that stages compute, in the order of their age: all that the values are made
/// of but what lies between an inner or outer product and its vectors.
std::vector<Expr> nodes_of_stages(const KernelPlan& kernel);

}  // namespace rkeops
