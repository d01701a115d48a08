# Reductions over blocks of the pairs against plain R, which goes over the rows
# one by one.

interpret_unless_exhaustive()

reductions_table <- r_language("reductions")
reduction_arguments <- strsplit(reductions_table$arguments, ", ", fixed = TRUE)
names(reduction_arguments) <- reductions_table$name

# Blocks of different sizes, in no order; some i, and some j, are in none.
some_ranges <- function() {
  pair_ranges(
    i = rbind(c(8, 20), c(1, 3), c(1, 3), c(4, 7), c(21, 21), c(5, 4)),
    j = rbind(c(31, 67), c(1, 10), c(12, 12), c(5, 40), c(2, 66), c(1, 5)),
    sizes = c(23, 67)
  )
}

# The value of a formula with axis 0 for each i, of its j alone.
expected_by_rows <- function(formula, args, data, mask, places) {
  rows <- lapply(seq_len(nrow(mask)), function(i) {
    columns <- which(mask[i, ])
    part <- data
    part$x <- data$x[i, , drop = FALSE]
    part$y <- data$y[columns, , drop = FALSE]
    value <- oracle(formula, args, part)
    value[places] <- (columns - 1)[value[places] + 1]
    value
  })
  value <- do.call(rbind, rows)
  replace(value, is.na(value), NaN)
}

transposed_formula <- function(formula) sub("0)$", "1)", formula)

test_that("every reduction goes over the j of each i, and the other way", {
  skip_on_cran()
  args <- c("x = Vi(1)", "y = Vj(1)")
  ranges <- some_ranges()
  mask <- as.matrix(ranges)
  data <- list(
    x = as.matrix(exact_points(23, 1)), y = as.matrix(exact_points(67, 1, 9))
  )
  for (name in reductions_table$name) {
    # the shift of these is the largest value, whatever it is
    words <- c(
      f = "(x * y - y)", weight = "(1 + y * y)", K = "3", D = "2", axis = "0"
    )
    formula <- sprintf("%s(%s)", name, toString(words[
      reduction_arguments[[name]]
    ]))
    op <- keops_kernel(formula, args, precision = "float64")
    found <- op(data, ranges = ranges)
    shift <- grepl("SumShift", name)
    rows <- if (shift) rowSums(mask) > 0 else rep(TRUE, 23)
    places <- describe_operator(operator_state(op))$places
    if (grepl("Entries", name)) {
      expect_equal(found[mask[, 1] == 0, 1], rep(NaN, sum(mask[, 1] == 0)))
      next
    }
    if (grepl("Parts", name)) next
    expected <- expected_by_rows(formula, args, data, mask, places)
    expect_equal(
      found[rows, ], expected[rows, ], tolerance = 1e-12, label = name
    )
    turned <- keops_kernel(
      transposed_formula(formula), c("x = Vj(1)", "y = Vi(1)"),
      precision = "float64"
    )
    expect_identical(turned(data, ranges = t(ranges)), found, label = name)
  }
})

gaussian_args <- c("x = Vi(3)", "y = Vj(3)", "b = Vj(2)", "s = Pm(1)")

cloud_data <- function(rows, columns) {
  list(
    x = points(rows, 3), y = points(columns, 3, start = 5),
    b = points(columns, 2, start = 50), s = 0.7
  )
}

test_that("where rows have all columns, the bits are those without ranges", {
  skip_on_cran()
  formulas <- c(
    "Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0)",
    "LogSumExp_Reduction(-s * SqDist(x, y), 0)",
    "ArgKMin_Reduction(s * SqDist(x, y), 3, 0)"
  )
  # the columns of the last two are split, those of the last few are in lanes
  for (size in list(c(130, 200), c(12, 33000), c(3, 8300))) {
    data <- cloud_data(size[[1]], size[[2]])
    whole <- from_matrix(
      matrix(TRUE, 2, 3), c(2, size[[1]] - 2), c(1, 100, size[[2]] - 101)
    )
    for (formula in formulas) {
      for (precision in c("float32", "float64")) {
        op <- keops_kernel(formula, gaussian_args, precision = precision)
        expected <- op(data)
        expect_identical(
          op(data, ranges = whole), expected, label = paste(formula, size[[1]])
        )
      }
    }
  }
})

