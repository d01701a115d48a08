# What users are told about their machine.

test_that("the self test works, and fails where there is no compiler", {
  expect_true(check_rkeops(verbose = FALSE))
  expect_message(check_rkeops(), "works")
  local_rkeops_options(
    compiler = "/nonexistent/c++", cache_dir = withr::local_tempdir()
  )
  skip_on_cran()
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
