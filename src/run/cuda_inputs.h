// The inputs of a reduction on the GPU: matrices copied as they are, and tables of their
// columns.
#pragma once

#include <vector>

#include "cuda_context.h"
#include "job.h"

namespace rkeops {

class CudaInputs {
 public:
  /// Starts to copy; the matrices must stay until the stream of the context has been
  /// waited for.
  CudaInputs(CudaContext& context, const Job& job);

  /// Addresses of the values of the parameters, and of one pointer a component.
  CudaAddress parameters() const { return table_.address(); }
  CudaAddress row_pointers() const { return parameters() + 8 * parameters_; }
  CudaAddress column_pointers() const { return row_pointers() + 8 * row_components_; }

 private:
  using Words =
      std::vector<CudaAddress>;  // 8 bytes each: addresses, or the bits of doubles

  std::size_t words_in_table(const Job& job) const;
  CudaAddress place(const MatrixView& matrix, Words& words);
  void add_pointers(const std::vector<MatrixView>& matrices, Words& words,
                    std::size_t at);

  CudaContext& context_;
  std::size_t parameters_, row_components_, column_components_;
  CudaBuffer table_;  // parameters, pointers, and the small matrices: one copy for all
  struct Placed {
    const double* data;
    std::size_t values;
    CudaAddress address;
  };
  std::vector<Placed> placed_;
  std::vector<CudaBuffer> large_;
};

}  // namespace rkeops
