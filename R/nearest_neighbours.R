# The nearest neighbours of points: a search over all pairs, none of them
# stored.

#' Nearest neighbours
#'
#' The `k` points of `x` that are nearest to each query, or to each point of
#' `x`, by a named distance or any formula of lazy tensors. The search is exact:
#' neighbours are chosen, and distances computed, in double precision.
#'
#' @param x The points that are searched, one a row: a numeric matrix or data
#'   frame, or a vector for points on a line. The metrics `"gower"` and
#'   `"hamming"` take columns of any kind.
#' @param query Points of the same columns, whose neighbours are wanted; `NULL`
#'   for the points of `x` themselves.
#' @param k How many neighbours.
#' @param metric The name of a distance: `"euclidean"`, `"manhattan"`,
#'   `"maximum"`, `"cosine"`, `"mahalanobis"` (with the covariance of `x`),
#'   `"haversine"` (longitude and latitude in degrees, distances in km),
#'   `"hamming"` or `"gower"` (with the ranges of `x`), see [distances]; or a
#'   function of the tensors of the queries, `Vi(query)`, and of the points,
#'   `Vj(x)`, that returns a lazy tensor of which small values are near.
#' @param within Groups: neighbours are searched only among the points of the
#'   same group. A factor or vector with one value for each point of `x`; with
#'   queries, the list of these and of the groups of the queries. `NA` is in no
#'   group.
#' @param self Whether a point is its own neighbour, where there is no `query`.
#'   It is told by its number, not by its distance, so that duplicates of a
#'   point are neighbours of it.
#' @param precision `"float64"`, or `"float32"`, which takes half of the time or
#'   less, and may exchange neighbours whose distances differ by less than 1e-6
#'   of them.
#'
#' @details
#' Among points that are equally near the first ones are taken; distances that
#' differ by rounding only, as of decimal fractions, are not equal. Missing and
#' infinite values are errors, but for `"gower"`, which leaves out columns with
#' missing values, and `"hamming"`, for which such points have no neighbours.
#' A point without angle, a vector of zeros, has no cosine distance and no
#' neighbours.
#'
#' The time is proportional to the number of pairs, and memory to the number of
#' points.
#'
#' @return An object of class `nearest_neighbours`, a list of
#'   * `index`, a matrix of integers with a row for each query and `k` columns:
#'     the numbers of the neighbours, rows of `x`, counted from 1, from near to
#'     far; `NA` where there are too few;
#'   * `distance`, the matrix of their distances (not squared);
#'   * `k`, `metric`, `self`, `points` (how many there are), `names` (those of
#'     the rows of `x`) and `call`.
#'
#'   There are `print()`, `summary()`, `plot()` (the sorted distances of the
#'   last neighbour) and conversions, see [nearest_neighbours-methods].
#' @references Cover, T. and Hart, P. (1967). Nearest neighbor pattern
#'   classification. *IEEE Transactions on Information Theory* 13, 21-27.
#' @seealso [knn_fit()] for classification and regression, [pairs_within()] for
#'   neighbours within a radius, [argKmin()] for lazy tensors.
#' @concept nearest neighbors
#' @concept nearest neighbour search
#' @concept kNN
#' @concept k-nearest neighbours
#' @concept matching
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' near <- nearest_neighbours(iris[, 1:4], k = 3)
#' near
#' near$index[1, ]
#' near$distance[1, ]
#' summary(near)
#' # of the same species
#' nearest_neighbours(iris[, 1:4], k = 1, within = iris$Species)
#' # columns of any kind
#' nearest_neighbours(iris, iris[c(51, 101), ], k = 2, metric = "gower")
#' # earthquakes: kilometres on the sphere and in depth
#' nearest_neighbours(
#'   quakes[, c("long", "lat", "depth")], k = 2, metric = function(x, y) {
#'     sqrt(haversine(x[1:2], y[1:2])^2 + (x[3] - y[3])^2)
#'   }
#' )
#' \dontshow{set_rkeops_options(previous)}
nearest_neighbours <- function(x, query = NULL, k, metric = "euclidean",
                               within = NULL, self = FALSE,
                               precision = "float64") {
  call <- rlang::current_env()
  metric <- check_metric(metric, call)
  x <- metric_points(x, metric, "x", call)
  k <- check_count(k, "k", call)
  self <- check_flag(self, "self", call)
  precision <- read_precision(precision, "precision", call)
  has_query <- !is.null(query)
  query <- if (has_query) query_points(query, x, metric, call) else x
  within <- check_within(within, nrow(x), nrow(query), has_query, call)
  leaves_out <- !has_query && !self
  found <- search_neighbours(
    query, x, k, metric, within, leaves_out, precision, call
  )
  structure(
    c(found, list(
      k = k, metric = metric, self = has_query || self, points = nrow(x),
      has_query = has_query, names = names_of_rows(x), call = match.call()
    )), class = "nearest_neighbours"
  )
}

