# The kernel of a reduction computes what a formula makes of it, at the end of
# each row and in double precision; and what leaves the sums gives the same.

skip_on_cran()

args <- c(
  "x = Vi(3)", "y = Vj(3)", "a = Vi(1)", "b = Vj(1)", "s = Pm(1)", "v = Pm(3)"
)

data_of <- function(rows, columns) {
  list(
    x = exact_points(rows, 3), y = exact_points(columns, 3, start = 9),
    a = exact_points(rows, 1, 0.5, 2, start = 5),
    b = exact_points(columns, 1, start = 7), s = 0.75,
    v = exact_points(1, 3, start = 3)
  )
}

formulas <- c(
  "a * Sum_Reduction(Exp(-SqDist(x, y)), 0) + s",
  "Sum_Reduction(-a * Exp(-s * SqDist(x, y)) * y / (2 + v), 0)",
  "Mean_Reduction(x * (x | y) / a, 0)",
  "Sum_Reduction(a / (2 + Sin(a * b)), 0)",
  "Log(Sum_Reduction(Exp(x | y), 0)) * v - LogSumExp_Reduction(x | y, 0)",
  "Sum_Reduction(b * (x | y), 0)",
  "Sum_Reduction(TensorProd(x, Sin(a * b) * y), 0)",
  "Sum_Reduction(ElemT(a * Sin(a * b), 5, 2), 0)",
  "Sum_Reduction(x * b, 1)",
  "y * Max_Reduction(a * b, 1) + Sum_Reduction(x, 1)",
  "Sum_Reduction(s * Sum_Reduction(a * Sin(a * b), 0), 1)",
  "ArgKMin_Reduction(SqDist(x, y), 2, 0) * a"
)

test_that("finished rows are those of R, at awkward sizes", {
  for (formula in formulas) {
    for (precision in c("float32", "float64")) {
      op <- keops_kernel(formula, args, precision = precision)
      for (size in list(c(1, 3), c(7, 300), c(33, 2), c(1000, 5))) {
        data <- data_of(size[1], size[2])
        expected <- oracle(formula, args, data)
        error <- max(abs(op(data) - expected)) / max(abs(expected), 1)
        expect_lt(
          error, c(float32 = 1e-5, float64 = 1e-13)[[precision]],
          label = paste(formula, precision, toString(size))
        )
      }
    }
  }
})

test_that("formulas without a reduction are those of R", {
  data <- data_of(133, 2)
  value <- function(formula) {
    keops_kernel(formula, args, precision = "float64")(data)
  }
  softmax <- exp(data$x) / rowSums(exp(data$x))
  expect_equal(value("Softmax(x) * Norm2(v)"), softmax * sqrt(sum(data$v^2)))
  expect_equal(value("Sqrt(s) + Exp(v)"), sqrt(data$s) + exp(data$v))
})

test_that("finished rows are the same on a GPU", {
  formulas <- c(formulas, "Softmax(x) * Norm2(v)", "Sqrt(s) + Exp(v)")
  ops <- lapply(formulas, keops_kernel, args, precision = "float64")
  data <- data_of(133, 70)
  expected <- lapply(ops, function(op) op(data))
  local_emulated_gpu()
  for (k in seq_along(ops)) {
    expect_equal(
      ops[[k]](data), expected[[k]], tolerance = 1e-12, label = formulas[k]
    )
  }
})

test_that("the end of a row is computed in double precision", {
  op <- keops_kernel("s * a * Sum_Reduction(1 + 0 * b, 0) + Exp(s)", args,
    precision = "float32"
  )
  data <- data_of(9, 1000)
  data$s <- 0.1
  expect_equal(op(data), 0.1 * data$a * 1000 + exp(0.1), tolerance = 1e-15)
  # a formula without a reduction too
  map <- keops_kernel("Exp(s * x)", args, precision = "float32")
  expect_equal(map(data), exp(0.1 * data$x), tolerance = 1e-15)
  # indices stay exact on the way
  far <- keops_kernel("ArgMax_Reduction(a * b, 0) + 1", args,
    precision = "float32"
  )
  b <- c(rep(0, 2^24 + 2), 1)
  data$b <- b
  data$y <- matrix(0, length(b), 3)
  expect_identical(far(data), matrix(2^24 + 3, 9, 1))
})

test_that("one more kernel is needed only where the rows are others", {
  kernels <- function(formula) {
    plan <- unclass(explain(keops_kernel(formula, args), "plan"))
    length(grep("^kernel", plan))
  }
  expect_identical(kernels("Log(Sum_Reduction(a * b, 0)) + a"), 2L)
  expect_identical(kernels("Log(Sum_Reduction(Exp(a * b), 0)) + a"), 1L)
  expect_identical(
    kernels("a * Max_Reduction(a * b, 0) - Min_Reduction(a * b, 0)"), 2L
  )
  expect_identical(kernels("Exp(a)"), 1L)
  # the reduction is awaited by another one, so it cannot come last
  inner <- "Max_Reduction(a * b, 0)"
  expect_identical(
    kernels(sprintf("a * %s + Sum_Reduction(b * %s, 0)", inner, inner)), 2L
  )
})

test_that("factors that are not finite give what is not finite", {
  finite <- function(formula, a, b) {
    op <- keops_kernel(formula, c("a = Vi(1)", "b = Vj(1)"))
    is.finite(op(a, b))[, 1]
  }
  a <- c(1, 0, Inf, -Inf, NaN, 2)
  for (formula in c(
    "Sum_Reduction(a * Cos(a * 0 + b), 0)", "Sum_Reduction(a * b, 0)",
    "Mean_Reduction(-a * b, 0)", "Sum_Reduction(b / (1 / a), 0)"
  )) {
    expect_identical(
      finite(formula, a, c(1, 2, -0.5)), a %in% c(1, 0, 2), label = formula
    )
    expect_identical(
      finite(formula, a, c(1, Inf, -0.5)), rep(FALSE, 6), label = formula
    )
  }
})
