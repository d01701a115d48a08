# Methods of nearest neighbours: print, summary, plot, and the forms that other
# packages take.

#' Look at nearest neighbours, and convert them
#'
#' @param x,object Neighbours, as [nearest_neighbours()] gives them.
#' @param n How many rows `print()` shows.
#' @param digits The number of digits that are shown.
#' @param k Which neighbour `plot()` takes; by default the last.
#' @param xlab,ylab,type,las See [graphics::plot.default()].
#' @param row.names,optional See [base::as.data.frame()].
#' @param ... Other arguments of the plot; otherwise not used.
#'
#' @details
#' `summary()` has the quantiles of the distances of each neighbour, the share
#' of neighbours that are mutual, and how often a point is a neighbour of
#' others. `plot()` draws the sorted distances of the k-th neighbour: a bend is
#' a radius for [dbscan_clusters()].
#'
#' Other packages:
#' * `as_fnn()` is the list of `nn.index` and `nn.dist` that `FNN::get.knn()`
#'   and `FNN::get.knnx()` return.
#' * `as_dbscan()` is an object of class `kNN` of the package dbscan, which its
#'   functions take in place of data.
#' * `as.matrix()` is the matrix of two columns, `row` and `neighbour`, with a
#'   row for each edge, for `igraph::graph_from_edgelist()`, and
#'   `as.data.frame()` has the columns `row`, `rank`, `neighbour` and
#'   `distance`. Places where there is no neighbour are left out.
#' * [as_sparse_matrix()] makes the matrix of distances of Matrix.
#'
#' @return `print()` and `plot()` return `x`, invisibly; the others what is said
#'   above.
#' @seealso [nearest_neighbours()]
#' @name nearest_neighbours-methods
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' near <- nearest_neighbours(faithful, k = 4)
#' print(near, n = 2)
#' summary(near)
#' plot(near)
#' head(as.data.frame(near))
#' str(as_fnn(near))
#' head(as.matrix(near), 3)
#' \dontshow{set_rkeops_options(previous)}
NULL

#' @rdname nearest_neighbours-methods
#' @export
print.nearest_neighbours <- function(x, n = 6L, digits = 4L, ...) {
  check_digits(digits, rlang::current_env())
  n <- check_count(n, "n", rlang::current_env(), 0)
  rows <- nrow(x$index)
  cat(sprintf(
    "<nearest_neighbours> the %d nearest %s each of %s %s; %s\n", x$k,
    if (x$has_query) {
      paste("of", format_count(x$points), "points to")
    } else if (x$self) {
      "to"
    } else {
      "others to"
    }, format_count(rows), if (x$has_query) "queries" else "points",
    if (is.function(x$metric)) "a function" else x$metric
  ))
  shown <- seq_len(min(n, rows))
  if (length(shown)) {
    columns <- seq_len(min(x$k, 6L))
    cells <- paste0(
      x$index[shown, columns], " (",
      format(x$distance[shown, columns], digits = digits, trim = TRUE), ")"
    )
    cells[is.na(x$index[shown, columns])] <- "NA"
    table <- matrix(cells, length(shown))
    dimnames(table) <- list(
      rownames(x$index)[shown] %||% shown, paste0("[", columns, "]")
    )
    print(noquote(table, right = TRUE))
  }
  if (rows > n) cat("... and", format_count(rows - n), "more rows\n")
  invisible(x)
}

#' @rdname nearest_neighbours-methods
#' @export
summary.nearest_neighbours <- function(object, ...) {
  quantiles <- apply(object$distance, 2L, stats::quantile, na.rm = TRUE)
  quantiles <- t(matrix(quantiles, 5L))
  dimnames(quantiles) <- list(
    seq_len(object$k), c("min", "25%", "median", "75%", "max")
  )
  times <- tabulate(object$index, object$points)
  structure(list(
    distance = quantiles, missing = sum(is.na(object$index)), times = times,
    mutual = if (!object$has_query) mutual_share(object$index),
    points = object$points, queries = nrow(object$index),
    metric = metric_label(object$metric)
  ), class = "summary.nearest_neighbours")
}

