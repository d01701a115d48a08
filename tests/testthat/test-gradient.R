# Gradients against finite differences and against the definition of the
# adjoint.

skip_on_cran()

test_that("gradients agree with finite differences", {
  op <- gaussian_operator(components = 2)
  data <- gaussian_data(4, 5, components = 2)
  eta <- points(4, 2, start = 0.9)
  for (name in names(data)) {
    f <- function(value) {
      do.call(gaussian_sum, utils::modifyList(data, rlang::set_names(
        list(value), name
      )))
    }
    expected <- numeric_gradient(f, data[[name]], eta)
    actual <- keops_grad(op, name)(c(unname(data), list(eta)))
    expect_equal(actual, as.matrix(expected), tolerance = 1e-7)
  }
})

test_that("a gradient is the adjoint of the differential", {
  op <- gaussian_operator(components = 2)
  data <- gaussian_data(31, 47, components = 2)
  eta <- points(31, 2, start = 0.9) - 0.5
  direction <- points(47, 2, start = 0.1)
  # The operator is linear in b: its differential is itself.
  forward <- op(data$x, data$y, direction, data$s)
  backward <- keops_grad(op, "b")(data$x, data$y, data$b, data$s, eta)
  expect_equal(sum(eta * forward), sum(backward * direction), tolerance = 1e-12)
})

test_that("a variable has a name or a position, counted from 0", {
  op <- gaussian_operator(components = 2)
  data <- c(
    unname(gaussian_data(6, 7, components = 2)), list(points(6, 2))
  )
  expect_identical(keops_grad(op, 1)(data), keops_grad(op, "y")(data))
  expect_equal(dim(keops_grad(op, 1)(data)), c(7L, 3L))
})

test_that("the additional input is last, and has the name it was given", {
  op <- gaussian_operator(components = 2)
  gradient <- keops_grad(op, "x", name = "w")
  expect_match(gradient()$args[5], "^w *=")
  data <- gaussian_data(6, 7, components = 2)
  w <- points(6, 2)
  expect_identical(
    gradient(c(list(w = w), data)), gradient(c(unname(data), list(w)))
  )
})

test_that("several variables give a list", {
  op <- gaussian_operator(components = 2)
  data <- c(
    unname(gaussian_data(6, 7, components = 2)), list(points(6, 2))
  )
  gradients <- keops_grad(op, c("x", "b"))
  result <- gradients(data)
  expect_named(result, c("x", "b"))
  expect_identical(result$x, keops_grad(op, "x")(data))
  expect_identical(result$b, keops_grad(op, "b")(data))
  expect_named(keops_grad(op, c(0, 2))(data), c("x", "b"))
  expect_output(print(gradients), "\\$b")
})

test_that("gradients have gradients", {
  op <- keops_kernel(
    "Sum_Reduction(Exp(-SqDist(x, y)), 0)", c("x=Vi(2)", "y=Vj(2)"),
    precision = "float64"
  )
  x <- points(4, 2)
  y <- points(5, 2, start = 0.4)
  eta <- points(4, 1, start = 0.8)
  xi <- points(4, 2, start = 0.1)
  first <- keops_grad(op, "x")
  second <- keops_grad(first, "x")
  expected <- numeric_gradient(function(x) first(x, y, eta), x, xi)
  expect_equal(second(x, y, eta, xi), expected, tolerance = 1e-7)
})

test_that("the gradient of log-sum-exp is a softmax", {
  op <- keops_kernel(
    "LogSumExp_Reduction(-SqDist(x, y) + b, 0)",
    c("x=Vi(2)", "y=Vj(2)", "b=Vj(1)"), precision = "float64"
  )
  x <- points(9, 2)
  y <- points(14, 2, start = 0.4)
  b <- points(14, 1, start = 0.6)
  eta <- points(9, 1)
  scores <- rep(b, each = 9) - squared_distances(x, y)
  softmax <- exp(scores - log_sum_exp(scores))
  expect_equal(
    keops_grad(op, "b")(x, y, b, eta), t(softmax) %*% eta, tolerance = 1e-12
  )
})

