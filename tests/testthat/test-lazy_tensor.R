# Making lazy tensors: data, sharing, copies in other sessions.

test_that("data of all kinds become tensors", {
  x <- lazy_points(7, 3)
  x_i <- LazyTensor(x, "i")
  expect_s4_class(x_i, "LazyTensor")
  expect_identical(x_i$args, "V0 = Vi(3)")
  expect_identical(x_i$data, list(x))
  expect_identical(x_i$dimres, 3L)
  expect_identical(Vi(x)$args, x_i$args)
  expect_identical(Vj(x)$args, LazyTensor(x, "j")$args)
  expect_identical(Vi(x[, 1])$args, "V0 = Vi(1)")
  expect_identical(Pm(c(1, 2))$args, "V0 = Pm(2)")
  expect_identical(LazyTensor(3.14)$args, Pm(3.14)$args)
  integers <- matrix(1:6, 3)
  expect_equal(as.matrix(Vi(integers)), integers, ignore_attr = TRUE)
  frame <- data.frame(a = 1:3, b = c(0.5, 1, 2))
  expect_equal(as.matrix(Vi(frame)), as.matrix(frame), ignore_attr = TRUE)
  expect_equal(dim(LazyTensor(2)), c(1L, 1L))
})

test_that("complex data are kept as real and imaginary parts in turn", {
  z <- matrix(2 + 1i^(-6:-3), 2)
  z_i <- LazyTensor(z, index = "i", is_complex = TRUE)
  expect_s4_class(z_i, "ComplexLazyTensor")
  expect_equal(z_i$data[[1]], cbind(
    Re(z[, 1]), Im(z[, 1]), Re(z[, 2]), Im(z[, 2])
  ))
  expect_identical(z_i$dimres, 2L)
  p <- LazyTensor(c(4 + 5i, 2 + 3i, 7 + 1i))
  expect_equal(unlist(p$data), c(4, 5, 2, 3, 7, 1))
  real <- LazyTensor(c(1, 2), is_complex = TRUE)
  expect_equal(unlist(real$data), c(1, 0, 2, 0))
})

test_that("predicates", {
  x_i <- Vi(lazy_points(4, 2))
  z_i <- Vi(complex_points(4, 2))
  expect_true(is.LazyTensor(x_i))
  expect_true(is.LazyTensor(z_i))
  expect_true(is.ComplexLazyTensor(z_i))
  expect_false(is.ComplexLazyTensor(x_i))
  expect_false(is.LazyTensor(3.14))
  expect_true(is.LazyMatrix(x_i))
  expect_false(is.LazyMatrix(x_i + x_i))
  expect_true(is.LazyVector(Pm(1:3)))
  expect_true(is.LazyParameter(Pm(3.14)))
  expect_false(is.LazyParameter(Pm(1:3)))
  expect_true(is.ComplexLazyParameter(Pm(2 + 3i)))
  expect_error(is.LazyVector(3), class = "rkeops_error_argument")
  expect_true(is.int(3))
  expect_false(is.int(3.5))
})

test_that("the same object is one variable, and so are equal numbers", {
  x <- lazy_points(4, 2)
  expect_length((Vi(x) + sum(Vi(x)))$data, 1)
  expect_length((Vi(x) + Vj(x))$data, 2)
  copy <- x + 0
  expect_length((Vi(x) + Vi(copy))$data, 2)
  expect_length((2 * Vi(x) + 2)$data, 2)
  expect_length((2 * Vi(x) + 3)$data, 3)
  # a parameter is no number, whatever its value
  expect_length((Pm(2) * Vi(x) + 2)$data, 3)
  p <- Pm(2)
  expect_length((p * Vi(x) + p)$data, 2)
  difference <- Vi(x) - Vj(x)
  expect_length((difference * difference + 1)$data, 3)
})

test_that("chains of operations stay as long as they are", {
  z <- Vi(complex_points(3, 1))
  for (k in 1:40) z <- z * z
  expect_lt(sum(nchar(z$formula)), 20000)
  x <- Vi(matrix(c(0.25, 0.5), 2))
  deep <- x
  for (k in 1:1500) deep <- sin(deep)
  file <- withr::local_tempfile()
  saveRDS(deep, file)
  expect_identical(readRDS(file)$formula, deep$formula)
  again <- readRDS(file) + 0
  expect_identical(tail(again$formula, 1), tail((deep + 0)$formula, 1))
})

