# Tests of single precision as users meet it: looked after.
local_digits <- function(digits = "auto", frame = parent.frame()) {
  old <- set_rkeops_option("digits", digits)
  withr::defer(set_rkeops_options(old), frame)
}

# The largest error beside the scale, which is the right value itself unless
# given.
worst_error <- function(value, right, scale = abs(right)) {
  expect_identical(is.na(c(value)), is.na(c(right)))
  error <- abs(c(value) - c(right)) / pmax(c(scale), .Machine$double.xmin)
  max(0, error[c(value) != c(right)], na.rm = TRUE)
}

square_distances <- function(x, y) {
  total <- 0
  for (k in seq_len(ncol(x))) total <- total + outer(x[, k], y[, k], "-")^2
  total
}

# The squared distances of each point from all points, the smallest first.
sorted_distances <- function(x) t(apply(square_distances(x, x), 1L, sort))
