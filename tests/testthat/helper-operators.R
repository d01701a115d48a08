# The tests share this: the operator of the README, data, comparisons, and what
# a test needs of the machine.

gaussian_formula <- "Sum_Reduction(Exp(-s * SqNorm2(x - y)) * b, 0)"
gaussian_args <- c("x = Vi(3)", "y = Vj(3)", "b = Vj(6)", "s = Pm(1)")

gaussian_operator <- function(precision = "float64", dimension = 3,
                              components = 6) {
  keops_kernel(
    gaussian_formula,
    c(
      sprintf("x = Vi(%d)", dimension), sprintf("y = Vj(%d)", dimension),
      sprintf("b = Vj(%d)", components), "s = Pm(1)"
    ),
    precision = precision
  )
}

# Always the same numbers in (0, 1), in no visible order.
points <- function(rows, columns = 3, start = 0) {
  index <- start + seq_len(rows * columns)
  matrix((index * 0.6180339887498949) %% 1, nrow = rows, ncol = columns)
}

gaussian_data <- function(nx, ny, dimension = 3, components = 6) {
  list(
    x = points(nx, dimension), y = points(ny, dimension, start = 0.3),
    b = points(ny, components, start = 0.7) - 0.5, s = 0.2
  )
}

# Relative to `scale`, the sums of absolute terms.
expect_close <- function(actual, expected, scale = NULL,
                         precision = "float64") {
  scale <- if (is.null(scale)) max(abs(expected), 1e-300) else scale
  tolerance <- c(float32 = 4e-6, float64 = 1e-12)[[precision]]
  expect_equal(dim(actual), dim(expected))
  error <- if (length(expected)) max(abs(actual - expected) / scale) else 0
  expect_lt(error, tolerance)
}

# An error of its class, which names R's calls and not ours, after which the
# session goes on.
expect_rkeops_error <- function(object, kind, pattern = NULL) {
  condition <- expect_error(
    object, pattern, class = paste0("rkeops_error_", kind)
  )
  expect_s3_class(condition, "rkeops_error")
  expect_no_match(conditionMessage(condition), "internal|report this")
  invisible(condition)
}

expect_no_match <- function(text, pattern) {
  expect_false(grepl(pattern, text))
}

skip_without_gpu <- function() {
  devices <- r_gpu_devices()
  if (inherits(devices, "rkeops_failure")) {
    skip(paste("No GPU:", devices$message))
  }
}

# Asks the machine, whatever a test sets.
has_compiler <- nzchar(check_native(r_toolchain(character()))$cxx)

skip_without_compiler <- function() {
  if (!has_compiler) skip("No C++ compiler.")
}

# The values of the option `compile` that can be tested here.
compile_ways <- function() c(if (has_compiler) "always", "never")

# The root of the source tree, which an installed package does not have.
source_root <- function() {
  candidates <- c(Sys.getenv("RKEOPS_SOURCE"), test_path("..", ".."))
  is_root <- file.exists(file.path(candidates, "src", "README.md")) &
    nzchar(candidates)
  if (!any(is_root)) {
    skip("The sources are not here (set RKEOPS_SOURCE).")
  }
  normalizePath(candidates[is_root][1L])
}

# A compiler that writes a line to `log` each time it compiles.
counting_compiler <- function(directory) {
  skip_without_compiler()
  script <- file.path(directory, "compiler")
  log <- file.path(directory, "log")
  writeLines(c(
    "#!/bin/sh",
    "case \"$*\" in",
    sprintf("  *.cpp*) echo compiled >> '%s' ;;", log),
    "esac",
    paste("exec", cxx_command(), "\"$@\"")
  ), script)
  Sys.chmod(script, "700")
  list(path = script, log = log)
}

count_lines <- function(file) {
  length(read_if_any(file))
}

# Calls with and without expansions (the option `expansion`).
with_expansion <- function(mode, code) {
  old <- set_rkeops_option("expansion", mode)
  on.exit(set_rkeops_options(old))
  code
}

expanded <- function(...) with_expansion("always", ...)
as_written <- function(...) with_expansion("never", ...)
