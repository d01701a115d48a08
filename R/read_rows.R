# Rows of whatever holds a matrix, and operators that read and write by blocks
# of them.

#' Some rows of a matrix, wherever it is
#'
#' The one function through which rkeops reads by blocks. Packages that keep
#' matrices elsewhere give it a method, and their matrices may stand as inputs
#' of operators that are read by blocks (see [file_matrix()]).
#'
#' @param x A matrix, a vector (of one column), a data frame of numbers, a
#'   [file_matrix()]; a `big.matrix` of bigmemory, a `DelayedMatrix` (of which
#'   those of HDF5Array are some), or a table or data set of arrow.
#' @param begin,end The first row and the last, counted from 1. With `end`
#'   before `begin` there are none.
#' @param ... Not used.
#'
#' @details
#' The methods for bigmemory, DelayedArray and HDF5Array are tested with
#' versions 4.6, 0.24 and 1.26; that for arrow has not been tested with it.
#' @return A numeric matrix of `end - begin + 1` rows.
#' @export
#' @examples
#' read_rows(matrix(1:12, 4), 2, 3)
#' read_rows(data.frame(a = 1:3, b = c(0.5, 1, 2)), 1, 2)
read_rows <- function(x, begin, end, ...) {
  call <- rlang::current_env()
  check_rows(x, begin, end, call)
  UseMethod("read_rows")
}

check_rows <- function(x, begin, end, call) {
  rows <- NROW(x)
  if (missing(begin) || !checkmate::test_number(begin, lower = 1)) {
    abort_argument("begin", "the number of a row", begin, call)
  }
  if (missing(end) ||
        !checkmate::test_number(end, lower = begin - 1, upper = rows)) {
    wanted <- sprintf("a number from `begin` - 1 to %.0f", rows)
    abort_argument("end", wanted, end, call)
  }
}

row_numbers <- function(begin, end) begin - 1 + seq_len(end - begin + 1)

#' @rdname read_rows
#' @export
read_rows.default <- function(x, begin, end, ...) {
  call <- rlang::current_env()
  values <- plain_data(x, "x", call)
  if (!is_numbers(values) || length(dim(values)) > 2L) {
    abort_argument("x", "a numeric matrix or vector", x, call)
  }
  rows <- row_numbers(begin, end)
  if (is.matrix(values)) {
    values[rows, , drop = FALSE]
  } else {
    matrix(values[rows], ncol = 1L)
  }
}

#' @rdname read_rows
#' @export
read_rows.data.frame <- function(x, begin, end, ...) {
  some <- x[row_numbers(begin, end), , drop = FALSE]
  values <- plain_data(some, "x", rlang::current_env())
  if (is.data.frame(values)) {
    abort_argument(
      "x", "a data frame of numbers", x, rlang::current_env(),
      hints = data_hints(x)
    )
  }
  values
}

#' @rdname read_rows
#' @export
read_rows.file_matrix <- function(x, begin, end, ...) {
  read_file_rows(x, begin, end)
}

# Classes that give rows by `[` are read into memory by these rows alone.
read_rows_of_other <- function(x, begin, end, ...) {
  values <- as.matrix(as_numbers(x[row_numbers(begin, end), , drop = FALSE]))
  dimnames(values) <- NULL
  storage.mode(values) <- "double"
  values
}

as_numbers <- function(x) {
  if (inherits(x, "ArrowTabular")) as.data.frame(x) else x
}

#' @rdname read_rows
#' @export
read_rows.big.matrix <- read_rows_of_other # nolint: object_name_linter.

#' @rdname read_rows
#' @export
read_rows.DelayedMatrix <- read_rows_of_other # nolint: object_name_linter.

#' @rdname read_rows
#' @export
read_rows.ArrowTabular <- read_rows_of_other # nolint: object_name_linter.

# ---- operators by blocks ----

is_stored <- function(x) {
  inherits(x, c("file_matrix", "big.matrix", "DelayedMatrix", "ArrowTabular"))
}

# A file that is mapped takes no memory of its own, but there is a limit on what
# is read.
is_too_large <- function(x) {
  if (!is_stored(x)) {
    return(FALSE)
  }
  size <- 8 * prod(as.numeric(dim(x)))
  if (inherits(x, "file_matrix") && is_mappable(x)) {
    size > settings$memory || !can_be_mapped(x)
  } else {
    size > memory_room()
  }
}

