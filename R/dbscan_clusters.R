# DBSCAN: clusters of any shape, from the pairs within a radius.

#' Clusters by density (DBSCAN)
#'
#' Points with at least `min_points` points within the radius `eps`, themselves
#' among these, are core points; core points within `eps` of each other are in
#' one cluster, of any shape. Other points belong to the cluster of a core point
#' within `eps` of them, or are noise. The number of clusters need not be known.
#'
#' @param x The points, one a row: a numeric matrix or data frame, or a vector.
#'   The metrics `"gower"` and `"hamming"` take columns of any kind.
#' @param eps The radius, in the unit of the distance. A pair whose distance is
#'   equal to it is within.
#' @param min_points How many points make a core point, with itself, or how much
#'   weight.
#' @param metric The name of a distance, see [nearest_neighbours()], or a
#'   function of two lazy tensors that returns a symmetric one.
#' @param weights One number for each point, at least 0.
#' @param border Whether points that are no core points belong to clusters. Of
#'   several clusters they could belong to they get the first one.
#' @param maximum The largest number of pairs, see [pairs_within()].
#'
#' @details
#' All pairs are compared in double precision; those within `eps` are stored, 16
#' bytes each. Clusters are numbered in the order of their first core points, as
#' in the package dbscan. The bend of `plot(nearest_neighbours(x, k))`, with `k`
#' one less than `min_points`, is often a good radius.
#'
#' @return An object of class `dbscan_clusters`, a list of `cluster` (integers,
#'   0 for noise), `core` (whether a point is a core point), `size`, `noise`
#'   (how many), `eps`, `min_points`, `metric`, `x` and `call`. There are
#'   `print()`, `plot()` and `predict()`, for which new points belong to the
#'   cluster of the nearest core point, if that is within `eps`.
#' @references Ester, M., Kriegel, H.-P., Sander, J. and Xu, X. (1996). A
#'   density-based algorithm for discovering clusters in large spatial databases
#'   with noise. *Proceedings of KDD*, 226-231.
#' @seealso [k_means()], [pairs_within()]; `dbscan::dbscan()`.
#' @concept density-based clustering
#' @concept DBSCAN
#' @concept outlier detection
#' @concept cluster analysis
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' places <- quakes[, c("long", "lat")]
#' fit <- dbscan_clusters(places, 100, 10, metric = "haversine")
#' fit
#' plot(fit)
#' predict(fit, data.frame(long = c(167, 175), lat = c(-15, -15)))
#' \dontshow{set_rkeops_options(previous)}
dbscan_clusters <- function(x, eps, min_points = 5, metric = "euclidean",
                            weights = NULL, border = TRUE, maximum = NULL) {
  call <- rlang::current_env()
  metric <- check_metric(metric, call)
  x <- metric_points(x, metric, "x", call)
  check_positive(eps, "eps", call)
  check_positive(min_points, "min_points", call)
  border <- check_flag(border, "border", call)
  weights <- k_means_weights(weights, nrow(x), call) %||% rep(1, nrow(x))
  near <- pairs_of_points(x, eps, metric, maximum, call)
  core <- neighbour_weights(near, weights) >= min_points
  cluster <- core_clusters(near, core)
  if (border) cluster <- border_clusters(near, core, cluster)
  structure(list(
    cluster = stats::setNames(cluster, names_of_rows(x)), core = core,
    size = tabulate(cluster, max(cluster, 0L)), noise = sum(cluster == 0L),
    eps = eps, min_points = min_points, metric = metric, x = x,
    call = match.call()
  ), class = "dbscan_clusters")
}

check_positive <- function(value, name, call) {
  if (missing(value) || !checkmate::test_number(value, finite = TRUE) ||
        value <= 0) {
    abort_argument(name, "one positive number", value, call)
  }
}

# The pairs i < j, without their values.
pairs_of_points <- function(x, eps, metric, maximum, call) {
  if (nrow(x) < 2L) {
    return(list(i = integer(), j = integer()))
  }
  measured <- metric_pairs(x, x, metric, "float64", call)
  near <- pairs_within(
    measured$pairs, measured$entry(eps), symmetric = TRUE, maximum = maximum
  )
  unclass(near)[c("i", "j")]
}

# The weight of each point and of those near it.
neighbour_weights <- function(near, weights) {
  total <- weights
  for (side in list(near, list(i = near$j, j = near$i))) {
    sums <- base::rowsum(weights[side$j], side$i)
    places <- as.integer(rownames(sums))
    total[places] <- total[places] + sums
  }
  total
}

# Numbers of clusters of the core points, 0 for others.
core_clusters <- function(near, core) {
  both <- core[near$i] & core[near$j]
  root <- connected(near$i[both], near$j[both], length(core))
  cluster <- integer(length(core))
  cluster[core] <- match(root[core], unique(root[core]))
  cluster
}

