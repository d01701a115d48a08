# Operators: functions made from formulas. A call passes its inputs to the
# native code as they are; everything about formulas, dimensions and sizes is
# checked there.

#' Make an operator from a formula
#'
#' An operator is an R function that computes a reduction, such as a sum over
#' `j` of `F(p, x[i, ], y[j, ])` for every `i`, without ever forming the matrix
#' of all pairs. The formula is checked when the operator is made. On the CPU it
#' is first interpreted, at once, and compiled when it has been interpreted as
#' long as compiling takes; later calls, also of other operators with the same
#' formula, use the compiled program. The option `compile` says otherwise (see
#' [set_rkeops_option()]).
#'
#' @param formula One string, `"Name_Reduction(F, k)"`: a reduction (`Sum`,
#'   `Min`, `Max`, `ArgMin`, `ArgMax`, `LogSumExp`, ...) of a formula `F`. With
#'   `k = 0` the result is indexed by `i` (the reduction runs over `j`), with
#'   `k = 1` it is indexed by `j`. See `axis`.
#' @param args Strings that declare the arguments of the formula in the order
#'   of the inputs, `"name = Category(dimension)"`: `Vi(D)` is a matrix of `D`
#'   columns whose rows are indexed by `i`, `Vj(D)` one indexed by `j`, `Pm(D)`
#'   a parameter, a vector of `D` numbers. `"name = Category(position,
#'   dimension)"` sets the place among the inputs, counted from 0. Named strings
#'   say the same: `c(x = "Vi(3)")`.
#' @param axis What the last number of the formula means: `"output"`, the index
#'   of the result, as in rkeops 1.x; or `"reduced"`, the index that is reduced
#'   (`0` for `i`, `1` for `j`), as in rkeops 2.x. By default the option `axis`.
#' @param precision `"float32"` or `"float64"` (`"float"` and `"double"` are the
#'   same). By default the option `precision`. It stays with the operator. In
#'   single precision the CPU takes numbers below 1.2e-38 as 0; GPUs do so with
#'   exponentials, in double precision below 2.2e-308.
#' @param sum_scheme How sums are accumulated: `"plain"` in the precision of
#'   the operator, `"block"` in blocks whose results are added in double
#'   precision, `"compensated"` with the rounding errors carried along.
#'   `"auto"` is `"block"`. The names of rkeops 2.x (`"direct_sum"`,
#'   `"block_sum"`, `"kahan_scheme"`) are understood.
#' @param tolerance The largest error of sums, see [tolerance]; `NULL`: that of
#'   the option `tolerance`, by default none.
#'
#' @return A function of class `keops_operator`, called as `op(input, inner_dim
#' @return A function of class `keops_operator`, called as `op(input, inner_dim
#'   = 1, nx = NULL, ny = NULL, out = NULL, ranges = NULL, groups = NULL,
#'   tolerance = NULL)`, or with all inputs in place of the list `input`:
#'   * `input` is a list of the inputs in the order of `args`, or named, in any
#'     order; `op(X, Y, B, s)` is the same as `op(list(X, Y, B, s))`. Inputs are
#'     matrices, vectors (a column for an argument of dimension 1, any vector of
#'     `D` numbers for `Pm(D)`), data frames of numbers, or data of other
#'     classes (see [data-classes]).
#'   * `inner_dim` says which dimension of the matrices is that of the points:
#'     `1`, `TRUE` or `"col"`: rows are points (the default). `0` or `FALSE`:
#'     columns are points, and the result is transposed too. `"row"`: columns
#'     are points, the rows of the result are points.
#'   * `out` is a [file_matrix()] of the shape of the result, which is written
#'     there by blocks of rows, and returned. Then `inner_dim` must be 1.
#'   * `nx` and `ny`, the numbers of `i` and of `j`, are needed only when no
#'     argument is indexed by them; otherwise they must agree with the inputs.
#'   * `ranges` are the pairs that are computed, where these are not all: see
#'     [pair_ranges()]. Arrays and `groups` are many calls at once, see
#'     [batches].
#'   * `tolerance` is that of this call, see [tolerance].
#'
#'   The value is a numeric matrix with one row for every `i` (or `j`, or one
#'   row). Row names of the first input with that index are kept. Indices, as
#'   those of `ArgMin`, count from 0, as the formula language does. Called
#'   without inputs, an operator returns the list of what it was made from.
#'
#' @seealso [keops_grad()] for gradients, [explain()] for the stages between the
#'   formula and the program.
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' formula <- "Sum_Reduction(Exp(-s * SqNorm2(x - y)) * b, 0)"
#' args <- c("x = Vi(3)", "y = Vj(3)", "b = Vj(6)", "s = Pm(1)")
#' op <- keops_kernel(formula, args)
#' op
#'
#' x <- matrix(runif(100 * 3), nrow = 100)
#' y <- matrix(runif(150 * 3), nrow = 150)
#' b <- matrix(runif(150 * 6), nrow = 150)
#' result <- op(list(x, y, b, 0.2))
#' dim(result)
#' \dontshow{set_rkeops_options(previous)}
keops_kernel <- function(formula, args = NULL,
                         axis = get_rkeops_option("axis"),
                         precision = get_rkeops_option("precision"),
                         sum_scheme = "auto", tolerance = NULL) {
  call <- rlang::current_env()
  axis_is_chosen <- !missing(axis) || session$chose_axis
  new_operator(
    formula = check_string(formula, "formula", call),
    args = check_declarations(args, call),
    axis = read_axis(axis, "axis", call),
    precision = read_precision(precision, "precision", call),
    sum_scheme = read_sum_scheme(sum_scheme, "sum_scheme", call),
    call = call, axis_is_chosen = axis_is_chosen,
    tolerance = check_tolerance(tolerance, "tolerance", call)
  )
}

