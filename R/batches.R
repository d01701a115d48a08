# Batches: many reductions of the same formula at once. Arrays with leading
# batch axes become matrices with the points of all batches one after the other,
# and the pairs of the same batch are the blocks of ranges.

#' Batches of reductions
#'
#' Many small problems of the same formula are computed in one call: data are
#' arrays whose leading axes count the batches.
#'
#' @details
#' Data of `M` points with `D` columns are a matrix, `M x D`. An array of `B x M
#' x D` are `B` such matrices, one a batch, and one of `A x B x M x D` are `A *
#' B` of them. In a call the axes of all arrays are matched from the last one
#' backwards, as NumPy does: those of 1 are repeated, and so are missing ones;
#' others must agree. So an array of `A x 1 x M x D` beside one of `1 x B x N x
#' D` makes `A * B` batches, and a matrix beside an array is the same in every
#' batch. Parameters of a batch are an array with one point, `B x 1 x D`; a
#' vector is the same parameter in every batch.
#'
#' * Lazy tensors: `Vi(x)`, `Vj(y)` and `Pm(p)` take such arrays.
#'   `sum(K, index = "j")` is an array of `B x M x D`, the axes of the batches
#'   before the rows; `argKmin()` and the like have the K behind them, and
#'   places are those within the batch. [grad()] has the shape of the data of
#'   its variable: it is summed over what was repeated. What needs single
#'   entries is refused.
#' * Operators: `op(x, y, b, p)` takes such arrays. Parameters that have batches
#'   must be declared in `args`. Gradients are called likewise.
#' * Unequal batches: `op(x, y, groups = list(i, j))`, where the rows of
#'   matrices are the points of all batches one after the other, and `i` and `j`
#'   the sizes of the batches (or factors, see [block_diagonal()]); one of both
#'   for data with the same groups. Parameters are then matrices with a row for
#'   each batch, or vectors. For lazy tensors, `K[block_diagonal(i, j)]`.
#'
#' All batches are one reduction with the ranges of [block_diagonal()]: one
#' call, whatever their number. What is repeated is copied, to `M` rows a batch.
#'
#' @return The results of all batches: an array with the axes of the batches
#'   before those of the result of one, or, with `groups`, a matrix with the
#'   rows of all batches one after the other.
#' @name batches
#' @seealso [pair_ranges()]
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' x <- array(runif(5 * 20 * 3), c(5, 20, 3))
#' y <- array(runif(5 * 30 * 3), c(5, 30, 3))
#' s <- array(1:5, c(5, 1, 1))
#' K <- exp(-Pm(s) * sqdist(Vi(x), Vj(y)))
#' K
#' dim(sum(K, index = "j"))
#' op <- keops_kernel(
#'   "Sum_Reduction(Exp(-s * SqDist(x, y)), 0)",
#'   c("x = Vi(3)", "y = Vj(3)", "s = Pm(1)")
#' )
#' all.equal(op(x, y, s), sum(K, index = "j"), tolerance = 1e-6)
#' \dontshow{set_rkeops_options(previous)}
NULL

is_batch_array <- function(x) {
  is.array(x) && length(dim(x)) > 2L && (is.numeric(x) || is.logical(x)) &&
    !is.object(x)
}

# The points of all batches one after the other: a matrix, which knows its axes.
stacked_data <- function(x) {
  axes <- dim(x)
  last <- length(axes)
  batch <- axes[seq_len(last - 2L)]
  points <- axes[[last - 1L]]
  data <- aperm(x, c(last - 1L, seq_len(last - 2L), last))
  dim(data) <- c(points * prod(batch), axes[[last]])
  storage.mode(data) <- "double"
  attr(data, "rkeops_batch") <- list(axes = batch, points = points)
  data
}

# The axes and points of a matrix, or of an array that was stacked.
batch_of <- function(data) {
  attr(data, "rkeops_batch") %||% list(axes = integer(), points = nrow(data))
}

# The axes of all together, as NumPy matches them.
common_axes <- function(all, label, call) {
  count <- max(0L, lengths(all))
  axes <- vapply(all, function(one) {
    c(rep(1L, count - length(one)), as.integer(one))
  }, integer(count))
  axes <- matrix(axes, count)
  vapply(seq_len(count), function(k) {
    known <- unique(axes[k, axes[k, ] != 1L])
    if (length(known) > 1L) {
      abort_rkeops(
        "shape", sprintf(
          "The data of `%s` have different numbers of batches: %s.", label,
          paste(
            vapply(all[lengths(all) > 0L], paste, "", collapse = " x "),
            collapse = " and "
          )
        ),
        hints = "Axes are matched from the last one backwards; 1 is repeated.",
        call = call
      )
    }
    if (length(known)) known else 1L
  }, 1L)
}

# For each row of the stacked data of all batches, the row of those of one.
rows_in <- function(own, axes, points) {
  count <- length(axes)
  shape <- c(rep(1L, count - length(own$axes)), own$axes)
  batch <- array(0, c(axes, 1L))
  step <- 1
  for (k in seq_len(count)) {
    if (shape[[k]] > 1L) {
      batch <- batch + step * (slice.index(batch, k) - 1)
    }
    step <- step * shape[[k]]
  }
  within <- if (own$points == 1L) rep(1, points) else seq_len(points)
  as.vector(outer(within, as.vector(batch) * own$points, "+"))
}

# The data repeated for every batch.
spread_data <- function(data, axes, points) {
  own <- batch_of(data)
  if (identical(as.integer(own$axes), as.integer(axes)) &&
        own$points == points) {
    return(data)
  }
  on_host(data)[rows_in(own, axes, points), , drop = FALSE]
}

# The sum of what belongs to the same row of `data`, in its shape.
gather_gradient <- function(gradient, data, axes, points) {
  own <- batch_of(data)
  rows <- rows_in(own, axes, points)
  total <- matrix(0, own$points * prod(own$axes), ncol(gradient))
  sums <- rowsum(on_host(gradient), rows)
  total[as.integer(rownames(sums)), ] <- sums
  unstacked(total, own$axes, own$points)
}

# Rows of all batches as an array with the axes of the batches first.
unstacked <- function(value, axes, points) {
  if (is.list(value)) {
    return(lapply(value, unstacked, axes, points))
  }
  value <- on_host(value)
  rest <- dim(value)[-1L]
  if (!length(axes)) {
    return(value)
  }
  count <- length(axes)
  dim(value) <- c(points, axes, rest)
  aperm(value, c(1L + seq_len(count), 1L, count + 1L + seq_along(rest)))
}