# The smallest number of a point that each point is connected to. In each round
# every tree with an edge to a smaller root becomes part of another tree (as
# Shiloach and Vishkin do), so that there are some log2(n) rounds.
connected <- function(i, j, count) {
  root <- seq_len(count)
  repeat {
    one <- root[i]
    other <- root[j]
    open <- one != other
    if (!any(open)) {
      return(root)
    }
    i <- i[open]
    j <- j[open]
    root[base::pmax(one[open], other[open])] <-
      base::pmin(one[open], other[open])
    while (any(root[root] != root)) root <- root[root]
  }
}

# The smallest number wins, as it is written last.
border_clusters <- function(near, core, cluster) {
  edges <- list(
    from = c(near$i, near$j), to = c(near$j, near$i)
  )
  reached <- base::which(!core[edges$from] & core[edges$to])
  number <- cluster[edges$to[reached]]
  order <- order(number, decreasing = TRUE)
  cluster[edges$from[reached][order]] <- number[order]
  cluster
}

#' @rdname dbscan_clusters
#' @param object A value of `dbscan_clusters()`.
#' @param newdata Points of the same columns.
#' @param ... Arguments of the plot; otherwise not used.
#' @export
predict.dbscan_clusters <- function(object, newdata = NULL, ...) {
  call <- rlang::current_env()
  check_no_more(list(...), call)
  if (is.null(newdata)) {
    return(object$cluster)
  }
  query <- query_points(newdata, object$x, object$metric, call)
  # points that are no core points are in no group
  groups <- list(
    x = base::ifelse(object$core, 1, NA), query = rep(1, nrow(query))
  )
  found <- search_neighbours(
    query, object$x, 1L, object$metric, groups, FALSE, "float64", call
  )
  cluster <- unname(object$cluster)[found$index]
  cluster[is.na(cluster) | !(found$distance[, 1L] <= object$eps)] <- 0L
  cluster
}

#' @export
print.dbscan_clusters <- function(x, ...) {
  cat(sprintf(
    "<dbscan_clusters> %d cluster%s of %s points, %s of noise\n",
    length(x$size), if (length(x$size) == 1L) "" else "s",
    format_count(nrow(x$x)), format_count(x$noise)
  ))
  cat(sprintf(
    "eps = %s, min_points = %s, %s; %s core points\n", format(x$eps),
    format(x$min_points),
    if (is.function(x$metric)) "a function" else x$metric,
    format_count(sum(x$core))
  ))
  if (length(x$size)) {
    shown <- seq_len(min(length(x$size), 20L))
    print(rlang::set_names(x$size[shown], shown))
    if (length(x$size) > 20L) cat("... and", length(x$size) - 20L, "more\n")
  }
  invisible(x)
}

#' @export
summary.dbscan_clusters <- function(object, ...) {
  structure(list(
    fit = object, table = tidy.dbscan_clusters(object)
  ), class = "summary.dbscan_clusters")
}

#' @export
print.summary.dbscan_clusters <- function(x, ...) {
  print(x$fit)
  cat("\nCluster 0 is noise.\n")
  print(x$table[c("cluster", "size", "core")], row.names = FALSE)
  invisible(x)
}

#' @rdname dbscan_clusters
#' @param which The two columns of the plot; with one column, its values are
#'   drawn in the order of the points.
#' @export
plot.dbscan_clusters <- function(x, which = seq_len(min(2L, ncol(x$x))), ...) {
  which <- chosen_columns(which, x$x, rlang::current_env())
  plot_clusters(x$x, x$cluster, which, ...)
  invisible(x)
}

# The numbers of columns that were chosen by name or number.
chosen_columns <- function(which, points, call) {
  names <- colnames(as.data.frame(points))
  found <- if (is.character(which)) match(which, names) else which
  if (!is.numeric(found) || is.object(found) || !length(found) ||
        !all(found %in% seq_along(names))) {
    abort_argument(
      "which", paste("columns of the points:", toString(names)), which, call
    )
  }
  as.vector(found)
}

# Clusters in colours, noise as small grey points.
plot_clusters <- function(points, cluster, which, pch = NULL, col = NULL,
                          las = 1, ...) {
  points <- as.data.frame(points)[which]
  if (length(points) == 1L) {
    points <- cbind(point = seq_len(nrow(points)), points)
  }
  noise <- cluster == 0L
  plot(
    points, las = las, pch = pch %||% base::ifelse(noise, 4L, 20L),
    col = col %||% cluster_colours(cluster), ...
  )
}

cluster_colours <- function(cluster) {
  colours <- grDevices::hcl.colors(max(cluster, 2L), "Dark 3")
  base::ifelse(cluster == 0L, "grey60", colours[base::pmax(cluster, 1L)])
}
