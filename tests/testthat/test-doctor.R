# Users are told this about their machine.

test_that("the self test works, and fails where there is no compiler", {
  expect_true(check_rkeops(verbose = FALSE))
  expect_message(check_rkeops(), "works")
  local_rkeops_options(
    compiler = "/nonexistent/c++", cache_dir = withr::local_tempdir()
  )
  skip_on_cran()
  skip_without_compiler()
  suppressMessages(expect_false(check_rkeops()))
})

test_that("without a compiler it works, interpreted", {
  local_rkeops_options(
    compiler = "/nonexistent/c++", compile = "auto",
    cache_dir = withr::local_tempdir()
  )
  expect_true(check_rkeops(verbose = FALSE))
  expect_message(check_rkeops(), "interpreted and run")
  set_rkeops_option("compile", "always")
  suppressMessages(expect_false(check_rkeops()))
  set_rkeops_options(compiler = "", compile = "auto")
  skip_on_cran()
  skip_without_compiler()
  expect_message(check_rkeops(), "interpreted, compiled and run")
})

test_that("the report names what is missing and what to do", {
  local_rkeops_options(
    compiler = "/nonexistent/c++", cuda_driver = "/nonexistent/libcuda.so.1"
  )
  messages <- paste(
    capture_messages(found <- rkeops_sitrep()), collapse = ""
  )
  expect_match(messages, "none found")
  expect_match(messages, "GPU: none")
  expect_match(messages, "threads")
  expect_identical(found$engine, "cpu")
})

test_that("there is nothing to install", {
  expect_message(install_rkeops(), "no Python")
  expect_true(suppressMessages(install_rkeops("envname", method = "auto")))
})

# A compiler that is there, and fails.
broken_compiler <- function(.frame = parent.frame()) {
  directory <- withr::local_tempdir(.local_envir = .frame)
  fake_compiler(directory, "echo 'error: {broken}' >&2; exit 1")
}

test_that("a compiler that fails is reported, and formulas are interpreted", {
  local_rkeops_options(compiler = broken_compiler(), compile = "auto",
                       cache_dir = withr::local_tempdir())
  said <- paste(capture_messages(works <- check_rkeops()), collapse = "")
  expect_true(works)
  expect_match(said, "interpreted and run")
  expect_match(said, "compiling fails.*error: [{]broken[}]")
  set_rkeops_option("compile", "always")
  said <- paste(capture_messages(works <- check_rkeops()), collapse = "")
  expect_false(works)
  expect_match(said, "does not work")
  expect_no_match(said, "interpreted and run")
})

test_that("the report says since what formulas stay interpreted", {
  local_rkeops_options(
    compiler = broken_compiler(), compile = "auto", expansion = "never",
    cache_dir = withr::local_tempdir()
  )
  op <- keops_kernel("Sum_Reduction(Exp(-SqDist(x, y)), 0)",
                     c("x = Vi(3)", "y = Vj(3)"))
  expect_match(format(op)[1], "until compiling is worth it")
  x <- points(2000)
  warned <- 0
  # until it has been interpreted as long as compiling takes
  begin <- proc.time()[["elapsed"]]
  withr::local_options(warn = 1)
  session$compile_warnings <- character()
  while (!warned && proc.time()[["elapsed"]] - begin < 60) {
    withCallingHandlers(op(x, x), rkeops_warning_compile = function(condition) {
      warned <<- warned + 1
      invokeRestart("muffleWarning")
    })
  }
  expect_identical(warned, 1)
  expect_match(format(op)[1], "interpreted, since compiling failed")
  expect_match(tail(explain(op, "engine"), 1), "since compiling failed: The co")
  said <- paste(capture_messages(found <- rkeops_sitrep()), collapse = "")
  expect_match(said, "no formula is compiled until an option")
  expect_match(said, "error: [{]broken[}]")
  expect_s3_class(found$compile_failure, "rkeops_failure")
  set_rkeops_option("compiler", "")
  expect_match(format(op)[1], "until compiling is worth it")
})

test_that("the report tries the directory of compiled formulas", {
  directory <- withr::local_tempdir()
  local_rkeops_options(cache_dir = directory)
  expect_null(suppressMessages(rkeops_sitrep())$cache_failure)
  Sys.chmod(directory, "777", use_umask = FALSE)
  said <- paste(capture_messages(rkeops_sitrep()), collapse = "")
  expect_match(said, "No formula can be kept or loaded there.*other users")
  unlink(directory, recursive = TRUE)
  file.create(directory)
  said <- paste(capture_messages(rkeops_sitrep()), collapse = "")
  expect_match(said, "not a folder")
})

test_that("the report does not wait for a compiler that does not answer", {
  skip_on_cran()
  directory <- withr::local_tempdir()
  local_rkeops_options(compiler = fake_compiler(directory, "sleep 1000"))
  time <- system.time(found <- suppressMessages(rkeops_sitrep()))
  expect_lt(time[["elapsed"]], 60)
  expect_identical(found$toolchain$cxx_version, "")
})
