# Sums of wide values: a number of the pair times vectors, on both engines.

outer_args <- function(D) {
  c(
    "x = Vi(3)", "y = Vj(3)", sprintf("b = Vj(%d)", D),
    sprintf("a = Vi(%d)", D), sprintf("p = Pm(%d)", D)
  )
}

outer_data <- function(nx, ny, D) {
  list(
    x = points(nx, 3), y = points(ny, 3, start = 0.3),
    b = points(ny, D, start = 0.9) - 0.5, a = points(nx, D, start = 0.7) - 0.5,
    p = 0.5 + points(1, D)
  )
}

# A formula, and its sums in plain R; k is the matrix of Gaussian kernels.
outer_cases <- list(
  list(
    formula = "Exp(-SqDist(x, y)) * b",
    sums = function(k, d) k %*% d$b
  ),
  list(
    # vectors of both sides and of none
    formula = "Exp(-SqDist(x, y)) * (p * a - b)",
    sums = function(k, d) {
      rowSums(k) * d$a * rep(d$p, each = nrow(d$a)) - k %*% d$b
    }
  ),
  list(
    # two numbers of the pair
    formula = "Exp(-SqDist(x, y)) * b + SqDist(x, y) * a",
    sums = function(k, d) k %*% d$b + rowSums(-log(k)) * d$a
  ),
  list(
    # functions of components, a number of the column, one that is used twice
    formula = "Exp(Exp(-SqDist(x, y)) * b) * Elem(b, 0) + Square(a - b)",
    sums = function(k, d) {
      vapply(seq_len(ncol(d$b)), function(c) {
        c(exp(k * rep(d$b[, c], each = nrow(k))) %*% d$b[, 1]) +
          rowSums(outer(d$a[, c], d$b[, c], "-")^2)
      }, numeric(nrow(k)))
    }
  )
)

# Which of the names stand in the formula.
stand_in <- function(names, formula) {
  vapply(names, function(name) {
    grepl(paste0("\\b", name, "\\b"), formula)
  }, logical(1))
}

outer_operator <- function(formula, D, reduction = "Sum_Reduction(%s, 0)",
                           ...) {
  args <- outer_args(D)
  used <- stand_in(sub(" .*", "", args), formula)
  op <- keops_kernel(sprintf(reduction, formula), args[used], ...)
  function(data) op(data[used])
}

expect_outer_products <- function(sizes, dimensions, precisions) {
  for (case in outer_cases) {
    for (D in dimensions) {
      for (precision in precisions) {
        op <- outer_operator(case$formula, D, precision = precision)
        for (size in sizes) {
          data <- outer_data(size[1], size[2], D)
          kernel <- gaussian_matrix(data$x, data$y, 1)
          expected <- matrix(case$sums(kernel, data), size[1])
          expect_close(op(data), expected, 4 * size[2], precision)
        }
      }
    }
  }
}

outer_sizes <- list(c(1, 1), c(3, 300), c(63, 65), c(130, 129))

# A NaN and an infinity among the weights, `b` of `data`, reach the sums of their
# columns and no others; `sums` are those without them.
expect_bad_weights_pass <- function(op, data, sums, b, infinite_row) {
  data[[b]][5, 2] <- NaN
  data[[b]][infinite_row, 3] <- Inf
  result <- op(data)
  expect_true(all(is.nan(result[, 2])))
  expect_identical(result[, 3], rep(Inf, nrow(sums)))
  expect_identical(result[, -(2:3)], sums[, -(2:3)])
}

test_that("outer products, on the CPU", {
  expect_outer_products(outer_sizes, c(4, 13, 100), c("float32", "float64"))
})

test_that("outer products, on the GPU", {
  local_gpu()
  expect_outer_products(outer_sizes[2:3], 13, c("float32", "float64"))
})

# Sums that a GPU computes as a product of tiles: a kernel of points in `D`
# dimensions, `L` components of what it is multiplied with.
tiled_cases <- list(
  list(
    formula = "Exp(-s * SqDist(x, y)) * b",
    value = function(k, d, c) k * rep(d$b[, c], each = nrow(k))
  ),
  list(
    # two vectors of the column, and a parameter for each component
    formula = "p * Exp(Exp(-s * SqDist(x, y)) * b) * q",
    value = function(k, d, c) {
      d$p[c] * exp(k * rep(d$b[, c], each = nrow(k))) *
        rep(d$q[, c], each = nrow(k))
    }
  ),
  list(
    # numbers of the row and the column in that of the pair
    formula = "Elem(x, 0) * Exp(-s * SqDist(x, y)) * Elem(y, 0) * b",
    value = function(k, d, c) {
      d$x[, 1] * k * rep(d$y[, 1] * d$b[, c], each = nrow(k))
    }
  )
)

