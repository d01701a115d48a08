# Faults of compilers, disks and folders, as they happen: programs that fail,
# folders that go, disks that are full.

# A program in `directory` that does what these lines of shell say.
fake_compiler <- function(directory, ..., name = "compiler") {
  script <- file.path(directory, name)
  log <- file.path(directory, "log")
  writeLines(c("#!/bin/sh", sprintf("echo \"$@\" >> '%s'", log), ...), script)
  Sys.chmod(script, "700")
  script
}

# The real one, to which a false one passes its arguments on.
real_compiler <- function() {
  skip_without_compiler()
  paste("exec", cxx_command(), "\"$@\"")
}

# A file system of its own, until the end of the test.
local_mount <- function(options, .frame = parent.frame()) {
  skip_on_os(c("mac", "windows", "solaris"))
  directory <- withr::local_tempdir(.local_envir = .frame)
  status <- suppressWarnings(system2(
    "mount", c(
      "-t", "tmpfs", "-o", paste0("mode=700,", options), "tmpfs",
      shQuote(directory)
    ),
    stdout = FALSE, stderr = FALSE
  ))
  if (status != 0) skip("Only root may mount a file system.")
  withr::defer(
    system2("umount", c("-l", shQuote(directory))), envir = .frame
  )
  directory
}

fill_disk <- function(directory) {
  suppressWarnings(system2("dd", c(
    "if=/dev/zero", shQuote(paste0("of=", file.path(directory, "filler"))),
    "bs=4k"
  ), stdout = FALSE, stderr = FALSE))
}

# A session in which two operators are called for some seconds, as long as it
# takes until both would be compiled. `break_it` runs after the first call.
session_with_fault <- function(options, break_it = function() NULL,
                               patience = 60, environment = character()) {
  callr::r(
    function(options, break_it, patience) {
      library(rkeops)
      internal <- asNamespace("rkeops")
      internal$change_settings(list(compile_patience = patience), NULL)
      set_rkeops_options(c(options, threads = 2, expansion = "never"))
      warnings <- list()
      errors <- list()
      x <- matrix((seq_len(6000) * 0.6180339887498949) %% 1, 2000)
      squares <- as.matrix(stats::dist(x))^2
      call <- function(op) {
        withCallingHandlers(op(x, x), warning = function(condition) {
          warnings[[length(warnings) + 1L]] <<- condition
          invokeRestart("muffleWarning")
        })
      }
      worst <- 0
      broken <- FALSE
      for (name in c("Exp(-SqDist(x, y))", "Exp(-SqDist(x, y) * IntCst(2))")) {
        op <- keops_kernel(sprintf("Sum_Reduction(%s, 0)", name),
          c("x = Vi(3)", "y = Vj(3)"), precision = "float64"
        )
        scale <- if (grepl("IntCst", name)) 2 else 1
        expected <- unname(rowSums(exp(-scale * squares)))
        begin <- proc.time()[["elapsed"]]
        count <- 0
        while (count < 10 || proc.time()[["elapsed"]] - begin < 0.8) {
          worst <- max(worst, abs(call(op)[, 1] / expected - 1))
          count <- count + 1
          if (!broken) break_it()
          broken <- TRUE
        }
      }
      engine <- tail(unclass(explain(op, "engine")), 1)
      # what was asked for is an error
      set_rkeops_option("compile", "always")
      always <- tryCatch(
        keops_kernel("Sum_Reduction(x * IntCst(3), 0)", "x = Vi(1)")(1:3),
        error = identity
      )
      list(
        worst = worst, warnings = warnings, always = always, engine = engine
      )
    },
    list(options, break_it, patience),
    libpath = .libPaths(), env = c(callr::rcmd_safe_env(), environment)
  )
}

# It went on, said so once, and the mode "always" says why it cannot.
expect_interpreted <- function(run, pattern, kind) {
  expect_lt(run$worst, 1e-12)
  expect_length(run$warnings, 1)
  expect_s3_class(run$warnings[[1]], "rkeops_warning_compile")
  expect_match(conditionMessage(run$warnings[[1]]), pattern)
  expect_match(run$engine, "interpreted")
  expect_s3_class(run$always, paste0("rkeops_error_", kind))
}
