# When formulas are compiled: option `compile`.

# A session with its own compiler, cache and accounts.
in_session <- function(f, ..., compile = "auto") {
  directory <- withr::local_tempdir()
  compiler <- counting_compiler(directory)
  value <- callr::r(
    function(f, arguments, options) {
      library(rkeops)
      set_rkeops_options(options)
      do.call(f, arguments)
    },
    list(f, list(...), list(
      compiler = compiler$path, compile = compile, threads = 1, axis = "output",
      cache_dir = file.path(directory, "cache"), verbose = TRUE
    )),
    libpath = .libPaths()
  )
  list(value = value, compilations = count_lines(compiler$log))
}

program_line <- function(op) tail(unclass(explain(op, "engine")), 1)

test_that("small calls are interpreted, and need no compiler", {
  skip_on_cran()
  run <- in_session(function() {
    op <- keops_kernel("Sum_Reduction(x * y, 0)", c("x=Vi(1)", "y=Vj(1)"))
    for (k in 1:20) op(1:3, 1:4)
    list(op(1:3, 1:4), tail(unclass(explain(op, "engine")), 1), format(op)[1])
  })
  expect_equal(run$value[[1]], cbind(1:3 * 10))
  expect_match(run$value[[2]], "interpreted .* until compiling is worth it")
  expect_match(run$value[[3]], "interpreted until compiling is worth it")
  expect_identical(run$compilations, 0L)
})

test_that("a formula is compiled after many calls, for all its operators", {
  skip_on_cran()
  run <- in_session(function() {
    make <- function() {
      keops_kernel(
        "Sum_Reduction(Tanh(x * y), 0)", c("x=Vi(1)", "y=Vj(1)"),
        precision = "float64"
      )
    }
    is_compiled <- function(op) {
      tail(unclass(explain(op, "engine")), 1) == "program: compiled"
    }
    op <- make()
    x <- seq(-1, 1, length.out = 3000)
    first <- op(x, x)
    begin <- Sys.time()
    calls <- 0
    while (!is_compiled(op) && Sys.time() - begin < 60) {
      last <- op(x, x)
      calls <- calls + 1
    }
    other <- make()
    other(1, 2)
    list(first, last, calls, is_compiled(op), is_compiled(other))
  })
  expect_equal(run$value[[1]], run$value[[2]], tolerance = 1e-13)
  expect_gt(run$value[[3]], 1)
  expect_true(run$value[[4]])
  expect_true(run$value[[5]])
  expect_identical(run$compilations, 1L)
})

test_that("one long call is compiled in its midst", {
  skip_on_cran()
  run <- in_session(function() {
    op <- keops_kernel(
      "Sum_Reduction(Polygamma(2 + x * y, 3), 0)", c("x=Vi(1)", "y=Vj(1)"),
      precision = "float64"
    )
    x <- seq(0, 1, length.out = 20000)
    said <- character()
    result <- withCallingHandlers(op(x, x), message = function(m) {
      said <<- c(said, conditionMessage(m))
      invokeRestart("muffleMessage")
    })
    list(
      result[c(1, 20000)], c(psigamma(2, 3) * 20000, sum(psigamma(2 + x, 3))),
      tail(unclass(explain(op, "engine")), 1), said
    )
  })
  expect_equal(run$value[[1]], run$value[[2]], tolerance = 1e-10)
  expect_identical(run$value[[3]], "program: compiled")
  expect_match(run$value[[4]], "Compiled .* in [0-9.]+ seconds")
  expect_identical(run$compilations, 1L)
})

test_that("\"always\" compiles at once, \"never\" does not", {
  skip_on_cran()
  call <- function() {
    op <- keops_kernel("Sum_Reduction(x - y, 0)", c("x=Vi(1)", "y=Vj(1)"))
    before <- format(op)[1]
    list(suppressMessages(op(1, 2)), before, format(op)[1])
  }
  always <- in_session(call, compile = "always")
  expect_identical(always$compilations, 1L)
  expect_match(always$value[[2]], "compiled at the first call")
  expect_match(always$value[[3]], ", compiled$")
  never <- in_session(call, compile = "never")
  expect_identical(never$compilations, 0L)
  expect_match(never$value[[3]], ", interpreted$")
  expect_identical(never$value[[1]], always$value[[1]])
})

test_that("what is in the cache is used at once", {
  skip_on_cran()
  skip_without_compiler()
  directory <- withr::local_tempdir()
  local_rkeops_options(
    cache_dir = file.path(directory, "cache"), compile = "always"
  )
  make <- function() {
    keops_kernel("Sum_Reduction(x + 2 * y, 0)", c("x=Vi(1)", "y=Vj(1)"))
  }
  expect_equal(make()(1, 2), cbind(5))
  set_rkeops_option("compile", "auto")
  op <- make()
  expect_equal(op(1, 2), cbind(5))
  expect_identical(program_line(op), "program: compiled")
})

test_that("without a compiler formulas are interpreted", {
  local_rkeops_options(compiler = "/nonexistent/c++", compile = "auto")
  op <- keops_kernel("Sum_Reduction(x - 2 * y, 0)", c("x=Vi(1)", "y=Vj(1)"))
  expect_equal(op(1, 2), cbind(-3))
  expect_match(program_line(op), "interpreted \\([a-zA-Z0-9: -]+\\)$")
  set_rkeops_option("compile", "always")
  expect_rkeops_error(op(1, 2), "compile", "nonexistent")
})

test_that("wrong values are refused", {
  expect_rkeops_error(
    set_rkeops_option("compile", TRUE), "argument", "compile"
  )
  expect_rkeops_error(
    set_rkeops_option("compile", "sometimes"), "argument", "never"
  )
})
