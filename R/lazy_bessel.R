# The modified Bessel function of the second kind of any order, of which Matern
# kernels of any smoothness are made, by quadratures with fixed nodes.

#' @rdname LazyTensor-words
#' @param nu The order of the Bessel function: one number from -50 to 50.
#' @param expon.scaled Whether the value is multiplied by `exp(x)`.
#' @aliases besselK,LazyTensor-method
#' @export
setGeneric("besselK")

setMethod("besselK", "LazyTensor", function(x, nu,
                                            expon.scaled = FALSE) { # nolint
  call <- quote(besselK(x, nu, expon.scaled))
  check_real(list(x), "besselK", call)
  if (missing(nu) || !checkmate::test_number(nu, lower = -50, upper = 50)) {
    abort_argument("nu", "one number from -50 to 50", nu, call)
  }
  is_scaled <- check_flag(expon.scaled, "expon.scaled", call)
  # K is even in its order
  nu <- abs(as.double(nu))
  scaled <- map_components(x, if (nu %% 1 == 0.5) {
    function(x) bessel_half(x, nu)
  } else {
    function(x) bessel_any(x, nu)
  })
  if (is_scaled) scaled else exp(-x) * scaled
})

# Numbers of the same precision as what is beside them.
components <- function(numbers) as_lazy(numbers, "x", NULL)

# A function of one component, of each.
map_components <- function(x, f) {
  count <- inner_dimension(x)
  if (count == 1L) {
    return(f(x))
  }
  Reduce(concat, lapply(seq_len(count), function(k) {
    f(slice_tensor(x, k - 1L, 1L, "[", NULL))
  }))
}

# exp(x) K(x) for half-integers: a polynomial in 1 / (2 x).
bessel_half <- function(x, nu) {
  n <- nu - 0.5
  k <- seq(0, n)
  coefficients <- exp(lgamma(n + k + 1) - lgamma(k + 1) - lgamma(n - k + 1))
  inverse <- 1 / (2 * x)
  polynomial <- Reduce(
    function(value, coefficient) value * inverse + coefficient,
    rev(round(coefficients))
  )
  sqrt(pi * inverse) * polynomial
}

# exp(x) K(x) for any order, to 13 digits. For small and for large x the
# quadratures would need ever more nodes, so there are three forms.
bessel_any <- function(x, nu) {
  middle <- bessel_by_trapezoids(x, nu)
  large <- bessel_by_laguerre(x, nu)
  ifelse(
    x < 1e-8, bessel_near_zero(x, nu), ifelse(x < 2, middle, large)
  )
}

# The integral of exp(-x (cosh(t) - 1)) cosh(nu t) over t > 0: trapezoids, whose
# error falls exponentially with the number of nodes.
bessel_by_trapezoids <- function(x, nu) {
  step <- 0.25 / (1 + nu / 12)
  t <- seq(0, log(80 * (1 + nu) / 1e-8), by = step)
  log_weights <- nu * t + log1p(exp(-2 * nu * t)) + log(step / 2)
  log_weights[[1L]] <- log_weights[[1L]] - log(2)
  sum(exp(components(log_weights) - x * components(2 * sinh(t / 2)^2)))
}

# The integral of u^a exp(-u) (1 + u / (2 x))^a over u > 0, a = nu - 1/2, with
# the nodes and weights of Gauss, which are eigenvalues (Golub and Welsch).
bessel_by_laguerre <- function(x, nu, count = 20L) {
  a <- nu - 0.5
  k <- seq_len(count - 1L)
  jacobi <- diag(c(0, k) * 2 + a + 1)
  jacobi[cbind(k, k + 1L)] <- sqrt(k * (k + a))
  jacobi[cbind(k + 1L, k)] <- sqrt(k * (k + a))
  nodes <- eigen(jacobi, symmetric = TRUE)
  weights <- nodes$vectors[1L, ]^2
  inverse <- 1 / (2 * x)
  sqrt(pi * inverse) * sum(
    components(weights) *
      exp(a * log1p(components(nodes$values) * inverse))
  )
}

# The first terms of the series, which is that of K(x): times exp(x).
bessel_near_zero <- function(x, nu) {
  logarithm <- log(x / 2)
  first <- if (nu == 0) {
    digamma(1) - logarithm
  } else {
    exp(lgamma(nu) - log(2) - nu * logarithm)
  }
  second <- if (nu > 0 && nu < 1) gamma(-nu) / 2 * exp(nu * logarithm) else 0
  (first + second) * exp(x)
}
