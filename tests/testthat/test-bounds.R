# Nearest and farthest points, which GPUs find by bounds of the distances
# (src/pass/expand_distances.h, inst/include/rkeops/cuda_bounds.cuh).

skip_on_cran()

with_bounds <- function(mode, code) {
  old <- set_rkeops_option("expansion", mode)
  on.exit(set_rkeops_options(old))
  code
}

bounded <- function(...) with_bounds("always", ...)
as_written <- function(...) with_bounds("never", ...)

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
  "Grad(Min_Reduction(SqDist(x, y), 0), x, Vi(4, 1))"
)

bounded_data <- function(D, M, N, offset = 0) {
  list(matrix(runif(M * D), M, D) + offset, matrix(runif(N * D), N, D) + offset,
       0.7, runif(D))
}

with_data <- function(op, formula, data) {
  if (grepl("Vi(4", formula, fixed = TRUE)) {
    data <- c(data, list(matrix(1, nrow(data[[1]]), 1)))
  }
  op(data)
}

# For the short vectors that stay in registers, and for longer ones.
test_that("bounds change no result", {
  local_gpu()
  for (k in seq_along(bounded_formulas)) {
    for (D in c(if (k %% 2) 5 else 10, if (k %% 2) 17 else 100)) {
      precision <- if (k %% 3 == 0) "float64" else "float32"
      formula <- bounded_formulas[k]
      op <- keops_kernel(formula, bounded_args(D), precision = precision)
      program <- paste(explain(op, "expansion", "cuda"), collapse = "\n")
      expect_match(program, "exact_stage", info = formula)
      for (size in list(c(130, 70), c(63, 1300), c(3, 1))) {
        data <- bounded_data(D, size[1], size[2])
        expect_identical(
          bounded(with_data(op, formula, data)),
          as_written(with_data(op, formula, data)),
          info = paste(formula, D, precision, toString(size))
        )
      }
    }
  }
})
