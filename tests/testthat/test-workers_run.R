# Workers that hang, what is shown of a long call, and verbs that are made of
# many calls.

skip_if_not_installed("future")
skip_on_os("windows")

# Set back at the end of the file.
old_options <- set_rkeops_options(
  compile = "never", pruning = "never", digits = "auto"
)
old_plan <- future::plan(future::multisession, workers = 2)

set.seed(25)
x <- matrix(rnorm(3 * 1500), ncol = 3) + 1e6
distances <- function() sqdist(Vi(x), Vj(x))

test_that("a part of a worker that hangs is asked of another one", {
  f <- function() sum(exp(-distances()), index = "j")
  alone <- f()
  local_hanging_worker()
  expect_silent(shared <- with_workers(f()))
  expect_identical(shared, alone)
  expect_identical(workers$last$lost, 1L)
})

test_that("a worker that went on after it hung is used", {
  expect_shared(function() sum(exp(-distances()), index = "j"))
  expect_length(workers$left, 0L)
})

test_that("progress of parts is shown by progressr", {
  skip_if_not_installed("progressr")
  seen <- numeric()
  handler <- progressr::make_progression_handler(
    "seen", list(update = function(config, state, progression, ...) {
      seen <<- c(seen, state$step)
    }), interval = 0, enable = TRUE
  )
  progressr::with_progress(
    with_workers(sum(exp(-distances()), index = "j")), handlers = handler,
    enable = TRUE
  )
  expect_gt(length(seen), 1L)
  expect_identical(max(seen), as.numeric(workers$last$parts))
  expect_false(is.unsorted(seen))
})

test_that("densities and solutions are the same with workers", {
  expect_shared(
    function() predict(kernel_density(x[1:300, ], bw = 0.5), x), task = 1e5
  )
  expect_shared(
    function() kernel_solve(exp(-distances()), x[, 1] - 1e6, 10, tol = 1e-3)
  )
})

test_that("workers that all hang are an error", {
  nodes <- future::makeClusterPSOCK(1)
  withr::defer(parallel::stopCluster(nodes))
  future::plan(future::cluster, workers = nodes)
  withr::defer(future::plan(future::multisession, workers = 2))
  f <- function() sum(exp(-distances()), index = "j")
  local_hanging_worker()
  expect_error(
    with_workers(f()), "All workers are lost", class = "rkeops_error_worker"
  )
})

future::plan(old_plan)
set_rkeops_options(old_options)
