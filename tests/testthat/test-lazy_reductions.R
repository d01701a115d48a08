# Reductions of lazy tensors against plain R on the matrix of all entries.

interpret_unless_exhaustive()

skip_on_cran()

x <- lazy_points(7, 3)
y <- lazy_points(5, 3, start = 0.4)
S <- squared_distances(x, y)
difference <- all_pairs(x, y, `-`)

expect_reduced <- function(actual, expected, precision) {
  expect_equal(
    actual, expected,
    tolerance = c(float32 = 1e-5, float64 = 1e-12)[[precision]]
  )
}

# apply() over one index of an array [i, j, component], as a matrix.
over <- function(values, index, f) {
  margin <- if (index == "j") 1 else 2
  if (length(dim(values)) == 2) dim(values) <- c(dim(values), 1)
  apply(values, c(margin, 3), f)
}

for (precision in c("float64", "float32")) {
  for (index in c("i", "j")) {
    title <- sprintf("over %s, %s", index, precision)
    test_that(title, {
      local_rkeops_options(precision = precision)
      S_ij <- sqdist(Vi(x), Vj(y))
      d_ij <- Vi(x) - Vj(y)
      check <- function(actual, expected) {
        expect_reduced(actual, expected, precision)
      }
      check(sum(S_ij, index = index), over(S, index, sum))
      check(sum(d_ij, index), over(difference, index, sum))
      check(sum_reduction(d_ij, index), over(difference, index, sum))
      check(mean(d_ij, index), over(difference, index, mean))
      check(prod(S_ij, index), over(S, index, prod))
      check(min(d_ij, index), over(difference, index, min))
      check(max(d_ij, index = index), over(difference, index, max))
      check(min_reduction(S_ij, index), over(S, index, min))
      check(max_reduction(S_ij, index), over(S, index, max))
      check(
        reduction.LazyTensor(S_ij, "Var", index), over(S, index, stats::var)
      )
      check(any(S_ij > 6, index), over(S > 6, index, any))
      check(all(S_ij > 0.2, index), over(S > 0.2, index, all))
      check(argmin(d_ij, index), over(difference, index, which.min))
      check(argmax(d_ij, index), over(difference, index, which.max))
      check(argmin_reduction(S_ij, index), over(S, index, which.min))
      check(argmax_reduction(S_ij, index), over(S, index, which.max))
      check(
        min_argmin(d_ij, index),
        list(
          values = over(difference, index, min),
          indices = over(difference, index, which.min)
        )
      )
      expect_identical(
        min_argmin_reduction(S_ij, index), min_argmin(S_ij, index)
      )
      check(
        max_argmax(S_ij, index),
        list(
          values = over(S, index, max), indices = over(S, index, which.max)
        )
      )
      expect_identical(
        max_argmax_reduction(S_ij, index), max_argmax(S_ij, index)
      )
    })

    test_that(paste("K smallest,", title), {
      local_rkeops_options(precision = precision)
      S_ij <- sqdist(Vi(x), Vj(y))
      d_ij <- Vi(x) - Vj(y)
      check <- function(actual, expected) {
        expect_reduced(actual, expected, precision)
      }
      smallest <- function(f) {
        margin <- if (index == "j") 1 else 2
        aperm(apply(difference, c(margin, 3), f), c(2, 1, 3))
      }
      values <- smallest(function(one) sort(one)[1:3])
      places <- smallest(function(one) order(one)[1:3])
      check(Kmin(d_ij, 3, index), values)
      check(argKmin(d_ij, 3, index), places)
      expect_type(argKmin(d_ij, 3, index), "integer")
      check(Kmin_argKmin(d_ij, 3, index), list(
        values = values, indices = places
      ))
      margin <- if (index == "j") 1 else 2
      check(
        Kmin(S_ij, 2, index), t(apply(S, margin, function(one) sort(one)[1:2]))
      )
      check(
        argKmin(S_ij, 2, index),
        t(apply(S, margin, function(one) order(one)[1:2]))
      )
      expect_identical(Kmin_reduction(S_ij, 2, index), Kmin(S_ij, 2, index))
      expect_identical(
        argKmin_reduction(S_ij, 2, index), argKmin(S_ij, 2, index)
      )
      expect_identical(
        Kmin_argKmin_reduction(S_ij, 2, index), Kmin_argKmin(S_ij, 2, index)
      )
      expect_identical(
        reduction.LazyTensor(S_ij, "ArgKMin", index, 2),
        argKmin(S_ij, 2, index)
      )
    })

    test_that(paste("exponentials,", title), {
      local_rkeops_options(precision = precision)
      S_ij <- sqdist(Vi(x), Vj(y))
      d_ij <- Vi(x) - Vj(y)
      check <- function(actual, expected) {
        expect_reduced(actual, expected, precision)
      }
      log_sum <- function(one) log(sum(exp(one)))
      check(logsumexp(1000 - S_ij, index), over(1000 - S, index, function(one) {
        1000 + log_sum(one - 1000)
      }))
      expect_identical(
        logsumexp_reduction(-S_ij, index), logsumexp(-S_ij, index)
      )
      weight <- all_pairs(x, y, function(x, y) abs(x[1] * y[2]))[, , 1]
      w_ij <- abs(elem(Vi(x), 1) * elem(Vj(y), 2))
      check(
        logsumexp(-S_ij, index, w_ij), log(over(exp(-S) * weight, index, sum))
      )
      expected <- over(difference * c(exp(-S)), index, sum) /
        c(over(exp(-S), index, sum))
      check(sumsoftmaxweight(-S_ij, index, d_ij), expected)
      expect_identical(
        sumsoftmaxweight_reduction(-S_ij, index, d_ij),
        sumsoftmaxweight(-S_ij, index, d_ij)
      )
    })
  }
}