expect_tiled_sums <- function(case, reduce, nx, ny, D, L, precision,
                              reduction = "Sum_Reduction(%s, 0)") {
  data <- list(
    s = 1 / D, x = points(nx, D), y = points(ny, D, start = 0.3),
    b = points(ny, L, start = 0.9) - 0.5, q = points(ny, L, start = 0.7) - 0.5,
    p = 0.5 + points(1, L)
  )
  args <- c(
    "s = Pm(1)", sprintf(
      c("x = Vi(%d)", "y = Vj(%d)", "b = Vj(%d)", "q = Vj(%d)", "p = Pm(%d)"),
      c(D, D, L, L, L)
    )
  )
  used <- stand_in(names(data), case$formula)
  op <- keops_kernel(sprintf(reduction, case$formula), args[used],
                     precision = precision)
  kernel <- gaussian_matrix(data$x, data$y, data$s)
  expected <- vapply(seq_len(L), function(c) reduce(case$value(kernel, data, c)),
                     numeric(nx))
  expect_close(op(data[used]), matrix(expected, nx), 4 * ny, precision)
}

test_that("wide sums by tiles, on the GPU", {
  local_gpu()
  for (case in tiled_cases) {
    # short and long points; one round of components, several; any remainder
    for (shape in list(c(3, 20), c(3, 65), c(20, 12), c(20, 64), c(20, 130))) {
      for (precision in c("float32", "float64")) {
        expect_tiled_sums(case, rowSums, 130, 321, shape[1], shape[2], precision)
      }
    }
  }
  for (size in list(c(1, 1), c(3, 31), c(63, 33), c(129, 64), c(5, 1000))) {
    expect_tiled_sums(tiled_cases[[1]], rowSums, size[1], size[2], 3, 24, "float32")
    expect_tiled_sums(tiled_cases[[1]], rowMeans, size[1], size[2], 17, 24,
                      "float64", "Mean_Reduction(%s, 0)")
  }
})

test_that("wide sums by tiles: little memory, special values", {
  local_gpu()
  args <- c("x = Vi(3)", "y = Vj(3)", "b = Vj(40)")
  op <- keops_kernel("Sum_Reduction(Exp(-SqDist(x, y)) * b, 0)", args)
  data <- list(points(130, 3), points(40000, 3, start = 0.3), points(40000, 40))
  whole <- op(data)
  local_rkeops_options(gpu_memory = 10 * 2^20)
  expect_identical(op(data), whole)
  expect_gt(r_last_timings()[["chunks"]], 1)
  expect_bad_weights_pass(op, data, whole, 3, 39999)
})

test_that("outer products with long vectors, means, other sums, axes", {
  D <- 40
  args <- sprintf(c("x = Vi(%d)", "y = Vj(%d)", "b = Vj(%d)"), D)
  data <- list(points(50, D), points(70, D, start = 0.3), points(70, D))
  kernel <- gaussian_matrix(data[[1]], data[[2]], 0.1)
  for (scheme in c("plain", "block", "compensated")) {
    op <- function(reduction) {
      formula <- sprintf(reduction, "Exp(-0.1 * SqDist(x, y)) * b")
      keops_kernel(formula, args, precision = "float64", sum_scheme = scheme)
    }
    expect_equal(op("Sum_Reduction(%s, 0)")(data), kernel %*% data[[3]])
    expect_equal(op("Mean_Reduction(%s, 0)")(data), kernel %*% data[[3]] / 70)
    expect_equal(
      op("Sum_Reduction(%s, 1)")(data), colSums(kernel) * data[[3]]
    )
  }
  gradient <- keops_grad(op("Sum_Reduction(%s, 0)"), "x")
  weight <- kernel * tcrossprod(points(50, D), data[[3]])
  expect_equal(
    gradient(c(data, list(points(50, D)))),
    -0.2 * (data[[1]] * rowSums(weight) - weight %*% data[[2]])
  )
})

test_that("results do not depend on threads, and special values pass", {
  op <- outer_operator(outer_cases[[1]]$formula, 30)
  data <- outer_data(600, 1000, 30)
  local_rkeops_options(threads = 1)
  alone <- op(data)
  local_rkeops_options(threads = 2)
  expect_identical(op(data), alone)
  expect_bad_weights_pass(op, data, alone, "b", 6)
})

test_that("narrow values, and those of other forms, are no outer products", {
  is_outer <- function(formula, args) {
    plan <- explain(keops_kernel(formula, args), "plan")
    any(grepl("summed up by components", plan))
  }
  expect_true(is_outer("Sum_Reduction(Exp(x * y) * b, 0)",
                       c("x = Vi(1)", "y = Vj(1)", "b = Vj(4)")))
  expect_false(is_outer("Sum_Reduction(Exp(x * y) * b, 0)",
                        c("x = Vi(1)", "y = Vj(1)", "b = Vj(3)")))
  expect_false(is_outer("Max_Reduction(Exp(x * y) * b, 0)",
                        c("x = Vi(1)", "y = Vj(1)", "b = Vj(9)")))
  expect_false(is_outer("Sum_Reduction(Exp(x * y), 0)",
                        c("x = Vi(9)", "y = Vj(9)")))
  expect_false(is_outer("Sum_Reduction(MatVecMult(x, y), 0)",
                        c("x = Vi(27)", "y = Vj(3)")))
})
