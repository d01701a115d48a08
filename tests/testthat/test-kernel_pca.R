# Components and embeddings against stored matrices, prcomp() and kernlab.

previous <- set_rkeops_options(compile = "auto")

points <- as.matrix(iris[c(1:65, 101:150), 1:4])
linear <- function(x, y) sum(x * y)

align <- function(x, to) x * rep(sign(colSums(x * to)), each = nrow(x))

# Eigenvectors of the centred kernel matrix.
plain_components <- function(kernel, k) {
  n <- nrow(kernel)
  centre <- diag(n) - 1 / n
  found <- eigen(centre %*% kernel %*% centre, symmetric = TRUE)
  found$vectors[, 1:k] * rep(sqrt(found$values[1:k]), each = n)
}

gaussian_matrix <- function(x, y, h) {
  squares <- outer(rowSums(x^2), rowSums(y^2), `+`) - 2 * x %*% t(y)
  exp(-squares / (2 * h^2))
}

test_that("the linear kernel gives prcomp()", {
  fit <- kernel_pca(points, kernel = linear, k = 4)
  there <- prcomp(points)
  expect_equal(unname(fit$sdev), there$sdev, tolerance = 1e-8)
  expect_equal(unname(fit$scores), unname(align(there$x, fit$scores)),
               tolerance = 1e-6)
  new <- points[1:3, ] + 0.5
  expect_equal(
    unname(predict(fit, new)),
    unname(align(rbind(predict(there, new), there$x), rbind(
      predict(fit, new), fit$scores
    ))[1:3, ]), tolerance = 1e-6
  )
  expect_equal(summary(fit)$importance[3, 4], 1, tolerance = 1e-8)
})

test_that("components are those of the stored kernel matrix", {
  fit <- kernel_pca(points, bandwidth = 1.5, k = 3)
  expected <- plain_components(gaussian_matrix(points, points, 1.5), 3)
  expect_equal(unname(fit$scores), align(expected, fit$scores),
               tolerance = 1e-6)
  expect_equal(predict(fit, points), fit$scores, tolerance = 1e-7)
  moved <- kernel_pca(1e6 + points, bandwidth = 1.5, k = 3)
  expect_equal(unname(moved$scores), unname(fit$scores), tolerance = 1e-6)
  expect_equal(kernel_pca(points)$bandwidth, median(dist(points)[
    dist(points) > 0
  ]))
})

test_that("kernlab finds the same components", {
  skip_if_not_installed("kernlab")
  fit <- kernel_pca(points, bandwidth = 1.5, k = 2)
  there <- kernlab::kpca(
    points, kernel = "rbfdot", kpar = list(sigma = 1 / (2 * 1.5^2)),
    features = 2
  )
  rotated <- kernlab::rotated(there)
  expect_equal(
    cor(rotated, fit$scores)[cbind(1:2, 1:2)]^2, c(1, 1), tolerance = 1e-8
  )
})

test_that("formulas, missing values, few points and bad input", {
  fit <- kernel_pca(~ Sepal.Length + Sepal.Width, iris, k = 2)
  expect_equal(
    predict(fit, iris[1:3, ]), fit$scores[1:3, ], tolerance = 1e-7,
    ignore_attr = TRUE
  )
  with_missing <- rbind(points[1:10, ], NA)
  expect_equal(nrow(kernel_pca(with_missing)$scores), 10L)
  expect_true(all(is.na(predict(fit, data.frame(
    Sepal.Length = NA_real_, Sepal.Width = 1
  )))))
  expect_equal(dim(predict(fit, iris[0, ])), c(0L, 2L))
  expect_error(kernel_pca(points[1, , drop = FALSE]), "at least 2 rows")
  expect_error(kernel_pca(points[1:3, ], k = 3), "from 1 to 2")
  expect_error(kernel_pca(c(1, 1, 1), bandwidth = 1), "no component")
  expect_error(kernel_pca(c(1, 1, 1)), "All points are equal")
  expect_warning(
    fit <- kernel_pca(points[1:20, 1:2], kernel = linear, k = 3),
    class = "rkeops_warning_rank"
  )
  expect_equal(ncol(fit$scores), 2L)
  expect_error(kernel_pca(points, kernel = "rbf"), "`kernel` must be")
})

test_that("coordinates are eigenvectors of the Laplacian", {
  fit <- spectral_embedding(points, k = 3, bandwidth = 1)
  weights <- gaussian_matrix(points, points, 1)
  diag(weights) <- 0
  degrees <- rowSums(weights)
  laplacian <- diag(nrow(points)) -
    weights / sqrt(outer(degrees, degrees))
  found <- eigen(laplacian, symmetric = TRUE)
  places <- nrow(points) - 1:3
  expect_equal(unname(fit$values), found$values[places], tolerance = 1e-7)
  expect_equal(
    unname(fit$coordinates),
    align(found$vectors[, places] / sqrt(degrees), fit$coordinates),
    tolerance = 1e-5
  )
  # a new point far from all but its own copy has nearly the same coordinate
  there <- predict(fit, points[1:5, ])
  expect_lt(max(abs(there - fit$coordinates[1:5, ])),
            0.2 * max(abs(fit$coordinates)))
  weights <- gaussian_matrix(points[1:2, ] + 0.1, points, 1)
  expect_equal(
    unname(predict(fit, points[1:2, ] + 0.1)),
    unname((weights %*% fit$coordinates / rowSums(weights)) /
             rep(1 - fit$values, each = 2)), tolerance = 1e-8
  )
})

test_that("rings come apart", {
  angle <- seq(0, 2 * pi, length.out = 66)[-1]
  ring <- cbind(cos(angle), sin(angle))
  fit <- spectral_embedding(rbind(ring, 3 * ring), k = 1, bandwidth = 0.3)
  side <- fit$coordinates[, 1] > 0
  expect_true(all(side[1:65] == side[[1]]))
  expect_true(all(side[66:130] != side[[1]]))
})

test_that("lonely points and bad input are refused", {
  expect_error(
    spectral_embedding(c(0, 0.1, 1e4), k = 1, bandwidth = 1), "in row 3"
  )
  expect_error(spectral_embedding(1, k = 1), "at least 2 rows")
  expect_error(spectral_embedding(1:3, k = 3), "from 1 to 2")
})

test_that("the generics of R know components and embeddings", {
  pca <- kernel_pca(points, k = 2)
  embedding <- spectral_embedding(points, k = 2)
  expect_output(print(pca), "Kernel principal components of 115 points")
  expect_output(print(summary(pca)), "Proportion of Variance")
  expect_output(print(embedding), "Eigenvalues of the Laplacian")
  expect_output(print(summary(embedding)), "Degrees of the points")
  expect_named(as.data.frame(pca), c("PC1", "PC2"))
  expect_named(as.data.frame(embedding), c("E1", "E2"))
  pdf(NULL)
  on.exit(dev.off())
  expect_identical(plot(pca), pca)
  expect_identical(plot(embedding), embedding)
  expect_error(plot(pca, which = 3), "two numbers from 1 to 2")
})

set_rkeops_options(previous)
