# Options for a while, and back to the defaults.

#' Options for a while
#'
#' `local_rkeops_options()` changes options until the function that calls it
#' returns, `with_rkeops_options()` while an expression is evaluated, whether
#' that ends well or not. `rkeops_reset_options()` sets all options back to
#' their defaults, among them those of `options(rkeops.<option> = )`.
#'
#' @param ... `option = value`, or one list of them, as
#'   [set_rkeops_options()] takes them.
#' @param .frame The environment of the function at whose end the options go
#'   back.
#' @param input A list `list(option = value, ...)`.
#' @param code An expression.
#' @return `with_rkeops_options()` returns the value of `code`, the others,
#'   invisibly, the list of the values that they replaced.
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' x <- matrix(runif(20), 10)
#' precise_sums <- function(x) {
#'   local_rkeops_options(precision = "float64")
#'   rowSums(exp(-sqdist(Vi(x), Vj(x))))
#' }
#' precise_sums(x)
#' with_rkeops_options(list(precision = "float64"), lazy_precision(Vi(x)))
#' get_rkeops_option("precision")
#' \dontshow{set_rkeops_options(previous)}
local_rkeops_options <- function(..., .frame = parent.frame()) {
  call <- rlang::current_env()
  if (identical(.frame, globalenv())) {
    abort_rkeops(
      "argument", "`local_rkeops_options()` is for the inside of functions.",
      hints = c(
        "`set_rkeops_options()` changes options of the session.",
        "`with_rkeops_options()` changes them for one expression."
      ), call = call
    )
  }
  previous <- change_given(list(...), call)
  if (length(previous)) {
    restore <- rlang::call2(change_settings, previous, call = NULL)
    do.call(base::on.exit, list(restore, TRUE, FALSE), envir = .frame)
  }
  invisible(previous)
}

#' @rdname local_rkeops_options
#' @export
with_rkeops_options <- function(input, code) {
  call <- rlang::current_env()
  if (missing(code)) abort_argument("code", "an expression", , call)
  if (missing(input)) abort_argument("input", "a list of options", , call)
  previous <- change_given(list(input), call)
  on.exit(change_settings(previous, NULL))
  force(code)
}

# As set_rkeops_options() takes them: a list, and more behind it.
change_given <- function(given, call) {
  is_list <- length(given) > 0L && is.list(given[[1L]]) &&
    rlang::names2(given)[[1L]] %in% c("", "input")
  values <- if (is_list) c(unclass(given[[1L]]), given[-1L]) else given
  if (length(values)) change_options(values, call) else invisible(list())
}

#' @rdname local_rkeops_options
#' @export
rkeops_reset_options <- function() {
  call <- rlang::current_env()
  values <- default_settings()
  chosen <- read_options(options_of_r(), call)
  values[names(chosen)] <- chosen
  previous <- change_settings(values, call)
  session$chose_axis <- "axis" %in% names(chosen)
  invisible(previous)
}

# options(rkeops.precision = "float64"): list(precision = "float64").
options_of_r <- function() {
  names <- names(option_table)
  values <- rlang::set_names(lapply(paste0("rkeops.", names), getOption), names)
  values[!vapply(values, is.null, NA)]
}

# When the package is loaded a wrong value must not keep it from that.
take_options_of_r <- function() {
  given <- options_of_r()
  for (name in names(given)) {
    tryCatch(change_options(given[name], NULL), rkeops_error = function(error) {
      rlang::warn(
        c(sprintf("`options(rkeops.%s = )` is not used.", name),
          i = conditionMessage(error)),
        class = "rkeops_warning"
      )
    })
  }
}
