// A copy costs some 10 microseconds whatever its size, so parameters, tables and small
// matrices go in one, through pinned memory. A matrix that stands for two variables
// is copied once.
#include "run/cuda/cuda_inputs.h"

#include <algorithm>
#include <cstring>

#include "run/cuda/gpu_matrix.h"

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

bool is_large(const MatrixView& matrix) {
  return values_of(matrix) > large_matrix || matrix.stride != matrix.rows;
}

CudaUpload whole(const MatrixView& matrix, CudaAddress to) {
  return {matrix.data, matrix.stride, matrix.components, {{0, matrix.rows, 0}},
          to,          matrix.rows};
}

bool same_place(const MatrixView& a, const MatrixView& b) {
  return a.data == b.data && a.resident == b.resident && a.first == b.first &&
         a.rows == b.rows && a.components == b.components && a.stride == b.stride;
}

CudaAddress address_of(const MatrixView& matrix) {
  return matrix.resident->address() + 8 * std::size_t(matrix.first);
}

/// Parameters that are on the GPU are copied there, where the others have to be.
bool can_stay(const Job& job, std::size_t bytes) {
  const auto& parameters = job.parameter_inputs;
  return bytes <= CudaStaging::input_bytes &&
         std::none_of(parameters.begin(), parameters.end(),
                      [](const MatrixView& parameter) { return parameter.resident; });
}

void copy_to_gpu(CudaContext& context, CudaAddress to, const void* from,
                 std::size_t bytes) {
  const CudaDriver& driver = context.driver;
  if (bytes <= CudaStaging::copied_bytes) {
    std::memcpy(context.staging->copied, from, bytes);
    from = context.staging->copied;
  }
  driver.check(driver.copy_to_device(to, from, bytes, context.stream), "take the inputs");
}

/// On a GPU a kernel of one formula is as good as another for this.
void start_conversion(const CudaModule& module, CudaArguments& arguments, int components,
                      CudaStreamHandle stream) {
  const CudaDriver& driver = module.context.driver;
  void* pointers[] = {&arguments};
  const auto blocks = unsigned((arguments.rows + cuda_threads - 1) / cuda_threads);
  driver.check(driver.launch(module.convert, blocks, unsigned(components), 1,
                             cuda_threads, 1, 1, 0, stream, pointers, nullptr),
               "start a kernel");
}

constexpr int most_components = 65535;  // limit of the grid

}  // namespace

void convert_on_gpu(const CudaModule& module, const CudaUpload& what, CudaAddress from,
                    CudaStreamHandle stream) {
  const auto bytes = std::size_t(module.plan.scalar_bytes);
  for (const CudaSegment& segment : what.segments) {
    for (int first = 0; first < what.components; first += most_components) {
      CudaArguments arguments{};
      arguments.parameters = reinterpret_cast<const double*>(
          from + 8 * std::size_t(first * what.from_stride + segment.begin));
      arguments.column_kept = reinterpret_cast<void*>(
          what.to + bytes * std::size_t(first * what.to_stride + segment.to));
      arguments.row_vector_stride = what.from_stride;
      arguments.column_vector_stride = what.to_stride;
      arguments.rows = segment.end - segment.begin;
      if (arguments.rows > 0) {
        start_conversion(module, arguments,
                         std::min(most_components, what.components - first), stream);
      }
    }
  }
}

CudaInputs::CudaInputs(const CudaModule& module, const Job& job,
                       const CudaInterruptCheck& ask, bool may_stay)
    : module_(module),
      context_(module.context),
      scalar_bytes_(module.plan.scalar_bytes),
      parameters_(components_of(job.parameter_inputs)),
      row_components_(components_of(job.row_inputs)),
      column_components_(components_of(job.column_inputs)) {
  const std::size_t length = words_in_table(job);
  const bool stays = may_stay && can_stay(job, 8 * length);
  Words words;
  words.reserve(length);
  if (!stays) table_buffer_ = context_.allocate(8 * length);
  table_ = stays ? pinned_address(context_.staging->inputs) : table_buffer_.address();
  append_parameters(job.parameter_inputs, words);
  words.resize(words_before_matrices());
  add_pointers(job.row_inputs, words, parameters_);
  add_pointers(job.column_inputs, words, parameters_ + row_components_);
  if (stays)
    std::memcpy(context_.staging->inputs, words.data(), 8 * words.size());
  else
    copy_to_gpu(context_, table_, words.data(), 8 * words.size());
  copy_resident_parameters(job.parameter_inputs);
  upload(context_, uploads_, scalar_bytes_, context_.stream, ask);
}

std::size_t CudaInputs::words_of(const MatrixView& matrix) const {
  return (values_of(matrix) * std::size_t(scalar_bytes_) + 7) / 8;
}

/// So many words stand before the small matrices.
std::size_t CudaInputs::words_before_matrices() const {
  return parameters_ + row_components_ + column_components_ + 1;
}

