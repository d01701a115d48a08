# How the parameters of a Gaussian process are found.

# Parameters are logarithms: of the ranges, of the ratio of the nugget to the
# variance where the nugget is not given, of the variance where the nugget is
# given and not 0. Where the variance is in none of these, the best one is
# known for each value of the others.
parameters_of <- function(model) {
  given <- model$given
  list(
    range = if (is.null(given$range)) {
      if (model$isotropic) 1L else ncol(model$x)
    } else {
      0L
    },
    ratio = is.null(given$nugget),
    variance = is.null(given$variance) && !is.null(given$nugget) &&
      given$nugget > 0
  )
}

unpack <- function(par, model) {
  free <- parameters_of(model)
  given <- model$given
  rest <- par[-seq_len(free$range)]
  if (free$range == 0L) rest <- par
  range <- if (free$range) {
    rep_len(exp(par[seq_len(free$range)]), ncol(model$x))
  } else {
    given$range
  }
  variance <- if (free$variance) exp(rest[[1L]]) else given$variance
  ratio <- if (free$ratio) {
    exp(rest[[1L]])
  } else if (given$nugget > 0) {
    given$nugget / variance
  } else {
    0
  }
  list(range = range, ratio = ratio, variance = variance)
}

# Bounds: from a part of the smallest distance that matters to some extents.
parameter_bounds <- function(model) {
  free <- parameters_of(model)
  extent <- apply(model$x, 2L, function(one) diff(range(one)))
  if (model$isotropic) extent <- max(extent)
  extent <- extent[seq_len(free$range)]
  list(
    lower = c(
      log(extent / 1000), if (free$ratio) log(smallest_ratio),
      if (free$variance) log(1e-6)
    ),
    upper = c(
      log(extent * 20), if (free$ratio) log(1e3), if (free$variance) log(1e6)
    )
  )
}

smallest_ratio <- 1e-7

compute_pieces <- function(model, range, ratio) {
  compute <- switch(model$approx,
    exact = exact_pieces, cg = iterative_pieces, nystrom = nystrom_pieces
  )
  compute(model, range, ratio)
}

evaluate_process <- function(par, model) {
  at <- unpack(par, model)
  pieces <- compute_pieces(model, at$range, at$ratio)
  if (is.null(pieces)) {
    return(list(value = 1e10, at = at))
  }
  criterion <- if (model$method == "LOO") process_loo_criterion else
    process_criterion
  c(criterion(pieces, model, at$variance), list(at = at, pieces = pieces))
}

# The gradient of -2 log likelihood in the parameters.
process_gradient <- function(state, model) {
  free <- parameters_of(model)
  if (is.null(state$pieces)) {
    return(numeric(free$range + free$ratio + free$variance))
  }
  parts <- state$pieces$gradient(state$variance, model$method == "REML")
  count <- ncol(model$x)
  ranges <- parts[seq_len(count)]
  if (model$isotropic) ranges <- sum(ranges)
  of_ratio <- parts[[count + 1L]]
  c(
    if (free$range) ranges, if (free$ratio) of_ratio,
    if (free$variance) {
      state$count - state$pieces$quadratic / state$variance - of_ratio
    }
  )
}

# Starts from the best of some values on a part of the data. Many observations
# go on with the best parameters of a larger part, and with the `curvature`
# there, so that few evaluations with all of them are left.
starting_values <- function(model) {
  free <- parameters_of(model)
  trials <- expand.grid(
    share = if (free$range) c(0.03, 0.1, 0.4) else 1,
    ratio = if (free$ratio) c(0.01, 0.5) else 1
  )
  nearest <- parameter_bounds(model)$lower[seq_len(free$range)] + log(1000)
  starts <- lapply(seq_len(nrow(trials)), function(k) {
    c(
      nearest + log(trials$share[[k]]),
      if (free$ratio) log(trials$ratio[[k]]), if (free$variance) 0
    )
  })
  part <- part_of_model(model, 300L)
  if (qr(part$X)$rank < ncol(part$X)) {
    return(list(par = starts[[1L]]))
  }
  values <- vapply(starts, function(par) evaluate_process(par, part)$value, 0)
  best <- starts[[which.min(values)]]
  size <- if (length(model$y) <= largest_exact) 400L else 600L
  part <- part_of_model(model, size)
  if (length(model$y) < 2L * size || model$optim_maxit == 0L ||
        !has_gradient(part)) {
    return(list(par = best))
  }
  par <- search_parameters(list(par = best), part)$par
  list(par = par, curvature = curvature_of(par, part))
}

# The second derivatives of the criterion in each parameter, divided by the
# number of observations, by differences of gradients.
curvature_of <- function(par, model) {
  step <- 1e-3
  slope_at <- function(par) {
    process_gradient(evaluate_process(par, model), model) / length(model$y)
  }
  vapply(seq_along(par), function(k) {
    move <- step * (seq_along(par) == k)
    (slope_at(par + move)[[k]] - slope_at(par - move)[[k]]) / (2 * step)
  }, 0)
}

has_gradient <- function(model) {
  model$method != "LOO" && model$approx != "nystrom"
}

# Some of the observations, always the same, as an exact model.
part_of_model <- function(model, size) {
  n <- length(model$y)
  some <- unique(as.integer(seq(1, n, length.out = min(n, size))))
  model$approx <- "exact"
  model$y <- model$y[some]
  model$X <- model$X[some, , drop = FALSE]
  model$noise <- rep_len(model$noise, n)[some]
  model$x <- model$x[some, , drop = FALSE]
  model
}

