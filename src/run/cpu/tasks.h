// Tasks that threads take from a counter, while the main thread looks whether the user
// wants to stop.
#pragma once

#include <functional>
#include <memory>

#include "base/interrupts.h"
#include "base/job.h"

namespace rkeops {

struct FreeMemory {
  void operator()(void* memory) const;
};
using AlignedMemory = std::unique_ptr<void, FreeMemory>;

/// At an address that is a multiple of 64. Throws (kind `argument`) when there is none.
AlignedMemory aligned_memory(long long bytes);

/// A pointer for each component of each matrix.
std::vector<const double*> component_pointers(const std::vector<MatrixView>& matrices);

/// Does work(task, thread) for each task in [0, tasks); the work must not throw. Throws
/// (kind `interrupted`) when the user wants to stop.
void run_tasks(long long tasks, int threads,
               const std::function<void(long long, int)>& work,
               const Interrupted& interrupted, const Progress& progress);

}  // namespace rkeops
