# Long vectors, whose inner products are computed in tiles, on both engines.

# A formula with long vectors, and its pairs in plain R: `pairs(x, y, w)` gives
# the matrix of what is summed with weights b.
cases <- list(
  list(
    fold = "SqDist(x, y)",
    pairs = function(x, y, w) squared_distances(x, y)
  ),
  list(fold = "(x | y)", pairs = function(x, y, w) tcrossprod(x, y)),
  list(
    fold = "Sum(Abs(x - y))",
    pairs = function(x, y, w) as.matrix(abs_distances(x, y))
  ),
  list(
    fold = "Sum(w * Square(x - y))",
    pairs = function(x, y, w) {
      scaled <- function(z) z * rep(sqrt(w), each = nrow(z))
      squared_distances(scaled(x), scaled(y))
    }
  ),
  list(
    # a subexpression used twice, a scalar of the row inside its vector
    fold = "Sum((x * Elem(x, 0) - y) * Exp(-(x * Elem(x, 0) - y)))",
    pairs = function(x, y, w) {
      pairs <- matrix(0, nrow(x), nrow(y))
      for (k in seq_len(ncol(x))) {
        difference <- outer(x[, k] * x[, 1], y[, k], "-")
        pairs <- pairs + difference * exp(-difference)
      }
      pairs
    }
  ),
  list(
    # two vectors of a row
    fold = "Sum((x - y) * (x * x + 1))",
    pairs = function(x, y, w) {
      pairs <- matrix(0, nrow(x), nrow(y))
      for (k in seq_len(ncol(x))) {
        pairs <- pairs + outer(x[, k], y[, k], "-") * (x[, k]^2 + 1)
      }
      pairs
    }
  )
)

abs_distances <- function(x, y) {
  distances <- matrix(0, nrow(x), nrow(y))
  for (k in seq_len(ncol(x))) {
    distances <- distances + abs(outer(x[, k], y[, k], "-"))
  }
  distances
}

long_args <- function(D) {
  c(
    sprintf("x = Vi(%d)", D), sprintf("y = Vj(%d)", D), "b = Vj(2)",
    sprintf("w = Pm(%d)", D)
  )
}

long_data <- function(nx, ny, D) {
  list(
    x = points(nx, D), y = points(ny, D, start = 0.3),
    b = points(ny, 2, start = 0.9) - 0.5, w = 0.5 + points(1, D)
  )
}

call_with <- function(op, data, formula) {
  used <- vapply(names(data), function(name) {
    grepl(paste0("\\b", name, "\\b"), formula)
  }, logical(1))
  op(data[used])
}

operator_with <- function(formula, args, precision = "float64") {
  names <- sub(" .*", "", args)
  used <- vapply(names, function(name) {
    grepl(paste0("\\b", name, "\\b"), formula)
  }, logical(1))
  keops_kernel(formula, args[used], precision = precision)
}

expect_inner_products <- function(sizes, dimensions, precisions) {
  for (case in cases) {
    for (D in dimensions) {
      formula <- sprintf("Sum_Reduction(%s * b, 0)", case$fold)
      for (precision in precisions) {
        op <- operator_with(formula, long_args(D), precision)
        for (size in sizes) {
          data <- long_data(size[1], size[2], D)
          expected <- case$pairs(data$x, data$y, data$w) %*% data$b
          scale <- abs(case$pairs(data$x, data$y, data$w)) %*% abs(data$b) + D
          expect_close(call_with(op, data, formula), expected, scale, precision)
        }
      }
    }
  }
}

awkward <- list(c(1, 1), c(3, 200), c(63, 65), c(130, 129), c(300, 7))

test_that("inner products of long vectors, on the CPU", {
  expect_inner_products(awkward, c(6, 17, 100), c("float32", "float64"))
})

test_that("inner products of long vectors, on the GPU", {
  local_gpu()
  expect_inner_products(awkward[c(1, 3, 4)], 17, c("float32", "float64"))
  expect_inner_products(list(c(3, 200), c(257, 7)), 100, "float32")
})

test_that("short vectors and those of one side are no inner products", {
  plan <- function(formula, D) {
    op <- operator_with(formula, long_args(D))
    any(grepl("in tiles", explain(op, "plan")))
  }
  expect_true(plan("Sum_Reduction(SqDist(x, y), 0)", 6))
  expect_false(plan("Sum_Reduction(SqDist(x, y), 0)", 5))
  expect_false(plan("Sum_Reduction(SqNorm2(x) * SqNorm2(y), 0)", 30))
  expect_false(plan("Sum_Reduction(Sum(x * Elem(b, 0) + y), 0)", 30))
})

test_that("a thread of a GPU keeps longer vectors in registers", {
  is_tiled <- function(D, engine) {
    op <- operator_with("Sum_Reduction(SqDist(x, y), 0)", long_args(D))
    !any(grepl("NoInnerProduct", explain(op, "source", engine)))
  }
  expect_true(is_tiled(15, "cpu"))
  expect_false(is_tiled(15, "cuda"))
  expect_true(is_tiled(16, "cuda"))
})

test_that("all kinds of reductions of long vectors, along both axes", {
  D <- 37
  data <- long_data(70, 130, D)
  distances <- squared_distances(data$x, data$y)
  check <- function() {
    run <- function(formula) {
      call_with(operator_with(formula, long_args(D)), data, formula)
    }
    expect_equal(
      run("ArgMin_Reduction(SqDist(x, y), 0)")[, 1],
      apply(distances, 1, which.min) - 1
    )
    expect_equal(
      run("KMin_Reduction(SqDist(x, y), 5, 0)"),
      t(apply(distances, 1, function(row) sort(row)[1:5]))
    )
    expect_equal(
      run("LogSumExp_Reduction(-SqDist(x, y), 1)")[, 1],
      log_sum_exp(-t(distances))
    )
    expect_equal(
      run("Max_Reduction(SqDist(x, y), 1)")[, 1], apply(distances, 2, max)
    )
  }
  check()
  local_gpu()
  check()
})

test_that("gradients of long vectors, which are vectors themselves", {
  D <- 20
  formula <- "Sum_Reduction(Exp(-SqDist(x, y)) * b, 0)"
  data <- long_data(30, 40, D)
  data$x <- 0.3 * data$x
  eta <- points(30, 2)
  gradient <- keops_grad(operator_with(formula, long_args(D)), "x")
  input <- list(data$x, data$y, data$b, eta)
  kernel <- gaussian_matrix(data$x, data$y, 1)
  weight <- kernel * tcrossprod(eta, data$b)
  expected <- -2 * (data$x * rowSums(weight) - weight %*% data$y)
  expect_equal(gradient(input), expected)
  local_gpu()
  expect_equal(gradient(input), expected)
})
