# Squared distances in exponents, expanded where the data allow it
# (src/pass/expand_distances.h).

skip_on_cran()

gaussian_sum <- "Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0)"

expansion_args <- function(D, B = 2) {
  c(
    sprintf("x = Vi(%d)", D), sprintf("y = Vj(%d)", D), sprintf("b = Vj(%d)", B),
    "s = Pm(1)", sprintf("w = Pm(%d)", D), "a = Vi(1)"
  )
}

# Points near `offset`, and a bandwidth that keeps exponents small.
expansion_data <- function(D, M = 130, N = 70, B = 2, offset = 0) {
  list(
    x = matrix(runif(M * D), M, D) + offset, y = matrix(runif(N * D), N, D) + offset,
    b = matrix(rnorm(N * B), N, B), s = 2 / D, w = runif(D) / D, a = rnorm(M)
  )
}

formulas_to_expand <- list(
  gaussian = gaussian_sum,
  mean = "Mean_Reduction(Exp(-s * SqDist(x, y)) * b, 0)",
  over_i = "Sum_Reduction(Exp(-s * SqDist(x, y)) * a, 1)",
  weighted = "Sum_Reduction(Exp(-WeightedSqDist(w, x, y)) * b, 0)",
  negative = "Sum_Reduction(-b * Exp(-SqDist(y, x) / (2 * s)), 0)",
  with_terms = "Sum_Reduction(Exp(a - s * SqDist(x, y) + Elem(b, 0)), 0)",
  in_a_sum = "Sum_Reduction((Exp(-s * SqDist(x, y)) + Exp(-SqDist(x, y))) * b, 0)",
  of_vectors = "Sum_Reduction(Exp(-s * SqDist(x, y)) * (y - x), 0)",
  log_sum_exp = "LogSumExp_Reduction(-s * SqDist(x, y) + Elem(b, 1), 0)",
  log_sum_exp_over_i = "LogSumExp_Reduction(a - s * SqDist(x, y), 1)",
  softmax = "SumSoftMaxWeight_Reduction(-s * SqDist(x, y), b, 0)",
  gradient_x = sprintf("Grad(%s, x, Vi(6, 2))", gaussian_sum),
  gradient_y = sprintf("Grad(%s, y, Vi(6, 2))", gaussian_sum),
  second = sprintf("Grad(Grad(%s, x, Vi(6, 2)), x, x)", gaussian_sum),
  gradient_log_sum_exp =
    "Grad(LogSumExp_Reduction(-s * SqDist(x, y) + Elem(b, 1), 0), x, Vi(6, 1))"
)

interpreted <- function(value) {
  local_rkeops_options(compile = "never")
  value
}

test_that("every one of these formulas is expanded", {
  # of squared distances in three dimensions, a sum of two powers gains nothing
  for (name in setdiff(names(formulas_to_expand), c("in_a_sum", "second"))) {
    op <- keops_kernel(formulas_to_expand[[name]], expansion_args(3))
    expect_match(explain(op, "expansion")[1], "centre1", info = name)
  }
})

test_that("an expansion gives what the formula gives", {
  for (name in names(formulas_to_expand)) {
    for (D in c(1, 3, 20)) {
      formula <- formulas_to_expand[[name]]
      data <- unname(expansion_data(D))
      eta <- if (grepl("Vi(6, 2)", formula, fixed = TRUE)) 2 else 1
      if (grepl("Vi(6", formula, fixed = TRUE)) {
        data <- c(data, list(matrix(rnorm(130 * eta), 130)))
      }
      exact <- interpreted(as_written(
        keops_kernel(formula, expansion_args(D), precision = "float64")(data)
      ))
      precisions <- c("float32", "float64")
      if (!is_exhaustive()) precisions <- precisions[1 + (D == 3)]
      for (precision in precisions) {
        op <- keops_kernel(formula, expansion_args(D), precision = precision)
        bound <- if (precision == "float32") 5e-6 else 1e-13
        expect_equal(
          expanded(op(data)), exact,
          tolerance = bound, info = paste(name, D, precision)
        )
      }
    }
  }
})

test_that("the interpreter expands too", {
  data <- unname(expansion_data(3))
  op <- keops_kernel(gaussian_sum, expansion_args(3), precision = "float64")
  exact <- as_written(op(data))
  old <- set_rkeops_option("compile", "never")
  on.exit(set_rkeops_options(old))
  expect_equal(expanded(op(data)), exact, tolerance = 1e-13)
})

