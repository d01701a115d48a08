# Trees into checked graphs: dimensions, levels, sharing, errors; and graphs
# into text that means the same.

args <- c("x = Vi(3)", "y = Vj(3)", "b = Vj(2)", "s = Pm(1)", "A = Pm(6)")

graph_of <- function(formula) {
  unclass(explain(keops_kernel(formula, args), "graph"))
}

test_that("a graph has dimensions and levels, and shares what is equal", {
  expect_snapshot({
    writeLines(graph_of("Sum_Reduction(Exp(-s * SqNorm2(x - y)) * b, 0)"))
    writeLines(graph_of("Sum_Reduction((x - y) * Exp(-SqNorm2(x - y)), 1)"))
    writeLines(graph_of("LogSumExp_Reduction(Sum_Reduction(x * s, 1) | y, 0)"))
    writeLines(graph_of("Sum_Reduction(MatVecMult(A, x) + b, 0)"))
    writeLines(graph_of("Sum_Reduction(Square(2 + 1) * 0.5, 0)"))
  })
})

test_that("gradients in a formula are taken when it is read", {
  expect_snapshot({
    writeLines(graph_of("Sum_Reduction(Grad(Exp(-SqDist(x, y)), x, s), 0)"))
    writeLines(graph_of("Grad(Sum_Reduction(x * s, 0), s, x)"))
  })
})

test_that("variables may be written in the formula", {
  same <- function(formula, args, other, other_args) {
    of <- function(formula, args) {
      op <- keops_kernel(formula, args)
      inputs <- describe_operator(operator_state(op))$arguments
      list(inputs[-1], unclass(explain(op, "plan"))[-2])
    }
    expect_identical(of(formula, args)[[1]], of(other, other_args)[[1]])
  }
  named <- "Sum_Reduction(SqDist(x, y) * p, 0)"
  names <- c("x = Vi(3)", "y = Vj(3)", "p = Pm(1)")
  same("Sum_Reduction(SqDist(Vi(0, 3), Vj(1, 3)) * Pm(2, 1), 0)", NULL,
       named, names)
  same("Sum_Reduction(SqDist(Vx(0, 3), Vy(1, 3)) * Pm(2, 1), 0)", NULL,
       named, names)
  same("Sum_Reduction(SqDist(Var(0,3,0), Var(1,3,1)) * Var(2,1,2), 0)", NULL,
       named, names)
  same("Sum_Reduction(SqDist(x, y) * Pm(1), 0)", names[1:2], named, names)
})

# Shows where the caret stands, and what is said.
shown <- function(formula) {
  error <- tryCatch(keops_kernel(formula, args), rkeops_error = identity)
  writeLines(c(class(error)[1], conditionMessage(error), ""))
}

test_that("errors of meaning have a place", {
  expect_snapshot({
    shown("Sum_Reduction(Expp(x), 0)")
    shown("Sum_Reduction(Exp(xx), 0)")
    shown("Sum_Reduction(Exp(nothing), 0)")
    shown("Summe_Reduction(x, 0)")
    shown("Sum_Reduction(Exp(x, y), 0)")
    shown("Sum_Reduction(x + b, 0)")
    shown("Sum_Reduction(Elem(x, 3), 0)")
    shown("Sum_Reduction(Extract(x, 1, s), 0)")
    shown("Sum_Reduction(Pow(x, 1.5), 0)")
    shown("Sum_Reduction(IntInv(0) * x, 0)")
    shown("Sum_Reduction(x, 3)")
    shown("Sum_Reduction(x)")
    shown("LogSumExp_Reduction(x, 0)")
    shown("KMin_Reduction(x, 0, 0)")
    shown("x - y")
    shown("Sum_Reduction(x, 0) + y")
    shown("Sum_Reduction(s, 0) * x * y")
    shown("Sum_Reduction(Vi(1, 2), 0)")
    shown("Sum_Reduction(Vi(9, 2), 0)")
    shown("Grad(Sum_Reduction(x, 0), x - y, s)")
    shown("Grad(Sum_Reduction(x, 0), x, y)")
    shown("Grad(Sum_Reduction(x, 0), x, b)")
    shown("Sum_Reduction(SumT(s, 1000000000), 0)")
  })
})