# Columns are matched by their names where both have them.
query_points <- function(query, x, metric, call) {
  names <- colnames(x)
  if (is.data.frame(query) && !is.null(names) &&
        all(names %in% names(query))) {
    query <- query[names]
  } else if (is_sequence(query) && ncol(x) > 1L && length(query) == ncol(x)) {
    query <- matrix(query, 1L)
  }
  query <- metric_points(query, metric, "query", call)
  if (ncol(query) != ncol(x)) {
    abort_rkeops("shape", sprintf(
      "`query` must have the %d columns of `x`, not %d.", ncol(x), ncol(query)
    ), call = call)
  }
  query
}

names_of_rows <- function(x) {
  # those of a data frame may be mere numbers of its rows
  if (is.data.frame(x) && .row_names_info(x) <= 0L) NULL else rownames(x)
}

check_within <- function(within, points, queries, has_query, call) {
  if (is.null(within)) {
    return(NULL)
  }
  wanted <- if (has_query) {
    "the list of the groups of the points and of those of the queries"
  } else {
    "a factor or vector with one group for each point"
  }
  groups <- if (!has_query) {
    list(within, within)
  } else if (is.list(within) && length(within) == 2L) {
    unname(within)
  }
  sizes <- vapply(groups, length, 1L)
  if (is.null(groups) || !identical(sizes, c(points, queries)) ||
        !all(vapply(groups, is.atomic, NA))) {
    abort_argument("within", wanted, within, call)
  }
  list(x = groups[[1L]], query = groups[[2L]])
}

# One neighbour more, of which the point itself is taken out, or the last one:
# so the formula is the plain distance, for which the search is fastest.
search_neighbours <- function(query, x, k, metric, within, leaves_out,
                              precision, call) {
  rows <- nrow(query)
  # not more columns than there are points to fill them
  count <- min(k, nrow(x) - leaves_out) + leaves_out
  empty <- about_argument("k", call, matrix(NA_integer_, rows, k))
  rownames(empty) <- names_of_rows(query)
  found <- list(index = empty, distance = empty + NA_real_)
  if (rows == 0L || count - leaves_out < 1L) {
    return(found)
  }
  measured <- metric_pairs(query, x, metric, precision, call)
  pairs <- measured$pairs
  if (!is.null(within)) {
    pairs <- within_groups(pairs, within$query, within$x)
  }
  smallest <- reduce_tensor(
    pairs, "KMin_ArgKMin", "j", count, call = call, precision = precision
  )
  index <- smallest$indices + 1L - settings$index_base
  kept <- if (leaves_out) others(index)
  columns <- seq_len(count - leaves_out)
  found$index[, columns] <- take_kept(index, kept)
  distance <- take_kept(measured$distance(smallest$values), kept)
  distance[is.na(found$index[, columns])] <- NA
  found$distance[, columns] <- distance
  found
}

# All columns of each row but one: that of the point itself, or the last.
others <- function(index) {
  own <- which(index == row(index), arr.ind = TRUE)
  place <- rep(ncol(index), nrow(index))
  place[own[, 1L]] <- own[, 2L]
  col(index) != place
}

take_kept <- function(values, kept) {
  if (is.null(kept)) {
    return(values)
  }
  matrix(t(values)[t(kept)], nrow(values), byrow = TRUE)
}
