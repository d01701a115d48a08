# Covariance functions of Gaussian processes, of squared distances in units of
# the ranges. What stands here computes with numbers and with lazy tensors.

# `value` is k(r), `slope` is -k'(r) / r: the derivative in the logarithm of a
# range is the slope times the square of the difference in that coordinate.
covariances <- list(
  gaussian = list(
    value = function(r2) exp(-r2 / 2), slope = function(r2) exp(-r2 / 2)
  ),
  exponential = list(
    value = function(r2) exp(-sqrt(r2)),
    slope = function(r2) exp(-sqrt(r2)) * rsqrt_of_squares(r2)
  ),
  matern32 = list(
    value = function(r2) {
      s <- sqrt(3 * r2)
      (1 + s) * exp(-s)
    },
    slope = function(r2) 3 * exp(-sqrt(3 * r2))
  ),
  matern52 = list(
    value = function(r2) {
      s <- sqrt(5 * r2)
      (1 + s + s^2 / 3) * exp(-s)
    },
    slope = function(r2) {
      s <- sqrt(5 * r2)
      5 / 3 * (1 + s) * exp(-s)
    }
  )
)

# 1 / sqrt(x), 0 at 0.
rsqrt_of_squares <- function(x) {
  if (is.LazyTensor(x)) {
    return(rsqrt(x))
  }
  value <- 1 / sqrt(x)
  value[x == 0] <- 0
  value
}

read_covariance <- function(kernel, call) {
  also <- c(laplace = "exponential", matern12 = "exponential",
            rbf = "gaussian", squared_exponential = "gaussian")
  if (is_choice(kernel, names(also))) kernel <- also[[kernel]]
  check_choice(kernel, names(covariances), "kernel", call)
}

# `x` and `y` are in units of the ranges.
covariance_matrix <- function(kernel, x, y = x) {
  covariances[[kernel]]$value(r_dense_squared_distances(x, y))
}

lazy_covariance <- function(kernel, x, y = x, precision = "float64") {
  covariances[[kernel]]$value(sqdist(
    Vi(x, precision = precision), Vj(y, precision = precision)
  ))
}

# The derivatives of the sum of U_ic K_ij V_jc over all i, j and c in the
# logarithms of the ranges, one for each coordinate.
covariance_gradient <- function(kernel, x, u, v) {
  # names, since Vi(x) and Vj(x) are to be of one object
  x_i <- Vi(x, precision = "float64")
  x_j <- Vj(x, precision = "float64")
  weight <- sum(Vi(u, precision = "float64") * Vj(v, precision = "float64"))
  slope <- covariances[[kernel]]$slope(sqdist(x_i, x_j))
  colSums(on_host(reduce_tensor(
    slope * weight * square(x_i - x_j), "Sum", "j"
  )))
}
