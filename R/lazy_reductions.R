# Reductions: where tensors become ordinary matrices.

#' Reductions of lazy tensors
#'
#' With an index these compute: `sum(K, index = "j")` is the matrix of the sums
#' over j, one row for each i. Without one, `sum()`, `prod()` and the like are
#' expressions again, over the components of the vector at each pair.
#'
#' @param x A lazy tensor.
#' @param ... For `sum(...)` and its relatives: the tensor, then the index;
#'   without index, several tensors are taken entry by entry. Numbers beside
#'   them are refused: `sum(K, 1)` could mean an axis, or `K + 1`; see also
#'   [`pmin()`][LazyTensor-words].
#' @param index The index that is reduced: with `"j"` the result has a row for
#'   each i, with `"i"` one for each j. `NA`: none.
#' @param K How many.
#' @param weight A lazy tensor (or vector, or number) of weights.
#' @param na.rm Whether missing values (`NA` and `NaN`) are left out. A mean is
#'   divided by the number of those that are not missing.
#' @param opstr The name of a reduction: a row of
#'   `formula_language("reductions")` without `_Reduction`.
#' @param opt_arg The whole number, or the weight, that the reduction needs.
#' @param precision `"float32"` or `"float64"`, for this reduction; `NULL`, that
#'   of the tensor.
#' @param tolerance Of `sum(x, index, tolerance = )`: its largest error, see
#'   [tolerance]; `NULL`, the option.
#'
#' @details
#' The precision is that of the tensor, see [lazy_precision()], unless
#' `precision` says otherwise.
#'
#' * `sum`, `prod`, `mean`, `min`, `max`, `any`, `all`: as in R, with its
#'   answers to `NA`. `range`: the smallest and the largest value side by side
#'   (in an array where there are several components).
#' * `argmin`, `argmax`: the place of the first smallest or largest value,
#'   counted from 1 (see the option `index_base`), `NA` where there is none.
#'   `min_argmin`, `max_argmax`: the list of both.
#' * `Kmin`, `argKmin`, `Kmin_argKmin`: the `K` smallest values, their places,
#'   or the list of both, in ascending order: nearest neighbours. Where there
#'   are fewer, the values are `Inf` and the places `NA`.
#' * An infinite value is no candidate: `Inf` has no place among the smallest,
#'   `-Inf` none among the largest. So [off_diagonal()] and its relatives leave
#'   entries out.
#' * `logsumexp(x, index, weight)`: the logarithm of the sum of `exp(x) *
#'   weight`, without overflow. `sumsoftmaxweight(x, index, weight)`: the mean
#'   of `weight` with weights proportional to `exp(x)`.
#' * `reduction.LazyTensor(x, "Var", "j")`: any reduction of the language.
#'
#' Without an index, what has one number at each pair by its formula (a
#' distance, a kernel, a norm) has no components to be reduced, and R would give
#' one number: `max(K)` is refused, and says how to write it. Data of one column
#' are vectors of one component, so that scripts need not treat them otherwise:
#' there `max(abs(x_i - y_j))` is lazy, which a message says once a session.
#'
#' The names that end with `_reduction` are those of rkeops 2.x.
#'
#' @return A matrix with one row for each value of the index that remains and
#'   one column for each component; of integers for places, complex for complex
#'   tensors (real and imaginary parts in turn if the option `complex_results`
#'   is `"interleaved"`). With `K`, a matrix of `K` columns, or for vectors an
#'   array of rows, `K` and components.
#' @name LazyTensor-reductions
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' x <- matrix(runif(20), 10)
#' y <- matrix(runif(30), 15)
#' D <- sqdist(Vi(x), Vj(y))
#' sum(exp(-D), index = "j")
#' min_argmin(D, "j")
#' argKmin(D, 3, "j")
#' logsumexp(-D, "i")
#' sumsoftmaxweight(-D, "j", Vj(y))
#' pmax(0.5 - D, 0)
#' \dontshow{set_rkeops_options(previous)}
NULL

# ---- the mechanism ----

read_index <- function(index, call) {
  if (missing(index) || !(identical(index, "i") || identical(index, "j"))) {
    abort_argument("index", "\"i\" or \"j\"", index, call)
  }
  index
}

# Results that are to be shaped do not stay on the GPU.
evaluation <- function(name, integers, index, precision, ranges = list(),
                       tolerance = NULL) {
  list(
    name = name, integers = as.integer(integers), index = index,
    precision = precision, sum_scheme = "block",
    stays = reduction_row(name)$stays,
    cover = if (length(ranges)) native_cover(ranges[[1L]]),
    tolerance = native_tolerance(tolerance)
  )
}

# `weight` NULL, or a second operand.
reduce_tensor <- function(x, name, index, integers = integer(), weight = NULL,
                          call = rlang::caller_env(), precision = NULL,
                          tolerance = NULL) {
  check_lazy(x, "x", call)
  read_index(index, call)
  if (is_sequence(weight) && has_index(x)) {
    check_vector(weight, "weight", list(x), call)
  }
  operands <- c(list(x), if (!is.null(weight)) {
    list(as_lazy(weight, "weight", call))
  })
  complex <- vapply(operands, is_complex_tensor, NA)
  row <- reduction_row(name)
  if (any(complex) && row$takes == "real") {
    abort_rkeops(
      "argument", sprintf(
        "The reduction `%s` is not defined for complex LazyTensors.", name
      ), call = call
    )
  }
  refuse_codes(operands, name, call)
  common_sizes(operands, name, call)
  if (length(common_batch(operands, name, call))) {
    return(reduce_batches(
      x, name, index, integers, operands[-1L], call, precision
    ))
  }
  value <- check_native(r_lazy_reduce(
    unname(lapply(operands, native_operand, TRUE)),
    evaluation(
      name, integers, index, chosen_precision(precision, operands, call),
      common_ranges(operands, name, call), tolerance
    )
  ), call)
  report_compilation(utils::tail(x@formula, 1L))
  if (complex[[1L]]) {
    return(complex_result(on_host(value)))
  }
  result <- shape_result(value, row, integers)
  if (row$gives == "places") {
    without_infinite(result, without_ranges(x), row, index, call)
  } else {
    result
  }
}

