# Calls of operators with batches: see batches.R.

has_batches <- function(input) {
  any(vapply(input, is_batch_array, NA))
}

# A call of an operator with arrays, or with groups.
call_batches <- function(state, input, inner_dim, ranges, groups, call) {
  if (!identical(inner_dim, 1)) {
    abort_rkeops(
      "argument", "With batches the points are rows, `inner_dim` is 1.",
      call = call
    )
  }
  if (!is.null(ranges)) {
    abort_rkeops(
      "argument", "A call with batches takes no `ranges`.", call = call
    )
  }
  known <- describe_operator(state)$arguments
  input <- inputs_in_order(input, known, call)
  if (is.null(groups)) {
    call_arrays(state, input, known, call)
  } else {
    call_groups(state, input, known, groups, call)
  }
}

call_arrays <- function(state, input, known, call) {
  category <- known$category[order(known$position)]
  is_batch <- vapply(input, is_batch_array, NA)
  data <- input
  data[is_batch] <- lapply(input[is_batch], stacked_data)
  indexed <- category != "Pm" | is_batch
  data[!is_batch & indexed] <- lapply(
    data[!is_batch & indexed], function(x) as.matrix(plain_data(x, "x", call))
  )
  axes <- common_axes(
    lapply(data[indexed], function(x) batch_of(x)$axes), "op", call
  )
  points <- c(
    i = points_of(data[category == "Vi"], "i", call),
    j = points_of(data[category == "Vj"], "j", call)
  )
  promoted <- names(input)[category == "Pm" & is_batch]
  check_parameters(data[promoted], call)
  place <- ifelse(category == "Vj", "j", "i")
  spread <- data
  for (k in which(indexed)) {
    spread[[k]] <- spread_data(data[[k]], axes, points[[place[[k]]]])
  }
  own <- with_row_parameters(state, promoted, call)
  ranges <- block_diagonal(
    rep(points[["i"]], prod(axes)), rep(points[["j"]], prod(axes))
  )
  value <- call_operator(
    own, unname(spread), 1, NULL, NULL, NULL, ranges, call
  )
  finish_arrays(value, own, data, axes, points, call)
}

# The numbers of points of a batch, 1 where nothing has this index.
points_of <- function(data, index, call) {
  counts <- unique(vapply(data, function(x) batch_of(x)$points, 1))
  if (length(counts) > 1L) {
    abort_rkeops(
      "shape", sprintf(
        "The inputs have different numbers of points indexed by %s: %s.", index,
        paste(counts, collapse = " and ")
      ), call = call
    )
  }
  if (length(counts)) counts else 1
}

check_parameters <- function(data, call) {
  for (name in names(data)) {
    if (batch_of(data[[name]])$points != 1) {
      abort_rkeops(
        "shape", sprintf(
          "`%s` is a parameter: it has one point a batch, not %.0f.", name,
          batch_of(data[[name]])$points
        ),
        hints = "It is an array of ... x 1 x D.", call = call
      )
    }
  }
}

# The same operator with these parameters as numbers of each row.
with_row_parameters <- function(state, names, call) {
  if (!length(names)) {
    return(state)
  }
  args <- state$args
  for (name in names) {
    declared <- grepl(sprintf("^\\s*%s\\s*=", name), args)
    if (sum(declared) != 1L) {
      abort_rkeops(
        "argument", sprintf(
          "The parameter `%s` has batches, but is not declared in `args`.", name
        ), call = call
      )
    }
    args[declared] <- sub("=\\s*Pm\\(", "= Vi(", args[declared])
  }
  key <- paste(args, collapse = ";")
  state$derived <- state$derived %||% new.env(parent = emptyenv())
  if (is.null(state$derived[[key]])) {
    derived <- new_operator(
      state$formula, args, state$axis, state$precision, state$sum_scheme, call,
      state$simplified, state$axis_is_chosen
    )
    environment(derived)$wrt <- state$wrt
    assign(key, derived, envir = state$derived)
  }
  operator_state(state$derived[[key]])
}

finish_arrays <- function(value, state, data, axes, points, call) {
  known <- describe_operator(state)
  result <- known$result
  if (result$index == "none") {
    return(value)
  }
  if (!is.null(state$wrt)) {
    return(gather_gradient(
      value, data[[state$wrt]], axes, points[[result$index]]
    ))
  }
  value <- on_host(value)
  other <- if (result$index == "i") "j" else "i"
  places <- which(known$places)
  value[, places] <- value[, places] %% points[[other]]
  unstacked(value, axes, points[[result$index]])
}

call_groups <- function(state, input, known, groups, call) {
  groups <- read_both_groups(groups, call)
  ranges <- block_diagonal(groups$i, groups$j)
  sizes <- read_groups(groups$i, "groups", call)
  category <- known$category[order(known$position)]
  is_many <- category == "Pm" & vapply(input, function(x) {
    length(dim(x)) == 2L && nrow(x) == length(sizes) && length(sizes) > 1L
  }, NA)
  own <- with_row_parameters(state, names(input)[is_many], call)
  input[is_many] <- lapply(input[is_many], function(x) {
    as.matrix(x)[rep(seq_along(sizes), sizes), , drop = FALSE]
  })
  value <- call_operator(
    own, unname(input), 1, NULL, NULL, NULL, ranges, call
  )
  known <- describe_operator(own)
  if (!is.null(state$wrt) && state$wrt %in% names(input)[is_many]) {
    return(unname(rowsum(value, rep(seq_along(sizes), sizes))))
  }
  sizes_of <- function(index) read_groups(groups[[index]], "groups", call)
  if (any(known$places)) {
    index <- known$result$index
    other <- if (index == "i") "j" else "i"
    before <- cumsum(c(0, sizes_of(other)))[seq_along(sizes)]
    rows <- rep(before, sizes_of(index))
    value[, known$places] <- value[, known$places] - rows
  }
  value
}

read_both_groups <- function(groups, call) {
  if (!is.list(groups) || is.object(groups)) groups <- list(groups, groups)
  if (length(groups) != 2L) {
    abort_argument(
      "groups", "the groups of i, or a list of those of i and of j", groups,
      call
    )
  }
  named <- setequal(names(groups), c("i", "j"))
  if (named) groups[c("i", "j")] else rlang::set_names(groups, c("i", "j"))
}
