# Methods of k-means clusters for R's generics.

#' Clusters of new points
#'
#' @param object A value of [k_means()].
#' @param newdata Points of the same columns; without it the clusters of the
#'   points that were divided.
#' @param type `"class"` for the number of the nearest centre, or `"distance"`
#'   for the distances to all centres (not squared; of cosine those of the
#'   function [cosine_dist()]).
#' @param ... Not used.
#' @return A vector of integers, or a matrix with a column for each centre; `NA`
#'   for rows with missing values.
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' fit <- k_means(faithful, 2)
#' predict(fit, data.frame(eruptions = c(2, 4.5), waiting = c(50, 80)))
#' \dontshow{set_rkeops_options(previous)}
predict.k_means <- function(object, newdata = NULL,
                            type = c("class", "distance"), ...) {
  call <- rlang::current_env()
  check_no_more(list(...), call)
  if (missing(type)) type <- "class"
  check_choice(type, c("class", "distance"), "type", call)
  if (is.null(newdata)) {
    if (type == "class") {
      return(object$cluster)
    }
    abort_argument("newdata", "points, for their distances", newdata, call)
  }
  points <- read_newdata(
    newdata, list(x = object$centers, terms = object$terms), call
  )
  if (type == "class") {
    found <- at_complete_rows(points, function(points) {
      as.double(nearest_centers(object, points, call)$cluster)
    })
    return(as.integer(found))
  }
  at_complete_rows(points, function(points) {
    center_distances(object, points)
  }, nrow(object$centers))
}

nearest_centers <- function(object, points, call) {
  problem <- k_means_problem(
    points, NULL, object$metric, "float64", "newdata", call
  )
  assign_points(problem, object$centers)
}

center_distances <- function(object, points) {
  distance <- switch(object$metric,
    euclidean = euclidean_dist, cosine = cosine_dist,
    manhattan = manhattan_dist
  )
  as.matrix(distance(points, object$centers, "float64"), maximum = Inf)
}
