# The group of `sum()` and `max()`, and `mean()`: over an index, or over the
# components at each pair; with or without missing values.

#' @rdname LazyTensor-reductions
#' @export
Summary.LazyTensor <- function(..., index = NA, na.rm = FALSE, # nolint
                               precision = NULL, tolerance = NULL) {
  call <- generic_call(.Generic, sys.call())
  arguments <- list(...)
  is_index <- vapply(arguments, is_index_name, NA) &
    rlang::names2(arguments) == ""
  if (any(is_index)) {
    index <- arguments[[which(is_index)[1L]]]
    arguments <- arguments[!is_index]
  }
  check_unnamed(arguments, call)
  if (!all(vapply(arguments, is.LazyTensor, NA))) {
    refuse_numbers(.Generic, call)
  }
  remove_na <- check_flag(na.rm, "na.rm", call)
  arguments <- lapply(arguments, in_precision, precision, call)
  check_tolerant_group(.Generic, index, tolerance, call)
  if (.Generic == "range") {
    return(range_tensor(arguments, index, remove_na, call))
  }
  if (remove_na) arguments <- lapply(arguments, without_missing, .Generic)
  if (is_given(index)) {
    reduce_group(.Generic, arguments, index, call, tolerance)
  } else {
    combine_components(.Generic, arguments, call)
  }
}

# A tensor that comes after a number: R chooses the method by the first operand,
# but looks at the second one too.
summary_of_numbers <- function(x, ..., na.rm = FALSE) { # nolint
  if (any(vapply(list(...), is.LazyTensor, NA))) {
    refuse_numbers(.Generic, rlang::call2(.Generic, quote(...)))
  }
  methods::callNextMethod()
}
setMethod("Summary", "numeric", summary_of_numbers)
setMethod("Summary", "logical", summary_of_numbers)

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

is_given <- function(index) {
  !(length(index) == 1L && isTRUE(as.vector(is.na(index))))
}

# A tolerance is one of sums over an index.
check_tolerant_group <- function(generic, index, tolerance, call) {
  check_tolerance(tolerance, "tolerance", call)
  if (is.null(tolerance)) {
    return(invisible())
  }
  if (generic != "sum" || !is_given(index)) {
    abort_rkeops(
      "argument", sprintf(
        "`tolerance` has no meaning for `%s`%s: %s.", generic,
        if (is_given(index)) "" else " without an index",
        "only sums over pairs have a tolerance"
      ), call = call
    )
  }
}

reduce_group <- function(generic, arguments, index, call, tolerance = NULL) {
  if (length(arguments) != 1L) {
    abort_rkeops(
      "argument",
      sprintf("`%s` with an index reduces one LazyTensor.", generic),
      call = call
    )
  }
  x <- arguments[[1L]]
  extreme <- truth_extremes[generic]
  if (is.na(extreme)) {
    return(reduce_tensor(
      x, reduction_in_r(generic), index, call = call, tolerance = tolerance
    ))
  }
  truth_value(on_host(reduce_tensor(
    truth_code(x), reduction_in_r(extreme), index, call = call
  )))
}

# The smallest and the largest value, side by side.
range_tensor <- function(tensors, index, remove_na, call) {
  if (is_given(index)) {
    for (tensor in tensors) if (has_batch(tensor)) refuse_ranges(tensor, call)
  }
  if (!is_given(index) && length(tensors) == 1L) {
    check_components(tensors[[1L]], "range", call)
  }
  ends <- lapply(c("min", "max"), function(generic) {
    if (remove_na) tensors <- lapply(tensors, without_missing, generic)
    if (is_given(index)) {
      on_host(reduce_group(generic, tensors, index, call))
    } else {
      extreme_component(generic, tensors, call)
    }
  })
  if (!is_given(index)) {
    return(concat(ends[[1L]], ends[[2L]]))
  }
  if (ncol(ends[[1L]]) == 1L) {
    return(do.call(cbind, ends))
  }
  aperm(array(unlist(ends), c(dim(ends[[1L]]), 2L)), c(1L, 3L, 2L))
}

