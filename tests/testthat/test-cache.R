# Compiled formulas are found again: in the session, in the next one, and by
# several at once.

skip_on_cran()

# A formula that no other test compiles.
run_in_session <- function(cache_dir, compiler) {
  callr::r(
    function(cache_dir, compiler) {
      library(rkeops)
      set_rkeops_options(list(
        cache_dir = cache_dir, compiler = compiler, threads = 1
      ))
      op <- keops_kernel("Sum_Reduction(x * y + IntCst(17), 0)",
        c("x=Vi(1)", "y=Vj(1)"), precision = "float64"
      )
      op(1:3, 1:4)
    },
    list(cache_dir, compiler), libpath = .libPaths()
  )
}
cached_result <- cbind(1:3 * 10 + 4 * 17)

test_that("a session compiles once, the next one not at all", {
  directory <- withr::local_tempdir()
  cache_dir <- file.path(directory, "cache")
  compiler <- counting_compiler(directory)
  expect_equal(run_in_session(cache_dir, compiler$path), cached_result)
  compilations <- count_lines(compiler$log)
  expect_gte(compilations, 1)
  expect_equal(run_in_session(cache_dir, compiler$path), cached_result)
  expect_identical(count_lines(compiler$log), compilations)
})

test_that("the directory is private, and nothing half written is in it", {
  directory <- withr::local_tempdir()
  cache_dir <- file.path(directory, "cache")
  run_in_session(cache_dir, "")
  expect_identical(format(file.mode(cache_dir)), "700")
  files <- list.files(cache_dir, recursive = TRUE, all.files = TRUE)
  expect_false(any(grepl("tmp|partial", files)))
})

test_that("processes that start at once do not disturb each other", {
  directory <- withr::local_tempdir()
  sessions <- lapply(1:2, function(i) {
    callr::r_bg(run_in_session, list(file.path(directory, "cache"), ""),
      env = c(callr::rcmd_safe_env()), libpath = .libPaths(), package = FALSE
    )
  })
  for (session in sessions) {
    session$wait(120000)
    expect_equal(session$get_result(), cached_result)
  }
})

test_that("the directory is measured and emptied", {
  directory <- withr::local_tempdir()
  local_rkeops_options(cache_dir = file.path(directory, "cache"))
  expect_identical(stat_rkeops_cache_dir(verbose = FALSE), "0")
  op <- keops_kernel("Sum_Reduction(x + IntCst(18), 0)", "x=Vi(1)")
  op(1:3)
  expect_match(stat_rkeops_cache_dir(verbose = FALSE), "^[0-9.]+[BKMG]$")
  expect_message(stat_rkeops_cache_dir(), "1 compiled formula")
  expect_gt(clean_rkeops(verbose = FALSE), 0)
  expect_identical(stat_rkeops_cache_dir(verbose = FALSE), "0")
  expect_equal(op(1:3), cbind(1:3 + 18))
  clean_rkeops(verbose = FALSE, remove_cache_dir = TRUE)
  expect_false(dir.exists(get_rkeops_cache_dir()))
})

test_that("the directory can be chosen, and stays when it is asked to", {
  home <- withr::local_tempdir()
  withr::local_envvar(R_USER_CACHE_DIR = home)
  previous <- rkeops_use_persistent_cache(verbose = FALSE)
  expect_match(get_rkeops_cache_dir(), home, fixed = TRUE)
  expect_identical(get_build_dir(), get_rkeops_cache_dir())
  expect_length(list.files(home), 0)
  set_rkeops_cache_dir(file.path(home, "other"))
  expect_identical(get_rkeops_option("build_dir"), file.path(home, "other"))
  set_rkeops_options(previous)
})

test_that("an owner of sizes reads them", {
  expect_identical(format_size(0), "0")
  expect_identical(format_size(512), "512B")
  expect_identical(format_size(8602), "8.4K")
  expect_identical(format_size(3e9), "2.8G")
})

test_that("the first compilation is announced only to those who ask", {
  directory <- withr::local_tempdir()
  local_rkeops_options(cache_dir = file.path(directory, "cache"))
  op <- keops_kernel("Sum_Reduction(x + IntCst(19), 0)", "x=Vi(1)")
  expect_silent(op(1:3))
  set_rkeops_cache_dir(file.path(directory, "cache2"))
  local_rkeops_options(verbose = TRUE)
  other <- keops_kernel("Sum_Reduction(x + IntCst(20), 0)", "x=Vi(1)")
  expect_message(other(1:3), "Compiling")
  expect_no_message(other(1:3))
})
