# Every row of the table of operations, by its example: values, derivatives,
# special values and errors, against plain R. A new row is tested by itself
# once helper-formula-tables.R says what it means.

interpret_unless_exhaustive()

rows <- r_language("operations")
arguments <- strsplit(rows$arguments, ", ", fixed = TRUE)

args <- row_args

# An argument that is one number is repeated.
broadcast_calls <- function() {
  names <- c(
    "Add", "Subtract", "Mult", "Divide", "Powf", "Power", "Atan2", "Equal",
    "NotEqual", "LessThan", "LessOrEqual", "GreaterThan", "GreaterOrEqual",
    "Maximum", "Minimum", "Scalprod", "SqDist"
  )
  operands <- c("Elem(x, 0), y", "x, Elem(y, 1)", "Elem(x, 0), Elem(y, 1)")
  calls <- lapply(names, function(name) sprintf("%s(%s)", name, operands))
  rlang::set_names(unlist(calls), rep(names, each = length(operands)))
}

double <- function(formula) {
  keops_kernel(formula, args, precision = "float64")
}

# Value of the call, and how large what is added for it is.
expected_value <- function(call, data) {
  sizes <- oracle(as_sum(sprintf("Abs(%s)", call)), args, data)
  list(value = oracle(as_sum(call), args, data), scale = max(sizes, 1e-3))
}

expect_value <- function(actual, expected, call, way) {
  error <- max(abs(actual - expected$value)) / expected$scale
  limit <- c(float32 = 4e-6, float64 = 1e-14)[[way$precision]]
  expect_lt(error, limit, label = paste("error of", label_of(call, way)))
}

test_that("every row has a meaning in R, with the same arguments", {
  expect_setequal(names(formula_operations), rows$name)
  for (k in seq_len(nrow(rows))) {
    definition <- formula_operations[[rows$name[k]]]
    expect_identical(names(formals(definition)), arguments[[k]])
    expect_true(all(nzchar(rows[k, c("definition", "derivative", "example")])))
  }
})

test_that("values are those of R, also where arguments are repeated", {
  skip_on_cran()
  for (batch in row_batches(c(row_examples(), broadcast_calls()))) {
    expected <- lapply(batch$calls, expected_value, batch$data)
    for (way in ways()) {
      local({
        local_way(way)
        result <- row_operator(batch$formula, way)(batch$data)
        for (k in seq_along(batch$calls)) {
          actual <- result[, batch$blocks[[k]], drop = FALSE]
          expect_value(actual, expected[[k]], batch$calls[[k]], way)
        }
      })
    }
  }
})

test_that("operators and other names stand for rows", {
  graph_of <- function(call) unclass(explain(double(as_sum(call)), "graph"))
  same <- function(f, g) expect_identical(graph_of(f), graph_of(g), label = f)
  for (symbol in names(infix_operations)) {
    same(
      paste("x", symbol, "y"), sprintf("%s(x, y)", infix_operations[[symbol]])
    )
  }
  same("x ** y", "Power(x, y)")
  same("-x", "Minus(x)")
  same("+x", "x")
  for (k in which(nzchar(rows$also))) {
    operands <- if (grepl("^Complex", rows$name[k])) "(z, w)" else "(x, y)"
    for (other in strsplit(rows$also[k], ", ", fixed = TRUE)[[1]]) {
      same(paste0(other, operands), paste0(rows$name[k], operands))
    }
  }
})

# In one call of a batch, in one variable: by plain R.
expected_gradient <- function(batch, k, name, eta) {
  oracle_gradient(
    as_sum(batch$calls[[k]]), args, batch$data, name,
    eta[, batch$blocks[[k]], drop = FALSE]
  )
}

limits_of_gradients <- c(float64 = 1e-8, float32 = 2e-5)

test_that("derivatives agree with finite differences of the meaning in R", {
  skip_on_cran()
  for (batch in row_batches(c(differentiable_examples(), broadcast_calls()))) {
    eta <- exact_points(3, max(unlist(batch$blocks)), start = 40)
    for (name in variables_of(batch$formula)) {
      uses <- Filter(function(k) {
        name %in% variables_of(batch$calls[[k]])
      }, seq_along(batch$calls))
      expected <- lapply(uses, function(k) {
        expected_gradient(batch, k, name, eta)
      })
      for (way in ways()) {
        local({
          local_way(way)
          gradient <- keops_grad(row_operator(batch$formula, way), name)
          for (k in seq_along(uses)) {
            here <- in_block(eta, batch$blocks[[uses[k]]])
            actual <- gradient(c(unname(batch$data), list(here)))
            label <- paste("gradient of", batch$calls[[uses[k]]], "in", name)
            expect_equal(dim(actual), dim(expected[[k]]), label = label)
            expect_near(actual, expected[[k]], way, limits_of_gradients, label)
          }
        })
      }
    }
  }
})