test_that("an index that the data do not have has one element", {
  local_rkeops_options(precision = "float64")
  expect_equal(sum(Vi(x), "j"), x)
  expect_equal(sum(Vi(x), "i"), matrix(colSums(x), 1))
  expect_equal(sum(Vj(y), "i"), y)
  expect_equal(sum(Pm(1:3), "i"), matrix(1:3, 1))
  expect_equal(argmin(Vi(x), "i"), matrix(apply(x, 2, which.min), 1))
})

test_that("places count from 0 by an option, and are NA where there are none", {
  local_rkeops_options(precision = "float64")
  D <- sqdist(Vi(x), Vj(y))
  from_one <- argKmin(D, 2, "j")
  expect_identical(argKmin(D, 7, "j")[, 6:7], matrix(NA_integer_, 7, 2))
  expect_identical(Kmin(D, 7, "j")[, 6:7], matrix(Inf, 7, 2))
  symbolic <- as.matrix(argmin(Vi(x)))
  local_rkeops_options(index_base = 0)
  expect_identical(argKmin(D, 2, "j"), from_one - 1L)
  expect_equal(as.matrix(argmin(Vi(x))), symbolic - 1)
})

test_that("row names are kept", {
  named <- x
  rownames(named) <- letters[1:7]
  D <- sqdist(Vi(named), Vj(y))
  expect_identical(rownames(sum(D, "j")), letters[1:7])
  expect_null(rownames(sum(D, "i")))
  expect_identical(rownames(argKmin(D, 2, "j")), letters[1:7])
  expect_named(rowSums(D), letters[1:7])
})

test_that("NA and empty data", {
  local_rkeops_options(precision = "float64")
  holes <- x
  holes[2, 1] <- NA
  expect_equal(which(is.na(sum(sqdist(Vi(holes), Vj(y)), "j"))), 2)
  nothing <- sqdist(Vi(x[0, ]), Vj(y))
  expect_equal(dim(nothing), c(0L, 5L))
  expect_equal(sum(nothing, "i"), matrix(0, 5, 1))
  expect_equal(min(nothing, "i"), matrix(Inf, 5, 1))
  expect_equal(dim(sum(nothing, "j")), c(0L, 1L))
})

test_that("what is wrong is said", {
  D <- sqdist(Vi(x), Vj(y))
  expect_snapshot(error = TRUE, {
    sum(D, index = "k")
    sum(D, index = "j", na.rm = 2)
    prod(D)
    range(D)
    sum(D, D, index = "i")
    argmin(3, "i")
    Kmin(D, 0, "j")
    Kmin(D, 2, NA)
    reduction.LazyTensor(D, "Summ", "i")
    reduction.LazyTensor(D, "KMin", "i")
    sumsoftmaxweight(D, "i", Vi(x[1:3, ]))
  })
})

test_that("a first compilation is announced where that was asked for", {
  skip_without_compiler()
  local_rkeops_options(
    verbose = TRUE, cache_dir = withr::local_tempdir(), compile = "always"
  )
  D <- sqdist(Vi(x), Vj(y)) + 0.125
  expect_message(sum(D, "j"), "Compiled")
  expect_no_message(sum(D, "j"))
})
