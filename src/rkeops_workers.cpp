// The boundary for workers. A process that shares a job asks R to have its parts computed
// (R/workers_run.R); a worker is told what a part is, and computes it.
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "base/input_summary.h"
#include "base/mapped_file.h"
#include "boundary.h"
#include "build/sha256.h"
#include "enumerations.h"
#include "native_pointer.h"
#include "run/worker_program.h"

using namespace rkeops;

namespace {

// ---- the process that shares
// ---------------------------------------------------------------------

class RWorkers : public Workers {
 public:
  explicit RWorkers(double work_of_a_part) : work_of_a_part_(work_of_a_part) {}

  double work_of_a_part() const override { return work_of_a_part_; }

  // Errors and interrupts of R pass as exceptions of Rcpp, which its wrappers know.
  void run(SharedJob& job) override {
    const Borrowed pointer(job);
    const Rcpp::Environment space = Rcpp::Environment::namespace_env("rkeops");
    const Rcpp::Function compute(space.get("compute_on_workers"));
    compute(pointer.pointer);
  }

 private:
  // R may keep the pointer, which is of no use afterwards.
  struct Borrowed {
    explicit Borrowed(SharedJob& job) : pointer(borrowed_pointer(job)) {}
    ~Borrowed() { R_ClearExternalPtr(pointer); }
    Rcpp::XPtr<SharedJob> pointer;
  };

  const double work_of_a_part_;
};

SharedJob& job_of(SEXP pointer) { return native_object<SharedJob>(pointer); }

size_t bytes_of(const MatrixView& matrix) {
  return size_t(matrix.rows) * size_t(matrix.components) * sizeof(double);
}

// A digest of the digests of pieces, which threads compute.
std::string digest_of(const MatrixView& matrix, int threads) {
  constexpr long long piece = 1 << 17;
  const long long pieces_of_column = (matrix.rows + piece - 1) / piece;
  std::vector<std::string> digests(size_t(pieces_of_column * matrix.components));
  in_parts(digests.size() * piece, threads, [&](size_t begin, size_t end) {
    for (size_t k = (begin + piece - 1) / piece; k * piece < end; ++k) {
      const long long first = ((long long)k % pieces_of_column) * piece;
      const double* const values =
          matrix.data + ((long long)k / pieces_of_column) * matrix.stride + first;
      const long long count = std::min(piece, matrix.rows - first);
      digests[k] = sha256_hex(std::string(reinterpret_cast<const char*>(values),
                                          size_t(count) * sizeof(double)));
    }
  });
  std::string all =
      std::to_string(matrix.rows) + " x " + std::to_string(matrix.components);
  for (const std::string& one : digests) all += one;
  return sha256_hex(all);
}

Rcpp::List text_list(const ProgramText& text) {
  return Rcpp::List::create(Rcpp::_["formula"] = character(text.formula),
                            Rcpp::_["args"] = character(text.args),
                            Rcpp::_["precision"] = precision_name(text.precision),
                            Rcpp::_["sum_scheme"] = sum_scheme_name(text.sum_scheme),
                            Rcpp::_["simplified"] = text.simplified,
                            Rcpp::_["kernel"] = text.kernel, Rcpp::_["kind"] = text.kind,
                            Rcpp::_["instructions"] = text.instructions,
                            Rcpp::_["digest"] = text.digest);
}

// ---- a worker
// ------------------------------------------------------------------------------------

ProgramText text_from(const Rcpp::List& list) {
  ProgramText text;
  text.formula = Rcpp::as<std::string>(list["formula"]);
  text.args = Rcpp::as<std::vector<std::string>>(list["args"]);
  text.precision = precision_named(Rcpp::as<std::string>(list["precision"]));
  text.sum_scheme = scheme_named(Rcpp::as<std::string>(list["sum_scheme"]));
  text.simplified = Rcpp::as<bool>(list["simplified"]);
  text.kernel = Rcpp::as<int>(list["kernel"]);
  text.kind = Rcpp::as<std::string>(list["kind"]);
  text.instructions = Rcpp::as<std::string>(list["instructions"]);
  text.digest = Rcpp::as<std::string>(list["digest"]);
  return text;
}

// Bytes, or a file that is mapped.
const double* values_of(SEXP input, size_t bytes) {
  const bool is_raw = TYPEOF(input) == RAWSXP;
  const MappedFile* const file = is_raw ? nullptr : &native_object<MappedFile>(input);
  if ((is_raw ? size_t(Rf_xlength(input)) : file->size()) != bytes)
    throw internal_error("an input of a part has another size");
  return reinterpret_cast<const double*>(is_raw ? reinterpret_cast<char*>(RAW(input))
                                                : file->data());
}

// `counts` are the numbers of parameters, row inputs and column inputs.
Job job_from(const Rcpp::List& task, const Rcpp::List& inputs) {
  const auto rows = Rcpp::as<std::vector<double>>(task["input_rows"]);
  const auto components = Rcpp::as<std::vector<int>>(task["components"]);
  const auto counts = Rcpp::as<std::vector<int>>(task["counts"]);
  Job job;
  job.rows = (long long)Rcpp::as<double>(task["rows"]);
  job.columns = (long long)Rcpp::as<double>(task["columns"]);
  job.work = (long long)Rcpp::as<double>(task["work"]);
  job.single_precision =
      Rcpp::as<std::string>(Rcpp::List(task["program"])["precision"]) ==
      precision_name(Precision::float32);
  R_xlen_t k = 0;
  for (auto* matrices : {&job.parameter_inputs, &job.row_inputs, &job.column_inputs}) {
    const int count = counts.at(size_t(matrices == &job.row_inputs      ? 1
                                       : matrices == &job.column_inputs ? 2
                                                                        : 0));
    for (int one = 0; one < count; ++one, ++k) {
      MatrixView matrix{nullptr, (long long)rows.at(size_t(k)), components.at(size_t(k))};
      matrix.data = values_of(inputs[k], bytes_of(matrix));
      matrices->push_back(matrix);
    }
  }
  return job;
}

JobPart part_from(const Rcpp::NumericVector& part) {
  const auto number = [&](int k) { return (long long)part[k]; };
  return {{number(0), number(1)}, {number(2), number(3)}, number(4) != 0};
}

Rcpp::RawVector raw_of(const std::vector<char>& bytes) {
  return Rcpp::RawVector(bytes.begin(), bytes.end());
}

}  // namespace

