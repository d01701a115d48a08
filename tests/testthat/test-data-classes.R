# Classes of data that stand for numbers, wherever data enter, against plain R.

interpret_unless_exhaustive()

local_double <- function(.frame = parent.frame()) {
  local_rkeops_options(precision = "float64", .frame = .frame)
}

# Two operands of each class, and their numbers.
class_cases <- function() {
  time <- as.POSIXct("2024-05-01 12:00:00", tz = "UTC") + c(0, 1.5, 86400, NA)
  day <- as.Date("2024-02-27") + c(0, 2, 3, NA)
  cases <- list(
    integer = list(c(3L, -1L, 0L, NA), c(3, -1, 0, NA)),
    logical = list(c(TRUE, FALSE, NA, TRUE), c(1, 0, NA, 1)),
    POSIXct = list(time, as.numeric(time)),
    POSIXlt = list(as.POSIXlt(time), as.numeric(time)),
    Date = list(day, as.numeric(day)),
    difftime = list(as.difftime(c(1, -2, 0, NA), units = "hours"),
                    c(3600, -7200, 0, NA)),
    integer_date = list(structure(c(1L, 5L, NA, 0L), class = "Date"),
                        c(1, 5, NA, 0)),
    as_is = list(I(c(1, 2, 3, NA)), c(1, 2, 3, NA))
  )
  if (requireNamespace("bit64", quietly = TRUE)) {
    cases$integer64 <- list(
      bit64::as.integer64(c("9007199254740991", "-5", "0", NA)),
      c(2^53 - 1, -5, 0, NA)
    )
  }
  cases
}

test_that("each class enters lazy tensors as its numbers", {
  local_double()
  for (name in names(class_cases())) {
    case <- class_cases()[[name]]
    x <- case[[1]]
    wanted <- case[[2]]
    expect_equal(as.matrix(Vi(x) + 0)[, 1], wanted, info = name)
    expect_equal(as.matrix(Vj(x) + 0)[1, ], wanted, info = name)
    expect_equal(as.array(Pm(x) + 0)[1, 1, ], wanted, info = name)
    expect_equal(as.array(LazyTensor(x) + 0)[1, 1, ], wanted, info = name)
    frame <- data.frame(a = x, b = c(1, 2, 3, 4))
    expect_equal(as.array(Vi(frame) + 0)[, 1, ],
                 cbind(wanted, c(1, 2, 3, 4), deparse.level = 0), info = name)
  }
})

test_that("each class stands beside lazy tensors, on either side", {
  local_double()
  for (name in setdiff(names(class_cases()), c("integer", "logical"))) {
    case <- class_cases()[[name]]
    x <- case[[1]]
    numbers <- case[[2]]
    first <- x[1]
    expect_equal(as.matrix(Vi(x) - first)[, 1], numbers - numbers[1],
                 info = name)
    expect_equal(as.matrix(first - Vj(x))[1, ], numbers[1] - numbers,
                 info = name)
    known <- !is.na(numbers)
    expect_equal(as.matrix(Vi(x[known]) <= first)[, 1],
                 as.numeric(numbers[known] <= numbers[1]), info = name)
    expect_equal(as.matrix(first < Vi(x[known]))[, 1],
                 as.numeric(numbers[1] < numbers[known]), info = name)
  }
})

test_that("each class is an input of operators and of their gradients", {
  op <- keops_kernel("Sum_Reduction(x*y*s,0)",
                     c("x=Vi(1)", "y=Vj(1)", "s=Pm(1)"), precision = "float64")
  gradient <- keops_grad(op, "x")
  for (name in names(class_cases())) {
    case <- class_cases()[[name]]
    x <- case[[1]]
    numbers <- case[[2]]
    expect_equal(op(x, 1:3, 2)[, 1], 12 * numbers, info = name)
    expect_equal(op(list(s = x[2], x = 1:2, y = 1))[, 1], numbers[2] * 1:2,
                 info = name)
    expect_equal(op(list(x = data.frame(x), y = 1, s = 1))[, 1], numbers,
                 info = name)
    expect_equal(gradient(1:4, x[1:2], 1, 1:4)[, 1],
                 1:4 * sum(numbers[1:2]), info = name)
    expect_equal(gradient(1:4, 1, 1, x)[, 1], numbers, info = name)
    expect_equal(op(matrix(0, 1, 0), x, 1, inner_dim = 0), matrix(0, 1, 0),
                 info = name)
  }
})

