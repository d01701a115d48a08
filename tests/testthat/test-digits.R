# What users feel of single precision: nothing, or a warning. References are
# plain R in double precision.

gaussian <- "Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0)"
gaussian_args <- function(dimension) {
  c(sprintf("x = Vi(%d)", dimension), sprintf("y = Vj(%d)", dimension),
    "b = Vj(1)", "s = Pm(1)")
}

points <- function(rows, dimension, origin = 0, unit = 1) {
  matrix(runif(rows * dimension), rows, dimension) * unit + origin
}

test_that("Gaussian sums keep their digits whatever origin and unit", {
  local_digits()
  set.seed(1)
  for (case in list(
    list(origin = 0, unit = 1), list(origin = 1e6, unit = 1),
    list(origin = 1.7e9, unit = 100), list(origin = -4650000, unit = 0.01),
    list(origin = 0, unit = 3e21), list(origin = 0, unit = 1e-25),
    list(origin = 1e12, unit = 1e-3)
  )) {
    for (dimension in c(1L, 3L, 20L)) {
      x <- points(521, dimension, case$origin, case$unit)
      y <- points(613, dimension, case$origin, case$unit)
      b <- rnorm(613)
      K <- exp(-square_distances(x, y) / case$unit^2)
      op <- keops_kernel(gaussian, gaussian_args(dimension))
      # beyond the range of single precision a warning may say so
      value <- suppressWarnings(
        op(x, y, b, 1 / case$unit^2), classes = "rkeops_warning_precision"
      )
      expect_lt(worst_error(value, K %*% b, K %*% abs(b)), 1e-5)
    }
  }
})

test_that("data far from 0 are moved, and nothing is said", {
  local_digits()
  set.seed(2)
  x <- points(600, 2, 4.65e6)
  op <- keops_kernel(gaussian, gaussian_args(2L))
  expect_no_warning(value <- op(x, x, rep(1, 600), 1))
  expect_lt(worst_error(value, rowSums(exp(-square_distances(x, x)))), 1e-6)
  said <- explain(op, "digits")
  expect_match(said[[1L]], "moved together.*: x, y$")
  expect_match(utils::tail(c(said), 1L), "single precision, inputs moved")
})

test_that("an input that is also read as it is comes twice", {
  local_digits()
  set.seed(3)
  x <- points(500, 2, 1e7)
  op <- keops_kernel(
    "Sum_Reduction(x * Exp(-SqDist(x, y)), 0)", c("x = Vi(2)", "y = Vj(2)")
  )
  right <- x * rowSums(exp(-square_distances(x, x)))
  expect_lt(worst_error(op(x, x), right), 1e-6)
  expect_match(explain(op, "digits"), "x_moved", all = FALSE)
})

test_that("gradients, weights, scales and differences with parameters move", {
  local_digits()
  set.seed(4)
  x <- points(300, 1, 1e8)
  y <- points(400, 1, 1e8)
  e <- rnorm(300)
  w <- 7
  d <- outer(c(x), c(y), "-")
  args <- c("x = Vi(1)", "y = Vj(1)", "w = Pm(1)", "m = Pm(1)")
  cases <- list(
    list("Sum_Reduction(Exp(-Square(w * x - w * y)), 0)", exp(-49 * d^2)),
    list("Sum_Reduction(Abs(x / w - y / w), 0)", abs(d) / 7),
    list("Sum_Reduction((x - m) * (y - m), 0)", outer(x - 1e8, y - 1e8)[, 1, , 1]),
    list("Sum_Reduction(Norm2(x - y), 0)", abs(d)),
    list("Sum_Reduction(x < y, 0)", (d < 0) * 1)
  )
  for (case in cases) {
    op <- keops_kernel(case[[1L]], args)
    expect_no_warning(value <- op(x, y, w, 1e8))
    expect_lt(worst_error(value, rowSums(case[[2L]])), 1e-5, label = case[[1L]])
  }
  op <- keops_grad(keops_kernel(gaussian, gaussian_args(1L)), "x")
  K <- exp(-d^2)
  value <- op(x, y, rep(1, 400), 1, e)
  expect_lt(
    worst_error(value, -2 * rowSums(d * K) * e, 2 * rowSums(abs(d) * K) * abs(e)),
    1e-5
  )
})

test_that("times, dates and ids are compared and told apart", {
  local_digits()
  set.seed(5)
  s <- 1.7e9 + sort(sample(3e7, 2000))
  d <- abs(outer(s, s, "-"))
  expect_equal(rowSums(abs(Vi(s) - Vj(s)) < 5000), rowSums(d < 5000))
  expect_lt(
    worst_error(rowSums(exp(-abs(Vi(s) - Vj(s)) / 60)), rowSums(exp(-d / 60))),
    1e-5
  )
  near <- 1e8 + sample(1e5, 1500, TRUE)
  expect_equal(rowSums(Vi(near) == Vj(near)), rowSums(outer(near, near, "==")))
  far <- sample(2^45, 1500)
  far <- c(far, far + 1)
  expect_warning(
    counts <- rowSums(Vi(far) == Vj(far)), class = "rkeops_warning_precision"
  )
  expect_equal(counts, rep(1, 3000))
  # the second time it is known
  expect_no_warning(expect_equal(rowSums(Vi(far) == Vj(far)), rep(1, 3000)))
})