can_be_mapped <- function(x) {
  x$nrow < 2^31 && !inherits(
    r_mapped_matrix(x$path, x$nrow, x$ncol), "rkeops_failure"
  )
}

# Inputs with the index of the result are read by blocks; so are the others if
# they are too large, see reduce_columns().
call_in_blocks <- function(state, input, orientation, nx, ny, out, call) {
  plan <- plan_of_blocks(state, input, orientation, call)
  check_out(out, plan$rows, plan$columns, call)
  values <- if (is.null(out)) matrix(0, plan$rows, plan$columns)
  for (block in blocks_of_plan(plan)) {
    some <- plan$input
    some[plan$with_rows] <- lapply(
      some[plan$with_rows], read_rows, block[[1L]], block[[2L]]
    )
    part <- if (is.null(plan$reduction)) {
      check_native(r_operator_call(
        state$pointer, some, 1L, if (plan$index == "j") nx,
        if (plan$index == "i") ny, NULL, NULL,
        native_tolerance(state$tolerance)
      ), call)
    } else {
      reduce_columns(plan, some, call)
    }
    if (is.null(out)) {
      values[row_numbers(block[[1L]], block[[2L]]), ] <- part
    } else {
      write_rows(out, block[[1L]], part)
    }
  }
  if (is.null(out)) values else invisible(out)
}

# Reduced inputs are read again for each block, so that such blocks are large.
blocks_of_plan <- function(plan) {
  bytes <- if (is.null(plan$reduction)) small_block else Inf
  row_blocks(plan$rows, plan$bytes_of_row, bytes)
}

plan_of_blocks <- function(state, input, orientation, call) {
  description <- describe_operator(state)
  arguments <- as.data.frame(description$arguments)
  arguments <- arguments[order(arguments$position), ]
  index <- description$result$index
  with_rows <- arguments$category == paste0("V", index)
  if (!any(with_rows) || orientation != 1L ||
        !r_operator_has_independent_rows(state$pointer)) {
    abort_blocks(call)
  }
  input <- unname(inputs_in_order(input, arguments, call))
  with_columns <- columns_by_blocks(state, input, arguments, with_rows)
  whole <- !with_rows & !with_columns
  input[whole] <- Map(
    function(x, name) plain_data(x, name, call), input[whole],
    arguments$name[whole]
  )
  columns <- description$result$dimension
  list(
    input = input, with_rows = with_rows, index = index,
    rows = common_rows(input[with_rows], "the result", call),
    columns = columns, with_columns = with_columns,
    bytes_of_row = 8 * (sum(arguments$dimension[with_rows]) + 2 * columns),
    bytes_of_column = 8 * sum(arguments$dimension[with_columns]),
    reduced = if (any(with_columns)) {
      common_rows(input[with_columns], "the reduction", call)
    },
    reduction = if (any(with_columns)) columns_reduction(state, call)
  )
}

# Inputs with the index that is reduced, if one of them is too large and the
# results of its blocks can be merged.
columns_by_blocks <- function(state, input, arguments, with_rows) {
  reduced <- !with_rows & arguments$category != "Pm"
  large <- any(vapply(input[reduced], is_too_large, NA))
  reduced & large & !is.null(merge_of_columns(state$formula))
}

common_rows <- function(input, index, call) {
  rows <- unique(vapply(input, NROW, 0))
  if (length(rows) > 1L) {
    abort_rkeops(
      "shape", sprintf(
        "The inputs with the index of %s have %s rows.", index,
        paste(rows, collapse = " and ")
      ), call = call
    )
  }
  rows
}

abort_blocks <- function(call) {
  abort_rkeops(
    "argument",
    "This call cannot be computed by blocks of rows.",
    hints = c(
      paste(
        "Each row of the result must follow from its own row of the inputs,",
        "`inner_dim` be 1, and all pairs be computed."
      ), "The option `memory` sets what may be read as a whole."
    ), call = call
  )
}

# Batches and ranges have their results in memory.
check_no_out <- function(out, call) {
  if (!is.null(out)) {
    abort_argument("out", "NULL with ranges and with batches", out, call)
  }
}

check_out <- function(out, rows, columns, call) {
  fits <- is.null(out) ||
    inherits(out, "file_matrix") && identical(dim(out), c(rows, columns) + 0)
  if (!fits) {
    abort_argument(
      "out", sprintf("a file_matrix of %.0f x %d", rows, columns), out, call,
      hints = "`file_matrix(path, nrow, ncol, create = TRUE)` makes one."
    )
  }
}