test_that("results do not depend on threads", {
  skip_on_cran()
  data <- cloud_data(50, 33000)
  ranges <- from_matrix(
    outer(1:5, 1:3, function(i, j) (i + j) %% 3 > 0), rep(10, 5), rep(11000, 3)
  )
  op <- keops_kernel(
    "Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0)", gaussian_args
  )
  results <- lapply(c(1, 2, 5), function(threads) {
    local_rkeops_options(threads = threads)
    op(data, ranges = ranges)
  })
  expect_identical(results[[2]], results[[1]])
  expect_identical(results[[3]], results[[1]])
  distance <- square_distances(data$x, data$y)
  mask <- as.matrix(ranges)
  expected <- (exp(-data$s * distance) * mask) %*% data$b
  expect_lt(max(abs(results[[1]] - expected)), 1e-5 * max(abs(expected)))
})

test_that("compiled programs take ranges", {
  skip_on_cran()
  skip_without_compiler()
  local_rkeops_options(compile = "always")
  data <- cloud_data(23, 67)
  ranges <- some_ranges()
  distance <- square_distances(data$x, data$y)
  op <- keops_kernel(
    "Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0)", gaussian_args,
    precision = "float64"
  )
  expected <- (exp(-data$s * distance) * as.matrix(ranges)) %*% data$b
  expect_equal(op(data, ranges = ranges), expected, tolerance = 1e-12)
})

# The slope of the sum of all components of the result, in a direction.
slope_along <- function(op, data, name, ranges, direction, step = 1e-5) {
  shifted <- function(by) {
    data[[name]] <- data[[name]] + by * direction
    sum(op(data, ranges = ranges))
  }
  (shifted(step) - shifted(-step)) / (2 * step)
}

test_that("gradients take the same ranges, transposed where roles change", {
  skip_on_cran()
  ranges <- some_ranges()
  data <- cloud_data(23, 67)
  formulas <- c(
    "Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0)",
    "LogSumExp_Reduction(-s * SqDist(x, y) + Elem(b, 0), 0)",
    # parts of these do not vary with i, or with j
    "Sum_Reduction(s * x * Elem(b, 0), 0)", "Sum_Reduction(x, 0)",
    "Sum_Reduction(b, 0)", "Sum_Reduction(s + 0 * Elem(b, 0), 0)",
    "Mean_Reduction(x * Elem(b, 1) * s, 0)", "Var_Reduction(s * Elem(b, 1), 0)",
    "Sum_Reduction(s * (x | y) * Elem(b, 0), 1)",
    "SumSoftMaxWeight_Reduction(-s * SqDist(x, y), b, 0)"
  )
  full <- from_matrix(
    cbind(c(1, 1, 0), c(0, 1, 1)), c(3, 13, 7), c(40, 27)
  )
  for (formula in formulas) {
    op <- keops_kernel(formula, gaussian_args, precision = "float64")
    # 0 / 0 where there is nothing to reduce
    blocks <- if (startsWith(formula, "Sum_")) ranges else full
    value <- op(data, ranges = blocks)
    eta <- matrix(1, nrow(value), ncol(value))
    for (name in names(data)) {
      gradient <- keops_grad(op, name)(c(data, list(eta = eta)),
                                       ranges = blocks)
      direction <- gradient
      direction[] <- points(length(gradient), 1, start = 77) - 0.5
      slope <- slope_along(op, data, name, blocks, c(direction))
      expect_equal(
        sum(gradient * direction), slope, tolerance = 1e-7,
        label = paste("gradient of", formula, "in", name)
      )
    }
  }
})

test_that("second derivatives and several gradients take ranges", {
  skip_on_cran()
  ranges <- some_ranges()
  data <- cloud_data(23, 67)
  op <- keops_kernel(
    "Sum_Reduction(s * Exp(-SqDist(x, y)) * b, 0)", gaussian_args,
    precision = "float64"
  )
  eta <- points(23, 2, start = 3)
  with_eta <- c(data, list(eta = eta))
  both <- keops_grad(op, c("x", "y"))(with_eta, ranges = ranges)
  expect_equal(
    both$y, keops_grad(op, "y")(with_eta, ranges = ranges)
  )
  first <- keops_grad(op, "x")
  second <- keops_grad(first, "s", name = "u")
  u <- points(23, 3, start = 8)
  found <- second(c(with_eta, list(u = u)), ranges = ranges)
  expected <- sum(u * first(with_eta, ranges = ranges)) / data$s
  expect_equal(c(found), expected, tolerance = 1e-10)
})

# The mask as a tensor: with one component for each j.
mask_tensor <- function(mask) {
  rows <- Vi(mask + 0)
  columns <- Vj(diag(ncol(mask)))
  sum(rows * columns)
}

