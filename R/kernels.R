# Kernels by name, of data or of lazy tensors: each is one row of the table of
# operations, or a line of R.

#' Kernels
#'
#' Lazy matrices of the values of a kernel for all pairs of points: covariance
#' functions of Gaussian processes, similarities, weights of smoothers. The rows
#' of `x` are the rows of the matrix, the rows of `y` its columns; nothing is
#' stored.
#'
#' @param x,y The points, one a row: a numeric matrix or data frame, or a vector
#'   for points on a line. They have the same columns. Without `y` they are the
#'   same points, and the matrix is symmetric. Lazy tensors, such as `Vi(x)` and
#'   `Vj(y)`, are taken as they are, so that a kernel is a step of an expression
#'   and has gradients.
#' @param bandwidth The scale \eqn{h}, in the unit of the data: one positive
#'   number, or one for each column (an anisotropic kernel), or a parameter
#'   made by [Pm()], with respect to which there is a gradient.
#' @param nu The smoothness of a Matern kernel, a number above 0; `Inf` is the
#'   Gaussian kernel. Half-integers, such as 1/2, 3/2 and 5/2, cost one
#'   exponential; others, which may be at most 4, a Bessel function.
#' @param alpha A number above 0: the smaller it is, the more different scales
#'   the kernel mixes.
#' @param degree The power of a polynomial kernel, a whole number of at least 1.
#' @param scale,offset The factor of the scalar product, and what is added to
#'   it.
#' @param precision `"float32"` or `"float64"`, for data that are no lazy
#'   tensors yet; see [lazy_precision()].
#'
#' @details
#' With \eqn{r = |(x - y) / h|}{r = |(x - y) / h|}, the Euclidean distance in
#' units of the bandwidth, the values are
#'
#' * `gaussian_kernel()`: \eqn{\exp(-r^2 / 2)}{exp(-r^2 / 2)}, also known as
#'   radial basis function or squared exponential;
#' * `laplace_kernel()` and `exponential_kernel()`, which are the same:
#'   \eqn{\exp(-r)}{exp(-r)}, that of an Ornstein-Uhlenbeck process;
#' * `matern_kernel()`: \eqn{2^{1 - \nu} / \Gamma(\nu) \, s^\nu K_\nu(s)}{
#'   2^(1 - nu) / gamma(nu) s^nu besselK(s, nu)} with
#'   \eqn{s = \sqrt{2 \nu} \, r}{s = sqrt(2 nu) r};
#' * `cauchy_kernel()`: \eqn{1 / (1 + r^2)}{1 / (1 + r^2)};
#' * `rational_quadratic_kernel()`:
#'   \eqn{(1 + r^2 / (2 \alpha))^{-\alpha}}{(1 + r^2 / (2 alpha))^(-alpha)}, a
#'   mixture of Gaussians of many scales;
#' * `polynomial_kernel()`: (scale \eqn{\langle x, y \rangle}{<x, y>} +
#'   offset)^degree; the linear one has degree 1 and offset 0.
#'
#' These are the kernels as in Rasmussen and Williams (2006). Other packages
#' have other scales: the `sigma` of `kernlab::rbfdot()` is
#' \eqn{1 / (2 h^2)}{1 / (2 h^2)}, that of `kernlab::laplacedot()`
#' \eqn{1 / h}{1 / h}. They are not divided by their integral;
#' \eqn{(2 \pi)^{D / 2} h^D}{(2 pi)^(D / 2) h^D} makes the density of a normal
#' distribution of `gaussian_kernel()`. A kernel of another distance is an
#' expression of it: `exp(-manhattan_dist(x, y) / h)`.
#'
#' @return A lazy tensor, see [LazyTensor-matrix]: `K %*% b`, `rowSums(K)`,
#'   `K[i, j]` and the like compute with it.
#' @references Rasmussen, C. E. and Williams, C. K. I. (2006). *Gaussian
#'   Processes for Machine Learning*, chapter 4. MIT Press.
#' @seealso [distances]; [off_diagonal()] leaves out the pairs of a point and
#'   itself.
#' @concept radial basis function
#' @concept covariance function
#' @concept kernel matrix
#' @concept Gram matrix
#' @concept variogram
#' @name kernels
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' x <- scale(quakes[, c("lat", "long")])
#' K <- gaussian_kernel(x, bandwidth = 0.2)
#' K
#' # a smoother: the mean magnitude nearby
#' head(K %*% quakes$mag / rowSums(K))
#' # at other places
#' places <- cbind(lat = c(-1, 0, 1), long = 0)
#' M <- matern_kernel(places, x, bandwidth = c(0.2, 0.4), nu = 5 / 2)
#' M %*% quakes$mag / rowSums(M)
#' # the derivative of the sum of all entries with respect to the bandwidth
#' h <- Pm(0.2)
#' sum(rowSums(keops_grad(laplace_kernel(x, bandwidth = h), h)))
#' \dontshow{set_rkeops_options(previous)}
NULL