# The share of pairs (i, j), as one number each, that are there as (j, i) too.
mutual_share <- function(index) {
  from <- c(row(index))[!is.na(index)]
  to <- index[!is.na(index)]
  size <- nrow(index) + 1
  if (length(to)) mean((from * size + to) %in% (to * size + from)) else NA_real_
}

#' @rdname nearest_neighbours-methods
#' @export
print.summary.nearest_neighbours <- function(x, digits = 4L, ...) {
  check_digits(digits, rlang::current_env())
  cat(sprintf(
    "Nearest neighbours of %s points among %s, %s\n\nDistance of neighbour\n",
    format_count(x$queries), format_count(x$points), x$metric
  ))
  print(x$distance, digits = digits)
  cat(sprintf(
    "\nA point is a neighbour of %d to %d others, %s of none.\n",
    min(x$times, Inf), max(x$times, 0), format_count(sum(x$times == 0))
  ))
  if (!is.null(x$mutual) && !is.na(x$mutual)) {
    cat(sprintf("%.0f %% of the neighbours are mutual.\n", 100 * x$mutual))
  }
  if (x$missing) {
    cat(format_count(x$missing), "places have no neighbour (NA).\n")
  }
  invisible(x)
}

#' @rdname nearest_neighbours-methods
#' @export
plot.nearest_neighbours <- function(x, k = x$k, xlab = "Points, sorted",
                                    ylab = NULL, type = "l", las = 1, ...) {
  if (!is_whole_number(k, lower = 1, upper = x$k)) {
    abort_argument("k", sprintf("a whole number from 1 to %d", x$k), k,
                   rlang::current_env())
  }
  distance <- sort(x$distance[, k])
  plot(
    seq_along(distance), distance, type = type, xlab = xlab, las = las,
    ylab = ylab %||% sprintf("Distance of neighbour %d", as.integer(k)), ...
  )
  invisible(x)
}

# ---- conversions ----

#' @rdname nearest_neighbours-methods
#' @export
as.data.frame.nearest_neighbours <- function(x, row.names = NULL, # nolint
                                             optional = FALSE, ...) {
  places <- which(!is.na(t(x$index)))
  rows <- (places - 1L) %/% x$k + 1L
  about_argument("row.names", rlang::current_env(), data.frame(
    row = rows, rank = (places - 1L) %% x$k + 1L,
    neighbour = t(x$index)[places], distance = t(x$distance)[places],
    row.names = row.names
  ))
}

#' @rdname nearest_neighbours-methods
#' @export
as.matrix.nearest_neighbours <- function(x, ...) {
  edges <- as.data.frame.nearest_neighbours(x)
  cbind(row = edges$row, neighbour = edges$neighbour)
}

check_neighbours <- function(x, call) {
  if (missing(x) || !inherits(x, "nearest_neighbours")) {
    abort_argument("x", "neighbours, made by `nearest_neighbours()`", x, call)
  }
  x
}

#' @rdname nearest_neighbours-methods
#' @export
as_fnn <- function(x) {
  check_neighbours(x, rlang::current_env())
  list(nn.index = x$index, nn.dist = x$distance)
}

#' @rdname nearest_neighbours-methods
#' @export
as_dbscan <- function(x) {
  call <- rlang::current_env()
  check_neighbours(x, call)
  if (x$has_query || x$self || anyNA(x$index)) {
    abort_rkeops(
      "argument", paste(
        "An object of class `kNN` needs all neighbours of the points of `x`",
        "but themselves."
      ), call = call
    )
  }
  columns <- list(rownames(x$index), seq_len(x$k))
  structure(list(
    dist = structure(x$distance, dimnames = columns),
    id = structure(x$index, dimnames = columns), k = x$k, sort = TRUE,
    metric = metric_label(x$metric)
  ), class = c("kNN", "NN"))
}

# Neighbours as pairs, which have a sparse matrix.
pairs_of <- function(x) {
  edges <- as.data.frame.nearest_neighbours(x)
  names <- list(rownames(x$index), x$names)
  structure(list(
    i = edges$row, j = edges$neighbour, value = edges$distance,
    dim = c(nrow(x$index), x$points),
    dimnames = if (!all(vapply(names, is.null, NA))) names,
    radius = Inf, symmetric = FALSE, self = x$self
  ), class = "rkeops_pairs")
}
