# Progress bars of loops.

test_that("loops of interactive sessions show how far they are", {
  local_rkeops_options(precision = "float64", compile = "never")
  withr::local_options(
    cli.progress_show_after = 0, cli.progress_handlers_only = "logger"
  )
  # data that no mixture of two components shrinks to a point on
  set.seed(1)
  x <- matrix(rnorm(60), 30)
  y <- matrix(rnorm(60, 1), 30)
  loops <- list(
    Permutations = function() mmd_test(x, y, nperm = 19),
    Permutations = function() {
      hsic_test(matrix(rnorm(360), 30), x, nperm = 9, bandwidth = 0.1)
    },
    Transport = function() sinkhorn(x, y, epsilon = 1),
    Solving = function() {
      kernel_solve(gaussian_kernel(x, bandwidth = 1), 1:30, 0.01)
    },
    Evaluations = function() {
      suppressWarnings(gaussian_process(dist ~ speed, cars, maxit = 1))
    },
    Expectation = function() gaussian_mixture(x, 2),
    Newton = function() kernel_classify(am > 0 ~ wt, mtcars),
    Working = function() kernel_classify(am > 0 ~ wt, mtcars, method = "svm"),
    Barycentre = function() suppressWarnings(wasserstein_barycenter(
      list(x[1:9, ], y[1:9, ]), n = 5, epsilon = 1, maxit = 1
    ))
  )
  log_of <- function(k, interactive = TRUE) {
    withr::local_options(rlang_interactive = interactive)
    utils::capture.output(loops[[k]]())
  }
  shows <- function(log) any(grepl("created|added", log))
  for (k in seq_along(loops)) {
    expect_true(shows(log_of(k)), info = names(loops)[[k]])
  }
  expect_false(shows(log_of(1, FALSE)))
  local_rkeops_options(progress = FALSE)
  expect_false(shows(log_of(1)))
})

test_that("the way to a goal is on a scale of logarithms", {
  expect_identical(percent_of_way(1, 1, 1e-8), 0)
  expect_identical(percent_of_way(1e-4, 1, 1e-8), 50)
  expect_identical(percent_of_way(1e-9, 1, 1e-8), 100)
  expect_identical(percent_of_way(10, 1, 1e-8), 0)
  expect_identical(percent_of_way(1, 1, 1), 0)
  expect_identical(percent_of_way(NaN, 1, 1e-8), 0)
})
