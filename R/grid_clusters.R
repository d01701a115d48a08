# Points in the cells of a grid: an order in which near points are neighbours,
# and the ranges of cells within a radius.

#' Points in the cells of a grid
#'
#' Puts points into an order in which those of a cell of a regular grid are
#' neighbours. Blocks of pairs of cells are then what a reduction goes over
#' where only near points matter.
#'
#' @param x A numeric matrix, whose rows are points, of finite numbers.
#' @param cell The side of a cell, or one a column of `x`, in the unit of `x`.
#' @param data A matrix, vector or data frame with a row (an element) for each
#'   point.
#' @param clusters What `grid_clusters()` returned.
#' @param ... Not used.
#'
#' @details
#' Cells are ordered by their places along the first column, then the second,
#' and so on; points of a cell keep their order. `sort_points(data, clusters)`
#' puts data into the order of clusters, `unsort_points(result, clusters)` puts
#' results back into that of the points.
#'
#' @return An object of class `grid_clusters`, a list of `labels`, the number of
#'   the cluster of each point; `order`, so that `x[order, ]` are sorted;
#'   `sizes`, the number of points of each cluster; `ranges`, a matrix of the
#'   first and the last point of each, of the sorted points; `centroids`, a
#'   matrix of their means; `lower` and `upper`, the box around the points of
#'   each cluster.
#' @seealso [within_radius()], [from_matrix()]
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' x <- matrix(runif(2000), 1000)
#' clusters <- grid_clusters(x, cell = 0.1)
#' clusters
#' sorted <- sort_points(x, clusters)
#' near <- within_radius(clusters, r = 0.2)
#' near
#' # a Gaussian of standard deviation 0.05, cut at 4 of them
#' K <- exp(-sqdist(Vi(sorted), Vj(sorted)) / (2 * 0.05^2))
#' density <- unsort_points(rowSums(K[near]), clusters)
#' \dontshow{set_rkeops_options(previous)}
grid_clusters <- function(x, cell) {
  call <- rlang::current_env()
  x <- check_points(x, "x", call)
  cell <- check_cell(cell, ncol(x), call)
  places <- floor(sweep(x, 2L, cell, "/"))
  sorted <- do.call(
    base::order, lapply(seq_len(ncol(x)), function(k) places[, k])
  )
  places <- places[sorted, , drop = FALSE]
  is_new <- rowSums(
    places[-1L, , drop = FALSE] != places[-nrow(places), , drop = FALSE]
  ) > 0
  label <- if (nrow(x)) cumsum(c(TRUE, is_new)) else integer()
  clusters_of(x[sorted, , drop = FALSE], sorted, label, cell)
}

# `x` is sorted, as `label` is.
clusters_of <- function(x, sorted, label, cell) {
  sizes <- as.double(tabulate(label, max(0L, label)))
  labels <- integer(length(label))
  labels[sorted] <- label
  ranges <- group_ends(sizes)
  colnames(ranges) <- c("first", "last")
  boxes <- boxes_of(x, ranges)
  structure(list(
    labels = labels, order = sorted, sizes = sizes, ranges = ranges,
    centroids = unname(rowsum(x, label, reorder = FALSE)) / sizes,
    lower = boxes$lower, upper = boxes$upper, cell = cell
  ), class = "grid_clusters")
}

boxes_of <- function(x, ranges) {
  label <- rep(seq_len(nrow(ranges)), ranges[, 2L] - ranges[, 1L] + 1)
  first <- ranges[, 1L]
  last <- ranges[, 2L]
  ends <- lapply(seq_len(ncol(x)), function(k) {
    sorted <- x[order(label, x[, k]), k]
    list(sorted[first], sorted[last])
  })
  side <- function(place) {
    matrix(
      unlist(lapply(ends, `[[`, place)), nrow(ranges), ncol(x)
    )
  }
  list(lower = side(1L), upper = side(2L))
}

check_points <- function(x, name, call) {
  if (is.data.frame(x)) x <- as.matrix(x)
  if (is.numeric(x) && is.null(dim(x))) x <- matrix(x, ncol = 1L)
  is_points <- is.matrix(x) && is.numeric(x) && ncol(x) > 0L
  if (!is_points) abort_argument(name, "a numeric matrix of points", x, call)
  if (!all(is.finite(x))) {
    abort_rkeops(
      "argument", sprintf(
        "Row %d of `%s` is not finite, so it is in no cell.",
        which(rowSums(!is.finite(x)) > 0)[[1L]], name
      ), call = call
    )
  }
  storage.mode(x) <- "double"
  x
}