estimate_process <- function(model, call) {
  free <- parameters_of(model)
  count <- free$range + free$ratio + free$variance
  start <- if (count) starting_values(model) else list(par = numeric())
  model <- draw_process(model, start$par, call)
  search <- if (count && model$optim_maxit > 0L) {
    search_parameters(start, model)
  } else {
    list(par = start$par, convergence = 0L, counts = c(0L, 0L))
  }
  if (model$finish != "") model$approx <- model$finish
  state <- evaluate_process(search$par, model)
  if (is.null(state$pieces)) abort_process(call)
  profiled <- is.null(state$at$variance)
  # code 52 says that a step of rounding size found nothing better
  converged <- search$convergence %in% c(0L, 52L) &&
    !isFALSE(state$pieces$converged)
  log_likelihood <- process_log_likelihood(state, model)
  list(
    model = model, pieces = final_pieces(state, model, call),
    range = state$at$range, ratio = state$at$ratio,
    variance = state$variance, log_likelihood = log_likelihood,
    error = (state$pieces$error %||% 0) / 2, count = state$count,
    df = count + profiled, converged = converged, message = search$message,
    evaluations = search$counts[[1L]]
  )
}

# LOO chooses parameters; the log likelihood is that of ML.
process_log_likelihood <- function(state, model) {
  if (model$method != "LOO") {
    return(-state$value / 2)
  }
  model$method <- "ML"
  -process_criterion(state$pieces, model, state$variance)$value / 2
}

abort_process <- function(call) {
  abort_rkeops(
    "argument", "The covariance matrix is singular.",
    hints = c(
      "A positive `nugget`, or `nugget = NULL`, makes it regular.",
      "`kernel = \"matern52\"` is less smooth than `\"gaussian\"`."
    ), call = call
  )
}

# The columns and vectors that make the criterion random are drawn once.
draw_process <- function(model, par, call) {
  if (model$approx == "exact") {
    return(model)
  }
  model$landmarks <- choose_landmarks(
    model, unpack(par, model)$range, model$rank, call
  )
  if (model$approx == "cg") {
    model$normals <- list(
      rank = random_normal(length(model$landmarks), model$probes),
      rows = random_normal(length(model$y), model$probes)
    )
  }
  model
}

# In units in which the curvature is 1, the first step of the search is one of
# Newton's method.
search_parameters <- function(start, model) {
  seen <- new.env(parent = emptyenv())
  seen$values <- numeric()
  show <- loop_progress("Evaluations of the likelihood")
  state_at <- function(par) {
    if (!identical(seen$par, par)) {
      show(length(seen$values) + 1L)
      seen$state <- evaluate_process(par, model)
      seen$par <- par
      remember_value(seen, model)
    }
    seen$state
  }
  scale <- length(model$y)
  bounds <- parameter_bounds(model)
  units <- if (is.null(start$curvature)) 1 else
    1 / sqrt(pmin(pmax(start$curvature, 0.05), 100))
  tryCatch(
    stats::optim(
      pmin(pmax(start$par, bounds$lower), bounds$upper),
      function(par) state_at(par)$value / scale,
      if (has_gradient(model)) {
        function(par) process_gradient(state_at(par), model) / scale
      },
      method = "L-BFGS-B", lower = bounds$lower, upper = bounds$upper,
      control = list(
        maxit = model$optim_maxit, parscale = rep_len(units, length(start$par)),
        # to 1e-5 of the criterion itself
        factr = max(1e7, 1e-5 / scale / .Machine$double.eps)
      )
    ),
    rkeops_search_done = function(done) {
      list(par = seen$best, convergence = 0L, counts = length(seen$values))
    }
  )
}

# A criterion with random vectors is smooth, but it and its gradient do not
# belong to each other to the last digits: near the end a search would look in
# vain for what its error hides. So it ends after some evaluations without an
# effect that matters.
remember_value <- function(seen, model) {
  value <- seen$state$value
  if (!length(seen$values) || value < min(seen$values)) seen$best <- seen$par
  seen$values <- c(seen$values, value)
  count <- length(seen$values)
  if (model$approx != "cg" || count <= patience_search) {
    return()
  }
  last <- seq(count - patience_search + 1L, count)
  if (min(seen$values[last]) > min(seen$values[-last]) - 0.1) {
    rlang::abort("The search is done.", class = "rkeops_search_done")
  }
}

patience_search <- 3L

# Conjugate gradients went as far as the search needed; the fit goes further.
final_pieces <- function(state, model, call) {
  pieces <- state$pieces
  pieces$gradient <- NULL
  if (model$approx != "cg") {
    return(pieces)
  }
  solved <- kernel_solve(
    process_tensor(model, state$at$range), cbind(model$y, model$X),
    state$at$ratio * model$noise, precond = "nystrom", rank = model$rank
  )
  fit <- solved_trend(model, plain_solution(solved))
  pieces[names(fit)] <- fit
  # solves for predictions use this plan again
  pieces$plan <- structure(0, class = "kernel_solution", solver = list(
    plan = attr(solved, "solver")$plan
  ))
  pieces$solved <- plain_solution(solved)[, -1L, drop = FALSE]
  pieces
}

process_tensor <- function(model, range) {
  lazy_covariance(
    model$kernel, scaled_places(model$x, range), precision = model$precision
  )
}