test_that("whole numbers beyond 2^53 are announced", {
  skip_if_not_installed("bit64")
  large <- bit64::as.integer64("9007199254740993")
  expect_warning(Vi(large), "`x`", class = "rkeops_warning_precision")
  expect_warning(Vi(1) < large, "`large`", class = "rkeops_warning_precision")
  expect_warning(Vi(data.frame(id = large)), "id",
                 class = "rkeops_warning_precision")
  op <- keops_kernel("Sum_Reduction(y - x,0)", c("x=Vi(1)", "y=Vj(1)"))
  expect_warning(op(x = 0, y = large), "`y`",
                 class = "rkeops_warning_precision")
  expect_warning(op(0, large), "`y`", class = "rkeops_warning_precision")
  expect_no_warning(Vi(large - large))
  expect_equal(r_integer64_numbers(large), 2^53)
  expect_equal(
    rowSums(Vi(as.character(large + 0:1)) == Vj(as.character(large + 0:1))),
    c(1, 1)
  )
  expect_rkeops_error(op(0, 1, nx = bit64::as.integer64(1)), "argument", "nx")
})

test_that("days and seconds are not mixed", {
  local_double()
  time <- as.POSIXct("2024-05-01", tz = "UTC") + 0:2
  day <- as.Date("2024-05-01") + 0:2
  week <- as.difftime(7, units = "days")
  expect_rkeops_error(Vi(time) - Vj(day), "argument", "days")
  expect_rkeops_error(sqdist(Vi(day), Vj(time)), "argument", "days")
  expect_rkeops_error(abs(Vi(day) - Vj(day)) < week, "argument", "days")
  expect_rkeops_error((Vi(day) - Vj(day)) / week, "argument", "days")
  expect_rkeops_error(2 * abs(Vi(day) - Vj(day))[1:2, ] + time[1], "argument")
  expect_equal(rowSums(abs(Vi(day) - Vj(day)) < 2), c(2, 3, 2))
  expect_equal(rowSums(abs(Vi(time) - Vj(time)) < week / 7), c(3, 3, 3))
  # a number of weeks, a square, a kernel: no longer days
  expect_equal(as.matrix(exp(Vi(day) - Vj(day)) + (Vi(1:3) < time[1])),
               exp(outer(0:2, 0:2, "-")) + 1)
  expect_match(format(Vi(day) - Vj(day))[1], "in days")
})

test_that("factors and text are compared by their names", {
  f <- factor(c("a", "b", NA, "a"), levels = c("b", "unused", "a"))
  g <- factor(c("c", "b", "a"))
  equal <- outer(as.character(f), as.character(g), "==")
  known <- !is.na(f)
  expect_equal(as.matrix(Vi(f) == Vj(g))[known, ], equal[known, ] + 0)
  expect_equal(as.matrix(Vi(f) != Vj(g))[known, ], (!equal[known, ]) + 0)
  expect_equal(as.matrix(Vi(f) == Vj(as.character(g)))[known, ],
               equal[known, ] + 0)
  expect_equal(as.matrix(t(Vi(g)) == Vi(f))[known, ], equal[known, ] + 0)
  expect_equal(as.matrix(Vi(f)[c(4, 2), ] == Vj(g)[, 2:3]),
               equal[c(4, 2), 2:3] + 0)
  for (one in list("a", factor("a"), "nowhere")) {
    expect_equal(as.matrix(Vi(f) == one)[known, 1],
                 as.numeric(f[known] == as.character(one)))
    expect_equal(as.matrix(one != Vi(f))[known, 1],
                 as.numeric(f[known] != as.character(one)))
  }
  words <- c("\u00e9t\u00e9", "hiver")
  latin <- iconv(words, "UTF-8", "latin1")
  expect_equal(as.matrix(Vi(words) == Vj(latin)), diag(2))
  frame <- data.frame(a = f[known], b = rev(f[known]))
  expect_equal(as.array(Vi(frame) == "a")[, 1, ],
               unname(sapply(frame, `==`, "a")) + 0)
  expect_equal(as.matrix(Vi(frame)[2] == "a")[, 1],
               as.numeric(frame$b == "a"))
  expect_equal(as.matrix(elem(Vi(frame), 1) == "a")[, 1],
               as.numeric(frame$a == "a"))
  empty <- factor(character())
  expect_equal(dim(Vi(empty) == Vj(f)), c(0L, 4L))
})

test_that("codes survive saveRDS", {
  f <- factor(c("x", "y", "x"))
  file <- withr::local_tempfile()
  saveRDS(Vi(f), file)
  expect_equal(as.matrix(readRDS(file) == Vj(factor(c("y", "x")))),
               outer(c("x", "y", "x"), c("y", "x"), "==") + 0)
})

