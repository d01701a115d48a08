// Pointers to native objects as R holds them, each with a tag that says to what: a
// pointer of another kind, or of another package, is refused, never followed.
#pragma once

#include <memory>

#include "base/diagnostic.h"
#include "base/mapped_file.h"
#include "base/pair_cover.h"
#include "lazy/lazy_expression.h"
#include "rcpp.h"
#include "run/call.h"
#include "run/cpu/shared_job.h"
#include "run/cuda/gpu_matrix.h"

namespace rkeops {

/// A cover as R holds it: operators keep it longer than R may.
using SharedCover = std::shared_ptr<const PairCover>;

template <class T>
constexpr const char* tag_of();
template <>
constexpr const char* tag_of<Callable>() {
  return "rkeops operator";
}
template <>
constexpr const char* tag_of<GpuMatrix>() {
  return "rkeops matrix on a GPU";
}
template <>
constexpr const char* tag_of<LazyExpression>() {
  return "rkeops expression";
}
template <>
constexpr const char* tag_of<SharedResults>() {
  return "rkeops shared results";
}
template <>
constexpr const char* tag_of<MappedFile>() {
  return "rkeops file";
}
template <>
constexpr const char* tag_of<SharedCover>() {
  return "rkeops cover of pairs";
}
template <>
constexpr const char* tag_of<SharedJob>() {
  return "rkeops job";
}

/// R ends the object when nobody uses it any more.
template <class T>
Rcpp::XPtr<T> native_pointer(std::unique_ptr<T> object) {
  return Rcpp::XPtr<T>(object.release(), true, Rf_install(tag_of<T>()));
}

/// The object is not R's: whoever lends it clears the pointer when it goes.
template <class T>
Rcpp::XPtr<T> borrowed_pointer(T& object) {
  return Rcpp::XPtr<T>(&object, false, Rf_install(tag_of<T>()));
}

template <class T>
bool is_native_pointer(SEXP value) {
  return TYPEOF(value) == EXTPTRSXP && R_ExternalPtrTag(value) == Rf_install(tag_of<T>());
}

template <class T>
T& native_object(SEXP pointer) {
  T* object = is_native_pointer<T>(pointer) ? static_cast<T*>(R_ExternalPtrAddr(pointer))
                                            : nullptr;
  if (object) return *object;
  throw Error(ErrorKind::argument,
              "An object of rkeops is not whole: what it points to is no " +
                  std::string(tag_of<T>()) + ".",
              {}, {"Objects are made by functions of rkeops, not by hand."});
}

}  // namespace rkeops
