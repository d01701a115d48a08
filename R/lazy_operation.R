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
  operands <- code_operands(operation, operands, label, call)
  if (!as_real) {
    operands <- complex_operands(operation, operands, label, call)
  }
  sizes <- common_sizes(operands, label, call)
  parts <- check_native(r_lazy_apply(
    operation, label, unname(lapply(operands, native_operand)), integers
  ), call)
  type <- type %||% result_type(operation)
  value <- new_lazy(
    parts, sizes, type, common_precision(operands),
    common_unit(operation, operands, label, call),
    levels = if (type %in% code_types) operands[[1L]]@levels else character()
  )
  if (gives_number(operation, operands)) value@state$number <- TRUE
  value
}

logical_operations <- c(
  "<", "<=", ">", ">=", "==", "!=", "LessThan", "LessOrEqual", "GreaterThan",
  "GreaterOrEqual", "Equal", "NotEqual"
)

# Of complex numbers, with real values.
parts_of_complex <- c(
  "ComplexReal", "ComplexImag", "ComplexAbs", "ComplexSquareAbs",
  "ComplexAngle"
)

# Of real numbers, with complex values.
complex_from_real <- c("Real2Complex", "Imag2Complex", "ComplexExp1j")

is_complex_operation <- function(operation) {
  startsWith(operation, "Complex") || operation == "Conj" ||
    operation %in% complex_from_real
}

truth_operations <- c("And", "Or", "Not", "IsNaN")

result_type <- function(operation) {
  if (operation %in% c(logical_operations, truth_operations)) {
    "logical"
  } else if (is_complex_operation(operation) &&
    !operation %in% parts_of_complex) {
    "complex"
  } else {
    "real"
  }
}

# Real operands beside complex ones become complex.
complex_operands <- function(operation, operands, label, call) {
  complex <- vapply(operands, is_complex_tensor, NA)
  wants_complex <- is_complex_operation(operation) &&
    !operation %in% complex_from_real
  if (any(complex) && !wants_complex) {
    abort_rkeops(
      "argument",
      sprintf("`%s` is not defined for complex LazyTensors.", label),
      hints = "`Re()`, `Im()` and `Mod()` make real ones of them.", call = call
    )
  }
  if (wants_complex && operation != "ComplexRealScal") {
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

# Operations whose results count what their operands count.
unit_operations <- c(
  "+", "-", "Add", "Subtract", "Minus", "Abs", "Sum", "Min", "Max", "Minimum",
  "Maximum", "Extract", "Elem", "Concat", "Norm2", "IfElse", "Clamp", "ReLU"
)

# The unit of the result; days beside seconds are refused. A product with plain
# numbers keeps the unit.
common_unit <- function(operation, operands, label, call) {
  units <- vapply(operands, function(one) one@unit, "")
  has_unit <- units != ""
  if (!any(has_unit)) {
    return("")
  }
  unit <- unique(units[has_unit])
  if (length(unit) > 1L) abort_units(label, call)
  scales <- operation == "*" && sum(has_unit) == 1L ||
    operation == "/" && identical(has_unit, c(TRUE, FALSE))
  if (scales || operation %in% unit_operations) unit else ""
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
  formulas <- min(formula_count(operation, length(arguments), call),
                  length(arguments))
  integers <- utils::tail(arguments, length(arguments) - formulas)
  apply_operation(
    operation, utils::head(arguments, formulas),
    lapply(integers, check_integers, operation, call),
    call = call
  )
}

check_integers <- function(value, operation, call) {
  if (!checkmate::test_integerish(value, any.missing = FALSE)) {
    abort_argument(
      paste0("...` of `", operation), "whole numbers", value, call
    )
  }
  as.integer(value)
}

# How many of the arguments of an operation are formulas. Two rows may share a
# name: Max(f) and Max(f, g).
formula_count <- function(operation, given, call) {
  counts <- check_native(r_lazy_formula_counts(operation), call)
  if (!length(counts)) {
    return(given)
  }
  if (given %in% counts) given else counts[[1L]]
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
    opstr, operands_of(x), given_integers(opt_arg, opt_arg2), call = call
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
    opstr, operands_of(x, y), given_integers(opt_arg), call = call
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

given_integers <- function(...) {
  numbers <- list(...)
  lapply(numbers[!vapply(numbers, anyNA, NA)], as.integer)
}
