# Matrices in files against the same in memory.

old_options <- set_rkeops_options(
  compile = "never", pruning = "never", digits = "auto", precision = "float64"
)

set.seed(7)
x <- matrix(rnorm(3 * 777), ncol = 3)
x[5, 2] <- NA
x[6, 1] <- Inf
y <- matrix(rnorm(3 * 101), ncol = 3)

round_to_single <- function(x) {
  bytes <- writeBin(as.double(x), raw(), size = 4)
  x[] <- readBin(bytes, "double", length(x), size = 4)
  x
}

on_disk <- function(x, ..., frame = parent.frame()) {
  path <- withr::local_tempfile(.local_envir = frame)
  write_file_matrix(x, path, ...)
}

test_that("what is written is read, in both orders and types", {
  for (order in c("column", "row")) {
    for (type in c("double", "float")) {
      f <- on_disk(x, type = type, order = order)
      expect_identical(dim(f), c(777, 3))
      expect_identical(file.size(f$path), 777 * 3 * bytes_of_number(f))
      expected <- if (type == "double") x else round_to_single(x)
      expect_identical(as.matrix(f), expected)
      expect_identical(read_rows(f, 5, 9), expected[5:9, ])
      expect_identical(read_rows(f, 3, 2), expected[0, ])
      again <- file_matrix(f$path, 777, 3, type, order)
      expect_identical(as.matrix(again), expected)
      expect_output(print(again), "777 x 3")
    }
  }
})

test_that("row blocks cover all rows, whatever the memory", {
  local_rkeops_options(memory = 3 * 24 * 10)
  expect_identical(row_blocks(25, 24), list(c(1, 10), c(11, 20), c(21, 25)))
  expect_identical(row_blocks(0, 24), list())
  expect_identical(row_blocks(2, 1e9), list(c(1, 1), c(2, 2)))
  f <- on_disk(x, order = "row")
  expect_identical(as.matrix(f), x)
})

test_that("files stand where matrices stand", {
  op <- keops_kernel(
    "Sum_Reduction(Exp(-SqDist(x, y)), 0)", c("x = Vi(3)", "y = Vj(3)")
  )
  for (order in c("column", "row")) {
    fx <- on_disk(x, order = order)
    fy <- on_disk(y, order = order)
    expect_identical(op(fx, fy), op(x, y))
    expect_identical(op(y = fy, x = x), op(x, y))
    expect_identical(
      Kmin_argKmin(sqdist(Vi(fx), Vj(fy)), 3, "j"),
      Kmin_argKmin(sqdist(Vi(x), Vj(y)), 3, "j")
    )
    known <- on_disk(y, order = order)
    expect_identical(
      nearest_neighbours(known, k = 2)$index,
      nearest_neighbours(y, k = 2)$index
    )
  }
  f <- on_disk(x)
  K <- sqdist(Vi(f), Vj(f))
  expect_length(K@data, 2L)
  expect_identical(sum(K, "i"), sum(sqdist(Vi(x), Vj(x)), "i"))
})

test_that("what is written to a mapped matrix does not reach the file", {
  f <- on_disk(x)
  values <- plain_file_matrix(f, "f", NULL)
  values[1, 1] <- 99
  expect_identical(as.matrix(f), x)
  expect_identical(unserialize(serialize(values, NULL))[1, 1], 99)
})

test_that("operators read and write by blocks of rows", {
  args <- c("x = Vi(3)", "y = Vj(3)", "b = Vi(1)")
  op <- keops_kernel("Sum_Reduction(Exp(-SqDist(x, y)) * b, 0)", args)
  other <- keops_kernel("ArgMin_Reduction(SqDist(x, y) + b, 1)", args)
  b <- matrix(runif(777))
  fx <- on_disk(x, order = "row")
  expected <- op(x, y, b)
  out <- file_matrix(withr::local_tempfile(), 777, 1, create = TRUE)
  local_rkeops_options(memory = 8e3)
  expect_true(is_too_large(fx))
  expect_equal(op(fx, y, b), expected, tolerance = 1e-14)
  expect_identical(op(fx, y, b, out = out), out)
  expect_equal(as.matrix(out), expected, tolerance = 1e-14)
  expect_equal(op(x, y, b, out = out), out)
  expect_equal(as.matrix(out), expected, tolerance = 1e-14)
  fy <- on_disk(y)
  found <- file_matrix(withr::local_tempfile(), 101, 1, create = TRUE)
  other(x, fy, b, out = found)
  expect_identical(as.matrix(found), other(x, y, b))
})

