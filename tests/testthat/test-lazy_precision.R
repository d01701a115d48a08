# The precision that lazy tensors carry. Numbers that single precision cannot
# tell from each other show which one it was: their differences, summed.

close_numbers <- function(n) 1 + seq_len(n) * 1e-9

differences <- function(n, precision) {
  x <- Vi(close_numbers(n), precision = precision)
  # squares first: no centre brings their digits back
  x^2 * Vj(close_numbers(n), precision = precision)
}

stored_differences <- function(n) outer(close_numbers(n)^2, close_numbers(n))

test_that("a tensor has the precision of its making", {
  for (precision in c("float32", "float64")) {
    local_rkeops_options(precision = precision)
    expect_identical(lazy_precision(Vi(1:3)), precision)
    expect_identical(lazy_precision(Pm(1)), precision)
    expect_identical(LazyTensor(2)$precision, precision)
    expect_match(format(Vj(1:3))[1], precision)
  }
  expect_identical(lazy_precision(Vi(1, precision = "double")), "float64")
  expect_identical(lazy_precision(Vj(1, precision = "float64")), "float64")
  expect_identical(lazy_precision(Pm(1, precision = "float64")), "float64")
  expect_identical(
    lazy_precision(LazyTensor(1, "i", precision = "float64")), "float64"
  )
  expect_identical(lazy_precision(lazy_precision(Vi(1), "float64")), "float64")
  expect_rkeops_error(Vi(1, precision = "half"), "argument", "precision")
  expect_rkeops_error(lazy_precision(1), "argument", "`x`")
  expect_rkeops_error(lazy_precision(Vi(1), NA), "argument", "precision")
})

test_that("of two the higher one, of numbers that of the tensor", {
  single <- Vi(1:3, precision = "float32")
  double <- Vj(1:3, precision = "float64")
  expect_identical(lazy_precision(single * double), "float64")
  expect_identical(lazy_precision(double - single), "float64")
  expect_identical(lazy_precision(t(exp(double))[1, ]), "float64")
  expect_identical(lazy_precision(keops_grad(single * double, single)),
                   "float64")
  local_rkeops_options(precision = "float64")
  expect_identical(lazy_precision(2 * single^1.5 + 1), "float32")
  expect_identical(lazy_precision(ifelse(single > 1, single, 0)), "float32")
  expect_identical(lazy_precision(is.na(single)), "float32")
  local_rkeops_options(precision = "float32")
  expect_identical(lazy_precision(2 * double), "float64")
  expect_identical(lazy_precision(Re(double * 1i)), "float64")
})

# Every reduction, as a function of a tensor; with `precision` where R's own
# arguments leave room for it.
reductions_of <- list(
  sum = function(x, ...) sum(x, "j", ...),
  prod = function(x, ...) prod(x, "j", ...),
  min = function(x, ...) min(x, "j", ...),
  max = function(x, ...) max(x, "j", ...),
  range = function(x, ...) range(x, "j", ...),
  mean = function(x, ...) mean(x, "j", ...),
  sum_reduction = function(x, ...) sum_reduction(x, "j", ...),
  min_reduction = function(x, ...) min_reduction(x, "j", ...),
  max_reduction = function(x, ...) max_reduction(x, "j", ...),
  argmin = function(x, ...) argmin(x, "j", ...),
  argmax = function(x, ...) argmax(x, "j", ...),
  min_argmin = function(x, ...) unlist(min_argmin(x, "j", ...)),
  max_argmax = function(x, ...) unlist(max_argmax(x, "j", ...)),
  argmin_reduction = function(x, ...) argmin_reduction(x, "j", ...),
  argmax_reduction = function(x, ...) argmax_reduction(x, "j", ...),
  Kmin = function(x, ...) Kmin(x, 2, "j", ...),
  argKmin = function(x, ...) argKmin(x, 2, "j", ...),
  Kmin_argKmin = function(x, ...) unlist(Kmin_argKmin(x, 2, "j", ...)),
  logsumexp = function(x, ...) logsumexp(x, "j", ...),
  weighted = function(x, ...) logsumexp(x, "j", weight = 2, ...),
  softmax = function(x, ...) sumsoftmaxweight(x, "j", x, ...),
  reduction = function(x, ...) reduction.LazyTensor(x, "SumAbs", "j", ...),
  as.matrix = function(x, ...) as.matrix(x, ...),
  as.array = function(x, ...) as.array(x, ...)
)

