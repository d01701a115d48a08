# Distances of sets of points by nearest points.

#' Distances of two sets of points
#'
#' The Hausdorff distance is the largest distance of a point of one set to the
#' nearest point of the other; the chamfer distance adds up the mean distances
#' to the nearest points, of both directions.
#'
#' @param x,y The sets: numeric matrices or data frames with a row for each
#'   point, or vectors.
#' @param directed Whether only the distances from points of `x` to `y` count.
#' @param squared Whether squared distances are averaged, as for point clouds
#'   (Fan, Su and Guibas 2017), or distances.
#' @param weights_x,weights_y Weights of the means, at least 0.
#' @param precision `"float64"` or `"float32"`.
#' @return One number, in the unit of the points (squared, with `squared`).
#' @references Fan, H., Su, H. and Guibas, L. (2017) A point set generation
#'   network for 3D object reconstruction from a single image. *CVPR*, 605-613.
#' @concept Hausdorff distance
#' @concept chamfer distance
#' @concept point cloud
#' @seealso [sinkhorn()], [energy_test()]
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' x <- as.matrix(quakes[quakes$mag > 5, c("long", "lat")])
#' y <- as.matrix(quakes[quakes$mag <= 5, c("long", "lat")])
#' hausdorff_distance(x, y)
#' hausdorff_distance(x, y, directed = TRUE)
#' chamfer_distance(x, y, squared = FALSE)
#' \dontshow{set_rkeops_options(previous)}
hausdorff_distance <- function(x, y, directed = FALSE, precision = "float64") {
  call <- rlang::current_env()
  check_flag(directed, "directed", call)
  nearest <- nearest_squares(x, y, directed, precision, call)
  sqrt(max(unlist(nearest)))
}

#' @rdname hausdorff_distance
#' @export
chamfer_distance <- function(x, y, directed = FALSE, squared = TRUE,
                             weights_x = NULL, weights_y = NULL,
                             precision = "float64") {
  call <- rlang::current_env()
  check_flag(directed, "directed", call)
  check_flag(squared, "squared", call)
  nearest <- nearest_squares(x, y, directed, precision, call)
  weights <- list(x = weights_x, y = weights_y)
  sum(vapply(names(nearest), function(side) {
    values <- nearest[[side]]
    name <- paste0("weights_", side)
    check_weights(weights[[side]], length(values), call, name)
    shares <- shares_of(weights[[side]], length(values), call, name)
    sum(shares * if (squared) values else sqrt(values))
  }, 0))
}

# Squared distances to the nearest point of the other set.
nearest_squares <- function(x, y, directed, precision, call) {
  x <- read_points(x, "x", call)
  y <- read_points(y, "y", call)
  at_least_rows(x, 1L, "x", call)
  at_least_rows(y, 1L, "y", call)
  check_columns_agree(x, y, call)
  precision <- read_precision(precision, "precision", call)
  squares <- sqdist(
    Vi(x, precision = precision), Vj(y, precision = precision)
  )
  c(
    list(x = as.vector(min_reduction(squares, "j"))),
    if (!directed) list(y = as.vector(min_reduction(squares, "i")))
  )
}