printable <- c(
  "Sum_Reduction(Exp(-s * SqNorm2(x - y)) * b, 0)",
  "Sum_Reduction(x - (y - (x - y)), 0)", "Sum_Reduction(x / (y / x) / y, 0)",
  "Sum_Reduction(-(x + y) * -x, 1)", "Sum_Reduction((x * y)^3 + x^y, 0)",
  "Sum_Reduction(x^-2 + 2^x + (-2)^x, 0)",
  "Sum_Reduction((x < y) == (y >= 1), 0)",
  "Sum_Reduction(1e-300 * x + 0.1 * y - 1e22, 0)",
  "Sum_Reduction(IntCst(-2) * x - IntCst(-3), 0)",
  "Sum_Reduction(Concat(Extract(x, 1, 2), ExtractT(b, 1, 4)), 0)",
  "Sum_Reduction(SumT(s, 3) + Zero(3) + SumT(2, 3), 0)",
  "Sum_Reduction(TensorDot(A, x, [2, 3], [3], [1], [0]), 0)",
  "Sum_Reduction(Kron(A, x, [2, 3], [3, 1]), 0)",
  "Sum_Reduction(Exp(1e5) * x + Log(-1), 0)",
  "KMin_ArgKMin_Reduction(SqDist(x, y), 3, 1)",
  "LogSumExpWeight_Reduction(SqDist(x, y), b, 0)",
  "Log(Sum_Reduction(Exp(x | y), 0)) + Sum_Reduction(y, 0)",
  "Max_Reduction(x * Sum_Reduction(x - y, 0), 1)",
  "Sum_Reduction(x^SumT(0.5, 3) + IfElse(y, SumT(2, 3), Zero(3)), 0)",
  "Sum_Reduction(Max_Reduction(y, 0) * Sin(x * y), 1)",
  "Max_Reduction(y, 0) * y + Sum_Reduction(x * y, 1)",
  "Sum_Reduction(OneHot(s, 4) + Range(4), 0)",
  "Sum_Reduction(IfElse(x, Clamp(y, 0, s), Mod(x, 2, 0)), 0)",
  # factors that were built in another order than they are read
  "Sum_Reduction(-(Sin(x) * Cos(x)) + Cos(x), 0)",
  "Sum_Reduction((Exp(s) * Cos(s)) * b - Cos(s), 0)",
  "Sum_Reduction(Tan(y) - (Sin(x - y) * Cos(x - y)) * Cos(x - y), 1)",
  # single rows: a sum over i of what sums over j are made of
  "Sum_Reduction(s * Sum_Reduction(y, 0) * x, 1)",
  "Mean_Reduction(x * Max_Reduction(b | b, 0) / Max_Reduction(y, 0), 1)",
  "Sum_Reduction(Sum_Reduction(y, 0) | x, 1)",
  "Sum_Reduction(MatVecMult(Max_Reduction(Concat(y, y), 0), x), 1)",
  "Sum_Reduction(x, 1) * Sum_Reduction(y, 0)"
)

test_that("what is printed is read as the same", {
  for (formula in printable) {
    op <- keops_kernel(formula, args)
    printed <- printed_formula(op)
    again <- keops_kernel(printed, args)
    expect_identical(printed_formula(again), printed, label = formula)
    expect_identical(
      unclass(explain(again, "plan")), unclass(explain(op, "plan")),
      label = formula
    )
  }
})

# The rows too of those in x, y and b: a formula cannot say that a sum over i and
# j is a single row, as that in s.
test_that("gradients are printed so that they can be read", {
  op <- keops_kernel(printable[1], args)
  printed <- unclass(explain(op, "gradient"))
  for (k in 1:3) {
    gradient <- keops_grad(op, k - 1)
    formula <- trimws(printed[2 * k])
    again <- keops_kernel(formula, c(args, "eta = Vi(2)"))
    expect_identical(
      unclass(explain(again, "plan")), unclass(explain(gradient, "plan")),
      label = formula
    )
  }
  in_parameters <- c(
    trimws(printed[8]),
    "Grad(Sum_Reduction(s * (x | y) * Sum_Reduction(s * x, 1), 0), s, eta + x)"
  )
  args <- c(args, "eta = Vi(2)")
  args[1] <- "x = Vi(2)"
  args[2] <- "y = Vj(2)"
  for (formula in in_parameters) {
    formula <- printed_formula(keops_kernel(formula, args))
    expect_identical(printed_formula(keops_kernel(formula, args)), formula)
  }
})

