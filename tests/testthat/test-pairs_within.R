# Pairs within a radius against plain R: every entry, then which().

interpret_unless_exhaustive()

skip_on_cran()

# Coordinates on a grid, exact in single precision, so that there are duplicates
# and ties, also at the radius.
grid_points <- function(rows, start = 0) {
  matrix(((start + seq_len(2 * rows)) * 37) %% 8, rows, 2)
}

expected_pairs <- function(D, r, half = FALSE, self = !half) { # nolint
  keep <- !is.na(D) & D <= r
  if (half) keep <- keep & row(D) <= col(D)
  if (!self) keep <- keep & row(D) != col(D)
  at <- which(t(keep), arr.ind = TRUE)
  data.frame(
    i = as.integer(at[, 2L]), j = as.integer(at[, 1L]),
    value = D[cbind(at[, 2L], at[, 1L])]
  )
}

expect_pairs <- function(found, expected) {
  expect_identical(as.data.frame(found), expected)
  expect_length(found, nrow(expected))
}

test_that("pairs are those that which() finds, in both precisions", {
  for (precision in c("float32", "float64")) {
    local_rkeops_options(precision = precision)
    for (sizes in list(
      c(63, 64), c(64, 65), c(65, 1), c(1, 65), c(131, 7), c(1, 1)
    )) {
      x <- grid_points(sizes[[1]])
      y <- grid_points(sizes[[2]], start = 3)
      D <- squared_distances(x, y)
      for (r in c(-1, 0, 5, Inf)) {
        expect_pairs(
          pairs_within(sqdist(Vi(x), Vj(y)), r), expected_pairs(D, r)
        )
      }
    }
  }
})

test_that("nothing is within nothing", {
  none <- matrix(0, 0, 2)
  x <- grid_points(5)
  for (D in list(
    sqdist(Vi(none), Vj(x)), sqdist(Vi(x), Vj(none)), sqdist(Vi(none), Vj(none))
  )) {
    found <- pairs_within(D, Inf)
    expect_length(found, 0)
    expect_identical(dim(as.data.frame(found)), c(0L, 3L))
  }
})

test_that("the half of a symmetric tensor, with and without its diagonal", {
  for (rows in c(1, 63, 64, 65, 131)) {
    x <- grid_points(rows)
    D <- squared_distances(x, x)
    lazy <- sqdist(Vi(x), Vj(x))
    find <- function(...) pairs_within(lazy, 4, ...)
    expect_pairs(find(symmetric = TRUE), expected_pairs(D, 4, TRUE))
    expect_pairs(
      find(symmetric = TRUE, self = TRUE), expected_pairs(D, 4, TRUE, TRUE)
    )
    # duplicates of a point stay: another number, though the distance is 0
    expect_pairs(find(self = FALSE), expected_pairs(D, 4, self = FALSE))
  }
})

test_that("NaN is within no radius, infinite entries within Inf", {
  x <- c(0, NA, 1, Inf, -Inf)
  D <- outer(x, x, "-")
  lazy <- Vi(x) - Vj(x)
  expect_pairs(pairs_within(lazy, Inf), expected_pairs(D, Inf))
  expect_pairs(pairs_within(lazy, 0), expected_pairs(D, 0))
  expect_pairs(pairs_within(lazy, -Inf), expected_pairs(D, -Inf))
})

test_that("many columns and many rows, in several blocks", {
  x <- grid_points(3)
  y <- grid_points(70001)
  D <- squared_distances(x, y)
  lazy <- sqdist(Vi(x), Vj(y))
  expect_pairs(pairs_within(lazy, 1), expected_pairs(D, 1))
  expect_pairs(pairs_within(t(lazy), 1), expected_pairs(t(D), 1))
})

test_that("entries are those of as.matrix(), to the last bit at the radius", {
  x <- lazy_points(67, 3)
  for (precision in c("float32", "float64")) {
    local_rkeops_options(precision = precision)
    lazy <- sqrt(sqdist(Vi(x), Vj(x)))
    all <- pairs_within(lazy, Inf)$value
    at <- sort(all)[[1000]]
    expect_length(pairs_within(lazy, at), sum(all <= at))
    expect_equal(
      all, as.vector(t(as.matrix(lazy))),
      tolerance = c(float32 = 1e-6, float64 = 1e-14)[[precision]]
    )
  }
})

test_that("precision is that of the tensor, or the one that is asked for", {
  x <- c(0.1, 0.7, 0.3)
  lazy <- Vi(x, precision = "float32") * Vj(x, precision = "float32")
  largest <- function(...) max(pairs_within(lazy, 1, ...)$value)
  expect_equal(largest(), 0.49, tolerance = 1e-6)
  expect_identical(largest(precision = "float64"), 0.7 * 0.7)
  local_rkeops_options(precision = "float64")
  expect_identical(lazy_precision(off_diagonal(lazy)), "float32")
})

test_that("tensors of one index, of none, and with parameters", {
  x <- c(3, 1, 2)
  expect_pairs(pairs_within(Vi(x), 2), data.frame(
    i = 2:3, j = c(1L, 1L), value = c(1, 2)
  ))
  expect_pairs(pairs_within(Pm(2) * Vj(x), 4), data.frame(
    i = c(1L, 1L), j = 2:3, value = c(2, 4)
  ))
  expect_length(pairs_within(Pm(2) + 1, 3), 1)
})