check_cell <- function(cell, columns, call) {
  is_cell <- !missing(cell) && checkmate::test_numeric(
    cell, lower = 0, finite = TRUE, any.missing = FALSE
  ) && all(cell > 0) && length(cell) %in% c(1L, columns)
  if (!is_cell) {
    abort_argument(
      "cell", "a positive number, or one for each column of `x`", cell, call
    )
  }
  rep_len(as.double(cell), columns)
}

#' @rdname grid_clusters
#' @export
print.grid_clusters <- function(x, ...) { # nolint
  sizes <- if (length(x$sizes)) range(x$sizes) else c(0, 0)
  writeLines(sprintf(
    "<grid_clusters> %d points in %d clusters of %.0f to %.0f points",
    length(x$labels), length(x$sizes), sizes[[1L]], sizes[[2L]]
  ))
  invisible(x)
}

#' @rdname grid_clusters
#' @export
sort_points <- function(data, clusters) {
  call <- rlang::current_env()
  take_points(data, check_clusters(clusters, call)$order, call)
}

#' @rdname grid_clusters
#' @export
unsort_points <- function(data, clusters) {
  call <- rlang::current_env()
  sorted <- check_clusters(clusters, call)$order
  places <- integer(length(sorted))
  places[sorted] <- seq_along(sorted)
  take_points(data, places, call)
}

take_points <- function(data, places, call) {
  count <- if (length(dim(data))) nrow(data) else length(data)
  if (length(dim(data)) > 2L || count != length(places)) {
    abort_rkeops(
      "shape", sprintf(
        "`data` has %d rows, the clusters have %d points.", count,
        length(places)
      ), call = call
    )
  }
  if (length(dim(data))) data[places, , drop = FALSE] else data[places]
}

check_clusters <- function(clusters, call) {
  if (missing(clusters) || !inherits(clusters, "grid_clusters")) {
    abort_argument(
      "clusters", "clusters of `grid_clusters()`", clusters, call
    )
  }
  clusters
}

# ---- ranges within a radius ----

#' Ranges of points within a radius
#'
#' The blocks of pairs of clusters that have points within a radius. All pairs
#' within the radius are among them, and others beside: what is left out is so
#' by whole blocks, by the boxes around their points.
#'
#' @param x,y Clusters of `grid_clusters()`, or matrices of points in an order
#'   in which near points are neighbours; then each `block` rows are a cluster.
#'   By default `y` is `x`.
#' @param r The radius, a number of at least 0, in the unit of the points.
#' @param block How many rows of a matrix are a cluster.
#' @return An object of class [pair_ranges()], of the sorted points where `x`
#'   and `y` are clusters.
#' @seealso [pairs_within()] for the pairs within a radius themselves.
#' @export
#' @examples
#' x <- matrix(sort(runif(500)))
#' within_radius(x, r = 0.05)
within_radius <- function(x, y = x, r, block = 64) { # nolint: function_argument
  call <- rlang::current_env()
  block <- check_whole_number(block, "block", call, lower = 1)
  i <- boxes_around(x, "x", block, call)
  j <- if (missing(y)) i else boxes_around(y, "y", block, call)
  if (missing(r) || !checkmate::test_number(r, lower = 0)) {
    abort_argument("r", "a number of at least 0", r, call)
  }
  if (ncol(i$lower) != ncol(j$lower)) {
    abort_rkeops(
      "shape", sprintf(
        "The points of `x` have %d columns, those of `y` %d.", ncol(i$lower),
        ncol(j$lower)
      ), call = call
    )
  }
  near <- check_native(r_near_boxes(
    t(i$lower), t(i$upper), t(j$lower), t(j$upper), as.double(r)
  ), call)
  new_ranges(
    i$ranges[near$i, , drop = FALSE], j$ranges[near$j, , drop = FALSE],
    c(i$count, j$count), call
  )
}

boxes_around <- function(x, name, block, call) {
  if (inherits(x, "grid_clusters")) {
    return(list(
      lower = x$lower, upper = x$upper, ranges = unname(x$ranges),
      count = length(x$labels)
    ))
  }
  x <- check_points(x, name, call)
  full <- nrow(x) %/% block
  rest <- nrow(x) %% block
  ranges <- group_ends(c(rep(block, full), if (rest > 0) rest))
  c(boxes_of(x, ranges), list(ranges = ranges, count = nrow(x)))
}
