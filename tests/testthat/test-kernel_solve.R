# kernel_solve() and solve() of lazy tensors, against solve() of stored matrices.

skip_on_cran()
set.seed(22)

cells <- as.matrix(expand.grid(1:87, 1:61))[seq(1, 5307, length.out = 400), ]
heights <- c(volcano)[seq(1, 5307, length.out = 400)] - mean(volcano)
matern <- function(x, y = x, h = 15) {
  r <- sqrt(5 * sqdist(Vi(x), Vj(y))) / h
  (1 + r + r^2 / 3) * exp(-r)
}
stored_matern <- function(x, h = 15) {
  r <- sqrt(5) * as.matrix(dist(x)) / h
  unname((1 + r + r^2 / 3) * exp(-r))
}
K0 <- stored_matern(cells)

expect_solution <- function(a, A, b, tolerance = 1e-6) {
  wanted <- solve(A, b)
  expect_lt(max(abs(c(a) - c(wanted))) / max(abs(wanted)), tolerance)
}

test_that("one and many right-hand sides, in both precisions", {
  sides <- cbind(heights, 1, rnorm(400), 0)
  for (precision in c("float32", "float64")) {
    local_rkeops_options(precision = precision)
    K <- matern(cells)
    for (lambda in c(1e-4, 1, 1e4)) {
      A <- K0 + diag(lambda, 400)
      a <- kernel_solve(K, heights, lambda)
      expect_s3_class(a, "kernel_solution")
      expect_solution(a, A, heights)
      expect_true(summary(a)$converged)
      expect_lt(max(abs(A %*% a - heights)), 2e-8 * sqrt(sum(heights^2)))
    }
    a <- kernel_solve(K, sides, 0.1, tol = 1e-10)
    expect_identical(dim(a), c(400L, 4L))
    expect_identical(colnames(a)[[1]], "heights")
    expect_solution(a, K0 + diag(0.1, 400), sides)
    expect_true(all(a[, 4] == 0))
  }
})

# Compiled formulas were had above; what follows is about the solver.
local_rkeops_options(compile = "never")

test_that("a vector on the diagonal, and K + diag(lambda, n)", {
  local_rkeops_options(precision = "float64")
  K <- matern(cells)
  lambda <- runif(400) + 0.01
  A <- K0 + diag(lambda)
  expect_solution(kernel_solve(K, heights, lambda), A, heights)
  expect_solution(
    kernel_solve(K, heights, lambda, precond = "nystrom", rank = 60), A, heights
  )
  S <- K + diag(lambda)
  expect_equal(S %*% heights, A %*% heights)
  expect_equal(as.matrix(S), A)
  expect_equal(solve(S, heights), c(solve(A, heights)), tolerance = 1e-6)
  expect_type(solve(S, heights), "double")
  expect_null(attributes(solve(S, heights)))
  # a part of it, another precision, a copy
  few <- c(5, 2, 9, 300)
  expect_equal(solve(S[few, few], 1:4), solve(A[few, few], 1:4))
  expect_equal(solve(lazy_precision(S, "float32"), heights),
               c(solve(A, heights)), tolerance = 1e-6)
  expect_equal(solve(unserialize(serialize(S, NULL)), heights),
               c(solve(A, heights)), tolerance = 1e-6)
  expect_equal(as.matrix(S - diag(lambda)), K0)
  expect_equal(solve(diag(2, 400) + S, heights),
               c(solve(A + diag(2, 400), heights)), tolerance = 1e-6)
  skip_if_not_installed("Matrix")
  expect_equal(
    solve(K + Matrix::Diagonal(400, lambda), heights), c(solve(A, heights)),
    tolerance = 1e-6
  )
})

