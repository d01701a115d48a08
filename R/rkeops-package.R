#' Kernel reductions without memory overflow
#'
#' rkeops computes `out[i, ] = Reduction over j of F(p, x[i, ], y[j, ])` from a
#' formula, where `x` and `y` may have millions of rows: kernel sums, nearest
#' neighbours, log-sum-exp, and their gradients. The matrix of all pairs never
#' exists in memory. Each formula becomes one fused program for the CPU or for
#' an NVIDIA GPU.
#'
#' @section Where to start:
#' * [keops_kernel()] makes an operator, an R function, from a formula.
#' * [keops_grad()] makes the operator of its gradient.
#' * [LazyTensor()] writes the same as ordinary R: matrices that are never
#'   stored, with R's operators and functions.
#' * [use_gpu()] and [use_cpu()] choose where operators run.
#' * [set_rkeops_option()] and its relatives hold all other choices, precision
#'   first of all.
#' * [rkeops_sitrep()] says what is installed, and what to do about what is
#'   missing; [check_rkeops()] compiles and runs a small example.
#' * [explain()] shows every stage from the formula to the program.
#'
#' @section Errors:
#' Every error has the class `rkeops_error` and one of `rkeops_error_formula`,
#' `rkeops_error_shape`, `rkeops_error_argument`, `rkeops_error_compile`,
#' `rkeops_error_cache`, `rkeops_error_gpu`, `rkeops_error_internal`, so that
#' [tryCatch()] can tell them apart. The condition has the fields `details` and
#' `hints`.
#'
#' @section What rkeops writes:
#' Compiled formulas, and only these, into the temporary directory of the
#' session; into a directory that stays after [rkeops_use_persistent_cache()].
#'
#' @section Compilers:
#' The compiler is the C++17 compiler R was configured with; the environment
#' variable `RKEOPS_CXX` or the option `compiler` (see [set_rkeops_option()])
#' name another. The compiler for GPUs is NVRTC, the library `libnvrtc`, looked
#' for in the option `nvrtc`, in `CUDA_HOME`, `CUDA_PATH`, `LD_LIBRARY_PATH`, in
#' R packages that carry libraries of CUDA (`cuda12.8` and the like), in torch
#' for R, in environments of Python (`RETICULATE_PYTHON_ENV`,
#' `RETICULATE_PYTHON`, `VIRTUAL_ENV`, and one that is called `r-rkeops`), in
#' conda (`CONDA_PREFIX`), where the system has libraries, and in
#' `/usr/local/cuda`; or `nvcc`, looked
#' for in the option `nvcc`, in `CUDA_HOME`, `CUDA_PATH`, the `PATH` and
#' `/usr/local/cuda`. The option `cuda_compiler` chooses between them.
#'
#' @useDynLib rkeops, .registration = TRUE
#' @importFrom methods new
#' @importFrom Rcpp evalCpp
#' @keywords internal
"_PACKAGE"

.onLoad <- function(libname, pkgname) {
  reset_settings()
  take_options_of_r()
  if (isNamespaceLoaded("Matrix")) {
    add_matrix_operators()
  } else {
    setHook(packageEvent("Matrix", "onLoad"), add_matrix_operators)
  }
}