# 0, 1, and 1/2 for NA: the largest says whether any is true, the smallest
# whether all are.
truth_extremes <- c(any = "max", all = "min")

truth_code <- function(x) {
  ifelse(is.na(x), 0.5, as_truth(x))
}

truth_value <- function(code) {
  value <- code > 0.5
  value[code == 0.5] <- NA
  value
}

# Over the components at each pair; several tensors entry by entry.
combine_components <- function(generic, tensors, call) {
  if (length(tensors) == 1L) {
    check_components(tensors[[1L]], generic, call)
  }
  value <- switch(generic,
    sum = Reduce(`+`, lapply(tensors, sum_components, call)),
    prod = Reduce(`*`, lapply(tensors, multiply_components)),
    min = , max = extreme_component(generic, tensors, call),
    any = , all = truth_of_components(generic, tensors, call)
  )
  said_to_fold(value, generic, tensors)
}

# `print()` says of what is as it was that it was folded.
said_to_fold <- function(value, generic, tensors) {
  if (length(tensors) == 1L && inner_dimension(tensors[[1L]]) == 1L &&
        has_index(value)) {
    value@state$folded <- generic
  }
  value
}

sum_components <- function(x, call) {
  operation <- operation_in_r("sum", number_type(x))
  apply_operation(operation, list(x), label = "sum", call = call)
}

multiply_components <- function(x) {
  Reduce(`*`, lapply(seq_len(inner_dimension(x)), function(k) {
    slice_tensor(x, k - 1L, 1L, "prod", NULL)
  }))
}

extreme_component <- function(generic, tensors, call) {
  # Max(f) is over components, Max(f, g) entry by entry
  operation <- operation_in_r(generic)
  if (length(tensors) == 1L) {
    return(apply_operation(operation, tensors, label = generic, call = call))
  }
  Reduce(function(x, y) {
    apply_operation(operation, list(x, y), label = generic, call = call)
  }, tensors)
}

truth_of_components <- function(generic, tensors, call) {
  code <- extreme_component(
    truth_extremes[[generic]], lapply(tensors, truth_code), call
  )
  value <- ifelse(code == 0.5, NaN, code)
  value@type <- "logical"
  value
}

# ---- missing values ----

# The value of an empty reduction stands where values are missing.
without_missing <- function(x, generic) {
  value <- as.numeric(reduction_row(reduction_in_r(generic))$empty)
  if (is_complex_tensor(x)) {
    missing <- is.na(x)
    return(real2complex(ifelse(missing, value, Re(x))) +
             imag2complex(ifelse(missing, 0, Im(x))))
  }
  filled <- ifelse(is.na(x), value, x)
  filled@type <- x@type
  filled
}

# ---- means ----

#' @rdname LazyTensor-reductions
#' @export
mean.LazyTensor <- function(x, index = NA, ..., na.rm = FALSE, # nolint
                            precision = NULL) {
  call <- sys.call()
  check_no_more(list(...), call, hints = index_hints("mean"))
  remove_na <- check_flag(na.rm, "na.rm", call)
  x <- in_precision(x, precision, call)
  if (is_given(index)) {
    return(reduce_mean(x, index, remove_na, call))
  }
  check_components(x, "mean", call)
  count <- inner_dimension(x)
  if (remove_na) {
    count <- sum_components(present(x), call)
    x <- without_missing(x, "sum")
  }
  said_to_fold(sum_components(x, call) / count, "mean", list(x))
}

present <- function(x) {
  missing <- is.na(x)
  missing == 0
}

reduce_mean <- function(x, index, remove_na, call) {
  if (remove_na) {
    return(mean_of_present(x, index, call))
  }
  reduce_tensor(x, "Mean", index, call = call)
}

mean_of_present <- function(x, index, call) {
  total <- reduce_tensor(without_missing(x, "sum"), "Sum", index, call = call)
  count <- reduce_tensor(present(x), "Sum", index, call = call)
  on_host(total) / on_host(count)
}
