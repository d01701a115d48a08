# Pairs that are left out change nothing: every result with pruning = "always"
# is identical to that with "never", on data that could make a difference.

skip_on_cran()

searches <- c(
  "KMin_ArgKMin_Reduction(SqDist(x, y), 4, 0)",
  "ArgMin_Reduction(SqDist(x, y), 0)", "Min_Reduction(SqDist(x, y), 0)",
  "Max_ArgMax_Reduction(SqDist(x, y), 0)", "Max_Reduction(SqDist(x, y), 0)"
)

operator_of <- function(formula, dimension, precision) {
  args <- sprintf(c("x = Vi(%d)", "y = Vj(%d)"), dimension)
  keops_kernel(formula, args, precision = precision)
}

expect_same <- function(op, data, label) {
  pruned <- with_pruning("always", op(data))
  all <- with_pruning("never", op(data))
  expect_true(identical(pruned, all), label = label)
}

expect_same_of_kinds <- function(dimension, precision, rows, columns) {
  for (formula in searches) {
    op <- operator_of(formula, dimension, precision)
    for (kind in names(kinds)) {
      x <- kinds[[kind]](rows, dimension)
      y <- kinds[[kind]](columns, dimension)
      label <- paste(formula, kind, dimension, precision, rows, columns)
      expect_same(op, list(x, y), label)
      if (rows == columns) expect_same(op, list(x, x), paste(label, "self"))
    }
  }
}

test_that("results are the same for all kinds of data", {
  withr::local_seed(1)
  for (precision in c("float32", "float64")) {
    expect_same_of_kinds(1, precision, 300, 300)
    expect_same_of_kinds(3, precision, 517, 1031)
  }
})

test_that("results are the same in more dimensions, when interpreted", {
  withr::local_seed(2)
  local_rkeops_options(compile = "never")
  for (precision in c("float32", "float64")) {
    expect_same_of_kinds(2, precision, 1009, 700)
    expect_same_of_kinds(8, precision, 300, 200)
    expect_same_of_kinds(16, precision, 200, 200)
  }
})

# Sums in another order, less what does not matter.
expect_near_sum <- function(op, data, precision, label) {
  pruned <- with_pruning("always", op(data))
  all <- with_pruning("never", op(data))
  expect_identical(is.nan(pruned), is.nan(all), label = label)
  infinite <- is.infinite(all)
  expect_identical(pruned[infinite], all[infinite], label = label)
  finite <- is.finite(all)
  limit <- c(float32 = 2e-6, float64 = 1e-14)[[precision]]
  size <- pmax(abs(all[finite]), .Machine$double.xmin)
  error <- max(abs(pruned - all)[finite] / size, 0)
  expect_lt(error, limit, label = paste("error of", label))
}

sums <- c(
  gaussian = "Sum_Reduction(Exp(-p * SqDist(x, y)), 0)",
  laplace = "Sum_Reduction(Exp(-p * Norm2(x - y)) * Elem(b, 0), 0)",
  compact = "Sum_Reduction(IfElse(1 - p * SqDist(x, y), Elem(b, 1), 0), 0)"
)

sum_args <- function(dimension) {
  c(
    sprintf(c("x = Vi(%d)", "y = Vj(%d)"), dimension), "b = Vj(2)", "p = Pm(1)"
  )
}

test_that("sums and counts are the same but for rounding", {
  withr::local_seed(3)
  count <- "Sum_Reduction(p * SqDist(x, y) < 1, 0)"
  for (precision in c("float32", "float64")) {
    operators <- lapply(sums, keops_kernel, sum_args(3), precision = precision)
    counts <- keops_kernel(count, sum_args(3)[-3], precision = precision)
    for (kind in names(kinds)) {
      x <- kinds[[kind]](530, 3)
      y <- kinds[[kind]](1031, 3)
      b <- 0.5 + uniform(1031, 2)
      for (name in names(sums)) {
        label <- paste(name, kind, precision)
        data <- list(x, y, b, 2000)
        expect_near_sum(operators[[name]], data, precision, label)
      }
      expect_same(counts, list(x, y, 30), paste("count", kind, precision))
    }
  }
})

test_that("weights of both signs keep the digits of the absolute terms", {
  withr::local_seed(4)
  op <- keops_kernel(sums[["laplace"]], sum_args(3), precision = "float64")
  x <- uniform(1500, 3)
  b <- matrix(stats::rnorm(3000), 1500)
  pruned <- with_pruning("always", op(list(x, x, b, 40)))
  all <- with_pruning("never", op(list(x, x, b, 40)))
  sizes <- with_pruning("never", op(list(x, x, abs(b), 40)))
  expect_lt(max(abs(pruned - all) / sizes), 1e-14)
})

