# LazyTensors: matrices whose entries are a formula of data, never stored. The
# native code holds the expression; the R object holds the data, and the text
# from which another process builds the expression again. The text is written
# when it is read, so that a step of a long chain costs no more than the first.

#' @importFrom methods setClass setMethod setGeneric show signature slot<-
NULL

#' The classes of lazy tensors
#'
#' A `LazyTensor` has slots for its formula, its data and its dimensions; read
#' them with `$` (see [LazyTensor()]), and make objects with [LazyTensor()].
#' @keywords internal
#' @export
setClass("LazyTensor", slots = c(
  state = "environment", formula = "character", args = "character",
  data = "list", dimension = "integer", sizes = "integer", type = "character",
  precision = "character", unit = "character", levels = "character",
  ranges = "list", batch = "integer"
), prototype = list(
  dimension = 1L, sizes = c(i = NA_integer_, j = NA_integer_), type = "real",
  precision = "", unit = ""
))

#' @rdname LazyTensor-class
#' @export
setClass("ComplexLazyTensor", contains = "LazyTensor")

# `parts` is what the native functions return, `sizes` the numbers of i and of
# j (NA where no data have that index), `type` "real", "complex", "logical",
# "code" or "ordered" (factors and text). `precision` is that of reductions, ""
# for numbers that have the precision of what is beside them; `unit` what 1
# counts, "" for plain numbers; `levels` what codes stand for; `ranges` a list
# of the ranges of pairs, empty for all pairs.
new_lazy <- function(parts, sizes, type, precision = "", unit = "",
                     levels = character(), ranges = list()) {
  state <- new.env(parent = emptyenv())
  state$pointer <- parts$pointer
  x <- if (type == "complex") empty_complex_tensor else empty_tensor
  # unchecked: an expression of many steps makes many of them
  slot(x, "state", check = FALSE) <- state
  slot(x, "formula", check = FALSE) <- parts$formula
  slot(x, "args", check = FALSE) <- parts$args
  slot(x, "data", check = FALSE) <- parts$data
  slot(x, "dimension", check = FALSE) <- parts$dimension
  slot(x, "sizes", check = FALSE) <- sizes
  slot(x, "type", check = FALSE) <- type
  slot(x, "precision", check = FALSE) <- precision
  slot(x, "unit", check = FALSE) <- unit
  slot(x, "levels", check = FALSE) <- levels
  slot(x, "ranges", check = FALSE) <- ranges
  x
}

empty_tensor <- methods::new("LazyTensor")
empty_complex_tensor <- methods::new("ComplexLazyTensor")

no_sizes <- c(i = NA_integer_, j = NA_integer_)

# A tensor that `new()` made stands for nothing.
stands_for_nothing <- function(x) {
  is.null(x@state$pointer) && !length(x@formula)
}

# The tensor with other data for its variables. The expression is a new one,
# since expressions with common steps have these variables in common.
with_data <- function(x, data) {
  state <- new.env(parent = emptyenv())
  state$pointer <- check_native(r_lazy_read(x@formula, x@args))
  x@state <- state
  x@data <- data
  x
}

# The pointer and the data, as the native functions take an operand. A tensor
# that was saved, or sent to another process, arrives without its pointer. Only
# what reduces may take tensors with ranges.
native_operand <- function(x, may_have_ranges = FALSE) {
  state <- x@state
  if (!may_have_ranges) refuse_ranges(x, NULL)
  if (stands_for_nothing(x)) {
    abort_rkeops(
      "argument", "This LazyTensor stands for nothing.",
      hints = "Make one with `LazyTensor()`, `Vi()`, `Vj()` or `Pm()`.",
      call = NULL
    )
  }
  if (identical(state$pointer, nil_pointer)) {
    state$pointer <- check_native(r_lazy_read(x@formula, x@args))
  }
  list(state$pointer, x@data)
}