test_that("a gradient can be written in the formula", {
  op <- keops_kernel("Sum_Reduction(SqNorm2(x - y), 0)",
    c("x=Vi(0,3)", "y=Vj(1,3)"), precision = "float64"
  )
  written <- keops_kernel("Grad(Sum_Reduction(SqNorm2(x - y), 0), x, eta)",
    c("x=Vi(0,3)", "y=Vj(1,3)", "eta=Vi(2,1)"), precision = "float64"
  )
  x <- points(10)
  y <- points(15, start = 0.5)
  eta <- points(10, 1)
  expected <- c(eta) * 2 * (15 * x - rep(colSums(y), each = 10))
  expect_equal(keops_grad(op, "x")(x, y, eta), expected, tolerance = 1e-12)
  expect_equal(written(x, y, eta), expected, tolerance = 1e-12)
})

test_that("kernels have the right second derivatives where points meet", {
  skip_on_cran()
  args <- c("x = Vi(2)", "y = Vj(2)", "s = Pm(1)")
  at_zero <- c(
    Gauss = -1, Cauchy = -2, InverseMultiquadric = -1, Matern32 = -3,
    Matern52 = -5 / 3, Wendland = -20, Epanechnikov = -2
  )
  x <- rbind(c(1, 2), c(0.5, -1))
  for (name in names(at_zero)) {
    laplacian <- keops_kernel(
      sprintf("Sum_Reduction(Laplacian(%s(x, y, s), x), 0)", name), args,
      precision = "float64"
    )
    expect_equal(
      laplacian(x[1, , drop = FALSE], x[1, , drop = FALSE], 0.5),
      matrix(2 * at_zero[[name]] / 0.5^2), label = name
    )
  }
})

test_that("gradients in several variables share what they have in common", {
  skip_on_cran()
  op <- keops_kernel(
    "LogSumExp_Reduction(-s * SqDist(x, y), 0)",
    c("x = Vi(3)", "y = Vj(3)", "s = Pm(1)"), precision = "float64"
  )
  input <- list(points(30), points(40, start = 9), 0.5, points(30, 1))
  together <- keops_grad(op, c("x", "y", "s"))(input)
  # of the three only the first computes the log-sum-exps; that in s has a sum
  # over j, then one over i
  expect_identical(r_last_timings()[["kernels"]], 2)
  for (name in c("x", "y", "s")) {
    alone <- keops_grad(op, name)(input)
    expect_identical(together[[name]], alone)
  }
  expect_identical(r_last_timings()[["kernels"]], 3)
  # nothing is kept for other inputs
  input[[1]] <- input[[1]] + 1
  expect_identical(
    keops_grad(op, c("x", "s"))(input)$s, keops_grad(op, "s")(input)
  )
})

# Beside a large distance the logarithms of the numbers of ways are lost.
test_that("the gradient of SoftDTW shares out every way once", {
  op <- keops_kernel(
    "Sum_Reduction(SoftDTW_SqDist(x, p, 0.7), 0)", c("x = Vi(3)", "p = Pm(3)"),
    precision = "float64"
  )
  gradient <- keops_grad(op, "p")
  for (p in list(c(1, 1e9, 2), c(1, 1e18, 2), c(1e18, 1, 2))) {
    largest <- which.max(p)
    actual <- gradient(list(matrix(0, 1, 3), p, matrix(1)))
    expect_equal(actual[largest], 2 * p[largest])
  }
})

