// The boundary for matrices that stay on the GPU: as rkeops.cpp, convert, call, convert
// back. In R such a matrix is an external pointer of class "gpu_matrix".
#include <algorithm>

#include "boundary.h"
#include "native_pointer.h"
#include "run/cuda/cuda_engine.h"

using namespace rkeops;

namespace rkeops {

namespace {

// Objects of R are small, whatever they hold on a GPU, so R sees no reason to look which
// of them are garbage. We see one when so much has been made since it did.
constexpr std::size_t bytes_worth_collecting = std::size_t(1) << 30;
std::size_t bytes_since_collection = 0;

std::size_t bytes_of(long long rows, long long columns) {
  return 8 * std::size_t(rows) * std::size_t(columns);
}

}  // namespace

void collect_garbage() {
  int failed = 0;
  const SEXP call = PROTECT(Rf_lang1(Rf_install("gc")));
  R_tryEvalSilent(call, R_BaseEnv, &failed);
  UNPROTECT(1);
  bytes_since_collection = 0;
}

CudaContext* resident_gpu() {
  const Settings& now = settings();
  if (now.engine != Engine::cuda || now.devices.size() != 1) return nullptr;
  return &cuda_context(now.cuda, now.devices[0]);
}

std::unique_ptr<GpuMatrix> new_gpu_matrix(CudaContext& context, long long rows,
                                          long long columns) {
  bytes_since_collection += bytes_of(rows, columns);
  if (bytes_since_collection > std::max(bytes_worth_collecting, context.used()))
    collect_garbage();
  try {
    return std::make_unique<GpuMatrix>(context, rows, columns);
  } catch (const CudaOutOfMemory&) {
    collect_garbage();
    return std::make_unique<GpuMatrix>(context, rows, columns);
  }
}

SEXP gpu_matrix_object(std::unique_ptr<GpuMatrix> matrix) {
  Rcpp::NumericVector shape =
      Rcpp::NumericVector::create(double(matrix->rows()), double(matrix->columns()));
  const std::string device =
      "GPU " + std::to_string(matrix->device().number) + ", " + matrix->device().name;
  Rcpp::XPtr<GpuMatrix> pointer = native_pointer(std::move(matrix));
  pointer.attr("class") = "gpu_matrix";
  pointer.attr("shape") = shape;
  pointer.attr("device") = device;
  return pointer;
}

}  // namespace rkeops

namespace {

Error not_on_gpu() {
  return Error(ErrorKind::argument, "A matrix on the GPU is not whole.", {},
               {"Make one with `to_gpu()`."});
}

const GpuMatrix& matrix_of(SEXP value) {
  const GpuMatrix* matrix = gpu_matrix_of(value);
  if (!matrix) throw not_on_gpu();
  return *matrix;
}

Callable& callable_at(SEXP pointer) { return native_object<Callable>(pointer); }

}  // namespace

// [[Rcpp::export(rng = false)]]
SEXP r_gpu_matrix(Rcpp::NumericVector x, int device) {
  return guarded([&] {
    const bool is_matrix = x.hasAttribute("dim");
    const Rcpp::NumericVector dim =
        is_matrix ? Rcpp::NumericVector(Rf_getAttrib(x, R_DimSymbol))
                  : Rcpp::NumericVector(0);
    const long long rows = is_matrix ? (long long)dim[0] : x.size();
    std::unique_ptr<GpuMatrix> matrix = new_gpu_matrix(
        cuda_context(settings().cuda, device), rows, is_matrix ? (long long)dim[1] : 1);
    matrix->write(x.begin());
    return gpu_matrix_object(std::move(matrix));
  });
}

// [[Rcpp::export(rng = false)]]
SEXP r_gpu_matrix_read(SEXP matrix) {
  return guarded([&] {
    const GpuMatrix& from = matrix_of(matrix);
    Rcpp::NumericMatrix values = new_matrix(from.rows(), from.columns());
    from.read(values.begin());
    return values;
  });
}

