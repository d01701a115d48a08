# Data as users bring them, with their right values in plain R: small, where
# double precision computes, and many, where single precision has to keep the
# digits. All cases are interpreted, in both precisions; those of `on_engines`
# run compiled and on a GPU too, all of them where tests are exhaustive.

on_engines <- c("northings", "seconds", "ids", "Coulomb", "galaxies")

# `groups` copies of the points, far from each other.
copies <- function(x, groups, apart) {
  c(outer(x, (seq_len(groups) - 1) * apart, "+"))
}

pair_distances <- function(x) abs(outer(x, x, "-"))

# Each case: what is computed, the right value, and the error that is allowed,
# beside the scale, which is the right value itself unless given.
case <- function(got, right, tolerance = 1e-5, scale = abs(right)) {
  list(got = got, right = right, tolerance = tolerance, scale = scale)
}

sorted_rows <- function(D, places) t(apply(D, 1L, sort))[, places]

digits_cases <- function(groups) {
  e <- copies(4650000 + c(0.1, 0.2, 0.9), groups, 50)
  s <- copies(1.7e9 + c(0, 60, 200), groups, 5000)
  days <- copies(45000 + c(0, 1, 3) / 1440, groups, 0.25)
  ids <- 1e8 + seq_len(4 * groups)
  g <- copies(c(0, 1, 3, 3.5) * 3.08e21, groups, 5e22)
  list(
    northings = case(
      function() Kmin(sqdist(Vi(e), Vj(e)), 2, "j")[, 2],
      sorted_rows(pair_distances(e)^2, 2)
    ),
    seconds = case(
      function() rowSums(exp(-abs(Vi(s) - Vj(s)) / 60)),
      rowSums(exp(-pair_distances(s) / 60))
    ),
    times = case(
      function() {
        time <- as.POSIXct(s, origin = "1970-01-01", tz = "UTC")
        rowSums(abs(Vi(time) - Vj(time)) < 100)
      }, rowSums(pair_distances(s) < 100), 0
    ),
    days = case(
      function() rowSums(exp(-0.5 * (1440 * (Vi(days) - Vj(days)))^2)),
      rowSums(exp(-0.5 * (1440 * pair_distances(days))^2))
    ),
    ids = case(
      function() rowSums(Vi(ids) == Vj(ids)), rep(1, length(ids)), 0
    ),
    galaxies = case(
      function() rowSums(exp(-sqrt(sqdist(Vi(g), Vj(g))) / 3.08e21)),
      rowSums(exp(-pair_distances(g) / 3.08e21))
    ),
    `nearest galaxies` = case(
      function() argKmin(off_diagonal(sqdist(Vi(g), Vj(g))), 1, "j"),
      apply(pair_distances(g) + diag(Inf, length(g)), 1L, which.min), 0
    ),
    gravity = case(
      function() {
        op <- keops_kernel(
          "Sum_Reduction(g * m * (y - x), 0)",
          c("g = Pm(1)", "m = Vj(1)", "y = Vj(1)", "x = Vi(1)")
        )
        op(6.674e-11, rep(1.989e30, groups), rep(4.5e12, groups), g / 1e11)
      }, groups * 6.674e-11 * 1.989e30 * (4.5e12 - g / 1e11)
    ),
    tiny = case(
      function() {
        m <- rep(c(1e-30, 2e-30), groups)
        rowSums(1e10 * Vj(m) * (Vj(m * c(1e18, 1.5e18)) - Vi(rep(0, groups))))
      }, rep(groups * 1e10 * (1e-42 + 6e-42), groups)
    )
  )
}

derivative_cases <- function(groups) {
  q <- copies(c(0, 1, 3), groups, 16)
  i <- seq_along(q)
  x <- Vi(q)
  y <- Vj(q)
  D <- sqdist(x, Vj(q))
  d <- outer(q, q, "-")
  off <- function(terms) {
    diag(terms) <- 0
    terms
  }
  of_terms <- function(got, terms) {
    case(got, rowSums(off(terms)), 1e-5, rowSums(abs(off(terms))))
  }
  list(
    Coulomb = of_terms(
      function() {
        grad(ifelse(Vi(i) == Vj(i), 0, 1 / norm2(x - y)), 1, "Sum", x, "j")
      }, -d / abs(d)^3
    ),
    logarithm = of_terms(
      function() grad(ifelse(D > 0, log(D), 0), 1, "Sum", x, "j"), 2 / d
    ),
    `thin plate` = of_terms(
      function() grad(xlogx(D), 1, "Sum", x, "j"), 2 * d * (log(d^2) + 1)
    ),
    Riesz = of_terms(
      function() grad(D^0.75, 1, "Sum", x, "j"), 1.5 * d * abs(d)^-0.5
    ),
    softmax = case(
      function() grad(-D, 1, "SumSoftMaxWeight", x, "j", Vj(i)),
      vapply(i, function(k) {
        p <- exp(-d[k, ]^2) / sum(exp(-d[k, ]^2))
        sum(-2 * d[k, ] * p * (i - sum(p * i)))
      }, 1), 1e-5, abs(i)
    )
  )
}

