# The argument `kernel` of functions that compute with a kernel: a function of
# two lazy tensors, with a bandwidth if it has one.

# The lazy matrix of the kernel between points.
kernel_matrix <- function(kernel, bandwidth, x, y, precision, call) {
  x_i <- Vi(x, precision = precision)
  y_j <- Vj(y, precision = precision)
  value <- if (has_bandwidth(kernel)) {
    kernel(x_i, y_j, bandwidth = bandwidth)
  } else {
    kernel(x_i, y_j)
  }
  if (!is.LazyTensor(value) || is_complex_tensor(value) ||
        inner_dimension(value) != 1L) {
    abort_rkeops(
      "argument", "`kernel` must return a LazyTensor of one number a pair.",
      hints = "It is called with two lazy tensors, as `gaussian_kernel(x, y)`.",
      call = call
    )
  }
  value
}

check_kernel <- function(kernel, call) {
  if (missing(kernel) || !is.function(kernel)) {
    abort_argument(
      "kernel", "a function of two lazy tensors, such as `gaussian_kernel`",
      kernel, call
    )
  }
}

has_bandwidth <- function(kernel) "bandwidth" %in% names(formals(kernel))

# The bandwidth as numbers: those given, or the median distance of points.
read_bandwidth <- function(bandwidth, x, kernel, call,
                           name = "bandwidth") {
  if (!has_bandwidth(kernel)) {
    return(NULL)
  }
  if (identical(bandwidth, "median")) {
    return(median_distance(x, name, call))
  }
  bandwidth <- plain_data(bandwidth, name, call)
  valid <- is.numeric(bandwidth) && length(bandwidth) %in% c(1L, ncol(x)) &&
    all(is.finite(bandwidth) & bandwidth > 0)
  if (!valid) {
    abort_argument(
      name, sprintf(
        "\"median\" or positive numbers, %s", if (ncol(x) == 1L) {
          "one"
        } else {
          sprintf("one or %d", ncol(x))
        }
      ), bandwidth, call
    )
  }
  as.double(bandwidth)
}

# The median of the positive distances of at most 1,000 points, evenly spread
# over the rows.
median_distance <- function(x, name, call) {
  distances <- stats::dist(x[spread_rows(nrow(x), 1000L), , drop = FALSE])
  positive <- distances[distances > 0]
  if (!length(positive)) {
    abort_rkeops(
      "argument", sprintf(
        "All points are equal, so there is no median distance for `%s`.", name
      ), hints = sprintf("Give `%s` as a number.", name), call = call
    )
  }
  stats::median(positive)
}