test_that("pairs become a data frame, a matrix of edges, a sparse matrix", {
  x <- grid_points(20)
  rownames(x) <- sprintf("p%02d", 1:20)
  D <- squared_distances(unname(x), unname(x))
  lazy <- sqdist(Vi(x), Vj(x))
  near <- pairs_within(lazy, 4, symmetric = TRUE)
  expect_identical(
    as.matrix(near), cbind(i = near$i, j = near$j)
  )
  duplicates <- subset(expected_pairs(D, 4, TRUE), value == 0)
  rownames(duplicates) <- NULL
  expect_pairs(near[near$value == 0], duplicates)
  expect_pairs(utils::head(near, 2), expected_pairs(D, 4, TRUE)[1:2, ])
  expect_identical(near$dimnames, list(rownames(x), rownames(x)))
  expect_output(utils::str(near), "radius")
  skip_if_not_installed("Matrix")
  expected <- ifelse(D <= 4 & row(D) != col(D), exp(-D), 0)
  sparse <- as_sparse_matrix(near, exp(-near$value))
  expect_s4_class(sparse, "dsCMatrix")
  expect_equal(as.matrix(sparse), expected, ignore_attr = TRUE)
  expect_identical(dimnames(sparse), list(rownames(x), rownames(x)))
  whole <- as_sparse_matrix(pairs_within(lazy, 4), 1)
  expect_equal(as.matrix(whole), (D <= 4) + 0, ignore_attr = TRUE)
  expect_identical(
    Matrix::nnzero(as_sparse_matrix(near, TRUE)), 2L * length(near)
  )
})

test_that("a result beyond memory is refused with its size", {
  x <- grid_points(300)
  D <- sqdist(Vi(x), Vj(x))
  expect_error(
    pairs_within(D, Inf, maximum = 1000),
    "90,000 pairs are within Inf, which take 1.4 MB; `maximum` is 1,000",
    fixed = TRUE, class = "rkeops_error_argument"
  )
  expect_error(
    check_pair_count(90000, 2, NULL, NULL, free = 1e6),
    "90,000 pairs are within 2, which take 1.4 MB; 1 MB of memory are free",
    fixed = TRUE, class = "rkeops_error_argument"
  )
  expect_null(check_pair_count(90000, 2, NULL, NULL, free = 1.44e6))
})

test_that("the memory that is free is read from the system", {
  file <- withr::local_tempfile(
    lines = c("MemTotal:  2000 kB", "MemAvailable:    500 kB")
  )
  expect_identical(free_memory_of_machine(file), 512000)
  expect_identical(free_memory_of_machine(tempfile()), Inf)
  folder <- withr::local_tempdir()
  write_to <- function(file, lines) writeLines(lines, file.path(folder, file))
  expect_identical(free_memory_of_group(folder), Inf)
  write_to("memory.max", "3000")
  write_to("memory.current", "2500")
  write_to("memory.stat", c("anon 7", "inactive_file 200"))
  expect_identical(free_memory_of_group(folder), 700)
  write_to("memory.max", "max")
  expect_identical(free_memory_of_group(folder), Inf)
})

test_that("wrong arguments are named", {
  x <- grid_points(4)
  D <- sqdist(Vi(x), Vj(x))
  expect_snapshot(error = TRUE, {
    pairs_within()
    pairs_within(as.matrix(D), 1)
    pairs_within(D)
    pairs_within(D, NA_real_)
    pairs_within(D, c(1, 2))
    pairs_within(Vi(x) - Vj(x), 1)
    pairs_within(Vi(x) * 1i, 1)
    pairs_within(D[1:2, ], 1, symmetric = TRUE)
    pairs_within(D[1:2, ], 1, self = FALSE)
    pairs_within(D, 1, symmetric = NA)
    pairs_within(D, 1, maximum = -1)
    as_sparse_matrix(x)
    as_sparse_matrix(pairs_within(D, 0), 1:3)
  })
  expect_snapshot(pairs_within(D, 9))
  expect_snapshot(print(pairs_within(D, 9, symmetric = TRUE), n = 2))
})

test_that("a GPU finds the same pairs, also of its own matrices", {
  local_gpu()
  x <- grid_points(131)
  y <- grid_points(67, start = 3)
  D <- squared_distances(x, y)
  for (precision in c("float32", "float64")) {
    local_rkeops_options(precision = precision)
    lazy <- sqdist(Vi(x), Vj(y))
    expect_pairs(pairs_within(lazy, 4), expected_pairs(D, 4))
    resident <- sqdist(Vi(to_gpu(x)), Vj(to_gpu(y)))
    expect_pairs(pairs_within(resident, 4), expected_pairs(D, 4))
    expect_equal(quantile(resident), quantile(D))
    expect_equal(resident[cbind(1:5, 67)], D[1:5, 67])
    expect_identical(
      argKmin(ifelse(resident > 4, Inf, resident), 9, "j"),
      t(apply(D, 1, function(row) {
        order(row)[seq_len(9)][sort(row)[seq_len(9)] <= 4][seq_len(9)]
      }))
    )
  }
})
