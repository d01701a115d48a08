# The headers of generated code against long double references: the C++ program compares,
# prints `name type max_ulp worst_x worst_y ok|FAIL` and fails where a limit is passed.

r_config <- function(name) {
  r <- file.path(R.home("bin"), "R")
  value <- system2(r, c("CMD", "config", name), stdout = TRUE, stderr = FALSE)
  strsplit(trimws(value[length(value)]), "[[:space:]]+")[[1]]
}

run_vector_math_program <- function(flags) {
  compiler <- r_config("CXX17")
  include <- system.file("include", package = "rkeops", mustWork = TRUE)
  program <- withr::local_tempfile(fileext = ".exe")
  source <- test_path("cpp", "vector_math_accuracy.cpp")
  arguments <- c(
    compiler[-1], flags, "-std=gnu++17", "-Wno-psabi", "-I", shQuote(include),
    shQuote(source), "-o", shQuote(program)
  )
  compiled <- system2(compiler[1], arguments, stdout = TRUE, stderr = TRUE)
  expect_null(attr(compiled, "status"), info = paste(compiled, collapse = "\n"))
  system2(program, "20000", stdout = TRUE, stderr = TRUE)
}

expect_accurate <- function(flags) {
  lines <- suppressWarnings(run_vector_math_program(flags))
  expect_gt(length(lines), 200)
  expect_identical(grep("ok$", lines, value = TRUE, invert = TRUE), character())
  expect_null(attr(lines, "status"))
}

test_that("vector math is accurate on any machine", {
  skip_on_cran()
  skip_if(!nzchar(Sys.which(r_config("CXX17")[1])), "no C++ compiler")
  expect_accurate("-O2")
})

test_that("vector math is accurate with the instructions of this machine", {
  skip_on_cran()
  skip_if(!nzchar(Sys.which(r_config("CXX17")[1])), "no C++ compiler")
  expect_accurate(c(
    "-O2", "-march=native", "-mprefer-vector-width=512", "-fno-math-errno",
    "-fno-trapping-math"
  ))
})

test_that("double precision keeps subnormal numbers, single takes them as 0", {
  skip_on_cran()
  x <- c(-86, -90, -100, -700, -708.1, -720, -745.1, -746, -Inf)
  for (compile in compile_ways()) {
    exponential <- function(precision) {
      op <- keops_kernel(
        "Sum_Reduction(Exp(x + y), 0)", c("x = Vi(1)", "y = Vj(1)"),
        precision = precision
      )
      running(op, compile)(list(x, c(0, -800)))[, 1]
    }
    double <- exponential("float64")
    expect_equal(double[1:7] / exp(x[1:7]), rep(1, 7), tolerance = 1e-12)
    expect_identical(double[8:9], c(0, 0))
    single <- exponential("float32")
    expect_equal(single[1], exp(-86), tolerance = 1e-5)
    expect_identical(single[-1], rep(0, 8))
    # the session computes as before
    expect_gt(2^-1000 * 2^-as.numeric(60), 0)
  }
})