test_that("inputs that are reduced are read by blocks", {
  args <- c("x = Vi(3)", "y = Vj(3)", "b = Vj(1)", "s = Pm(1)")
  y <- rbind(y, y[101:1, ], NaN, Inf)
  b <- matrix(c(NaN, seq_len(nrow(y) - 1)))
  fy <- on_disk(y, type = "double", order = "row")
  formulas <- c(
    "Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0)", "Min_Reduction(b - y, 0)",
    "Max_Reduction(x * y + b, 0)", "LogSumExp_Reduction(b - SqDist(x, y), 0)",
    "ArgMin_Reduction(SqDist(x, y), 0)", "ArgMax_Reduction(x * y + b, 0)",
    "Min_ArgMin_Reduction(Abs(x - y), 0)", "Max_ArgMax_Reduction(b * x, 0)"
  )
  for (rows in c(1, 65)) {
    some <- x[seq_len(rows), , drop = FALSE]
    for (formula in formulas) {
      for (with_nan in c(TRUE, FALSE)) {
        if (!with_nan) b[] <- cos(seq_along(b))
        op <- keops_kernel(formula, args)
        expected <- op(some, y, b, 0.5)
        read <- with_rkeops_options(list(memory = 3e3), {
          expect_true(is_too_large(fy))
          op(some, fy, b, 0.5)
        })
        expect_equal(read, expected, tolerance = 1e-13)
      }
    }
  }
})

test_that("formulas whose blocks do not merge are seen", {
  expect_null(merge_of_columns("Sum_Reduction(x, 0) + Sum_Reduction(x, 0)"))
  expect_null(merge_of_columns("Sum_Reduction(Sum_Reduction(x * y, 0), 1)"))
  expect_null(merge_of_columns("Grad(Sum_Reduction(x * y, 0), x, e)"))
  expect_null(merge_of_columns("KMin_Reduction(x * y, 3, 0)"))
  expect_null(merge_of_columns("Exp(Sum_Reduction(x * y, 0))"))
  expect_type(merge_of_columns(" Sum_Reduction((x) * (y), 0) "), "list")
})

test_that("rows of other classes are read", {
  expect_identical(read_rows(1:5, 2, 3), matrix(2:3))
  frame <- data.frame(a = c(0.5, 1, 2), b = 1:3)
  expect_equal(
    unname(read_rows(frame, 2, 3)), cbind(c(1, 2), c(2, 3)),
    ignore_attr = TRUE
  )
  expect_error(
    read_rows(data.frame(a = "x"), 1, 1), "data frame of numbers",
    class = "rkeops_error_argument"
  )
  expect_error(read_rows(x, 0, 1), "`begin`", class = "rkeops_error_argument")
  expect_error(read_rows(x, 1, 778), "`end`", class = "rkeops_error_argument")
})

# The package does not suggest these packages: they are tried where they are
# installed.
matrices_of_other_packages <- list(
  bigmemory = function() {
    getExportedValue("bigmemory", "as.big.matrix")(x)
  },
  DelayedArray = function() {
    getExportedValue("DelayedArray", "DelayedArray")(x)
  },
  HDF5Array = function() {
    path <- withr::local_tempfile(.local_envir = parent.frame())
    getExportedValue("HDF5Array", "writeHDF5Array")(x, path, "x")
  }
)

