# Reductions: where tensors become ordinary matrices.

#' Reductions of lazy tensors
#'
#' With an index these compute: `sum(K, index = "j")` is the matrix of the sums
#' over j, one row for each i. Without one, `sum()`, `prod()` and the like are
#' expressions again, over the components of the vector at each pair.
#'
#' @param x A lazy tensor.
#' @param ... For `sum(...)` and its relatives: the tensor, then the index. For
#'   `min(x, y)` and `max(x, y)` without index: a tensor first, then tensors,
#'   vectors or numbers, compared entry by entry, as `pmin()` and `pmax()` do
#'   with vectors.
#' @param index The index that is reduced: with `"j"` the result has a row for
#'   each i, with `"i"` one for each j. `NA`: none.
#' @param K How many.
#' @param weight A lazy tensor (or vector, or number) of weights.
#' @param na.rm Must be `FALSE`.
#' @param opstr The name of a reduction: a row of
#'   `formula_language("reductions")` without `_Reduction`.
#' @param opt_arg The whole number, or the weight, that the reduction needs.
#'
#' @details
#' The precision is that of the option `precision`, single precision unless set
#' otherwise; see [set_rkeops_option()].
#'
#' * `sum`, `prod`, `mean`, `min`, `max`, `any`, `all`: as in R.
#' * `argmin`, `argmax`: the place of the first smallest or largest value,
#'   counted from 1 (see the option `index_base`), `NA` where there is none.
#'   `min_argmin`, `max_argmax`: the list of both.
#' * `Kmin`, `argKmin`, `Kmin_argKmin`: the `K` smallest values, their places,
#'   or the list of both, in ascending order: nearest neighbours.
#' * `logsumexp(x, index, weight)`: the logarithm of the sum of `exp(x) *
#'   weight`, without overflow. `sumsoftmaxweight(x, index, weight)`: the mean
#'   of `weight` with weights proportional to `exp(x)`.
#' * `reduction.LazyTensor(x, "Var", "j")`: any reduction of the language.
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
#' max(0.5 - D, 0)
#' \dontshow{set_rkeops_options(previous)}
NULL

group_reductions <- c(
  sum = "Sum", prod = "Prod", min = "Min", max = "Max", any = "Any", all = "All"
)

#' @rdname LazyTensor-reductions
#' @export
Summary.LazyTensor <- function(..., index = NA, na.rm = FALSE) { # nolint
  call <- generic_call(.Generic, sys.call())
  arguments <- list(...)
  is_index <- vapply(arguments, is_index_name, NA) &
    rlang::names2(arguments) == ""
  if (any(is_index)) {
    index <- arguments[[which(is_index)[1L]]]
    arguments <- arguments[!is_index]
  }
  check_unnamed(arguments, call)
  if (!isFALSE(na.rm)) {
    abort_argument("na.rm", "FALSE for LazyTensors", na.rm, call)
  }
  if (.Generic == "range") {
    abort_rkeops(
      "argument", "`range` is not defined for LazyTensors.",
      hints = "Write `min(x, index)` and `max(x, index)`.", call = call
    )
  }
  if (is_given(index)) {
    reduce_group(.Generic, arguments, index, call)
  } else {
    combine_components(.Generic, arguments, call)
  }
}

# `sum(K, axis = 1)` must not be taken for `K + 1`.
check_unnamed <- function(arguments, call) {
  unknown <- setdiff(names(arguments), c("", "x", "y"))
  if (length(unknown)) {
    abort_rkeops(
      "argument", sprintf("There is no argument `%s`.", unknown[[1L]]),
      hints = "`index = \"j\"` reduces over j, `index = \"i\"` over i.",
      call = call
    )
  }
}

# "i" or "j" without a name; NA, as rkeops 2.x writes it, for none.
is_index_name <- function(x) {
  is.character(x) || (is.logical(x) && length(x) == 1L && is.na(x))
}

is_given <- function(index) !(length(index) == 1L && is.na(index))

reduce_group <- function(generic, arguments, index, call) {
  if (length(arguments) != 1L) {
    abort_rkeops(
      "argument",
      sprintf("`%s` with an index reduces one LazyTensor.", generic),
      call = call
    )
  }
  reduce_tensor(
    arguments[[1L]], group_reductions[[generic]], index, call = call
  )
}

# Over the components at each pair; several tensors entry by entry.
combine_components <- function(generic, tensors, call) {
  switch(generic,
    sum = Reduce(`+`, lapply(tensors, sum_components, call)),
    min = , max = extreme_component(generic, tensors, call),
    any = , all = as_truth(extreme_component(
      if (generic == "any") "max" else "min", lapply(tensors, as_truth), call
    )),
    abort_rkeops(
      "argument",
      sprintf("`%s` of a LazyTensor needs the index to reduce.", generic),
      hints = sprintf("Write `%s(x, index = \"j\")`, or \"i\".", generic),
      call = call
    )
  )
}

sum_components <- function(x, call) {
  x <- as_lazy(x, "x", call)
  operation <- if (is_complex_tensor(x)) "ComplexSum" else "Sum"
  apply_operation(operation, list(x), label = "sum", call = call)
}

extreme_component <- function(generic, tensors, call) {
  inner <- if (generic == "min") "Min" else "Max"
  if (length(tensors) == 1L) {
    return(apply_operation(inner, tensors, label = generic, call = call))
  }
  between <- if (generic == "min") "Minimum" else "Maximum"
  Reduce(function(x, y) {
    apply_operation(between, list(x, y), label = generic, call = call)
  }, tensors)
}

# ---- the mechanism ----