test_that("sizes may be anything", {
  withr::local_seed(5)
  op <- operator_of(searches[[1]], 3, "float32")
  count <- keops_kernel(
    "Sum_Reduction(SqDist(x, y) < 0.1, 0)", c("x = Vi(3)", "y = Vj(3)")
  )
  for (rows in c(0, 1, 8, 63, 64, 65, 997)) {
    for (columns in c(0, 1, 3, 63, 64, 65, 997)) {
      data <- list(uniform(rows, 3), uniform(columns, 3))
      label <- paste(rows, columns)
      expect_same(op, data, label)
      expect_same(count, data, label)
    }
  }
})

test_that("many neighbours, few columns, and other formulas are the same", {
  withr::local_seed(6)
  formulas <- c(
    "ArgKMin_Reduction(SqDist(x, y), 40, 0)",
    "KMin_ArgKMin_Reduction(Norm2(x - y) * Exp(Elem(x, 0)), 3, 1)",
    "KMax_ArgKMax_Reduction(x | y, 3, 0)",
    "ArgMin_Reduction(Sum(Abs(x - y)), 0)",
    "Min_Reduction(Max(Abs(x - y)), 0)",
    "ArgMax_Reduction(Cos(3 * Elem(x, 0)) * Sin(Elem(y, 1)) - (x | y), 0)"
  )
  x <- uniform(1200, 3)
  y <- uniform(700, 3)
  y[1:50, ] <- y[101:150, ]
  for (formula in formulas) {
    expect_same(operator_of(formula, 3, "float64"), list(x, y), formula)
    expect_same(operator_of(formula, 3, "float32"), list(x, y), formula)
  }
})

test_that("gradients and lazy tensors are the same", {
  withr::local_seed(7)
  x <- uniform(600, 3)
  gradient <- keops_grad(
    operator_of("KMin_Reduction(SqDist(x, y), 3, 0)", 3, "float64"), "x"
  )
  expect_same(gradient, list(x, x, uniform(600, 3)), "gradient")
  distances <- function() {
    sum((Vi(x) - Vj(x))^2)
  }
  pruned <- with_pruning("always", argKmin(distances(), 5, index = "j"))
  all <- with_pruning("never", argKmin(distances(), 5, index = "j"))
  expect_identical(pruned, all)
})

test_that("results do not depend on threads", {
  withr::local_seed(8)
  local_rkeops_options(pruning = "always")
  x <- uniform(5000, 3)
  sum <- "Sum_Reduction(Exp(-99 * SqDist(x, y)), 0)"
  for (formula in c(searches[[1]], sum)) {
    op <- operator_of(formula, 3, "float32")
    one <- local({
      local_rkeops_options(threads = 1)
      op(list(x, x))
    })
    expect_identical(op(list(x, x)), one)
  }
})

test_that("digits of data far from 0 are kept as without pruning", {
  withr::local_seed(9)
  local_rkeops_options(digits = "auto", compile = "never")
  op <- operator_of(searches[[1]], 3, "float32")
  x <- far_away(900, 3)
  expect_same(op, list(x, x), "far away")
})

test_that("calls with many pairs are pruned unasked, and others are not", {
  withr::local_seed(10)
  local_rkeops_options(pruning = "auto", compile = "never")
  op <- operator_of(searches[[1]], 2, "float32")
  said <- function() unclass(explain(op, "pruning"))
  x <- clusters(20000, 2)
  few <- op(list(x[1:100, ], x))
  expect_match(said(), "all pairs: they are few", all = FALSE)
  many <- op(list(x, x))
  expect_match(said(), "pairs that matter", all = FALSE)
  expect_match(said(), "share of pairs computed", all = FALSE)
  expect_identical(many[1:100, ], few)
  expect_identical(
    unclass(explain(op, "pruning"))[1],
    paste0(
      "KMin_ArgKMin_Reduction(Sum(Square(x - y)), 4, 0): ",
      "pairs that do not matter can be left out"
    )
  )
  equal_bounds <- operator_of(
    "Min_Reduction(Lgamma(SqDist(x, y)), 0)", 2, "float32"
  )
  expect_match(
    unclass(explain(equal_bounds, "pruning"))[1], "nothing bounds the formula"
  )
})
