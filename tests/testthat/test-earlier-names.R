# Every name of the formula language of KeOps 1.4 (rkeops 1.x) and KeOps 2.3
# (rkeops 2.x) is known here, and means what it says in other words.

interpret_unless_exhaustive()

args <- c(
  "x = Vi(3)", "y = Vj(3)", "b = Vj(2)", "z = Vi(4)", "w = Vj(4)",
  "p = Pm(1)", "c = Pm(2)", "A = Pm(6)", "Q = Pm(9)", "knots = Pm(7)"
)
pair <- function(formula) sprintf("Sum_Reduction(%s, 0)", formula)
graph_of <- function(formula, args) {
  unclass(explain(keops_kernel(formula, args), "graph"))
}
expect_same <- function(formula, other, with = args) {
  expect_identical(
    graph_of(formula, with), graph_of(other, with), label = formula
  )
}

# ---- operations: name = a formula that uses it ----

maths <- c(
  Abs = "Abs(x)", Acos = "Acos(x)", Add = "Add(x, y)", ArgMax = "ArgMax(x)",
  ArgMin = "ArgMin(x)", Asin = "Asin(x)", Atan = "Atan(x)",
  Atan2 = "Atan2(x, y)", BSpline = "BSpline(knots, p, 2)",
  Clamp = "Clamp(x, p, y)", ClampInt = "ClampInt(x, 0, 1)",
  Concat = "Concat(x, y)", Cos = "Cos(x)",
  DiffClampInt = "DiffClampInt(x, 0, 1)", Divide = "Divide(x, y)",
  Elem = "Elem(x, 2)", ElemT = "ElemT(p, 4, 2)", Equal = "Equal(x, y)",
  Exp = "Exp(x)", Extract = "Extract(x, 1, 2)", ExtractT = "ExtractT(x, 1, 4)",
  Floor = "Floor(x)", GradMatrix = "GradMatrix(x * y, x)",
  IfElse = "IfElse(x, y, p)", IntInv = "IntInv(3)", Inv = "Inv(x)",
  Kron = "Kron(A, x, [2, 3], [3, 1])", LessOrEqual = "LessOrEqual(x, y)",
  LessThan = "LessThan(x, y)", Log = "Log(x)", MatVecMult = "MatVecMult(A, x)",
  Max = "Max(x)", Min = "Min(x)", Minus = "Minus(x)", Mod = "Mod(x, p, 0)",
  Mult = "Mult(x, y)", Norm2 = "Norm2(x)", Normalize = "Normalize(x)",
  NotEqual = "NotEqual(x, y)", OneHot = "OneHot(p, 3)", Pow = "Pow(x, 3)",
  Powf = "Powf(x, y)", ReLU = "ReLU(x)", Round = "Round(x, 2)",
  Rsqrt = "Rsqrt(x)", Scalprod = "Scalprod(x, y)", Sign = "Sign(x)",
  Sin = "Sin(x)", SinXDivX = "SinXDivX(x)",
  SoftDTW_SqDist = "SoftDTW_SqDist(x, y, p)", SqDist = "SqDist(x, y)",
  SqNorm2 = "SqNorm2(x)", SqNormDiag = "SqNormDiag(x, y)",
  SqNormIso = "SqNormIso(p, x)", Sqrt = "Sqrt(x)", Square = "Square(x)",
  Step = "Step(x)", Subtract = "Subtract(x, y)", Sum = "Sum(x)",
  SumT = "SumT(p, 3)", SymSqNorm = "SymSqNorm(Q, x)",
  TensorDot = "TensorDot(A, x, [2, 3], [3], [1], [0])",
  TensorProd = "TensorProd(x, y)", VecMatMult = "VecMatMult(x, A)",
  WeightedSqDist = "WeightedSqDist(p, x, y)",
  WeightedSqNorm = "WeightedSqNorm(Q, x)", XLogX = "XLogX(x)"
)
complexes <- c(
  ComplexReal = "ComplexReal(z)", ComplexImag = "ComplexImag(z)",
  Real2Complex = "Real2Complex(x)", Imag2Complex = "Imag2Complex(x)",
  Conj = "Conj(z)", ComplexAdd = "ComplexAdd(z, w)",
  ComplexSubtract = "ComplexSubtract(z, w)", ComplexMult = "ComplexMult(z, w)",
  ComplexDivide = "ComplexDivide(z, w)",
  ComplexRealScal = "ComplexRealScal(p, z)",
  ComplexSquareAbs = "ComplexSquareAbs(z)", ComplexAbs = "ComplexAbs(z)",
  ComplexAngle = "ComplexAngle(z)", ComplexExp = "ComplexExp(z)",
  ComplexExp1j = "ComplexExp1j(x)", ComplexSum = "ComplexSum(z)",
  ComplexSumT = "ComplexSumT(c, 4)"
)
others <- c(
  Var = "Var(0, 3, 0) - x", IntCst = "IntCst(2)", RatCst = "RatCst(1, 3)",
  Zero = "Zero(3)", Grad = "Grad(SqDist(x, y), x, p)",
  Grad_WithSavedForward = "Grad_WithSavedForward(SqDist(x, y), x, p, p)",
  Diff = "Diff(SqDist(x, y), x, y)",
  Diff_WithSavedForward = "Diff_WithSavedForward(SqDist(x, y), x, y, p)",
  Divergence = "Divergence(x * y, x)", Laplacian = "Laplacian(SqDist(x, y), x)",
  TraceOperator = "TraceOperator(x * y, x)",
  AdjointOperator = "AdjointOperator(x * y, x, y)",
  SumLinOperator = "SumLinOperator(x * y, x)",
  Factorize = "Factorize(Exp(x - y) * (x - y), x - y)",
  AutoFactorize = "AutoFactorize(Exp(x - y) * (x - y))"
)
of_version_1 <- c(
  Scal = "Scal(p, x)", ScalOrMult = "ScalOrMult(p, x)",
  Vi = "Vi(0, 3) - x", Vj = "Vj(1, 3) - y", Pm = "Pm(5, 1) * p",
  Vx = "Vx(0, 3) - x", Vy = "Vy(1, 3) - y",
  Ind = "TensorDot(A, x, Ind(2, 3), Ind(3), Ind(1), Ind(0))",
  GradFromPos = "GradFromPos(SqDist(x, y), x, 10)",
  GaussKernel = "GaussKernel(p, x, y, b)",
  LaplaceKernel = "LaplaceKernel(p, x, y, b)",
  CauchyKernel = "CauchyKernel(p, x, y, b)",
  InverseMultiquadricKernel = "InverseMultiquadricKernel(p, x, y, b)",
  SumGaussKernel = "SumGaussKernel(c, c, x, y, b)",
  CurlFreeGaussKernel = "CurlFreeGaussKernel(p, x, y, y)",
  DivFreeGaussKernel = "DivFreeGaussKernel(p, x, y, y)",
  TRIGaussKernel = "TRIGaussKernel(p, p, x, y, y)"
)

