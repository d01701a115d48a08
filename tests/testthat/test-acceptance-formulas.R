# Formula scripts as users of rkeops 1.x and 2.x have them: those of vignettes,
# of published examples and of third parties, with the values that their
# generation gives. `axis = "reduced"` reads formulas as 2.x does.

skip_on_cran()

uniform <- function(rows, columns, start = 0) points(rows, columns, start)

expect_value <- function(actual, expected, tolerance = 1e-5) {
  expect_equal(actual, expected, tolerance = tolerance, ignore_attr = FALSE)
}

both_meanings <- function(formula, args, input, output, reduced) {
  expect_value(keops_kernel(formula, args)(input), output)
  local_rkeops_options(axis = "reduced")
  expect_value(keops_kernel(formula, args)(input), reduced)
}

# ---- formula scripts (vignettes, README, roxygen) ----

test_that("F1: a Gaussian convolution", {
  X <- uniform(100, 3)
  Y <- uniform(150, 3, 0.3)
  B <- uniform(150, 6, 0.7)
  s <- 0.2
  K <- gaussian_matrix(X, Y, s)
  both_meanings(
    "Sum_Reduction(Exp(-s * SqNorm2(x - y)) * b, 0)",
    c("x = Vi(3)", "y = Vj(3)", "b = Vj(6)", "s = Pm(1)"),
    list(X, Y, B, s), K %*% B, B * colSums(K)
  )
})

test_that("F2: sums of scalar products", {
  X <- uniform(10, 3)
  Y <- uniform(15, 3, 0.3)
  products <- X %*% t(Y)
  formula <- "Sum_Reduction((x|y), 1)"
  args <- c("x=Vi(3)", "y=Vj(3)")
  both_meanings(
    formula, args, list(X, Y), as.matrix(colSums(products)),
    as.matrix(rowSums(products))
  )
  op <- keops_kernel(formula, args)
  expect_value(
    op(list(t(X), t(Y)), inner_dim = 0), matrix(colSums(products), 1)
  )
  expect_value(
    op(list(t(X), t(Y)), inner_dim = "row"), as.matrix(colSums(products))
  )
  local_rkeops_options(axis = "reduced")
  expect_value(
    keops_kernel(formula, args)(list(t(X), t(Y)), inner_dim = "row"),
    as.matrix(rowSums(products))
  )
})

test_that("F3: a weight beside the sum", {
  X <- uniform(10, 3)
  Y <- uniform(15, 3, 0.3)
  beta <- uniform(15, 3, 0.7)
  K <- exp(0.25 * squared_distances(X, Y))
  both_meanings(
    "Sum_Reduction(Exp(lambda*SqNorm2(x-y))*beta, 1)",
    c("x=Vi(3)", "y=Vj(3)", "beta=Vj(3)", "lambda=Pm(1)"),
    list(X, Y, beta, 0.25), beta * colSums(K), K %*% beta
  )
})

test_that("F4, F5: gradients", {
  x <- uniform(100, 3)
  y <- uniform(150, 3, 0.3)
  eta <- uniform(100, 1, 0.6)
  args <- c("x=Vi(0,3)", "y=Vj(1,3)")
  expected <- c(eta) * 2 * (150 * x - rep(colSums(y), each = 100))
  op <- keops_kernel("Sum_Reduction(SqNorm2(x-y), 0)", args)
  expect_value(keops_grad(op, var = "x")(list(x, y, eta)), expected)
  expect_value(keops_grad(op, var = 0)(list(x, y, eta)), expected)
  direct <- keops_kernel(
    "Grad(Sum_Reduction(SqNorm2(x-y), 0), x, eta)", c(args, "eta=Vi(2,1)")
  )
  expect_value(direct(list(x, y, eta)), expected)
})

test_that("F6: points in columns", {
  x <- uniform(10, 3)
  y <- uniform(15, 3, 0.3)
  beta <- uniform(15, 3, 0.7)
  op <- keops_kernel(
    "Sum_Reduction(Exp(-lambda*SqNorm2(x-y))*beta, 1)",
    c("x=Vi(3)", "y=Vj(3)", "beta=Vj(3)", "lambda=Pm(1)"),
    precision = "double"
  )
  K <- gaussian_matrix(x, y, 0.5)
  expect_value(
    op(list(t(x), t(y), t(beta), 0.5), inner_dim = 0), t(beta * colSums(K)),
    1e-12
  )
})

test_that("F7: gradients by position and by number", {
  x <- uniform(10, 3)
  y <- uniform(15, 3, 0.3)
  eta <- uniform(10, 1, 0.6)
  args <- c("x=Vi(3)", "y=Vj(3)")
  input <- list(t(x), t(y), t(eta))
  expected <- t(c(eta) * 2 * (15 * x - rep(colSums(y), each = 10)))
  for (formula in c(
    "GradFromPos(Sum_Reduction(SqNorm2(x-y), 0), x, 2)",
    "GradFromInd(Sum_Reduction(SqNorm2(x-y), 0), 0, 2)"
  )) {
    expect_value(keops_kernel(formula, args)(input, inner_dim = 0), expected)
  }
  by_hand <- keops_kernel(
    "Sum_Reduction(IntCst(2)*(x-y)*eta, 0)", c(args, "eta=Vi(1)")
  )
  expect_value(by_hand(input, inner_dim = 0), expected)
})