read_index <- function(index, call) {
  if (missing(index) || !(identical(index, "i") || identical(index, "j"))) {
    abort_argument("index", "\"i\" or \"j\"", index, call)
  }
  index
}

# Results that are to be shaped do not stay on the GPU.
evaluation <- function(name, integers, index) {
  list(
    name = name, integers = as.integer(integers), index = index,
    precision = settings$precision, sum_scheme = "block",
    stays = name %in% c("Sum", "Mean", "Min", "Max", "LogSumExp")
  )
}

# `weight` NULL, or a second operand.
reduce_tensor <- function(x, name, index, integers = integer(), weight = NULL,
                          call = rlang::caller_env()) {
  check_lazy(x, "x", call)
  read_index(index, call)
  operands <- c(list(x), if (!is.null(weight)) {
    list(as_lazy(weight, "weight", call))
  })
  complex <- vapply(operands, is_complex_tensor, NA)
  if (any(complex) && name != "Sum") {
    abort_rkeops(
      "argument", sprintf(
        "The reduction `%s` is not defined for complex LazyTensors.", name
      ), call = call
    )
  }
  refuse_codes(operands, name, call)
  common_sizes(operands, name, call)
  value <- check_native(r_lazy_reduce(
    unname(lapply(operands, native_operand)),
    evaluation(name, integers, index)
  ), call)
  report_compilation(utils::tail(x@formula, 1L))
  if (complex[[1L]]) {
    return(complex_result(on_host(value)))
  }
  shape_result(value, name, integers)
}

#' @rdname LazyTensor-reductions
#' @export
reduction.LazyTensor <- function(x, opstr, index, opt_arg = NULL) { # nolint
  call <- rlang::current_env()
  check_string(opstr, "opstr", call)
  weighted <- !is.null(opt_arg) && !is.int(opt_arg)
  reduce_tensor(
    x, opstr, index, if (weighted) integer() else as.integer(opt_arg),
    if (weighted) opt_arg, call
  )
}

# ---- by name ----

#' @rdname LazyTensor-reductions
#' @export
mean.LazyTensor <- function(x, index = NA, ...) { # nolint
  if (is_given(index)) {
    return(reduce_mean(x, index, sys.call()))
  }
  sum(x) / inner_dimension(x)
}

reduce_mean <- function(x, index, call) {
  if (!is_complex_tensor(x)) {
    return(reduce_tensor(x, "Mean", index, call = call))
  }
  reduce_tensor(x, "Sum", index, call = call) / index_size(x, index)
}

#' @rdname LazyTensor-reductions
#' @export
sum_reduction <- function(x, index) reduce_tensor(x, "Sum", index)

#' @rdname LazyTensor-reductions
#' @export
min_reduction <- function(x, index) reduce_tensor(x, "Min", index)

#' @rdname LazyTensor-reductions
#' @export
max_reduction <- function(x, index) reduce_tensor(x, "Max", index)

# The place within the vector at each pair, or a reduction.
argument_of <- function(x, index, operation, call) {
  check_lazy(x, "x", call)
  if (is_given(index)) {
    return(reduce_tensor(x, operation, index, call = call))
  }
  place <- apply_operation(operation, list(x), call = call)
  if (settings$index_base == 1L) place + lazy_constant(1) else place
}

#' @rdname LazyTensor-reductions
#' @export
argmin <- function(x, index = NA) {
  argument_of(x, index, "ArgMin", rlang::current_env())
}

#' @rdname LazyTensor-reductions
#' @export
argmax <- function(x, index = NA) {
  argument_of(x, index, "ArgMax", rlang::current_env())
}

#' @rdname LazyTensor-reductions
#' @export
argmin_reduction <- function(x, index) reduce_tensor(x, "ArgMin", index)

#' @rdname LazyTensor-reductions
#' @export
argmax_reduction <- function(x, index) reduce_tensor(x, "ArgMax", index)

#' @rdname LazyTensor-reductions
#' @export
min_argmin <- function(x, index) reduce_tensor(x, "Min_ArgMin", index)

#' @rdname LazyTensor-reductions
#' @export
max_argmax <- function(x, index) reduce_tensor(x, "Max_ArgMax", index)

#' @rdname LazyTensor-reductions
#' @export
min_argmin_reduction <- min_argmin

#' @rdname LazyTensor-reductions
#' @export
max_argmax_reduction <- max_argmax

reduce_smallest <- function(x, name, K, index, call) { # nolint
  reduce_tensor(x, name, index, check_count(K, "K", call), call = call)
}

#' @rdname LazyTensor-reductions
#' @export
Kmin <- function(x, K, index) { # nolint
  reduce_smallest(x, "KMin", K, index, rlang::current_env())
}

#' @rdname LazyTensor-reductions
#' @export
argKmin <- function(x, K, index) { # nolint
  reduce_smallest(x, "ArgKMin", K, index, rlang::current_env())
}

#' @rdname LazyTensor-reductions
#' @export
Kmin_argKmin <- function(x, K, index) { # nolint
  reduce_smallest(x, "KMin_ArgKMin", K, index, rlang::current_env())
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
logsumexp <- function(x, index, weight = NULL) {
  reduce_tensor(
    x, if (is.null(weight)) "LogSumExp" else "LogSumExpWeight", index,
    weight = weight
  )
}

#' @rdname LazyTensor-reductions
#' @export
logsumexp_reduction <- logsumexp

#' @rdname LazyTensor-reductions
#' @export
sumsoftmaxweight <- function(x, index, weight) {
  weight <- operands_of(weight)[[1L]]
  reduce_tensor(x, "SumSoftMaxWeight", index, weight = weight)
}

#' @rdname LazyTensor-reductions
#' @export
sumsoftmaxweight_reduction <- sumsoftmaxweight