test_that("every operation of both generations is known", {
  expect_length(maths, 67)
  expect_length(complexes, 17)
  expect_length(others, 4 + 6 + 3 + 2)
  for (formulas in list(maths, complexes, others, of_version_1)) {
    for (name in names(formulas)) {
      expect_match(formulas[[name]], name, fixed = TRUE)
      expect_no_error(keops_kernel(pair(formulas[[name]]), args))
    }
  }
})

test_that("operators, signs and numbers of both generations are known", {
  same <- c(
    "x + y" = "Add(x, y)", "x - y" = "Subtract(x, y)", "x * y" = "Mult(x, y)",
    "x / y" = "Divide(x, y)", "(x | y)" = "Scalprod(x, y)",
    "x < y" = "LessThan(x, y)", "x <= y" = "LessOrEqual(x, y)",
    "x > y" = "LessThan(y, x)", "x >= y" = "LessOrEqual(y, x)",
    "x == y" = "Equal(x, y)", "x != y" = "NotEqual(x, y)",
    "x**2" = "Square(x)", "x**3" = "Pow(x, 3)", "x^0.5" = "Sqrt(x)",
    "-x**2" = "-(x**2)", "x|y+y" = "x|(y+y)", "1/x" = "Inv(x)",
    "2 * x" = "IntCst(2) * x", "x / 3" = "x / IntCst(3)",
    "Clamp(x, 0, 1)" = "Clamp(x, IntCst(0), IntCst(1))",
    "IntInv(-2)" = "RatCst(1, -2)", "IntCst(0)" = "Zero(1)"
  )
  for (formula in names(same)) {
    if (grepl("^x >", formula)) {
      expect_no_error(keops_kernel(pair(formula), args))
    } else if (formula != "1/x") {
      expect_same(pair(formula), pair(same[[formula]]))
    }
  }
})