test_that("lazy tensors take ranges", {
  skip_on_cran()
  ranges <- some_ranges()
  mask <- as.matrix(ranges)
  data <- cloud_data(23, 67)
  x_i <- Vi(data$x, precision = "float64")
  D <- sqdist(x_i, Vj(data$y))
  near <- exp(-D)[ranges]
  expected <- exp(-square_distances(data$x, data$y))
  expect_equal(rowSums(near), rowSums(expected * mask), tolerance = 1e-12)
  expect_equal(colSums(near), colSums(expected * mask), tolerance = 1e-12)
  expect_equal(
    near %*% data$b, (expected * mask) %*% data$b, tolerance = 1e-12
  )
  expect_equal(
    t(near) %*% data$x, t(expected * mask) %*% data$x, tolerance = 1e-12
  )
  # everything that is made of it has the ranges
  expect_equal(
    rowSums(2 * exp(-D[ranges]) * Vj(data$b[, 1])),
    c(2 * (expected * mask) %*% data$b[, 1]), tolerance = 1e-12
  )
  found <- argKmin(D[ranges], 2, "j")
  masked <- ifelse(mask, square_distances(data$x, data$y), Inf)
  for (i in 1:23) {
    nearest <- order(masked[i, ])[1:2]
    nearest[!is.finite(masked[i, nearest])] <- NA
    expect_identical(found[i, ], nearest)
  }
  expect_equal(
    grad(near, 1, "Sum", x_i, "j"),
    grad(exp(-D) * mask_tensor(mask), 1, "Sum", x_i, "j"), tolerance = 1e-10
  )
  expect_output(print(near), "6 blocks of 23 i and 67 j")
})

test_that("what needs all entries is refused", {
  ranges <- some_ranges()
  D <- sqdist(Vi(points(23, 2)), Vj(points(67, 2)))[ranges]
  expect_snapshot(error = TRUE, {
    as.matrix(D)
    D[1:3, ]
    D[ranges]
    quantile(D, 0.5)
    pairs_within(D, 1)
    D + D[band(2, 23, 67)]
    D + t(D)
    sqdist(Vi(points(22, 2)), Vj(points(67, 2)))[ranges]
  })
})

test_that("wrong ranges are refused with what is wrong of them", {
  op <- keops_kernel("Sum_Reduction(x * y, 0)", c("x = Vi(1)", "y = Vj(1)"))
  expect_snapshot(error = TRUE, {
    pair_ranges(rbind(c(1, 4), c(3, 5)), rbind(c(1, 9), c(9, 12)), c(5, 12))
    pair_ranges(rbind(c(1, 6)), rbind(c(1, 9)), c(5, 12))
    pair_ranges(rbind(c(0, 5)), rbind(c(1, 9)), c(5, 12))
    pair_ranges(rbind(c(5, 2)), rbind(c(1, 9)), c(5, 12))
    pair_ranges(rbind(c(1, 2)), rbind(c(1, 9), c(2, 3)), c(5, 12))
    pair_ranges(1:2, rbind(c(1, 9)), c(5, 12))
    pair_ranges(rbind(c(1, 2)), rbind(c(1, 9)), 5)
    op(1:3, 1:4, ranges = matrix(1))
    op(1:3, 1:4, ranges = block_diagonal(c(1, 2), c(2, 3)))
    block_diagonal(c("a", "b", "a"))
    block_diagonal(c(1, 2), c(1, 2, 3))
    from_matrix(matrix(TRUE, 2, 2), c(1, 2), 3)
    grid_clusters(cbind(c(1, NA)), 1)
    within_radius(matrix(1:3), r = -1)
  })
})

test_that("blocks without pairs and sizes of 0 and 1 are no exceptions", {
  op <- keops_kernel(
    "Min_Reduction(x * y, 0)", c("x = Vi(1)", "y = Vj(1)"),
    precision = "float64"
  )
  none <- pair_ranges(matrix(0, 0, 2), matrix(0, 0, 2), c(3, 4))
  expect_identical(op(1:3, 1:4, ranges = none), matrix(Inf, 3, 1))
  empty <- pair_ranges(matrix(0, 0, 2), matrix(0, 0, 2), c(0, 4))
  expect_identical(op(numeric(), 1:4, ranges = empty), matrix(0, 0, 1))
  one <- pair_ranges(cbind(1, 1), cbind(1, 1), c(1, 1))
  expect_identical(op(3, 4, ranges = one), matrix(12))
})

