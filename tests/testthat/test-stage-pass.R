# Graphs into better graphs: each identity of the simplifier, what it must not
# do, and derivatives as text.

args <- c(
  "x = Vi(3)", "y = Vj(3)", "a = Vi(1)", "b = Vj(1)", "s = Pm(1)", "v = Pm(3)"
)

simplified <- function(formula) {
  op <- keops_kernel(sprintf("Max_Reduction(%s, 0)", formula), args)
  sub("^Max_Reduction\\((.*), 0\\)$", "\\1", printed_formula(op))
}

expect_simplified <- function(formula, expected) {
  expect_identical(simplified(formula), expected, label = formula)
}

test_that("zeros and ones go", {
  expect_simplified("0 + x", "x")
  expect_simplified("x + 0", "x")
  expect_simplified("Zero(3) + x", "x")
  expect_simplified("a + Zero(3)", "SumT(a, 3)")
  expect_simplified("x - 0", "x")
  expect_simplified("0 - x", "-x")
  expect_simplified("1 * x", "x")
  expect_simplified("x * 1", "x")
  expect_simplified("-1 * x", "-x")
  expect_simplified("x / 1", "x")
})

test_that("signs meet and go", {
  expect_simplified("-(-x)", "x")
  expect_simplified("x + -y", "x - y")
  expect_simplified("-x + y", "y - x")
  expect_simplified("x - -y", "x + y")
  # the sign stays with what is computed least often
  expect_simplified("-(x * y)", "-x * y")
  expect_simplified("x * (-y)", "-x * y")
  expect_simplified("(-x) * (-y)", "x * y")
  expect_simplified("-(2 * x)", "-2 * x")
  expect_simplified("2 * (-x)", "-2 * x")
  expect_simplified("Square(-x)", "Square(x)")
  expect_simplified("Sum(-x)", "-Sum(x)")
})

test_that("numbers meet in front, and go to what is computed least often", {
  expect_simplified("2 + 3 * 4", "14")
  expect_simplified("Exp(0) * x", "x")
  expect_simplified("x * 2", "2 * x")
  expect_simplified("2 * (3 * x)", "6 * x")
  expect_simplified("x * (3 * y)", "3 * x * y")
  expect_simplified("(2 * x) * (3 * y)", "6 * x * y")
  expect_simplified("s * (a * (2 * b))", "2 * s * a * b")
  expect_simplified("b * (a * s)", "s * a * b")
  expect_simplified("x * x", "Square(x)")
})

test_that("quotients in exponents become products of what varies less", {
  log2e <- "1.4426950408889634"
  expect_simplified(
    "Exp(-(a - b) / s)", paste0("Exp2(-", log2e, " * Inv(s) * (a - b))")
  )
  expect_simplified(
    "Exp(s * ((a - b) / s))",
    paste0("Exp2(", log2e, " * (s * Inv(s)) * (a - b))")
  )
  expect_simplified("Exp((a - b) / (a + b))", "Exp((a - b) / (a + b))")
  # quotients of whole numbers stay exact
  expect_simplified("Floor((a - b) / s)", "Floor((a - b) / s)")
})

test_that("sums and repetitions of scalars go", {
  expect_simplified("Sum(a)", "a")
  expect_simplified("Sum(a * x)", "a * Sum(x)")
  expect_simplified("Sum(x * s)", "s * Sum(x)")
  expect_simplified("SumT(a, 1)", "a")
  expect_simplified("SumT(a, 3) * x", "a * x")
  expect_simplified("x - SumT(s, 3)", "x - s")
  expect_simplified("x ^ SumT(0.5, 3)", "Powf(x, 0.5)")
  expect_simplified("x <= Softplus(Zero(3))", "x <= 0.6931471805599453")
  expect_simplified("SumT(s + 2 * s, 1) * SumT(2, 3)", "(s + 2 * s) * SumT(2, 3)")
  expect_simplified("a * Extract(SumT(2, 3), 2, 1)", "2 * a")
})

