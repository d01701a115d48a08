# R's words on lazy tensors mean what they mean on the matrix of all entries, or
# are refused with what to write.

interpret_unless_exhaustive()

skip_on_cran()

x <- lazy_points(5, 2)
y <- lazy_points(3, 2, start = 0.4)
K0 <- exp(-squared_distances(x, y))
lazy_kernel <- function() exp(-sqdist(Vi(x), Vj(y)))

expect_refused <- function(object, words, ...) {
  expect_error(object, words, ..., class = "rkeops_error")
}

# ---- vectors beside tensors ----

test_that("a vector beside a matrix of pairs says whose numbers it has", {
  local_rkeops_options(precision = "float64")
  K <- lazy_kernel()
  square <- exp(-sqdist(Vi(x), Vj(x)))
  rows <- c(1, 2, 4, 8, 16)
  columns <- c(3, 2, 1)
  expect_refused(K / rowSums(K), "`Vi(rowSums(K))`", fixed = TRUE)
  expect_refused(K * rows, "`Vi(rows)`", fixed = TRUE)
  expect_refused(columns * K, "`Vj(columns)`", fixed = TRUE)
  expect_refused(K > columns, "`Vj(columns)`", fixed = TRUE)
  expect_refused(K & columns > 1, "Vj(columns > 1)", fixed = TRUE)
  expect_refused(K^columns, "`Vj(columns)`", fixed = TRUE)
  expect_refused(K %% columns, "`Vj(columns)`", fixed = TRUE)
  expect_refused(square - rows, "`Vi\\(rows\\)`.*`Vj\\(rows\\)`")
  expect_refused(K * c(1, 2), "`Pm(c(1, 2))`", fixed = TRUE)
  expect_refused(Vi(rows) - columns, "`Vj(columns)`", fixed = TRUE)
  expect_refused(ifelse(K > 0.5, columns, 0), "Vj(", fixed = TRUE)
  expect_refused(clamp(K, 0, columns), "Vj(", fixed = TRUE)
  expect_refused(pmin(K, columns), "Vj(", fixed = TRUE)
  expect_refused(sqdist(Vi(rows), columns), "Vj(", fixed = TRUE)
  expect_refused(Vi(x) * rows, "Vi(rows)", fixed = TRUE)
  expect_refused(logsumexp(K, "j", columns), "`Vj(weight)`", fixed = TRUE)
  expect_refused(lazy_apply("Maximum", K, rows), "Vi(", fixed = TRUE)
  expect_equal(as.matrix(K / Vi(rowSums(K))), K0 / rowSums(K0))
  expect_equal(as.matrix(K * Vj(columns)), K0 * rep(columns, each = 5))
  expect_equal(
    as.array(K * Pm(columns)), outer(K0, columns), ignore_attr = TRUE
  )
})

test_that("vectors as long as the inner dimension are components", {
  local_rkeops_options(precision = "float64")
  p <- lazy_points(3, 3)
  expect_equal(
    as.matrix(Vi(p) - c(1, 2, 3)), p - rep(c(1, 2, 3), each = 3)
  )
  expect_equal(
    as.matrix(sqdist(Vi(p), c(1, 2, 3))),
    as.matrix(rowSums((p - rep(c(1, 2, 3), each = 3))^2))
  )
  expect_equal(dim(Pm(2) * c(1, 2, 3)), c(1L, 1L, 3L))
  expect_equal(dim(tensorprod(Vi(p), c(1, 2))), c(3L, 1L, 6L))
  expect_equal(dim(concat(Vi(p[, 1]), c(1, 2))), c(3L, 1L, 3L))
})

# ---- products ----

test_that("the product of two matrices of pairs is refused", {
  K <- lazy_kernel()
  square <- exp(-sqdist(Vi(x), Vj(x)))
  expect_refused(square %*% square, "two matrices of pairs")
  expect_refused(t(K) %*% K, "two matrices of pairs")
  expect_refused(crossprod(K, K), "two matrices of pairs")
  expect_refused(tcrossprod(K, K), "two matrices of pairs")
  expect_refused(square %*% Vi(1:5), "Vj(b)", fixed = TRUE)
})

# ---- reductions ----

