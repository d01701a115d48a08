# Calls that take long: Ctrl-C, the progress bar; and forked processes.

skip_on_cran()

# In a session of its own: a call of a minute or more, which gets SIGINT after a
# while. Returns when it ended, and what the session can still do.
interrupted_session <- function(options, f = "Tanh(Sum(x * y))",
                                dimension = 1) {
  directory <- withr::local_tempdir()
  started <- file.path(directory, "started")
  options$cache_dir <- file.path(directory, "cache")
  session <- callr::r_bg(
    function(options, started, f, dimension) {
      library(rkeops)
      set_rkeops_options(options)
      make <- function() {
        args <- sprintf(c("x = Vi(%d)", "y = Vj(%d)"), dimension)
        keops_kernel(
          sprintf("Sum_Reduction(%s, 0)", f), args, precision = "float64"
        )
      }
      op <- make()
      small <- matrix(seq(0, 1, length.out = 2 * dimension), 2)
      large <- matrix(seq(-1, 1, length.out = 4e5 * dimension), 4e5)
      if (!"compiler" %in% names(options)) op(small, small)
      file.create(started)
      ended <- tryCatch(op(large, large), interrupt = function(e) Sys.time())
      set_rkeops_option("compiler", "")
      list(
        ended = ended, again = op(small, small), other = make()(small, small),
        cache = stat_rkeops_cache_dir(verbose = FALSE)
      )
    },
    list(options, started, f, dimension), libpath = .libPaths()
  )
  withr::defer(session$kill())
  while (!file.exists(started) && session$is_alive()) Sys.sleep(0.02)
  Sys.sleep(0.5)
  signalled <- Sys.time()
  session$interrupt()
  session$wait(60000)
  result <- session$get_result()
  result$delay <- if (inherits(result$ended, "POSIXct")) {
    as.numeric(difftime(result$ended, signalled, units = "secs"))
  } else {
    Inf
  }
  result
}

# The calls would go on for a minute. How soon they end is measured by
# `benchmarks/cpu-interrupts.R`: here, other processes may delay them.
expect_interrupted <- function(result) {
  expect_lt(result$delay, 10)
  expect_true(all(is.finite(result$again)))
  expect_identical(result$other, result$again)
  expect_match(result$cache, "^[0-9.]+[BKMG]?$")
}

test_that("Ctrl-C ends a call at once and leaves a session that works", {
  for (compile in rev(compile_ways())) {
    for (threads in 1:2) {
      expect_interrupted(interrupted_session(
        list(compile = compile, threads = threads)
      ))
    }
  }
})

test_that("Ctrl-C ends a compilation", {
  skip_without_compiler()
  compiler <- withr::local_tempfile()
  writeLines(c("#!/bin/sh", "sleep 60"), compiler)
  Sys.chmod(compiler, "700")
  expect_interrupted(interrupted_session(
    list(compile = "always", threads = 1, compiler = compiler)
  ))
})

test_that("Ctrl-C ends slow formulas and functions", {
  options <- list(compile = "never", threads = 1, instructions = "baseline")
  slow <- c("Sum(Lgamma(2 + x * y))", "Sum(Polygamma(2 + x * y, 9))")
  for (f in slow) {
    expect_interrupted(interrupted_session(options, f, dimension = 10))
  }
})

# A call of some seconds writes this, where the cursor can be moved.
test_that("long calls show how far they are, in interactive sessions only", {
  output <- function(interactive, points) {
    script <- withr::local_tempfile(fileext = ".R", lines = c(
      sprintf("options(rlang_interactive = %s)", interactive),
      "options(cli.dynamic = TRUE)",
      "suppressPackageStartupMessages(library(rkeops))",
      "set_rkeops_options(list(compile = 'never', threads = 1,",
      "  instructions = 'baseline', axis = 'output'))",
      "op <- keops_kernel('Sum_Reduction(Tanh(x * y), 0)',",
      "  c('x = Vi(1)', 'y = Vj(1)'), precision = 'float64')",
      sprintf("x <- seq(-1, 1, length.out = %d)", points),
      "value <- op(x, x)"
    ))
    withr::local_envvar(R_LIBS = paste(.libPaths(), collapse = ":"))
    rscript <- file.path(R.home("bin"), "Rscript")
    paste(system2(rscript, script, stdout = TRUE, stderr = TRUE), collapse = "")
  }
  expect_match(output(TRUE, 25000L), "Computing.*%")
  expect_identical(output(FALSE, 25000L), "")
  expect_identical(output(TRUE, 300L), "")
})

test_that("the bar's functions never fail", {
  expect_true(end_progress(1))
  suppressMessages({
    expect_true(show_progress(0.5))
    expect_true(show_progress(1))
    expect_true(end_progress(1))
  })
  expect_null(progress$bar)
})

test_that("forked processes use one thread, and compute the same", {
  skip_on_os("windows")
  op <- gaussian_operator()
  data <- gaussian_data(900, 700)
  for (compile in compile_ways()) {
    local_rkeops_options(compile = compile, threads = 2)
    expected <- op(data)
    children <- parallel::mclapply(1:2, function(k) {
      inherited <- get_threads()
      result <- op(data)
      fresh <- gaussian_operator()(data)
      set_rkeops_option("threads", 2)
      list(inherited, result, fresh, get_threads(), op(data))
    }, mc.cores = 2)
    for (child in children) {
      expect_identical(child[[1]], 1L)
      expect_identical(child[[4]], 2L)
      for (k in c(2, 3, 5)) expect_identical(child[[k]], expected)
    }
    expect_identical(get_threads(), 2L)
    expect_identical(op(data), expected)
  }
})
