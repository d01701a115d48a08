# Graphs into plans: what is computed once, a row, a column, a pair; kernels in
# their order; accumulators.

plan_of <- function(formula, args, ...) {
  writeLines(unclass(explain(keops_kernel(formula, args, ...), "plan")))
}

points_only <- c("x = Vi(3)", "y = Vj(3)")

test_that("work goes to the stage where it is done least often", {
  expect_snapshot({
    plan_of(gaussian_formula, gaussian_args)
    plan_of("Sum_Reduction(Exp(-s * SqNorm2(x - y)) * b, 1)", gaussian_args)
    plan_of("Sum_Reduction(Exp(x) * Exp(y) * Sqrt(p), 0)",
            c("x = Vi(1)", "y = Vj(1)", "p = Pm(1)"))
    plan_of("Sum_Reduction(Exp(p * q), 0)", c("p = Pm(2)", "q = Pm(1)"))
    plan_of("ArgMin_Reduction(SqDist(x, y), 0)", c("x=Vi(100)", "y=Vj(100)"))
  })
})

test_that("each reduction is a kernel, and what is around them one more", {
  expect_snapshot({
    plan_of("Sum_Reduction(y * Sum_Reduction(x | y, 1), 0)", points_only)
    plan_of("Log(Sum_Reduction(Exp(x | y), 0)) + 1", points_only)
    plan_of("Grad(LogSumExp_Reduction(x | y, 0), y, 1)", points_only)
  })
})

test_that("the accumulator follows the reduction, the precision, the scheme", {
  expect_snapshot({
    plan_of("Sum_Reduction(x * y, 0)", points_only, precision = "float64")
    plan_of("Sum_Reduction(x * y, 0)", points_only, sum_scheme = "plain")
    plan_of("Mean_Reduction(x * y, 0)", points_only,
            sum_scheme = "compensated")
    plan_of("KMin_ArgKMin_Reduction(x * y, 4, 0)", points_only)
    plan_of("LogSumExpWeight_Reduction(x | y, y, 0)", points_only)
  })
})

test_that("axes say which index is reduced", {
  plan <- function(axis, number) {
    formula <- sprintf("Sum_Reduction(x * y, %d)", number)
    unclass(explain(keops_kernel(formula, points_only, axis = axis), "plan"))
  }
  expect_identical(plan("output", 0), plan("reduced", 1))
  expect_identical(plan("output", 1), plan("reduced", 0))
})

# Columns of one tile lie in shared memory, which has 48 KiB.
test_that("tiles fit into shared memory", {
  for (dimension in c(1, 3, 10, 100, 1000, 5000, 20000)) {
    for (precision in c("float32", "float64")) {
      args <- sprintf(c("x = Vi(%d)", "y = Vj(%d)"), dimension)
      op <- keops_kernel("Sum_Reduction(Exp(x * y), 0)", args,
        precision = precision
      )
      line <- grep("columns a tile", unclass(explain(op, "plan")), value = TRUE)
      columns <- as.numeric(sub(".* (\\d+) columns a tile.*", "\\1", line))
      bytes <- columns * dimension * c(float32 = 4, float64 = 8)[[precision]]
      expect_lte(bytes, 48 * 1024)
    }
  }
})