test_that("a number in a reduction is no axis", {
  K <- lazy_kernel()
  expect_refused(sum(K, 1), "index")
  expect_refused(sum(1, K), "index")
  expect_refused(min(K, 1), "pmin(x, y)", fixed = TRUE)
  expect_refused(max(0L, K), "pmax(x, y)", fixed = TRUE)
  expect_refused(any(K, 1), "index")
  expect_refused(any(K > 0.5, 1), "index")
  expect_refused(all(TRUE, K > 0.5), "index")
  expect_refused(range(0, K), "index")
  expect_refused(mean(K, 1), "index")
  expect_identical(max(1L, NA, na.rm = TRUE), 1L)
  expect_identical(range(c(3, 1), 7), c(1, 7))
  expect_identical(sum(1, factor("a") == "a"), 2)
})

test_that("what has one number a pair needs the index", {
  local_rkeops_options(precision = "float64")
  K <- lazy_kernel()
  for (reduced in expression(
    sum(K), prod(K), mean(K), min(K), max(K), range(K), any(K > 0.5),
    all(K > 0), argmin(K), argmax(t(K)), max(norm2(Vi(x))), stopifnot(all(K > 0))
  )) {
    expect_refused(eval(reduced), "index")
  }
  # data of one column have vectors of one component, as others of more
  column <- Vi(x[, 1]) - Vj(y[, 1])
  rlang::reset_message_verbosity("rkeops_components")
  expect_equal(as.matrix(sum(column^2)), outer(x[, 1], y[, 1], `-`)^2)
  expect_message(
    largest <- max(abs(column)), "over components",
    class = "rkeops_message_components"
  )
  expect_no_message(max(abs(column)))
  expect_equal(as.matrix(largest), abs(outer(x[, 1], y[, 1], `-`)))
  expect_match(format(largest), "index = \"j\"", all = FALSE)
  expect_equal(dim(sum(Pm(3))), c(1L, 1L))
})

test_that("ranges, and reductions of components", {
  local_rkeops_options(precision = "float64")
  K <- lazy_kernel()
  expect_equal(range(K, "j"), t(apply(K0, 1, range)))
  expect_equal(range(K, index = "i"), t(apply(K0, 2, range)))
  d <- all_pairs(x, y, `-`)
  expect_equal(
    range(Vi(x) - Vj(y), "j"), aperm(apply(d, c(1, 3), range), c(2, 1, 3))
  )
  expect_tensors(
    list(prod(Vi(x) - Vj(y)), range(Vi(x) - Vj(y))),
    list(apply(d, 1:2, prod), aperm(apply(d, 1:2, range), c(2, 3, 1)))
  )
})

# ---- missing values ----

holes <- x
holes[c(2, 9)] <- NaN
pairs_with_holes <- outer(holes[, 1], y[, 1], `-`)

test_that("na.rm leaves out what is missing", {
  for (precision in c("float64", "float32")) {
    local_rkeops_options(precision = precision)
    tolerance <- c(float32 = 1e-6, float64 = 1e-13)[[precision]]
    both <- holes
    both[3, ] <- NA
    d <- Vi(both) - Vj(y)
    d0 <- all_pairs(both, y, `-`)
    for (name in c("sum", "prod", "mean", "min", "max")) {
      f <- get(name)
      expect_equal(
        f(d, index = "i", na.rm = TRUE), apply(d0, 2:3, f, na.rm = TRUE),
        tolerance = tolerance
      )
      expect_equal(
        as.matrix(f(d, na.rm = TRUE)),
        suppressWarnings(apply(d0, 1:2, f, na.rm = TRUE)),
        tolerance = tolerance
      )
    }
    expect_equal(
      range(d, "i", na.rm = TRUE),
      aperm(apply(d0, 2:3, range, na.rm = TRUE), c(2, 1, 3)),
      tolerance = tolerance
    )
    one <- Vi(holes[, 1]) - Vj(y[, 1])
    for (name in c("rowSums", "colSums", "rowMeans", "colMeans")) {
      f <- get(name)
      expect_equal(
        f(one, na.rm = TRUE), f(pairs_with_holes, na.rm = TRUE),
        tolerance = tolerance
      )
    }
    expect_equal(
      colSums(one > 0, na.rm = TRUE), colSums(pairs_with_holes > 0, na.rm = TRUE)
    )
    # where all are missing
    expect_identical(rowMeans(one, na.rm = TRUE)[2], NaN)
    expect_identical(rowSums(one, na.rm = TRUE)[2], 0)
    expect_identical(min(one, "j", na.rm = TRUE)[2], Inf)
  }
})