for (package in names(matrices_of_other_packages)) {
  test_that(paste("matrices of", package, "stand where matrices stand"), {
    skip_if_not_installed(package)
    other <- suppressMessages(matrices_of_other_packages[[package]]())
    expect_identical(read_rows(other, 3, 5), x[3:5, ])
    op <- keops_kernel(
      "Sum_Reduction(Exp(-SqDist(x, y)), 0)", c("x = Vi(3)", "y = Vj(3)")
    )
    expect_identical(op(other, y), op(x, y))
    local_rkeops_options(memory = 8e3)
    expect_true(is_too_large(other))
    expect_equal(op(other, y), op(x, y), tolerance = 1e-13)
    expect_equal(op(y, other), op(y, x), tolerance = 1e-13)
    expect_identical(as.matrix(on_disk(other)), x)
  })
}

test_that("files and results that do not fit are refused", {
  f <- on_disk(x)
  expect_error(
    file_matrix(f$path, 776, 3), "a file of 18624 bytes",
    class = "rkeops_error_argument"
  )
  expect_error(
    file_matrix(tempfile(), 1, 1), "does not exist",
    class = "rkeops_error_argument"
  )
  expect_error(
    file_matrix(f$path, -1, 3), "`nrow`", class = "rkeops_error_argument"
  )
  expect_error(
    file_matrix(f$path, 777, 3, "single"), "`type`",
    class = "rkeops_error_argument"
  )
  op <- keops_kernel(
    "Sum_Reduction(SqDist(x, y), 0)", c("x = Vi(3)", "y = Vj(3)")
  )
  expect_error(op(x, y, out = f), "`out`", class = "rkeops_error_argument")
  expect_error(
    op(x, y, inner_dim = 0, out = f), "blocks", class = "rkeops_error_argument"
  )
  nested <- keops_kernel(
    "Sum_Reduction(SqDist(x, y) * Sum_Reduction(SqDist(x, y), 1), 0)",
    c("x = Vi(3)", "y = Vj(3)")
  )
  result <- file_matrix(withr::local_tempfile(), 777, 1, create = TRUE)
  expect_error(
    nested(x, y, out = result), "blocks", class = "rkeops_error_argument"
  )
})

test_that("a file larger than the memory of a process is reduced", {
  skip_on_cran()
  skip_if_not(nzchar(Sys.which("bash")))
  path <- withr::local_tempfile()
  # zeros, which take no place on the disk
  file_matrix(path, 2e7, 2, create = TRUE)
  script <- withr::local_tempfile(fileext = ".R", lines = sprintf('
    library(rkeops, lib.loc = "%s")
    set_rkeops_options(compile = "never", memory = "20 MB", threads = 1)
    x <- file_matrix("%s", 2e7, 2)
    y <- matrix(c(1, 2), 1)
    op <- keops_kernel("Sum_Reduction((x | y) + 1, 1)",
                       c("x = Vi(2)", "y = Vj(2)"))
    stopifnot(identical(op(x, y), matrix(2e7)))
    op <- keops_kernel("KMin_Reduction(x | y, 2, 1)",
                       c("x = Vi(2)", "y = Vj(2)"))
    result <- tryCatch(op(x, y), rkeops_error = function(e) "no memory")
    stopifnot(identical(result, "no memory"))
    op <- keops_kernel("Sum_Reduction((x | y) + 1, 0)",
                       c("x = Vi(2)", "y = Vj(2)"))
    out <- file_matrix(tempfile(), 2e7, 1, create = TRUE)
    op(x, y, out = out)
    stopifnot(all(read_rows(out, 2e7 - 9, 2e7) == 1))
    cat("done")
  ', dirname(system.file(package = "rkeops")), path))
  expect_identical(utils::tail(system2(
    "bash", c("-c", shQuote(paste(
      "export OPENBLAS_NUM_THREADS=1; ulimit -v 450000; Rscript", script
    ))),
    stdout = TRUE, stderr = TRUE
  ), 1L), "done")
})

set_rkeops_options(old_options)
