# K-means against stats::kmeans(algorithm = "Lloyd") and plain R.

skip_on_cran()

lloyd_of_stats <- function(x, centers) {
  stats::kmeans(x, centers, iter.max = 100, algorithm = "Lloyd")
}

test_that("from the same centres the value is that of stats::kmeans()", {
  local_rkeops_options(compile = "never", precision = "float32", index_base = 0)
  flowers <- as.matrix(iris[, 1:4])
  for (x in list(flowers, flowers[, 1, drop = FALSE], flowers * 1e21,
                 flowers + 1e6, rbind(flowers, flowers))) {
    first <- x[c(1, 51, 101), , drop = FALSE]
    ours <- k_means(x, first)
    theirs <- lloyd_of_stats(x, first)
    expect_identical(ours$cluster, theirs$cluster)
    for (part in c("centers", "withinss", "tot.withinss", "size", "iter")) {
      expect_equal(ours[[part]], theirs[[part]], tolerance = 1e-9)
    }
    expect_equal(ours$totss, theirs$totss, tolerance = 1e-6)
    expect_equal(ours$betweenss, theirs$betweenss, tolerance = 1e-6)
    expect_identical(ours$ifault, 0L)
  }
})

test_that("methods of kmeans know the value", {
  local_rkeops_options(compile = "never")
  set.seed(2)
  fit <- k_means(faithful, 2, nstart = 3)
  expect_output(print(fit), "K-means clustering with 2 clusters")
  expect_equal(fitted(fit), fit$centers[fit$cluster, ], ignore_attr = TRUE)
  expect_equal(sum((faithful - fitted(fit))^2), fit$tot.withinss)
  expect_identical(predict(fit), fit$cluster)
  expect_identical(predict(fit, faithful), unname(fit$cluster))
  expect_identical(predict(fit, faithful[2:1]), unname(fit$cluster))
  hole <- faithful[1:3, ]
  hole[2, 1] <- NA
  expect_identical(is.na(predict(fit, hole)), c(FALSE, TRUE, FALSE))
  D <- predict(fit, faithful, type = "distance")
  expect_equal(apply(D, 1, which.min), unname(fit$cluster))
  expect_equal(sum(apply(D, 1, min)^2), fit$tot.withinss)
  skip_if_not_installed("generics")
  expect_identical(generics::tidy(fit)$size, fit$size)
  expect_identical(generics::glance(fit)$tot.withinss, fit$tot.withinss)
  expect_identical(generics::augment(fit, faithful)$.cluster,
                   factor(unname(fit$cluster)))
})

test_that("k-means++ finds separate clusters, and set.seed() repeats it", {
  local_rkeops_options(compile = "never")
  x <- cbind(rep(c(0, 100, 200, 300), each = 16) + (1:64) / 64, 1)
  set.seed(5)
  first <- k_means(x, 4)
  expect_identical(sort(first$size), rep(16L, 4))
  set.seed(5)
  expect_identical(k_means(x, 4)$cluster, first$cluster)
  one <- k_means(x, 1)
  expect_equal(unname(one$centers), rbind(colMeans(x)))
  expect_equal(one$betweenss, 0, tolerance = 1e-6)
  all <- k_means(x[1:5, ], 5)
  expect_equal(all$tot.withinss, 0)
  expect_identical(k_means(3, 1)$cluster, 1L)
})

test_that("weights are repetitions, and weights of 0 change nothing", {
  local_rkeops_options(compile = "never")
  x <- round(10 * as.matrix(iris[1:100, 1:4]))
  weights <- rep(c(1, 2, 0, 3), 25)
  first <- x[c(1, 60), ]
  weighted <- k_means(x, first, weights = weights)
  repeated <- lloyd_of_stats(x[rep(1:100, weights), ], first)
  expect_equal(weighted$centers, repeated$centers, ignore_attr = TRUE)
  expect_equal(weighted$withinss, repeated$withinss)
  expect_equal(weighted$totss, repeated$totss)
  expect_length(weighted$cluster, 100)
  large <- k_means(x, first, weights = weights * 1e30)
  expect_identical(large$cluster, weighted$cluster)
  set.seed(1)
  seeded <- k_means(cbind(c(0, 0, 1, 9)), 2, weights = c(1, 1, 1, 0))
  expect_equal(seeded$tot.withinss, 0)
})

test_that("an empty cluster gets the farthest point", {
  local_rkeops_options(compile = "never")
  x <- cbind(c(0, 1, 2, 10, 11, 50))
  fit <- k_means(x, cbind(c(1, 10, 1000)))
  expect_equal(sort(c(fit$centers)), c(1, 10.5, 50))
  expect_identical(fit$size, c(3L, 2L, 1L))
})

