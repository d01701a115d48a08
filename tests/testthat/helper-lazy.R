# LazyTensors against arrays of all their entries, in plain R.

# Several tensors at once, as the parts of one: one compilation for them all.
# `expected` are arrays [i, j, component] or matrices [i, j].
expect_tensors <- function(tensors, expected, precision = "float64",
                           scale = NULL) {
  together <- lazy_precision(Reduce(concat, tensors), precision)
  actual <- as.array(together)
  expected <- lapply(expected, function(one) {
    array(one, c(dim(one), if (length(dim(one)) == 2) 1))
  })
  expect_equal(dim(together)[1:2], dim(expected[[1]])[1:2])
  wanted <- do.call(c, expected)
  tolerance <- c(float32 = 2e-6, float64 = 1e-12)[[precision]]
  size <- if (is.null(scale)) pmax(1, abs(wanted)) else scale
  expect_length(actual, length(wanted))
  error <- abs(c(actual) - wanted) / size
  error[is.nan(wanted) & is.nan(c(actual))] <- 0
  expect_lt(max(error), tolerance)
}

# The array of f(x[i, ], y[j, ]) for all pairs.
all_pairs <- function(x, y, f) {
  values <- lapply(seq_len(nrow(y)), function(j) {
    lapply(seq_len(nrow(x)), function(i) f(x[i, ], y[j, ]))
  })
  components <- length(values[[1]][[1]])
  aperm(
    array(unlist(values), c(components, nrow(x), nrow(y))), c(2, 3, 1)
  )
}

# Points away from 0 and from each other, exact in single precision.
lazy_points <- function(rows, columns, from = -1.5, to = 1.5, start = 0) {
  exact_points(rows, columns, from, to, start)
}

with_precision <- function(precision, code) {
  local_rkeops_options(precision = precision)
  force(code)
}

complex_points <- function(rows, columns, start = 0) {
  parts <- lazy_points(rows, 2 * columns, start = start)
  half <- seq_len(columns)
  matrix(
    complex(real = parts[, half], imaginary = parts[, -half]), rows, columns
  )
}
