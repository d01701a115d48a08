# Densities, tests and transports on a GPU: the same numbers as on the processor.

test_that("models and tests give the same on a GPU", {
  x <- as.matrix(iris[1:70, 1:2])
  y <- as.matrix(iris[71:120, 1:2])
  results <- function() {
    set.seed(1)
    list(
      density = predict(kernel_density(x, bw = 0.3), y, log = TRUE),
      test = mmd_test(x, y, bandwidth = 1, nperm = 19)[
        c("statistic", "permutations")
      ],
      transport = sinkhorn(x, y, 0.5)$value,
      chamfer = chamfer_distance(x, y),
      components = unname(kernel_pca(x, bandwidth = 1)$sdev)
    )
  }
  on_processor <- results()
  local_gpu()
  expect_equal(results(), on_processor, tolerance = 1e-8)
  expect_equal(
    predict(kernel_density(to_gpu(x), bw = 0.3), to_gpu(y), log = TRUE),
    on_processor$density, tolerance = 1e-8
  )
})
