# Inputs with the index that is reduced, read by blocks of rows: each block is a
# call of its own, with all that calls look after, and what they give is merged.

# Reductions whose results can be merged: of the names of the formula language,
# those of the columns before and of those after, given first. `by` is the
# reduction that is computed instead, of whose result `part` is the half that is
# wanted.
merges_of_columns <- list(
  Sum = list(merge = function(a, b, before) a + b),
  Min = list(merge = function(a, b, before) pmin(a, b)),
  Max = list(merge = function(a, b, before) pmax(a, b)),
  LogSumExp = list(merge = function(a, b, before) log_of_sum(a, b)),
  Min_ArgMin = list(merge = function(a, b, before) {
    merge_places(a, b, before, `<`)
  }),
  Max_ArgMax = list(merge = function(a, b, before) {
    merge_places(a, b, before, `>`)
  }),
  ArgMin = list(by = "Min_ArgMin", part = 2L),
  ArgMax = list(by = "Max_ArgMax", part = 2L)
)

log_of_sum <- function(a, b) {
  largest <- pmax(a, b)
  is_finite <- is.finite(a) & is.finite(b)
  largest[is_finite] <- (largest + log1p(exp(-abs(a - b))))[is_finite]
  largest
}

# Values, and beside them their places, counted from the first of their columns;
# a NaN is no candidate, and of equal values the first one counts.
merge_places <- function(a, b, before, is_better) {
  half <- seq_len(ncol(a) / 2)
  b[, -half] <- b[, -half] + before
  wins <- is_better(b[, half, drop = FALSE], a[, half, drop = FALSE])
  wins <- (wins %in% TRUE) | is.na(a[, half]) & !is.na(b[, half])
  wins <- cbind(matrix(wins, nrow(a)), matrix(wins, nrow(a)))
  a[wins] <- b[wins]
  a
}

# NULL where results of blocks cannot be merged: for other reductions, and for
# formulas of several.
merge_of_columns <- function(formula) {
  parts <- regmatches(
    formula, regexec("^\\s*([A-Za-z_]+)_Reduction(\\(.*\\))\\s*$", formula)
  )[[1L]]
  if (!length(parts) || grepl("_Reduction|Grad|Diff", parts[[3L]])) {
    return(NULL)
  }
  signs <- strsplit(parts[[3L]], "")[[1L]]
  depth <- cumsum((signs == "(") - (signs == ")"))
  if (which(depth == 0)[[1L]] == length(signs)) merges_of_columns[[parts[[2L]]]]
}

# The operator and the merge of its results.
columns_reduction <- function(state, call) {
  own <- merge_of_columns(state$formula)
  if (is.null(own$by)) {
    return(list(state = state, merge = own$merge))
  }
  operator <- new_operator(
    sub("[A-Za-z_]+(?=_Reduction)", own$by, state$formula, perl = TRUE),
    state$args, state$axis, state$precision, state$sum_scheme, call
  )
  list(
    state = operator_state(operator), part = own$part,
    merge = merges_of_columns[[own$by]]$merge
  )
}

# The result of some rows, whose inputs are in `some` as matrices. Those of
# `plan$with_columns` are read here.
reduce_columns <- function(plan, some, call) {
  reduction <- plan$reduction
  value <- NULL
  blocks <- row_blocks(plan$reduced, plan$bytes_of_column, small_block)
  for (block in blocks) {
    now <- some
    now[plan$with_columns] <- lapply(
      some[plan$with_columns], read_rows, block[[1L]], block[[2L]]
    )
    part <- check_native(r_operator_call(
      reduction$state$pointer, now, 1L, NULL, NULL, NULL, NULL,
      native_tolerance(reduction$state$tolerance)
    ), call)
    value <- if (is.null(value)) {
      part
    } else {
      reduction$merge(value, part, block[[1L]] - 1)
    }
  }
  if (is.null(reduction$part)) {
    return(value)
  }
  half <- ncol(value) / 2
  value[, half * (reduction$part - 1) + seq_len(half), drop = FALSE]
}
