// Character vectors of R may have methods of their own (ALTREP). These have a pointer to
// an expression as `data1`, and the strings, once they were wanted, as `data2`. They are
// saved as plain strings, as R saves what has no method for that.
#include "lazy_text.h"

#include <R_ext/Altrep.h>

#include "boundary.h"
#include "lazy/text.h"
#include "native_pointer.h"

using namespace rkeops;

namespace {

R_altrep_class_t formula_class, args_class;

// The strings, or a message where there are none.
SEXP strings_or_message(SEXP text) {
  try {
    const LazyText written =
        write_lazy(native_object<LazyExpression>(R_altrep_data1(text)));
    return character(R_altrep_inherits(text, formula_class) ? written.formulas
                                                            : written.args);
  } catch (const std::exception&) {
    return R_NilValue;
  }
}

SEXP strings(SEXP text) {
  if (R_altrep_data2(text) != R_NilValue) return R_altrep_data2(text);
  const SEXP written = PROTECT(strings_or_message(text));
  if (written == R_NilValue) Rf_error("The formula of a LazyTensor cannot be written.");
  R_set_altrep_data2(text, written);
  // the expression is no longer needed
  R_set_altrep_data1(text, R_NilValue);
  UNPROTECT(1);
  return written;
}

R_xlen_t length_of(SEXP text) { return Rf_xlength(strings(text)); }

SEXP string_at(SEXP text, R_xlen_t k) { return STRING_ELT(strings(text), k); }

void set_string(SEXP text, R_xlen_t k, SEXP value) {
  SET_STRING_ELT(strings(text), k, value);
}

void* address(SEXP text, Rboolean) {
  return const_cast<SEXP*>(STRING_PTR_RO(strings(text)));
}

const void* known_address(SEXP text) {
  const SEXP known = R_altrep_data2(text);
  return known == R_NilValue ? nullptr : STRING_PTR_RO(known);
}

// Changes of a copy do not reach the original.
SEXP duplicate(SEXP text, Rboolean) {
  if (R_altrep_data2(text) != R_NilValue) return nullptr;
  const bool is_formula = R_altrep_inherits(text, formula_class);
  return R_new_altrep(is_formula ? formula_class : args_class, R_altrep_data1(text),
                      R_NilValue);
}

R_altrep_class_t text_class(const char* name, DllInfo* library) {
  const R_altrep_class_t text = R_make_altstring_class(name, "rkeops", library);
  R_set_altrep_Length_method(text, length_of);
  R_set_altrep_Duplicate_method(text, duplicate);
  R_set_altvec_Dataptr_method(text, address);
  R_set_altvec_Dataptr_or_null_method(text, known_address);
  R_set_altstring_Elt_method(text, string_at);
  R_set_altstring_Set_elt_method(text, set_string);
  return text;
}

}  // namespace

SEXP rkeops::lazy_text(SEXP pointer, TextPart part) {
  return R_new_altrep(part == TextPart::formula ? formula_class : args_class, pointer,
                      R_NilValue);
}

// [[Rcpp::init]]
void define_lazy_text(DllInfo* library) {
  formula_class = text_class("lazy_formula", library);
  args_class = text_class("lazy_args", library);
}