/// At most: a matrix that comes twice counts twice.
std::size_t CudaInputs::words_in_table(const Job& job) const {
  std::size_t words = words_before_matrices();
  for (const auto* matrices : {&job.row_inputs, &job.column_inputs}) {
    for (const MatrixView& matrix : *matrices) {
      if (!matrix.resident && !is_large(matrix)) words += words_of(matrix);
    }
  }
  return words;
}

void CudaInputs::append(const MatrixView& matrix, int scalar_bytes, Words& words) const {
  const std::size_t before = words.size();
  words.resize(before + (values_of(matrix) * std::size_t(scalar_bytes) + 7) / 8);
  convert_scalars(matrix.data, values_of(matrix), scalar_bytes, words.data() + before);
}

/// Those on the GPU are filled in afterwards.
void CudaInputs::append_parameters(const std::vector<MatrixView>& parameters,
                                   Words& words) const {
  for (const MatrixView& parameter : parameters) {
    if (parameter.resident)
      words.resize(words.size() + values_of(parameter));
    else
      append(parameter, 8, words);
  }
}

void CudaInputs::copy_resident_parameters(
    const std::vector<MatrixView>& parameters) const {
  CudaAddress to = table_;
  for (const MatrixView& parameter : parameters) {
    const std::size_t bytes = 8 * values_of(parameter);
    if (parameter.resident && bytes > 0) {
      context_.driver.check(context_.driver.copy_on_device(to, address_of(parameter),
                                                           bytes, context_.stream),
                            "take the inputs");
    }
    to += bytes;
  }
}

/// As it is, if kernels can read it.
CudaInputs::Placed CudaInputs::place_resident(const MatrixView& matrix) {
  if (scalar_bytes_ == 8)
    return {&matrix, address_of(matrix), 8 * std::size_t(matrix.stride)};
  large_.push_back(context_.allocate(values_of(matrix) * std::size_t(scalar_bytes_)));
  convert_on_gpu(module_, whole(matrix, large_.back().address()), address_of(matrix),
                 context_.stream);
  return {&matrix, large_.back().address(),
          std::size_t(scalar_bytes_) * std::size_t(matrix.rows)};
}

/// The place of the matrix on the GPU; small ones are appended to `words`.
CudaInputs::Placed CudaInputs::place(const MatrixView& matrix, Words& words) {
  for (const Placed& placed : placed_) {
    if (same_place(*placed.matrix, matrix)) return placed;
  }
  Placed result{&matrix, 0, std::size_t(scalar_bytes_) * std::size_t(matrix.rows)};
  if (matrix.resident) {
    result = place_resident(matrix);
  } else if (is_large(matrix)) {
    large_.push_back(context_.allocate(values_of(matrix) * std::size_t(scalar_bytes_)));
    result.address = large_.back().address();
    uploads_.push_back(whole(matrix, result.address));
  } else {
    result.address = table_ + 8 * words.size();
    append(matrix, scalar_bytes_, words);
  }
  placed_.push_back(result);
  return result;
}

void CudaInputs::add_pointers(const std::vector<MatrixView>& matrices, Words& words,
                              std::size_t at) {
  for (const MatrixView& matrix : matrices) {
    const Placed placed = place(matrix, words);
    for (int k = 0; k < matrix.components; ++k, ++at) {
      words[at] = placed.address + placed.stride * std::size_t(k);
      const std::size_t number = at - parameters_;
      if (number < first_inputs_.size())
        first_inputs_[number] = reinterpret_cast<const void*>(words[at]);
    }
  }
}

CudaChunkInputs::CudaChunkInputs(const CudaModule& module,
                                 const std::vector<MatrixView>& matrices, long long rows)
    : module_(module), context_(module.context), matrices_(matrices), rows_(rows) {
  const std::size_t components = components_of(matrices);
  const std::size_t bytes = std::size_t(module.plan.scalar_bytes) * std::size_t(rows);
  values_ = context_.allocate(components * bytes);
  table_ = context_.allocate(8 * components);
  std::vector<CudaAddress> pointers;
  for (std::size_t k = 0; k < components; ++k)
    pointers.push_back(values_.address() + k * bytes);
  if (pointers.empty()) return;
  copy_to_gpu(context_, table_.address(), pointers.data(), 8 * components);
  // another table takes the same way
  context_.driver.check(context_.driver.stream_wait(context_.stream), "take the inputs");
}

void CudaChunkInputs::load(const std::vector<CudaSegment>& rows, CudaStreamHandle stream,
                           const CudaInterruptCheck& ask) {
  const auto bytes = std::size_t(module_.plan.scalar_bytes);
  std::vector<CudaUpload> uploads;
  CudaAddress to = values_.address();
  for (const MatrixView& matrix : matrices_) {
    const CudaUpload all{matrix.data, matrix.stride, matrix.components, rows, to, rows_};
    if (matrix.resident)
      convert_on_gpu(module_, all, address_of(matrix), stream);
    else
      uploads.push_back(all);
    to += bytes * std::size_t(rows_) * std::size_t(matrix.components);
  }
  upload(context_, uploads, module_.plan.scalar_bytes, stream, ask);
}

}  // namespace rkeops
