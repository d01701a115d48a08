# Batches against a loop over them in plain R.

interpret_unless_exhaustive()

# The matrix of one batch: axes of 1 are repeated.
one_batch <- function(x, batch) {
  axes <- dim(x)
  count <- length(axes) - 2L
  place <- utils::tail(batch, count)
  place <- pmin(place, axes[seq_len(count)])
  wanted <- c(as.list(place), TRUE, TRUE)
  matrix(
    do.call(`[`, c(list(x), wanted, drop = FALSE)), axes[[count + 1L]]
  )
}

test_that("axes are repeated as NumPy repeats them", {
  skip_on_cran()
  x <- array(points(4 * 10, 3), c(4, 1, 10, 3))
  y <- array(points(6 * 7, 3, start = 3), c(1, 6, 7, 3))
  s <- array(1 + points(24, 1, start = 8)^2, c(4, 6, 1, 1))
  b <- array(points(6 * 7, 2, start = 9), c(6, 7, 2))
  K <- exp(-Pm(s, precision = "float64") * sqdist(Vi(x), Vj(y)))
  expect_identical(dim(K), c(4L, 6L, 10L, 7L))
  found <- sum(K * Vj(b), index = "j")
  expect_identical(dim(found), c(4L, 6L, 10L, 2L))
  op <- keops_kernel(
    "Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0)",
    c("x = Vi(3)", "y = Vj(3)", "s = Pm(1)", "b = Vj(2)"),
    precision = "float64"
  )
  expect_equal(op(x, y, s, b), found, tolerance = 1e-13)
  expect_equal(op(b = b, y = y, x = x, s = s), found, tolerance = 1e-13)
  nearest <- argmin(sqdist(Vi(x), Vj(y)), "j")
  expect_identical(dim(nearest), c(4L, 6L, 10L, 1L))
  for (p in 1:4) {
    for (q in 1:6) {
      at <- c(p, q)
      distance <- square_distances(one_batch(x, at), one_batch(y, at))
      expected <- exp(-c(one_batch(s, at)) * distance) %*% one_batch(b, at)
      expect_equal(found[p, q, , ], expected, tolerance = 1e-12)
      expect_identical(
        nearest[p, q, , 1], max.col(-distance, "first")
      )
    }
  }
  expect_equal(K %*% b, found, tolerance = 1e-13)
  expect_equal(dim(rowSums(K)), c(4, 6, 10))
})

test_that("gradients are summed over what was repeated", {
  skip_on_cran()
  data <- list(
    x = array(points(3 * 5, 2), c(3, 5, 2)), y = points(4, 2, start = 3),
    s = array(0.5 + points(3, 1)^2, c(3, 1, 1)), t = 0.3
  )
  op <- keops_kernel(
    "Sum_Reduction(t * Exp(-s * SqDist(x, y)), 0)",
    c("x = Vi(2)", "y = Vj(2)", "s = Pm(1)", "t = Pm(1)"),
    precision = "float64"
  )
  eta <- array(points(15, 1, start = 4), c(3, 5, 1))
  total <- function(data) sum(eta * op(data))
  x_i <- Vi(data$x, precision = "float64")
  y_j <- Vj(data$y)
  s <- Pm(data$s)
  K <- data$t * exp(-s * sqdist(x_i, y_j))
  tensors <- list(x = x_i, y = y_j, s = s)
  for (name in names(data)) {
    slope <- data[[name]]
    for (k in seq_along(slope)) {
      shifted <- function(by) {
        data[[name]][k] <- data[[name]][k] + by
        total(data)
      }
      slope[k] <- (shifted(1e-5) - shifted(-1e-5)) / 2e-5
    }
    gradient <- keops_grad(op, name)(c(data, list(eta = eta)))
    expect_equal(c(gradient), c(slope), tolerance = 1e-7, label = name)
    if (!is.null(dim(slope))) expect_equal(dim(gradient), dim(slope))
    if (is.null(tensors[[name]])) next
    lazy <- grad(K, eta, "Sum", tensors[[name]], "j")
    expect_equal(lazy, gradient, tolerance = 1e-12, label = name)
  }
})