test_that("the calls of options that the documents show", {
  previous <- set_rkeops_options(threads = 2)
  withr::defer(set_rkeops_options(previous))
  before <- get_rkeops_options()
  set_rkeops_option("use_cuda_if_possible", 1)
  set_rkeops_option("precision", "double")
  expect_identical(get_rkeops_option("precision"), "float64")
  set_rkeops_option("device_id", 0)
  compile4gpu()
  compile4float32()
  use_cpu(ncore = 2)
  rkeops_use_cpu(ncore = 2)
  rkeops_use_float64()
  expect_identical(get_rkeops_option("precision"), "float64")
  rkeops_use_float32()
  rkeops_enable_verbosity()
  rkeops_disable_verbosity()
  expect_type(get_build_dir(), "character")
  expect_identical(get_rkeops_options(), before)
})

# ---- scripts of third parties ----

test_that("T1: kernel densities in many dimensions", {
  use_cpu()
  use_cpu(ncore = 1)
  use_cpu(ncore = 0)
  set_rkeops_option("threads", 2)
  local_rkeops_options(cache_dir = withr::local_tempdir())
  density <- function(z) {
    d <- ncol(z)
    formula <- "Sum_Reduction(Exp(-SqDist(x, y)), 1)"
    args <- c(sprintf("x = Vi(%d)", d), sprintf("y = Vj(%d)", d))
    as.numeric(rkeops::keops_kernel(formula, args)(list(z, z)))
  }
  for (d in c(1, 2, 10)) {
    z <- uniform(60, d)
    expect_value(density(z), colSums(gaussian_matrix(z, z, 1)))
  }
  clean_rkeops()
  compile4gpu()
  expect_value(density(z), colSums(gaussian_matrix(z, z, 1)))
})

test_that("T3: a plain vector for a parameter", {
  x <- uniform(6, 2)
  op <- keops_kernel("Sum_Reduction(x+y, 1)", c("x=Vj(2)", "y=Pm(2)"))
  expect_value(op(list(x, c(1, 2))), x + rep(1:2, each = 6))
})

test_that("T4: sums of vectors and numbers, real and complex", {
  v <- c(1, 2, 3, 4, 5, 6)
  args <- c("v=Pm(6)", "s=Pm(1)")
  real <- keops_kernel("Sum_Reduction(Add(v,s),1)", args)
  expect_value(real(list(v, 2)), matrix(v + 2, 1))
  complex <- keops_kernel(
    "Sum_Reduction(ComplexAdd(v,Real2Complex(s)),1)", args
  )
  expect_value(complex(list(v, 2)), matrix(v + c(2, 0), 1))
})

test_that("T5: the Gaussian benchmark of 1.x", {
  x <- uniform(50, 3)
  y <- uniform(60, 3, 0.3)
  b <- uniform(60, 3, 0.7)
  lambda <- matrix(1 / 0.25^2)
  op <- keops_kernel(
    "Sum_Reduction(Exp(-lambda*SqDist(x,y))*b,0)",
    c("x=Vi(3)", "y=Vj(3)", "b=Vj(3)", "lambda=Pm(1)")
  )
  expect_value(
    op(list(t(x), t(y), t(b), lambda), inner_dim = 0),
    t(gaussian_sum(x, y, b, 16))
  )
})

# ---- small fixtures with printed results ----

test_that("sums of rows, columns and parameters", {
  x <- matrix(c(1, 2, 3), 3, 2)
  f <- matrix(c(1, 2, 3, 1), 4, 2)
  op <- keops_kernel("Sum_Reduction(x+y,0)", c("x=Vi(2)", "y=Vj(2)"))
  expect_value(op(list(x, f)), matrix(c(11, 15, 19), 3, 2))
  args <- c("x=Vi(2)", "y=Pm(2)")
  expect_value(
    keops_kernel("Sum_Reduction(x+y,0)", args)(list(x, c(1, 2))),
    cbind(c(2, 3, 4), c(3, 4, 5))
  )
  expect_value(
    keops_kernel("Sum_Reduction(x+y,1)", args)(list(x, c(1, 2))),
    matrix(c(9, 12), 1)
  )
})

test_that("matrices and vectors inside vectors", {
  X <- matrix(c(1, 2, 3), 3, 3)
  v <- c(3, 4, 5)
  value <- function(formula, args, input) keops_kernel(formula, args)(input)
  with_number <- c("x=Vi(3)", "y=Pm(1)")
  expect_value(
    value("Sum_Reduction(MatVecMult(x,y),0)", with_number, list(X, 2)), 2 * X
  )
  expect_value(
    value("Sum_Reduction(MatVecMult(x,y),1)", with_number, list(X, 2)),
    matrix(12, 1, 3)
  )
  with_vector <- c("x=Vi(3)", "y=Pm(3)")
  for (product in c("MatVecMult(x,y)", "VecMatMult(y,x)")) {
    by_i <- sprintf("Sum_Reduction(%s,0)", product)
    by_j <- sprintf("Sum_Reduction(%s,1)", product)
    expect_value(
      value(by_i, with_vector, list(X, v)), as.matrix(c(12, 24, 36))
    )
    expect_value(value(by_j, with_vector, list(X, v)), as.matrix(72))
  }
  expect_value(
    value(
      "Sum_Reduction(TensorProd(y,x),1)", with_vector, list(X, v)
    ),
    matrix(c(18, 24, 30), 1, 9)
  )
  expect_value(
    value("Sum_Reduction(Extract(x,1,3),0)", c("x=Vi(4)"), list(matrix(1:20, 5))),
    matrix(as.numeric(6:20), 5)
  )
})
