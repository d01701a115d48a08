# Ranges and batches on a GPU, or the emulated one: each family of kernels.

skip_on_cran()

gpu_ranges <- function() {
  pair_ranges(
    i = rbind(c(1, 130), c(131, 140), c(141, 141), c(1, 130), c(160, 300)),
    j = rbind(c(5, 300), c(1, 700), c(300, 310), c(301, 303), c(250, 600)),
    sizes = c(300, 700)
  )
}

# Short and long points, wide values, searches, several slots.
gpu_families <- list(
  c("Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0)", 3, 2),
  c("Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0)", 3, 24),
  c("ArgKMin_Reduction(SqDist(x, y), 3, 0)", 20, 1),
  c("Sum_Reduction(x * Elem(b, 0), 1)", 3, 1)
)

family_call <- function(family, precision = "float64") {
  dimension <- as.integer(family[[2]])
  components <- as.integer(family[[3]])
  op <- keops_kernel(
    family[[1]], c(
      sprintf("x = Vi(%d)", dimension), sprintf("y = Vj(%d)", dimension),
      sprintf("b = Vj(%d)", components), "s = Pm(1)"
    ), precision = precision
  )
  data <- list(
    points(300, dimension), points(700, dimension, start = 7),
    points(700, components, start = 3), 0.4
  )
  function(ranges) op(data, ranges = ranges)
}

test_that("every family of kernels goes over the ranges", {
  ranges <- gpu_ranges()
  for (family in gpu_families) {
    compute <- family_call(family)
    expected <- local({
      local_rkeops_options(compile = "never")
      compute(ranges)
    })
    local({
      local_gpu()
      expect_equal(
        compute(ranges), expected, tolerance = 1e-12, label = family[[1]]
      )
    })
  }
})

test_that("rows with all columns have the bits that they have without", {
  local_large_gpu()
  whole <- from_matrix(matrix(TRUE, 2, 3), c(10, 290), c(1, 400, 299))
  for (family in gpu_families[c(1, 2)]) {
    compute <- family_call(family, "float32")
    expect_identical(compute(whole), compute(NULL), label = family[[1]])
  }
})

test_that("tiles and several GPUs do not change a bit", {
  ranges <- gpu_ranges()
  compute <- family_call(gpu_families[[1]])
  local({
    local_gpu()
    wide <- from_matrix(outer(1:6, 1:20, function(i, j) (i * j) %% 4 == 1),
                        rep(100, 6), rep(1000, 20))
    op <- keops_kernel(
      gpu_families[[1]][[1]],
      c("x = Vi(3)", "y = Vj(3)", "b = Vj(2)", "s = Pm(1)"),
      precision = "float64"
    )
    data <- list(
      points(600, 3), points(20000, 3, start = 7), points(20000, 2), 0.4
    )
    expect_same_in_chunks(function() op(data, ranges = wide), "ranges")
  })
  expected <- local({
    local_gpus(1)
    compute(ranges)
  })
  local_gpus(2)
  expect_identical(compute(ranges), expected)
})

test_that("gradients and batches run on the GPU", {
  x <- array(points(3 * 20, 2), c(3, 20, 2))
  y <- array(points(3 * 30, 2, start = 5), c(3, 30, 2))
  op <- keops_kernel(
    "Sum_Reduction(Exp(-s * SqDist(x, y)), 0)",
    c("x = Vi(2)", "y = Vj(2)", "s = Pm(1)"), precision = "float64"
  )
  s <- array(1:3, c(3, 1, 1))
  eta <- array(1, c(3, 20, 1))
  compute <- function() {
    list(op(x, y, s), keops_grad(op, "y")(x, y, s, eta))
  }
  expected <- local({
    local_rkeops_options(compile = "never")
    compute()
  })
  local_gpu()
  expect_equal(compute(), expected, tolerance = 1e-12)
})
