// One kernel under a debugger: a program around a generated source, which computes a few
// pairs of made-up numbers. In R:
//   writeLines(explain(op, "source"), "formula.cpp")
// Then, with the headers of the sources (or system.file("include", package = "rkeops")):
//   g++ -std=gnu++17 -g -O0 -march=native -Wno-psabi -Iinst/include \
//     -DSOURCE='"formula.cpp"' tools/debug-kernel.cpp -I. -o debug-kernel
//   gdb -ex 'break pair_stage' -ex run ./debug-kernel
// An operator of several kernels has several sources in this text: keep the one wanted.
#include SOURCE

#include <cstdio>
#include <vector>

int main() {
  constexpr long long rows = 5, columns = 7, most_inputs = 1000;
  std::vector<double> numbers(most_inputs + columns);
  for (size_t k = 0; k < numbers.size(); ++k) numbers[k] = 0.1 * double(k % 13);
  std::vector<const double*> inputs;  // components overlap: any numbers will do
  for (size_t k = 0; k < most_inputs; ++k) inputs.push_back(&numbers[k]);

  const RkeopsCpuLibrary* const kernel = rkeops_cpu_library();
  const size_t slots = size_t(kernel->slots * rkeops_slot_stride(rows));
  std::vector<double> partial(slots), output(size_t(kernel->outputs * rows));
  std::vector<char> workspace(size_t(kernel->workspace_bytes(rows)) + 64);
  char* const aligned = workspace.data() + 64 - size_t(workspace.data()) % 64;
  const RkeopsBlock block = {inputs.data(), inputs.data(),  inputs.data(), 0, rows, 0,
                             columns,       partial.data(), aligned};
  kernel->initialise(partial.data(), rows);
  kernel->reduce(&block);
  kernel->finish(&block, output.data(), rows);
  for (long long row = 0; row < rows; ++row) {
    for (int k = 0; k < kernel->outputs; ++k)
      std::printf("%s%.9g", k ? " " : "", output[size_t(k * rows + row)]);
    std::printf("\n");
  }
}
