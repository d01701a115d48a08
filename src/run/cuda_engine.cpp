// The launches of one reduction: prepare once; then for each part of the rows, reduce in
// slices of columns short enough for the user to interrupt, and finish. See
// cuda_engine.cuh for the kernels.
#include "cuda_engine.h"

#include <rkeops/cuda_arguments.h>

#include <algorithm>
#include <chrono>

#include "../diagnostic.h"
#include "cuda_inputs.h"
#include "cuda_schedule.h"

namespace rkeops {

namespace {

GpuTimings last_timings;

template <class T>
T* pointer(CudaAddress address) {
  return reinterpret_cast<T*>(address);
}

unsigned blocks_for(long long items, long long items_a_block) {
  return static_cast<unsigned>((items + items_a_block - 1) / items_a_block);
}

CudaWork describe(const CudaDevice& device, const CudaLaunchPlan& plan, const Job& job) {
  const int components = plan.row_inputs + plan.column_kept + plan.slots;
  return {job.rows,   job.columns, plan.rows_per_thread,
          plan.slots, components,  device.multiprocessors};
}

std::size_t vector_bytes(const CudaLaunchPlan& plan, int scalars, long long elements) {
  return std::size_t(scalars) * plan.scalar_bytes * cuda_vector_stride(elements);
}

std::size_t packed_bytes(const CudaLaunchPlan& plan, const Job& job) {
  return std::size_t(job.columns) * plan.scalar_bytes *
         cuda_record_scalars(plan.column_kept, plan.scalar_bytes);
}

class Run {
 public:
  Run(CudaModule& module, const Job& job, const Interrupted& interrupted)
      : module_(module),
        context_(module.context),
        driver_(context_.driver),
        plan_(module.plan),
        job_(job),
        interrupted_(interrupted),
        work_(describe(context_.device, plan_, job)),
        schedule_(cuda_schedule(work_)),
        slice_(first_cuda_slice(work_, schedule_, context_.settings.first_slice_work)),
        one_launch_(schedule_.splits == 1 && slice_ >= schedule_.columns_a_split),
        inputs_(context_, job, plan_.scalar_bytes),
        packed_(context_.allocate(packed_bytes(plan_, job))),
        row_vectors_(
            context_.allocate(vector_bytes(plan_, plan_.row_vector_scalars, job.rows))),
        column_vectors_(context_.allocate(
            vector_bytes(plan_, plan_.column_vector_scalars, job.columns))),
        output_(context_.allocate(8 * std::size_t(job.rows) * plan_.outputs)) {
    if (!one_launch_ || plan_.slots_in_memory)
      partial_ = context_.allocate(partial_bytes());
    fill_arguments();
  }

  /// Buffers go back when the GPU is done with them, also when an error or the user ends
  /// the run.
  ~Run() { driver_.stream_wait(context_.stream); }

  void compute() {
    start_clock();
    prepare();
    for (long long row = 0; row < job_.rows; row += schedule_.rows_a_part) {
      if (row > 0) pause();
      arguments_.row_begin = row;
      arguments_.row_end = std::min(row + schedule_.rows_a_part, job_.rows);
      reduce_part();
    }
    record(context_.stop);
  }

  void download() {
    context_.fetch(job_.output, output_.address(),
                   8 * std::size_t(job_.rows) * plan_.outputs);
    add_elapsed();
  }

  double kernel_ms() const { return kernel_ms_; }

 private:
  void prepare() {
    if (job_.columns == 0) return;
    if (plan_.row_vector_scalars > 0) {
      launch(module_.prepare, blocks_for(std::max(job_.columns, job_.rows), cuda_threads),
             2);
    } else if (plan_.column_kept > 0) {
      launch(module_.prepare, blocks_for(job_.columns, cuda_threads), 1);
    }
  }

  std::size_t partial_bytes() const {
    return 8 * std::size_t(places()) * schedule_.splits * plan_.slots;
  }

  /// A row for every thread of the blocks of a launch.
  long long places() const {
    const int rows_a_block = cuda_threads * plan_.rows_per_thread;
    return (long long)blocks_for(schedule_.rows_a_part, rows_a_block) * rows_a_block;
  }

