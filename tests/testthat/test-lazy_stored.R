# Functions of R that need all entries, on lazy tensors.

skip_on_cran()

x <- lazy_points(5, 2)
y <- lazy_points(3, 2, start = 0.4)
K0 <- exp(-squared_distances(x, y))
Q0 <- exp(-squared_distances(x, x))

test_that("functions that need all entries get them", {
  local_rkeops_options(precision = "float64")
  K <- exp(-sqdist(Vi(x), Vj(y)))
  Q <- exp(-sqdist(Vi(x), Vj(x)))
  pictures <- withr::local_tempfile(fileext = ".pdf")
  grDevices::pdf(pictures)
  withr::defer(grDevices::dev.off())
  groups <- c(1, 2, 1, 2, 2)
  calls <- expression(
    eigen(Q)$values, svd(K)$d, prcomp(K)$sdev, solve(Q), solve(Q, 1:5), det(Q),
    determinant(Q), chol(Q), qr(Q)$rank, isSymmetric(Q), dist(K),
    as.dist(Q), cor(K), cor(K, K, method = "kendall"), cov(K), var(K),
    var(K, K[, 1:2]), sd(K), apply(K, 1, range), sapply(K, sqrt),
    vapply(K, sqrt, 1), lapply(K, sqrt), outer(K, 1:2), outer(1:2, K),
    kronecker(K, diag(2)), order(K), order(K, decreasing = TRUE), sort(K),
    sort(K, decreasing = TRUE), rev(K), unique(K), duplicated(K), table(K > 0.5),
    cut(K, 3), factor(K > 0.5), split(K, 1:3), tapply(K, rep(1:3, 5), sum),
    as.integer(5 * K), as.character(K), as.complex(K),
    as.list(K), as.data.frame(K), data.frame(K), aperm(K), rowsum(K, groups),
    all.equal(K, K + 1), boxplot(K, plot = FALSE)$stats, density(K)$bw,
    image(K), contour(K), unclass(persp(K)), K[[2, 3]], anyNA(K),
    anyNA(log(K - 0.5)), stats::IQR(K), max.col(K)
  )
  plain <- list(K = K0, Q = Q0)
  for (call in as.list(calls)) {
    expect_equal(
      suppressMessages(suppressWarnings(eval(call))),
      suppressWarnings(eval(call, plain)),
      info = deparse(call), ignore_attr = TRUE
    )
  }
  expect_equal(as.logical(K > 0.5), c(K0 > 0.5))
  expect_equal(summary(K), summary(c(K0)))
  expect_true(all.equal(K, K0))
})

test_that("many entries are not stored without being asked", {
  big <- Vi(numeric(1e4)) + Vj(numeric(1e4))
  for (call in expression(
    eigen(big), as.matrix(big), as.vector(big), sort(big), image(big),
    apply(big, 1, sum), summary(big), solve(big), as.array(big), cor(big)
  )) {
    expect_error(
      eval(call), "1e+08 entries", fixed = TRUE, class = "rkeops_error"
    )
  }
})

test_that("vectors at each pair are no matrix", {
  d <- Vi(x) - Vj(x)
  for (call in expression(
    solve(d), det(d), chol(d), isSymmetric(d), cor(d), var(d), image(d), eigen(d)
  )) {
    expect_error(eval(call), "is no matrix", class = "rkeops_error")
  }
  expect_equal(apply(d, 3, sum), c(0, 0), tolerance = 1e-10)
})

test_that("what cannot be is refused in our words", {
  K <- exp(-sqdist(Vi(x), Vj(y)))
  expect_snapshot(error = TRUE, {
    plot(K)
    c(K, K)
    rep(K, 2)
    outer(K, 1:2, "+")
    ifelse(c(TRUE, FALSE), K, 0)
    K[[1]]
    K[[1:2, 1]]
    K[K > 0.5]
    K[[1, 1]] <- 2
    dim(K) <- c(3, 5)
    rownames(K) <- letters[1:5]
    names(K) <- "a"
    levels(K) <- "a"
    K$formula <- "x"
    mapply(sqrt, K)
    which.min(K)
    which.max(K)
    which(K)
    signif(K, 2)
  })
})

test_that("more words of R are of the stored entries", {
  x <- cbind(c(0, 1, 3, 7))
  D <- abs(Vi(x) - Vj(x)) # nolint: object_name_linter.
  stored <- as.matrix(D)
  expect_identical(match(c(6, 5, 7), D), match(c(6, 5, 7), stored))
  expect_identical(D %in% c(1, 2), stored %in% c(1, 2))
  expect_identical(c(1, 5) %in% D, c(TRUE, FALSE))
  expect_identical(D %in% D, rep(TRUE, 16))
  expect_rkeops_error(match(1, D, incomparables = quote(x)), "argument")
  expect_identical(nchar(D), nchar(stored))
  expect_identical(rank(D), rank(c(stored)))
  expect_identical(tabulate(D), tabulate(c(stored)))
  expect_identical(fivenum(D), stats::fivenum(stored))
  expect_identical(fft(D), stats::fft(stored))
  expect_equal(abs(c(cmdscale(D, 1))), abs(c(x - mean(x))))
  expect_identical(weighted.mean(D, rep(1:2, 8)),
                   weighted.mean(stored, rep(1:2, 8)))
  expect_identical(complete.cases(D), rep(TRUE, 4))
  for (model in c("predict", "residuals", "fitted", "coef", "update")) {
    expect_rkeops_error(do.call(model, list(D)), "argument")
  }
  expect_rkeops_error(length(D) <- 3, "argument")
  expect_rkeops_error(solve(abs(Vi(1:3) - Vj(1:2))), "argument")
  expect_error(cumsum(D), "as.matrix", class = "rkeops_error_argument")
  expect_error(gamma(D), "lgamma", class = "rkeops_error_argument")
})

test_that("attaching the package masks nothing", {
  code <- "library(rkeops)"
  said <- system2(
    file.path(R.home("bin"), "Rscript"), c("-e", shQuote(code)),
    stdout = TRUE, stderr = TRUE
  )
  expect_identical(said, character())
})
