# Entropic optimal transport: alternating soft minima in the log domain.

#' Optimal transport between samples of points
#'
#' The entropic optimal transport of one weighted sample of points to another,
#' by the Sinkhorn algorithm in the log domain with epsilon scaling; with
#' `debias`, the Sinkhorn divergence, a distance of samples. Each iteration is
#' one pass over all pairs; neither the costs nor the plan are stored.
#'
#' @param x,y The samples: numeric matrices or data frames with a row for each
#'   point, or vectors.
#' @param epsilon The regularisation, in the unit of the cost: smaller values
#'   are nearer to the optimal transport and need more iterations. By default a
#'   twentieth of the mean cost (of at most 1,000 points of each sample).
#' @param a,b The weights of the points, at least 0; by default equal ones.
#'   They are divided by their sums, but for unbalanced transport, where they
#'   are masses.
#' @param cost `"half_squared"` for \eqn{\frac12 |x - y|^2}{|x - y|^2 / 2} (the
#'   default, that of the Wasserstein-2 geometry in geomloss), `"squared"` for
#'   \eqn{|x - y|^2}{|x - y|^2}, `"distance"` for \eqn{|x - y|}{|x - y|}, or a
#'   function of two lazy tensors that returns the lazy tensor of the costs,
#'   which should be symmetric.
#' @param debias Whether the transports of each sample to itself are taken off:
#'   the value is then 0 for equal samples, and positive otherwise for the costs
#'   by name.
#' @param unbalanced `NULL` for transport of all the mass, or a positive number
#'   \eqn{\rho}{rho}, in the unit of the cost: mass may be left out and created
#'   at the price of \eqn{\rho}{rho} times the Kullback-Leibler divergence of
#'   the marginals. Hardly anything is transported where the cost is above a few
#'   times \eqn{\rho}{rho}.
#' @param tol The tolerance: the share of the mass of the second marginal that
#'   may be wrong; the first one is exact. By default 1e-6, and 1e-4 with
#'   `precision = "float32"`.
#' @param maxit The largest number of iterations at the final `epsilon`.
#' @param precision `"float64"`, or `"float32"`, which takes about half of the
#'   time.
#'
#' @details
#' The value is \deqn{\min_\pi \langle \pi, C \rangle + \varepsilon \,
#' KL(\pi | a \otimes b)}{min over pi of <pi, C> + epsilon KL(pi | a b')} over
#' plans with the marginals a and b, computed as its dual \eqn{\langle a, f
#' \rangle + \langle b, g \rangle}{<a, f> + <b, g>}, whose error is of second
#' order in that of the potentials (Cuturi 2013; Peyre and Cuturi 2019). Without
#' `debias` it includes the entropy term, and is not the mean cost; that is in
#' `transport_cost`. The divergence is \eqn{OT(a, b) - \frac12 OT(a, a) -
#' \frac12 OT(b, b)}{OT(a, b) - OT(a, a) / 2 - OT(b, b) / 2} (Feydy et al.
#' 2019), with a term for the difference of the masses if unbalanced (Sejourne
#' et al. 2019).
#'
#' `epsilon` comes down from the largest cost by factors of two, with an
#' iteration for each; at its final value the iterations are accelerated
#' (Anderson's method; Walker and Ni 2011). If they do not converge, the result
#' is returned with a warning of class `rkeops_warning_convergence`.
#'
#' @return An object of class `sinkhorn`:
#' * `value`: one number, in the unit of the cost.
#' * `potentials`: the list of `f` and `g`, for the points of `x` and `y` (less
#'   those of the samples to themselves, with `debias`).
#' * `plan`: the transport plan, a lazy tensor with a row for each point of `x`
#'   (of the transport without `debias`); `rowSums(plan)` is `a`.
#' * `transport_cost`: \eqn{\langle \pi, C \rangle}{<pi, C>}.
#' * `trace`: a data frame of the iterations with `epsilon` and `error`;
#'   `converged`, `iterations`, and what was given.
#'
#' There are methods of `print()`, `summary()`, `plot()` (the trace), and
#' [predict()][predict.sinkhorn]; [sinkhorn_gradient()] gives the gradients.
#' @references
#' Cuturi, M. (2013) Sinkhorn distances: lightspeed computation of optimal
#' transport. *NeurIPS* 26.
#'
#' Peyre, G. and Cuturi, M. (2019) Computational optimal transport. *Foundations
#' and Trends in Machine Learning* 11, 355-607.
#'
#' Feydy, J., Sejourne, T., Vialard, F.-X., Amari, S., Trouve, A. and Peyre, G.
#' (2019) Interpolating between optimal transport and MMD using Sinkhorn
#' divergences. *AISTATS* 22.
#'
#' Sejourne, T., Feydy, J., Vialard, F.-X., Trouve, A. and Peyre, G. (2019)
#' Sinkhorn divergences for unbalanced optimal transport. *arXiv* 1910.12958.
#'
#' Walker, H. F. and Ni, P. (2011) Anderson acceleration for fixed-point
#' iterations. *SIAM Journal on Numerical Analysis* 49, 1715-1735.
#' @concept optimal transport
#' @concept Wasserstein distance
#' @concept earth mover's distance
#' @concept Sinkhorn divergence
#' @seealso [wasserstein_barycenter()], [energy_test()]
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' x <- as.matrix(iris[iris$Species == "setosa", 1:2])
#' y <- as.matrix(iris[iris$Species == "virginica", 1:2])
#' fit <- sinkhorn(x, y, epsilon = 0.05, debias = TRUE)
#' fit
#' # the plan is a lazy matrix
#' fit$plan
#' range(rowSums(fit$plan))
#' # where the points of x go
#' head(predict(fit))
#' \dontshow{set_rkeops_options(previous)}
sinkhorn <- function(x, y, epsilon = NULL, a = NULL, b = NULL,
                     cost = "half_squared", debias = FALSE, unbalanced = NULL,
                     tol = NULL, maxit = 1000, precision = "float64") {
  call <- rlang::current_env()
  problem <- transport_problem(
    x, y, a, b, cost, unbalanced, read_precision(precision, "precision", call),
    call
  )
  check_flag(debias, "debias", call)
  problem$tol <- if (is.null(tol)) {
    if (problem$precision == "float32") 1e-4 else 1e-6
  } else {
    check_above_zero(tol, "tol", call)
  }
  problem$maxit <- check_count(maxit, "maxit", call)
  problem$epsilon <- if (is.null(epsilon)) {
    default_epsilon(problem, call)
  } else {
    check_above_zero(epsilon, "epsilon", call)
  }
  fit <- solve_transport(problem)
  if (debias) fit <- without_bias(fit)
  fit$call <- match.call()
  if (!fit$converged) warn_transport(fit, call)
  fit
}

