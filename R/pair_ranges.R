# Which pairs are computed, where these are not all: blocks of neighbouring i
# and neighbouring j. The native code checks them and walks over them.

#' Ranges: some blocks of the pairs
#'
#' A reduction over all pairs of i and j takes `M * N` steps. Where only some of
#' them matter, ranges say which: blocks, each of them some neighbouring i
#' against some neighbouring j. What is reduced for an i are then the j that its
#' blocks have, and the other way round. This is what KeOps calls block-sparse
#' reductions.
#'
#' @param i,j Matrices of two columns, the first and the last number of each
#'   block, counted from 1; row k of both is block k. A block whose last number
#'   is its first less 1 is empty.
#' @param sizes Two numbers: how many i and how many j there are.
#' @param x Ranges.
#' @param maximum The largest number of pairs that `as.matrix()` stores.
#' @param ... Not used.
#'
#' @details
#' Ranges are given to operators, `op(x, y, b, ranges = ranges)`, and to lazy
#' tensors, `K[ranges]`. Everything that is made of `K[ranges]` has these
#' ranges, `t(K[ranges])` has them transposed; two tensors with different ranges
#' cannot be combined. `sum(K[ranges], index = "j")`, `K[ranges] %*% b`,
#' [grad()] and all other reductions go over the pairs of the ranges; what needs
#' entries of the whole matrix, such as `as.matrix()` or [quantile()], is
#' refused. Numbers of points that a search returns are those of the whole.
#'
#' Blocks stand in any order. A pair that is in two of them is an error, since
#' a sum would count it twice; so is a number that is not among `1` to `sizes`.
#' An i without any j has the result of an empty reduction: 0 for a sum, `Inf`
#' for a minimum, see `formula_language("reductions")`.
#'
#' The data are not copied, so what belongs together has to be neighbours:
#' [grid_clusters()] gives an order of points that makes them so. Blocks of some
#' tens of rows and more are computed at full speed; rows with columns of their
#' own cost as much as 16 to 64 rows (128 on a GPU). Sums have the same bits
#' whatever the number of threads; where all rows have all columns, those
#' without ranges.
#'
#' On a GPU all blocks are one launch. Points of 16 dimensions and more are
#' slower there than without ranges, for which there are kernels of their own.
#'
#' The gradient of an operator is called with the same ranges as the operator.
#'
#' `as.matrix()` of ranges is the logical matrix of the pairs.
#'
#' @return An object of class `pair_ranges`: a list of the matrix `blocks`, with
#'   columns `i_first`, `i_last`, `j_first` and `j_last`, and of `sizes`.
#' @references B. Charlier, J. Feydy, J. A. Glaunes, F.-D. Collin, G. Durif
#'   (2021). Kernel operations on the GPU, with autodiff, without memory
#'   overflows. Journal of Machine Learning Research 22(74), 1-6.
#' @seealso [block_diagonal()], [band()], [from_matrix()], [within_radius()],
#'   which make ranges, and [grid_clusters()].
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' ranges <- pair_ranges(
#'   i = rbind(c(1, 4), c(5, 10)), j = rbind(c(1, 2), c(3, 15)),
#'   sizes = c(10, 15)
#' )
#' ranges
#' x <- matrix(runif(20), 10)
#' y <- matrix(runif(30), 15)
#' K <- exp(-sqdist(Vi(x), Vj(y)))
#' rowSums(K[ranges])
#' rowSums(as.matrix(K) * as.matrix(ranges))
#' \dontshow{set_rkeops_options(previous)}
pair_ranges <- function(i, j, sizes) {
  call <- rlang::current_env()
  new_ranges(
    check_ends(i, "i", call), check_ends(j, "j", call),
    check_sizes(sizes, call), call
  )
}

new_ranges <- function(i, j, sizes, call) {
  if (nrow(i) != nrow(j)) {
    abort_rkeops(
      "shape", sprintf(
        "`i` has %d blocks, `j` has %d.", nrow(i), nrow(j)
      ), hints = "Row k of both is block k.", call = call
    )
  }
  blocks <- cbind(i, j)
  dimnames(blocks) <- list(NULL, c("i_first", "i_last", "j_first", "j_last"))
  state <- new.env(parent = emptyenv())
  state$pointer <- nil_pointer
  ranges <- structure(
    list(blocks = blocks, sizes = c(i = sizes[[1L]], j = sizes[[2L]])),
    state = state, class = "pair_ranges"
  )
  native_cover(ranges, call)
  ranges
}

# The ranges as the native code has them: made again after they were saved, or
# sent to another process.
native_cover <- function(ranges, call = NULL) {
  state <- attr(ranges, "state")
  if (identical(state$pointer, nil_pointer)) {
    sizes <- ranges$sizes
    state$pointer <- check_native(
      r_cover_create(ranges$blocks, sizes[["i"]], sizes[["j"]]), call
    )
  }
  state$pointer
}

# The cover that the argument `ranges` of an operator stands for.
call_cover <- function(ranges, call) {
  native_cover(check_pair_ranges(ranges, "ranges", call), call)
}

check_pair_ranges <- function(ranges, name, call) {
  if (missing(ranges) || !inherits(ranges, "pair_ranges")) {
    abort_argument(
      name, "ranges", ranges, call,
      hints = paste(
        "`pair_ranges()`, `block_diagonal()`, `band()`, `from_matrix()` and",
        "`within_radius()` make them."
      )
    )
  }
  ranges
}

