// The settings of the session as R passes them: one row each. R has the table of options
// (R/options_table.R), and what else the native code is told of the session.
#include "base/trace.h"
#include "boundary.h"
#include "enumerations.h"

using namespace rkeops;

Settings& rkeops::settings() {
  static Settings current;
  return current;
}

std::vector<NamedFolder> rkeops::named_folders(Rcpp::CharacterVector folders) {
  std::vector<NamedFolder> result;
  if (folders.size() == 0) return result;
  const Rcpp::CharacterVector origins = folders.names();
  for (R_xlen_t i = 0; i < folders.size(); ++i)
    result.push_back({std::string(folders[i]), std::string(origins[i])});
  return result;
}

namespace {

struct SettingRow {
  const char* name;
  void (*read)(Settings& settings, SEXP value);
};

using Strings = std::vector<std::string>;

std::string text(SEXP value) { return Rcpp::as<std::string>(value); }
double number(SEXP value) { return Rcpp::as<double>(value); }
bool flag(SEXP value) { return Rcpp::as<bool>(value); }
int whole(SEXP value) { return Rcpp::as<int>(value); }

// 0 stands for what is free.
std::size_t memory_limit(double bytes) { return std::isinf(bytes) ? 0 : size_t(bytes); }

using S = Settings;

const SettingRow setting_rows[] = {
    {"engine", [](S& s, SEXP v) { s.engine = engine_named(text(v)); }},
    {"compile", [](S& s, SEXP v) { s.compile = compile_mode_named(text(v)); }},
    {"expansion", [](S& s, SEXP v) { s.expansion = expansion_mode_named(text(v)); }},
    {"pruning", [](S& s, SEXP v) { s.pruning = pruning_mode_named(text(v)); }},
    {"tolerance", [](S& s, SEXP v) { s.tolerance = number(v); }},
    {"digits", [](S& s, SEXP v) { s.keeps_digits = keeps_digits_named(text(v)); }},
    {"instructions", [](S& s, SEXP v) { s.instructions = text(v); }},
    {"threads", [](S& s, SEXP v) { s.threads = s.cuda.threads = whole(v); }},
    {"threads_process", [](S& s, SEXP v) { s.threads_process = whole(v); }},
    {"interactive", [](S& s, SEXP v) { s.interactive = flag(v); }},
    {"trace", [](S& s, SEXP v) { s.trace = flag(v); }},
    {"compile_patience", [](S& s, SEXP v) { s.compile_patience = number(v); }},
    {"work_of_a_part", [](S& s, SEXP v) { s.workers = r_workers(number(v)); }},
    {"package_version", [](S& s, SEXP v) { s.package_version = text(v); }},

    {"cache_dir", [](S& s, SEXP v) { s.cache.directory = text(v); }},
    {"cache_maximum_bytes", [](S& s, SEXP v) { s.cache.maximum_bytes = number(v); }},

    {"cxx", [](S& s, SEXP v) { s.toolchain.cxx = text(v); }},
    {"compiler_flags",
     [](S& s, SEXP v) { s.toolchain.cxx_flags = Rcpp::as<Strings>(v); }},
    {"cuda_compiler", [](S& s, SEXP v) { s.toolchain.cuda_compiler = text(v); }},
    {"nvrtc", [](S& s, SEXP v) { s.toolchain.nvrtc = text(v); }},
    {"nvcc", [](S& s, SEXP v) { s.toolchain.nvcc = text(v); }},
    {"nvcc_flags", [](S& s, SEXP v) { s.toolchain.nvcc_flags = Rcpp::as<Strings>(v); }},
    {"cuda_home", [](S& s, SEXP v) { s.toolchain.cuda_home = text(v); }},
    {"cuda_path", [](S& s, SEXP v) { s.toolchain.cuda_path = text(v); }},
    {"path", [](S& s, SEXP v) { s.toolchain.path = text(v); }},
    {"nvrtc_folders", [](S& s, SEXP v) { s.toolchain.nvrtc_folders = named_folders(v); }},
    {"library_path", [](S& s, SEXP v) { s.toolchain.library_path = text(v); }},
    {"include_directory", [](S& s, SEXP v) { s.toolchain.include_directory = text(v); }},
    {"temporary_directory",
     [](S& s, SEXP v) { s.toolchain.temporary_directory = text(v); }},

    {"devices", [](S& s, SEXP v) { s.devices = Rcpp::as<std::vector<int>>(v); }},
    {"gpu_results", [](S& s, SEXP v) { s.gpu_results = result_place_named(text(v)); }},
    {"cuda_driver", [](S& s, SEXP v) { s.cuda.library = text(v); }},
    {"gpu_memory", [](S& s, SEXP v) { s.cuda.memory_limit = memory_limit(number(v)); }},
    {"work_worth_sharing", [](S& s, SEXP v) { s.cuda.work_worth_sharing = number(v); }},
    {"first_slice_work", [](S& s, SEXP v) { s.cuda.first_slice_work = number(v); }},
    {"leaves_to_share", [](S& s, SEXP v) { s.cuda.leaves_to_share = number(v); }},
    {"expands_always", [](S& s, SEXP v) { s.expands_always = flag(v); }},
    {"learns_speed", [](S& s, SEXP v) { s.cuda.learns_speed = flag(v); }},
};

// A setting that nothing reads, or that R does not pass, is a fault of the package.
Settings settings_from(const Rcpp::List& list) {
  Settings result;
  R_xlen_t known = 0;
  for (const SettingRow& row : setting_rows) {
    if (!list.containsElementNamed(row.name))
      throw internal_error("R did not pass the setting " + std::string(row.name));
    row.read(result, list[row.name]);
    ++known;
  }
  if (known != list.size()) {
    throw internal_error("R passed " + std::to_string(list.size()) + " settings; " +
                         std::to_string(known) + " are read");
  }
  return result;
}

// Threads of the package do not write: R is not made for it.
void write_trace(const std::string& text) { REprintf("%s", text.c_str()); }

}  // namespace

// [[Rcpp::export(rng = false)]]
SEXP r_set_settings(Rcpp::List list) {
  return guarded([&] {
    static SEXP before = R_NilValue;
    // unchanged settings leave what operators have compiled as it is
    if (R_compute_identical(before, list, 16)) return R_NilValue;
    Settings next = settings_from(list);
    next.generation = settings().generation + 1;
    reclaim_gpu_memory = collect_garbage;
    trace_to(next.trace ? write_trace : nullptr);
    settings() = next;
    R_ReleaseObject(before);
    R_PreserveObject(before = list);
    return R_NilValue;
  });
}
