# Names of earlier generations for what has another name.

#' Names of rkeops 1.x and 2.x
#'
#' Scripts for rkeops 1.x and 2.x find the functions they know. What each of
#' these does has a name of its own now.
#'
#' @param device,ncore As in [use_gpu()] and `use_cpu()`.
#'
#' @details
#' * `compile4float32()`, `rkeops_use_float32()`:
#'   `set_rkeops_option("precision", "float32")`.
#' * `compile4float64()`, `rkeops_use_float64()`:
#'   `set_rkeops_option("precision", "float64")`.
#' * `compile4gpu()`, `compile4cpu()`: nothing, since formulas are compiled when
#'   they are used; see [use_gpu()].
#' * `rkeops_use_gpu()`, `rkeops_use_cpu()`: [use_gpu()], `use_cpu()`.
#' * `rkeops_enable_verbosity()`, `rkeops_disable_verbosity()`:
#'   `set_rkeops_option("verbose", TRUE)`, or `FALSE`.
#' * `get_build_dir()`: [get_rkeops_cache_dir()].
#' * `helloWorld()`: [check_rkeops()].
#'
#' `sum_reduction()` and its relatives are on the page of the reductions of lazy
#' tensors, `unaryop.LazyTensor()` and its relatives on that of their
#' operations. `vignette("coming-from-rkeops")` lists what behaves otherwise.
#'
#' @return `get_build_dir()` is a path, `helloWorld()` returns the line that it
#'   prints, the others return what was set before, invisibly.
#' @seealso [set_rkeops_option()].
#' @name earlier-names
#' @concept rkeops 1.x
#' @concept rkeops 2.x
#' @examples
#' previous <- compile4float64()
#' get_rkeops_option("precision")
#' set_rkeops_options(previous)
NULL

#' @rdname earlier-names
#' @export
compile4float32 <- function() {
  set_rkeops_option("precision", "float32")
}

#' @rdname earlier-names
#' @export
compile4float64 <- function() {
  set_rkeops_option("precision", "float64")
}

#' @rdname earlier-names
#' @export
compile4gpu <- function() {
  set_rkeops_option("use_cuda_if_possible", 1)
}

#' @rdname earlier-names
#' @export
compile4cpu <- function() {
  set_rkeops_option("use_cuda_if_possible", 0)
}

#' @rdname earlier-names
#' @export
rkeops_use_float32 <- function() {
  set_rkeops_option("precision", "float32")
}

#' @rdname earlier-names
#' @export
rkeops_use_float64 <- function() {
  set_rkeops_option("precision", "float64")
}

#' @rdname earlier-names
#' @export
rkeops_enable_verbosity <- function() {
  set_rkeops_option("verbose", TRUE)
}

#' @rdname earlier-names
#' @export
rkeops_disable_verbosity <- function() {
  set_rkeops_option("verbose", FALSE)
}

#' @rdname earlier-names
#' @export
rkeops_use_gpu <- function(device = -1) {
  use_gpu(device)
}

#' @rdname earlier-names
#' @export
rkeops_use_cpu <- function(ncore = NULL) {
  use_cpu(ncore)
}

#' @rdname earlier-names
#' @export
get_build_dir <- function() {
  settings$cache_dir
}

#' @rdname earlier-names
#' @export
helloWorld <- function() { # nolint
  print("Hello user of KeOps")
}
