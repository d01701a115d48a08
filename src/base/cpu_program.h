// The CPU runs this for one kernel: a compiled library (run/cpu/compiled_program) or the
// interpreter (interpret/interpreter). The same interface as abi.h, which see.
#pragma once

#include <rkeops/abi.h>

namespace rkeops {

class CpuProgram {
 public:
  virtual ~CpuProgram() = default;

  /// Bytes of the accumulators of this many rows.
  virtual long long partial_bytes(long long rows) const = 0;
  virtual long long workspace_bytes(long long rows) const = 0;
  virtual void initialise(void* partial, long long rows) const = 0;
  virtual void reduce(const RkeopsBlock& block) const = 0;
  virtual void merge(void* into, const void* from, long long rows) const = 0;
  virtual void finish(const RkeopsBlock& block, double* output,
                      long long stride) const = 0;
  /// Numbers from one accumulator of a row to the next, see abi.h.
  virtual long long slot_stride(long long rows) const { return rkeops_slot_stride(rows); }
  /// Gives where a row has slot k of its reduction (see inst/include/rkeops/reductions/):
  /// a program may divide components among several reductions.
  virtual int slot(int k) const { return k; }
  /// Whether the last bits of results depend on where the blocks given to reduce() begin,
  /// also where they begin at multiples of 256 columns. Then no clock may decide that.
  virtual bool depends_on_slices() const { return false; }
};

}  // namespace rkeops
