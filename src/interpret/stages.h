// Runs the steps of a stage over one tile.
#pragma once

#include "interpret/program.h"

namespace rkeops {

template <class Scalar>
struct StageRunner {
  // A stage finds its operands here while it runs, by Space.
  struct Frame {
    const Scalar* base[4];
    long long component[4];
    long long column[4];
    int columns, vectors;
  };

  static tiles::View view(const Frame& frame, const Operand& operand) {
    const int space = int(operand.space);
    return {frame.base[space] + operand.start * frame.component[space],
            operand.step * frame.component[space], frame.column[space],
            operand.space == Space::tile || operand.space == Space::row};
  }

  static void run(const StageProgram& stage, const Frame& frame) {
    tiles::Task task;
    task.columns = frame.columns;
    task.vectors = frame.vectors;
    Scalar* tile = const_cast<Scalar*>(frame.base[0]);
    const long long size = frame.component[0];
    for (const Step& step : stage.steps) {
      for (size_t k = 0; k < step.operands.size(); ++k)
        task.operands[k] = view(frame, step.operands[k]);
      task.result = tile + step.result * size;
      task.component = step.result_step * size;
      task.components = step.components;
      task.integer = step.integer;
      task.start = step.start;
      task.lengths[0] = step.lengths[0];
      task.lengths[1] = step.lengths[1];
      tiles::Products products;
      if (step.products >= 0) {
        const ProductIndices& indices = stage.products[size_t(step.products)];
        products = {indices.results,      indices.terms,    indices.result.data(),
                    indices.f.data(),     indices.g.data(), indices.f_term.data(),
                    indices.g_term.data()};
        task.products = &products;
      }
      step.loop(task);
    }
  }

  // Calls take(component, data, whether they differ between rows) for what a stage keeps.
  template <class Take>
  static void for_outputs(const StageProgram& stage, const Frame& frame, Take take) {
    int component = 0;
    for (const StageOutput& output : stage.outputs) {
      tiles::View from = view(frame, output.operand);
      for (int k = 0; k < output.dimension; ++k) {
        const Scalar* data = static_cast<const Scalar*>(from.data) + k * from.component;
        take(component++, data, from.lanes);
      }
    }
  }
};

}  // namespace rkeops