# c(x = "Vi(3)") says the same as "x = Vi(3)".
check_declarations <- function(args, call) {
  args <- check_strings(args %||% character(), "args", call)
  # an element that has its name in its text needs none
  named <- rlang::names2(args) != "" & !grepl("=", args, fixed = TRUE)
  args[named] <- paste(names(args)[named], "=", args[named])
  unname(args)
}

# The environment of the operator is its state: what it was made from, and the
# pointer to what the native code knows of it. `shared` is set during the calls
# of operators that have kernels in common. Tests compare with what is not
# simplified. `axis_is_chosen` says that somebody said what `axis` is. `derived`
# are operators for batches, `wrt` the variable that a gradient is taken in.
new_operator <- function(formula, args, axis, precision, sum_scheme, call,
                         simplified = TRUE, axis_is_chosen = TRUE,
                         tolerance = NULL) {
  pointer <- nil_pointer
  shared <- NULL
  looked_at_for <- NULL
  derived <- wrt <- NULL
  state <- environment()
  connect(state, call)
  refuse_tolerance(state, call)
  rm(call)

  operator <- function(..., inner_dim = 1, nx = NULL, ny = NULL,
                       out = NULL, ranges = NULL, groups = NULL,
                       tolerance = NULL) {
    input <- list(...)
    first <- if (length(input)) input[[1L]]
    if (is.list(first) && !is.object(first) && length(input) == 1L) {
      check_input_name(names(input), sys.call())
      input <- first
    } else if (is_input_list(first, length(input))) {
      given <- read_inputs(input, inner_dim, nx, ny, sys.call())
      if (is.null(given)) {
        return(operator_context(state))
      }
      input <- given$input
      inner_dim <- given$inner_dim
      nx <- given$nx
      ny <- given$ny
    }
    if (identical(pointer, nil_pointer)) {
      connect(state, sys.call())
    }
    state <- with_tolerance(state, tolerance, sys.call())
    if (!is.null(groups) || has_batches(input)) {
      check_no_out(out, sys.call())
      call_batches(state, input, inner_dim, ranges, groups, sys.call())
    } else {
      call_operator(state, input, inner_dim, nx, ny, out, ranges, sys.call())
    }
  }
  structure(operator, class = "keops_operator")
}

call_operator <- function(state, input, inner_dim, nx, ny, out, ranges, call) {
  announce_compilation(state)
  orientation <- if (identical(inner_dim, 1)) {
    1L
  } else {
    inner_dim_code(inner_dim, call)
  }
  cover <- if (!is.null(ranges)) call_cover(ranges, call)
  if (!is.null(out)) {
    if (!is.null(cover)) check_no_out(out, call)
    return(call_in_blocks(state, input, orientation, nx, ny, out, call))
  }
  value <- r_operator_call(
    state$pointer, input, orientation, nx, ny, state$shared, cover,
    native_tolerance(state$tolerance)
  )
  # A result is a matrix, a failure a list.
  if (is.list(value)) {
    value <- call_with_numbers(
      value, state, input, orientation, nx, ny, cover, call
    )
  }
  # what was announced need not be reported
  if (settings$compile == "auto") report_compilation(state$formula)
  announce_axis(state)
  value
}