# ---- reductions ----

reductions <- c(
  Sum = "f, 0", Min = "f, 0", ArgMin = "f, 0", Min_ArgMin = "f, 0",
  Max = "f, 0", ArgMax = "f, 0", Max_ArgMax = "f, 0", KMin = "f, 2, 0",
  ArgKMin = "f, 2, 0", KMin_ArgKMin = "f, 2, 0", Max_SumShiftExp = "f, 0",
  Max_SumShiftExpWeight = "f, 0, b", Zero = "3, 0", LogSumExp = "f, 0",
  LogSumExpWeight = "f, b, 0", SumSoftMaxWeight = "f, b, 0", SoftMax = "f, b, 0"
)

test_that("every reduction is known, also without the underscore", {
  for (name in names(reductions)) {
    inside <- sub("f", "SqDist(x, y)", reductions[[name]], fixed = TRUE)
    formula <- sprintf("%s_Reduction(%s)", name, inside)
    expect_no_error(keops_kernel(formula, args))
    expect_same(sub("_Reduction", "Reduction", formula, fixed = TRUE), formula)
  }
  # without a weight it is 1
  expect_same(
    "Max_SumShiftExpWeight_Reduction(x | y, 0)",
    "Max_SumShiftExp_Reduction(x | y, 0)"
  )
  # the weight before the axis (2.x) or behind it (1.x)
  for (name in grep("Weight|SoftMax", names(reductions), value = TRUE)) {
    expect_same(
      sprintf("%s_Reduction(SqDist(x, y), 0, b)", name),
      sprintf("%s_Reduction(SqDist(x, y), b, 0)", name)
    )
  }
})

# ---- what old words say in new ones ----

test_that("old words mean what they say", {
  expect_same(pair("Scal(p, x)"), pair("p * x"))
  expect_same(pair("ScalOrMult(x, y)"), pair("x * y"))
  expect_same(pair("ComplexScal(c, z)"), pair("ComplexMult(c, z)"))
  expect_same(pair("Var(0, 3, 0) * Var(1, 3, 1)"), pair("x * y"))
  expect_same(pair("Vx(0, 3) * Vy(1, 3)"), pair("x * y"))
  expect_same(
    pair(of_version_1[["Ind"]]), pair(maths[["TensorDot"]])
  )
  expect_same(pair("Factorize(x * y, x)"), pair("x * y"))
  expect_same(pair("TraceOperator(x * y, x)"), pair("Divergence(x * y, x)"))
  expect_same(pair("AdjointOperator(x * y, x, y)"), pair("Grad(x * y, x, y)"))
  with_eta <- c(args, "eta = Vi(1)")
  sum <- "Sum_Reduction(SqDist(x, y), 0)"
  expect_same(
    sprintf("GradFromPos(%s, x, 10)", sum), sprintf("Grad(%s, x, eta)", sum),
    with_eta
  )
  expect_same(
    sprintf("GradFromInd(%s, 0, 10)", sum), sprintf("Grad(%s, x, eta)", sum),
    with_eta
  )
  expect_same(
    sprintf("GradFromPos_WithSavedForward(%s, x, 10)", sum),
    sprintf("Grad(%s, x, eta)", sum), c(with_eta, "saved = Vi(1)")
  )
  expect_same(
    sprintf("GradFromInd_WithSavedForward(%s, 0, 10)", sum),
    sprintf("Grad(%s, x, eta)", sum), c(with_eta, "saved = Vi(1)")
  )
})

