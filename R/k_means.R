# K-means by Lloyd's algorithm: assignment to the nearest centre is a search
# over all pairs of points and centres, the new centres are means.

#' K-means clusters
#'
#' Divides points into clusters such that each point is in that of the nearest
#' centre and each centre is the mean of its points, from centres chosen by
#' k-means++. The value is one of [stats::kmeans()], so that what is written for
#' it works.
#'
#' @param x The points, one a row: a numeric matrix or data frame, a vector, or
#'   a formula `~ a + b` of variables of `data`.
#' @param centers How many clusters, or a matrix of the first centres, one a
#'   row.
#' @param nstart How often to begin with other random centres; the best result
#'   is kept.
#' @param iter.max The largest number of iterations.
#' @param weights One number for each point, at least 0: a point of weight 2 is
#'   like two points. Points of weight 0 get a cluster, and change nothing. With
#'   a formula they may be a variable of `data`.
#' @param metric `"euclidean"`; `"cosine"`, for spherical k-means: points and
#'   centres are divided by their lengths; or `"manhattan"`, for k-medians: the
#'   centre is the median in each column.
#' @param precision `"float64"`, or `"float32"`, which takes half of the time
#'   or less, and may assign points in the middle between two centres to the
#'   other one.
#' @param data A data frame, for a formula.
#' @param na.action A function for the rows with missing values of a formula;
#'   without one missing values are an error, as in [stats::kmeans()].
#'
#' @details
#' The first centres are drawn one after the other with probabilities
#' proportional to the squared distances from those that are there (k-means++,
#' Arthur and Vassilvitskii 2007), with R's random numbers: `set.seed()` makes
#' them reproducible. Iterations (Lloyd 1982) end when no point changes its
#' cluster; from given centres they are those of `kmeans(algorithm = "Lloyd")`.
#' A cluster that becomes empty gets the point that is farthest from its centre;
#' of equally near centres a point takes the first. Where `iter.max` ends the
#' iterations, a warning of class `rkeops_warning_convergence` says so, and
#' points are in the cluster of the nearest of the last centres.
#'
#' With `"cosine"` all sums of squares are those of the vectors of length 1;
#' with `"manhattan"` they are sums of absolute differences.
#'
#' @return An object of classes `k_means` and `kmeans`, a list of `cluster`,
#'   `centers`, `totss`, `withinss`, `tot.withinss`, `betweenss`, `size`, `iter`
#'   and `ifault` (2 where the iterations did not converge) as in
#'   [stats::kmeans()], and of `metric`, `weights`, `call` and, from a formula,
#'   `terms` and `na.action`. `print()` and
#'   `fitted()` are those of `kmeans`; for new points see
#'   [predict()][predict.k_means].
#' @references
#' Arthur, D. and Vassilvitskii, S. (2007). k-means++: the advantages of careful
#' seeding. *Proceedings of SODA*, 1027-1035.
#'
#' Lloyd, S. P. (1982). Least squares quantization in PCM. *IEEE Transactions on
#' Information Theory* 28, 129-137.
#'
#' Dhillon, I. S. and Modha, D. S. (2001). Concept decompositions for large
#' sparse text data using clustering. *Machine Learning* 42, 143-175.
#' @seealso [gaussian_mixture()], [dbscan_clusters()].
#' @concept k-means clustering
#' @concept k-medians
#' @concept spherical k-means
#' @concept vector quantization
#' @concept cluster analysis
#' @concept unsupervised learning
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' set.seed(1)
#' fit <- k_means(iris[, 1:4], 3, nstart = 5)
#' fit$centers
#' table(fit$cluster, iris$Species)
#' predict(fit, iris[c(1, 51, 101), 1:4])
#' # from given centres
#' k_means(faithful, faithful[1:2, ])$size
#' # with a formula
#' k_means(~ mag + depth, 3, data = quakes)$centers
#' \dontshow{set_rkeops_options(previous)}
k_means <- function(x, centers, nstart = 1L,
                    iter.max = 100L, # nolint: object_name_linter.
                    weights = NULL,
                    metric = c("euclidean", "cosine", "manhattan"),
                    precision = "float64", data = NULL,
                    na.action = stats::na.omit) { # nolint: object_name_linter.
  call <- rlang::current_env()
  weights <- value_in_data(
    substitute(weights), data, parent.frame(), "weights", call
  )
  model <- read_clustered(x, data, weights, na.action, call)
  x <- model$x
  at_least_rows(x, 1L, "x", call)
  if (missing(metric)) metric <- "euclidean"
  check_choice(metric, c("euclidean", "cosine", "manhattan"), "metric", call)
  precision <- read_precision(precision, "precision", call)
  iter.max <- check_count(iter.max, "iter.max", call) # nolint
  weights <- k_means_weights(model$weights, nrow(x), call)
  problem <- k_means_problem(x, weights, metric, precision, "x", call)
  starts <- read_centers(centers, nstart, problem, call)
  best <- NULL
  for (start in starts) {
    first <- start %||% seed_centers(problem, as.integer(centers), call)
    fit <- lloyd(problem, first, iter.max, call)
    if (is.null(best) || fit$tot.withinss < best$tot.withinss) best <- fit
  }
  if (best$ifault) warn_iterations("k_means", iter.max)
  best$terms <- model$terms
  best$na.action <- model$na.action
  best$call <- match.call()
  best
}

