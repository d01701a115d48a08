# Every step of an expression: an operation of the formula language, found by
# name in its table, applied to tensors.

# `operands` are tensors, numbers or vectors; `integers` the integer arguments
# and lists of the operation; `label` what messages call it. `as_real` takes
# complex tensors as their real and imaginary parts.
apply_operation <- function(operation, operands, integers = list(),
                            label = operation, call = rlang::caller_env(),
                            type = NULL, as_real = FALSE) {
  names <- names(operands) %||%
    c("x", "y", "z", rep("...", length(operands)))[seq_along(operands)]
  check_vectors(operands, names, operation, call)
  operands <- Map(
    function(one, name) as_lazy(one, name, call), unname(operands), names
  )
  row <- operation_row(operation, length(operands))
  operands <- code_operands(row, operands, label, call)
  if (!as_real) {
    operands <- complex_operands(row, operands, label, call)
  }
  sizes <- common_sizes(operands, label, call)
  parts <- check_native(r_lazy_apply(
    operation, label, unname(lapply(operands, native_operand, TRUE)), integers
  ), call)
  type <- type %||% row$gives
  value <- new_lazy(
    parts, sizes, type, common_precision(operands),
    common_unit(row, operands, label, call),
    levels = if (type %in% code_types) operands[[1L]]@levels else character(),
    ranges = common_ranges(operands, label, call)
  )
  if (gives_number(row, operands)) value@state$number <- TRUE
  value@batch <- common_batch(operands, label, call)
  value
}

# Real operands beside complex ones become complex.
complex_operands <- function(row, operands, label, call) {
  complex <- vapply(operands, is_complex_tensor, NA)
  if (any(complex) && row$takes == "real") {
    abort_rkeops(
      "argument",
      sprintf("`%s` is not defined for complex LazyTensors.", label),
      hints = "`Re()`, `Im()` and `Mod()` make real ones of them.", call = call
    )
  }
  if (row$takes == "complex") {
    operands[!complex] <- lapply(operands[!complex], as_complex)
  }
  operands
}

as_complex <- function(x) {
  if (is_complex_tensor(x)) {
    return(x)
  }
  apply_operation("Real2Complex", list(x))
}

# A number that is part of the formula.
lazy_constant <- function(value) {
  new_lazy(check_native(r_lazy_constant(value)), no_sizes, "real")
}

common_sizes <- function(operands, label, call) {
  sizes <- vapply(operands, function(one) one@sizes, no_sizes)
  common <- no_sizes
  for (index in names(common)) {
    known <- unique(sizes[index, ][!is.na(sizes[index, ])])
    if (length(known) > 1L) {
      abort_rkeops(
        "shape", sprintf(
          "The operands of `%s` have different numbers of points %s: %s.",
          label, paste("indexed by", index), paste(known, collapse = " and ")
        ),
        hints = "All data with the same index have the same number of rows.",
        call = call
      )
    }
    if (length(known)) common[[index]] <- known
  }
  common
}

# The unit of the result; days beside seconds are refused. A product with plain
# numbers keeps the unit.
common_unit <- function(row, operands, label, call) {
  units <- vapply(operands, function(one) one@unit, "")
  has_unit <- units != ""
  if (!any(has_unit)) {
    return("")
  }
  unit <- unique(units[has_unit])
  if (length(unit) > 1L) abort_units(label, call)
  counts <- switch(row$unit,
    keeps = TRUE,
    multiplies = sum(has_unit) == 1L,
    divides = identical(has_unit, c(TRUE, FALSE)),
    drops = FALSE
  )
  if (counts) unit else ""
}

abort_units <- function(label, call) {
  abort_rkeops(
    "argument",
    sprintf("`%s` has days on one side, and seconds on the other.", label),
    hints = c(
      "Data of class `Date` count days, date-times and `difftime` seconds.",
      "`as.Date()` or `as.POSIXct()` makes them the same.",
      "`as.numeric(x, units = \"days\")` is a difference in days."
    ), call = call
  )
}