# ---- the problem ----

transport_problem <- function(x, y, a, b, cost, unbalanced, precision, call) {
  x <- read_points(x, "x", call)
  y <- read_points(y, "y", call)
  at_least_rows(x, 1L, "x", call)
  at_least_rows(y, 1L, "y", call)
  check_columns_agree(x, y, call)
  if (!is.null(unbalanced)) check_above_zero(unbalanced, "unbalanced", call)
  list(
    x = x, y = y, a = transport_weights(a, nrow(x), "a", unbalanced, call),
    b = transport_weights(b, nrow(y), "b", unbalanced, call), cost = cost,
    cost_function = cost_of(cost, call), rho = unbalanced %||% Inf,
    precision = precision
  )
}

transport_weights <- function(weights, count, name, unbalanced, call) {
  check_weights(weights, count, call, name)
  if (anyNA(weights)) {
    abort_rkeops(
      "argument", sprintf("`%s` has missing values.", name), call = call
    )
  }
  shares <- shares_of(weights, count, call, name)
  if (is.null(weights) || is.null(unbalanced)) shares else as.double(weights)
}

cost_of <- function(cost, call) {
  if (is.function(cost)) {
    return(cost)
  }
  check_choice(cost, c("half_squared", "squared", "distance"), "cost", call)
  switch(cost,
    half_squared = function(x, y) sqdist(x, y) / 2,
    squared = function(x, y) sqdist(x, y),
    distance = function(x, y) norm2(x - y)
  )
}