test_that("a formula of one index is a map, also as a gradient", {
  data <- list(points(5, 1), points(7, 1, start = 0.3))
  op <- keops_kernel("2 * Sum_Reduction(y, 0) + x", c("x = Vi(1)", "y = Vj(1)"), precision = "float64")
  skip_on_cran()
  expect_equal(op(data), 2 * sum(data[[2]]) + data[[1]])
  eta <- points(5, 1, start = 0.9)
  expect_equal(keops_grad(op, "x")(c(data, list(eta))), eta)
})

test_that("a sum over i times a sum over j is one row", {
  data <- list(points(5, 2), points(7, 2, start = 0.3))
  op <- keops_kernel(
    "Sum_Reduction(x, 1) * Sum_Reduction(y, 0)", c("x = Vi(2)", "y = Vj(2)"),
    precision = "float64"
  )
  expect_identical(describe_operator(operator_state(op))$result$index, "none")
  skip_on_cran()
  totals <- lapply(data, function(x) t(colSums(x)))
  expect_equal(op(data), totals[[1]] * totals[[2]])
  eta <- matrix(c(2, 3), 1)
  expect_equal(
    keops_grad(op, "x")(c(data, list(eta))),
    matrix(eta * totals[[2]], 5, 2, byrow = TRUE)
  )
})

test_that("what varies with no index takes the rows of what it meets", {
  args <- c("x = Vi(2)", "y = Vj(2)", "s = Pm(1)")
  data <- list(points(5, 2), points(7, 2, start = 0.3), 0.4)
  rows_of <- function(formula) {
    op <- keops_kernel(formula, args)
    describe_operator(operator_state(op))$result$index
  }
  # a sum over j has the rows of i, unless it meets what has those of j
  expect_identical(rows_of("Sum_Reduction(y, 0)"), "i")
  expect_identical(rows_of("Sum_Reduction(y, 0) * y"), "j")
  expect_identical(rows_of("y - Sum_Reduction(s, 0)"), "j")
  expect_identical(rows_of("Sum_Reduction(x, 1) + Sum_Reduction(x, 0)"), "i")
  expect_identical(rows_of("Sum_Reduction(y, 0) * y + Sum_Reduction(s, 0)"), "j")
  skip_on_cran()
  expect_value <- function(formula, expected, ...) {
    op <- keops_kernel(formula, args, precision = "float64")
    expect_equal(op(data, ...), expected, label = formula)
  }
  x <- data[[1]]
  y <- data[[2]]
  largest <- apply(y, 2, max)
  expect_value("Max_Reduction(y, 0) * y", t(largest * t(y)))
  expect_value("y - Sum_Reduction(s, 0)", y - 7 * 0.4)
  expect_value("y - Sum_Reduction(s, 1)", y - 5 * 0.4)
  expect_value(
    "Max_Reduction(y, 0) * Sum_Reduction(Square(x - y), 1)",
    t(largest * vapply(1:7, function(j) {
      colSums((x - rep(y[j, ], each = 5))^2)
    }, c(0, 0)))
  )
  # as the package writes what it makes of this sum
  op <- keops_kernel(
    "Sum_Reduction(Max_Reduction(y, 0) * Sin(x * y), 1)", args,
    precision = "float64"
  )
  expect_value(printed_formula(op), op(data))
  # the gradient has the rows of its variable, and sums what all rows share
  op <- keops_kernel(
    "Sum_Reduction(y, 0) * y", args[1:2], precision = "float64"
  )
  eta <- points(7, 2, start = 0.9)
  expect_equal(
    keops_grad(op, "y")(c(data[1:2], list(eta))),
    t(colSums(y) * t(eta) + colSums(eta * y))
  )
})
