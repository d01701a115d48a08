// Functions exported to R: compilers and GPUs of the machine, the cache, the loops of the
// interpreter, and the tables of the language.
#include <chrono>

#include "boundary.h"
#include "build/compile.h"
#include "enumerations.h"
#include "explain/language.h"
#include "interpret/generate.h"
#include "interpret/instruction_sets.h"

using namespace rkeops;

// ---- the machine
// ---------------------------------------------------------------------------------

// [[Rcpp::export(rng = false)]]
SEXP r_toolchain(Rcpp::CharacterVector nvrtc_folders) {
  return guarded([&] {
    ToolchainSettings toolchain = settings().toolchain;
    toolchain.nvrtc_folders = named_folders(nvrtc_folders);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    const auto ends = [&] {
      return std::chrono::steady_clock::now() > end || interrupted();
    };
    const auto version = [&](Engine engine) {
      return character(compiler_version(engine, toolchain, ends));
    };
    return Rcpp::List::create(
        Rcpp::_["cxx"] = character(find_compiler(Engine::cpu, toolchain)),
        Rcpp::_["cxx_version"] = version(Engine::cpu),
        Rcpp::_["cuda"] = character(find_compiler(Engine::cuda, toolchain)),
        Rcpp::_["cuda_version"] = version(Engine::cuda),
        Rcpp::_["cuda_origin"] = character(cuda_compiler_origin(toolchain)),
        Rcpp::_["cuda_places"] = character(cuda_compiler_places(toolchain)));
  });
}

// [[Rcpp::export(rng = false)]]
SEXP r_gpu_devices() {
  return guarded([&] {
    std::vector<int> numbers;
    std::vector<std::string> names, architectures;
    std::vector<double> memory;
    for (const CudaDevice& device : cuda_devices(settings().cuda)) {
      numbers.push_back(device.number);
      names.push_back(device.name);
      memory.push_back(double(device.memory));
      architectures.push_back(device.architecture());
    }
    return Rcpp::DataFrame::create(
        Rcpp::_["device"] = numbers, Rcpp::_["name"] = names, Rcpp::_["memory"] = memory,
        Rcpp::_["architecture"] = architectures, Rcpp::_["stringsAsFactors"] = false);
  });
}

// ---- the cache
// -----------------------------------------------------------------------------------

// [[Rcpp::export(rng = false)]]
SEXP r_cache_list(std::string directory) {
  return guarded([&] {
    std::vector<std::string> keys, kinds, formulas;
    std::vector<double> bytes, last_use;
    for (const CacheEntry& entry : cache_entries(directory)) {
      keys.push_back(entry.key);
      kinds.push_back(entry.kind);
      bytes.push_back(entry.bytes);
      last_use.push_back(entry.last_use);
      formulas.push_back(entry.first_line);
    }
    return Rcpp::DataFrame::create(
        Rcpp::_["key"] = keys, Rcpp::_["kind"] = kinds, Rcpp::_["bytes"] = bytes,
        Rcpp::_["last_use"] = last_use, Rcpp::_["formula"] = character(formulas),
        Rcpp::_["stringsAsFactors"] = false);
  });
}

// [[Rcpp::export(rng = false)]]
SEXP r_cache_try(std::string directory) {
  return guarded([&] {
    try_cache(directory);
    return R_NilValue;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP r_cache_clear(std::string directory) {
  return guarded([&] { return clear_cache(directory); });
}

// ---- the interpreter
// ---------------------------------------------------------------------------------

// [[Rcpp::export(rng = false)]]
SEXP r_instruction_sets() {
  return guarded([&] {
    std::vector<std::string> names;
    for (const auto* set : available_instruction_sets()) names.push_back(set->name);
    return character(names);
  });
}

// [[Rcpp::export(rng = false)]]
SEXP r_generated_operations() {
  return guarded([&] { return character(generated_operations()); });
}

// ---- the language
// --------------------------------------------------------------------------------

// [[Rcpp::export(rng = false)]]
SEXP r_language(std::string table) {
  return guarded([&] {
    if (table != "operations" && table != "reductions")
      throw internal_error("there is no table of " + table);
    const std::vector<LanguageRow> rows = language_rows(table == "reductions");
    Rcpp::List columns;
    for (size_t k = 0; k < rows.front().size(); ++k) {
      std::vector<std::string> column;
      for (const LanguageRow& row : rows) column.push_back(row[k].second);
      columns[rows.front()[k].first] = character(column);
    }
    columns["stringsAsFactors"] = false;
    return Rcpp::DataFrame(columns);
  });
}