test_that("na.rm of complex numbers", {
  local_rkeops_options(precision = "float64")
  z <- complex_points(4, 2)
  z[2, 1] <- NA
  expect_equal(sum(Vi(z), "i", na.rm = TRUE), t(colSums(z, na.rm = TRUE)))
  expect_equal(mean(Vi(z), "i", na.rm = TRUE), t(colMeans(z, na.rm = TRUE)))
})

test_that("any and all know NA as R does", {
  values <- expand.grid(a = c(0, 2, NaN), b = c(0, 2, NaN), c = c(0, 2, NaN))
  truth <- t(as.matrix(values)) != 0
  three <- Vi(as.matrix(values))
  local_rkeops_options(precision = "float64")
  for (name in c("any", "all")) {
    f <- get(name)
    for (remove in c(FALSE, TRUE)) {
      expected <- apply(truth, 2, f, na.rm = remove)
      expect_identical(
        c(f(Vi(t(values)), index = "i", na.rm = remove)), expected
      )
      expect_equal(c(as.matrix(f(three, na.rm = remove))), as.double(expected))
    }
  }
  expect_identical(any(Vi(numeric()), "i"), matrix(FALSE))
  expect_identical(all(Vi(numeric()), "i"), matrix(TRUE))
})

# ---- entry by entry ----

test_that("pmin and pmax are entry by entry", {
  local_rkeops_options(precision = "float64")
  K <- lazy_kernel()
  x_i <- Vi(x)
  y_j <- Vj(y)
  expect_tensors(
    list(pmin(K, 0.5), pmax(0.2, K, 0.3), pmin(x_i, y_j), pmax(x_i, y_j, 0)),
    list(
      pmin(K0, 0.5), pmax(K0, 0.2, 0.3), all_pairs(x, y, pmin),
      all_pairs(x, y, function(x, y) pmax(x, y, 0))
    )
  )
  gap <- c(NA, 1, 4)
  expect_equal(c(as.matrix(pmin(Vi(gap), 2))), pmin(gap, 2))
  expect_equal(
    c(as.matrix(pmax(Vi(gap), Vi(c(NA, NA, 1)), na.rm = TRUE))),
    pmax(gap, c(NA, NA, 1), na.rm = TRUE)
  )
  for (plain in expression(
    pmin(1:3, 2), pmax(c(a = 1, b = NA), 0, na.rm = TRUE), pmin("b", "a"),
    pmax(as.Date("2020-01-02"), as.Date("2020-01-01")), pmin()
  )) {
    from <- function(environment) {
      tryCatch(eval(plain, environment), error = conditionMessage)
    }
    expect_identical(from(asNamespace("rkeops")), from(baseenv()))
  }
})

# ---- unknown arguments ----

test_that("unknown arguments are errors", {
  K <- lazy_kernel()
  expect_refused(mean(K, axis = 1), "`axis`")
  expect_refused(rowSums(K, dims = 2), "`dims`")
  expect_refused(sum(K, axis = 1), "`axis`")
})

test_that("unknown arguments are errors everywhere", {
  D <- lazy_kernel()
  expect_refused(argKmin(D, k = 3), "`k`.*`K`")
  expect_refused(Kmin(D, 3, "j", 4), "too many")
  expect_refused(round(D, digts = 2), "`digts`")
  expect_refused(trunc(D, 2), "too many")
  expect_refused(as.matrix(D, maximun = 3), "`maximun`")
  expect_refused(as.array(D, maximum = "a"), "`maximum`")
  expect_refused(diag(D, 3), "`nrow`")
  expect_refused(diff(D, lags = 2), "`lags`")
  expect_refused(D[1, exact = TRUE], "`exact`")
  expect_refused(head(D, m = 2), "`m`")
  expect_refused(tail(D, 2, 3), "too many")
  expect_refused(step(D, at = 0), "`at`")
  expect_refused(step(1, at = 0), "`at`")
})