test_that("ordered factors are ordered", {
  levels <- c("low", "middle", "high")
  o <- factor(c("high", "low", "middle"), levels, ordered = TRUE)
  codes <- as.integer(o)
  for (operator in c("<", "<=", ">", ">=", "==", "!=")) {
    compare <- get(operator)
    expect_equal(as.matrix(compare(Vi(o), Vj(o))),
                 outer(codes, codes, operator) + 0)
    expect_equal(as.matrix(compare(Vi(o), "middle"))[, 1],
                 compare(codes, 2) + 0)
    expect_equal(as.matrix(compare("middle", Vi(o)))[, 1],
                 compare(2, codes) + 0)
  }
  other <- factor("low", rev(levels), ordered = TRUE)
  expect_rkeops_error(Vi(o) < other, "argument", "different levels")
  expect_rkeops_error(Vi(factor("a")) < "b", "argument", "ordered")
})

test_that("codes are no numbers", {
  f <- factor(c("a", "b"))
  x <- Vi(f)
  words <- "as.integer"
  expect_rkeops_error(x + 1, "argument", words)
  expect_rkeops_error(exp(x), "argument", words)
  expect_rkeops_error(-x, "argument", words)
  expect_rkeops_error(!x, "argument", words)
  expect_rkeops_error(x == 1, "argument", words)
  expect_rkeops_error(Vi(1:2) + f[1], "argument", words)
  expect_rkeops_error(Vi(1:2) * "a", "argument", words)
  expect_rkeops_error(sqdist(x, Vj(f)), "argument", words)
  expect_rkeops_error(concat(x, Vj(f)), "argument", words)
  expect_rkeops_error(ifelse(x == "a", x, 1), "argument", words)
  expect_rkeops_error(sum(x, "i"), "argument", words)
  expect_rkeops_error(rowSums(x), "argument", words)
  expect_rkeops_error(argKmin(x, 1, "i"), "argument", words)
  expect_rkeops_error(logsumexp(Vi(1:2), "i", x), "argument", words)
  expect_rkeops_error(lazy_apply("OneHot", x, 2), "argument", words)
  expect_rkeops_error(keops_grad(x, x), "argument", words)
  expect_rkeops_error(Vi(f, is_complex = TRUE), "argument", words)
  expect_rkeops_error(Vi(data.frame(f, 1:2)), "argument", words)
  op <- keops_kernel("Sum_Reduction(x,0)", "x=Vi(1)")
  expect_rkeops_error(op(f), "argument", words)
  expect_rkeops_error(op(data.frame(f)), "argument", words)
  expect_rkeops_error(op("a"), "argument")
  expect_rkeops_error(to_gpu(f), "argument", words)
  expect_rkeops_error(to_gpu(), "argument")
})

test_that("matrices of Matrix are matrices", {
  skip_if_not_installed("Matrix")
  local_double()
  dense <- matrix(0, 7, 3)
  dense[c(1, 5, 9, 20)] <- c(2, -1, NA, 0.5)
  dimnames(dense) <- list(letters[1:7], NULL)
  sparse <- Matrix::Matrix(dense, sparse = TRUE)
  square <- Matrix::crossprod(Matrix::Matrix(round(points(3, 3) * 4), sparse = TRUE))
  repeated <- Matrix::sparseMatrix(
    c(1, 1, 3), c(2, 2, 1), x = c(1, 2, 3), dims = c(3, 2), repr = "T"
  )
  cases <- list(
    sparse, methods::as(sparse, "RsparseMatrix"),
    methods::as(sparse, "TsparseMatrix"), repeated, sparse != 0,
    methods::as(square != 0, "nMatrix"), Matrix::forceSymmetric(square),
    Matrix::triu(square), Matrix::Diagonal(3), Matrix::Diagonal(3, 1:3),
    methods::as(3:1, "pMatrix"), Matrix::Matrix(points(4, 3)),
    Matrix::Matrix(0, 0, 2, sparse = TRUE), Matrix::Matrix(0, 4, 2, sparse = TRUE)
  )
  for (x in cases) {
    wanted <- as.matrix(x) + 0
    size <- class(x)[1]
    expect_equal(as.array(Vi(x) + 0), array(wanted, c(nrow(x), 1, ncol(x))),
                 ignore_attr = TRUE, info = size)
    op <- keops_kernel("Sum_Reduction(x,0)", sprintf("x=Vi(%d)", ncol(x)),
                       precision = "float64")
    expect_equal(op(x), wanted, info = size, ignore_attr = "dimnames")
    K <- exp(-sqdist(Vi(points(5)), Vj(points(nrow(x)))))
    expect_equal(K %*% x, as.matrix(K) %*% wanted, info = size,
                 ignore_attr = TRUE)
    expect_equal(Matrix::t(x) %*% t(K), t(wanted) %*% t(as.matrix(K)), info = size,
                 ignore_attr = TRUE)
    expect_equal(crossprod(t(K), x), as.matrix(K) %*% wanted, info = size,
                 ignore_attr = TRUE)
  }
  expect_equal(rownames(Vi(sparse)), letters[1:7])
  vector <- Matrix::sparseVector(c(1, 2), c(2, 5), 6)
  expect_equal(as.matrix(Vi(vector) + 0)[, 1], as.numeric(vector))
  expect_rkeops_error(Vi(1:7) + sparse, "argument", "Vi")
  expect_rkeops_error(sparse == Vi(1:7), "argument", "Vi")
})

