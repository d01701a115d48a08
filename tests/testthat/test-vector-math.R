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
    "-O3", "-march=native", "-mprefer-vector-width=512", "-fno-math-errno",
    "-fno-trapping-math"
  ))
})
