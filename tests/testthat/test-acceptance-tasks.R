# A new user writes this with the README and the vignettes alone: a density
# estimate, a search for neighbours, a descent on points. Against plain R.

skip_on_cran()

test_that("a kernel density estimate, and its bandwidth", {
  local_rkeops_options(precision = "float64")
  data <- points(60, 2)
  grid <- expand.grid(seq(0, 1, length.out = 5), seq(0, 1, length.out = 4))
  gaussian <- function(D, h) exp(-D / (2 * h^2)) / (2 * pi * h^2)
  h <- 0.2
  estimate <- rowMeans(gaussian(sqdist(Vi(grid), Vj(data)), h))
  expected <- apply(as.matrix(grid), 1, function(node) {
    mean(dnorm(data[, 1], node[1], h) * dnorm(data[, 2], node[2], h))
  })
  expect_equal(estimate, expected, ignore_attr = TRUE)
  K <- gaussian(sqdist(Vi(data), Vj(data)), h)
  others <- vapply(1:60, function(i) {
    sum(dnorm(data[-i, 1], data[i, 1], h) * dnorm(data[-i, 2], data[i, 2], h))
  }, 1)
  expect_equal(rowSums(K) - diag(K), others)
})

test_that("nearest neighbours of another kind than the point itself", {
  data <- withr::with_seed(1, matrix(runif(150), 50))
  D <- sqdist(Vi(data), Vj(data))
  stored <- as.matrix(dist(data))
  diag(stored) <- Inf
  found <- Kmin_argKmin(D, K = 2, index = "j")
  expect_identical(
    found$indices[, 2], unname(apply(stored, 1, which.min))
  )
  expect_equal(
    sqrt(found$values[, 2]), unname(apply(stored, 1, min)), tolerance = 1e-4
  )
  within <- rowSums(D < 0.3^2) - 1
  expect_equal(within, unname(rowSums(stored < 0.3)))
})

test_that("points descend to a sample", {
  local_rkeops_options(precision = "float64")
  y <- points(40, 2, start = 0.3)
  start <- points(15, 2)
  attraction <- lazy_objective(
    function(p) norm2(Vi(p) - Vj(y)) / nrow(y), start
  )
  repulsion <- lazy_objective(
    function(p) norm2(Vi(p) - Vj(p)) / (2 * nrow(p)), start
  )
  energy <- function(p) attraction$fn(p) - repulsion$fn(p)
  gradient <- function(p) attraction$gr(p) - repulsion$gr(p)
  plain <- function(p) {
    to_y <- sqrt(squared_distances(p, y))
    sum(to_y) / 40 - sum(as.matrix(dist(p))) / 30
  }
  p <- start
  for (iteration in 1:20) p <- p - 0.2 * gradient(p)
  expect_identical(dim(p), dim(start))
  expect_equal(energy(p), plain(p))
  expect_lt(plain(p), plain(start))
  result <- optim(p, energy, gradient, method = "BFGS",
                  control = list(maxit = 5))
  expect_lte(result$value, energy(p))
})
