# Histograms against those of R, of the stored entries.

interpret_unless_exhaustive()

skip_on_cran()

# The call is that of R, but for the tensor.
expect_histogram <- function(lazy, entries, ...) {
  actual <- hist(lazy, ..., plot = FALSE)
  expected <- hist(c(entries), ..., plot = FALSE)
  actual$xname <- expected$xname
  expect_equal(actual, expected)
}

test_that("histograms are those of R, for all ways to choose breaks", {
  x <- lazy_points(23, 2)
  y <- lazy_points(37, 2, start = 0.3)
  for (precision in c("float32", "float64")) {
    local_rkeops_options(precision = precision)
    lazy <- sqdist(Vi(x), Vj(y))
    entries <- as.matrix(lazy)
    for (breaks in list(
      "Sturges", "scott", "FD", 3, 50, 100, c(0, 1, 2.5, 4, 30), c(0, 100),
      c(40, 0, 17)
    )) {
      expect_histogram(lazy, entries, breaks)
    }
    expect_histogram(lazy, entries)
  }
})

test_that("entries at breaks belong to one interval", {
  x <- 1000 + (seq_len(40) * 7) %% 9
  lazy <- Vi(x) + Vj(c(0, 0, 1))
  entries <- outer(x, c(0, 0, 1), "+")
  for (precision in c("float32", "float64")) {
    local_rkeops_options(precision = precision)
    for (right in c(TRUE, FALSE)) {
      for (breaks in list(1000:1009, c(1000, 1009), c(1000, 1001, 1005, 1009))) {
        expect_histogram(lazy, entries, breaks, right = right)
      }
      expect_histogram(
        lazy, entries, 998:1011, right = right, include.lowest = FALSE
      )
      expect_histogram(lazy, entries, right = right)
    }
  }
  # all entries equal, most entries equal
  expect_histogram(Vi(rep(2, 5)) + Vj(1), rep(3, 5))
  z <- c(rep(1, 99), 5)
  expect_histogram(Vi(z) + Vj(0), z, "FD")
  expect_histogram(Vi(rep(1, 9)) + Vj(0), rep(1, 9), "FD")
})

test_that("what is not finite is left out", {
  x <- c(NA, -Inf, 1, 2, 5, Inf, NaN)
  expect_histogram(Vi(x) * Vj(1:3), outer(x, 1:3))
})

test_that("a histogram is drawn", {
  grDevices::pdf(NULL)
  withr::defer(grDevices::dev.off())
  D <- abs(Vi(1:20) - Vj(1:30))
  drawn <- withVisible(hist(D, freq = FALSE, col = "red"))
  expect_false(drawn$visible)
  expect_s3_class(drawn$value, "histogram")
  expect_identical(drawn$value$xname, "D")
  expect_identical(sum(drawn$value$counts), 600L)
})

test_that("wrong arguments are named", {
  D <- abs(Vi(1:3) - Vj(1:3))
  expect_snapshot(error = TRUE, {
    hist(D, "rule")
    hist(D, 0)
    hist(D, range)
    hist(D, c(0, 1), plot = FALSE)
    hist(D, c(0, NA, 3))
    hist(Vi(matrix(1:4, 2)))
    hist(Vi(NaN))
    hist(D, plot = NA)
  })
  expect_warning(hist(D, plot = FALSE, col = "red"), "no effect")
  expect_warning(hist(D, include.lowest = FALSE, plot = FALSE), "no effect")
})
