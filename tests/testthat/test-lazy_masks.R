# Pairs that are left out, against plain R: by identity, by groups, by Inf.

skip_on_cran()

# With duplicates, and equal distances.
duplicates <- function(rows) matrix((seq_len(2 * rows) * 37) %% 5, rows, 2)

# The places of the K smallest finite entries of each row, NA where there are
# too few of them.
places_of_smallest <- function(D, K) { # nolint
  t(apply(D, 1L, function(row) {
    ordered <- order(row, na.last = NA)
    ordered[is.finite(row[ordered])][seq_len(K)]
  }))
}

# The tensor with the entries of a table: row i has number i, and so on.
table_tensor <- function(D) { # nolint
  of_row <- Vi(diag(nrow(D)))
  pick <- function(entries) {
    sum(of_row * Vj(t(replace(entries, !is.finite(entries), 0))))
  }
  hidden <- function(which) pick(array(which %in% TRUE, dim(D)) + 0) > 0.5
  finite <- ifelse(hidden(is.nan(D)), NaN, pick(D))
  ifelse(hidden(D == Inf), Inf, finite)
}

test_that("an infinite entry is no neighbour, and NaN is none", {
  # entries by number: row i, column j of a table
  D <- rbind( # nolint
    c(2, Inf, 1, Inf), c(Inf, Inf, Inf, Inf), c(NaN, 3, NaN, -1)
  )
  lazy <- table_tensor(D)
  for (precision in c("float32", "float64")) {
    local_rkeops_options(precision = precision)
    expected <- places_of_smallest(D, 3)
    expect_identical(argKmin(lazy, 3, "j"), expected)
    both <- Kmin_argKmin(lazy, 3, "j")
    expect_identical(both$indices, expected)
    values <- matrix(D[cbind(c(row(expected)), c(expected))], 3)
    expect_equal(both$values, replace(values, is.na(values), Inf))
    expect_equal(Kmin(lazy, 3, "j"), both$values)
    expect_identical(argmin(lazy, "j")[, 1], expected[, 1])
    expect_identical(min_argmin(lazy, "j")$indices[, 1], expected[, 1])
    expect_equal(min_argmin(lazy, "j")$values[, 1], c(1, Inf, -1))
    expect_identical(argmax(-lazy, "j")[, 1], expected[, 1])
    expect_equal(max_argmax(-lazy, "j")$values[, 1], c(-1, -Inf, 1))
    expect_identical(
      reduction.LazyTensor(-lazy, "ArgKMax", "j", 3), expected
    )
    expect_identical(argKmin(lazy, 3, "i"), places_of_smallest(t(D), 3))
  }
})

test_that("places of vectors and with names, counted from 0", {
  D <- rbind(c(2, Inf, 1), c(Inf, Inf, Inf)) # nolint
  two <- concat(table_tensor(D), table_tensor(D[2:1, ]))
  places <- argKmin(two, 2, "j")
  expect_identical(dim(places), c(2L, 2L, 2L))
  expect_identical(places[, , 1], rbind(c(3L, 1L), c(NA, NA)))
  expect_identical(places[, , 2], rbind(c(NA, NA), c(3L, 1L)))
  expect_identical(argmin(two, "j"), rbind(c(3L, NA), c(NA, 3L)))
  x <- matrix(1:2, dimnames = list(c("a", "b"), NULL))
  named <- argKmin(abs(Vi(x) - Vj(1:3)), 2, "j")
  expect_identical(named, rbind(a = 1:2, b = 2:1))
  local_rkeops_options(index_base = 0L)
  expect_identical(argKmin(two, 2, "j")[1, , 1], c(2L, 0L))
})

test_that("a point is not its own neighbour, its duplicates are", {
  for (rows in c(1, 2, 63, 64, 65, 131)) {
    x <- duplicates(rows)
    D <- squared_distances(x, x) # nolint
    masked <- replace(D, row(D) == col(D), Inf)
    lazy <- off_diagonal(sqdist(Vi(x), Vj(x)))
    expect_identical(dim(lazy), dim(D))
    expect_identical(
      matrix(argKmin(lazy, 3, "j"), rows),
      matrix(places_of_smallest(masked, 3), rows)
    )
    expect_identical(
      argmin(lazy, "j")[, 1], matrix(places_of_smallest(masked, 1), rows)[, 1]
    )
    expect_equal(
      rowSums(off_diagonal(exp(-sqdist(Vi(x), Vj(x))), 0)),
      rowSums(exp(-masked)), tolerance = 1e-6
    )
  }
})