test_that("linear operators take weights", {
  skip_on_cran()
  args <- c("x = Vi(3)", "y = Vj(3)", "w = Pm(3)", "l = Pm(2)", "A = Pm(6)")
  data <- list(
    x = points(4, 3), y = points(5, 3, start = 9), w = c(1, -2, 3),
    l = c(0.5, 4), A = points(1, 6, start = 20)
  )
  value <- function(formula) {
    keops_kernel(pair(formula), args, precision = "float64")(data)
  }
  A <- matrix(data$A, 2)
  expect_equal(
    value("SumLinOperator(MatVecMult(A, x), x, l, w) + Zero(1) * Elem(y, 0)"),
    matrix(5 * c(data$l %*% A %*% data$w), 4)
  )
  expect_equal(
    value("SumLinOperator(MatVecMult(A, x), x, l) + Zero(1) * Elem(y, 0)"),
    matrix(5 * c(data$l %*% A %*% rep(1, 3)), 4)
  )
  expect_equal(
    value("TraceOperator(x * y, x, w)"), matrix(sum(data$y %*% data$w), 4)
  )
})

# ---- what the earlier engines did wrong ----

args_of_numbers <- c("f = Vi(1)", "g = Vj(1)", "x = Vi(3)", "y = Vj(3)", "p = Pm(1)")
numbers <- list(
  f = c(0.7, -1.2), g = c(0.3, 1.1, 2), x = points(2, 3), y = points(3, 3, start = 9),
  p = 0.4
)
exact <- function(formula, data = numbers, args = args_of_numbers, ...) {
  keops_kernel(formula, args, precision = "float64", ...)(data)
}
gradient_in <- function(formula, name, data = numbers, args = args_of_numbers) {
  op <- keops_kernel(formula, args, precision = "float64")
  eta <- op(data)
  eta[] <- 1
  keops_grad(op, name)(c(unname(data), list(eta)))
}

test_that("constants and powers have double precision", {
  skip_on_cran()
  tight <- function(formula, expected) {
    expect_equal(c(exact(formula)), expected, tolerance = 1e-15, label = formula)
  }
  f <- numbers$f
  tight("Sum_Reduction(f / 3, 0)", f)
  tight("Sum_Reduction(RatCst(1, 3) * f, 0)", f)
  tight("Sum_Reduction(IntCst(16777217) * f, 0)", 3 * 16777217 * f)
  tight("Sum_Reduction(0.1 * f, 0)", 3 * 0.1 * f)
  tight("Sum_Reduction(Powf(Exp(f), 0.3), 0)", 3 * exp(0.3 * f))
  tight("Sum_Reduction(Pow(f, 3), 0)", 3 * f^3)
})

test_that("log-sum-exps know infinity, also weighted and compensated", {
  skip_on_cran()
  lse <- function(g, formula = "LogSumExp_Reduction(g + 0 * f, 0)", ...) {
    exact(formula, list(f = 0, g = g), args_of_numbers[1:2], ...)[1]
  }
  expect_identical(lse(c(-Inf, 0)), 0)
  expect_identical(lse(c(0, -Inf)), 0)
  expect_identical(lse(c(-Inf, -Inf)), -Inf)
  expect_identical(lse(c(1, Inf, Inf)), Inf)
  expect_identical(lse(numeric()), -Inf)
  expect_equal(lse(c(1, 2), sum_scheme = "compensated"), log(exp(1) + exp(2)))
  expect_equal(
    lse(c(1, 2), "LogSumExpWeight_Reduction(g + 0 * f, g, 0)"),
    log(exp(1) + 2 * exp(2))
  )
})

