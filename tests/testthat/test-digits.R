# Users feel nothing of single precision, or get a warning. References are
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
  expect_no_warning(counts <- rowSums(Vi(far) == Vj(far)))
  expect_equal(counts, rep(1, 3000))
})

test_that("comparisons of inputs that single precision would round are exact", {
  local_digits()
  set.seed(15)
  same <- function(x, y) keops_kernel(
    "Sum_Reduction(x == y, 0)", c("x = Vi(1)", "y = Vj(1)")
  )
  cases <- list(
    # the next number of double precision; ids; cents; one below single precision
    u = c(u <- runif(300), u * (1 + 2^-52)), ids = 2^26 + 0:600,
    cents = 1234567 + seq(0, 6, by = 0.01), tiny = c(1e-60, 2e-60, runif(500))
  )
  for (x in cases) {
    op <- same(x, x)
    expect_no_warning(counts <- op(x, x))
    expect_identical(c(counts), rowSums(outer(x, x, "==")))
    expect_identical(rowSums(Vi(x) > Vj(x)), rank(x) - 1)
  }
  said <- explain(op, "digits")
  expect_match(utils::tail(c(said), 1L), "answers of comparisons")
  expect_identical(
    rowSums(Vi(cases$tiny) > 0 * Vj(cases$tiny)), rep(502, 502)
  )
  # whole numbers and codes stay in single precision
  x <- sample(1000, 700, TRUE)
  op <- same(x, x)
  expect_identical(c(op(x, x)), rowSums(outer(x, x, "==")))
  expect_match(utils::tail(c(explain(op, "digits")), 1L), "in single precision")
})

test_that("few pairs in double precision do not keep many from a compiler", {
  local_digits()
  local_rkeops_options(compile = "always", engine = "cpu")
  ids <- 2^26 + 0:600
  op <- keops_kernel("Sum_Reduction(x == y, 0)", c("x = Vi(1)", "y = Vj(1)"))
  local_rkeops_options(trace = TRUE)
  said <- function(x) capture.output(type = "message", invisible(op(x, x)))
  expect_match(said(ids[1:3]), "3 x 3 pairs, interpreted", all = FALSE)
  expect_match(said(ids), "601 x 601 pairs, compiled", all = FALSE)
})

test_that("pairs on the border of a radius are counted as in double precision", {
  local_digits()
  local_rkeops_options(engine = "cpu")
  set.seed(16)
  x <- points(300, 2)
  angle <- runif(300, 0, 2 * pi)
  r <- 0.1 * (1 + rep(c(-1, 1) * 1e-9, 150))
  x <- rbind(x, x + r * cbind(cos(angle), sin(angle)))
  D <- square_distances(x, x)
  expect_identical(rowSums(sqdist(Vi(x), Vj(x)) < 0.01), rowSums(D < 0.01))
  expect_identical(
    rowSums((norm2(Vi(x) - Vj(x)) <= 0.1) & Vi(1:600) != Vj(1:600)),
    rowSums(sqrt(D) <= 0.1) - 1
  )
  # whole numbers do not need it
  s <- 1.7e9 + sample(4000, 600)
  op <- keops_kernel(
    "Sum_Reduction(Abs(x - y) < r, 0)", c("x = Vi(1)", "y = Vj(1)", "r = Pm(1)")
  )
  expect_identical(c(op(s, s, 100)), rowSums(abs(outer(s, s, "-")) < 100))
  expect_match(
    utils::tail(c(explain(op, "digits")), 1L), "in single precision, inputs moved"
  )
})

test_that("near pairs, of which differences lose their digits, are found", {
  local_digits()
  set.seed(17)
  coulomb <- function() keops_kernel(
    "Sum_Reduction(IfElse((i == j) - 0.5, 0, 1 / SqDist(x, y)), 0)",
    c("x = Vi(2)", "y = Vj(2)", "i = Vi(1)", "j = Vj(1)")
  )
  right_of <- function(x) {
    D <- 1 / square_distances(x, x)
    diag(D) <- 0
    rowSums(D)
  }
  x <- points(700, 2, 0, 1e5)
  near <- x
  near[301, ] <- near[300, ] + c(1e-3, 0)
  op <- coulomb()
  for (data in list(x, near)) {
    value <- suppressWarnings(
      op(data, data, 1:700, 1:700), classes = "rkeops_warning_precision"
    )
    expect_lt(worst_error(value, right_of(data)), 1e-5)
  }
  # data of a kind that held so far
  op <- coulomb()
  grid <- as.matrix(expand.grid(1:28, 1:25)) * 64
  expect_lt(worst_error(op(grid, grid, 1:700, 1:700), right_of(grid)), 1e-5)
  grid[301, ] <- grid[300, ] + c(1e-3, 0)
  expect_warning(
    value <- op(grid, grid, 1:700, 1:700), class = "rkeops_warning_precision"
  )
  expect_lt(worst_error(value, right_of(grid)), 1e-5)
})

