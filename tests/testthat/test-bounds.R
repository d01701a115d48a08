# Nearest and farthest points, which GPUs find by bounds of the distances
# (src/pass/expand_distances.h, inst/include/rkeops/cuda/cuda_bounds.cuh).

skip_on_cran()

bounded_args <- function(D) {
  c(sprintf("x = Vi(%d)", D), sprintf("y = Vj(%d)", D), "s = Pm(1)",
    sprintf("w = Pm(%d)", D))
}

bounded_formulas <- c(
  "Min_Reduction(SqDist(x, y), 0)", "ArgMin_Reduction(SqDist(x, y), 0)",
  "Min_ArgMin_Reduction(SqDist(x, y), 0)", "Max_Reduction(SqDist(x, y), 0)",
  "ArgMax_Reduction(-s * SqDist(y, x), 0)", "Max_ArgMax_Reduction(SqDist(x, y), 1)",
  "ArgMin_Reduction(WeightedSqDist(w, x, y) / s, 1)",
  "KMin_Reduction(SqDist(x, y), 5, 0)", "ArgKMin_Reduction(SqDist(x, y), 5, 1)",
  "KMin_ArgKMin_Reduction(s * SqDist(x, y), 5, 0)",
  "ArgKMax_Reduction(WeightedSqDist(w, x, y), 5, 0)",
  "Grad(Min_Reduction(SqDist(x, y), 0), x, Vi(4, 1))",
  "Grad(KMin_Reduction(SqDist(x, y), 3, 0), x, Vi(4, 3))"
)

bounded_data <- function(D, M, N, offset = 0) {
  list(matrix(runif(M * D), M, D) + offset, matrix(runif(N * D), N, D) + offset,
       0.7, runif(D))
}

with_data <- function(op, formula, data) {
  if (grepl("Vi(4", formula, fixed = TRUE)) {
    ranks <- if (grepl("KMin", formula)) 3 else 1
    data <- c(data, list(matrix(1, nrow(data[[1]]), ranks)))
  }
  op(data)
}

# For the short vectors that stay in registers, or for longer ones.
test_that("bounds change no result", {
  local_large_gpu()
  for (k in seq_along(bounded_formulas)) {
    dimensions <- c(if (k %% 2) 5 else 10, if (k %% 2) 17 else 100)
    if (!is_exhaustive()) dimensions <- dimensions[1 + (k %/% 2) %% 2]
    for (D in dimensions) {
      precision <- if (k %% 3 == 0) "float64" else "float32"
      formula <- bounded_formulas[k]
      op <- keops_kernel(formula, bounded_args(D), precision = precision)
      program <- paste(explain(op, "expansion", "cuda"), collapse = "\n")
      expect_match(program, "exact_stage", info = formula)
      for (size in list(c(130, 70), c(63, 1300), c(3, 1))) {
        data <- bounded_data(D, size[1], size[2])
        expect_identical(
          expanded(with_data(op, formula, data)),
          as_written(with_data(op, formula, data)),
          info = paste(formula, D, precision, toString(size))
        )
      }
    }
  }
})

# Programs that differ in conditions alone split their columns alike.
test_that("nor do they change the last bits of sums that follow", {
  local_large_gpu()
  formula <- "Grad(KMin_Reduction(SqDist(x, y), 3, 0), x, Vi(4, 3))"
  op <- keops_kernel(formula, bounded_args(5))
  for (times in 1:8) {
    data <- bounded_data(5, 63, 1300)
    expect_identical(
      expanded(with_data(op, formula, data)),
      as_written(with_data(op, formula, data))
    )
  }
})

nearest <- function(K, D, precision = "float32") {
  formula <- if (K == 1) {
    "Min_ArgMin_Reduction(SqDist(x, y), 0)"
  } else {
    sprintf("KMin_ArgKMin_Reduction(SqDist(x, y), %d, 0)", K)
  }
  keops_kernel(formula, bounded_args(D), precision = precision)
}

expect_bounds_change_nothing <- function(data, label) {
  D <- ncol(data[[1]])
  for (K in c(1, 7)) {
    op <- nearest(K, D)
    data <- c(data[1:2], 0.7, list(runif(D)))
    expect_identical(
      expanded(op(data)), as_written(op(data)), info = paste(label, D, K)
    )
  }
}

test_that("nor do they where points are far from the centre, or equal", {
  local_gpu()
  integers <- function(n, D) matrix(sample(0:2, n * D, TRUE) + 0, n, D)
  clusters <- function(n, D) {
    matrix(1000 * sample(0:3, n, TRUE), n, D) + matrix(rnorm(n * D), n, D)
  }
  for (D in c(6, 20)) {
    far <- bounded_data(D, 130, 700, offset = 1e5)
    expect_bounds_change_nothing(far, "offset")
    far[[1]] <- far[[1]] - 2e5
    expect_bounds_change_nothing(far, "rows and columns apart")
    far[[2]][c(3, 600), ] <- 1e12
    expect_bounds_change_nothing(far, "outliers")
    expect_bounds_change_nothing(list(integers(130, D), integers(700, D)), "ties")
    expect_bounds_change_nothing(list(integers(130, D), matrix(1, 700, D)), "equal")
    expect_bounds_change_nothing(list(clusters(130, D), clusters(700, D)), "clusters")
  }
})

