# Base R asks of a matrix that is not stored what it asks of any matrix.

skip_on_cran()

x <- lazy_points(6, 2)
rownames(x) <- letters[1:6]
y <- lazy_points(4, 2, start = 0.4)
K0 <- exp(-squared_distances(unname(x), y))
lazy_kernel <- function() exp(-sqdist(Vi(x), Vj(y)))

test_that("missing and infinite entries", {
  local_rkeops_options(precision = "float64")
  values <- log(lazy_kernel() - K0[2, 3])
  expected <- suppressWarnings(log(K0 - K0[2, 3]))
  together <- concat(
    concat(is.na(values), is.nan(values)),
    concat(is.finite(values), is.infinite(values))
  )
  expected <- c(
    is.na(expected), is.nan(expected), is.finite(expected),
    is.infinite(expected)
  )
  expect_equal(as.vector(together), as.double(expected))
  expect_gt(sum(expected), 0)
  z <- matrix(complex(real = c(1, NaN, 1), imaginary = c(NaN, 1, 1)))
  expect_equal(as.vector(is.na(Vi(z))), c(1, 1, 0))
})

test_that("diagonals", {
  local_rkeops_options(precision = "float64")
  expect_equal(diag(lazy_kernel()), diag(K0))
  expect_equal(diag(t(lazy_kernel())), diag(K0))
  expect_equal(
    diag(Vi(x) - Vj(y)), unname(x[1:4, ]) - y, ignore_attr = TRUE
  )
  expect_equal(diag(Vi(complex_points(3, 1)) * 2i)[1],
               complex_points(3, 1)[1] * 2i)
  expect_identical(diag(2), base::diag(2))
  expect_identical(diag(c(a = 1, b = 2)), base::diag(c(a = 1, b = 2)))
  expect_identical(diag(1:2, 2, 3), base::diag(1:2, 2, 3))
  named <- matrix(1:4, 2, dimnames = list(c("a", "b"), c("a", "b")))
  expect_identical(diag(named, names = FALSE), c(1L, 4L))
})

test_that("norms", {
  local_rkeops_options(precision = "float64")
  for (type in c("O", "1", "I", "F", "E", "M", "f")) {
    expect_equal(norm(-lazy_kernel(), type), norm(K0, type))
  }
  expect_equal(norm(lazy_kernel()), norm(K0))
  expect_identical(norm(diag(2), "2"), 1)
})

test_that("names and plain numbers", {
  local_rkeops_options(precision = "float64")
  K <- lazy_kernel()
  expect_identical(dimnames(K), list(letters[1:6], NULL))
  expect_identical(dimnames(t(K)), list(NULL, letters[1:6]))
  expect_identical(dimnames(Vi(x)), list(letters[1:6], NULL, NULL))
  expect_null(dimnames(Vi(y)))
  expect_equal(as.matrix(K[c("e", "b"), ]), K0[c(5, 2), ], ignore_attr = TRUE)
  expect_equal(as.vector(K), as.vector(K0))
  expect_equal(as.numeric(K), as.vector(K0))
})

test_that("entries are chosen by matrices of subscripts", {
  for (precision in c("float32", "float64")) {
    local_rkeops_options(precision = precision)
    K <- lazy_kernel()
    same <- function(actual, expected) {
      expect_equal(actual, expected, tolerance = 1e-6)
    }
    i <- c(6, 1, 1, 3, 6, 2.9)
    j <- c(4, 1, 1, 2, 1, 4)
    same(K[cbind(i, j)], K0[cbind(i, j)])
    same(t(K)[cbind(j, i)], K0[cbind(i, j)])
    same(K[cbind(1L, 2L)], K0[1, 2])
    same(K[cbind(c(1, NA, 2), c(2, 3, NA))], c(K0[1, 2], NA, NA))
    same(K[matrix(NA, 2, 2)], c(NA_real_, NA_real_))
    same(K[cbind(c(2, 1), 1)[0, ]], double())
    same(K[K0 > 0.5], K0[K0 > 0.5])
    near <- pairs_within(-K, -0.5)
    same(K[near], -near$value)
    same(K[as.matrix(near)], -near$value)
  }
})

test_that("entries are chosen by names, of vectors, of complex tensors", {
  local_rkeops_options(precision = "float64")
  square <- exp(-sqdist(Vi(x), Vj(x)))
  names <- cbind(c("f", "b", NA), c("a", "b", "a"))
  expected <- exp(-squared_distances(x, x))
  expect_equal(square[names], c(expected[6, 1], 1, NA))
  vectors <- Vi(x) - Vj(y)
  i <- c(2, 6, 2)
  j <- c(4, 1, 4)
  expect_equal(vectors[cbind(i, j)], unname(x[i, ]) - y[j, ])
  k <- c(2, 1, 1)
  expect_equal(
    vectors[cbind(i, j, k)], (unname(x[i, ]) - y[j, ])[cbind(1:3, k)]
  )
  z <- complex_points(6, 1)
  expect_equal((Vi(z) * Vj(1:4))[cbind(i, j)], z[i, 1] * j)
  expect_equal(Vi(x)[cbind(i, 1)], unname(x[i, ]))
  local_rkeops_options(index_base = 0L)
  expect_equal(vectors[cbind(i, j) - 1], unname(x[i, ]) - y[j, ])
  expect_equal(square[expected == 1], rep(1, 6))
  expect_length(square[pairs_within(-square, -1)], 6)
})

test_that("many chosen entries, more than are computed at once", {
  n <- 2^20 + 3
  i <- rep(1:6, length.out = n)
  j <- rep(1:4, length.out = n)
  expect_equal(lazy_kernel()[cbind(i, j)], K0[cbind(i, j)], tolerance = 1e-6)
})

test_that("matrices of the package Matrix are factors", {
  skip_if_not_installed("Matrix")
  local_rkeops_options(precision = "float64")
  K <- lazy_kernel()
  B <- Matrix::Matrix(y)
  A <- Matrix::Matrix(unname(x))
  check <- function(actual, expected) {
    expect_equal(unname(actual), expected)
  }
  check(K %*% B, K0 %*% y)
  check(tcrossprod(K, Matrix::t(B)), K0 %*% y)
  check(crossprod(A, K), crossprod(unname(x), K0))
  check(K %*% Matrix::Diagonal(4), K0)
})

test_that("what entries that are not stored cannot do is refused", {
  K <- lazy_kernel()
  expect_snapshot(error = TRUE, {
    K[1, 2] <- 0
    cbind(K, 1)
    rbind(K, K)
    norm(K, "2")
    norm(Vi(x))
    K[7, ]
    K["z", ]
    K[3]
    Vi(x)[, 2]
    K[1, 1, 1, 1]
    K[cbind(1, 5)]
    K[cbind(c(1, 0), 2)]
    K[cbind(1, -2)]
    K[cbind("z", "a")]
    K[cbind(1:2, 1, 1)]
    (Vi(x) - Vj(y))[cbind(1, 1, 3)]
  })
})
