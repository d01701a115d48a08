#include "interpret/interpreter.h"

#include "interpret/loop_nest.h"

namespace rkeops {

std::unique_ptr<CpuProgram> interpreter(KernelProgram program) {
  if (program.precision == Precision::float32)
    return std::make_unique<Interpreter<float>>(std::move(program));
  return std::make_unique<Interpreter<double>>(std::move(program));
}

}  // namespace rkeops