test_that("centres keep the digits of points that are far from 0", {
  data <- expansion_data(3, offset = 1000)
  op <- keops_kernel(gaussian_sum, expansion_args(3), precision = "float64")
  pairs <- exp(-data$s * squared_distances(data$x, data$y))
  expect_equal(expanded(op(unname(data))), pairs %*% data$b, tolerance = 1e-12)
})

test_that("where exponents are large the formula is computed as it stands", {
  for (change in list(
    function(data) modifyList(data, list(s = 1e4)),
    function(data) {
      data$x[7, 2] <- 1e3
      data
    },
    function(data) {
      data$y[5, 1] <- NaN
      data
    },
    function(data) {
      data$x[1, 1] <- Inf
      data
    },
    function(data) modifyList(data, list(s = NaN))
  )) {
    data <- unname(change(expansion_data(3)))
    op <- keops_kernel(gaussian_sum, expansion_args(3), precision = "float64")
    expect_identical(expanded(op(data)), as_written(op(data)))
  }
})

test_that("terms of one index that would overflow as factors stay", {
  data <- expansion_data(3)
  data$a <- rep(c(-2000, 2000), 65)
  op <- keops_kernel(
    "Sum_Reduction(Exp(a - s * SqDist(x, y) - 2000), 0)", expansion_args(3),
    precision = "float64"
  )
  data <- unname(data)
  expect_identical(expanded(op(data)), as_written(op(data)))
})

test_that("empty sizes are as without an expansion", {
  op <- keops_kernel(gaussian_sum, expansion_args(3))
  for (sizes in list(c(0, 5), c(5, 0), c(0, 0), c(1, 1))) {
    data <- unname(expansion_data(3, sizes[1], sizes[2]))
    expect_equal(expanded(op(data)), as_written(op(data)), tolerance = 1e-6)
  }
})

test_that("large problems are expanded by themselves, small ones are not", {
  op <- keops_kernel(gaussian_sum, expansion_args(3), precision = "float64")
  small <- unname(expansion_data(3))
  expect_identical(op(small), as_written(op(small)))
  large <- unname(expansion_data(3, 1500, 1500))
  automatic <- op(large)
  expect_identical(automatic, expanded(op(large)))
  expect_false(identical(automatic, as_written(op(large))))
})

test_that("what has no distance in an exponent is not expanded", {
  for (formula in c(
    "Sum_Reduction(Exp(-Norm2(x - y)) * b, 0)", "Sum_Reduction(SqDist(x, y), 0)",
    "Sum_Reduction(Exp(x | y) * b, 0)", "ArgMin_Reduction(Norm2(x - y), 0)",
    "Sum_Reduction(Exp(-a * SqDist(x, y)), 0)"
  )) {
    op <- keops_kernel(formula, expansion_args(3))
    expect_identical(
      unclass(explain(op, "expansion")), "nothing to expand", info = formula
    )
  }
})

test_that("expansions are shown", {
  op <- keops_kernel(gaussian_sum, expansion_args(3))
  expect_snapshot(explain(op, "expansion"))
})

test_that("an expansion on a GPU gives what the formula gives", {
  cases <- list(
    gaussian = c(1, 3, 20), over_i = 3, gradient_x = c(3, 20), log_sum_exp = 20
  )
  for (name in names(cases)) {
    for (D in cases[[name]]) {
      data <- unname(expansion_data(D))
      if (name == "gradient_x") data <- c(data, list(matrix(rnorm(260), 130)))
      op <- keops_kernel(
        formulas_to_expand[[name]], expansion_args(D), precision = "float64"
      )
      exact <- as_written(op(data))
      local({
        local_gpu()
        expect_equal(
          expanded(op(data)), exact, tolerance = 1e-13, info = paste(name, D)
        )
        # it is what was computed
        expect_false(
          identical(expanded(op(data)), as_written(op(data))),
          info = paste(name, D)
        )
      })
    }
  }
})

# A GPU looks at rows while it folds where the data of three calls could be
# expanded, and before it does where those of the last could not.
expect_found <- function(op, near, far) {
  exact <- as_written(op(unname(near)))
  for (again in 1:3) expect_false(identical(expanded(op(unname(near))), exact))
  exact <- as_written(op(unname(far)))
  for (again in 1:2) expect_identical(expanded(op(unname(far))), exact)
}

