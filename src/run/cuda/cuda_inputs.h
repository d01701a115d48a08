// The inputs of a reduction on the GPU: parameters as doubles, matrices as scalars of the
// precision it computes with, and tables of their columns.
#pragma once

#include <array>
#include <vector>

#include "base/job.h"
#include "run/cuda/cuda_context.h"
#include "run/cuda/cuda_upload.h"

namespace rkeops {

/// Starts to make scalars of a matrix that is on the GPU.
void convert_on_gpu(const CudaModule& module, const CudaUpload& what, CudaAddress from,
                    CudaStreamHandle stream);

/// Everything a reduction reads, at once.
class CudaInputs {
 public:
  /// Starts to copy, on the stream of the kernels. `job` are the rows of a share. For one
  /// kernel that reads little, a few inputs may stay where it reads them without a copy.
  CudaInputs(const CudaModule& module, const Job& job, const CudaInterruptCheck& ask = {},
             bool may_stay = false);

  /// Addresses of the values of the parameters, and of one pointer a component.
  CudaAddress parameters() const { return table_; }
  CudaAddress row_pointers() const { return parameters() + 8 * parameters_; }
  CudaAddress column_pointers() const { return row_pointers() + 8 * row_components_; }
  /// The first of these pointers: rows, then columns.
  const std::array<const void*, cuda_first_inputs>& first_inputs() const {
    return first_inputs_;
  }
  /// The address of an int that is 0.
  CudaAddress failed() const { return column_pointers() + 8 * column_components_; }

 private:
  using Words = std::vector<CudaAddress>;  // 8 bytes each: addresses, or bits of scalars

  /// A matrix in memory: component k at address + k * stride bytes.
  struct Placed {
    const MatrixView* matrix;
    CudaAddress address;
    std::size_t stride;
  };

  std::size_t words_of(const MatrixView& matrix) const;
  std::size_t words_before_matrices() const;
  std::size_t words_in_table(const Job& job) const;
  void append(const MatrixView& matrix, int scalar_bytes, Words& words) const;
  void append_parameters(const std::vector<MatrixView>& parameters, Words& words) const;
  Placed place(const MatrixView& matrix, Words& words);
  Placed place_resident(const MatrixView& matrix);
  void add_pointers(const std::vector<MatrixView>& matrices, Words& words,
                    std::size_t at);
  void copy_resident_parameters(const std::vector<MatrixView>& parameters) const;

  const CudaModule& module_;
  CudaContext& context_;
  const int scalar_bytes_;
  std::size_t parameters_, row_components_, column_components_;
  // parameters, pointers, a zero, and the small matrices: one copy for all
  CudaAddress table_ = 0;
  CudaBuffer table_buffer_;  // of no bytes where the table stays here
  std::array<const void*, cuda_first_inputs> first_inputs_{};
  std::vector<Placed> placed_;
  std::vector<CudaBuffer> large_;
  std::vector<CudaUpload> uploads_;
};

/// Room for some rows of matrices, which are loaded again and again.
class CudaChunkInputs {
 public:
  /// For up to `rows` rows. Waits for the stream of the kernels.
  CudaChunkInputs(const CudaModule& module, const std::vector<MatrixView>& matrices,
                  long long rows);

  /// The address of one pointer a component.
  CudaAddress pointers() const { return table_.address(); }

  /// Starts to copy these rows.
  void load(const std::vector<CudaSegment>& rows, CudaStreamHandle stream,
            const CudaInterruptCheck& ask = {});

 private:
  const CudaModule& module_;
  CudaContext& context_;
  const std::vector<MatrixView> matrices_;
  const long long rows_;
  CudaBuffer values_, table_;
};

}  // namespace rkeops