test_that("the preconditioner saves iterations, and is used again", {
  local_rkeops_options(precision = "float64")
  K <- matern(cells)
  iterations <- function(...) {
    a <- kernel_solve(K, heights, 1e-3, ...)
    expect_solution(a, K0 + diag(1e-3, 400), heights)
    summary(a)$iterations
  }
  none <- iterations(precond = "none")
  expect_lt(iterations(precond = "nystrom", rank = 200), none / 5)
  first <- kernel_solve(K, heights, 1e-3, precond = "nystrom", rank = 200)
  expect_identical(summary(first)$rank, 200L)
  seed <- .Random.seed
  again <- kernel_solve(K, 2 * heights, 1e-3, precond = first)
  expect_identical(.Random.seed, seed)
  expect_equal(again / 2, first + 0, tolerance = 1e-7)
  expect_identical(
    summary(kernel_solve(K, heights, 1e-3, x0 = first))$iterations, 0L
  )
  set.seed(1)
  one <- kernel_solve(K, heights, 1e-3)
  set.seed(1)
  expect_identical(kernel_solve(K, heights, 1e-3), one)
})

test_that("units of 1e21 and 1e-21, and points far from the origin", {
  for (precision in c("float32", "float64")) {
    local_rkeops_options(precision = precision)
    far <- cells + 1e6
    for (unit in c(1e21, 1e-21)) {
      a <- kernel_solve(unit * matern(far), unit * heights, 0.1 * unit)
      expect_solution(a, K0 + diag(0.1, 400), heights)
      b <- kernel_solve(matern(far), unit * heights, 0.1)
      expect_solution(b / unit, K0 + diag(0.1, 400), heights)
    }
  }
})

test_that("indefinite matrices", {
  local_rkeops_options(precision = "float64")
  few <- cells[1:64, ]
  D <- sqrt(sqdist(Vi(few), Vj(few)))
  D0 <- unname(as.matrix(dist(few)))
  a <- kernel_solve(D, cbind(heights[1:64], 1))
  expect_identical(summary(a)$method, "minres")
  expect_lt(max(abs(D0 %*% a - cbind(heights[1:64], 1))),
            1e-7 * sqrt(sum(heights[1:64]^2)))
  expect_solution(kernel_solve(D, heights[1:64], -1), D0 - diag(64),
                  heights[1:64])
})

test_that("singular systems warn, with the best solution", {
  local_rkeops_options(precision = "float64")
  twice <- cells[c(1:50, 1:50), ]
  b <- heights[1:100]
  expect_warning(
    a <- kernel_solve(matern(twice), b, maxit = 50),
    "relative residual", class = "rkeops_warning_convergence"
  )
  expect_false(summary(a)$converged)
  expect_lte(summary(a)$iterations, 50)
  # what has a solution is solved
  b[51:100] <- b[1:50]
  a <- kernel_solve(matern(twice), b)
  expect_lt(max(abs(stored_matern(twice) %*% a - b)), 1e-6)
  expect_solution(
    kernel_solve(matern(twice), heights[1:100], 0.5),
    stored_matern(twice) + diag(0.5, 100), heights[1:100]
  )
  expect_warning(
    kernel_solve(matern(cells), heights, 1e-6, precond = "none", maxit = 3),
    "in 3 iterations", class = "rkeops_warning_convergence"
  )
})

test_that("few points", {
  local_rkeops_options(precision = "float64")
  for (n in c(1, 2, 3)) {
    x <- cells[seq_len(n), , drop = FALSE]
    expect_solution(kernel_solve(matern(x), seq_len(n), 0.5),
                    stored_matern(x) + diag(0.5, n), seq_len(n))
  }
  none <- cells[0, ]
  expect_identical(c(kernel_solve(matern(none), numeric())), numeric())
  expect_identical(dim(kernel_solve(matern(cells), matrix(0, 400, 0))),
                   c(400L, 0L))
})

test_that("wrong arguments", {
  local_rkeops_options(precision = "float64")
  K <- matern(cells)
  expect_snapshot(error = TRUE, {
    kernel_solve(K0, heights)
    kernel_solve(matern(cells, cells[1:3, ]), heights)
    kernel_solve(Vi(1:400) - Vj(1:400), heights)
    kernel_solve(K, 1:3)
    kernel_solve(K, "a")
    kernel_solve(K, replace(heights, 2:3, NA))
    kernel_solve(K, heights, lambda = 1:2)
    kernel_solve(K, heights, lambda = NA)
    kernel_solve(K, heights, precond = "jacobi")
    kernel_solve(K, heights, tol = 0)
    kernel_solve(K, heights, maxit = 0)
    kernel_solve(K, heights, x0 = 1:3)
  })
  missing <- replace(cells, 7, NA)
  expect_error(kernel_solve(matern(missing), heights, 1), "finite",
               class = "rkeops_error")
  expect_error(K + K0, class = "rkeops_error")
})