# The derivative of sum(xi * gradient in x), by finite differences.
expected_second <- function(first, inputs, name, xi) {
  five_point_gradient(function(value) {
    inputs[[name]] <- value
    sum(xi * first(inputs))
  }, inputs[[name]])
}

test_that("second derivatives agree with finite differences of the first", {
  skip_on_cran()
  calls <- differentiable_examples()
  uses_x <- vapply(calls, function(call) "x" %in% variables_of(call), NA)
  calls <- calls[uses_x & rows$derivative != "0"]
  xi <- exact_points(3, 3, start = 60)
  for (batch in row_batches(calls)) {
    eta <- exact_points(3, max(unlist(batch$blocks)), start = 40)
    first <- keops_grad(double(batch$formula), "x")
    inputs <- lapply(batch$blocks, function(block) {
      c(batch$data, list(eta = in_block(eta, block)))
    })
    for (name in intersect(c("x", "y"), variables_of(batch$formula))) {
      expected <- lapply(inputs, function(inputs) {
        expected_second(first, inputs, name, xi)
      })
      for (way in ways()) {
        local({
          local_way(way)
          first <- keops_grad(row_operator(batch$formula, way), "x")
          second <- keops_grad(first, name, name = "xi")
          for (k in seq_along(batch$calls)) {
            actual <- second(c(unname(inputs[[k]]), list(xi)))
            label <- paste(batch$calls[[k]], "in x and", name)
            expect_near(actual, expected[[k]], way, limits_of_gradients, label)
          }
        })
      }
    }
  }
})

# Values that leave the range of float32 in between may be anything large.
expect_special <- function(actual, expected, inputs, precision, label) {
  is_float <- precision == "float32"
  tolerance <- if (is_float) 4e-6 else 2e-14
  tiny <- if (is_float) 1e-37 else 1e-305
  near <- abs(actual - expected) <= tolerance * abs(expected) + tiny
  same <- (is.nan(expected) & is.nan(actual)) | actual == expected | near
  huge <- is_float & is.finite(expected) & abs(expected) > 1e19
  wrong <- which(!(same %in% TRUE) & !huge)
  shown <- sprintf(
    "%s of f = %g, g = %g: %g, not %g", label, inputs$f[wrong],
    inputs$g[wrong], actual[wrong], expected[wrong]
  )
  expect_identical(shown, character(), label = paste(label, precision))
}

test_that("special values are those of R", {
  skip_on_cran()
  special <- c(0, 1, -1, 0.5, -2, 3, Inf, -Inf, NaN, 2^-40, -2^-40, 2^60, -2^60)
  inputs <- expand.grid(f = special, g = special)
  of_numbers <- seq(match("Add", rows$name), match("Mod", rows$name))
  calls <- rows$example[of_numbers]
  for (change in list(c("x", "f"), c("y", "g"), c("p", "0.5"))) {
    calls <- gsub(sprintf("\\b%s\\b", change[1]), change[2], calls)
  }
  formula <- as_sum(concatenated(calls))
  args <- c("f = Vi(1)", "g = Vi(1)")
  expected <- oracle(formula, args, inputs)
  # comparisons and the like give NaN of NaN, as test-missing.R tests
  hides_nan <- vapply(calls, function(call) {
    op <- keops_kernel(as_sum(call), args)
    !startsWith(c(explain(op, "missing"))[1], "nothing hides")
  }, NA)
  is_nan <- is.nan(inputs$f) | is.nan(inputs$g)
  for (precision in c("float64", "float32")) {
    op <- keops_kernel(formula, args, precision = precision)
    result <- op(inputs$f, inputs$g)
    for (k in seq_along(calls)) {
      # documented for numbers from -100 to 100 alone
      is_bounded <- startsWith(calls[k], "Exp2OfSmall(")
      is_held <- !is_bounded | abs(inputs$f) <= 100
      held <- which(is_held & !(hides_nan[k] & is_nan))
      expect_special(
        result[held, k], expected[held, k], inputs[held, ], precision, calls[k]
      )
    }
  }
})

test_that("a sum of zeros below zero is the 0 of R", {
  expected <- 1 / sum(c(-0, -0))
  for (compile in compile_ways()) {
    local_rkeops_options(compile = compile)
    op <- keops_kernel(
      "Max_Reduction(1 / Sum(Concat(x, y)), 0)", c("x = Vi(1)", "y = Vj(1)"),
      precision = "float64"
    )
    expect_identical(op(-0, -0)[1, 1], expected)
  }
})