#' @rdname LazyTensor-reductions
#' @export
reduction.LazyTensor <- function(x, opstr, index, opt_arg = NULL, # nolint
                                 precision = NULL) {
  call <- rlang::current_env()
  check_string(opstr, "opstr", call)
  weighted <- !is.null(opt_arg) && !is.int(opt_arg)
  reduce_tensor(
    x, opstr, index, if (weighted) integer() else as.integer(opt_arg),
    if (weighted) opt_arg, call, precision
  )
}

# ---- by name ----

#' @rdname LazyTensor-reductions
#' @export
sum_reduction <- function(x, index, precision = NULL) {
  reduce_tensor(x, "Sum", index, precision = precision)
}

#' @rdname LazyTensor-reductions
#' @export
min_reduction <- function(x, index, precision = NULL) {
  reduce_tensor(x, "Min", index, precision = precision)
}

#' @rdname LazyTensor-reductions
#' @export
max_reduction <- function(x, index, precision = NULL) {
  reduce_tensor(x, "Max", index, precision = precision)
}

# The place within the vector at each pair, or a reduction.
argument_of <- function(x, index, operation, precision, call) {
  check_lazy(x, "x", call)
  if (is_given(index)) {
    return(reduce_tensor(
      x, operation, index, call = call, precision = precision
    ))
  }
  check_components(x, tolower(operation), call)
  place <- apply_operation(operation, list(x), call = call)
  if (settings$index_base == 1L) place + lazy_constant(1) else place
}

#' @rdname LazyTensor-reductions
#' @export
argmin <- function(x, index = NA, precision = NULL) {
  argument_of(x, index, "ArgMin", precision, rlang::current_env())
}

#' @rdname LazyTensor-reductions
#' @export
argmax <- function(x, index = NA, precision = NULL) {
  argument_of(x, index, "ArgMax", precision, rlang::current_env())
}

#' @rdname LazyTensor-reductions
#' @export
argmin_reduction <- function(x, index, precision = NULL) {
  reduce_tensor(x, "ArgMin", index, precision = precision)
}

#' @rdname LazyTensor-reductions
#' @export
argmax_reduction <- function(x, index, precision = NULL) {
  reduce_tensor(x, "ArgMax", index, precision = precision)
}

#' @rdname LazyTensor-reductions
#' @export
min_argmin <- function(x, index, precision = NULL) {
  reduce_tensor(x, "Min_ArgMin", index, precision = precision)
}

#' @rdname LazyTensor-reductions
#' @export
max_argmax <- function(x, index, precision = NULL) {
  reduce_tensor(x, "Max_ArgMax", index, precision = precision)
}

#' @rdname LazyTensor-reductions
#' @export
min_argmin_reduction <- min_argmin

#' @rdname LazyTensor-reductions
#' @export
max_argmax_reduction <- max_argmax

reduce_smallest <- function(x, name, K, index, dots, precision, # nolint
                            call) {
  check_no_more(dots, call, "`K` is how many, `index` is \"i\" or \"j\".")
  reduce_tensor(
    x, name, index, check_count(K, "K", call), call = call,
    precision = precision
  )
}

#' @rdname LazyTensor-reductions
#' @export
Kmin <- function(x, K, index, ..., precision = NULL) { # nolint
  reduce_smallest(
    x, "KMin", K, index, list(...), precision, rlang::current_env()
  )
}

#' @rdname LazyTensor-reductions
#' @export
argKmin <- function(x, K, index, ..., precision = NULL) { # nolint
  reduce_smallest(
    x, "ArgKMin", K, index, list(...), precision, rlang::current_env()
  )
}

#' @rdname LazyTensor-reductions
#' @export
Kmin_argKmin <- function(x, K, index, ..., precision = NULL) { # nolint
  reduce_smallest(
    x, "KMin_ArgKMin", K, index, list(...), precision, rlang::current_env()
  )
}

#' @rdname LazyTensor-reductions
#' @export
Kmin_reduction <- Kmin # nolint

#' @rdname LazyTensor-reductions
#' @export
argKmin_reduction <- argKmin # nolint

#' @rdname LazyTensor-reductions
#' @export
Kmin_argKmin_reduction <- Kmin_argKmin # nolint

#' @rdname LazyTensor-reductions
#' @export
logsumexp <- function(x, index, weight = NULL, precision = NULL) {
  reduce_tensor(
    x, if (is.null(weight)) "LogSumExp" else "LogSumExpWeight", index,
    weight = weight, precision = precision
  )
}

#' @rdname LazyTensor-reductions
#' @export
logsumexp_reduction <- logsumexp

#' @rdname LazyTensor-reductions
#' @export
sumsoftmaxweight <- function(x, index, weight, precision = NULL) {
  weight <- operands_of(weight)[[1L]]
  reduce_tensor(
    x, "SumSoftMaxWeight", index, weight = weight, precision = precision
  )
}

#' @rdname LazyTensor-reductions
#' @export
sumsoftmaxweight_reduction <- sumsoftmaxweight