test_that("variables of the same data are one in whatever order they meet", {
  x <- lazy_points(4, 2)
  y <- lazy_points(3, 2)
  forward <- Vi(x) - Vj(y)
  backward <- Vj(y) - Vi(x)
  other <- Vi(x) * Vj(y)
  both <- (forward * backward + other) * (backward / (1 + other^2) + forward)
  expect_length(both$args, 3)
  entries <- function(f) {
    outer(1:4, 1:3, Vectorize(function(i, j) sum(f(x[i, ], y[j, ]))))
  }
  expect_equal(as.matrix(sum(both)), entries(function(x, y) {
    ((x - y) * (y - x) + x * y) * ((y - x) / (1 + (x * y)^2) + (x - y))
  }), tolerance = 1e-5)
  read <- unserialize(serialize(both, NULL))
  expect_identical(read$formula, both$formula)
  square <- Vi(x) - 2 * Vj(x)
  expect_length((square + t(square))$args, 3)
})

test_that("the text of a tensor can be changed like any other", {
  x <- exp(Vi(lazy_points(4, 2)))
  text <- x$formula
  copy <- text
  copy[1] <- "nothing"
  expect_identical(x$formula, "Exp(V0)")
  expect_identical(c(text, copy), c("Exp(V0)", "nothing"))
  expect_identical(sort(c(x$args, x$formula)), c("Exp(V0)", "V0 = Vi(2)"))
})

test_that("a chain is not deeper than the stack", {
  x <- Vi(lazy_points(2, 1))
  steps <- x
  for (k in 1:3000) steps <- steps * steps
  rm(steps)
  gc()
  expect_equal(rowSums(x), c(lazy_points(2, 1)), tolerance = 1e-6)
})

test_that("tensors survive saveRDS and go to other processes", {
  skip_on_cran()
  x <- lazy_points(5, 2)
  y <- lazy_points(6, 2, start = 0.5)
  difference <- Vi(x) - Vj(y)
  K <- exp(-sum(difference^2) / 2) * sum(abs(difference))
  b <- lazy_points(6, 1)
  K <- lazy_precision(K, "float64")
  expected <- K %*% b
  file <- withr::local_tempfile()
  saveRDS(K, file)
  again <- readRDS(file)
  expect_identical(again %*% b, expected)
  expect_identical(t(again) %*% x, t(K) %*% x)

  cluster <- parallel::makePSOCKcluster(1)
  withr::defer(parallel::stopCluster(cluster))
  paths <- .libPaths()
  parallel::clusterCall(cluster, function(paths) .libPaths(paths), paths)
  remote <- parallel::clusterCall(cluster, function(K, b) {
    library(rkeops)
    set_rkeops_options(threads = 1)
    K %*% b
  }, K, b)
  expect_equal(remote[[1]], expected, tolerance = 1e-14)
})

test_that("one expression is compiled once, whatever the values", {
  skip_on_cran()
  directory <- withr::local_tempdir()
  compiler <- counting_compiler(directory)
  local_rkeops_options(
    compiler = compiler$path, cache_dir = file.path(directory, "cache")
  )
  value <- function(x, y, s, b) {
    D <- sum((Vi(x) - Vj(y))^2)
    exp(-D / s^2) %*% Vj(b)
  }
  for (s in c(0.5, 1, 2)) {
    n <- 10 * s
    value(
      points(n, 3), points(n + 1, 3), s, points(n + 1, 2)
    )
  }
  expect_equal(count_lines(compiler$log), 1)
  value(points(4, 2), points(5, 2), 1, points(5, 2))
  expect_equal(count_lines(compiler$log), 2)
})

test_that("what is wrong with data is said", {
  x <- lazy_points(4, 2)
  expect_snapshot(error = TRUE, {
    LazyTensor(Vi(x), "i")
    LazyTensor(x)
    LazyTensor(x, "k")
    LazyTensor(list("x"), "i")
    LazyTensor(matrix(0, 3, 0), "i")
    Pm(x)
    Pm(Vi(x))
    Vi(x) + x
    Vi(x) + Vi(x[1:3, ])
    Vi(x)$rows
    lazy_apply("Mattern52", Vi(x), Vj(x), 1)
    lazy_apply("Matern52", Vi(x), Vj(x))
  })
})

test_that("prints", {
  x <- lazy_points(4, 2)
  expect_snapshot({
    exp(-sqdist(Vi(x), Vj(x)) / 2)
    (Vi(x) - Vj(x)) * norm2(Vi(x) - Vj(x))
    Vi(x) < c(0, 1)
    Vi(complex_points(3, 2)) * 2i
    Pm(1:3)
  })
})