test_that("choices keep what they need", {
  expect_simplified("IfElse(a, IfElse(a, x, y), y)", "IfElse(a, x, y)")
  expect_simplified("IfElse(a, x, IfElse(a, y, b))", "IfElse(a, x, b)")
  expect_simplified("IfElse(a, IfElse(b, x, y), 0)", "IfElse(a, IfElse(b, x, y), 0)")
  expect_simplified("IfElse(a, 2 * (b * x), 0)", "2 * IfElse(a, b * x, 0)")
  expect_simplified("IfElse(a, 0, -x)", "-IfElse(a, 0, x)")
  expect_simplified("IfElse(a, 2 * x, y)", "IfElse(a, 2 * x, y)")
  # a factor may be infinite where nothing is chosen, and so may a number
  expect_simplified("IfElse(a, s * x, 0)", "IfElse(a, s * x, 0)")
  expect_simplified("IfElse(a, 1 / 0 * x, 0)", "IfElse(a, (1 / 0) * x, 0)")
  expect_simplified("IfElse(a, 0 * x, 0)", "IfElse(a, 0 * x, 0)")
})

test_that("equal parts are one part", {
  graph <- unclass(explain(keops_kernel(
    "Sum_Reduction(Exp(x - y) * (x - y) + SqDist(x, y), 0)", args
  ), "graph"))
  expect_length(grep("Subtract", graph), 1)
})

test_that("what may be NaN stays", {
  expect_simplified("0 * x", "0 * x")
  expect_simplified("x - x", "x - x")
  expect_simplified("x / x", "x / x")
  expect_simplified("a^0 * 0", "0 * Pow(a, 0)")
  expect_simplified("0 / 0 + x", "(0 / 0) + x")
})

reduced <- function(formula) {
  printed_formula(keops_kernel(formula, c(args, "A = Pm(6)", "B = Vi(12)")))
}

test_that("what does not vary with the index leaves the sums over it", {
  expect_reduced <- function(formula, expected) {
    expect_identical(reduced(formula), expected, label = formula)
  }
  f <- "Sin(a * b)"
  sum_of <- function(f) sprintf("Sum_Reduction(%s, 0)", f)
  expect_reduced(sum_of("a * Sin(a * b)"), paste("a *", sum_of(f)))
  expect_reduced(sum_of("-Sin(a * b)"), paste0("-", sum_of(f)))
  expect_reduced(sum_of("2 * Sin(a * b)"), paste("2 *", sum_of(f)))
  expect_reduced(sum_of("Sin(a * b) / a"), paste(sum_of(f), "/ a"))
  expect_reduced(
    sum_of("a / Sin(a * b)"),
    paste("a *", sum_of("1 / Sin(a * b)"))
  )
  expect_reduced(
    sum_of("-s * Sin(a * b) * b"),
    paste("-s *", sum_of("b * Sin(a * b)"))
  )
  expect_reduced(
    sum_of("SumT(Sin(a * b), 3)"),
    sprintf("SumT(%s, 3)", sum_of(f))
  )
  expect_reduced(sum_of("x * Sin(a * b)"), paste(sum_of(f), "* x"))
  expect_reduced(
    sum_of("x * (y * Sin(a * b))"),
    paste("x *", sum_of("Sin(a * b) * y"))
  )
  expect_reduced(sum_of("a * b"), paste(sum_of("b"), "* a"))
  expect_reduced(
    "Mean_Reduction(a * Sin(a * b), 0)",
    "a * Mean_Reduction(Sin(a * b), 0)"
  )
  expect_reduced(
    "Sum_Reduction(b * Sin(a * b), 1)",
    "b * Sum_Reduction(Sin(a * b), 1)"
  )
  expect_reduced(
    "Sum_Reduction(Sum_Reduction(s * a * Sin(a * b), 0), 1)",
    "s * Sum_Reduction(a * Sum_Reduction(Sin(a * b), 0), 1)"
  )
  expect_reduced(
    sum_of("ElemT(Sin(a * b), 3, 1)"),
    sprintf("ExtractT(%s, 1, 3)", sum_of(f))
  )
  expect_reduced(
    sum_of("IfElse(a, Sin(a * b), 0)"),
    sprintf("IfElse(a, %s, 0)", sum_of(f))
  )
  expect_reduced(
    sum_of("IfElse(x, 0, b * Sin(a * b))"),
    sprintf("IfElse(x, 0, %s)", sum_of("b * Sin(a * b)"))
  )
  expect_reduced(sum_of("x | y"), "Sum(Sum_Reduction(y, 0) * x)")
  expect_reduced(sum_of("b * (x | y)"), "Sum(Sum_Reduction(b * y, 0) * x)")
  expect_reduced(
    sum_of("MatVecMult(B, x + y)"),
    sprintf("TensorDot(B, %s, [4, 3], [3], [1], [0], [0])", sum_of("x + y"))
  )
})

