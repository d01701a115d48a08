# Gradients of lazy tensors against finite differences and the formula language.

skip_on_cran()

x <- lazy_points(5, 2)
y <- lazy_points(4, 2, start = 0.4)
kernel <- function(x, y, s) exp(-sqdist(Vi(x), Vj(y)) * Pm(s))

test_that("the gradient of a reduction, in every variable", {
  local_rkeops_options(precision = "float64")
  eta <- lazy_points(5, 1, start = 0.1)
  x_i <- Vi(x)
  y_j <- Vj(y)
  p <- Pm(0.5)
  f <- exp(-sqdist(x_i, y_j) * p)
  value <- function(x, y, s) exp(-squared_distances(x, y) * s) %*% rep(1, 4)
  check <- function(actual, expected) {
    expect_equal(actual, expected, tolerance = 1e-8)
  }
  in_x <- numeric_gradient(function(x) value(x, y, 0.5), x, eta)
  in_y <- numeric_gradient(function(y) value(x, y, 0.5), y, eta)
  in_s <- numeric_gradient(function(s) value(x, y, c(s)), matrix(0.5), eta)
  check(grad(f, Vi(eta), "Sum", x_i, "j"), in_x)
  check(grad(f, eta, "Sum", y_j, "j"), in_y)
  check(grad(f, eta, "Sum", p, "j"), in_s)
  check(grad(f, eta, "Sum", 1, "j"), in_y)
  check(grad(f, eta, "Sum", "V2", "j"), in_s)
  by_j <- lazy_points(4, 1, start = 0.2)
  check(
    grad(f, Vj(by_j), "Sum", x_i, "i"),
    numeric_gradient(function(x) t(rep(1, 5)) %*%
                       exp(-squared_distances(x, y) / 2), x, t(by_j))
  )
  check(
    grad(f, eta, "LogSumExp", x_i, "j"),
    numeric_gradient(function(x) {
      log_sum_exp(exp(-squared_distances(x, y) / 2))
    }, x, eta)
  )
  check(
    grad(sqdist(x_i, y_j), 1, "KMin", x_i, "j", opt_arg = 2),
    numeric_gradient(function(x) {
      t(apply(squared_distances(x, y), 1, function(d) sort(d)[1:2]))
    }, x, matrix(1, 5, 2))
  )
})

test_that("the gradient of a weighted reduction, also in the weight", {
  local_rkeops_options(precision = "float64", compile = "never")
  x_i <- Vi(x)
  y_j <- Vj(y)
  w <- 2 + lazy_points(4, 2, start = 0.3)
  w_j <- Vj(w)
  eta <- lazy_points(5, 2, start = 0.1)
  sums <- function(x, w) exp(-squared_distances(x, y)) %*% w
  means <- function(x, w) sums(x, w) / rowSums(exp(-squared_distances(x, y)))
  logs <- function(x, w) log(sums(x, w))
  f <- -sqdist(x_i, y_j)
  check <- function(name, var, value, data) {
    actual <- grad(f, eta, name, var, "j", opt_arg = w_j)
    expect_equal(
      actual, numeric_gradient(value, data, eta), tolerance = 1e-7, label = name
    )
  }
  check("SumSoftMaxWeight", x_i, function(x) means(x, w), x)
  check("SumSoftMaxWeight", w_j, function(w) means(x, w), w)
  check("LogSumExpWeight", x_i, function(x) logs(x, w), x)
  check("LogSumExpWeight", w_j, function(w) logs(x, w), w)
  # by name, a position, or one weight for all
  expect_identical(
    grad(f, eta, "SumSoftMaxWeight", "V0", "j", w_j),
    grad(f, eta, "SumSoftMaxWeight", x_i, "j", w_j)
  )
  expect_equal(
    grad(f, 1, "LogSumExpWeight", x_i, "j", Pm(3)), grad(f, 1, "LogSumExp", x_i, "j")
  )
  expect_rkeops_error(
    grad(f, 1, "LogSumExpWeight", x_i, "j", w[, 1]), "argument", "opt_arg"
  )
  expect_rkeops_error(
    grad(f, 1, "LogSumExpWeight", x_i, "j", Vj(w[-1, ])), "shape"
  )
  expect_rkeops_error(grad(f, 1, "SumSoftMaxWeight", x_i, "j"), "argument")
})

test_that("one matrix in two places has two gradients", {
  local_rkeops_options(precision = "float64")
  f <- exp(-sqdist(Vi(x), Vj(x)))
  total <- function(x) sum(exp(-squared_distances(x, x)))
  expect_equal(
    grad(f, 1, "Sum", Vi(x), "j") + grad(f, 1, "Sum", Vj(x), "j"),
    numeric_gradient(total, x, 1), tolerance = 1e-8
  )
})

