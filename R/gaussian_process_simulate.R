# Draws from Gaussian processes.

#' Draw from a Gaussian process
#'
#' Surfaces given the data at new places, or new responses at the data.
#'
#' @param object A fit by [gaussian_process()].
#' @param nsim The number of draws.
#' @param seed `NULL`, or a number for [set.seed()], as in [stats::simulate()].
#' @param newdata A data frame, as for [predict.gaussian_process()]: draws are
#'   of the surface there, given the data (conditional simulation). Without it
#'   they are of new responses at the places of the data, with trend and noise,
#'   which do not depend on the responses that were observed.
#' @param ... Not used.
#' @details At most 5,000 places: their covariance matrix is stored and
#'   factored. R's random numbers are used.
#' @return A data frame with one column for each draw, `sim_1`, ..., and the
#'   attribute `seed`.
#' @concept conditional simulation
#' @importFrom stats simulate
#' @export
#' @examples
#' fit <- gaussian_process(
#'   dist ~ speed, cars, kernel = "gaussian", range = 10
#' )
#' simulate(fit, 2, seed = 1, newdata = data.frame(speed = c(10, 15, 20)))
simulate.gaussian_process <- function(object, nsim = 1, # nolint
                                      seed = NULL, newdata = NULL, ...) {
  call <- rlang::current_env()
  check_no_more(list(...), call)
  nsim <- check_count(nsim, "nsim", call, upper = 1e6)
  if (!exists(".Random.seed", envir = globalenv(), inherits = FALSE)) {
    stats::runif(1)
  }
  state <- get(".Random.seed", envir = globalenv())
  if (!is.null(seed)) {
    if (!is.numeric(seed)) abort_argument("seed", "one number", seed, call)
    previous <- state
    on.exit(assign(".Random.seed", previous, envir = globalenv()))
    about_argument("seed", call, set.seed(seed))
    state <- structure(seed, kind = as.list(RNGkind()))
  }
  new <- if (!is.null(newdata)) process_newdata(object, newdata, call)
  if (is.null(new)) {
    new <- list(X = object$X, x = object$x, names = names(object$fitted.values))
    at <- prior_moments(object, new)
  } else {
    at <- NULL
  }
  if (nrow(new$x) > 5000L || anyNA(new$x) || anyNA(new$X)) {
    abort_argument(
      "newdata", "at most 5,000 places without missing values", newdata, call
    )
  }
  at <- at %||% conditional_moments(object, new)
  draws <- at$mean + r_dense_multiply(
    at$root, random_normal(nrow(new$x), nsim), FALSE
  )
  draws <- as.data.frame(draws, row.names = new$names)
  names(draws) <- paste0("sim_", seq_len(nsim))
  attr(draws, "seed") <- state
  draws
}

# Mean and a root of the covariance of new responses.
prior_moments <- function(object, new) {
  x <- scaled_places(new$x, object$range)
  covariance <- object$variance * covariance_matrix(object$kernel, x)
  diag(covariance) <- diag(covariance) + object$nugget * object$model$noise
  list(
    mean = c(new$X %*% object$coefficients),
    root = covariance_root(covariance, object$variance)
  )
}

# Mean and a root of the covariance of the surface given the data.
conditional_moments <- function(object, new) {
  model <- object$model
  places <- scaled_places(
    new$x - rep(model$center, each = nrow(new$x)), object$range
  )
  near <- process_neighbours(object, new$x)
  inverse <- near$solve()$inverse
  u <- t(new$X) - crossprod(object$X, inverse)
  covariance <- covariance_matrix(object$kernel, places) - r_dense_multiply(
    covariance_matrix(
      object$kernel, scaled_places(model$x, object$range), places
    ), inverse, TRUE
  )
  if (nrow(u)) {
    covariance <- covariance +
      crossprod(u, solve_small(object$pieces$information, u))
  }
  list(
    mean = c(new$X %*% object$coefficients) + model$unit * c(near$mean),
    root = covariance_root(
      object$variance * (covariance + t(covariance)) / 2, object$variance
    )
  )
}

# Covariances given data are singular to rounding: their diagonal is raised by
# as little as is needed.
covariance_root <- function(covariance, scale) {
  for (jitter in c(0, 10^(-12:-4))) {
    raised <- covariance
    diag(raised) <- diag(raised) + jitter * scale
    root <- r_dense_cholesky(unname(raised))
    if (!is.null(root)) {
      return(root)
    }
  }
  abort_process(NULL)
}
