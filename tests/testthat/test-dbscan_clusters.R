# DBSCAN against the package dbscan and a search in plain R.

skip_on_cran()

blobs <- function() {
  set.seed(4)
  angle <- runif(150, 0, 2 * pi)
  rbind(cbind(cos(angle), sin(angle)) + rnorm(300, sd = 0.05),
        matrix(rnorm(100, sd = 0.15), 50), matrix(runif(60, -3, 3), 30))
}

# Core points are joined one after the other.
dbscan_reference <- function(D, eps, min_points) {
  near <- D <= eps
  core <- rowSums(near) >= min_points
  cluster <- integer(nrow(D))
  count <- 0L
  for (start in which(core)) {
    if (cluster[start]) next
    count <- count + 1L
    open <- start
    while (length(open)) {
      cluster[open] <- count
      reached <- which(colSums(near[open[core[open]], , drop = FALSE]) > 0)
      open <- reached[cluster[reached] == 0]
    }
  }
  cluster
}

test_that("clusters are those of the definition", {
  local_rkeops_options(compile = "never")
  x <- blobs()
  for (points in list(x, x * 1e21, x * 1e150, x + 1e6, x[c(1:40, 1:40), ],
                      x[, 1, drop = FALSE])) {
    scale <- sd(points) / sd(x)
    D <- as.matrix(dist(points / scale))
    for (eps in c(0.1, 0.2, 0.5)) {
      fit <- dbscan_clusters(points, eps * scale, 5)
      expect_identical(fit$cluster, dbscan_reference(D, eps, 5))
      expect_identical(fit$core, unname(rowSums(D <= eps) >= 5))
    }
  }
  manhattan <- dbscan_clusters(x, 0.2, 4, metric = "manhattan")
  expect_identical(manhattan$cluster, dbscan_reference(
    as.matrix(dist(x, "manhattan")), 0.2, 4
  ))
  same <- dbscan_clusters(x, 0.2, 4, metric = function(x, y) sum(abs(x - y)))
  expect_identical(same$cluster, manhattan$cluster)
})

test_that("clusters, weights and new points are those of dbscan", {
  skip_if_not_installed("dbscan")
  local_rkeops_options(compile = "never")
  x <- blobs()
  for (eps in c(0.1, 0.15, 0.3)) {
    fit <- dbscan_clusters(x, eps, 6)
    theirs <- dbscan::dbscan(x, eps, 6)
    expect_identical(fit$cluster, theirs$cluster)
    expect_identical(dbscan_clusters(x, eps, 6, border = FALSE)$cluster,
                     dbscan::dbscan(x, eps, 6, borderPoints = FALSE)$cluster)
    weights <- rep(c(1, 2, 0.5), length.out = nrow(x))
    expect_identical(
      dbscan_clusters(x, eps, 6, weights = weights)$cluster,
      dbscan::dbscan(x, eps, 6, weights = weights)$cluster
    )
  }
  expect_identical(predict(fit, x[fit$core, ]), fit$cluster[fit$core])
  expect_identical(predict(fit, rbind(c(100, 100), x[1, ])),
                   c(0L, fit$cluster[[1]]))
})

test_that("few points, equal points and chains", {
  local_rkeops_options(compile = "never")
  expect_identical(dbscan_clusters(1, 1, 1)$cluster, 1L)
  expect_identical(dbscan_clusters(1, 1, 2)$cluster, 0L)
  none <- dbscan_clusters(matrix(0, 0, 2), 1)
  expect_identical(none$cluster, integer())
  expect_output(print(none), "0 clusters of 0 points")
  expect_identical(dbscan_clusters(rep(2, 65), 0.1, 65)$cluster, rep(1L, 65))
  expect_identical(dbscan_clusters(rep(2, 65), 0.1, 66)$noise, 65L)
  # a chain whose numbers are in disorder is one cluster
  set.seed(1)
  chain <- sample(500)
  expect_identical(dbscan_clusters(chain, 1, 2)$cluster, rep(1L, 500))
  expect_identical(dbscan_clusters(c(1, 2, 10, 11, 3), 1, 2)$cluster,
                   c(1L, 1L, 2L, 2L, 1L))
})

test_that("clusters are shown, drawn and tidied", {
  local_rkeops_options(compile = "never")
  fit <- dbscan_clusters(iris, 0.05, 5, metric = "gower")
  expect_output(print(fit), "of 150 points.*gower")
  expect_output(print(summary(fit)), "cluster +size +core")
  expect_identical(sum(summary(fit)$table$size), 150L)
  withr::local_pdf(NULL)
  expect_identical(plot(fit), fit)
  skip_if_not_installed("generics")
  expect_equal(sum(generics::tidy(fit)$size), 150)
  expect_identical(generics::glance(fit)$noise, fit$noise)
  expect_identical(as.character(generics::augment(fit, iris)$.cluster),
                   as.character(fit$cluster))
})

test_that("what is no radius is refused by name", {
  local_rkeops_options(compile = "never")
  x <- blobs()
  expect_rkeops_error(dbscan_clusters(x), "argument", "`eps`")
  expect_rkeops_error(dbscan_clusters(x, 0), "argument", "`eps`")
  expect_rkeops_error(dbscan_clusters(x, 1, 0), "argument", "`min_points`")
  expect_rkeops_error(dbscan_clusters(x, 1, maximum = 5), "argument", "pairs")
  expect_rkeops_error(dbscan_clusters(iris, 1), "argument", "gower")
  expect_rkeops_error(dbscan_clusters(rbind(x, NA), 1), "argument", "missing")
  expect_rkeops_error(dbscan_clusters(x, 1, weights = 1), "argument",
                      "`weights`")
  expect_rkeops_error(predict(dbscan_clusters(x, 1), x[, c(1, 1, 2)]), "shape",
                      "`query`")
})
