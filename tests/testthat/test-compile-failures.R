# In the mode "auto" nothing that fails in compiling, linking, keeping or loading
# ends a call: formulas stay interpreted, and one warning says why.

skip_on_cran()
skip_if_not_installed("callr")

options_for <- function(directory, compiler, ...) {
  utils::modifyList(list(
    compiler = compiler, compile = "auto",
    cache_dir = file.path(directory, "cache")
  ), list(...))
}

count_compilations <- function(directory) {
  lines <- read_if_any(file.path(directory, "log"))
  sum(grepl("/[0-9a-f]{32}\\.cpp", lines))
}

test_that("a compiler that fails", {
  directory <- withr::local_tempdir()
  compiler <- fake_compiler(directory, "echo 'fatal error: broken' >&2; exit 1")
  run <- session_with_fault(options_for(directory, compiler))
  expect_interpreted(run, "ended with status 1.*fatal error: broken", "compile")
  # once by itself, once asked for
  expect_identical(count_compilations(directory), 2L)
})

test_that("a compiler that is not there any more", {
  directory <- withr::local_tempdir()
  compiler <- fake_compiler(directory, real_compiler())
  run <- session_with_fault(
    options_for(directory, compiler),
    eval(bquote(function() unlink(.(compiler))))
  )
  expect_interpreted(run, "No C\\+\\+17 compiler was found", "compile")
})

test_that("a compiler that never was there", {
  directory <- withr::local_tempdir()
  run <- session_with_fault(options_for(directory, "/nonexistent/c++"))
  expect_interpreted(run, "No C\\+\\+17 compiler was found", "compile")
})

test_that("a compiler that cannot be started", {
  directory <- withr::local_tempdir()
  compiler <- fake_compiler(directory)
  writeLines("#!/nonexistent/interpreter", compiler)
  run <- session_with_fault(options_for(directory, compiler))
  expect_interpreted(run, "could not be started", "compile")
})

test_that("a compiler that is killed", {
  directory <- withr::local_tempdir()
  compiler <- fake_compiler(directory, "kill -SEGV $$")
  run <- session_with_fault(options_for(directory, compiler))
  expect_interpreted(run, "killed by signal 11", "compile")
})

test_that("a compiler that writes nothing, or garbage", {
  last <- "for last; do :; done"
  directory <- withr::local_tempdir()
  run <- session_with_fault(
    options_for(directory, fake_compiler(directory, "exit 0"))
  )
  expect_interpreted(run, "without writing the compiled formula", "compile")
  for (garbage in c("echo garbage", "head -c 100000 /dev/urandom")) {
    directory <- withr::local_tempdir()
    compiler <- fake_compiler(directory, last, paste(garbage, "> \"$last\""))
    run <- session_with_fault(options_for(directory, compiler))
    expect_interpreted(run, "cannot be loaded", "cache")
    expect_identical(count_compilations(directory), 2L)
  }
})

test_that("a compiler that does not come to an end", {
  directory <- withr::local_tempdir()
  compiler <- fake_compiler(directory,
    "mkdir \"$0.runs\" || { echo 'error: once' >&2; exit 1; }",
    "sleep 1000"
  )
  time <- system.time(
    run <- session_with_fault(options_for(directory, compiler), patience = 1)
  )
  expect_interpreted(run, "did not come to an end within 1 second", "compile")
  expect_lt(time[["elapsed"]], 60)
})

test_that("another process that compiles the same formula for ever", {
  directory <- withr::local_tempdir()
  compiler <- fake_compiler(directory,
    "mkdir \"$0.runs\" || { echo 'error: once' >&2; exit 1; }",
    "sleep 1000"
  )
  options <- options_for(directory, compiler)
  other <- callr::r_bg(
    function(options) {
      library(rkeops)
      set_rkeops_options(c(options, threads = 2, expansion = "never"))
      set_rkeops_option("compile", "always")
      keops_kernel("Sum_Reduction(Exp(-SqDist(x, y)), 0)",
        c("x = Vi(3)", "y = Vj(3)"), precision = "float64"
      )(diag(3), diag(3))
    },
    list(options), libpath = .libPaths()
  )
  while (!count_compilations(directory) && other$is_alive()) Sys.sleep(0.05)
  run <- session_with_fault(options, patience = 1)
  other$kill_tree()
  expect_interpreted(run, "did not come to an end within 1 second", "compile")
})

