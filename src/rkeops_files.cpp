// The boundary for matrices in files: R matrices whose numbers are a file that is mapped.
#include "base/file_rows.h"
#include "base/mapped_file.h"
#include "boundary.h"
#include "native_pointer.h"

// Behind the headers of R, of which it includes none.
#include <R_ext/Altrep.h>

using namespace rkeops;

namespace {

R_altrep_class_t mapped_doubles;

const MappedFile& file_of(SEXP x) {
  return *static_cast<const MappedFile*>(R_ExternalPtrAddr(R_altrep_data1(x)));
}

R_xlen_t length(SEXP x) { return R_xlen_t(file_of(x).size() / sizeof(double)); }

// Numbers that are written there stay in this process (MappedFile).
void* pointer(SEXP x, Rboolean) {
  static double none = 0;
  char* const data = const_cast<char*>(file_of(x).data());
  return data ? static_cast<void*>(data) : &none;
}

const void* constant_pointer(SEXP x) { return pointer(x, FALSE); }

double element(SEXP x, R_xlen_t k) { return static_cast<double*>(pointer(x, FALSE))[k]; }

}  // namespace

// [[Rcpp::init]]
void register_mapped_doubles(DllInfo* library) {
  mapped_doubles = R_make_altreal_class("mapped_doubles", "rkeops", library);
  R_set_altrep_Length_method(mapped_doubles, length);
  R_set_altvec_Dataptr_method(mapped_doubles, pointer);
  R_set_altvec_Dataptr_or_null_method(mapped_doubles, constant_pointer);
  R_set_altreal_Elt_method(mapped_doubles, element);
}

// A numeric matrix whose numbers are those of the file, which nothing is read of yet.
// [[Rcpp::export(rng = false)]]
SEXP r_mapped_matrix(std::string path, int rows, int columns) {
  return guarded([&]() -> SEXP {
    const Rcpp::XPtr<MappedFile> file =
        native_pointer(std::make_unique<MappedFile>(path));
    if (file->size() != size_t(rows) * size_t(columns) * sizeof(double))
      throw Error(ErrorKind::argument, "The file `" + path + "` has another size.");
    const Rcpp::RObject values = Rcpp::unwindProtect(
        [&] { return R_new_altrep(mapped_doubles, file, R_NilValue); });
    const Rcpp::IntegerVector dim = Rcpp::IntegerVector::create(rows, columns);
    Rcpp::unwindProtect([&] {
      Rf_setAttrib(values, R_DimSymbol, dim);
      return R_NilValue;
    });
    return values;
  });
}

// `count` rows of a matrix in a file, from row `begin` (from 1) on.
// [[Rcpp::export(rng = false)]]
SEXP r_read_file_rows(std::string path, double rows, double columns, bool is_single,
                      bool by_rows, double begin, double count) {
  return guarded([&] {
    const Rcpp::NumericMatrix values(Rcpp::no_init(int(count), int(columns)));
    const FileLayout layout = {(long long)rows, (long long)columns, is_single, by_rows};
    read_file_rows(path, layout, (long long)begin - 1, (long long)count,
                   const_cast<double*>(values.begin()));
    return values;
  });
}