test_that("sparse matrices of several blocks of columns are whole", {
  skip_if_not_installed("Matrix")
  starts <- cumsum(c(0, 2^20 - 1, 1, 5, 0, 2^21, 3, 2^20))
  blocks <- column_blocks(starts)
  expect_equal(vapply(blocks, `[`, 0, 1),
               c(1, 1 + vapply(blocks, `[`, 0, 2)[-length(blocks)]))
  expect_equal(blocks[[length(blocks)]][2], 7)
  expect_gt(length(blocks), 2)
  rows <- 40000
  x <- Matrix::sparseMatrix(
    rep(seq_len(rows), 60), rep(1:60, each = rows), x = seq_len(60 * rows)
  )
  expect_identical(dense_columns(x, "x", NULL),
                   matrix(as.double(seq_len(60 * rows)), rows))
})

test_that("the size of a sparse matrix that is too large is said", {
  skip_if_not_installed("Matrix")
  x <- Matrix::sparseMatrix(1, 1, x = 1, dims = c(1e6, 1e6))
  expect_rkeops_error(Vi(x), "argument", "7.3T")
  local_rkeops_options(dense_maximum_bytes = "1 KiB")
  expect_rkeops_error(Vi(Matrix::Diagonal(12)), "argument", "1.1K.*1K")
  expect_equal(dim(Vi(Matrix::Diagonal(11))), c(11L, 1L, 11L))
  local_rkeops_options(dense_maximum_bytes = Inf)
  expect_rkeops_error(Vi(x), "argument", "free")
  expect_identical(free_memory(tempfile()), Inf)
})

test_that("conversions of the same object are one variable", {
  count <- function(x) length(x$data)
  frame <- data.frame(a = 1:3, b = 4:6)
  expect_equal(count(Vi(frame) + sum(Vi(frame))), 1)
  v <- c(1, 2, 3)
  expect_equal(count(Vi(v) * Vi(v)), 1)
  expect_equal(count(Vi(v) * Vj(v)), 2)
  copy <- v + 0
  expect_equal(count(Vi(v) * Vi(copy)), 2)
  f <- factor(letters[1:3])
  expect_equal(count(Vi(f) == Vi(f)), 1)
  expect_equal(grad(Vi(v)^2 * Vj(v), 1, "Sum", Vi(v), "j")[, 1], 12 * v)
  z <- complex(real = 1:3, imaginary = 3:1)
  expect_equal(count(Vi(z) * Vi(z)), 1)
  file <- withr::local_tempfile()
  saveRDS(list(Vi(v), Vi(v)), file)
  saved <- readRDS(file)
  expect_equal(as.matrix(saved[[1]] * saved[[2]])[, 1], v^2)
  expect_null(attributes(Vi(v)$data[[1]])$rkeops_source)
  # changed in place, as data.table does
  skip_if_not_installed("data.table")
  of_data_table <- function(name) getExportedValue("data.table", name)
  table <- of_data_table("data.table")(a = c(1, 2))
  before <- Vi(table)
  of_data_table("set")(table, j = "a", value = c(5, 7))
  expect_equal(as.matrix(Vi(table) - before)[, 1], c(4, 5))
})

test_that("an objective of a vector may use it as points", {
  local_double()
  y <- c(0.5, 2, 3)
  objective <- lazy_objective(function(p) sqdist(Vi(p), Vj(y)), c(0, 1))
  p <- c(0.25, 4)
  expect_equal(objective$fn(p), sum(outer(p, y, "-")^2))
  expect_equal(objective$gr(p), 2 * rowSums(outer(p, y, "-")))
})

test_that("logical data are logical", {
  a <- c(TRUE, FALSE, TRUE)
  b <- c(FALSE, FALSE, TRUE)
  expect_equal(as.matrix(Vi(a) | Vj(b)), outer(a, b, "|") + 0)
  expect_equal(as.matrix(Vi(a) & Vj(b)), outer(a, b, "&") + 0)
  expect_equal(as.matrix(ifelse(Vi(a), 2, Vj(b))),
               ifelse(matrix(a, 3, 3), 2, matrix(b, 3, 3, byrow = TRUE)))
})