of_r <- list(
  rowSums = rowSums, colSums = colSums, rowMeans = rowMeans,
  colMeans = colMeans, diag = diag, norm = norm, as.vector = as.vector,
  product = function(x) x %*% rep(1, ncol(x)),
  left_product = function(x) rep(1, nrow(x)) %*% x,
  crossprod = function(x) crossprod(x, rep(1, nrow(x)))
)

test_that("every reduction takes a precision, and else that of the tensor", {
  reductions_of$reduction <- function(x, ...) {
    reduction.LazyTensor(x, "Mean", "j", ...)
  }
  single <- differences(7, "float32")
  double <- differences(7, "float64")
  for (name in names(reductions_of)) {
    reduce <- reductions_of[[name]]
    in_double <- reduce(double)
    expect_identical(reduce(single, precision = "float64"), in_double,
                     info = name)
    expect_identical(reduce(double, precision = "float32"), reduce(single),
                     info = name)
    # the option has no say
    with_rkeops_options(list(precision = "float64"), {
      expect_identical(reduce(single, precision = NULL),
                       reduce(double, precision = "float32"), info = name)
    })
    expect_rkeops_error(reduce(single, precision = "half"), "argument",
                        "precision")
  }
  for (name in names(of_r)) {
    reduce <- of_r[[name]]
    in_single <- reduce(single)
    expect_identical(reduce(lazy_precision(single, "float64")), reduce(double),
                     info = name)
    with_rkeops_options(list(precision = "float64"), {
      expect_identical(reduce(single), in_single, info = name)
    })
  }
  expect_equal(as.matrix(double), stored_differences(7), tolerance = 1e-15)
  expect_equal(rowSums(double), rowSums(stored_differences(7)),
               tolerance = 1e-15)
  expect_equal(argmax(double, "j")[, 1], rep(7L, 7))
})

test_that("entries have the precision of reductions", {
  single <- differences(5, "float32")
  for (precision in c("float32", "float64")) {
    K <- lazy_precision(single, precision)
    expect_identical(max(K, "j")[, 1], apply(as.matrix(K), 1, max))
    expect_identical(as.matrix(K[2:3, 4]), as.matrix(K)[2:3, 4, drop = FALSE])
  }
})

test_that("gradients and objectives have it too", {
  x <- Vi(close_numbers(4), precision = "float32")
  y <- Vj(close_numbers(5), precision = "float32")
  f <- x^3 * y
  right <- 3 * close_numbers(4)^2 * sum(close_numbers(5))
  expect_equal(grad(f, 1, "Sum", x, "j", precision = "float64")[, 1], right,
               tolerance = 1e-14)
  double <- lazy_precision(f, "float64")
  expect_equal(grad(double, 1, "Sum", x, "j")[, 1], right, tolerance = 1e-14)
  expect_equal(grad(double, matrix(2, 4, 1), "Sum", x, "j")[, 1], 2 * right,
               tolerance = 1e-14)
  expect_equal(rowSums(keops_grad(double, x)), right, tolerance = 1e-14)
  objective <- lazy_objective(
    function(p) Vi(p)^3 * y, close_numbers(4), precision = "float64"
  )
  p <- close_numbers(4)
  expect_equal(objective$fn(p), sum(outer(p^3, close_numbers(5))),
               tolerance = 1e-14)
  expect_equal(objective$gr(p), right, tolerance = 1e-14)
  expect_rkeops_error(lazy_objective(sum, 1, precision = "half"), "argument")
})

test_that("saveRDS and other processes keep it", {
  K <- differences(5, "float64")
  file <- withr::local_tempfile()
  saveRDS(K, file)
  expect_identical(lazy_precision(readRDS(file)), "float64")
  expect_identical(rowSums(readRDS(file)), rowSums(K))
  skip_on_cran()
  skip_if_not_installed("callr")
  elsewhere <- callr::r(function(K) {
    library(rkeops)
    list(get_rkeops_option("precision"), rowSums(K))
  }, list(K))
  expect_identical(elsewhere[[1]], "float32")
  expect_equal(elsewhere[[2]], rowSums(K), tolerance = 1e-15)
})
