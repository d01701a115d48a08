# Searches on a GPU, of the machine or emulated, that leave pairs out give what
# those of all pairs give, bit for bit; see test-pruning.R for the CPU.

skip_on_cran()

points_in <- function(kind, n, dimension) {
  x <- matrix(stats::runif(n * dimension), n)
  switch(kind,
    uniform = x,
    lattice = floor(3 * x),
    equal = 0 * x + 0.3,
    far_away = 1e6 + x,
    outlier = {
      x[n, ] <- 1e7
      x
    },
    awkward = {
      x[c(3, n - 4), 1] <- c(NaN, Inf)
      x[c(7, 8, 9), dimension] <- c(-Inf, NA, 1e300)
      x[10:20, ] <- 0
      x
    }
  )
}

kinds <- c("uniform", "lattice", "equal", "far_away", "outlier", "awkward")

with_pruning <- function(mode, code) {
  local_rkeops_options(pruning = mode)
  force(code)
}

expect_same <- function(op, data, label) {
  pruned <- with_pruning("always", op(data))
  said <- unclass(explain(op, "pruning"))
  expect_true("last call: pairs that matter" %in% said, label = label)
  all <- with_pruning("never", op(data))
  expect_true(identical(pruned, all), label = label)
}

operator_of <- function(formula, dimension, precision = "float32") {
  args <- sprintf(c("x = Vi(%d)", "y = Vj(%d)"), dimension)
  keops_kernel(formula, args, precision = precision)
}

test_that("neighbours are the same for all kinds of data", {
  local_gpu()
  local_rkeops_options(digits = "plain")
  withr::local_seed(1)
  op <- operator_of("KMin_ArgKMin_Reduction(SqDist(x, y), 4, 0)", 3)
  for (kind in kinds) {
    x <- points_in(kind, 70, 3)
    y <- points_in(kind, 300, 3)
    expect_same(op, list(x, y), kind)
    expect_same(op, list(y, y), paste(kind, "with themselves"))
  }
})

test_that("extrema are the same, also where NaN is one", {
  local_gpu()
  withr::local_seed(2)
  op <- operator_of("Max_Reduction(SqDist(x, y), 1)", 2, "float64")
  for (kind in kinds) {
    x <- points_in(kind, 260, 2)
    y <- points_in(kind, 50, 2)
    expect_same(op, list(x, y), kind)
  }
})

test_that("sizes may be anything, and outliers be left to many warps", {
  local_gpu()
  local_rkeops_options(digits = "plain")
  withr::local_seed(3)
  op <- operator_of("ArgMin_Reduction(SqDist(x, y), 0)", 3)
  for (n in c(1, 31, 32, 33, 1025)) {
    x <- points_in("uniform", n, 3)
    y <- points_in("uniform", 1057 - n, 3)
    expect_same(op, list(x, y), n)
  }
  previous <- change_settings(list(leaves_to_share = 0), call = NULL)
  withr::defer(change_settings(previous, call = NULL))
  for (kind in c("lattice", "awkward")) {
    x <- points_in(kind, 70, 3)
    y <- points_in(kind, 1100, 3)
    expect_same(op, list(x, y), paste(kind, "by many warps"))
  }
})

# The operations whose rows say also_on_gpu(), in one formula.
test_that("formulas of all operations with bounds are the same", {
  local_gpu()
  local_rkeops_options(digits = "plain")
  withr::local_seed(4)
  distance <- paste(
    "Sum(Abs(x - y)) * p + Max(ReLU(x - y))",
    "- Min(x * y) / (Exp(Elem(y, 0)) + 1) + Log(Norm2(x - y) + 1)",
    "* Pow(Elem(x, 1), 3) - Inv(2 + Square(Elem(x, 0)))"
  )
  op <- keops_kernel(
    sprintf("KMax_ArgKMax_Reduction(%s, 3, 0)", distance),
    c("x = Vi(2)", "y = Vj(2)", "p = Pm(1)"), precision = "float64"
  )
  for (kind in c("uniform", "lattice", "awkward")) {
    x <- points_in(kind, 100, 2)
    y <- points_in(kind, 500, 2)
    expect_same(op, list(x, y, 0.7), kind)
  }
})

test_that("other formulas and reductions are computed for all pairs", {
  local_gpu()
  why <- function(formula, dimension = 3) {
    unclass(explain(operator_of(formula, dimension), "pruning", "cuda"))[1]
  }
  expect_match(why("Sum_Reduction(SqDist(x, y), 0)"), "does not look for few")
  many <- why("ArgKMin_Reduction(SqDist(x, y), 40, 0)")
  expect_match(many, "more than 32 values")
  expect_match(why("ArgMin_Reduction(SqDist(x, y), 0)", 30), "long vectors")
  expect_match(why("ArgMin_Reduction(Cos(x | y), 0)"), "nothing bounds")
  expect_match(why("ArgMin_Reduction(SqDist(x, y), 0)"), "can be left out")
})

test_that("matrices on the GPU are searched there", {
  local_gpu()
  withr::local_seed(5)
  op <- operator_of("ArgMin_Reduction(SqDist(x, y), 0)", 3, "float32")
  x <- points_in("uniform", 90, 3)
  y <- points_in("uniform", 200, 3)
  expected <- with_pruning("never", op(list(x, y)))
  found <- with_pruning("always", op(list(to_gpu(x), to_gpu(y))))
  expect_identical(as.matrix(found), expected, ignore_attr = TRUE)
})

test_that("calls with few pairs are not looked at", {
  local_gpu()
  op <- operator_of("ArgMin_Reduction(SqDist(x, y), 0)", 3)
  x <- points_in("uniform", 40, 3)
  with_pruning("auto", op(list(x, x)))
  said <- unclass(explain(op, "pruning"))
  expect_match(said, "all pairs: they are few", all = FALSE)
})