test_that("what would cost, or is no sum, stays", {
  for (formula in c(
    "Sum_Reduction(Sum(x * Sin(x * y)), 0)",
    "Sum_Reduction(b * Sin(a * b), 0)", "Sum_Reduction(a + b, 0)",
    "Sum_Reduction(IfElse(a - b, a * b, 0), 0)",
    "Sum_Reduction(IfElse(a, Sin(a * b), b), 0)",
    "Mean_Reduction(IfElse(a, Sin(a * b), 0), 0)", "Max_Reduction(a * b, 0)", "Sum_Reduction(3 * a, 0)",
    "Mean_Reduction(ExtractT(Sin(a * b), 1, 3), 0)"
  )) {
    expect_identical(reduced(formula), formula)
  }
})

test_that("each step of the simplifier is shown", {
  formula <- "Sum_Reduction(-(2 * (x * Exp(-s * a * b))) + 0, 0)"
  op <- keops_kernel(formula, args)
  expect_snapshot(print(explain(op, "simplify")))
})

test_that("simplified formulas are as simple as they get", {
  for (formula in c(
    "2 * (x * Exp(x * y))", "-s * SqNorm2(x - y)", "(2 * a) * (b * (3 * s))",
    "-(x * -(y * -(2 * x)))", "Sum(2 * (a * (x * y)))", "Exp(-(a - b)^2 / 3)",
    # numbers that are repeated, also by what the rules make of others
    "(0.5 + Square(x))^(0.5 + Square(Asinh(Zero(3))))",
    "Softplus(Zero(3)) <= ExtractT(b, 0, 3)", "a * SumT(Exp(0), 3)",
    "IfElse(x, SumT(2, 3) * SumT(3, 3), Zero(3) - SumT(1, 3))"
  )) {
    once <- simplified(formula)
    expect_identical(simplified(once), once, label = formula)
  }
})

test_that("exponentials change their base where it costs nothing", {
  expect_snapshot({
    cat(simplified("Exp(-s * SqDist(x, y))"))
    cat(simplified("Exp(-SqDist(x, y))"))
    cat(simplified("Exp(a * b)"))
    cat(simplified("Exp(x)"))
  })
})

gradients_of <- function(formula, args) {
  writeLines(unclass(explain(keops_kernel(formula, args), "gradient")))
}

test_that("gradients are short formulas", {
  expect_snapshot({
    gradients_of(gaussian_formula, gaussian_args)
    gradients_of("Sum_Reduction(x * y, 0)", c("x = Vi(3)", "y = Vj(3)"))
    gradients_of("LogSumExp_Reduction(x | y, 1)", c("x = Vi(3)", "y = Vj(3)"))
    gradients_of("Min_Reduction(SqDist(x, y), 0)", c("x=Vi(3)", "y=Vj(3)"))
    gradients_of("Sum_Reduction(Norm2(x - y), 0)", c("x=Vi(3)", "y=Vj(3)"))
    gradients_of(
      "Sum_Reduction(Extract(x, 0, 2) * Concat(a, b), 0)",
      c("x = Vi(3)", "a = Vi(1)", "b = Vj(1)")
    )
    gradients_of(
      "Log(Sum_Reduction(Exp(x | y), 0)) * p",
      c("x = Vi(2)", "y = Vj(2)", "p = Pm(1)")
    )
  })
})

test_that("a gradient in what does not matter is zero", {
  gradients <- unclass(explain(
    keops_kernel("Sum_Reduction(x, 0)", c("x = Vi(2)", "y = Vj(3)")),
    "gradient"
  ))
  expect_match(gradients[4], "Zero(3)", fixed = TRUE)
})
