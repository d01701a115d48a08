# Every row of the table of reductions against plain R: values on both axes,
# ties, missing and infinite values, nothing to reduce, gradients, and indices
# too large for float32.

rows <- r_language("reductions")
args <- c("x = Vi(1)", "y = Vj(1)")
differentiable <- rows$name[rows$derivative != "none"]

reduction_of <- function(name, formula, axis = 0, precision = "float64",
                         args = c("x = Vi(1)", "y = Vj(1)")) {
  keops_kernel(sprintf("%s(%s, %d)", name, formula, axis), args,
    precision = precision
  )
}

test_that("every row has a meaning in R", {
  expect_setequal(names(formula_reductions), rows$name)
  for (column in names(rows)) expect_true(all(nzchar(rows[[column]])))
})

test_that("values on both axes are those of R", {
  skip_on_cran()
  args <- c("x = Vi(2)", "y = Vj(2)", "p = Pm(1)")
  data <- list(
    x = exact_points(70, 2), y = exact_points(131, 2, start = 9), p = 0.75
  )
  for (name in rows$name) {
    inner <- if (name == "LogSumExp_Reduction") "p * (x | y)" else "p * x - y"
    for (axis in 0:1) {
      formula <- sprintf("%s(%s, %d)", name, inner, axis)
      expected <- oracle(formula, args, data)
      for (precision in c("float32", "float64")) {
        result <- keops_kernel(formula, args, precision = precision)(data)
        scale <- if (grepl("^Arg", name)) 1e-12 else max(abs(expected), 10)
        expect_close(result, expected, scale, precision)
      }
    }
  }
})

test_that("either spelling of a name is understood", {
  for (name in rows$name) {
    short <- sub("_", "", name, fixed = TRUE)
    graphs <- lapply(c(name, short), function(name) {
      unclass(explain(reduction_of(name, "x * y"), "graph"))
    })
    expect_identical(graphs[[1]], graphs[[2]])
  }
})

# Columns met late, early, twice, with what is not a number before, between and
# behind; each a set of values to reduce.
special_columns <- list(
  c(3, 1, 2, 1, 3), c(5, 5, 5, 5), c(0, -0, 0), c(NaN, 2, 1), c(2, NaN, 1),
  c(2, 1, NaN), c(NaN, NaN), c(Inf, 1, -Inf), c(Inf, Inf), c(-Inf, -Inf),
  c(NaN, Inf, Inf), c(-Inf, NaN), c(1e30, -1e30, 1), 7, NaN, Inf, -Inf,
  numeric()
)

test_that("ties, NaN, Inf and nothing to reduce are as documented", {
  skip_on_cran()
  for (name in rows$name) {
    for (precision in c("float32", "float64")) {
      op <- reduction_of(name, "x * y", 0, precision)
      for (values in special_columns) {
        formula <- sprintf("%s(x * y, 0)", name)
        data <- list(x = c(1, 1), y = values)
        label <- paste(name, precision, paste(values, collapse = " "))
        expect_equal(
          op(data), oracle(formula, args, data), tolerance = 1e-6, label = label
        )
      }
    }
  }
})

test_that("special values are found wherever they stand among many", {
  skip_on_cran()
  for (name in rows$name) {
    op <- reduction_of(name, "x * y")
    for (special in c(NaN, Inf, -Inf, 9, -9)) {
      for (place in c(1, 64, 255, 256, 257, 511, 700)) {
        y <- points(700, 1)
        y[c(place, 700)] <- special
        data <- list(x = c(1, 1, 1), y = y)
        expected <- oracle(sprintf("%s(x * y, 0)", name), args, data)
        expect_equal(
          op(data), expected, tolerance = 1e-12,
          label = paste(name, special, place)
        )
      }
    }
  }
})

test_that("log-sum-exp neither overflows nor underflows", {
  skip_on_cran()
  for (precision in c("float32", "float64")) {
    op <- reduction_of("LogSumExp_Reduction", "x * y", 0, precision)
    for (shift in c(-1e5, -100, 100, 1e5)) {
      y <- shift + (0:99) / 4
      expect_equal(
        op(1, y), cbind(log_sum_exp(t(y))), tolerance = 1e-6,
        label = paste(precision, shift)
      )
    }
  }
})