test_that("makers of ranges make the pairs that they say", {
  same <- function(ranges, mask) {
    expect_identical(as.matrix(ranges), unname(mask))
  }
  groups <- c("a", "a", "b", "c")
  others <- c("b", "c", "c", "d")
  same(block_diagonal(groups, others), outer(groups, others, "=="))
  same(block_diagonal(c(1, 0, 2)), outer(c(1, 3, 3), c(1, 3, 3), "=="))
  for (width in c(0, 2, 50)) {
    same(
      band(width, 7, 11),
      outer(1:7, 1:11, function(i, j) abs(i - j) <= width)
    )
  }
  expect_true(all(as.matrix(band(3, 40))[as.matrix(band(2, 40))]))
  expect_true(all(as.matrix(band(2, 40, at_once = 8))[as.matrix(band(2, 40))]))
  keep <- rbind(c(TRUE, FALSE, TRUE), c(FALSE, FALSE, TRUE))
  expected <- keep[c(1, 1, 2), c(1, 2, 2, 3)]
  same(from_matrix(keep, c(2, 1), c(1, 2, 1)), expected)
  skip_if_not_installed("Matrix")
  sparse <- Matrix::Matrix(keep, sparse = TRUE)
  same(from_matrix(sparse, c(2, 1), c(1, 2, 1)), expected)
  same(from_matrix(sparse * 2, c(2, 1), c(1, 2, 1)), expected)
})

test_that("within_radius() has all pairs within the radius", {
  x <- points(211, 2)
  y <- points(97, 2, start = 7)
  cx <- grid_clusters(x, c(0.2, 0.3))
  cy <- grid_clusters(y, 0.25)
  expect_identical(unsort_points(sort_points(x, cx), cx), x)
  expect_equal(
    cx$centroids, unname(rowsum(x, cx$labels)) / as.vector(table(cx$labels))
  )
  distance <- sqrt(square_distances(sort_points(x, cx), sort_points(y, cy)))
  for (r in c(0, 0.1, 0.5, Inf)) {
    mask <- as.matrix(within_radius(cx, cy, r))
    expect_true(all(mask[distance <= r]))
    # a block has two points so near each other that its boxes may be
    expect_true(all(distance[mask] <= r + 2))
    blocks <- as.matrix(within_radius(x, y, r, block = 16))
    expect_true(all(blocks[sqrt(square_distances(x, y)) <= r]))
  }
  expect_lt(mean(as.matrix(within_radius(cx, cy, 0.1))), 0.5)
  expect_output(print(cx), "211 points")
  expect_equal(length(grid_clusters(matrix(0, 0, 2), 1)$sizes), 0)
})

test_that("a truncated Gaussian on clusters is that of KeOps' example", {
  skip_on_cran()
  sigma <- 0.05
  angle <- seq(0, 2 * pi, length.out = 601)[-1]
  x <- cbind(0.5 + 0.4 * cos(angle), 0.5 + 0.4 * sin(2 * angle))
  clusters <- grid_clusters(x, 0.05)
  sorted <- sort_points(x, clusters)
  centres <- sqrt(square_distances(clusters$centroids, clusters$centroids))
  ranges <- from_matrix(centres < 4 * sigma, clusters)
  b <- points(600, 1)
  K <- exp(-sqdist(Vi(sorted), Vj(sorted)) / (2 * sigma^2))
  whole <- K %*% b
  near <- K[ranges] %*% b
  expect_lt(sum(abs(near - whole)) / sum(abs(whole)), 2e-3)
  expect_lt(mean(as.matrix(ranges)), 0.5)
  exact <- exp(-square_distances(sorted, sorted) / (2 * sigma^2))
  expect_equal(
    near, (exact * as.matrix(ranges)) %*% b, tolerance = 1e-5
  )
})

test_that("single precision keeps its digits with ranges", {
  skip_on_cran()
  local_digits()
  data <- cloud_data(600, 900)
  ranges <- from_matrix(diag(3) > 0, rep(200, 3), rep(300, 3))
  op <- keops_kernel(
    "Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0)", gaussian_args
  )
  expected <- op(data, ranges = ranges)
  data$x <- data$x + 1e6
  data$y <- data$y + 1e6
  expect_lt(max(abs(op(data, ranges = ranges) - expected)), 1e-4)
})

test_that("ranges survive saving", {
  ranges <- some_ranges()
  file <- withr::local_tempfile()
  saveRDS(ranges, file)
  expect_identical(as.matrix(readRDS(file)), as.matrix(ranges))
  op <- keops_kernel("Sum_Reduction(x * y, 0)", c("x = Vi(1)", "y = Vj(1)"))
  x <- points(23, 1)
  y <- points(67, 1)
  expect_identical(op(x, y, ranges = readRDS(file)), op(x, y, ranges = ranges))
})