test_that("a linker that fails", {
  directory <- withr::local_tempdir()
  tools <- file.path(directory, "tools")
  dir.create(tools)
  fake_compiler(tools, "echo 'ld: no memory' >&2; exit 1", name = "ld")
  compiler <- fake_compiler(
    directory, sub("\"$@\"", paste0("-B'", tools, "/' \"$@\""), real_compiler(),
                   fixed = TRUE)
  )
  run <- session_with_fault(options_for(directory, compiler))
  expect_interpreted(run, "ld: no memory", "compile")
})

test_that("flags that the compiler does not know, or must not have", {
  directory <- withr::local_tempdir()
  compiler <- fake_compiler(directory, real_compiler())
  run <- session_with_fault(
    options_for(directory, compiler, compiler_flags = "--no-such-flag")
  )
  expect_interpreted(run, "no-such-flag", "compile")
  run <- session_with_fault(
    options_for(directory, compiler, compiler_flags = "-ffast-math")
  )
  expect_interpreted(run, "-ffast-math", "argument")
})

test_that("one formula that the compiler refuses: others are compiled", {
  directory <- withr::local_tempdir()
  compiler <- fake_compiler(directory,
    "for file; do case $file in *.cpp)",
    "  if grep -q 'Exp(-SqDist(x, y)), 0' \"$file\"; then",
    "    echo 'internal compiler error' >&2; exit 1; fi;;",
    "esac; done",
    real_compiler()
  )
  run <- session_with_fault(options_for(directory, compiler))
  expect_lt(run$worst, 1e-12)
  expect_length(run$warnings, 1)
  expect_match(conditionMessage(run$warnings[[1]]), "internal compiler error")
  expect_equal(run$always, cbind(1:3 * 3))
})

test_that("a folder that became a file, or cannot be made", {
  directory <- withr::local_tempdir()
  compiler <- fake_compiler(directory, real_compiler())
  options <- options_for(directory, compiler)
  cache <- options$cache_dir
  run <- session_with_fault(options, eval(bquote(function() {
    unlink(.(cache), recursive = TRUE)
    file.create(.(cache))
  })))
  expect_interpreted(run, "cache", "cache")
})

test_that("a folder that vanishes while a formula is compiled", {
  directory <- withr::local_tempdir()
  compiler <- fake_compiler(
    directory, paste0("rm -rf '", directory, "/cache'"), real_compiler()
  )
  run <- session_with_fault(options_for(directory, compiler))
  expect_interpreted(run, "cache", "cache")
})

test_that("a folder that only others may write", {
  directory <- withr::local_tempdir()
  if (file.access("/", 2) == 0) skip("Root may write everywhere.")
  compiler <- fake_compiler(directory, real_compiler())
  options <- options_for(directory, compiler)
  cache <- options$cache_dir
  dir.create(cache)
  withr::defer(Sys.chmod(cache, "700"))
  run <- session_with_fault(
    options, eval(bquote(function() Sys.chmod(.(cache), "500")))
  )
  expect_interpreted(run, "cache", "cache")
})

test_that("a file system that is read-only", {
  directory <- local_mount("size=1m")
  tools <- withr::local_tempdir()
  compiler <- fake_compiler(tools, real_compiler())
  run <- session_with_fault(
    options_for(directory, compiler),
    eval(bquote(function() {
      system2("mount", c("-o", "remount,ro", .(directory)))
    }))
  )
  expect_interpreted(run, "[Rr]ead-only file system", "cache")
})