test_that("cosine and Manhattan have their centres", {
  local_rkeops_options(compile = "never")
  angles <- c(seq(0, 0.4, length.out = 9), seq(1.2, 1.6, length.out = 9))
  x <- cbind(cos(angles), sin(angles)) * (1:18)
  set.seed(1)
  fit <- k_means(x, 2, metric = "cosine")
  expect_equal(sort(atan2(fit$centers[, 2], fit$centers[, 1])), c(0.2, 1.4),
               ignore_attr = TRUE)
  expect_identical(predict(fit, x * 7), fit$cluster)
  y <- cbind(c(1, 2, 9, 101, 105, 106, 200), 0)
  medians <- k_means(y, y[c(1, 4), ], metric = "manhattan")
  expect_equal(unname(medians$centers[, 1]), c(2, 105.5))
  expect_equal(medians$withinss, c(8, 4.5 + 0.5 + 0.5 + 94.5))
  expect_rkeops_error(k_means(diag(3) * 0, 2, metric = "cosine"), "argument",
                      "zeros")
})

test_that("what cannot be divided is refused, and unfinished work is said", {
  local_rkeops_options(compile = "never")
  x <- as.matrix(iris[, 1:4])
  expect_rkeops_error(k_means(x), "argument", "`centers`")
  expect_rkeops_error(k_means(x, 0), "argument", "`centers`")
  expect_rkeops_error(k_means(x, 151), "argument", "more clusters")
  expect_rkeops_error(k_means(rep(1:3, 9), 4), "argument", "different points")
  expect_rkeops_error(k_means(rep(1:2, 9), cbind(c(1, 2, 7))), "argument",
                      "different points")
  expect_rkeops_error(k_means(x, x[c(1, 1), ]), "argument", "equal")
  expect_rkeops_error(k_means(x, x[1:2, 1:3]), "shape", "`centers`")
  expect_rkeops_error(k_means(x, x[1:2, ], nstart = 2), "argument", "`nstart`")
  expect_rkeops_error(k_means(iris, 2), "argument", "Species")
  expect_rkeops_error(k_means(x[0, ], 2), "shape", "one row")
  expect_rkeops_error(k_means(rbind(x, NA), 2), "argument", "missing")
  expect_rkeops_error(k_means(x, 2, weights = -(1:150)), "argument",
                      "negative")
  expect_rkeops_error(k_means(x, 2, weights = numeric(150)), "argument", "0")
  expect_rkeops_error(k_means(x, 2, metric = "canberra"), "argument",
                      "`metric`")
  expect_warning(k_means(x, x[1:3, ], iter.max = 1),
                 class = "rkeops_warning_convergence")
  fit <- k_means(x, 2)
  expect_rkeops_error(predict(fit, x[, 1:2]), "shape", "columns")
})

test_that("squares beyond the numbers are refused", {
  expect_rkeops_error(
    k_means(c(1:10, 1e200), 2), "argument", "whose squares are beyond"
  )
})

test_that("a formula takes its columns, weights and rows from `data`", {
  data <- data.frame(quakes, share = rep(1:2, 500))
  first <- quakes[c(1, 500, 900), c("mag", "depth")]
  plain <- k_means(quakes[c("mag", "depth")], first, weights = data$share)
  fit <- k_means(~ mag + depth, first, weights = share, data = data)
  expect_identical(fit$cluster, plain$cluster)
  expect_identical(fit$centers, plain$centers)
  new <- data.frame(depth = c(50, 600), mag = 5, lat = 0)
  expect_identical(predict(fit, new), predict(plain, new[c("mag", "depth")]))
  logs <- k_means(~ log(depth), 2, data = quakes)
  expect_length(predict(logs, data.frame(depth = c(40, NA, 600))), 3L)
  data$depth[7] <- NA
  kept <- k_means(~ mag + depth, first, data = data)
  expect_identical(
    kept$cluster, k_means(quakes[-7, c("mag", "depth")], first)$cluster
  )
  expect_identical(c(kept$na.action), c("7" = 7L))
  expect_rkeops_error(
    k_means(~ mag + depth, 3, data = data, na.action = na.fail), "argument"
  )
  expect_rkeops_error(k_means(~ deep, 3, data = quakes), "argument", "deep")
  expect_rkeops_error(k_means(quakes, 3, data = quakes), "argument", "data")
  expect_rkeops_error(k_means(data, 3), "argument", "missing")
})