kernel_by_name <- function(operation, x, y, bandwidth, precision, call,
                           ...) {
  sides <- pair_operands(x, y, precision, call)
  bandwidth <- check_scale(
    bandwidth, inner_dimension(sides$x), "bandwidth", call
  )
  apply_operation(
    operation, list(sides$x, sides$y, bandwidth, ...), call = call
  )
}

#' @rdname kernels
#' @export
gaussian_kernel <- function(x, y = NULL, bandwidth = 1,
                            precision = get_rkeops_option("precision")) {
  kernel_by_name("Gauss", x, y, bandwidth, precision, rlang::current_env())
}

#' @rdname kernels
#' @export
laplace_kernel <- function(x, y = NULL, bandwidth = 1,
                           precision = get_rkeops_option("precision")) {
  kernel_by_name("Laplace", x, y, bandwidth, precision, rlang::current_env())
}

#' @rdname kernels
#' @export
exponential_kernel <- laplace_kernel

#' @rdname kernels
#' @export
matern_kernel <- function(x, y = NULL, bandwidth = 1, nu = 3 / 2,
                          precision = get_rkeops_option("precision")) {
  call <- rlang::current_env()
  check_smoothness(nu, call)
  closed <- switch(as.character(nu),
    "0.5" = "Matern12", "1.5" = "Matern32", "2.5" = "Matern52", "Inf" = "Gauss"
  )
  if (!is.null(closed)) {
    return(kernel_by_name(closed, x, y, bandwidth, precision, call))
  }
  sides <- pair_operands(x, y, precision, call)
  h <- check_scale(bandwidth, inner_dimension(sides$x), "bandwidth", call)
  s <- sqrt(2 * nu) * norm2((sides$x - sides$y) / h)
  if (nu %% 1 == 0.5) matern_half(s, nu - 0.5) else matern_by_bessel(s, nu)
}

check_smoothness <- function(nu, call) {
  valid <- checkmate::test_number(nu) && nu > 0 &&
    (nu <= 4 || nu == Inf || (nu %% 1 == 0.5 && nu < 50))
  if (!valid) {
    abort_argument(
      "nu", "one number above 0, and up to 4, a half-integer below 50, or Inf",
      nu, call
    )
  }
}

# A polynomial times exp(-s) for nu = p + 1/2, by Horner's scheme.
matern_half <- function(s, p) {
  i <- seq(p, 0)
  coefficients <- exp(
    lgamma(p + 1) - lgamma(2 * p + 1) + lgamma(p + i + 1) - lgamma(i + 1) -
      lgamma(p - i + 1) + (p - i) * log(2)
  )
  # exactly 1 at 0
  coefficients <- coefficients / coefficients[[1L]]
  polynomial <- Reduce(
    function(value, coefficient) value * s + coefficient, rev(coefficients)
  )
  polynomial * exp(-s)
}

# The Bessel function is infinite at 0. Up to `near` the kernel is 1 to the last
# digit: 1 - K is of the order s^2, or s^(2 nu) for rough kernels.
matern_by_bessel <- function(s, nu) {
  near <- max(1e-17^(1 / min(2, 2 * nu)), 1e-30)
  away <- apply_operation("Maximum", list(s, near))
  constant <- 2^(1 - nu) / gamma(nu)
  value <- constant * exp(nu * log(away)) * besselK(away, nu)
  ifelse(s <= near, 1, value)
}

#' @rdname kernels
#' @export
cauchy_kernel <- function(x, y = NULL, bandwidth = 1,
                          precision = get_rkeops_option("precision")) {
  kernel_by_name("Cauchy", x, y, bandwidth, precision, rlang::current_env())
}

#' @rdname kernels
#' @export
rational_quadratic_kernel <- function(
    x, y = NULL, bandwidth = 1, alpha = 1,
    precision = get_rkeops_option("precision")) {
  call <- rlang::current_env()
  alpha <- check_shape(alpha, 0, "alpha", call)
  kernel_by_name(
    "RationalQuadratic", x, y, bandwidth, precision, call, alpha
  )
}

#' @rdname kernels
#' @export
polynomial_kernel <- function(x, y = NULL, degree = 2, scale = 1, offset = 1,
                              precision = get_rkeops_option("precision")) {
  call <- rlang::current_env()
  degree <- check_count(degree, "degree", call)
  scale <- check_shape(scale, -Inf, "scale", call)
  offset <- check_shape(offset, -Inf, "offset", call)
  sides <- pair_operands(x, y, precision, call)
  (scale * scalar_product(sides$x, sides$y) + offset)^degree
}

scalar_product <- function(x, y) apply_operation("Sum", list(x * y))