test_that("the diagonal is chosen by number, in parts and in transposes", {
  local_rkeops_options(precision = "float64")
  x <- lazy_points(7, 2)
  K <- exp(-squared_distances(x, x)) # nolint
  expected <- replace(K, row(K) == col(K), 5)
  lazy <- off_diagonal(exp(-sqdist(Vi(x), Vj(x))), 5)
  expect_equal(as.matrix(lazy), expected)
  expect_equal(as.matrix(t(lazy)), t(expected))
  expect_equal(as.matrix(lazy[3:5, c(4, 2)]), expected[3:5, c(4, 2)])
  expect_equal(diag(lazy), rep(5, 7))
  saved <- unserialize(serialize(lazy, NULL))
  expect_equal(rowSums(saved), rowSums(expected))
  # another value for each point, and for each component
  expect_equal(diag(off_diagonal(lazy, Vi(1:7) + 0)), 1:7 + 0)
  expect_equal(
    diag(off_diagonal(Vi(x) - Vj(x), c(1, 2))),
    matrix(c(1, 2), 7, 2, byrow = TRUE)
  )
  flags <- off_diagonal(Vi(1:3) >= Vj(1:3), FALSE)
  expect_equal(rowSums(!flags), c(3, 2, 1))
})

test_that("the gradient is that of the entries that stay", {
  local_rkeops_options(precision = "float64")
  x <- lazy_points(9, 2)
  x_i <- Vi(x)
  y <- x + 0
  total <- function(x) {
    D <- squared_distances(x, y) # nolint
    sum(replace(exp(-D), row(D) == col(D), 0))
  }
  lazy <- off_diagonal(exp(-sqdist(x_i, Vj(y))), 0)
  expect_equal(
    grad(lazy, 1, "Sum", x_i, "j"), numeric_gradient(total, x, 1),
    tolerance = 1e-6
  )
})

test_that("more points than single precision has whole numbers", {
  code <- 2^24 + c(-1, 0, 1, 2, 5)
  for (largest in c(largest_code, 4)) {
    same <- same_code(code, rev(code), largest)
    expect_equal(as.matrix(same), outer(code, rev(code), "==") + 0)
  }
})

test_that("within and outside of groups", {
  x <- duplicates(30)
  y <- duplicates(23)
  D <- squared_distances(x, y) # nolint
  lazy <- sqdist(Vi(x), Vj(y))
  for (groups in list(
    list(rep(c("a", "b", NA), 10), rep(c("b", "c"), length.out = 23)),
    list(factor(rep(1:5, 6)), factor(c(rep(6:2, 4), NA, 1, NA))),
    list(rep(c(0.5, NaN), 15), rep(c(2, 0.5), length.out = 23)),
    list(rep(NA, 30), rep(TRUE, 23)),
    list(rep(c(TRUE, NA), 15), rep(c(TRUE, FALSE), length.out = 23))
  )) {
    same <- outer(
      as.character(groups[[1]]), as.character(groups[[2]]), "=="
    )
    is_none <- outer(is.na(groups[[1]]), is.na(groups[[2]]), "|")
    within <- ifelse(same & !is_none, D, Inf)
    outside <- ifelse(same | is_none, Inf, D)
    within[is_none] <- outside[is_none] <- Inf
    expect_identical(
      argKmin(within_groups(lazy, groups[[1]], groups[[2]]), 3, "j"),
      places_of_smallest(within, 3)
    )
    expect_identical(
      argKmin(outside_groups(lazy, groups[[1]], groups[[2]]), 3, "j"),
      places_of_smallest(outside, 3)
    )
    expect_equal(
      rowSums(within_groups(lazy, groups[[1]], groups[[2]], 0)),
      rowSums(replace(within, within == Inf, 0))
    )
  }
})

test_that("masks are combined", {
  x <- duplicates(40)
  g <- rep(c("a", "b"), 20)
  D <- squared_distances(x, x) # nolint
  masked <- ifelse(outer(g, g, "==") & row(D) != col(D), D, Inf)
  lazy <- within_groups(off_diagonal(sqdist(Vi(x), Vj(x))), g)
  expect_identical(argKmin(lazy, 5, "j"), places_of_smallest(masked, 5))
  found <- pairs_within(lazy, 1)
  expect_identical(
    as.matrix(found)[order(found$j, found$i), ],
    which(masked <= 1, arr.ind = TRUE), ignore_attr = TRUE
  )
})

test_that("wrong arguments are named", {
  x <- duplicates(4)
  D <- sqdist(Vi(x), Vj(x)) # nolint
  expect_snapshot(error = TRUE, {
    off_diagonal(x)
    off_diagonal(D[1:3, ])
    off_diagonal(D, "a")
    off_diagonal(Vi(x) * 1i)
    within_groups(D)
    within_groups(D, 1:3)
    within_groups(D, 1:4, 1:5)
    outside_groups(D, list(1))
    outside_groups(D, 1:4, letters[1:4])
    within_groups(D, 1:4, value = NULL)
  })
})