#' Any operation of the formula language on lazy tensors
#'
#' Each row of [formula_language()] is at hand by its name, also those that have
#' no R function: kernels, small matrices, special functions.
#'
#' @param operation The name of an operation, `"Matern52"`.
#' @param ... Its arguments in their order: lazy tensors, vectors or numbers,
#'   and after them the whole numbers (or lists of them, as vectors) that the
#'   table lists. Whole numbers count from 0, as the formula language does.
#' @return A lazy tensor.
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' x <- matrix(runif(20), 10)
#' y <- matrix(runif(30), 15)
#' K <- lazy_apply("Matern52", Vi(x), Vj(y), 0.3)
#' rowSums(K)
#' \dontshow{set_rkeops_options(previous)}
lazy_apply <- function(operation, ...) {
  call <- rlang::current_env()
  operation <- check_string(operation, "operation", call)
  arguments <- list(...)
  formulas <- min(
    formula_count(operation, length(arguments)), length(arguments)
  )
  integers <- utils::tail(arguments, length(arguments) - formulas)
  apply_operation(
    operation, utils::head(arguments, formulas),
    lapply(integers, check_integers, operation, call),
    call = call
  )
}

check_integers <- function(value, operation, call) {
  if (!is_whole(value, any.missing = FALSE)) {
    abort_argument(
      paste0("...` of `", operation), "whole numbers", value, call
    )
  }
  as.integer(value)
}

#' Lazy tensors by the names of operations
#'
#' How rkeops 2.x builds its functions; [lazy_apply()] does the same for any
#' number of arguments.
#'
#' @param x,y,z Lazy tensors, vectors or numbers.
#' @param opstr The name of an operation of [formula_language()], or, where
#'   `is_operator`, an operator such as `"+"`.
#' @param opt_arg,opt_arg2 Whole numbers, where the operation needs them.
#' @param is_operator,dim_check_type,res_type,dim_res Not needed: the table of
#'   operations knows. Accepted for scripts of rkeops 2.x.
#' @return A lazy tensor.
#' @keywords internal
#' @export
unaryop.LazyTensor <- function(x, opstr, opt_arg = NA, # nolint
                               opt_arg2 = NA, res_type = NA, dim_res = NA) {
  call <- rlang::current_env()
  opstr <- check_string(opstr, "opstr", call)
  apply_operation(
    opstr, operands_of(x),
    given_integers(list(opt_arg = opt_arg, opt_arg2 = opt_arg2), call),
    call = call
  )
}

#' @rdname unaryop.LazyTensor
#' @export
binaryop.LazyTensor <- function(x, y, opstr, is_operator = FALSE, # nolint
                                dim_check_type = "sameor1", res_type = NA,
                                dim_res = NA, opt_arg = NA) {
  call <- rlang::current_env()
  opstr <- check_string(opstr, "opstr", call)
  apply_operation(
    opstr, operands_of(x, y), given_integers(list(opt_arg = opt_arg), call),
    call = call
  )
}

#' @rdname unaryop.LazyTensor
#' @export
ternaryop.LazyTensor <- function(x, y, z, opstr, # nolint
                                 dim_check_type = "sameor1", dim_res = NA) {
  call <- rlang::current_env()
  opstr <- check_string(opstr, "opstr", call)
  apply_operation(opstr, operands_of(x, y, z), call = call)
}

# NA: none.
given_integers <- function(numbers, call) {
  is_none <- vapply(numbers, function(one) {
    is.atomic(one) && length(one) == 1L && is.na(one)
  }, NA)
  numbers <- numbers[!is_none]
  unname(Map(function(one, name) {
    if (!is_whole(one, any.missing = FALSE)) {
      abort_argument(name, "whole numbers", one, call)
    }
    as.integer(one)
  }, numbers, names(numbers)))
}