// A formula of numbers, Vi(1) and Pm(1), for each entry of matrices of the same shape, or
// reduced over all of them (then the result is a 1 x 1 matrix). The only GPU of the
// settings must be theirs.
// [[Rcpp::export(rng = false)]]
SEXP r_gpu_entries(SEXP op, Rcpp::List inputs, double rows, double columns,
                   bool reduced) {
  return guarded([&] {
    CudaContext* const context = resident_gpu();
    if (!context) throw internal_error("entries of a matrix need one GPU");
    CallInputs views;
    std::vector<double> numbers(size_t(inputs.size()));
    views.i_size = (long long)rows * (long long)columns;
    for (R_xlen_t k = 0; k < inputs.size(); ++k) {
      const SEXP value = inputs[k];
      const GpuMatrix* const matrix = gpu_matrix_of(value);
      if (matrix && !matrix->is_on(*context)) {
        throw Error(ErrorKind::gpu, "The matrix is on another GPU.", {},
                    {"Move it: to_gpu(as.matrix(x))."});
      }
      const long long size = matrix ? matrix->rows() * matrix->columns() : 1;
      if (!matrix) numbers[size_t(k)] = Rf_asReal(value);
      views.matrices.push_back({matrix ? nullptr : &numbers[size_t(k)], size, 1, matrix});
    }
    std::unique_ptr<GpuMatrix> result =
        reduced ? new_gpu_matrix(*context, 1, 1)
                : new_gpu_matrix(*context, (long long)rows, (long long)columns);
    run_callable(callable_at(op), views, {nullptr, result.get()});
    return gpu_matrix_object(std::move(result));
  });
}

// Bytes of a GPU that matrices and calls of this session hold now.
// [[Rcpp::export(rng = false)]]
SEXP r_gpu_memory_used(int device) {
  return guarded([&] { return double(cuda_context(settings().cuda, device).used()); });
}

// [[Rcpp::export(rng = false)]]
bool r_gpu_matrix_lives(SEXP matrix) {
  return is_native_pointer<GpuMatrix>(matrix) && R_ExternalPtrAddr(matrix) != nullptr;
}

// Another shape for the only result of a reduction over all rows: 1 x (rows * columns).
// [[Rcpp::export(rng = false)]]
SEXP r_gpu_matrix_reshape(SEXP matrix, double rows, double columns) {
  return guarded([&] {
    GpuMatrix* const shaped = gpu_matrix_of(matrix);
    if (!shaped) throw not_on_gpu();
    shaped->reshape((long long)rows, (long long)columns);
    Rf_setAttrib(matrix, Rf_install("shape"), Rcpp::NumericVector::create(rows, columns));
    return matrix;
  });
}

// ---- for benchmarks/fit-schedule.R
// ---------------------------------------------------------------------------------

// The schedule of the last run on a GPU: what it read, and what it decided.
// [[Rcpp::export(rng = false)]]
Rcpp::NumericVector r_last_gpu_run() {
  const CudaLastRun run = last_gpu_run();
  const CudaWork& work = run.work;
  return Rcpp::NumericVector::create(
      Rcpp::_["rows"] = double(work.rows), Rcpp::_["columns"] = double(work.columns),
      Rcpp::_["rows_per_thread"] = work.rows_per_thread, Rcpp::_["slots"] = work.slots,
      Rcpp::_["components"] = work.components,
      Rcpp::_["multiprocessors"] = work.multiprocessors,
      Rcpp::_["resident_blocks"] = work.resident_blocks,
      Rcpp::_["searches"] = int(work.searches),
      Rcpp::_["small_blocks"] = work.small_blocks,
      Rcpp::_["splits"] = run.schedule.splits,
      Rcpp::_["is_small"] = int(run.schedule.is_small),
      Rcpp::_["milliseconds"] = last_gpu_timings().kernel_ms);
}

// [[Rcpp::export(rng = false)]]
void r_gpu_splits(int splits) { set_cuda_splits(splits); }
