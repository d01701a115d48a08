# What base R asks of the entries of a matrix, of a matrix that is not stored.

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
  })
})