test_that("solve() says what it stores", {
  local_rkeops_options(precision = "float64")
  rlang::local_options(rlib_message_verbosity = "verbose")
  few <- cells[1:5, ]
  expect_message(inverse <- solve(matern(few)), "25 entries",
                 class = "rkeops_message_stored")
  expect_equal(inverse, solve(K0[1:5, 1:5]))
  U <- Vi(c(1, 4, 2)) + square(Vj(c(1, 3, -1))) + (Vi(1:3) == Vj(1:3))
  expect_message(u <- solve(U, 1:3), "9 entries",
                 class = "rkeops_message_stored")
  expect_equal(u, solve(as.matrix(U), 1:3))
})

test_that("solutions print, sum up and are drawn", {
  local_rkeops_options(precision = "float64")
  a <- kernel_solve(matern(cells), heights, 1, precond = "none")
  expect_output(print(a), "no preconditioner, products in float64")
  expect_length(summary(a)$trace, summary(a)$iterations)
  expect_lt(utils::tail(summary(a)$trace, 1), 1e-8)
  pictures <- withr::local_tempfile(fileext = ".pdf")
  grDevices::pdf(pictures)
  withr::defer(grDevices::dev.off())
  expect_silent(plot(a))
  expect_type(-a, "double")
  expect_null(attributes(-a))
})

test_that("gradients through the solution are those of differences", {
  local_rkeops_options(precision = "float64")
  few <- cells[1:60, ] / 10
  sides <- cbind(heights[1:60], rnorm(60))
  lambda <- runif(60) + 0.1
  target <- matrix(rnorm(120), 60)
  solution <- function(x, h, b, lambda) {
    r2 <- as.matrix(dist(x))^2
    solve(exp(-r2 / (2 * h^2)) + diag(lambda), b)
  }
  value <- function(x = few, h = 1.5, b = sides, l = lambda) {
    sum(target * solution(x, h, b, l))
  }
  x_i <- Vi(few)
  x_j <- Vj(few)
  h <- Pm(1.5)
  K <- exp(-sqdist(x_i, x_j) / (2 * h^2))
  for (a in list(
    kernel_solve(K, sides, lambda, tol = 1e-12), solve(K + diag(lambda), sides)
  )) {
    found <- kernel_solve_gradient(K, lambda, a, target, h, tol = 1e-12)
    expect_equal(sum(found$b * sides), value(), tolerance = 1e-8)
    expect_equal(c(found$var), (value(h = 1.5001) - value(h = 1.4999)) / 2e-4,
                 tolerance = 1e-6)
    step <- 1e-5 * (1:60 == 7)
    expect_equal(
      found$lambda[[7]],
      (value(l = lambda + step) - value(l = lambda - step)) / 2e-5,
      tolerance = 1e-6
    )
    of_x <- kernel_solve_gradient(K, lambda, a, target, x_i, tol = 1e-12)$var +
      kernel_solve_gradient(K, lambda, a, target, x_j, tol = 1e-12)$var
    move <- replace(0 * few, 61:62, 1e-5)
    expect_equal(sum(of_x * move),
                 (value(few + move) - value(few - move)) / 2,
                 tolerance = 1e-5)
  }
  a <- kernel_solve(K, sides[, 1], 0.5)
  found <- kernel_solve_gradient(K, 0.5, a, 1)
  expect_length(found$b, 60)
  expect_null(dim(found$b))
  expect_length(found$lambda, 1)
  expect_null(found$var)
  expect_error(kernel_solve_gradient(K, 0.5, a, 1:3), "gradin",
               class = "rkeops_error")
})