# Inputs in the order of the arguments, named as these are.
inputs_in_order <- function(input, known, call) {
  given <- rlang::names2(input)
  names <- known$name[order(known$position)]
  if (all(given == "")) {
    names(input) <- if (length(input) == length(names)) names
  } else if (setequal(given, names)) {
    input <- input[names]
  }
  if (length(input) != length(names) || !setequal(names(input), names)) {
    abort_rkeops(
      "argument", sprintf(
        "The operator takes %d inputs: %s.", length(names),
        paste(names, collapse = ", ")
      ), call = call
    )
  }
  input
}

nil_pointer <- new("externalptr")

# An operator that was saved, or sent to another process, arrives there without
# its pointer.
connect <- function(state, call) {
  check_native(push_settings(), call)
  state$looked_at_for <- NULL
  state$pointer <- check_native(
    r_operator_create(
      state$formula, state$args, state$axis, state$precision, state$sum_scheme,
      state$simplified
    ), call
  )
}

operator_state <- function(operator) {
  state <- environment(operator)
  if (identical(state$pointer, nil_pointer)) {
    connect(state, rlang::caller_env())
  }
  state
}

operator_context <- function(state) {
  list(
    formula = state$formula, args = state$args,
    args_info = describe_operator(state)$arguments,
    sum_scheme = state$sum_scheme, precision = state$precision,
    axis = state$axis
  )
}

describe_operator <- function(state) {
  check_native(r_operator_describe(state$pointer))
}

# Not an input, but a list of them, or nothing; a data frame is an input.
is_input_list <- function(first, count) {
  (is.null(first) && count <= 1L) ||
    (is.list(first) &&
       !inherits(first, c("data.frame", "POSIXlt", "file_matrix")))
}

# op(input = list(X, Y)) is understood.
check_input_name <- function(name, call) {
  if (!is.null(name) && !name %in% c("", "input")) {
    abort_unknown(name, "input", call)
  }
}

# The native code refuses inputs of classes that stand for numbers: once more,
# with numbers, or the error.
call_with_numbers <- function(failure, state, input, orientation, nx, ny,
                              cover, call) {
  failed <- inherits(failure, "rkeops_failure")
  if (failed && any(vapply(input, is_too_large, NA))) {
    if (!is.null(cover)) abort_blocks(call)
    return(call_in_blocks(state, input, orientation, nx, ny, NULL, call))
  }
  if (failed && any(vapply(input, is_classed, NA))) {
    input <- plain_inputs(input, state, call)
    failure <- r_operator_call(
      state$pointer, input, orientation, nx, ny, state$shared, cover,
      native_tolerance(state$tolerance)
    )
  }
  check_native(failure, call)
}

plain_inputs <- function(input, state, call) {
  names <- names(input)
  if (is.null(names) || all(names == "")) {
    arguments <- describe_operator(state)$arguments
    names <- arguments$name[match(seq_along(input) - 1L, arguments$position)]
  }
  input[] <- Map(function(x, name) plain_data(x, name, call), input, names)
  input
}

# For op(list(X, Y)), and op(list(X, Y), 0) as scripts of rkeops 1.x write it.
# NULL when there are neither inputs nor sizes.
read_inputs <- function(given, inner_dim, nx, ny, call) {
  if (!length(given) || is.null(given[[1L]])) {
    if (is.null(nx) && is.null(ny)) {
      return(NULL)
    }
    given <- list(list())
  }
  values <- list(
    input = given[[1L]], inner_dim = inner_dim, nx = nx, ny = ny
  )
  rest <- given[-1L]
  unknown <- setdiff(names(rest), "")
  if (length(unknown)) {
    abort_unknown(unknown[[1L]], c("inner_dim", "nx", "ny", "out"), call)
  }
  if (length(rest) > 3L) {
    abort_argument(
      "input", "one list, or all the inputs without a list", given, call
    )
  }
  values[1L + seq_along(rest)] <- rest
  values
}

# The code of the native functions: 1 rows are points; 0 columns are points,
# and the result is transposed; 2 columns are points, the result is n x D.
inner_dim_code <- function(inner_dim, call) {
  if (is.atomic(inner_dim) && length(inner_dim) == 1L && !is.na(inner_dim)) {
    if (inner_dim %in% list(1, TRUE, "col")) {
      return(1L)
    }
    if (inner_dim %in% list(0, FALSE)) {
      return(0L)
    }
    if (identical(inner_dim, "row")) {
      return(2L)
    }
  }
  abort_argument("inner_dim", "1, 0, \"col\" or \"row\"", inner_dim, call)
}

engine_place <- function() {
  if (settings$engine == "cuda") "GPU" else "CPU"
}