test_that("gradients are right where they are broadcast, and finite at 0", {
  skip_on_cran()
  f <- matrix(numbers$f)
  for (call in c(
    "Powf(Square(y), Exp(f))", "Powf(Exp(f), y)", "Atan2(y, f)", "Atan2(f, y)",
    "IfElse(y, f, x)", "IfElse(f, x, y * f)", "IfElse(f - 0.1, Norm2(f * x), Norm2(x + y))",
    "ComplexMult(Real2Complex(f * y), Real2Complex(y))",
    "ComplexDivide(Imag2Complex(f * y), Real2Complex(y))"
  )) {
    formula <- sprintf("Sum_Reduction(%s, 0)", call)
    expected <- oracle(formula, args_of_numbers, numbers)
    expected <- oracle_gradient(
      formula, args_of_numbers, replace(numbers, "f", list(f)), "f",
      replace(expected, TRUE, 1)
    )
    expect_equal(gradient_in(formula, "f"), expected, tolerance = 1e-7, label = call)
  }
  at_zero <- function(call) {
    formula <- sprintf("Sum_Reduction(%s + 0 * g, 0)", call)
    c(gradient_in(formula, "f", list(f = 0, g = 1), args_of_numbers[1:2]))
  }
  for (call in c(
    "SinXDivX(f)", "Norm2(f)", "Sqrt(f)", "Rsqrt(f)", "Atan2(f, f)", "Normalize(f)"
  )) {
    expect_true(is.finite(at_zero(call)), label = call)
  }
})

test_that("minima have gradients, through their places", {
  skip_on_cran()
  data <- list(f = 1, g = c(3, 1, 2))
  for (case in list(
    list("Min_Reduction(f * g, 0)", 1), list("Max_Reduction(f * g, 0)", 3),
    list("Min_ArgMin_Reduction(f * g, 0)", 1), list("KMin_Reduction(f * g, 2, 0)", 3),
    list("KMin_ArgKMin_Reduction(f * g, 2, 0)", 3), list("ArgMin_Reduction(f * g, 0)", 0)
  )) {
    actual <- gradient_in(case[[1]], "f", data, args_of_numbers[1:2])
    expect_equal(c(actual), case[[2]], label = case[[1]])
  }
})

test_that("inputs are checked, and comparisons compare", {
  sum <- "Sum_Reduction(SqDist(x, y) * g, 0)"
  wrong <- function(...) {
    expect_rkeops_error(exact(sum, utils::modifyList(numbers, list(...))), "shape")
  }
  wrong(x = points(2, 2))
  wrong(g = 1:4)
  wrong(p = c(1, 2))
  expect_rkeops_error(exact("Sum_Reduction(0 < f < 1, 0)"), "formula")
  skip_on_cran()
  equal <- "Sum_Reduction((f == 0.7) + 10 * (f != 0.7), 0)"
  expect_equal(exact(equal), matrix(c(3, 30)))
})

test_that("matrices in vectors are in R's order", {
  skip_on_cran()
  A <- points(1, 6)
  data <- list(x = points(2, 3), y = points(4, 3, start = 5), A = A)
  args <- c("x = Vi(3)", "y = Vj(3)", "A = Pm(6)")
  expect_equal(
    exact("Sum_Reduction(MatVecMult(A, x * y), 0)", data, args),
    (data$x * rep(colSums(data$y), each = 2)) %*% t(matrix(A, 2))
  )
  expect_equal(
    exact("Sum_Reduction(TensorProd(x, y), 0)", data, args),
    t(apply(data$x, 1, function(x) outer(x, colSums(data$y))))
  )
})
