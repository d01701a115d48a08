#include "run/cpu/compiled_program.h"

#include "base/diagnostic.h"

namespace rkeops {

namespace {

class CompiledProgram : public CpuProgram {
 public:
  explicit CompiledProgram(const std::shared_ptr<Library>& file) : file_(file) {
    using Entry = const RkeopsCpuLibrary* (*)();
    library_ = reinterpret_cast<Entry>(file_->symbol("rkeops_cpu_library"))();
    if (library_->abi_version != RKEOPS_ABI_VERSION) {
      throw Error(ErrorKind::compile,
                  "A compiled formula has another version of the interface",
                  {"Wanted is version " + std::to_string(RKEOPS_ABI_VERSION) + "."},
                  {"Check the flags of the compiler: it must not find headers of another "
                   "rkeops."});
    }
  }

  long long partial_bytes(long long rows) const override {
    return 8LL * library_->slots * rkeops_slot_stride(rows);
  }
  long long workspace_bytes(long long rows) const override {
    return library_->workspace_bytes(rows);
  }
  void initialise(void* partial, long long rows) const override {
    library_->initialise(partial, rows);
  }
  void reduce(const RkeopsBlock& block) const override { library_->reduce(&block); }
  void merge(void* into, const void* from, long long rows) const override {
    library_->merge(into, from, rows);
  }
  void finish(const RkeopsBlock& block, double* output, long long stride) const override {
    library_->finish(&block, output, stride);
  }

 private:
  std::shared_ptr<Library> file_;
  const RkeopsCpuLibrary* library_;
};

}  // namespace

std::unique_ptr<CpuProgram> compiled_program(const std::shared_ptr<Library>& library) {
  return std::make_unique<CompiledProgram>(library);
}

}  // namespace rkeops