  void fill_arguments() {
    arguments_.parameters = pointer<double>(inputs_.parameters());
    arguments_.row_inputs = pointer<const void*>(inputs_.row_pointers());
    arguments_.column_inputs = pointer<const void*>(inputs_.column_pointers());
    arguments_.column_kept = pointer<void>(packed_.address());
    arguments_.row_vectors = pointer<void>(row_vectors_.address());
    arguments_.column_vectors = pointer<void>(column_vectors_.address());
    arguments_.row_vector_stride = cuda_vector_stride(job_.rows);
    arguments_.column_vector_stride = cuda_vector_stride(job_.columns);
    arguments_.partial = pointer<double>(partial_.address());
    arguments_.places = places();
    arguments_.output = pointer<double>(output_.address());
    arguments_.rows = job_.rows;
    arguments_.columns = job_.columns;
    arguments_.columns_per_split = schedule_.columns_a_split;
    arguments_.splits = schedule_.splits;
  }

  void launch(CudaFunctionHandle kernel, unsigned blocks_x, unsigned blocks_y) {
    void* arguments[] = {&arguments_};
    driver_.check(driver_.launch(kernel, blocks_x, blocks_y, 1, cuda_threads, 1, 1, 0,
                                 context_.stream, arguments, nullptr),
                  "start a kernel");
  }

  /// The rows of `arguments_`. A later part takes slices as long as the first one came
  /// to.
  void reduce_part() {
    const long long rows = arguments_.row_end - arguments_.row_begin;
    long long done = 0;
    do {
      if (done > 0) pause();
      arguments_.slice_begin = done;
      arguments_.slice_end = done = std::min(done + slice_, schedule_.columns_a_split);
      arguments_.finish = one_launch_;
      launch(module_.reduce, blocks_for(rows, cuda_threads * plan_.rows_per_thread),
             schedule_.splits);
    } while (done < schedule_.columns_a_split);
    if (!one_launch_) launch(module_.finish, blocks_for(rows, cuda_threads), 1);
  }

  /// Waits for the slice, asks the user, and makes the next slice as long as is wanted.
  void pause() {
    record(context_.stop);
    driver_.check(driver_.stream_wait(context_.stream), "compute the result");
    const double milliseconds = add_elapsed();
    if (interrupted_ && interrupted_()) {
      throw Error(ErrorKind::interrupted, "The reduction was interrupted.");
    }
    if (!one_launch_) {
      slice_ =
          next_cuda_slice(slice_, milliseconds, context_.settings.slice_milliseconds);
    }
    start_clock();
  }

  void start_clock() { record(context_.start); }

  void record(CudaEventHandle event) {
    driver_.check(driver_.event_record(event, context_.stream), "be timed");
  }

  double add_elapsed() {
    float milliseconds = 0;
    driver_.check(driver_.event_elapsed(&milliseconds, context_.start, context_.stop),
                  "be timed");
    kernel_ms_ += milliseconds;
    return milliseconds;
  }

  CudaModule& module_;
  CudaContext& context_;
  const CudaDriver& driver_;
  const CudaLaunchPlan& plan_;
  const Job& job_;
  const Interrupted& interrupted_;
  const CudaWork work_;
  const CudaSchedule schedule_;
  long long slice_;        // columns of each split in the next launch
  const bool one_launch_;  // of `reduce` for a part, which then finishes by itself
  CudaInputs inputs_;
  CudaBuffer packed_, row_vectors_, column_vectors_, output_, partial_;
  CudaArguments arguments_{};
  double kernel_ms_ = 0;
};

int components_of(const std::vector<MatrixView>& matrices) {
  int sum = 0;
  for (const MatrixView& matrix : matrices) sum += matrix.components;
  return sum;
}

void check_inputs(const CudaLaunchPlan& plan, const Job& job) {
  if (components_of(job.parameter_inputs) != plan.parameter_inputs ||
      components_of(job.row_inputs) != plan.row_inputs ||
      components_of(job.column_inputs) != plan.column_inputs) {
    throw internal_error("the inputs of a GPU job are not those of its plan");
  }
}

}  // namespace

void run_on_gpu(CudaModule& module, const Job& job, const Interrupted& interrupted) {
  check_inputs(module.plan, job);
  if (job.rows == 0) return;
  const auto start = std::chrono::steady_clock::now();
  cuda_driver(
      module.context.settings);  // throws if this process cannot use the GPU any more
  const CudaCurrent current(module.context);
  Run run(module, job, interrupted);
  run.compute();
  run.download();
  const std::chrono::duration<double, std::milli> total =
      std::chrono::steady_clock::now() - start;
  last_timings = {run.kernel_ms(), total.count()};
}

GpuTimings last_gpu_timings() { return last_timings; }

}  // namespace rkeops