k_means_weights <- function(weights, points, call) {
  check_weights(weights, points, call)
  if (anyNA(weights)) {
    abort_rkeops("argument", "`weights` has missing values.", call = call)
  }
  if (is.null(weights)) {
    return(NULL)
  }
  shares_of(weights, points, call)
  as.double(weights)
}

# All iterations share the points in the geometry of the metric, and their
# tensor.
k_means_problem <- function(x, weights, metric, precision, name, call) {
  check_squares(x, metric, name, call)
  x <- points_of_metric(x, metric, name, call)
  list(
    x = x, tensor = Vi(where_it_runs(x), precision = precision),
    weights = weights, metric = metric, precision = precision
  )
}

# Sums of squares are part of the value.
check_squares <- function(x, metric, name, call) {
  if (metric != "manhattan" && !is.finite(sum((x / 4)^2))) {
    abort_rkeops(
      "argument", sprintf(
        "`%s` has values up to %.3g, whose squares are beyond the numbers.",
        name, max(abs(x))
      ),
      hints = "Leave them out, or divide by a larger unit.", call = call
    )
  }
}

# Data of many calls go to the GPU once.
where_it_runs <- function(x) {
  if (identical(settings$engine, "cuda") && length(x)) to_gpu(x) else x
}

points_of_metric <- function(x, metric, name, call) {
  if (metric != "cosine") {
    return(x)
  }
  size <- sqrt(rowSums(x^2))
  if (any(size == 0)) {
    abort_rkeops("argument", sprintf(
      "`%s` has rows of zeros, which have no direction.", name
    ), call = call)
  }
  x / size
}

# A list of starts: a matrix of centres, or NULL where they are to be drawn.
read_centers <- function(centers, nstart, problem, call) {
  nstart <- check_count(nstart, "nstart", call)
  wanted <- "the number of clusters, or a matrix with a centre in each row"
  if (missing(centers)) abort_argument("centers", wanted, centers, call)
  x <- problem$x
  if (is.numeric(centers) && length(centers) == 1L && is.null(dim(centers))) {
    count <- check_count(centers, "centers", call)
    if (count > nrow(x)) too_many_centers(count, nrow(x), call)
    return(vector("list", nstart))
  }
  if (nstart > 1L) {
    abort_argument("nstart", "1 for given centres", nstart, call)
  }
  list(given_centers(centers, problem, call))
}

given_centers <- function(centers, problem, call) {
  centers <- read_points(centers, "centers", call)
  at_least_rows(centers, 1L, "centers", call)
  columns <- ncol(problem$x)
  if (ncol(centers) != columns) {
    abort_rkeops("shape", sprintf(
      "`centers` must have the %d columns of `x`, not %d.", columns,
      ncol(centers)
    ), call = call)
  }
  if (anyDuplicated(centers)) {
    abort_rkeops("argument", "Two of the `centers` are equal.", call = call)
  }
  points_of_metric(centers, problem$metric, "centers", call)
}

too_many_centers <- function(count, points, call) {
  abort_rkeops("argument", sprintf(
    "There are more clusters (%d) than different points%s.", count,
    if (count > points) sprintf(" (%d)", points) else " of positive weight"
  ), call = call)
}

# ---- k-means++ ----

seed_centers <- function(problem, count, call) {
  x <- problem$x
  weights <- problem$weights %||% rep(1, nrow(x))
  chosen <- integer(count)
  nearest <- rep(1, nrow(x))
  for (k in seq_len(count)) {
    total <- cumsum(weights * nearest)
    if (total[[nrow(x)]] <= 0) too_many_centers(count, nrow(x), call)
    chosen[[k]] <- drawn_by(total)
    distance <- distance_to_one(problem, x[chosen[[k]], ])
    nearest <- if (k == 1L) distance else base::pmin(nearest, distance)
  }
  x[chosen, , drop = FALSE]
}

# A place with probability proportional to the steps of a cumulated sum; never
# one without a step.
drawn_by <- function(total) {
  wanted <- stats::runif(1L) * total[[length(total)]]
  base::findInterval(wanted, total) + 1L
}

