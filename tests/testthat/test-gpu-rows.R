# Every row of both tables on the GPU of the machine, or on an emulated one:
# values in double and gradients in single precision, against the interpreter,
# which test-ops.R and test-reductions.R compare with plain R. With
# RKEOPS_EXHAUSTIVE these compare the GPU with plain R too, in all of that.

skip_on_cran()

# `make` is a function of the precision that makes the operator.
expect_gpu_agrees <- function(make, inputs, precision, label) {
  expected <- local({
    local_rkeops_options(compile = "never")
    make("float64")(inputs)
  })
  local_gpu()
  actual <- make(precision)(inputs)
  expect_equal(dim(actual), dim(expected), label = label)
  # each component, relative to the largest number in it
  size <- pmax(apply(abs(expected), 2, max), 1)
  error <- max(apply(abs(actual - expected), 2, max) / size)
  limit <- c(float64 = 1e-12, float32 = 2e-5)[[precision]]
  expect_lt(error, limit, label = paste("error on the GPU of", label))
}

test_that("every operation gives on the GPU what it gives on the CPU", {
  for (batch in row_batches(differentiable_examples(), size = 40)) {
    label <- toString(batch$calls)
    make <- function(precision) {
      keops_kernel(batch$formula, row_args, precision = precision)
    }
    expect_gpu_agrees(make, batch$data, "float64", label)
    eta <- exact_points(3, max(unlist(batch$blocks)), start = 40)
    gradient <- function(precision) keops_grad(make(precision), "x")
    inputs <- c(unname(batch$data), list(eta))
    expect_gpu_agrees(gradient, inputs, "float32", paste("gradient of", label))
  }
})

test_that("every reduction gives on the GPU what it gives on the CPU", {
  args <- c("x = Vi(3)", "y = Vj(3)", "b = Vj(2)")
  inputs <- list(points(20), points(300, start = 0.3), points(300, 2, start = 0.9))
  for (formula in formula_language("reductions")$example) {
    make <- function(precision) {
      keops_kernel(formula, args, precision = precision)
    }
    expect_gpu_agrees(make, inputs, "float64", formula)
    result <- make("float64")(inputs)
    eta <- points(nrow(result), ncol(result), start = 7)
    # indices are different where distances are equal in single precision
    if (grepl("Arg|KM", formula)) next
    gradient <- function(precision) keops_grad(make(precision), "x")
    expect_gpu_agrees(
      gradient, c(inputs, list(eta)), "float32", paste("gradient of", formula)
    )
  }
})
