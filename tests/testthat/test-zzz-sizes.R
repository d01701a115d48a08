# Sizes around those of vectors, tiles and blocks, long and thin problems, and
# numbers of threads: nothing depends on how the work is cut.

skip_on_cran()

sizes <- c(0, 1, 63, 64, 65, 257, 1009)
formulas <- c(
  sum = "Sum_Reduction(Exp(-SqDist(x, y)) * b, 0)",
  softmin = "LogSumExp_Reduction(-SqDist(x, y), 0)",
  nearest = "ArgMin_Reduction(SqDist(x, y), 0)"
)

# kernel %*% b by rowSums(), which adds in extended precision: the error of `%*%`
# depends on R's BLAS.
weighted_sums <- function(kernel, b) {
  columns <- lapply(seq_len(ncol(b)), function(k) {
    rowSums(kernel * rep(b[, k], each = nrow(kernel)))
  })
  matrix(unlist(columns), nrow(kernel), ncol(b))
}

operators <- function(dimension, precision) {
  args <- c(
    sprintf("x = Vi(%d)", dimension), sprintf("y = Vj(%d)", dimension),
    "b = Vj(2)"
  )
  lapply(formulas, keops_kernel, args, precision = precision)
}

# Squared distances of these points are exact in float32, so that the nearest
# point is the same in both precisions.
data_of <- function(nx, ny, dimension) {
  list(
    x = exact_points(nx, dimension), y = exact_points(ny, dimension, start = 7),
    b = exact_points(ny, 2, start = 3)
  )
}

references <- function(data) {
  distances <- squared_distances(data$x, data$y)
  kernel <- exp(-distances)
  nearest <- if (ncol(distances)) max.col(-distances, "first") - 1 else NaN
  list(
    sum = weighted_sums(kernel, data$b),
    scale = weighted_sums(kernel, abs(data$b)),
    softmin = matrix(log(rowSums(kernel)), nrow(data$x), 1),
    nearest = matrix(as.numeric(nearest), nrow(data$x), 1)
  )
}

expect_results <- function(operators, data, precision) {
  expected <- references(data)
  label <- paste(
    nrow(data$x), "x", nrow(data$y), "points in", ncol(data$x), precision
  )
  run <- function(op) operators[[op]](data$x, data$y, data$b)
  tolerance <- c(float32 = 4e-6, float64 = 1e-13)[[precision]]
  sum <- run("sum")
  expect_equal(dim(sum), dim(expected$sum), label = label)
  expect_true(
    all(abs(sum - expected$sum) <= tolerance * expected$scale + 1e-30),
    label = label
  )
  expect_equal(
    run("softmin"), expected$softmin, tolerance = tolerance, label = label
  )
  expect_identical(run("nearest"), expected$nearest, label = label)
}

test_that("no size is special", {
  for (precision in c("float32", "float64")) {
    operators <- operators(3, precision)
    for (nx in sizes) {
      for (ny in sizes) {
        expect_results(operators, data_of(nx, ny, 3), precision)
      }
    }
  }
})

test_that("points of one and of many dimensions work at awkward sizes", {
  for (precision in c("float32", "float64")) {
    for (dimension in c(1, 100)) {
      operators <- operators(dimension, precision)
      for (size in list(c(1, 65), c(65, 1), c(63, 257), c(257, 64))) {
        # sums of exponentials of long distances would all be 0
        data <- data_of(size[1], size[2], dimension)
        data$x <- data$x / 4
        data$y <- data$y / 4
        expect_results(operators, data, precision)
      }
    }
  }
})

test_that("one point against many, and many against one", {
  for (precision in c("float32", "float64")) {
    operators <- operators(1, precision)
    expect_results(operators, data_of(1, 1e6, 1), precision)
    expect_results(operators, data_of(1e6, 1, 1), precision)
    expect_results(operators, data_of(3, 2e5, 1), precision)
  }
})

test_that("results do not depend on the number of threads, bit for bit", {
  previous <- set_rkeops_options(threads = 1)
  withr::defer(set_rkeops_options(previous))
  for (precision in c("float32", "float64")) {
    operators <- operators(3, precision)
    for (size in list(c(1009, 1009), c(2, 100003), c(50021, 3), c(65, 4097))) {
      data <- data_of(size[1], size[2], 3)
      results <- lapply(1:3, function(threads) {
        set_rkeops_option("threads", threads)
        lapply(operators, function(op) op(data$x, data$y, data$b))
      })
      expect_identical(results[[2]], results[[1]])
      expect_identical(results[[3]], results[[1]])
    }
  }
})
