# Options as users see and change them; the table is in options_table.R.

find_option <- function(name, call) {
  if (missing(name)) {
    abort_argument("option", "the name of an option", , call,
                   hints = option_hints(NULL))
  }
  row <- if (is.character(name) && length(name) == 1L) option_table[[name]]
  if (is.null(row)) {
    abort_argument(
      "option", "the name of an option", name, call, hints = option_hints(name)
    )
  }
  row
}

option_hints <- function(name) {
  known <- paste0("`", main_options, "`", collapse = ", ")
  hints <- paste0("The options are ", known, ".")
  if (checkmate::test_string(name)) {
    hints <- c(near_hints(name, names(option_table), 3L), hints)
  }
  hints
}

change_options <- function(values, call) {
  if (is.null(names(values)) || any(names(values) %in% c("", NA)) ||
        !length(values)) {
    abort_argument("input", "a list of `option = value`", values, call)
  }
  change_settings(read_options(values, call), call)
}

# Settings from options by any of their names.
read_options <- function(values, call) {
  new <- list()
  for (name in names(values)) {
    row <- find_option(name, call)
    new[[row$setting]] <- row$read(values[[name]], name, call)
  }
  new
}

#' Options of the session
#'
#' All options of rkeops are kept in one place for the session and go back to
#' their defaults with it. `options(rkeops.precision = "float64")`, and so for
#' each option, sets another default, read when rkeops is loaded and by
#' [rkeops_reset_options()]. The functions with `compile` in their names are
#' those of rkeops 1.x, those that begin with `rkeops_` those of rkeops 2.x;
#' both change the same options.
#'
#' @eval document_options()
#'
#' @section Options of rkeops 1.x:
#' The options `use_cuda_if_possible`, `col_major`, `debug`, `tag1D2D` and
#' `tagHostDevice` of rkeops 1.x may be set, and do nothing: programs for the
#' GPU are compiled when a GPU is used, and matrices are always those of R.
#'
#' @param option The name of an option; `get_rkeops_options()` takes several, or
#'   `NULL` for all.
#' @param value Its new value.
#' @param input A list `list(option = value, ...)`. Options that are not named
#'   stay as they are; [rkeops_reset_options()] sets all of them back.
#' @param ... The same as `input`: `option = value`.
#'
#' @return `get_rkeops_option()` returns a value, `get_rkeops_options()` a list
#'   of them, or one value when one name is given. All others return invisibly
#'   the list of the values they replaced, which `set_rkeops_options()` takes
#'   back.
#' @seealso [local_rkeops_options()] for options that go back by themselves.
#' @export
#' @examples
#' get_rkeops_option("precision")
#' previous <- set_rkeops_option("precision", "float64")
#' get_rkeops_options()
#' set_rkeops_options(previous)
set_rkeops_option <- function(option, value) {
  call <- rlang::current_env()
  find_option(option, call)
  if (missing(value)) {
    abort_argument("value", "the new value of the option", , call)
  }
  change_options(rlang::set_names(list(value), option), call)
}

#' @rdname set_rkeops_option
#' @export
set_rkeops_options <- function(input = NULL, ...) {
  call <- rlang::current_env()
  values <- given_options(input, list(...), call)
  if (length(values)) {
    return(change_options(values, call))
  }
  if (is.null(input)) say_no_reset()
  invisible(list())
}

given_options <- function(input, more, call) {
  if (!is.null(input) && !is.list(input)) {
    abort_argument("input", "a list of `option = value`", input, call)
  }
  c(input, more)
}

#' @rdname set_rkeops_option
#' @export
get_rkeops_option <- function(option) {
  option_value(option, rlang::current_env())
}

option_value <- function(option, call) {
  row <- find_option(option, call)
  row$show(settings[[row$setting]])
}

#' @rdname set_rkeops_option
#' @export
get_rkeops_options <- function(option = NULL) {
  call <- rlang::current_env()
  names <- check_strings(option %||% main_options, "option", call)
  values <- lapply(names, option_value, call)
  if (length(option) == 1L) {
    return(values[[1L]])
  }
  rlang::set_names(values, names)
}