test_that("no rows give no rows", {
  skip_on_cran()
  for (name in rows$name) {
    op <- reduction_of(name, "x * y")
    expect_identical(op(numeric(), c(1, 2)), matrix(0, 0, 1))
    expect_identical(op(numeric(), numeric()), matrix(0, 0, 1))
  }
})

test_that("gradients agree with finite differences, or are refused", {
  skip_on_cran()
  data <- list(x = exact_points(5, 1), y = exact_points(7, 1, start = 9))
  for (name in rows$name) {
    for (axis in 0:1) {
      formula <- sprintf("%s(Exp(-x * y), %d)", name, axis)
      op <- keops_kernel(formula, args, precision = "float64")
      if (!name %in% differentiable) {
        expect_rkeops_error(keops_grad(op, "x"), "formula", "derivative")
        next
      }
      eta <- exact_points(c(5, 7)[axis + 1], 1, start = 20)
      for (variable in c("x", "y")) {
        gradient <- keops_grad(op, variable)(c(unname(data), list(eta)))
        expected <- oracle_gradient(formula, args, data, variable, eta)
        expect_equal(
          gradient, expected, tolerance = 1e-9, label = paste(formula, variable)
        )
      }
    }
  }
})

test_that("reductions of reductions, on one axis or on both", {
  skip_on_cran()
  data <- list(x = exact_points(5, 1), y = exact_points(7, 1, start = 9))
  formulas <- c(
    "Sum_Reduction(Exp(-x) * Sum_Reduction(Exp(-x * y), 0), 1)",
    "Sum_Reduction(y * Sum_Reduction(x * y, 1) + Min_Reduction(x - y, 0), 0)",
    "Log(Sum_Reduction(Exp(x * y), 0)) + x",
    "Max_Reduction(x * y - LogSumExp_Reduction(x * y, 0), 1)",
    "2 * Sum_Reduction(y, 0) + x"
  )
  for (formula in formulas) {
    op <- keops_kernel(formula, args, precision = "float64")
    expect_equal(
      op(data), oracle(formula, args, data), tolerance = 1e-12, label = formula
    )
  }
  for (formula in formulas[c(1, 3, 5)]) {
    op <- keops_kernel(formula, args, precision = "float64")
    eta <- exact_points(if (formula == formulas[1]) 7 else 5, 1, start = 20)
    for (variable in c("x", "y")) {
      gradient <- keops_grad(op, variable)(c(unname(data), list(eta)))
      expected <- oracle_gradient(formula, args, data, variable, eta)
      expect_equal(
        gradient, expected, tolerance = 1e-9, label = paste(formula, variable)
      )
    }
  }
})

test_that("indices are exact beyond the integers of float32", {
  skip_on_cran()
  columns <- 2^24 + 10
  y <- rep(0, columns)
  for (place in c(2^24 + 2, 2^24 + 7)) {
    y[place] <- -1
    smallest <- reduction_of("ArgMin_Reduction", "x * y", 0, "float32")
    expect_identical(smallest(1, y), cbind(place - 1))
    expect_identical(smallest(c(1, -1), -y)[2], place - 1)
    y[place] <- 0
  }
  y[2^24 + 4] <- 1
  largest <- reduction_of("ArgMax_Reduction", "x * y", 0, "float32")
  expect_identical(largest(1, y), cbind(2^24 + 3))
})

test_that("wrong uses are errors of the formula", {
  for (name in rows$name) {
    for (rest in c("(x)", "(x, y, 0)", "(x, 2)", "(x, -1)", "(x, y)", "()")) {
      expect_rkeops_error(keops_kernel(paste0(name, rest), args), "formula")
    }
  }
  vector <- c("x = Vi(2)", "y = Vj(2)")
  expect_rkeops_error(
    keops_kernel("LogSumExp_Reduction(x - y, 0)", vector), "formula"
  )
  expect_rkeops_error(
    keops_kernel("Sum_Reduction(x, 0) + Sum_Reduction(y, 1)", vector),
    "formula"
  )
})