test_that("a GPU finds every row and column that is too far away", {
  local_gpu()
  # one launch; inner products; too many sums for one launch
  for (sizes in list(c(D = 3, B = 2), c(D = 20, B = 2), c(D = 3, B = 9))) {
    D <- sizes[["D"]]
    B <- sizes[["B"]]
    op <- keops_kernel(gaussian_sum, expansion_args(D, B), precision = "float64")
    near <- expansion_data(D, B = B)
    for (bad in list(1e3, NaN, Inf)) {
      for (place in list(c("x", 1), c("x", 130), c("y", 1), c("y", 70))) {
        far <- near
        far[[place[1]]][as.integer(place[2]), D] <- bad
        expect_found(op, near, far)
      }
    }
  }
})

test_that("one row or column of many chunks is enough for that", {
  local_gpu()
  op <- keops_kernel(gaussian_sum, expansion_args(3), precision = "float64")
  near <- expansion_data(3, 20000, 300)
  local_rkeops_options(gpu_memory = "500 KiB")
  for (input in c("x", "y")) {
    far <- near
    far[[input]][nrow(far[[input]]) - 1, 1] <- 1e3
    expect_found(op, near, far)
    expect_gt(r_last_timings()[["chunks"]], 1)
  }
})

test_that("and so it is of many slices", {
  local_gpu()
  local_short_slices()
  op <- keops_kernel(gaussian_sum, expansion_args(3, 9), precision = "float64")
  near <- expansion_data(3, 3000, 3000, 9)
  for (input in c("x", "y")) {
    far <- near
    far[[input]][3000, 1] <- 1e3
    expect_found(op, near, far)
  }
})

test_that("matrices on the GPU are looked at there", {
  local_gpu()
  data <- expansion_data(3)
  op <- keops_kernel(gaussian_sum, expansion_args(3), precision = "float64")
  exact <- as_written(op(unname(data)))
  host <- expanded(op(unname(data)))
  resident <- lapply(unname(data), to_gpu)
  expect_equal(as.matrix(expanded(op(resident))), host, tolerance = 1e-13)
  expect_equal(host, exact, tolerance = 1e-13)
  far <- lapply(unname(modifyList(data, list(s = 1e4))), to_gpu)
  expect_identical(
    as.matrix(expanded(op(far))), as.matrix(as_written(op(far)))
  )
})

test_that("the centre of matrices that stay on the GPU is their own", {
  local_gpu()
  op <- keops_kernel(gaussian_sum, expansion_args(3), precision = "float64")
  near <- lapply(unname(expansion_data(3)), to_gpu)
  # with the centre of others they would be too far away to be expanded
  far <- lapply(unname(expansion_data(3, offset = 1000)), to_gpu)
  for (data in list(near, far, far, near)) {
    centred <- as.matrix(expanded(op(data)))
    written <- as.matrix(as_written(op(data)))
    expect_equal(centred, written, tolerance = 1e-9)
    expect_false(identical(centred, written))
  }
})

test_that("and it follows the parameters of the points", {
  local_gpu()
  op <- keops_kernel(
    "Sum_Reduction(Exp(-SqDist(p * x, p * y)) * b, 0)",
    c("x = Vi(3)", "y = Vj(3)", "b = Vj(2)", "p = Pm(1)"), precision = "float64"
  )
  data <- lapply(unname(expansion_data(3, offset = 1000))[1:3], to_gpu)
  # by 1.01 they move 10 away, which is too far
  for (p in c(1, 1.01, 1)) {
    centred <- as.matrix(expanded(op(c(data, p))))
    written <- as.matrix(as_written(op(c(data, p))))
    expect_equal(centred, written, tolerance = 1e-9)
    expect_false(identical(centred, written))
  }
})

test_that("the sizes of all distances of an exponent count together", {
  args <- c("x = Vi(3)", "y = Vj(3)", "u = Vi(3)", "v = Vj(3)")
  op <- keops_kernel(
    "Sum_Reduction(Exp(-SqDist(x, y) - SqDist(u, v)), 0)", args,
    precision = "float64"
  )
  conditions <- grep("^where", explain(op, "expansion"), value = TRUE)
  expect_length(conditions, 2)
  expect_match(conditions, "\\+")
  x <- matrix(c(-1, 1), 40, 3)
  near <- list(x, x, x, x)
  far <- lapply(near, `*`, 1.7)  # each distance alone would be near enough
  expect_equal(expanded(op(near)), as_written(op(near)), tolerance = 1e-13)
  expect_identical(expanded(op(far)), as_written(op(far)))
})