std::shared_ptr<Workers> rkeops::r_workers(double work_of_a_part) {
  if (work_of_a_part <= 0) return nullptr;
  return std::make_shared<RWorkers>(work_of_a_part);
}

// The parts of tasks for workers. `parts` has a column for each part: row ranges,
// column ranges, and whether it gives results.
// [[Rcpp::export(rng = false)]]
SEXP r_shared_job(SEXP pointer) {
  return guarded([&] {
    const SharedJob& shared = job_of(pointer);
    const Job& job = shared.job();
    std::vector<std::string> digests;
    std::vector<double> rows;
    std::vector<int> components;
    for (const MatrixView& matrix : shared.inputs()) {
      digests.push_back(digest_of(matrix, settings().usable_threads()));
      rows.push_back(double(matrix.rows));
      components.push_back(matrix.components);
    }
    Rcpp::NumericMatrix parts(5, int(shared.parts().size()));
    for (size_t k = 0; k < shared.parts().size(); ++k) {
      const JobPart& part = shared.parts()[k];
      const long long numbers[] = {part.rows.begin, part.rows.end, part.columns.begin,
                                   part.columns.end, part.gives_results};
      for (int n = 0; n < 5; ++n) parts(n, int(k)) = double(numbers[n]);
    }
    const std::vector<int> counts = {int(job.parameter_inputs.size()),
                                     int(job.row_inputs.size()),
                                     int(job.column_inputs.size())};
    return Rcpp::List::create(
        Rcpp::_["program"] = text_list(shared.text()), Rcpp::_["rows"] = double(job.rows),
        Rcpp::_["columns"] = double(job.columns), Rcpp::_["work"] = double(job.work),
        Rcpp::_["counts"] = counts, Rcpp::_["digests"] = character(digests),
        Rcpp::_["input_rows"] = rows, Rcpp::_["components"] = components,
        Rcpp::_["parts"] = parts);
  });
}

// Input k (from 1) as bytes.
// [[Rcpp::export(rng = false)]]
SEXP r_shared_input(SEXP pointer, int k) {
  return guarded([&] {
    const MatrixView& matrix = job_of(pointer).inputs().at(size_t(k - 1));
    const size_t column = size_t(matrix.rows) * sizeof(double);
    Rcpp::RawVector bytes = Rcpp::RawVector(Rcpp::no_init(R_xlen_t(bytes_of(matrix))));
    for (int component = 0; component < matrix.components; ++component)
      std::memcpy(bytes.begin() + size_t(component) * column,
                  matrix.data + component * matrix.stride, column);
    return bytes;
  });
}

// The same into a file; FALSE where that fails.
// [[Rcpp::export(rng = false)]]
SEXP r_write_shared_input(SEXP pointer, int k, std::string path) {
  return guarded([&] {
    const MatrixView& matrix = job_of(pointer).inputs().at(size_t(k - 1));
    std::FILE* const file = std::fopen(path.c_str(), "wb");
    if (!file) return false;
    bool is_good = true;
    for (int component = 0; component < matrix.components && is_good; ++component)
      is_good = std::fwrite(matrix.data + component * matrix.stride, sizeof(double),
                            size_t(matrix.rows), file) == size_t(matrix.rows);
    return std::fclose(file) == 0 && is_good;
  });
}

// The result of part k (from 1); FALSE if it cannot be that.
// [[Rcpp::export(rng = false)]]
SEXP r_deliver_part(SEXP pointer, int k, Rcpp::RawVector bytes) {
  return guarded([&] {
    return job_of(pointer).deliver(size_t(k - 1),
                                   reinterpret_cast<const char*>(bytes.begin()),
                                   size_t(bytes.size()));
  });
}

// [[Rcpp::export(rng = false)]]
SEXP r_map_file(std::string path) {
  return guarded([&] { return native_pointer(std::make_unique<MappedFile>(path)); });
}

// [[Rcpp::export(rng = false)]]
SEXP r_compute_part(Rcpp::List task, Rcpp::List inputs, int threads,
                    std::string stop_file, std::string cache_directory) {
  return guarded([&] {
    const Job job = job_from(task, inputs);
    Settings own = settings();
    if (!cache_directory.empty()) own.cache.directory = cache_directory;
    std::vector<char> bytes;
    watched([&](const Interrupted& ask, const Progress&) {
      const Interrupted ends = [&] {
        return ask() || (!stop_file.empty() && access(stop_file.c_str(), F_OK) == 0);
      };
      const WorkerProgram program = program_for(text_from(task["program"]), own, ends);
      bytes = SharedJob::compute(*program.program, program.outputs, job,
                                 part_from(task["part"]), threads, ends);
    });
    return raw_of(bytes);
  });
}