test_that("a disk that is full", {
  directory <- local_mount("size=1m")
  tools <- withr::local_tempdir()
  compiler <- fake_compiler(tools, real_compiler())
  run <- session_with_fault(
    options_for(directory, compiler),
    eval(substitute(function() (fill)(directory), list(
      fill = fill_disk, directory = directory
    )))
  )
  expect_interpreted(run, "No space left on device", "cache")
})

test_that("a full folder of temporary files of the compiler", {
  full <- local_mount("size=1m")
  fill_disk(full)
  directory <- withr::local_tempdir()
  compiler <- fake_compiler(
    directory, paste0("TMPDIR='", full, "'; export TMPDIR"), real_compiler()
  )
  run <- session_with_fault(options_for(directory, compiler))
  expect_interpreted(run, "disk is full", "cache")
})

test_that("a temporary directory that allows no programs", {
  directory <- local_mount("size=10m,noexec")
  tools <- withr::local_tempdir()
  compiler <- fake_compiler(tools, real_compiler())
  run <- session_with_fault(
    list(compiler = compiler, compile = "auto"),
    environment = c(TMPDIR = directory, RKEOPS_CACHE_DIR = "")
  )
  expect_interpreted(run, "noexec", "cache")
})

test_that("a folder that others may change", {
  directory <- withr::local_tempdir()
  compiler <- fake_compiler(directory, real_compiler())
  options <- options_for(directory, compiler)
  cache <- options$cache_dir
  run <- session_with_fault(options, eval(bquote(function() {
    dir.create(.(cache), showWarnings = FALSE)
    Sys.chmod(.(cache), "777", use_umask = FALSE)
  })))
  expect_interpreted(run, "other users", "cache")
})

test_that("a failure is tried again when settings have changed", {
  directory <- withr::local_tempdir()
  mended <- file.path(directory, "mended")
  compiler <- fake_compiler(directory,
    paste0("[ -e '", mended, "' ] || { echo 'error: not yet' >&2; exit 1; }"),
    real_compiler()
  )
  compiled <- callr::r(
    function(options, mended) {
      library(rkeops)
      set_rkeops_options(c(options, threads = 2, expansion = "never"))
      op <- keops_kernel("Sum_Reduction(Exp(-SqDist(x, y)), 0)",
        c("x = Vi(3)", "y = Vj(3)"), precision = "float64"
      )
      x <- matrix(runif(6000), 2000)
      until_compiled <- function() {
        begin <- proc.time()[["elapsed"]]
        is_compiled <- FALSE
        while (!is_compiled && proc.time()[["elapsed"]] - begin < 4) {
          op(x, x)
          program <- tail(unclass(explain(op, "engine")), 1)
          is_compiled <- identical(program, "program: compiled")
        }
        is_compiled
      }
      before <- suppressWarnings(until_compiled())
      file.create(mended)
      same_settings <- until_compiled()
      set_rkeops_option("threads", 1)
      c(before, same_settings, until_compiled())
    },
    list(options_for(directory, compiler), mended), libpath = .libPaths()
  )
  expect_identical(compiled, c(FALSE, FALSE, TRUE))
})

test_that("lazy tensors go on, too, and warn", {
  directory <- withr::local_tempdir()
  compiler <- fake_compiler(directory, "echo 'error: broken' >&2; exit 1")
  run <- callr::r(
    function(options) {
      library(rkeops)
      set_rkeops_options(c(options, threads = 2))
      x <- matrix(runif(6000), 2000)
      warnings <- character()
      begin <- proc.time()[["elapsed"]]
      while (proc.time()[["elapsed"]] - begin < 3) {
        last <- withCallingHandlers(
          rowSums(exp(-sqdist(Vi(x), Vj(x)))),
          rkeops_warning_compile = function(condition) {
            warnings <<- c(warnings, conditionMessage(condition))
            invokeRestart("muffleWarning")
          }
        )
      }
      list(last, rowSums(exp(-as.matrix(stats::dist(x))^2)), warnings)
    },
    list(options_for(directory, compiler)), libpath = .libPaths()
  )
  expect_equal(c(run[[1]]), unname(run[[2]]), tolerance = 1e-5)
  expect_length(run[[3]], 1)
})
