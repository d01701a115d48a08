// The inputs of a reduction on the GPU: parameters as doubles, matrices as scalars of the
// precision it computes with, and tables of their columns.
#pragma once

#include <vector>

#include "cuda_context.h"
#include "cuda_upload.h"
#include "job.h"

namespace rkeops {

class CudaInputs {
 public:
  /// Starts to copy.
  CudaInputs(CudaContext& context, const Job& job, int scalar_bytes);

  /// Addresses of the values of the parameters, and of one pointer a component.
  CudaAddress parameters() const { return table_.address(); }
  CudaAddress row_pointers() const { return parameters() + 8 * parameters_; }
  CudaAddress column_pointers() const { return row_pointers() + 8 * row_components_; }

 private:
  using Words = std::vector<CudaAddress>;  // 8 bytes each: addresses, or bits of scalars

  std::size_t words_of(const MatrixView& matrix) const;
  std::size_t words_in_table(const Job& job) const;
  void append(const MatrixView& matrix, int scalar_bytes, Words& words) const;
  CudaAddress place(const MatrixView& matrix, Words& words);
  void add_pointers(const std::vector<MatrixView>& matrices, Words& words,
                    std::size_t at);

  CudaContext& context_;
  const int scalar_bytes_;
  std::size_t parameters_, row_components_, column_components_;
  CudaBuffer table_;  // parameters, pointers, and the small matrices: one copy for all
  struct Placed {
    const double* data;
    std::size_t values;
    CudaAddress address;
  };
  std::vector<Placed> placed_;
  std::vector<CudaBuffer> large_;
  std::vector<CudaUpload> uploads_;
};

}  // namespace rkeops
