# Quantiles and medians against those of R, of the stored entries.

interpret_unless_exhaustive()

skip_on_cran()

tolerances <- c(float32 = 1e-6, float64 = 1e-14)

expect_quantiles <- function(lazy, entries, probs = c(0, 0.01, 0.3, 0.5, 1),
                             precision = settings$precision, ...) {
  same <- function(actual, expected) {
    expect_equal(
      actual, expected, tolerance = tolerances[[precision]], ignore_attr = TRUE
    )
  }
  same(quantile(lazy, probs, ...), quantile(c(entries), probs, ...))
  of_rows <- function(entries) {
    value <- apply(entries, 1L, quantile, probs, ...)
    t(matrix(value, length(probs)))
  }
  same(quantile(lazy, probs, index = "j", ...), of_rows(entries))
  same(quantile(lazy, probs, index = "i", ...), of_rows(t(entries)))
}

test_that("quantiles of all types, in both precisions", {
  x <- lazy_points(11, 2)
  y <- lazy_points(17, 2, start = 0.3)
  for (precision in names(tolerances)) {
    local_rkeops_options(precision = precision)
    lazy <- sqdist(Vi(x), Vj(y))
    for (type in 1:9) {
      expect_quantiles(lazy, as.matrix(lazy), type = type)
    }
  }
})

test_that("quantiles at awkward sizes, of ties, of entries of all magnitudes", {
  for (sizes in list(c(1, 1), c(1, 65), c(64, 3), c(2, 2), c(131, 67))) {
    x <- (seq_len(sizes[[1]]) * 37) %% 7
    y <- (seq_len(sizes[[2]]) * 5) %% 4
    expect_quantiles(Vi(x) - Vj(y), outer(x, y, "-"))
  }
  local_rkeops_options(precision = "float64")
  x <- c(-1e300, -1, -1e-300, 0, 1e-300, 2, 3, 1e300)
  y <- c(1, 1, 1e5)
  expect_quantiles(Vi(x) * Vj(y), outer(x, y))
  # more equal entries than are looked at
  x <- rep(c(1, 2, 5), c(40, 100, 7))
  expect_quantiles(Vi(x) + Vj(rep(0, 60)), matrix(x, 147, 60))
})

test_that("infinite entries are entries", {
  x <- c(-Inf, -Inf, 0, 1, Inf)
  expect_quantiles(Vi(x) + Vj(1:2), outer(x, 1:2, "+"), c(0, 0.1, 0.6, 1))
  expect_identical(median(Vi(c(Inf, Inf)) + Vj(1)), Inf)
})

test_that("missing entries are refused, or left out", {
  x <- c(1, NA, 3, 4)
  y <- c(1, 2, NaN)
  lazy <- Vi(x) * Vj(y)
  entries <- outer(x, y)
  expect_error(
    quantile(lazy), "`x` has 6 missing entries.", fixed = TRUE,
    class = "rkeops_error_argument"
  )
  expect_quantiles(lazy, entries, na.rm = TRUE)
  expect_identical(median(lazy), NA_real_)
  expect_equal(median(lazy, na.rm = TRUE), median(c(entries), na.rm = TRUE))
  y <- c(1, 2, 3)
  expect_equal(
    median(Vi(x) * Vj(y), index = "j"), cbind(apply(outer(x, y), 1, median))
  )
  expect_identical(
    median(Vi(x) * Vj(y), index = "j", na.rm = TRUE)[2, 1], NA_real_
  )
})

test_that("entries are taken in double precision, without a warning", {
  x <- 1.7e9 + (1:700)^2 / 7
  lazy <- Vi(x, precision = "float32") - Vj(x, precision = "float32")
  entries <- outer(x, x, "-")
  expect_no_warning(found <- quantile(lazy, c(0.1, 0.5001)))
  expect_equal(found, quantile(entries, c(0.1, 0.5001)), tolerance = 1e-12)
  expect_no_warning(found <- median(abs(lazy), index = "j"))
  expect_equal(found[, 1], apply(abs(entries), 1, median), tolerance = 1e-12)
  expect_no_warning(found <- hist(lazy, plot = FALSE))
  expect_identical(found$counts, hist(entries, plot = FALSE)$counts)
})

test_that("there may be no entries", {
  none <- matrix(0, 0, 1)
  lazy <- abs(Vi(none) - Vj(1:3))
  expect_identical(quantile(lazy, 0.5, names = FALSE), NA_real_)
  expect_identical(median(lazy), NA_real_)
  expect_identical(dim(quantile(lazy, index = "j")), c(0L, 5L))
  expect_identical(dim(median(lazy, index = "i")), c(3L, 1L))
  expect_true(all(is.na(median(lazy, index = "i"))))
})

test_that("names are those of R and of the points", {
  x <- matrix(1:3, dimnames = list(c("a", "b", "c"), NULL))
  lazy <- Vi(x) * Vj(1:4)
  entries <- outer(1:3, 1:4)
  expect_equal(quantile(lazy), quantile(entries))
  probs <- c(0.005, NA, 1)
  expect_equal(quantile(lazy, probs), quantile(entries, probs))
  expect_null(names(quantile(lazy, names = FALSE)))
  expect_identical(
    dimnames(quantile(lazy, c(0.1, 0.9), index = "j")),
    list(c("a", "b", "c"), c("10%", "90%"))
  )
  expect_identical(rownames(median(lazy, index = "j")), c("a", "b", "c"))
  expect_null(dimnames(median(lazy, index = "i")))
  expect_identical(quantile(lazy, double()), quantile(entries, double()))
})

test_that("tensors of one index are columns or rows", {
  x <- c(4, 1, 3, 2)
  expect_equal(quantile(Vi(x)), quantile(x))
  expect_equal(median(Vj(x), index = "j"), matrix(2.5))
  expect_equal(median(Vi(x), index = "j"), cbind(x), ignore_attr = TRUE)
})

test_that("wrong arguments are named", {
  D <- abs(Vi(1:3) - Vj(1:3))
  expect_snapshot(error = TRUE, {
    quantile(D, 2)
    quantile(D, type = 10)
    quantile(D, axis = 1)
    quantile(D, index = "k")
    quantile(D, na.rm = NA)
    quantile(Vi(matrix(1:4, 2)))
    quantile(Vi(1i))
    median(D, axis = 1)
    median(Vi(matrix(1:4, 2)))
  })
})

test_that("thresholds are between, in order, and as many as are wanted", {
  between <- r_thresholds(c(-1, 0, 2, -Inf), c(1, 0, 2.5, Inf), 7L)
  expect_identical(dim(between), c(4L, 7L))
  expect_true(all(apply(between, 1, diff) >= 0))
  expect_true(all(between[1, ] > -1 & between[1, ] < 1))
  expect_identical(between[2, ], rep(0, 7))
  expect_equal(between[3, 4], 2.25)
  expect_identical(between[4, 4], 0)
  # neighbouring doubles have nothing between them
  next_one <- 1 + .Machine$double.eps
  expect_true(all(r_thresholds(1, next_one, 5L) == 1))
})