# ---- distributions, intervals ----

test_that("normal distributions", {
  local_rkeops_options(precision = "float64")
  K <- lazy_kernel()
  mean <- c(-1, 0, 2)
  expect_tensors(
    list(
      dnorm(K), dnorm(K, 0.3, 2), dnorm(K, Vj(mean), 2, log = TRUE),
      dnorm(0.5, K), pnorm(K), pnorm(K, 0.3, 0.1, lower.tail = FALSE),
      pnorm(0.5, K, 2), pnorm(40 * K - 20)
    ),
    list(
      dnorm(K0), dnorm(K0, 0.3, 2), dnorm(K0, rep(mean, each = 5), 2, TRUE),
      array(dnorm(0.5, c(K0)), dim(K0)), pnorm(K0),
      pnorm(K0, 0.3, 0.1, lower.tail = FALSE),
      array(pnorm(0.5, c(K0), 2), dim(K0)), pnorm(40 * K0 - 20)
    )
  )
  tail <- c(-10, -20, -30)
  expect_equal(
    as.vector(pnorm(Vi(tail))) / pnorm(tail), c(1, 1, 1), tolerance = 1e-10
  )
  expect_refused(pnorm(K, log.p = TRUE), "log.p")
  z_i <- Vi(complex_points(2, 1))
  for (f in c(dnorm, pnorm, function(x) besselK(x, 1), function(x) pmin(x, 0))) {
    expect_refused(f(z_i), "complex")
  }
  expect_refused(dnorm(K, mean), "Vj(mean)", fixed = TRUE)
})

test_that("intervals", {
  local_rkeops_options(precision = "float64")
  values <- c(-1, 0, 0.5, 1, 1.5, 2, 3)
  knots <- c(0, 1, 1, 2)
  for (left in c(FALSE, TRUE)) {
    for (closed in c(FALSE, TRUE)) {
      for (inside in c(FALSE, TRUE)) {
        expect_equal(
          as.vector(findInterval(Vi(values), knots, closed, inside, left)),
          findInterval(values, knots, closed, inside, left)
        )
      }
    }
  }
  m <- matrix(values[1:6], 3)
  expect_equal(
    c(as.matrix(findInterval(Vi(m), c(0, 1)))), findInterval(m, c(0, 1))
  )
  expect_refused(findInterval(Vi(values), c(2, 1)), "`vec`")
})

# ---- rows and columns ----

test_that("sweep, scale, diff, head and tail", {
  local_rkeops_options(precision = "float64")
  K <- lazy_kernel()
  expect_equal(as.matrix(sweep(K, 1, 1:5)), sweep(K0, 1, 1:5))
  expect_equal(
    as.matrix(sweep(K, 2, colSums(K), "/")), sweep(K0, 2, colSums(K0), "/")
  )
  expect_equal(
    as.matrix(sweep(K, MARGIN = 2, STATS = 3:1, FUN = pmin)),
    sweep(K0, 2, 3:1, pmin)
  )
  expect_refused(sweep(K, 1, 1:3), "`STATS` must have 5 numbers")
  expect_refused(sweep(K, 3, 1), "`MARGIN`")
  plain <- function(x) array(x, dim(x))
  for (center in list(TRUE, FALSE, 3:1)) {
    for (by in list(TRUE, FALSE, 1:3)) {
      expect_equal(
        as.matrix(scale(K, center, by)), plain(scale(K0, center, by))
      )
    }
  }
  expect_equal(as.matrix(diff(K)), diff(K0))
  expect_equal(
    as.matrix(diff(K, lag = 2, differences = 2)), diff(K0, 2, 2)
  )
  expect_equal(as.matrix(head(K, 2)), head(K0, 2))
  expect_equal(as.matrix(tail(K, -3)), tail(K0, -3, keepnums = FALSE))
  local_rkeops_options(index_base = 0)
  expect_equal(as.matrix(head(K, 2)), head(K0, 2))
})

# ---- places ----

