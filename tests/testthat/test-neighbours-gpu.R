# Neighbours and clusters on a GPU, of the machine or emulated, are those of
# the CPU.

skip_on_cran()

test_that("neighbours, clusters and mixtures are found on a GPU", {
  x <- round(10 * as.matrix(iris[1:70, 1:2]))
  fits <- function() {
    set.seed(1)
    list(
      near = nearest_neighbours(x, k = 2)[c("index", "distance")],
      means = k_means(x, 2)[c("cluster", "centers", "withinss")],
      mixture = gaussian_mixture(x, 2, iter.max = 200)[
        c("loglik", "means", "cluster")
      ]
    )
  }
  local_rkeops_options(compile = "never")
  expected <- fits()
  local_gpu()
  expect_equal(fits(), expected, tolerance = 1e-9)
})