test_that("neighbours are those of double precision", {
  local_digits()
  set.seed(6)
  for (origin in c(0, 5e6)) {
    x <- points(700, 2, origin, 1000)
    D <- square_distances(x, x)
    right <- t(apply(D, 1L, order))[, 1:5]
    expect_no_warning(found <- argKmin(sqdist(Vi(x), Vj(x)), 5, "j"))
    expect_identical(found, right)
    # distances that are small beside the data are silently those of double
    expect_no_warning(values <- Kmin(sqdist(Vi(x), Vj(x)), 5, "j"))
    expect_lt(worst_error(values, t(apply(D, 1L, sort))[, 1:5]), 1e-5)
  }
  # two towns far from each other: no origin suits both
  x <- rbind(points(350, 2, 0), points(350, 2, 1e7))
  right <- t(apply(square_distances(x, x), 1L, order))[, 1:4]
  expect_warning(
    found <- argKmin(sqdist(Vi(x), Vj(x)), 4, "j"),
    class = "rkeops_warning_precision"
  )
  expect_identical(found, right)
})

test_that("one far outlier, duplicates and constant columns do no harm", {
  local_digits()
  set.seed(7)
  x <- points(400, 3, 1e6)
  x[, 3] <- 8.8e15
  x[17, 1] <- 1e30
  x[300:400, ] <- x[1, rep(1:3, each = 101)]
  op <- keops_kernel(gaussian, gaussian_args(3L))
  right <- rowSums(exp(-square_distances(x, x)))
  expect_lt(worst_error(op(x, x, rep(1, 400), 1), right), 1e-5)
})

test_that("a product of parameters may leave the range of single precision", {
  local_digits()
  set.seed(8)
  gravity <- keops_kernel(
    "Sum_Reduction(g * m * (y - x), 0)",
    c("g = Pm(1)", "m = Vj(1)", "y = Vj(1)", "x = Vi(1)")
  )
  for (size in c(1L, 500L)) {
    m <- 1.989e30 * runif(size)
    y <- 4.5e12 * runif(size)
    x <- 1e11 * runif(size)
    right <- 6.674e-11 * rowSums(outer(x, y, function(x, y) y - x) *
                                   rep(m, each = size))
    value <- suppressWarnings(gravity(6.674e-11, m, y, x))
    expect_lt(worst_error(value, right), 1e-5)
  }
  tiny <- 1e-30 * runif(700)
  expect_warning(
    value <- rowSums(1e10 * Vj(tiny) * (Vj(1e-12 * tiny * 1e30) - Vi(rep(0, 700)))),
    class = "rkeops_warning_precision"
  )
  expect_lt(worst_error(value, rep(sum(1e10 * tiny * (1e18 * tiny)), 700)), 1e-5)
})

test_that("rows beyond the range are computed again, those that are Inf stay", {
  local_digits()
  set.seed(9)
  x <- matrix(c(runif(499), 1e25), ncol = 1L)
  op <- keops_kernel("Sum_Reduction(SqDist(x, y), 0)", c("x = Vi(1)", "y = Vj(1)"))
  right <- rowSums(square_distances(x, x[1:499, , drop = FALSE]))
  value <- suppressWarnings(op(x, x[1:499, , drop = FALSE]))
  expect_lt(worst_error(value, right), 1e-5)
  D <- sqdist(Vi(x), Vj(x))
  expect_true(all(rowSums(1 / D) == Inf))
  expect_true(all(rowSums(1 / D) == Inf))
})

test_that("infinite entries beside finite ones are no reason for double", {
  local_digits()
  set.seed(14)
  x <- points(400, 2)
  op <- keops_kernel(
    "Sum_Reduction(Concat(1 / SqDist(x, y), Exp(-SqDist(x, y))), 0)",
    c("x = Vi(2)", "y = Vj(2)")
  )
  for (k in 1:2) {
    value <- op(x, x)
    expect_true(all(value[, 1] == Inf))
    right <- rowSums(exp(-square_distances(x, x)))
    expect_lt(worst_error(value[, 2], right), 1e-5)
    expect_match(utils::tail(c(explain(op, "digits")), 1L), "single precision$")
  }
})