check_ends <- function(ends, name, call) {
  wanted <- "a matrix of two columns of whole numbers, the first and the last"
  is_ends <- !missing(ends) && is.matrix(ends) && is.numeric(ends) &&
    ncol(ends) == 2L &&
    is_whole(ends, any.missing = FALSE)
  if (!is_ends) abort_argument(name, wanted, ends, call)
  lacking <- which(ends[, 2L] < ends[, 1L] - 1)
  if (length(lacking)) {
    first <- lacking[[1L]]
    abort_rkeops(
      "argument", sprintf(
        "Block %d of `%s` goes from %.0f to %.0f, which is before it.",
        first, name, ends[first, 1L], ends[first, 2L]
      ), call = call
    )
  }
  ends[] <- as.double(ends)
  unname(ends)
}

check_sizes <- function(sizes, call) {
  is_sizes <- !missing(sizes) && is_whole(
    sizes, lower = 0, len = 2, any.missing = FALSE
  )
  if (!is_sizes) {
    abort_argument(
      "sizes", "two whole numbers, of i and of j, of at least 0", sizes, call
    )
  }
  as.double(sizes)
}

#' @rdname pair_ranges
#' @export
t.pair_ranges <- function(x) { # nolint
  blocks <- x$blocks
  new_ranges(
    blocks[, 3:4, drop = FALSE], blocks[, 1:2, drop = FALSE], rev(x$sizes), NULL
  )
}

#' @rdname pair_ranges
#' @export
dim.pair_ranges <- function(x) as.integer(x$sizes) # nolint

#' @rdname pair_ranges
#' @export
as.matrix.pair_ranges <- function(x, maximum = 1e8, ...) { # nolint
  call <- rlang::current_env()
  check_no_more(list(...), call)
  if (prod(x$sizes) > maximum) {
    abort_rkeops(
      "argument", sprintf(
        "There are %.0f pairs, more than `maximum`, %.0f.", prod(x$sizes),
        maximum
      ), call = call
    )
  }
  value <- matrix(FALSE, x$sizes[["i"]], x$sizes[["j"]])
  for (k in seq_len(nrow(x$blocks))) {
    block <- x$blocks[k, ]
    i <- seq(block[[1L]], length.out = block[[2L]] - block[[1L]] + 1)
    j <- seq(block[[3L]], length.out = block[[4L]] - block[[3L]] + 1)
    value[i, j] <- TRUE
  }
  value
}

#' @rdname pair_ranges
#' @export
format.pair_ranges <- function(x, ...) { # nolint
  known <- r_cover_describe(native_cover(x), TRUE)
  all <- prod(x$sizes)
  sprintf(
    "<pair_ranges> %s block%s of %.0f i and %.0f j: %.0f of %.0f pairs%s",
    nrow(x$blocks), if (nrow(x$blocks) == 1L) "" else "s", x$sizes[["i"]],
    x$sizes[["j"]], known$pairs, all,
    if (all > 0) sprintf(" (%.2g %%)", 100 * known$pairs / all) else ""
  )
}

#' @rdname pair_ranges
#' @export
print.pair_ranges <- function(x, ...) { # nolint
  writeLines(format(x))
  for (index in c("i", "j")) {
    known <- r_cover_describe(native_cover(x), index == "i")
    rows <- diff(c(known$first, x$sizes[[index]] + 1))
    without <- sum(rows[known$columns == 0])
    if (without > 0) {
      writeLines(sprintf("  %.0f %s in no block", without, index))
    }
  }
  invisible(x)
}

# ---- lazy tensors ----

keep_ranges <- function(x, ranges, call) {
  if (length(x@ranges) || has_batch(x)) {
    abort_rkeops(
      "argument", "The LazyTensor has ranges or batches already.", call = call
    )
  }
  for (index in c("i", "j")) {
    size <- x@sizes[[index]]
    if (!is.na(size) && size != ranges$sizes[[index]]) {
      abort_rkeops(
        "shape", sprintf(
          "The ranges are of %.0f %s, but the LazyTensor has %d.",
          ranges$sizes[[index]], index, size
        ), call = call
      )
    }
  }
  x@sizes[] <- as.integer(ranges$sizes)
  x@ranges <- list(ranges)
  x
}

without_ranges <- function(x) {
  x@ranges <- list()
  x
}

# The result has the ranges of its operands; those without any agree with all.
common_ranges <- function(operands, label, call) {
  known <- list()
  for (operand in operands) {
    ranges <- operand@ranges
    if (!length(ranges)) next
    if (length(known) && !identical(known[[1L]]$blocks, ranges[[1L]]$blocks)) {
      abort_rkeops(
        "argument", sprintf(
          "The operands of `%s` have different ranges.", label
        ), call = call
      )
    }
    known <- ranges
  }
  known
}

# Batches become ranges, so they are refused with them.
refuse_ranges <- function(x, call) {
  what <- if (has_batch(x)) "batches" else if (length(x@ranges)) "ranges"
  if (is.null(what)) {
    return()
  }
  abort_rkeops(
    "argument", sprintf(
      "This needs a matrix of all entries; the LazyTensor has %s.", what
    ),
    hints = sprintf(
      "Tensors with %s can be combined, reduced, differentiated and %s", what,
      "multiplied by vectors and matrices."
    ), call = call
  )
}