meaning_cases <- function(groups) {
  x <- rep(c(1, NA, 3), groups)
  half <- rep(c(0.5, 2.5, -2.5), groups)
  kinds <- factor(rep(c("a", "b", "a"), groups))
  near <- copies(c(0, 1, 1), groups, 16)
  q <- copies(c(0, 1, 3), groups, 16)
  K <- exp(-sqdist(Vi(q), Vj(q)))
  M <- exp(-pair_distances(q)^2)
  places <- cbind(c(1, 3), c(2, 2))
  list(
    `means of comparisons` = case(
      function() colMeans(Vi(x) > 2), NA_real_
    ),
    `counts with NA` = case(
      function() rowSums(Vi(x) != Vj(rep(1, groups))),
      groups * as.numeric(x != 1), 0
    ),
    rounding = case(
      function() rowSums(round(Vi(half)) * Vj(rep(1, groups))),
      groups * round(half), 0
    ),
    factors = case(
      function() rowSums(Vi(kinds) == Vj(kinds)),
      rowSums(outer(kinds, kinds, "==")), 0
    ),
    `no neighbour` = case(
      function() {
        same <- Vi(near) == Vj(near)
        rowSums(is.na(argKmin(
          ifelse(same, sqdist(Vi(near), Vj(near)), Inf), 3, "j"
        )) + 0)
      }, rep(c(2, 1, 1), groups), 0
    ),
    `given pairs` = case(function() K[places], M[places], 1e-14),
    `smaller ones` = case(
      function() rowSums(pmin(K, 0.5)), rowSums(pmin(M, 0.5))
    ),
    densities = case(function() rowSums(dnorm(K)), rowSums(dnorm(M))),
    rows = case(function() rowSums(K / Vi(rowSums(K))), rep(1, length(q)))
  )
}

all_cases <- function(groups) {
  c(digits_cases(groups), derivative_cases(groups), meaning_cases(groups))
}

# Single precision that does not keep its promise says so, and computes in
# double precision: either way the value is right.
expect_right_value <- function(made, label) {
  value <- suppressWarnings(made$got(), classes = "rkeops_warning_precision")
  expect_identical(length(value), length(made$right), label = label)
  expect_identical(is.na(c(value)), is.na(c(made$right)), label = label)
  error <- abs(c(value) - c(made$right))
  allowed <- made$tolerance * c(made$scale)
  expect_true(all(error <= allowed, na.rm = TRUE), label = label)
}

expect_right_values <- function(groups, names = NULL) {
  cases <- all_cases(groups)
  for (name in names %||% names(cases)) {
    expect_right_value(cases[[name]], sprintf("%s in %d groups", name, groups))
  }
}

engine_cases <- function() if (is_exhaustive()) NULL else on_engines

test_that("values are right in the interpreter, in both precisions", {
  local_digits()
  for (precision in c("float32", "float64")) {
    local_rkeops_options(
      compile = "never", engine = "cpu", precision = precision
    )
    for (groups in c(1L, 150L)) expect_right_values(groups)
  }
})

test_that("compiled programs give the same", {
  local_digits()
  for (precision in c("float32", "float64")) {
    local_rkeops_options(
      compile = "always", engine = "cpu", precision = precision
    )
    expect_right_values(150L, engine_cases())
  }
})

test_that("so does a GPU", {
  local_large_gpu()
  local_digits()
  for (precision in c("float32", "float64")) {
    local_rkeops_options(precision = precision)
    expect_right_values(20L, engine_cases())
  }
})

test_that("scaled differences of lazy tensors are moved, too", {
  local_digits()
  set.seed(3)
  x <- matrix(runif(1500), 500) + 5e6
  y <- matrix(runif(1200), 400) + 5e6
  distances <- square_distances(x, y)
  expect_sums <- function(K, scale) { # nolint: object_name_linter.
    expect_no_warning(sums <- rowSums(K), class = "rkeops_warning_precision")
    expect_equal(sums, rowSums(exp(-distances * scale^2)), tolerance = 1e-5)
  }
  expect_sums(exp(-sqnorm2(Vi(x) / 50 - Vj(y) / 50)), 1 / 50)
  expect_sums(exp(-sqnorm2(3 * Vi(x) - 3 * Vj(y))), 3)
  expect_sums(exp(-sqnorm2((Vi(x) - Vj(y)) / 0.5)), 2)
  expect_identical((Vi(x) / 50 - Vj(y) / 50)$args[[2L]], "V1 = Pm(1)")
  # a parameter is no number, whatever its value
  p <- Pm(2)
  z <- Vi(1:3)
  expect_equal(grad(p * z + 2 * z, 1, "Sum", p, "i"), 6,
               ignore_attr = TRUE)
})
