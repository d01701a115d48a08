#include "interpret/instruction_sets.h"

#include "base/diagnostic.h"

namespace rkeops {

namespace {

bool has_avx2() {
#if defined(__x86_64__) && defined(__GNUC__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return false;
#endif
}

bool has_avx512() {
#if defined(__x86_64__) && defined(__GNUC__)
  return has_avx2() && __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512bw");
#else
  return false;
#endif
}

}  // namespace

std::vector<const tiles::InstructionSet*> available_instruction_sets() {
  std::vector<const tiles::InstructionSet*> sets = {tiles::baseline_instructions()};
  if (tiles::avx2_instructions() && has_avx2())
    sets.push_back(tiles::avx2_instructions());
  if (tiles::avx512_instructions() && has_avx512())
    sets.push_back(tiles::avx512_instructions());
  return sets;
}

const tiles::InstructionSet& instruction_set_named(const std::string& name) {
  const auto sets = available_instruction_sets();
  if (name.empty()) return *sets.back();
  std::vector<std::string> known;
  for (const tiles::InstructionSet* set : sets) {
    if (name == set->name) return *set;
    known.push_back(set->name);
  }
  throw Error(ErrorKind::argument, "This processor has no instruction set `" + name + "`",
              known);
}

}  // namespace rkeops
