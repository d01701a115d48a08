// A copy costs some 10 microseconds whatever its size, so parameters, tables and small
// matrices go in one, through page-locked memory. A matrix that stands for two variables
// is copied once.
#include "cuda_inputs.h"

#include <cstring>

namespace rkeops {

namespace {

/// Values of a matrix worth a copy of its own.
constexpr std::size_t large_matrix = 8 << 10;

std::size_t values_of(const MatrixView& matrix) {
  return static_cast<std::size_t>(matrix.rows) * matrix.components;
}

std::size_t components_of(const std::vector<MatrixView>& matrices) {
  std::size_t sum = 0;
  for (const MatrixView& matrix : matrices) sum += matrix.components;
  return sum;
}

bool is_large(const MatrixView& matrix) { return values_of(matrix) > large_matrix; }

void copy_to_gpu(CudaContext& context, CudaAddress to, const void* from,
                 std::size_t bytes) {
  const CudaDriver& driver = context.driver;
  if (bytes <= CudaContext::staging_bytes) {
    std::memcpy(context.staging, from, bytes);
    from = context.staging;
  }
  driver.check(driver.copy_to_device(to, from, bytes, context.stream), "take the inputs");
}

}  // namespace

CudaInputs::CudaInputs(CudaContext& context, const Job& job, int scalar_bytes)
    : context_(context),
      scalar_bytes_(scalar_bytes),
      parameters_(components_of(job.parameter_inputs)),
      row_components_(components_of(job.row_inputs)),
      column_components_(components_of(job.column_inputs)) {
  const std::size_t length = words_in_table(job);
  Words words;
  words.reserve(length);
  table_ = context.allocate(8 * length);
  for (const MatrixView& parameter : job.parameter_inputs) append(parameter, 8, words);
  words.resize(parameters_ + row_components_ + column_components_);
  add_pointers(job.row_inputs, words, parameters_);
  add_pointers(job.column_inputs, words, parameters_ + row_components_);
  if (!words.empty())
    copy_to_gpu(context, table_.address(), words.data(), 8 * words.size());
  upload(context, uploads_, scalar_bytes_);
}

std::size_t CudaInputs::words_of(const MatrixView& matrix) const {
  return (values_of(matrix) * scalar_bytes_ + 7) / 8;
}

/// At most: a matrix that comes twice counts twice.
std::size_t CudaInputs::words_in_table(const Job& job) const {
  std::size_t words = parameters_ + row_components_ + column_components_;
  for (const auto* matrices : {&job.row_inputs, &job.column_inputs}) {
    for (const MatrixView& matrix : *matrices) {
      if (!is_large(matrix)) words += words_of(matrix);
    }
  }
  return words;
}

void CudaInputs::append(const MatrixView& matrix, int scalar_bytes, Words& words) const {
  const std::size_t before = words.size();
  words.resize(before + (values_of(matrix) * scalar_bytes + 7) / 8);
  convert_scalars(matrix.data, values_of(matrix), scalar_bytes, words.data() + before);
}

/// The address of the matrix on the GPU; small ones are appended to `words`.
CudaAddress CudaInputs::place(const MatrixView& matrix, Words& words) {
  const std::size_t values = values_of(matrix);
  for (const Placed& placed : placed_) {
    if (placed.data == matrix.data && placed.values == values) return placed.address;
  }
  CudaAddress address = 0;
  if (is_large(matrix)) {
    large_.push_back(context_.allocate(values * scalar_bytes_));
    address = large_.back().address();
    uploads_.push_back({matrix.data, address, values});
  } else {
    address = table_.address() + 8 * words.size();
    append(matrix, scalar_bytes_, words);
  }
  placed_.push_back({matrix.data, values, address});
  return address;
}

void CudaInputs::add_pointers(const std::vector<MatrixView>& matrices, Words& words,
                              std::size_t at) {
  for (const MatrixView& matrix : matrices) {
    const CudaAddress address = place(matrix, words);
    for (int k = 0; k < matrix.components; ++k)
      words[at++] = address + std::size_t(scalar_bytes_) * matrix.rows * k;
  }
}

}  // namespace rkeops