# Nearly equal distances to points that are not equally far from the centre: a
# bound for the wrong end excludes the largest.
test_that("the smallest and the largest of the same distances have bounds each", {
  local_gpu()
  for (D in c(6, 20)) {
    op <- keops_kernel(
      "Max_Reduction(SqDist(x, y), 0) - Min_Reduction(SqDist(x, y), 0)",
      bounded_args(D)[1:2]
    )
    expect_length(grep("^bound of", explain(op, "expansion")), 2)
    x <- matrix(1e-6 * rnorm(130 * D), 130)
    y <- matrix(rnorm(700 * D), 700)
    y[, 1] <- 3 * abs(y[, 1])
    y <- y / sqrt(rowSums(y^2)) * (1 + 1e-6 * rnorm(700))
    expect_identical(expanded(op(list(x, y))), as_written(op(list(x, y))), info = D)
  }
})

test_that("what overflows, vanishes or is missing is computed as it is written", {
  local_gpu()
  for (D in c(6, 20)) {
    for (bad in list(NaN, Inf, -Inf, 1e19, 3e38)) {
      for (input in 1:2) {
        data <- bounded_data(D, 67, 300)
        data[[input]][c(1, 66), D] <- bad
        expect_bounds_change_nothing(data, paste(bad, "in", input))
      }
    }
    tiny <- lapply(bounded_data(D, 67, 300)[1:2], `*`, 1e-21)
    expect_bounds_change_nothing(tiny, "tiny")
  }
  for (scale in list(c(1e-20, 1e35), c(1e15, 1e-42), c(1e15, 0), c(1, NaN))) {
    points <- lapply(bounded_data(6, 67, 300)[1:2], `*`, scale[1])
    for (formula in c("s * SqDist(x, y)", "SqDist(x, y) / s")) {
      s <- if (startsWith(formula, "s")) scale[2] else 1 / scale[2]
      op <- keops_kernel(sprintf("Min_Reduction(%s, 0)", formula), bounded_args(6))
      data <- c(points, list(s, runif(6)))
      expect_identical(
        expanded(op(data)), as_written(op(data)), info = paste(formula, s)
      )
    }
  }
})

test_that("of factors with many roundings there is no bound", {
  few <- keops_kernel("Min_Reduction(Sin(s) * s * SqDist(x, y), 0)", bounded_args(6))
  expect_match(explain(few, "expansion")[1], "formula")
  many <- paste(sprintf("Sin(%d * s)", 1:20), collapse = " * ")
  op <- keops_kernel(sprintf("Min_Reduction(%s * SqDist(x, y), 0)", many),
                     bounded_args(6))
  expect_match(explain(op, "expansion")[1], "nothing")
})

test_that("there may be no rows, no columns, or fewer than neighbours", {
  local_gpu()
  for (D in c(6, 20)) {
    for (size in list(c(0, 5), c(5, 0), c(1, 1), c(65, 6))) {
      data <- bounded_data(D, size[1], size[2])
      expect_bounds_change_nothing(data, toString(size))
    }
  }
})

test_that("nor do chunks, slices and several GPUs change what bounds find", {
  local_gpu()
  for (K in c(1, 7)) {
    for (D in c(6, 20)) {
      op <- nearest(K, D)
      data <- bounded_data(D, 3000, 2000)
      expected <- as_written(op(data))
      expect_identical(expanded(op(data)), expected)
      expect_same_in_chunks(
        function() expanded(op(data)), paste("nearest", K, D), most = 900
      )
      local({
        local_short_slices()
        expect_identical(expanded(op(data)), expected)
      })
      local({
        local_gpus(2)  # of another kind, maybe
        expect_identical(expanded(op(data)), as_written(op(data)))
      })
    }
  }
})

test_that("bounds are another program, for GPUs and many pairs", {
  programs <- function() length(list.files(get_rkeops_cache_dir(), "cubin$"))
  local_rkeops_options(cache_dir = withr::local_tempdir(), compile = "never")
  op <- nearest(7, 6)
  data <- bounded_data(6, 100, 100)
  on_cpu <- as_written(op(data))
  expect_identical(expanded(op(data)), on_cpu)
  local_gpu()
  op(data)
  expect_equal(programs(), 1)
  expanded(op(data))
  expect_equal(programs(), 2)
})

test_that("the program of an expansion reads each input once", {
  for (case in list(
    c("Sum_Reduction(Exp(-SqDist(x, y)), 0)", "3"),
    c("Min_Reduction(SqDist(x, y), 0)", "6")
  )) {
    D <- as.integer(case[2])
    op <- keops_kernel(case[1], bounded_args(D)[1:2])
    program <- paste(explain(op, "expansion", "cuda"), collapse = "\n")
    for (index in c("row", "column")) {
      expect_match(program, sprintf("%s_inputs = %d,", index, D), fixed = TRUE)
    }
  }
})
