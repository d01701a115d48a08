# Workers against this process alone: the same bits, whatever happens to them.

skip_if_not_installed("future")
skip_on_os("windows")

# Set back at the end of the file.
old_options <- set_rkeops_options(
  compile = "never", pruning = "never", digits = "auto"
)
old_plan <- future::plan(future::multisession, workers = 2)

set.seed(24)
x <- rbind(matrix(rnorm(3 * 1500), ncol = 3), 0, 0, 1e3) + 1e6
y <- rbind(matrix(rnorm(3 * 1009), ncol = 3), 0, 0) + 1e6
b <- matrix(rnorm(2 * nrow(y)), ncol = 2)
distances <- function() sqdist(Vi(x), Vj(y))

worker_pids <- function() {
  asked <- lapply(1:2, function(k) {
    future::future({
      Sys.sleep(0.3)
      Sys.getpid()
    }, globals = FALSE)
  })
  unlist(lapply(asked, future::value))
}

test_that("reductions of lazy tensors are the same with workers", {
  expect_shared(function() sum(exp(-distances()) * Vj(b), index = "j"))
  expect_shared(function() logsumexp(-distances(), "i"))
  expect_shared(function() Kmin_argKmin(distances(), 5, "j"))
  expect_shared(function() argmin(distances(), "i"))
  expect_shared(function() grad(exp(-distances()), 1, "Sum", 0, "j"))
  expect_shared(function() sumsoftmaxweight(-distances(), "j", Vj(b)))
})

test_that("operators are the same with workers, in both precisions", {
  args <- c("x=Vi(3)", "y=Vj(3)", "b=Vj(2)", "s=Pm(1)")
  for (precision in c("float32", "float64")) {
    op <- keops_kernel(
      "Sum_Reduction(Exp(-s*SqDist(x,y))*b,0)", args, precision = precision
    )
    expect_shared(function() op(x, y, b, 0.3))
    gradient <- keops_grad(op, "b")
    expect_shared(function() gradient(x, y, b, 0.3, matrix(1, nrow(x), 2)))
  }
  nameless <- keops_kernel(
    "LogSumExp_Reduction(-SqDist(Var(0,3,0),Var(1,3,1)),1)",
    precision = "float64"
  )
  expect_shared(function() nameless(x, y))
})

test_that("values that are missing or infinite come through workers", {
  x[7, 2] <- NA
  x[9, ] <- Inf
  y[11, 1] <- NaN
  y[12, ] <- -Inf
  expect_shared(function() Kmin_argKmin(sqdist(Vi(x), Vj(y)), 3, "j"))
  expect_shared(function() sum(Vi(x) < Vj(y), index = "j"))
})

test_that("columns are cut where rows are few", {
  many <- matrix(sin(seq_len(3 * 70000)), ncol = 3)
  for (rows in c(1, 65, 300)) {
    few <- matrix(cos(seq_len(3 * rows)), ncol = 3)
    expect_shared(
      function() sum(exp(-sqdist(Vi(few), Vj(many))), index = "j"),
      parts = 3, task = rows * 3e4
    )
    expect_shared(
      function() argKmin(sqdist(Vi(few), Vj(many)), 2, "j"), parts = 3,
      task = rows * 3e4
    )
  }
})

test_that("verbs above reductions profit", {
  points <- x[, 1:2]
  expect_shared(function() nearest_neighbours(points, k = 3))
  expect_shared(
    function() {
      suppressWarnings(k_means(points, points[1:7, ], iter.max = 2)$cluster)
    }, parts = 1, task = 5e3
  )
})

test_that("small calls stay here, and inputs reach a worker once", {
  workers$last <- NULL
  with_workers(sum(exp(-distances()), index = "j"), task = 1e9)
  expect_null(workers$last)
  with_workers(sum(exp(-distances()), index = "j"))
  before <- length(dir(inputs_folder()))
  with_workers(max(exp(-distances()), index = "j"))
  expect_length(dir(inputs_folder()), before)
})

test_that("inputs are sent where workers do not see the folder", {
  local_replaced("published_path", function(job, input) NULL)
  x <- x + 1
  expect_shared(function() sum(exp(-sqdist(Vi(x), Vj(y))), index = "j"))
  withr::local_options(future.globals.maxSize = 2e4)
  x <- x + 1
  expect_error(
    with_workers(sum(exp(-sqdist(Vi(x), Vj(y))), index = "j")),
    "folder", class = "rkeops_error_worker"
  )
})

test_that("a checkpoint is gone on with, and a broken one is not", {
  folder <- withr::local_tempdir()
  f <- function() sum(exp(-distances()), index = "j")
  expect_shared(f, checkpoint = folder)
  parts <- dir(folder, full.names = TRUE)
  expect_length(parts, workers$last$parts)
  unlink(parts[[1L]])
  writeLines("broken", parts[[2L]])
  expect_shared(f, checkpoint = folder)
  expect_identical(workers$last$restored, length(parts) - 2L)
  b <- b + 1
  expect_shared(
    function() sum(exp(-distances()) * Vj(b), index = "j"), checkpoint = folder
  )
  expect_identical(workers$last$restored, 0L)
})

test_that("Ctrl-C leaves workers usable", {
  f <- function() sum(exp(-distances()), index = "j")
  stopped <- FALSE
  local_replaced("give_up_late", function(run) {
    if (any(run$done) && !stopped) {
      stopped <<- TRUE
      rlang::interrupt()
    }
  })
  result <- tryCatch(
    with_workers(f(), task = 2e5), interrupt = function(i) "interrupted"
  )
  expect_identical(result, "interrupted")
  expect_shared(f)
})

test_that("a worker that is killed costs its parts only", {
  f <- function() sum(exp(-distances()), index = "j")
  alone <- f()
  pid <- worker_pids()[[1L]]
  local_replaced("give_up_late", function(run) {
    if (sum(run$done) == 2L) tools::pskill(pid, tools::SIGKILL)
  })
  shared <- suppressWarnings(with_workers(f(), task = 2e5))
  expect_identical(shared, alone)
  expect_lte(workers$last$lost, 2)
  expect_shared(f)
})

test_that("a part that is lost three times is an error that names it", {
  local_replaced("r_deliver_part", function(job, k, bytes) k != 2L)
  expect_error(
    with_workers(sum(exp(-distances()), index = "j")),
    "Part 2 of [0-9]+ was lost 3 times", class = "rkeops_error_worker"
  )
})

test_that("limits of time follow what parts took, and do not touch results", {
  run <- new.env()
  run$seconds <- c(1, 2, 3)
  expect_identical(time_limit(run$seconds), 100)
  expect_identical(time_limit(numeric()), Inf)
  f <- function() sum(exp(-distances()), index = "j")
  expect_shared(f, timeout = 30)
})

test_that("use_workers() says what is wrong with its arguments", {
  expect_error(use_workers(2), "`on` must be", class = "rkeops_error_argument")
  expect_error(
    use_workers(threads = -1), "`threads` must be",
    class = "rkeops_error_argument"
  )
  expect_error(
    use_workers(folder = "/dev/null/x"), "`folder` must be",
    class = "rkeops_error_argument"
  )
  expect_error(
    use_workers(timeout = 0), "`timeout` must be",
    class = "rkeops_error_argument"
  )
  expect_error(
    use_workers(task = 0), "`task` must be", class = "rkeops_error_argument"
  )
  expect_false(get_rkeops_option("workers"))
})

test_that("a sequential plan will do", {
  future::plan(future::sequential)
  expect_shared(function() sum(exp(-distances()), index = "j"))
})

future::plan(old_plan)
set_rkeops_options(old_options)
