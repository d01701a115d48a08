# Distances by name against stats::dist(), stats::mahalanobis() and
# cluster::daisy().

skip_on_cran()

distance_points <- function() {
  x <- as.matrix(iris[c(1:30, 51:70, 101:115), 1:4])
  x[2, ] <- x[1, ]
  unname(x)
}

dense <- function(D) unname(as.matrix(D))

test_that("distances are those of dist()", {
  local_rkeops_options(precision = "float64", compile = "never")
  for (x in list(distance_points(), distance_points()[, 1, drop = FALSE],
                 distance_points() * 1e21, distance_points() + 1e6)) {
    y <- x[3:9, , drop = FALSE] + sd(x)
    both <- rbind(x, y)
    across <- function(method, ...) {
      unname(as.matrix(stats::dist(both, method, ...)))[
        seq_len(nrow(x)), nrow(x) + seq_len(nrow(y)), drop = FALSE
      ]
    }
    expect_equal(dense(euclidean_dist(x, y)), across("euclidean"),
                 tolerance = 1e-13)
    expect_equal(dense(manhattan_dist(x, y)), across("manhattan"),
                 tolerance = 1e-13)
    expect_equal(dense(maximum_dist(x, y)), across("maximum"),
                 tolerance = 1e-13)
    expect_equal(dense(minkowski_dist(x, y, 3)), across("minkowski", p = 3),
                 tolerance = 1e-12)
  }
  expect_identical(diag(dense(minkowski_dist(x, p = 3))), rep(0, 65))
  expect_identical(dense(euclidean_dist(Vi(x), Vj(y))),
                   dense(euclidean_dist(x, y)))
})

test_that("Mahalanobis distances are those of stats::mahalanobis()", {
  local_rkeops_options(precision = "float64", compile = "never")
  x <- distance_points()
  expected <- sqrt(sapply(1:9, function(j) {
    stats::mahalanobis(x, x[j, ], stats::cov(x))
  }))
  expect_equal(dense(mahalanobis_dist(x, x[1:9, ], cov(x))), expected,
               tolerance = 1e-11)
  expect_equal(dense(mahalanobis_dist(x))[, 1:9], expected, tolerance = 1e-11)
  expect_equal(dense(mahalanobis_dist(Vi(x), Vj(x[1:9, ]), cov(x))), expected,
               tolerance = 1e-11)
  # other units are the same distances
  units <- sweep(x, 2, c(1e21, 1, 1e-9, 1e6), "*")
  expect_equal(dense(mahalanobis_dist(units, units[1:9, ])), expected,
               tolerance = 1e-10)
  expect_equal(dense(mahalanobis_dist(x + 1e6, x[1:9, ] + 1e6)), expected,
               tolerance = 1e-7)
  expect_rkeops_error(mahalanobis_dist(cbind(x, 1)), "argument", "singular")
  expect_rkeops_error(mahalanobis_dist(cbind(x, x[, 1])), "argument",
                      "singular")
  expect_rkeops_error(mahalanobis_dist(x[1, , drop = FALSE]), "argument",
                      "1 rows")
  expect_rkeops_error(mahalanobis_dist(x, covariance = 2), "argument",
                      "`covariance`")
  expect_rkeops_error(mahalanobis_dist(Vi(x), Vj(x)), "argument",
                      "`covariance`")
})

test_that("cosine distances keep small values, and zeros have none", {
  local_rkeops_options(precision = "float64", compile = "never")
  x <- distance_points()
  unit <- x / sqrt(rowSums(x^2))
  expect_equal(dense(cosine_dist(x, x[1:9, ])),
               1 - unit %*% t(unit[1:9, ]), tolerance = 1e-12)
  angle <- 1e-6
  D <- cosine_dist(rbind(c(1, 0)), rbind(c(cos(angle), sin(angle)), c(0, 0)))
  expect_equal(dense(D)[[1]], angle^2 / 2, tolerance = 1e-9)
  expect_true(is.nan(dense(D)[[2]]))
})

