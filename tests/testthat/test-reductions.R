# Every row of the table of reductions against plain R: values on both axes,
# ties, missing and infinite values, nothing to reduce, gradients, and indices
# too large for float32.

interpret_unless_exhaustive()

rows <- r_language("reductions")
arguments <- strsplit(rows$arguments, ", ", fixed = TRUE)
names(arguments) <- rows$name
scalar_only <- grep("Exp|SoftMax", rows$name, value = TRUE)

args <- c("x = Vi(1)", "y = Vj(1)")

# The call of a row: of `f`, with a weight, three smallest, two zeros.
call_of <- function(name, f, axis = 0, weight = "(1 + y * y)") {
  words <- c(f = f, weight = weight, K = "3", D = "2", axis = axis)
  sprintf("%s(%s)", name, toString(words[arguments[[name]]]))
}

run <- function(formula, ..., precision = "float64") {
  keops_kernel(formula, args, precision = precision)(...)
}

# R's NA is a NaN here.
expected_of <- function(formula, data, args = c("x = Vi(1)", "y = Vj(1)")) {
  result <- oracle(formula, args, data)
  replace(result, is.na(result), NaN)
}

test_that("every row has a meaning in R, with the same arguments", {
  expect_setequal(names(formula_reductions), rows$name)
  for (name in rows$name) {
    definition <- formula_reductions[[name]]
    expect_identical(c(names(formals(definition)), "axis"), arguments[[name]])
  }
  texts <- rows[c("definition", "derivative", "empty", "example")]
  expect_true(all(nzchar(unlist(texts))))
})

test_that("values on both axes are those of R", {
  skip_on_cran()
  args <- c("x = Vi(2)", "y = Vj(2)", "p = Pm(1)")
  data <- list(
    x = exact_points(30, 2), y = exact_points(67, 2, start = 9), p = 0.75
  )
  for (name in rows$name) {
    inner <- if (name %in% scalar_only) "p * (x | y)" else "p * x - y"
    for (axis in 0:1) {
      formula <- call_of(name, inner, axis, "(1 + y - x)")
      expected <- oracle(formula, args, data)
      scale <- if (startsWith(name, "Arg")) 1e-12 else max(abs(expected), 10)
      for (way in ways()) {
        local({
          local_way(way)
          result <- row_operator(formula, way, args)(data)
          error <- max(abs(result - expected)) / scale
          expect_equal(dim(result), dim(expected))
          expect_lt(
            error, c(float32 = 4e-6, float64 = 1e-14)[[way$precision]],
            label = paste("error of", label_of(formula, way))
          )
        })
      }
    }
  }
})

test_that("other names stand for the same", {
  same <- function(...) {
    graphs <- lapply(c(...), function(formula) {
      unclass(explain(keops_kernel(formula, args), "graph"))
    })
    expect_identical(graphs[[1]], graphs[[2]])
  }
  for (name in rows$name) {
    formula <- call_of(name, "x * y")
    same(formula, sub("_Reduction", "Reduction", formula, fixed = TRUE))
  }
  for (k in which(nzchar(rows$also))) {
    formula <- call_of(rows$name[k], "x * y")
    same(formula, sub(rows$name[k], rows$also[k], formula, fixed = TRUE))
  }
})

# Each a set of values to reduce: ties, what is not a number at the beginning,
# in the middle and at the end, fewer than three.
special_columns <- list(
  c(3, 1, 2, 1, 3), c(5, 5, 5, 5), c(0, -0, 0), c(NaN, 2, 1), c(2, NaN, 1),
  c(2, 1, NaN), c(NaN, NaN), c(Inf, 1, -Inf), c(Inf, Inf), c(-Inf, -Inf),
  c(NaN, Inf, Inf), c(-Inf, NaN), c(1e30, -1e30, 1), 7, NaN, Inf, -Inf,
  numeric()
)

test_that("ties, NaN, Inf and nothing to reduce are as documented", {
  skip_on_cran()
  # the shift of these is the largest value, whatever it is
  names <- grep("SumShift", rows$name, value = TRUE, invert = TRUE)
  for (name in names) {
    formula <- call_of(name, "x * y", weight = "1.5")
    for (precision in c("float32", "float64")) {
      op <- keops_kernel(formula, args, precision = precision)
      for (values in special_columns) {
        data <- list(x = c(1, 1), y = values)
        expect_equal(
          op(data), expected_of(formula, data), tolerance = 1e-6,
          label = paste(name, precision, toString(values))
        )
      }
    }
  }
  for (name in setdiff(rows$name, names)) {
    op <- keops_kernel(call_of(name, "x * y"), args)
    expect_equal(op(1, numeric()), cbind(-Inf, 0))
  }
})

test_that("special values are found wherever they stand among many", {
  skip_on_cran()
  names <- c("Sum", "LogSumExp", "Min", "ArgMax", "KMin_ArgKMin", "Var")
  for (name in paste0(names, "_Reduction")) {
    formula <- call_of(name, "x * y")
    op <- keops_kernel(formula, args, precision = "float64")
    for (special in c(NaN, Inf, -Inf, 9, -9)) {
      for (place in c(1, 64, 255, 256, 257, 511, 700)) {
        y <- points(700, 1)
        y[c(place, 700)] <- special
        data <- list(x = c(1, 1, 1), y = y)
        expect_equal(
          op(data), expected_of(formula, data), tolerance = 1e-12,
          label = paste(name, special, place)
        )
      }
    }
  }
})