distance_to_one <- function(problem, center) {
  distance <- assignment_pairs(problem, matrix(center, 1L))
  c(on_host(reduce_tensor(distance, "Sum", "j")))
}

# ---- Lloyd ----

assignment_pairs <- function(problem, centers) {
  columns <- Vj(centers, precision = problem$precision)
  if (problem$metric == "manhattan") {
    apply_operation("Sum", list(abs(problem$tensor - columns)))
  } else {
    sqdist(problem$tensor, columns)
  }
}

assign_points <- function(problem, centers) {
  nearest <- reduce_tensor(
    assignment_pairs(problem, centers), "Min_ArgMin", "j"
  )
  list(
    cluster = c(nearest$indices) + 1L - settings$index_base,
    distance = c(nearest$values)
  )
}

lloyd <- function(problem, centers, iterations, call) {
  cluster <- integer()
  converged <- FALSE
  for (iteration in seq_len(iterations)) {
    nearest <- assign_points(problem, centers)
    found <- fill_empty(nearest, nrow(centers), problem, call)
    if (identical(found, cluster)) {
      converged <- TRUE
      break
    }
    cluster <- found
    centers <- centers_of(problem, cluster, centers)
  }
  if (!converged) nearest <- assign_points(problem, centers)
  k_means_value(problem, nearest, centers, iteration, converged)
}

# The farthest points become the centres of empty clusters.
fill_empty <- function(nearest, count, problem, call) {
  cluster <- nearest$cluster
  weights <- problem$weights %||% 1
  counted <- tabulate(cluster[rep_len(weights, length(cluster)) > 0], count)
  for (empty in which(counted == 0L)) {
    distance <- nearest$distance * weights
    farthest <- base::which.max(distance)
    if (distance[[farthest]] <= 0) too_many_centers(count, 0L, call)
    nearest$distance[[farthest]] <- 0
    cluster[[farthest]] <- empty
  }
  cluster
}

centers_of <- function(problem, cluster, centers) {
  if (problem$metric == "manhattan") {
    return(medians_of(problem, cluster, centers))
  }
  weights <- problem$weights
  sums <- base::rowsum(
    if (is.null(weights)) problem$x else problem$x * weights, cluster
  )
  members <- as.integer(rownames(sums))
  size <- if (problem$metric == "cosine") {
    sqrt(rowSums(sums^2))
  } else if (is.null(weights)) {
    tabulate(cluster, nrow(centers))[members]
  } else {
    c(base::rowsum(weights, cluster))
  }
  # a centre whose points cancel, or have weight 0, stays where it is
  kept <- size > 0
  centers[members[kept], ] <- sums[kept, ] / size[kept]
  centers
}

medians_of <- function(problem, cluster, centers) {
  weights <- problem$weights %||% rep(1, nrow(problem$x))
  for (members in split(seq_along(cluster), cluster)) {
    center <- apply(problem$x[members, , drop = FALSE], 2L, weighted_median,
                    weights[members])
    if (!anyNA(center)) centers[cluster[[members[[1L]]]], ] <- center
  }
  centers
}

# The middle between the last value of the lower half and the first of the
# upper half, as the median of stats.
weighted_median <- function(x, weights) {
  order <- order(x)
  share <- cumsum(weights[order]) / sum(weights)
  x <- x[order]
  (x[base::which(share >= 0.5 - 1e-12)[1L]] +
     x[base::which(share > 0.5 + 1e-12)[1L]]) / 2
}

k_means_value <- function(problem, nearest, centers, iteration, converged) {
  count <- nrow(centers)
  weights <- problem$weights %||% 1
  within <- numeric(count)
  sums <- base::rowsum(nearest$distance * weights, nearest$cluster)
  within[as.integer(rownames(sums))] <- sums
  middle <- centers_of(
    problem, rep(1L, nrow(problem$x)), centers[1L, , drop = FALSE]
  )
  total <- sum(distance_to_one(problem, middle) * weights)
  dimnames(centers) <- list(seq_len(count), colnames(problem$x))
  structure(list(
    cluster = stats::setNames(nearest$cluster, rownames(problem$x)),
    centers = centers, totss = total, withinss = within,
    tot.withinss = sum(within), betweenss = total - sum(within),
    size = tabulate(nearest$cluster, count), iter = iteration,
    ifault = if (converged) 0L else 2L, metric = problem$metric,
    weights = problem$weights
  ), class = c("k_means", "kmeans"))
}

warn_iterations <- function(name, iterations) {
  rlang::warn(
    sprintf(
      "`%s()` did not converge in %d iterations.", name, iterations
    ),
    class = c("rkeops_warning_convergence", "rkeops_warning"), call = NULL
  )
}
