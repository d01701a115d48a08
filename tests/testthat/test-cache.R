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
  skip_without_compiler()
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
  expect_length(list.files(get_rkeops_cache_dir(), all.files = TRUE,
                           no.. = TRUE), 0)
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
  skip_without_compiler()
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

expect_refused_cache <- function(path, pattern) {
  before <- get_rkeops_cache_dir()
  for (choose in list(
    function() set_rkeops_cache_dir(path),
    function() set_rkeops_option("cache_dir", path),
    function() set_rkeops_options(list(build_dir = path, threads = 2)),
    function() {
      withr::local_envvar(R_USER_CACHE_DIR = path)
      rkeops_use_persistent_cache(verbose = FALSE)
    }
  )) {
    error <- expect_rkeops_error(choose(), "cache", pattern)
    expect_match(conditionMessage(error), path, fixed = TRUE)
    expect_identical(get_rkeops_cache_dir(), before)
  }
}

test_that("a directory is tried when it is chosen", {
  file <- withr::local_tempfile(lines = "text")
  expect_refused_cache(file, "[Nn]ot a (folder|directory)")
  expect_refused_cache("/proc/rkeops", "Cannot make the folder")
  open <- withr::local_tempdir()
  Sys.chmod(open, "777", use_umask = FALSE)
  expect_rkeops_error(set_rkeops_cache_dir(open), "cache", "other users")
  Sys.chmod(open, "700")
  set_rkeops_options(set_rkeops_cache_dir(open))
  expect_length(list.files(open, all.files = TRUE, no.. = TRUE), 0)
  if (file.access("/", 2) != 0) {
    Sys.chmod(open, "500")
    expect_refused_cache(file.path(open, "new"), "Permission denied")
  }
})

test_that("a disk that is full, read-only or allows no programs is refused", {
  expect_refused_cache(local_mount("size=1m,noexec"), "noexec")
  expect_refused_cache(local_mount("size=64k"), "No space left on device")
  expect_refused_cache(local_mount("size=1m,ro"), "[Rr]ead-only file system")
})

test_that("options are restored though a directory went bad meanwhile", {
  directory <- withr::local_tempdir()
  local_rkeops_options(cache_dir = directory)
  previous <- set_rkeops_options(cache_dir = NULL, threads = 1)
  Sys.chmod(directory, "777", use_umask = FALSE)
  expect_silent(set_rkeops_options(previous))
  expect_identical(get_rkeops_cache_dir(), directory)
  expect_rkeops_error(set_rkeops_cache_dir(directory), "cache", "other users")
})

test_that("what restores the options tries no default directory", {
  withr::local_envvar(RKEOPS_CACHE_DIR = "/proc/rkeops")
  expect_silent(previous <- set_rkeops_options(cache_dir = NULL))
  expect_identical(get_rkeops_cache_dir(), "/proc/rkeops")
  set_rkeops_options(previous)
})

# Runs `damage(file, bytes, k)` on the library for k = 1..times; each time a new
# operator is to be right, and the library whole again.
damaged_libraries <- function(damage, times, options) {
  directory <- withr::local_tempdir()
  # compiles once, then copies: damage is mended as fast as it is found
  compiler <- fake_compiler(directory,
    sprintf("store='%s'; for last; do :; done", file.path(directory, "store")),
    "if [ -e \"$store\" ]; then exec cp \"$store\" \"$last\"; fi",
    sub("exec ", "", real_compiler(), fixed = TRUE),
    "cp \"$last\" \"$store\""
  )
  cache <- file.path(directory, "cache")
  run <- callr::r(
    function(damage, times, cache, options) {
      library(rkeops)
      set_rkeops_options(options)
      make <- function() {
        keops_kernel("Sum_Reduction(Exp(-Square(x - y)) * y, 0)",
          c("x=Vi(1)", "y=Vj(1)"), precision = "float64"
        )
      }
      x <- seq(-1, 1, length.out = 65)
      expected <- cbind(colSums(exp(-outer(x, x, "-")^2) * x))
      op <- make()
      worst <- max(abs(op(x, x) - expected))
      file <- list.files(cache, "[.]so$", full.names = TRUE)
      bytes <- readBin(file, "raw", file.size(file))
      in_use <- 0
      whole <- logical()
      for (k in seq_len(times)) {
        damage(file, bytes, k)
        # the library in use is not touched by it
        in_use <- max(in_use, abs(op(x, x) - expected))
        rm(op)
        gc()
        op <- make()
        worst <- max(worst, abs(op(x, x) - expected))
        whole[k] <- identical(readBin(file, "raw", 1e7), bytes)
      }
      list(worst = worst, in_use = in_use, whole = whole)
    },
    list(damage, times, cache, c(options, list(
      cache_dir = cache, compiler = compiler, threads = 1
    ))),
    libpath = .libPaths()
  )
  run$compilations <- count_lines(file.path(directory, "log"))
  run
}

expect_mended <- function(run) {
  expect_lt(run$worst, 1e-12)
  expect_lt(run$in_use, 1e-12)
  expect_true(all(run$whole))
  expect_identical(run$compilations, length(run$whole) + 1L)
}

test_that("libraries that were cut off are compiled again", {
  expect_mended(damaged_libraries(function(file, bytes, k) {
    lengths <- c(0:8, 63:65, 127, 1000, 4095:4097, length(bytes) - (8192:8191),
                 length(bytes) - c(4096, 100, 16, 8, 2, 1))
    writeBin(bytes[seq_len(lengths[[k]])], file)
  }, 25, list(compile = "always")))
})

