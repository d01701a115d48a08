# eigs_sym() and svds() against eigen(), svd() and RSpectra.

skip_on_cran()
# Interpreted, since many formulas are computed few times.
local_rkeops_options(compile = "never")

flowers <- as.matrix(iris[, 1:4])
D0 <- unname(as.matrix(dist(flowers)))
K0 <- exp(-D0^2 / 2)
gaussian <- function(x, y = x) exp(-sqdist(Vi(x), Vj(y)) / 2)

expect_vectors <- function(found, A, tolerance) {
  wanted <- scale_to(found$vectors, found$values)
  expect_lt(max(abs(A %*% found$vectors - wanted)), tolerance)
  expect_lt(max(abs(crossprod(found$vectors) - diag(ncol(wanted)))), 1e-10)
}

scale_to <- function(x, values) x * rep(values, each = nrow(x))

test_that("eigenvalues of each kind, of both precisions", {
  set.seed(1)
  values <- eigen(K0)$values
  distances <- eigen(D0)$values
  for (precision in c("float32", "float64")) {
    local_rkeops_options(precision = precision)
    tolerance <- c(float32 = 1e-4, float64 = 1e-9)[[precision]]
    found <- eigs_sym(gaussian(flowers), 6)
    expect_equal(found$values, values[1:6], tolerance = tolerance)
    expect_vectors(found, K0, 150 * tolerance)
    expect_identical(found$nconv, 6L)
    D <- norm2(Vi(flowers) - Vj(flowers))
    found <- eigs_sym(D, 4, "SA")
    expect_equal(found$values, rev(distances)[1:4], tolerance = tolerance)
    expect_vectors(found, D0, 1e3 * tolerance)
    expect_equal(eigs_sym(D, 3, "LM")$values,
                 distances[order(-abs(distances))][1:3], tolerance = tolerance)
    expect_equal(eigs_sym(D, 1, "LA")$values, distances[[1]],
                 tolerance = tolerance)
  }
  expect_equal(eigs_sym(gaussian(flowers) + diag(2, 150), 3)$values,
               values[1:3] + 2)
  # all of them, and of a matrix that is small enough to be stored
  expect_equal(eigs_sym(gaussian(flowers), 150)$values, values)
  few <- flowers[1:3, ]
  expect_equal(eigs_sym(gaussian(few), 3)$values, eigen(K0[1:3, 1:3])$values)
})

test_that("singular values of tall and wide matrices", {
  local_rkeops_options(precision = "float64")
  B0 <- K0[, 1:120]
  plain <- svd(B0, 5, 5)
  for (side in c("tall", "wide")) {
    B <- gaussian(flowers, flowers[1:120, ])
    found <- if (side == "wide") svds(t(B), 5) else svds(B, 5)
    expect_equal(found$d, plain$d[1:5])
    u <- if (side == "wide") found$v else found$u
    v <- if (side == "wide") found$u else found$v
    expect_equal(abs(colSums(u * plain$u)), rep(1, 5))
    expect_equal(abs(colSums(v * plain$v)), rep(1, 5))
  }
  expect_identical(dim(svds(B, 3, nu = 0, nv = 2)$u), c(150L, 0L))
  expect_equal(svds(gaussian(flowers, flowers[1:3, ]), 2)$d,
               svd(K0[, 1:3])$d[1:2])
  # of rank 1
  low <- Vi(as.numeric(1:300)) * Vj(as.numeric(1:200))
  expect_equal(svds(low, 2)$d, c(sqrt(sum((1:300)^2) * sum((1:200)^2)), 0))
})

test_that("RSpectra knows lazy tensors", {
  skip_if_not_installed("RSpectra")
  local_rkeops_options(precision = "float64")
  K <- gaussian(flowers)
  expect_equal(RSpectra::eigs_sym(K, 3)$values,
               RSpectra::eigs_sym(K0, 3)$values)
  expect_equal(RSpectra::svds(K, 3)$d, RSpectra::svds(K0, 3)$d)
})

test_that("what is not found is said", {
  local_rkeops_options(precision = "float64")
  D <- norm2(Vi(flowers) - Vj(flowers))
  expect_warning(
    found <- eigs_sym(D, 4, "LA", maxit = 3),
    class = "rkeops_warning_convergence"
  )
  expect_lt(found$nconv, 4)
  expect_snapshot(error = TRUE, {
    eigs_sym(K0, 2)
    eigs_sym(gaussian(flowers), 0)
    eigs_sym(gaussian(flowers), 151)
    eigs_sym(gaussian(flowers), 2, "SM")
    eigs_sym(gaussian(flowers, flowers[1:3, ]), 2)
    eigs_sym(gaussian(flowers), 2, sigma = 1)
    svds(Vi(flowers) - Vj(flowers), 1)
  })
})

test_that("functions of R that store the matrix say so, or what to write", {
  local_rkeops_options(precision = "float64")
  rlang::local_options(rlib_message_verbosity = "verbose")
  K <- gaussian(flowers)
  expect_message(e <- eigen(K), "eigs_sym", class = "rkeops_message_stored")
  expect_equal(e$values, eigen(K0)$values)
  expect_message(s <- svd(K, nu = 2), "svds", class = "rkeops_message_stored")
  expect_identical(dim(s$u), c(150L, 2L))
  expect_identical(dim(s$v), c(150L, 150L))
  expect_message(p <- prcomp(K[, 1:5]), "svds",
                 class = "rkeops_message_stored")
  expect_equal(p$sdev, prcomp(K0[, 1:5])$sdev)
  expect_equal(eigen(K0)$values, base::eigen(K0)$values)
  expect_equal(svd(K0, 1, 1), base::svd(K0, 1, 1))
  big <- Vi(numeric(1e4)) + Vj(numeric(1e4))
  expect_snapshot(error = TRUE, {
    eigen(big)
    svd(big)
    prcomp(big)
    solve(big)
  })
})