test_that("which finds the entries", {
  local_rkeops_options(precision = "float64")
  named <- x
  rownames(named) <- letters[1:5]
  K <- exp(-sqdist(Vi(named), Vj(y)))
  K1 <- K0
  rownames(K1) <- letters[1:5]
  limit <- sort(K0)[8]
  expect_identical(which(K < limit), which(K1 < limit))
  expect_identical(
    which(K < limit, arr.ind = TRUE), which(K1 < limit, arr.ind = TRUE)
  )
  expect_identical(
    which(K < limit, TRUE, useNames = FALSE),
    which(K1 < limit, TRUE, useNames = FALSE)
  )
  expect_identical(which(K > 2), integer())
  expect_identical(which(Vi(c(1, NA, 3)) > 0), c(1L, 3L))
  # in parts
  u <- points(600, 1)
  v <- points(700, 1, start = 0.3)
  expect_identical(
    which(Vi(u) * Vj(v) > 0.9, TRUE), which(outer(c(u), c(v)) > 0.9, TRUE)
  )
  expect_refused(which(K), "comparison")
  many <- Vi(numeric(1e4)) + Vj(numeric(2e4))
  expect_refused(which(many == 0), "2e+08", fixed = TRUE)
  expect_refused(which.min(K), "argmin")
  expect_refused(which.max(K), "argmax")
  expect_identical(which(c(a = TRUE, b = NA)), c(a = 1L))
  expect_identical(which.min(c(b = 2, a = 1)), c(a = 2L))
})

test_that("words keep the precision of their tensors", {
  local_rkeops_options(precision = "float32")
  double <- lazy_precision(lazy_kernel(), "float64")
  single <- lazy_precision(lazy_kernel(), "float32")
  local_rkeops_options(precision = "float64")
  for (f in c(
    function(x) besselK(x, 0.8), function(x) findInterval(x, c(0.1, 0.5)),
    function(x) sweep(x, 1, 1:5), scale, diff, dnorm, pnorm,
    function(x) pmin(x, 0.5)
  )) {
    expect_identical(lazy_precision(f(double)), "float64")
    expect_identical(lazy_precision(f(single)), "float32")
  }
})

# ---- on a GPU ----

test_that("reductions of this page on a GPU, also with results that stay there", {
  both <- holes
  both[3, ] <- NA
  d0 <- all_pairs(both, y, `-`)
  for (place in c("host", "gpu")) {
    local_gpu()
    local_rkeops_options(gpu_results = place, precision = "float32")
    d <- Vi(both) - Vj(y)
    check <- function(actual, f) {
      expect_equal(actual, apply(d0, 2:3, f, na.rm = TRUE), tolerance = 1e-6)
    }
    check(as.matrix(sum(d, "i", na.rm = TRUE)), sum)
    check(as.matrix(mean(d, "i", na.rm = TRUE)), mean)
    expect_identical(
      any(d > 1, "i", na.rm = TRUE), apply(d0 > 1, 2:3, any, na.rm = TRUE)
    )
    expect_equal(
      range(d, "i", na.rm = TRUE),
      aperm(apply(d0, 2:3, range, na.rm = TRUE), c(2, 1, 3)), tolerance = 1e-6
    )
    K <- exp(-sqdist(Vi(x), Vj(y)))
    expect_identical(which(K > 0.3), which(K0 > 0.3))
  }
})

test_that("rows of a tensor are apart from its other rows and its parts", {
  withr::local_seed(7)
  x <- matrix(rnorm(15), 5)
  y <- matrix(rnorm(9), 3)
  b <- matrix(rnorm(5), 5)
  D <- sqdist(Vi(x), Vj(y))
  B <- Vi(b)
  D0 <- as.matrix(D)
  near <- function(x, wanted) {
    expect_equal(as.matrix(x), wanted, tolerance = 1e-6)
  }
  near(D[1:4, ] - D[2:5, ], D0[1:4, ] - D0[2:5, ])
  near((D * B)[1:3, ] + B[3:5, ], (D0 * b[, 1])[1:3, ] + b[3:5, 1])
  near((D * B)[5:1, ] * D, (D0 * b[, 1])[5:1, ] * D0)
})