test_that("libraries with one altered bit are compiled again", {
  expect_mended(damaged_libraries(function(file, bytes, k) {
    place <- 1 + (k * 7919 * 31) %% length(bytes)
    bit <- bitwShiftL(1L, k %% 8L)
    bytes[[place]] <- as.raw(bitwXor(as.integer(bytes[[place]]), bit))
    writeBin(bytes, file)
  }, 150, list(compile = "always")))
})

test_that("foreign libraries and checksums that do not agree are not taken", {
  expect_mended(damaged_libraries(function(file, bytes, k) {
    sum <- sub("[.]so$", ".sum", file)
    switch(k,
      file.remove(sum), writeLines("", sum), cat("x", file = sum, append = TRUE),
      file.copy(
        system.file("libs", "rkeops.so", package = "rkeops"), file,
        overwrite = TRUE
      ),
      writeBin(c(bytes, raw(1)), file), writeLines("text", file)
    )
  }, 6, list(compile = "always")))
})

test_that("in the mode \"auto\" a damaged library counts as none", {
  run <- damaged_libraries(function(file, bytes, k) {
    if (k == 1) set_rkeops_option("compile", "auto")
    writeBin(rev(bytes), file)
  }, 3, list(compile = "always"))
  expect_lt(max(run$worst, run$in_use), 1e-12)
  # three short calls are interpreted
  expect_false(any(run$whole))
})

test_that("what a killed compilation left is swept by the next session", {
  skip_without_compiler()
  directory <- withr::local_tempdir()
  cache <- file.path(directory, "cache")
  compiler <- fake_compiler(directory,
    "for last; do :; done; echo half > \"$last\"", "sleep 1000"
  )
  session <- callr::r_bg(run_in_session, list(cache, compiler),
    libpath = .libPaths(), package = FALSE
  )
  is_there <- function(pattern) length(list.files(cache, pattern)) > 0
  while (!is_there("tmp$") && session$is_alive()) Sys.sleep(0.05)
  Sys.sleep(0.2)
  tools::pskill(session$get_pid(), tools::SIGKILL)
  session$kill_tree()
  session$wait()
  expect_true(is_there("tmp$"))
  expect_equal(run_in_session(cache, ""), cached_result)
  expect_false(is_there("(tmp|lock)$"))
})

# The formula of the first of these, otherwise written.
same_formula <- list(
  list("Sum_Reduction(Exp(-SqDist(x, y)) * IntCst(21), 0)", c("x = Vi(2)", "y = Vj(2)")),
  list("Sum_Reduction( Exp( -SqDist(x,y) )*IntCst(21), 0 )", c("x=Vi(2)", "y=Vj(2)")),
  list("Sum_Reduction(Exp(-SqDist(p, q)) * IntCst(21), 0)", c("p = Vi(2)", "q = Vj(2)")),
  list("Sum_Reduction(Exp(-SqDist(Vi(0, 2), Vj(1, 2))) * IntCst(21), 0)", character()),
  list("SumReduction(Exp(-SqNorm2(x - y)) * 21, 0)", c("x = Vi(0, 2)", "y = Vj(1, 2)"))
)

test_that("a formula is compiled once, whatever its spaces and names are", {
  directory <- withr::local_tempdir()
  compiler <- counting_compiler(directory)
  local_rkeops_options(
    cache_dir = file.path(directory, "cache"), compiler = compiler$path,
    compile = "always"
  )
  x <- matrix(1:6 / 7, 3)
  y <- matrix(1:8 / 9, 4)
  distances <- outer(x[, 1], y[, 1], "-")^2 + outer(x[, 2], y[, 2], "-")^2
  expected <- cbind(21 * rowSums(exp(-distances)))
  for (one in same_formula) {
    op <- keops_kernel(one[[1]], one[[2]])
    expect_equal(op(x, y), expected, tolerance = 1e-6)
  }
  expect_identical(count_lines(compiler$log), 1L)
  other <- keops_kernel("Sum_Reduction(Exp(-SqDist(x, y)) * IntCst(22), 0)",
    c("x = Vi(2)", "y = Vj(2)")
  )
  expect_equal(other(x, y), expected * 22 / 21, tolerance = 1e-6)
  expect_identical(count_lines(compiler$log), 2L)
})

test_that("a GPU has one program for a formula, too", {
  local_emulated_gpu()
  directory <- withr::local_tempdir()
  local_rkeops_options(cache_dir = directory)
  for (one in same_formula[c(1, 3)]) {
    op <- keops_kernel(one[[1]], one[[2]])
    op(matrix(1, 3, 2), matrix(1, 4, 2))
  }
  expect_length(list.files(directory, "[.]cubin$", recursive = TRUE), 1)
})

test_that("a damaged program for a GPU is compiled again", {
  local_emulated_gpu()
  cache <- withr::local_tempdir()
  local_rkeops_options(cache_dir = cache)
  make <- function() {
    keops_kernel("Sum_Reduction(Exp(-Square(x - y)) * y, 0)",
      c("x=Vi(1)", "y=Vj(1)"), precision = "float64"
    )
  }
  x <- seq(-1, 1, length.out = 65)
  expected <- cbind(colSums(exp(-outer(x, x, "-")^2) * x))
  expect_equal(make()(x, x), expected, tolerance = 1e-12)
  file <- list.files(cache, "[.]cubin$", full.names = TRUE)
  bytes <- readBin(file, "raw", 1e7)
  # another file: the emulated driver maps the one that it loaded
  unlink(file)
  writeBin(bytes[1:1000], file)
  Sys.chmod(file, "600")
  expect_equal(make()(x, x), expected, tolerance = 1e-12)
  expect_gt(file.size(file), 1000)
  Sys.chmod(cache, "777", use_umask = FALSE)
  expect_rkeops_error(make()(x, x), "cache", "other users")
})