test_that("neighbours that rounding is likely to exchange are not exchanged", {
  local_digits()
  local_rkeops_options(engine = "cpu")
  set.seed(18)
  x <- cbind(runif(2500) * 3e21)
  right <- t(apply(square_distances(x, x), 1L, order))[, 1:3]
  expect_no_warning(found <- argKmin(sqdist(Vi(x), Vj(x)), 3, "j"))
  expect_identical(found, right)
  # in many dimensions nothing is that near
  x <- points(400, 60)
  op <- keops_kernel(
    "ArgKMin_Reduction(SqDist(x, y), 2, 0)", c("x = Vi(60)", "y = Vj(60)")
  )
  expect_identical(
    op(x, x) + 1, t(apply(square_distances(x, x), 1L, order))[, 1:2] + 0
  )
  expect_match(utils::tail(c(explain(op, "digits")), 1L), "in single precision")
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

test_that("an outlier does not hide what the other points lose", {
  local_digits()
  set.seed(20)
  # stations of a town, and one whose receiver had no signal
  x <- rbind(c(0, 0), points(699, 2, 4.65e6, 5000))
  right <- sorted_distances(x)
  found <- Kmin(sqdist(Vi(x), Vj(x)), 3, "j")
  expect_lt(worst_error(found, right[, 1:3]), 1e-5)
  at <- argKmin(sqdist(Vi(x), Vj(x)), 3, "j")
  D <- square_distances(x, x)
  expect_lt(
    worst_error(D[cbind(c(row(at)), c(at))], right[, 1:3]), 1e-6
  )
})

test_that("rows far out in a long tail are among those that are checked", {
  local_digits()
  for (seed in 1:5) {
    set.seed(seed)
    x <- matrix(1000 * exp(3 * rnorm(2400)), 800)
    y <- matrix(1000 * exp(3 * rnorm(1200)), 400)
    K <- exp(-1e-4 * square_distances(x, y))
    op <- keops_kernel(gaussian, gaussian_args(3L))
    value <- suppressWarnings(
      op(x, y, rep(1, 400), 1e-4), classes = "rkeops_warning_precision"
    )
    scale <- pmax(rowSums(K), 1e-20 * max(rowSums(K)))
    expect_lt(worst_error(value, rowSums(K), scale), 1e-5)
  }
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

test_that("entries are computed in double precision", {
  local_digits()
  set.seed(19)
  x <- points(500, 2, 1e6)
  x[301, ] <- x[300, ] + c(1e-5, 0)
  K <- sqdist(Vi(x), Vj(x))
  D <- square_distances(x, x)
  expect_lt(worst_error(as.matrix(K), D), 1e-12)
  expect_lt(worst_error(K[cbind(300:302, 301)], D[300:302, 301]), 1e-12)
  expect_identical(length(pairs_within(K, 1e-3)$i), sum(D <= 1e-3))
  expect_match(format(K)[[1L]], "float32; entries in float64", fixed = TRUE)
  local_digits("plain")
  expect_match(format(K)[[1L]], "float32$")
})

test_that("the table of operations says where digits are lost", {
  rows <- formula_language()
  lost <- rows$digits != ""
  expect_true(all(c("Acos", "Log", "Equal", "Subtract") %in% rows$name[lost]))
  expect_false(any(c("Mult", "SqDist", "Haversine") %in% rows$name[lost]))
  expect_identical(unique(formula_language("reductions")$digits), "")
})

test_that("a GPU says where rounding is likely to exchange neighbours", {
  local_large_gpu()
  local_digits()
  set.seed(18)
  x <- cbind(runif(600) * 3e10)
  op <- keops_kernel(
    "ArgKMin_Reduction(SqDist(x, y), 3, 0)", c("x = Vi(1)", "y = Vj(1)")
  )
  expect_warning(
    found <- op(x, x), "may exchange neighbours.*`x`, whose values reach 3e\\+10",
    class = "rkeops_warning_precision"
  )
  expect_no_warning(op(x, x))
  D <- square_distances(x, x)
  of_found <- matrix(D[cbind(c(row(found)), c(found) + 1)], 600)
  unit <- 3e10 * 2^-23
  nearest <- t(apply(D, 1L, sort))[, 1:3]
  expect_true(all(abs(sqrt(of_found) - sqrt(nearest)) <= 2 * unit))
  # whole numbers leave nothing to round
  whole <- cbind(sample(2^20, 600))
  expect_no_warning(op(whole, whole))
  found <- keops_kernel(
    "ArgKMin_Reduction(SqDist(x, y), 3, 0)", c("x = Vi(1)", "y = Vj(1)"),
    precision = "float64"
  )(x, x)
  expect_identical(D[cbind(c(row(found)), c(found) + 1)], c(nearest))
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