test_that("Hamming distances count the columns that differ", {
  local_rkeops_options(compile = "never")
  x <- data.frame(a = c("u", "v", "u"), b = factor(c("p", "p", "q")),
                  c = c(1, 2, 1), d = c(TRUE, TRUE, NA))
  D <- dense(hamming_dist(x))
  expect_identical(D[1:2, 1:2], matrix(c(0, 2, 2, 0), 2))
  expect_true(all(is.na(D[3, ])))
  y <- data.frame(a = factor("v", levels = c("w", "v")), b = "p", c = 2,
                  d = TRUE)
  expect_identical(dense(hamming_dist(x[1:2, ], y)), matrix(c(2, 0), 2))
  bits <- matrix(c(0, 1, 1, 0, 0, 1), 2)
  expect_identical(dense(hamming_dist(Vi(bits), Vj(bits)))[1, 2], 3)
  expect_identical(dense(hamming_dist(bits))[1, 2], 3)
})

mixed_data <- function() {
  x <- mtcars[c("mpg", "hp", "cyl", "am", "gear")]
  x$cyl <- factor(x$cyl)
  x$gear <- ordered(x$gear)
  x$am <- x$am == 1
  x$constant <- 7
  x
}

test_that("the distance of Gower is that of cluster::daisy()", {
  skip_if_not_installed("cluster")
  local_rkeops_options(precision = "float64", compile = "never")
  x <- mixed_data()
  daisy <- function(...) {
    unname(as.matrix(suppressWarnings(cluster::daisy(
      ..., metric = "gower", type = list(symm = "am")
    ))))
  }
  expect_equal(dense(gower(x)), daisy(x), tolerance = 1e-12)
  weights <- c(1, 2, 0, 0.5, 3, 1)
  expect_equal(dense(gower(x, weights = weights)), daisy(x, weights = weights),
               tolerance = 1e-12)
  x$hp[c(3, 9)] <- NA
  x$cyl[4] <- NA
  x$am[c(4, 9)] <- NA
  expect_equal(dense(gower(x)), daisy(x), tolerance = 1e-12)
  expect_equal(dense(gower(x, x[3:4, ])), daisy(x)[, 3:4], tolerance = 1e-12)
  expect_equal(dense(gower(iris, precision = "float32")),
               unname(as.matrix(cluster::daisy(iris, metric = "gower"))),
               tolerance = 1e-6)
})

test_that("Gower takes ranges, tensors, and says what it cannot take", {
  local_rkeops_options(precision = "float64", compile = "never")
  x <- distance_points()
  ranges <- apply(x, 2, function(one) diff(range(one)))
  expect_equal(dense(gower(Vi(x), Vj(x[1:3, ]), ranges = ranges)),
               dense(gower(x)[, 1:3]), tolerance = 1e-12)
  expect_equal(dense(gower(x, x[1:3, ], ranges = 2 * ranges)),
               dense(gower(x)[, 1:3]) / 2, tolerance = 1e-12)
  all_missing <- data.frame(a = c(NA, 1), b = factor(c(NA, "u")))
  expect_identical(dense(gower(all_missing)), matrix(c(NaN, NaN, NaN, 0), 2))
  expect_rkeops_error(gower(Vi(x), Vj(x)), "argument", "`ranges`")
  expect_rkeops_error(gower(x, weights = c(1, 2)), "argument", "`weights`")
  expect_rkeops_error(gower(x, weights = rep(0, 4)), "argument", "`weights`")
  expect_rkeops_error(gower(x, ranges = "a"), "argument", "`ranges`")
  expect_rkeops_error(gower(iris, iris[, 1:4]), "shape", "same columns")
  expect_rkeops_error(gower(data.frame(z = 1i)), "argument", "`z`")
})

test_that("distances on a sphere take data", {
  local_rkeops_options(precision = "float64", compile = "never")
  x <- as.matrix(quakes[1:20, c("long", "lat")])
  expect_identical(as.matrix(haversine(x)), as.matrix(haversine(Vi(x), Vj(x))))
  expect_identical(dim(haversine(x, quakes[1:3, c("long", "lat")])),
                   c(20L, 3L))
})