test_that("missing and infinite inputs stay what they are", {
  local_digits()
  set.seed(10)
  x <- points(500, 2, 1e6)
  x[3, 1] <- NA
  x[5, 2] <- Inf
  y <- points(500, 2, 1e6)
  right <- rowSums(exp(-square_distances(x, y)))
  op <- keops_kernel(gaussian, gaussian_args(2L))
  value <- op(x, y, rep(1, 500), 1)
  expect_identical(is.na(c(value)), is.na(right))
  expect_lt(worst_error(value, right), 1e-6)
})

test_that("sizes from nothing on, and few of one beside many of the other", {
  local_digits()
  set.seed(11)
  op <- keops_kernel(gaussian, gaussian_args(3L))
  for (rows in c(0L, 1L, 63L, 64L, 65L, 211L)) {
    for (columns in c(0L, 1L, 64L, 20011L)) {
      x <- points(rows, 3, 1e6)
      y <- points(columns, 3, 1e6)
      b <- runif(columns)
      right <- exp(-square_distances(x, y)) %*% b
      expect_lt(worst_error(op(x, y, b, 1), right), 1e-5)
    }
  }
})

test_that("nothing is looked after where the user says so", {
  local_digits("plain")
  x <- c(1e9, 1e9 + 1)
  op <- keops_kernel("Sum_Reduction(Abs(x - y), 0)", c("x = Vi(1)", "y = Vj(1)"))
  expect_equal(c(op(x, x)), c(0, 0))
  local_digits("auto")
  expect_equal(c(op(x, x)), c(1, 1))
  expect_error(set_rkeops_option("digits", "never"), class = "rkeops_error")
})

test_that("the warning names the argument and what to do", {
  local_digits()
  x <- cbind(c(seq(0, 1, length.out = 300), 1e9 + seq(0, 1, length.out = 300)))
  op <- keops_kernel(
    "Sum_Reduction(Exp(-Abs(x - y) * 10000), 0)", c("x = Vi(1)", "y = Vj(1)")
  )
  said <- tryCatch(op(x, x), rkeops_warning_precision = conditionMessage)
  expect_match(said, "`x`, whose values reach 1e+09", fixed = TRUE)
  expect_match(said, "precision = \"float64\"", fixed = TRUE)
  expect_lt(
    worst_error(op(x, x), rowSums(exp(-1e4 * abs(outer(c(x), c(x), "-"))))), 1e-5
  )
})

test_that("a formula that loses digits whatever the precision is announced", {
  local_digits()
  set.seed(13)
  angles <- "Acos(Sin(x) * Sin(y) + Cos(x) * Cos(y))"
  sum_of <- function(f) keops_kernel(
    sprintf("Sum_Reduction(%s, 0)", f), c("x = Vi(1)", "y = Vj(1)")
  )
  for (size in c(3L, 500L)) {
    near <- 0.8 + 1e-7 * runif(size)
    expect_warning(
      sum_of(angles)(near, near), "whatever the precision|in double precision",
      class = "rkeops_warning_precision"
    )
    expect_warning(
      sum_of("Sqrt(1 - Square(Cos(x - y)))")(near, near),
      class = "rkeops_warning_precision"
    )
    far <- runif(size)
    others <- 1.5 + runif(size)
    expect_no_warning(value <- sum_of(angles)(far, others))
    expect_lt(worst_error(value, rowSums(abs(outer(far, others, "-")))), 1e-5)
    expect_no_warning(sum_of("Norm2(x - y)")(near, near))
  }
})

test_that("GPUs keep digits too, of data of the host and of their own", {
  local_large_gpu()
  local_digits()
  set.seed(12)
  x <- points(301, 2, 4.65e6)
  y <- points(307, 2, 4.65e6)
  b <- runif(307)
  right <- exp(-square_distances(x, y)) %*% b
  op <- keops_kernel(gaussian, gaussian_args(2L))
  expect_no_warning(value <- op(x, y, b, 1))
  expect_lt(worst_error(value, right), 1e-5)
  expect_no_warning(value <- op(to_gpu(x), to_gpu(y), to_gpu(b), 1))
  expect_s3_class(value, "gpu_matrix")
  expect_lt(worst_error(as.matrix(value), right), 1e-5)
  expect_match(utils::tail(c(explain(op, "digits")), 1L), "inputs moved")

  # the same matrices again, and others
  gx <- to_gpu(x)
  for (k in 1:3) {
    expect_lt(worst_error(as.matrix(op(gx, to_gpu(y), to_gpu(b), 1)), right), 1e-5)
  }
  towns <- rbind(points(150, 2, 0), points(151, 2, 1e7))
  expect_warning(
    value <- as.matrix(op(to_gpu(towns), to_gpu(towns), to_gpu(rep(1, 301)), 1e4)),
    class = "rkeops_warning_precision"
  )
  right <- rowSums(exp(-1e4 * square_distances(towns, towns)))
  expect_lt(worst_error(value, right), 1e-5)
})
