#include "run/cpu/compiled_program.h"

#include "base/diagnostic.h"
#include "build/library.h"

namespace rkeops {

namespace {

class CompiledProgram : public CpuProgram {
 public:
  explicit CompiledProgram(const std::string& path) : file_(open_library(path)) {
    using Entry = const RkeopsCpuLibrary* (*)();
    library_ = reinterpret_cast<Entry>(file_->symbol("rkeops_cpu_library"))();
    if (library_->abi_version != RKEOPS_ABI_VERSION) {
      throw internal_error("a compiled formula has another version of the interface");
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

std::unique_ptr<CpuProgram> compiled_program(const std::string& path) {
  return std::make_unique<CompiledProgram>(path);
}

}  // namespace rkeops
