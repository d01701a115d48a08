#include "run/cuda/cuda_pruned_run.h"

#include <rkeops/cuda/cuda_arguments.h>

#include <algorithm>
#include <cstddef>

#include "base/diagnostic.h"
#include "run/cuda/cuda_download.h"
#include "run/cuda/cuda_schedule.h"
#include "run/cuda/gpu_matrix.h"

namespace rkeops {

namespace {

using Size = std::size_t;

constexpr int digit_bits = 8;
constexpr int warps_a_block = cuda_threads / 32;
/// Blocks of a side that sort, for each multiprocessor.
constexpr int sorting_blocks = 4;
/// Rows that predict, for each multiprocessor: a warp each is not more than it holds.
constexpr int predicting_blocks = 2;
/// Leaves of a launch, each for 32 rows, between which the user is asked.
constexpr double leaves_of_launch = 3e7;
/// A block of rows may visit more leaves alone where blocks usually need more than this.
constexpr double usual_leaves = 64;
/// Warps for the blocks that are left, each of which has a part of the leaves, and what
/// their lists take at most.
constexpr long long warps_of_left = 8192;
constexpr Size most_list_bytes = Size(256) << 20;

template <class T>
T* pointer(const CudaBuffer& buffer) {
  return device_pointer<T>(buffer.address());
}

bool are_same(const MatrixView& a, const MatrixView& b) {
  return a.data == b.data && a.resident == b.resident && a.first == b.first &&
         a.stride == b.stride && a.components == b.components && a.rows == b.rows;
}

}  // namespace

CudaPrunedRun::CudaPrunedRun(CudaModule& module, const Job& job,
                             const Interrupted& interrupted)
    : module_(module),
      context_(module.context),
      driver_(context_.driver),
      job_(job),
      interrupted_(interrupted),
      same_sides_(sides_are_same()) {
  const CudaLaunchPlan& plan = module.plan;
  try {
    inputs_ = std::make_unique<CudaInputs>(module, job_, [this] { ask(); });
    start_clock();
    CudaPruning& pruning = arguments_.pruning;
    pruning.columns = make_side(columns_, job.columns, plan.pruned_columns_kept);
    pruning.rows =
        same_sides_ ? pruning.columns : make_side(rows_, job.rows, plan.pruned_rows_kept);
    make_boxes();
    arguments_.parameters = reinterpret_cast<const double*>(inputs_->parameters());
    arguments_.row_inputs = reinterpret_cast<const void* const*>(inputs_->row_pointers());
    arguments_.column_inputs =
        reinterpret_cast<const void* const*>(inputs_->column_pointers());
    sort();
    sorting_ms_ = wait();
    forget_what_sorting_took();
    if (!job.resident_output)
      output_ = context_.allocate(8 * Size(job.rows) * Size(plan.outputs));
    arguments_.output = job.resident_output
                            ? reinterpret_cast<double*>(job.resident_output->address())
                            : pointer<double>(output_);
    arguments_.rows = job.rows;
  } catch (...) {
    driver_.stream_wait(context_.stream);
    throw;
  }
}

CudaPrunedRun::~CudaPrunedRun() { driver_.stream_wait(context_.stream); }

/// The inputs of the finish stage stand behind those of the others.
bool CudaPrunedRun::sides_are_same() const {
  if (!module_.plan.same_stages || job_.rows != job_.columns ||
      job_.row_inputs.size() < job_.column_inputs.size())
    return false;
  return std::equal(job_.column_inputs.begin(), job_.column_inputs.end(),
                    job_.row_inputs.begin(), are_same);
}

CudaSide CudaPrunedRun::make_side(SideBuffers& buffers, long long points,
                                  int components) {
  const Size scalar = Size(module_.plan.scalar_bytes), count = Size(points);
  CudaPruning& pruning = arguments_.pruning;
  pruning.sort_blocks = sorting_blocks * context_.device.multiprocessors;
  buffers.values = context_.allocate(scalar * Size(components) * count);
  buffers.ranges = context_.allocate(2 * scalar * Size(components));
  buffers.counts =
      context_.allocate(sizeof(int) * cuda_digits * Size(pruning.sort_blocks + 1));
  CudaSide side{};
  side.points = points;
  side.values = pointer<void>(buffers.values);
  side.ranges = pointer<void>(buffers.ranges);
  side.counts = pointer<int>(buffers.counts);
  for (int k = 0; k < 2; ++k) {
    buffers.keys[k] = context_.allocate(8 * count);
    buffers.numbers[k] = context_.allocate(sizeof(int) * count);
    side.keys[k] = pointer<unsigned long long>(buffers.keys[k]);
    side.numbers[k] = pointer<int>(buffers.numbers[k]);
  }
  return side;
}

void CudaPrunedRun::make_boxes() {
  CudaPruning& pruning = arguments_.pruning;
  const Size scalar = Size(module_.plan.scalar_bytes);
  long long nodes = divide_up(job_.columns, cuda_leaf);
  const long long places = nodes * cuda_leaf;
  for (int level = 0; level < cuda_box_levels; ++level) {
    pruning.first_node[level + 1] = pruning.first_node[level] + nodes;
    nodes = divide_up(nodes, cuda_leaf);
  }
  pruning.nodes = pruning.first_node[cuda_box_levels];
  records_ = context_.allocate(scalar * Size(module_.plan.column_record) * Size(places));
  boxes_ = context_.allocate(2 * scalar * Size(module_.plan.pruned_columns_kept) *
                             Size(pruning.nodes));
  first_numbers_ = context_.allocate(sizeof(int) * Size(pruning.nodes));
  counters_ = context_.allocate(sizeof(Counters));
  left_ = context_.allocate(sizeof(int) * Size(blocks_of_rows()));
  left_limits_ = context_.allocate(scalar * cuda_leaf * Size(blocks_of_rows()));
  pruning.records = pointer<void>(records_);
  pruning.boxes = pointer<void>(boxes_);
  pruning.first_numbers = pointer<int>(first_numbers_);
  pruning.visited = pointer<unsigned long long>(counters_);
  pruning.left_count = pointer<int>(counters_) + offsetof(Counters, left) / sizeof(int);
  pruning.left = pointer<int>(left_);
  pruning.left_limits = pointer<void>(left_limits_);
}

void CudaPrunedRun::sort() {
  const CudaLaunchPlan& plan = module_.plan;
  const CudaPrunedKernels& kernels = module_.pruned;
  CudaPruning& pruning = arguments_.pruning;
  const int sides = same_sides_ ? 1 : 2;
  const long long points = std::max(job_.rows, job_.columns);
  const long long blocks = divide_up(points, cuda_threads);
  launch(kernels.values, blocks, sides);
  launch(kernels.ranges, std::max(plan.pruned_rows_kept, plan.pruned_columns_kept),
         sides);
  launch(kernels.keys, blocks, sides);
  const int bits = same_sides_ ? plan.column_key_bits
                               : std::max(plan.row_key_bits, plan.column_key_bits);
  int passes = 0;
  for (; passes * digit_bits < bits; ++passes) {
    pruning.pass = passes;
    launch(kernels.count, pruning.sort_blocks, sides);
    launch(kernels.add, cuda_digits / cuda_digits_a_block, sides);
    launch(kernels.scatter, pruning.sort_blocks, sides);
  }
  pruning.sorted_columns = pruning.columns.numbers[passes % 2];
  pruning.sorted_rows = pruning.rows.numbers[passes % 2];
  launch(kernels.leaves, divide_up(pruning.first_node[1], warps_a_block), 1);
  for (pruning.level = 1; pruning.level < cuda_box_levels; ++pruning.level) {
    const long long nodes =
        pruning.first_node[pruning.level + 1] - pruning.first_node[pruning.level];
    launch(kernels.nodes, divide_up(nodes, warps_a_block), 1);
  }
}

void CudaPrunedRun::forget_what_sorting_took() {
  const CudaPruning& pruning = arguments_.pruning;
  for (SideBuffers* side : {&columns_, &rows_}) {
    side->counts = CudaBuffer();
    side->ranges = CudaBuffer();
    for (int k = 0; k < 2; ++k) {
      side->keys[k] = CudaBuffer();
      const int* const numbers = pointer<int>(side->numbers[k]);
      if (numbers != pruning.sorted_columns && numbers != pruning.sorted_rows)
        side->numbers[k] = CudaBuffer();
    }
  }
}

long long CudaPrunedRun::blocks_of_rows() const {
  return divide_up(job_.rows, cuda_leaf);
}

double CudaPrunedRun::predict(double largest_share) {
  const long long leaves = arguments_.pruning.first_node[1];
  const long long wanted = predicting_blocks * context_.device.multiprocessors;
  const long long step = std::max(1LL, blocks_of_rows() / wanted);
  const long long most = (long long)(largest_share * double(leaves)) + 1;
  const long long blocks = divide_up(blocks_of_rows(), step);
  share_ =
      search(0, step, blocks, most, predicting_ms_) / (double(blocks) * double(leaves));
  is_done_ = step == 1 && left_count_ == 0;
  return share_;
}

double CudaPrunedRun::run() {
  if (!is_done_) share_ = search_all();
  if (!job_.resident_output)
    download(context_,
             {output_.address(), job_.rows, job_.output, job_.rows, job_.rows,
              module_.plan.outputs},
             context_.stream);
  return share_;
}

double CudaPrunedRun::search_all() {
  const double all_leaves = double(arguments_.pruning.first_node[1]);
  const double expected = std::max(share_ * all_leaves, 1.0);
  const long long all = blocks_of_rows();
  const double in_launch = leaves_of_launch / expected;
  const long long part = std::max(1024LL, (long long)std::min(in_launch, double(all)));
  const auto most = (long long)(context_.settings.leaves_to_share *
                                std::max(1.0, expected / usual_leaves));
  double leaves = 0;
  for (long long first = 0; first < all; first += part) {
    const long long blocks = std::min(part, all - first);
    leaves += search(first, 1, blocks, most, searching_ms_);
    leaves += search_left();
    ask();
    stop_if(job_.progress && !job_.progress(double(first + blocks) / double(all)));
  }
  return leaves / (double(all) * all_leaves);
}

/// The leaves that blocks of rows have visited.
double CudaPrunedRun::search(long long first_block, long long step, long long blocks,
                             long long most_leaves, double& milliseconds) {
  CudaPruning& pruning = arguments_.pruning;
  pruning.first_block = first_block;
  pruning.block_step = step;
  pruning.blocks = blocks;
  pruning.most_leaves = most_leaves;
  start_clock();
  set_counters();
  launch(module_.pruned.search, divide_up(blocks, warps_a_block), 1);
  milliseconds += wait();
  const Counters counters = read_counters();
  left_count_ = counters.left;
  return double(counters.visited);
}

/// The same for those that have given up.
double CudaPrunedRun::search_left() {
  if (left_count_ == 0) return 0;
  CudaPruning& pruning = arguments_.pruning;
  const auto nodes = [&pruning](int level) {
    return pruning.first_node[level + 1] - pruning.first_node[level];
  };
  pruning.part_level = cuda_box_levels - 1;
  while (pruning.part_level > 1 &&
         nodes(pruning.part_level) * left_count_ < warps_of_left)
    --pruning.part_level;
  const long long parts = nodes(pruning.part_level);
  const Size bytes = Size(parts) * cuda_leaf * Size(module_.plan.list_bytes);
  const long long together = std::min<long long>(
      left_count_, (long long)std::max(Size(1), most_list_bytes / bytes));
  const CudaBuffer lists = context_.allocate(bytes * Size(together));
  pruning.part_lists = pointer<void>(lists);
  pruning.most_leaves = -1;
  double leaves = 0;
  for (long long first = 0; first < left_count_; first += together) {
    pruning.first_block = first;
    pruning.blocks = std::min(together, left_count_ - first);
    start_clock();
    set_counters();
    launch(module_.pruned.search_parts, divide_up(pruning.blocks * parts, warps_a_block),
           1);
    launch(module_.pruned.merge_parts, divide_up(pruning.blocks, warps_a_block), 1);
    searching_ms_ += wait();
    leaves += double(read_counters().visited);
    ask();
  }
  return leaves;
}

void CudaPrunedRun::set_counters() {
  const Counters none;
  driver_.check(
      driver_.copy_to_device(counters_.address(), &none, sizeof none, context_.stream),
      "take the inputs");
}

CudaPrunedRun::Counters CudaPrunedRun::read_counters() {
  Counters counters;
  context_.fetch(&counters, counters_.address(), sizeof counters);
  return counters;
}

void CudaPrunedRun::launch(CudaFunctionHandle kernel, long long blocks, int lines) {
  CudaArguments copy = arguments_;
  void* pointers[] = {&copy};
  driver_.check(driver_.launch(kernel, unsigned(blocks), unsigned(lines), 1, cuda_threads,
                               1, 1, 0, context_.stream, pointers, nullptr),
                "start a kernel");
}

void CudaPrunedRun::start_clock() {
  driver_.check(driver_.event_record(context_.start, context_.stream), "be timed");
}

/// Milliseconds of what was started since then.
double CudaPrunedRun::wait() {
  float milliseconds = 0;
  driver_.check(driver_.event_record(context_.stop, context_.stream), "be timed");
  driver_.check(driver_.stream_wait(context_.stream), "compute the result");
  driver_.check(driver_.event_elapsed(&milliseconds, context_.start, context_.stop),
                "be timed");
  return milliseconds;
}

void CudaPrunedRun::stop_if(bool wanted) const {
  if (wanted) throw Error(ErrorKind::interrupted, "The reduction was interrupted.");
}

void CudaPrunedRun::ask() const { stop_if(interrupted_ && interrupted_()); }

}  // namespace rkeops