test_that("log-sum-exp neither overflows nor underflows", {
  skip_on_cran()
  for (precision in c("float32", "float64")) {
    op <- keops_kernel("LogSumExp_Reduction(x * y, 0)", args,
      precision = precision
    )
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
    op <- keops_kernel(call_of(name, "x * y"), args)
    columns <- ncol(op(1, c(1, 2)))
    expect_identical(op(numeric(), c(1, 2)), matrix(0, 0, columns))
    expect_identical(op(numeric(), numeric()), matrix(0, 0, columns))
  }
})

test_that("gradients agree with finite differences", {
  skip_on_cran()
  data <- list(x = exact_points(5, 1), y = exact_points(7, 1, start = 9))
  cases <- expand.grid(name = rows$name, variable = names(data), axis = 0)
  others <- data.frame(
    name = c("Sum_Reduction", "LogSumExp_Reduction", "Min_Reduction"),
    variable = "x", axis = 1
  )
  for (case in split(rbind(cases, others), seq_len(nrow(cases) + 3))) {
    formula <- call_of(as.character(case$name), "Exp(-x * y)", case$axis)
    expected_value <- oracle(formula, args, data)
    eta <- exact_points(nrow(expected_value), ncol(expected_value), start = 20)
    variable <- as.character(case$variable)
    expected <- oracle_gradient(formula, args, data, variable, eta)
    for (way in ways()) {
      local({
        local_way(way)
        gradient <- keops_grad(row_operator(formula, way, args), variable)
        expect_near(
          gradient(c(unname(data), list(eta))), expected, way,
          c(float64 = 1e-9, float32 = 2e-5),
          paste("gradient of", formula, "in", variable)
        )
      })
    }
  }
})

# The n-th derivative of prod(f) along directions, the columns of u.
product_along <- function(f, u) {
  u <- as.matrix(u)
  if (!ncol(u)) {
    return(prod(f))
  }
  sum(vapply(seq_along(f), function(j) {
    u[j, 1] * product_along(f[-j], u[-j, -1, drop = FALSE])
  }, 1))
}

test_that("products have exact derivatives where factors are 0", {
  skip_on_cran()
  # 0 to 4 zeros; x - y is exact
  x <- c(1, 2, 3.5, 4, 5)
  y <- c(1, 2, 2, 4, 4, 4, 5, 5, 5, 5, 0.5, 6)
  eta <- c(1, 2, 3, -1, 0.5)
  u <- cbind(exact_points(12, 1), exact_points(12, 1, start = 5), 1:12 / 4)
  args <- c("x = Vi(1)", "y = Vj(1)", "u = Vj(1)", "v = Vj(1)", "w = Vj(1)")
  for (order in 1:3) {
    formula <- "Prod_Reduction(x - y, 0)"
    for (name in c("u", "v", "w")[seq_len(order)]) {
      formula <- sprintf("Diff(%s, y, %s)", formula, name)
    }
    along <- function(columns) {
      cbind(vapply(x, function(one) product_along(one - y, -columns), 1))
    }
    inputs <- list(x, y, u[, 1], u[, 2], u[, 3])
    op <- keops_kernel(formula, args, precision = "float64")
    directions <- u[, seq_len(order), drop = FALSE]
    expect_equal(op(inputs), along(directions), tolerance = 1e-12)
    # and once more in reverse mode
    expected <- vapply(seq_along(y), function(j) {
      sum(eta * along(cbind(directions, seq_along(y) == j)))
    }, 1)
    expect_equal(
      keops_grad(op, "y")(c(inputs, list(eta))), cbind(expected),
      tolerance = 1e-12, ignore_attr = TRUE
    )
  }
})

test_that("reductions of reductions, on one axis or on both", {
  skip_on_cran()
  data <- list(x = exact_points(5, 1), y = exact_points(7, 1, start = 9))
  formulas <- c(
    "Sum_Reduction(Exp(-x) * Sum_Reduction(Exp(-x * y), 0), 1)",
    "Log(Sum_Reduction(Exp(x * y), 0)) + x",
    "2 * Sum_Reduction(y, 0) + x",
    "Sum_Reduction(y * Sum_Reduction(x * y, 1) + Min_Reduction(x - y, 0), 0)",
    "Max_Reduction(x * y - LogSumExp_Reduction(x * y, 0), 1)",
    "Var_Reduction(x * Mean_Reduction(x * y, 1), 1)"
  )
  for (formula in formulas) {
    op <- keops_kernel(formula, args, precision = "float64")
    result <- op(data)
    expect_equal(
      result, oracle(formula, args, data), tolerance = 1e-12, label = formula
    )
    eta <- exact_points(nrow(result), 1, start = 20)
    for (variable in c("x", "y")) {
      gradient <- keops_grad(op, variable)(c(unname(data), list(eta)))
      expected <- oracle_gradient(formula, args, data, variable, eta)
      expect_equal(
        gradient, expected, tolerance = 1e-8,
        label = paste("gradient of", formula, "in", variable)
      )
    }
  }
})