test_that("searches give places within the batch", {
  skip_on_cran()
  x <- array(points(3 * 6, 2), c(3, 6, 2))
  y <- array(points(3 * 9, 2, start = 4), c(3, 9, 2))
  D <- sqdist(Vi(x, precision = "float64"), Vj(y))
  both <- Kmin_argKmin(D, 2, "j")
  op <- keops_kernel(
    "KMin_ArgKMin_Reduction(SqDist(x, y), 2, 0)", c("x = Vi(2)", "y = Vj(2)"),
    precision = "float64"
  )
  flat <- op(x, y)
  for (p in 1:3) {
    distance <- square_distances(x[p, , ], y[p, , ])
    places <- t(apply(distance, 1, order))[, 1:2]
    values <- t(apply(distance, 1, sort))[, 1:2]
    expect_identical(both$indices[p, , ], places)
    expect_equal(both$values[p, , ], values, tolerance = 1e-12)
    expect_equal(flat[p, , c(2, 4)], places - 1)
    expect_equal(flat[p, , c(1, 3)], values, tolerance = 1e-12)
  }
})

test_that("unequal batches are groups", {
  skip_on_cran()
  i <- c(3, 0, 7)
  j <- c(5, 2, 4)
  x <- points(10, 2)
  y <- points(11, 2, start = 5)
  s <- cbind(c(0.5, 1, 2))
  op <- keops_kernel(
    "Sum_Reduction(Exp(-s * SqDist(x, y)), 0)",
    c("x = Vi(2)", "y = Vj(2)", "s = Pm(1)"), precision = "float64"
  )
  mask <- as.matrix(block_diagonal(i, j))
  weight <- rep(s, i)
  expected <- rowSums(exp(-weight * square_distances(x, y)) * mask)
  expect_equal(
    c(op(x, y, s, groups = list(i, j))), expected, tolerance = 1e-12
  )
  expect_equal(
    c(op(x, y, 1, groups = list(j = j, i = i))),
    rowSums(exp(-square_distances(x, y)) * mask), tolerance = 1e-12
  )
  gradient <- keops_grad(op, "s")
  slope <- function(distance) -distance * exp(-weight * distance)
  by_row <- rowSums(slope(square_distances(x, y)) * mask)
  expect_equal(
    c(gradient(x, y, s, rep(1, 10), groups = list(i, j))[c(1, 2)]),
    c(sum(by_row[1:3]), sum(by_row[4:10])), tolerance = 1e-10
  )
  nearest <- keops_kernel(
    "ArgMin_Reduction(SqDist(x, y), 0)", c("x = Vi(2)", "y = Vj(2)"),
    precision = "float64"
  )
  masked <- ifelse(mask, square_distances(x, y), Inf)
  before <- rep(c(0, 5, 7), i)
  expect_equal(
    c(nearest(x, y, groups = list(i, j))), max.col(-masked, "first") - 1 - before
  )
})

test_that("wrong batches are refused", {
  x <- array(0, c(3, 5, 2))
  y <- array(0, c(4, 6, 2))
  op <- keops_kernel(
    "Sum_Reduction(s * SqDist(x, y), 0)",
    c("x = Vi(2)", "y = Vj(2)", "s = Pm(1)")
  )
  expect_snapshot(error = TRUE, {
    sqdist(Vi(x), Vj(y))
    op(x, y, 1)
    op(x, x, array(0, c(3, 2, 1)))
    op(x, x)
    op(x, x, 1, ranges = band(1, 5))
    op(x, x, 1, inner_dim = 0)
    Pm(x)
    as.matrix(sqdist(Vi(x), Vj(x)))
    sqdist(Vi(x), Vj(x))[1:2, ]
    sqdist(Vi(x), Vj(x))[band(1, 5)]
  })
})
