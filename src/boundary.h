// The functions exported to R share this: errors become values, interrupts are asked for
// without jumping. Included by the files rkeops*.cpp alone.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "operator/settings.h"
#include "r_values.h"
#include "rcpp.h"
#include "run/cuda/gpu_matrix.h"

namespace rkeops {

/// The options of the session.
Settings& settings();

/// Runs an operator on the inputs of R: see r_operator_call() in rkeops.cpp. A numeric
/// matrix, or one on the GPU. A tolerance below 0 is that of the option.
SEXP run_operator(Callable& operation, SEXP input, Orientation orientation, SEXP nx,
                  SEXP ny, ResultPlace place, SharedResults* shared = nullptr,
                  SEXP cover = R_NilValue, double tolerance = 0);

/// The cover that r_cover_create() made, or null for R_NilValue.
std::shared_ptr<const PairCover> cover_of(SEXP pointer);

/// The same with inputs that are ready, into `output`.
void run_callable(Callable& operation, const CallInputs& inputs, const CallOutput& output,
                  SharedResults* shared = nullptr);

/// Asks R, without jumping, whether the user wants to stop.
bool interrupted();

/// Runs a long computation with what asks R for interrupts and what shows how far it is.
void watched(const std::function<void(const Interrupted&, const Progress&)>& body);

/// The GPU on which matrices can stay during a call: the only one of the settings.
CudaContext* resident_gpu();

/// An R object of class "gpu_matrix", which ends the matrix when R has no use for it.
SEXP gpu_matrix_object(std::unique_ptr<GpuMatrix> matrix);

/// A matrix on the GPU of this context, after garbage collection if there is no room.
std::unique_ptr<GpuMatrix> new_gpu_matrix(CudaContext& context, long long rows,
                                          long long columns);

/// The workers of the session, by R/workers_run.R; null for no work.
std::shared_ptr<Workers> r_workers(double work_of_a_part);

/// Looks for matrices on GPUs that R has no use for.
void collect_garbage();

Rcpp::CharacterVector character(const std::vector<std::string>& strings);
Rcpp::CharacterVector character(const std::string& text);

/// Folders by the names of a vector of R, which say what they belong to.
std::vector<NamedFolder> named_folders(Rcpp::CharacterVector folders);

/// One string a line.
Rcpp::CharacterVector lines_of(const std::string& text);

/// A list of class "rkeops_failure".
SEXP failure(const Error& error);

/// The value of `body`, or the failure it meets.
template <class Body>
SEXP guarded(Body body) {
  try {
    return Rcpp::wrap(body());
  } catch (const Error& error) {
    return failure(error);
  } catch (const std::bad_alloc&) {
    return failure(
        Error(ErrorKind::argument, "There is not enough memory for this computation."));
  } catch (const std::exception& error) {
    return failure(Error(ErrorKind::internal, error.what()));
  }
}

}  // namespace rkeops