test_that("powers with numbers as exponents are exact, and 0 for Rsqrt at 0", {
  exponents <- c(
    "0", "1", "2", "3", "7", "64", "0.5", "-0.5", "-1", "-2", "-3", "0.3",
    "(1/2)", "65"
  )
  formula <- as_sum(concatenated(paste0("x^", exponents)))
  x <- c(0, 1, -1, 2, -2, 0.75, -1.5, Inf, NaN)
  op <- keops_kernel(formula, "x = Vi(1)", precision = "float64")
  expected <- oracle(formula, "x = Vi(1)", list(x = x))
  expected[x %in% 0, exponents == "-0.5"] <- 0
  expect_equal(op(x), expected, tolerance = 1e-14)
})

test_that("derivatives of powers are 0 where that is their limit", {
  skip_on_cran()
  args <- c("f = Vi(1)", "g = Vi(1)", "e = Vi(1)", "u = Vi(1)")
  derivative <- function(formula, f, g) {
    op <- keops_kernel(formula, args, precision = "float64")
    running(op, "never")(list(f, g, rep(1, length(f)), rep(1, length(f))))[, 1]
  }
  in_g <- sprintf("Grad(%s, g, e)", as_sum("Powf(f, g)"))
  in_f <- sprintf("Grad(%s, f, e)", as_sum("Powf(f, g)"))
  expect_equal(derivative(in_g, c(0, 0, Inf, 2), c(2, 0, -1, 3)),
               c(0, -Inf, 0, 8 * log(2)))
  expect_equal(derivative(in_f, c(0, 0, 0, 2), c(0, 1, 2, 3)), c(0, 1, 0, 12))
  second <- function(name) sprintf("Grad(%s, %s, u)", in_g, name)
  expect_equal(derivative(second("g"), c(0, 2), c(2, 3)), c(0, 8 * log(2)^2))
  expect_equal(
    derivative(second("f"), c(0, 2), c(2, 3)), c(0, 4 + 12 * log(2))
  )
})

refused <- function(call) {
  expect_rkeops_error(double(as_sum(call)), "formula")
}

test_that("wrong numbers of arguments are errors of the formula", {
  for (k in seq_len(nrow(rows))) {
    formals <- formals(formula_operations[[k]])
    words <- ifelse(vapply(formals, is_missing, NA), "p", "1")
    call <- function(words) {
      sprintf("%s(%s)", rows$name[k], paste(words, collapse = ", "))
    }
    refused(call(words[-1]))
    others <- unlist(strsplit(rows$also, ", ", fixed = TRUE))
    if (!rows$name[k] %in% others) refused(call(c(words, "1")))
  }
})

test_that("wrong dimensions and integers are errors of the formula", {
  of_two <- setdiff(unique(names(broadcast_calls())), "")
  wrong <- c(
    sprintf("%s(x, b)", of_two), "SumT(x, 3)", "SumT(p, 0)", "SumT(p, -1)",
    "SumT(p, 1.5)", "SumT(p, p)", "Extract(x, 2, 2)", "Extract(x, -1, 2)",
    "Extract(x, 0, 0)", "ExtractT(x, 1, 3)", "ExtractT(x, -1, 5)",
    "Elem(x, 3)", "Elem(x, -1)", "ElemT(x, 4, 1)", "ElemT(p, 4, 4)",
    "ElemT(p, 4, -1)", "Zero(0)", "Range(0)", "IntInv(0)", "RatCst(1, 0)",
    "Pow(x, 0.5)", "Pow(x, p)", "IntCst(x)", "OneHot(x, 3)", "OneHot(p, 0)",
    "Cross(b, b)", "IfElse(x, b, 1)", "Clamp(x, b, 1)", "SymSqNorm(A, x)",
    "WeightedSqNorm(b, x)", "MatVecMult(A, w)", "VecMatMult(w, A)", "Det(A)",
    "Inverse(A)", "TensorDot(A, x, [2, 2], [3], [1], [0])",
    "TensorDot(A, x, [2, 3], [3], [0], [0])",
    "TensorDot(A, x, [2, 3], [3], [2], [0])",
    "TensorDot(A, x, [2, 3], [3], [1], [0], [1])", "Kron(A, x, [2, 3], [3])",
    "ComplexReal(x)", "ComplexMult(x, z)", "ComplexRealScal(z, w)",
    "ComplexSumT(c, 3)", "ComplexSumT(z, 4)", "Gauss(x, y, b)",
    "Gauss(x, b, p)", "GaussKernel(b, x, y, b)",
    "CurlFreeGaussKernel(p, x, y, b)", "BSpline(knots, x, 2)",
    "BSpline(knots, p, 6)", "BSpline(knots, p, -1)",
    "SoftDTW_SqDist(x, y, b)", "Polygamma(x, -1)", "SphericalBessel(x, -1)",
    "Zero(1000000000)", "SumT(p, 1000000000)"
  )
  for (call in wrong) refused(call)
})
