// Kernel plan -> program of the interpreter.
#pragma once

#include "interpret/program.h"

namespace rkeops {

/// False where the table says that a routine is only compiled for such arguments.
bool can_interpret(const KernelPlan& kernel);

/// Cannot fail where can_interpret(): every row of the tables has its loop (a missing one
/// is a bug).
KernelProgram lower(const KernelPlan& kernel, Precision precision,
                    const tiles::InstructionSet& instructions);

/// The steps of every stage, one a line.
std::string print_program(const KernelProgram& program);

}  // namespace rkeops