test_that("indices are exact beyond the integers of float32", {
  skip_on_cran()
  y <- rep(0, 2^24 + 10)
  y[2^24 + 4] <- -1
  y[2^24 + 7] <- 1
  float32 <- function(name, ...) run(call_of(name, "x * y"), ...,
                                     precision = "float32")
  expect_identical(
    float32("ArgMin_Reduction", c(1, -1), y), cbind(2^24 + c(3, 6))
  )
  expect_identical(float32("ArgMax_Reduction", 1, y), cbind(2^24 + 6))
  parts <- float32("ArgMinParts_Reduction", 1, y)
  expect_identical(parts, cbind(3, 16))
  expect_identical(
    float32("ArgKMin_Reduction", 1, y), cbind(2^24 + 3, 0, 1)
  )
  expect_identical(
    float32("Max_ArgMax_Reduction", 1, y), cbind(1, 2^24 + 6)
  )
  gradient <- keops_grad(
    keops_kernel("Min_Reduction(x * y, 0)", args, precision = "float32"), "y"
  )
  expect_identical(which(gradient(1, y, 5)[, 1] != 0), as.integer(2^24 + 4))
})

test_that("sums of ten million terms in float32 keep six digits", {
  skip_on_cran()
  count <- 1e7
  # equal terms, whose rounding errors add up, and terms of both signs
  columns <- list(rep(0.1, count), points(count, 1)[, 1] - 0.25)
  for (scheme in c("block", "compensated")) {
    op <- keops_kernel(
      "Sum_Reduction(x * y, 0)", args, precision = "float32",
      sum_scheme = scheme
    )
    for (y in columns) {
      for (compile in compile_ways()) {
        error <- abs(running(op, compile)(list(1, y)) - sum(y)) / sum(abs(y))
        expect_lt(error, 1e-6, label = paste(scheme, compile))
      }
    }
  }
})

test_that("the gradient of a thousand smallest values is that of each", {
  skip_on_cran()
  x <- exact_points(2, 2)
  y <- exact_points(1500, 2, start = 9) + points(1500, 2) / 64
  args <- c("x = Vi(2)", "y = Vj(2)")
  for (name in c("KMin_Reduction", "KMin_ArgKMin_Reduction")) {
    op <- keops_kernel(
      sprintf("%s(Square(x - y), 1000, 0)", name), args, precision = "float64"
    )
    eta <- op(x, y)
    eta[] <- points(2, ncol(eta), start = 3) - 0.5
    actual <- running(keops_grad(op, "x"), "never")(list(x, y, eta))
    stride <- ncol(eta) / 1000
    expected <- outer(1:2, 1:2, Vectorize(function(i, d) {
      difference <- x[i, d] - y[, d]
      nearest <- order(difference^2)[1:1000]
      sum(eta[i, d + stride * (0:999)] * 2 * difference[nearest])
    }))
    expect_equal(actual, expected, tolerance = 1e-12, label = name)
  }
})

test_that("wrong uses are errors of the formula", {
  refused <- function(formula, args) {
    expect_rkeops_error(keops_kernel(formula, args), "formula")
  }
  for (name in rows$name) {
    good <- call_of(name, "x * y")
    refused(sub(", 0)", ", 2)", good, fixed = TRUE), args)
    refused(sub(", 0)", ", -1)", good, fixed = TRUE), args)
    refused(sub(", 0)", ", 1, 1, 0)", good, fixed = TRUE), args)
    refused(paste0(name, "(x)"), args)
    refused(paste0(name, "()"), args)
  }
  vectors <- c("x = Vi(2)", "y = Vj(2)")
  for (name in scalar_only) refused(call_of(name, "x - y"), vectors)
  for (name in grep("KM", rows$name, value = TRUE)) {
    refused(sprintf("%s(x * y, 0, 0)", name), args)
    refused(sprintf("%s(x * y, y, 0)", name), args)
  }
  refused("Zero_Reduction(0, 0)", args)
  refused("Sum_Reduction(x, 0) + Sum_Reduction(y, 1)", args)
})

test_that("sums of nothing are 0 beside factors that are not finite", {
  x <- c(Inf, 1, NaN)
  nothing <- numeric()
  for (mode in compile_ways()) {
    local_rkeops_options(compile = mode)
    expect_identical(rowSums(Vi(x) * Vj(nothing)), c(0, 0, 0))
    expect_identical(colSums(Vi(nothing) * exp(Vj(x))), c(0, 0, 0))
    product <- keops_kernel("Sum_Reduction(x * y, 0)", c("x=Vi(1)", "y=Vj(1)"))
    expect_identical(product(x, nothing), cbind(c(0, 0, 0)))
    gradient <- keops_grad(product, "x")
    expect_identical(gradient(x, nothing, x), cbind(c(0, 0, 0)))
  }
})