test_that("gradients are tensors, and have gradients", {
  local_rkeops_options(precision = "float64")
  x_i <- Vi(x)
  f <- exp(-sqdist(x_i, Vj(y)) * Pm(0.5))
  g <- keops_grad(f, x_i)
  expect_s4_class(g, "LazyTensor")
  expect_equal(dim(g), c(5L, 4L, 2L))
  expect_equal(sum(g, "j"), grad(f, 1, "Sum", x_i, "j"))
  expect_equal(
    as.array(keops_grad(f, "V0", eta = 2)), 2 * as.array(g)
  )
  first <- elem(g, 1)
  second <- sum(keops_grad(first, x_i), "j")
  slope <- function(x) {
    K <- exp(-squared_distances(x, y) / 2)
    matrix(rowSums(-outer(x[, 1], y[, 1], "-") * K), 5)
  }
  expect_equal(
    second, numeric_gradient(slope, x, matrix(1, 5, 1)), tolerance = 1e-7
  )
})

test_that("objectives for optim", {
  local_rkeops_options(precision = "float64")
  objective <- lazy_objective(
    function(x) exp(-sqdist(Vi(x), Vj(x))) + sqdist(Vi(x), y[1, ]), x
  )
  plain <- function(par) {
    x <- matrix(par, 5)
    sum(exp(-squared_distances(x, x))) +
      5 * sum(squared_distances(x, y[1, , drop = FALSE]))
  }
  expect_equal(objective$fn(c(x)), plain(c(x)), tolerance = 1e-12)
  expect_equal(
    objective$gr(c(x)), c(numeric_gradient(plain, x, 1)), tolerance = 1e-7
  )
  centre <- lazy_objective(function(m) norm2(Pm(m) - Vj(y)), colMeans(y))
  found <- stats::optim(colMeans(y), centre$fn, centre$gr, method = "BFGS")
  expect_lt(max(abs(centre$gr(found$par))), 1e-2)
  soft <- lazy_objective(function(x) -sqdist(Vi(x), Vj(y)), x, "LogSumExp")
  expect_equal(
    soft$fn(x), sum(log(rowSums(exp(-squared_distances(x, y))))),
    tolerance = 1e-12
  )
})

test_that("gradients of objectives have the shape of the argument", {
  objective <- lazy_objective(function(p) sqdist(Vi(p), Vj(y)), x)
  expect_identical(dim(objective$gr(x)), dim(x))
  expect_null(dim(objective$gr(as.vector(x))))
  expect_identical(as.vector(objective$gr(x)), objective$gr(as.vector(x)))
})

test_that("what is wrong is said", {
  x_i <- Vi(x)
  f <- sqdist(x_i, Vj(y))
  expect_snapshot(error = TRUE, {
    grad(f, 1, "Sum", 2 * x_i, "j")
    grad(f, 1, "Sum", Vi(x + 0), "j")
    grad(f, 1, "Sum", "V7", "j")
    grad(f, 1, "Summ", x_i, "j")
    grad(f, Vj(y), "Sum", x_i, "j")
    grad(f, matrix(1, 5, 3), "Sum", x_i, "j")
    grad(f, matrix(1, 4, 1), "Sum", x_i, "j")
    grad(f, 1, "ArgMin", x_i, "k")
    grad(3, 1, "Sum", x_i, "j")
    keops_grad(f, 5)
    lazy_objective(function(x) 3, x)$fn(x)
    lazy_objective(function(x) Vi(2 * x), x)$gr(x)
    lazy_objective(3, x)
  })
})

test_that("objectives are added, subtracted and multiplied by numbers", {
  x <- points(7, 2)
  y <- points(5, 2)
  near <- lazy_objective(function(x) sqdist(Vi(x), Vj(y)), x)
  apart <- lazy_objective(function(x) exp(-sqdist(Vi(x), Vj(x))), x)
  both <- 0.5 * near - apart / 4 + near * 2
  expect_equal(both$fn(x), 2.5 * near$fn(x) - apart$fn(x) / 4)
  expect_equal(both$gr(x), 2.5 * near$gr(x) - apart$gr(x) / 4)
  expect_equal((-near)$gr(x), -near$gr(x))
  expect_identical(dim(both$gr(x)), dim(x))
  for (wrong in expression(near * apart, near + 1, 2 / near, near * 1:2,
                           near == apart)) {
    expect_error(eval(wrong), class = "rkeops_error_argument")
  }
  expect_output(print(near), "gradient")
})