# On the way back the components that nobody asked for meet no zeros.
test_that("only the components that are asked for matter to a gradient", {
  args <- c("z = Vi(4)", "w = Vj(4)", "x = Vi(3)", "y = Vj(3)")
  data <- list(
    t(c(1, 2, 0, 0)), t(c(1, 3, 0, 0)), t(c(1, 0, 2)), t(c(3, 0, 0))
  )
  gradient_of <- function(formula, name, rest = identity) {
    op <- keops_kernel(
      sprintf("Sum_Reduction(%s, 0)", formula), args, precision = "float64"
    )
    gradient <- keops_grad(op, name)
    eta <- matrix(1, 1, length(op(data)))
    as.numeric(gradient(c(data, list(eta))))
  }
  # (1 + 2i) / (1 + 3i) beside 0 / 0
  first <- "Elem(ComplexDivide(z, w), 0)"
  expect_equal(gradient_of(first, "z"), c(0.1, 0.3, 0, 0))
  expect_equal(gradient_of(first, "w"), c(-0.04, -0.22, 0, 0))
  expect_equal(
    gradient_of("ComplexReal(Extract(ComplexDivide(z, w), 0, 2))", "z"),
    c(0.1, 0.3, 0, 0)
  )
  expect_equal(
    gradient_of("ComplexSquareAbs(ComplexSumT(Extract(ComplexDivide(z, w), 0, 2), 4))", "z"),
    c(0.4, 0.8, 0, 0)
  )
  # both parts of one number
  modulus <- sqrt(13) / 3
  expect_equal(
    gradient_of("Elem(ComplexAbs(z / w), 0)", "z"), c(1, 2 / 9, 0, 0) / modulus
  )
  expect_equal(
    gradient_of("Elem(ComplexAbs(z / w), 0)", "w"), c(-1, -4 / 27, 0, 0) / modulus
  )
  # 1 / 3 beside 0 / 0 and 2 / 0
  expect_equal(gradient_of("Elem(x / y, 0)", "x"), c(1 / 3, 0, 0))
  expect_equal(gradient_of("Elem(x / y, 0) + Elem(Exp(x / y), 0)", "y"), c(
    -1 / 9 * (1 + exp(1 / 3)), 0, 0
  ))
  expect_equal(gradient_of("Elem(Concat(x / y, Log(y)), 3)", "y"), c(1 / 3, 0, 0))
  expect_equal(
    gradient_of("Elem(Exp(Elem(x / y, 0) * Extract(x, 0, 2) - Extract(y, 0, 2)), 0)", "x"),
    c(2 / 3 * exp(1 / 3 - 3), 0, 0)
  )
  # of two components, beside one that is infinite
  expect_equal(
    gradient_of("Elem(y * Inv(x), 0) * Elem(y * Inv(x), 2)", "x"),
    c(0, 0, 0)
  )
  expect_equal(
    gradient_of("Elem(x * Inv(x), 0) + Elem(y * Inv(x), 2)", "y"),
    c(0, 0, 1 / 2)
  )
  # forward, and twice
  for (formula in c("Diff(%s, z, z)", "Sum(Grad(%s, z, 1) * z)")) {
    formula <- sprintf(sprintf("Sum_Reduction(%s, 0)", formula), first)
    op <- keops_kernel(formula, args, precision = "float64")
    expect_equal(c(op(data)), 0.7)
    gradient <- keops_grad(op, "w")(c(data, list(matrix(1))))
    expect_equal(c(gradient), c(-0.04, -0.22, 0, 0))
  }
})

# Every part of a product of 300 factors is a long product.
test_that("deep formulas and their gradients are planned soon, and right", {
  interpret_unless_exhaustive()
  deep <- paste0(strrep("Sin(", 300), "x * y", strrep(")", 300))
  op <- keops_kernel(
    sprintf("Sum_Reduction(%s, 0)", deep), c("x = Vi(1)", "y = Vj(1)"),
    precision = "float64"
  )
  x <- points(3, 1)
  y <- points(5, 1)
  value <- x %*% t(y)
  slope <- matrix(y, 3, 5, byrow = TRUE)
  for (k in 1:300) {
    slope <- slope * cos(value)
    value <- sin(value)
  }
  expect_equal(op(x, y), cbind(rowSums(value)), tolerance = 1e-12)
  eta <- points(3, 1, start = 4)
  expect_equal(
    keops_grad(op, "x")(x, y, eta), cbind(rowSums(slope)) * eta,
    tolerance = 1e-12
  )
  lazy <- Vi(x, precision = "float64") * Vj(y)
  for (k in 1:300) lazy <- sin(lazy)
  expect_equal(rowSums(lazy), rowSums(value), tolerance = 1e-12)
})