# The lazy matrix of the costs between points of x and of y.
cost_matrix <- function(problem, x = problem$x, y = problem$y) {
  costs <- problem$cost_function(
    Vi(x, precision = problem$precision), Vj(y, precision = problem$precision)
  )
  if (!is.LazyTensor(costs) || is_complex_tensor(costs) ||
        inner_dimension(costs) != 1L) {
    abort_rkeops(
      "argument", "`cost` must return a LazyTensor of one number a pair.",
      call = NULL
    )
  }
  costs
}

default_epsilon <- function(problem, call) {
  some <- function(x) x[spread_rows(nrow(x), 1000L), , drop = FALSE]
  costs <- cost_matrix(problem, some(problem$x), some(problem$y))
  value <- mean(rowMeans(costs)) / 20
  if (!is.finite(value) || value <= 0) {
    abort_rkeops(
      "argument", "The mean cost is not positive, so `epsilon` must be given.",
      hints = "All points may be equal.", call = call
    )
  }
  value
}

# ---- the value ----

new_transport <- function(problem, costs, f, g, trace, converged) {
  fit <- c(problem, list(
    potentials = list(f = f, g = g), debias = FALSE, converged = converged,
    raw = list(f = f, g = g), iterations = sum(!is.na(trace$error)),
    trace = data.frame(iteration = seq_len(nrow(trace)), trace)
  ))
  fit$value <- dual_value(problem, f, g)
  fit$plan <- transport_plan(fit, costs)
  fit$transport_cost <- sum(
    on_host(reduce_tensor(fit$plan * costs, "Sum", "j"))
  )
  structure(fit, class = "sinkhorn")
}

transport_plan <- function(fit, costs) {
  left <- log(fit$a) + fit$raw$f / fit$epsilon
  right <- log(fit$b) + fit$raw$g / fit$epsilon
  exp(
    Vi(left, precision = fit$precision) + Vj(right, precision = fit$precision) -
      costs / fit$epsilon
  )
}

# ---- the divergence ----

# The symmetric problem of a sample with itself, whose two potentials are one:
# averages of a potential and its update converge at once.
solve_symmetric <- function(problem, points, weights, start = NULL) {
  problem$x <- problem$y <- points
  problem$a <- problem$b <- weights
  costs <- cost_matrix(problem)
  f <- start %||% numeric(nrow(points))
  update <- function(f, epsilon) {
    soft_minimum(problem, costs, "j", weights, f, epsilon)
  }
  schedule <- if (is.null(start)) epsilon_schedule(costs, problem$epsilon)
  for (larger in schedule) {
    f <- (f + update(f, larger)) / 2
  }
  for (iteration in seq_len(problem$maxit)) {
    following <- update(f, problem$epsilon)
    error <- marginal_error(problem, weights, f, following)
    if (!is.finite(error) || error <= problem$tol) break
    f <- (f + following) / 2
  }
  list(
    f = following, value = dual_value(problem, following, f),
    converged = is.finite(error) && error <= problem$tol
  )
}

without_bias <- function(fit) {
  selves <- list(
    f = solve_symmetric(fit, fit$x, fit$a),
    g = solve_symmetric(fit, fit$y, fit$b)
  )
  fit$debias <- TRUE
  fit$selves <- selves
  masses <- if (is.infinite(fit$rho)) 0 else sum(fit$a) - sum(fit$b)
  fit$value <- fit$value - (selves$f$value + selves$g$value) / 2 +
    fit$epsilon / 2 * masses^2
  fit$potentials <- list(
    f = fit$raw$f - selves$f$f, g = fit$raw$g - selves$g$f
  )
  fit$converged <- fit$converged && selves$f$converged && selves$g$converged
  fit
}

warn_transport <- function(fit, call) {
  rlang::warn(
    c(
      sprintf(
        "The Sinkhorn algorithm did not converge in %d iterations: error %s.",
        fit$iterations, format(utils::tail(fit$trace$error, 1L), digits = 3L)
      ),
      i = "A larger `epsilon` needs fewer; `maxit` allows more.",
      i = "`$trace` has the error of each iteration."
    ),
    class = c("rkeops_warning_convergence", "rkeops_warning"), call = call
  )
}
