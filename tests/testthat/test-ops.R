# Every row of the table of operations, by its example: values, derivatives,
# special values and errors, against plain R. A new row is tested by itself
# once helper-formula-tables.R says what it means.

rows <- r_language("operations")
arguments <- strsplit(rows$arguments, ", ", fixed = TRUE)

args <- c(
  "x = Vi(3)", "y = Vj(3)", "b = Vj(2)", "z = Vi(4)", "w = Vj(4)",
  "p = Pm(1)", "c = Pm(2)", "A = Pm(6)", "Q = Pm(9)", "knots = Pm(7)"
)
names(args) <- sub(" .*", "", args)

# x and y are never so near to each other, to whole numbers or to 0 that a kink
# lies between the points of a finite difference.
data_in <- function(from, to) {
  list(
    x = exact_points(3, 3, from, to),
    y = exact_points(4, 3, from, to, start = 50) + 1 / 256,
    b = exact_points(4, 2, start = 70), z = exact_points(3, 4, start = 5),
    w = exact_points(4, 4, start = 90), p = 0.75, c = c(0.5, 1.25),
    A = exact_points(1, 6, start = 30)[1, ],
    Q = exact_points(1, 9, start = 60)[1, ] + 2 * c(diag(3)),
    knots = c(-1, -0.5, 0.25, 0.5, 1, 1.5, 2)
  )
}

# Where one of the arguments is a number, it is repeated.
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

examples <- function() {
  rlang::set_names(rows$example, rows$name)
}

as_sum <- function(call) {
  sprintf("Sum_Reduction(%s, 0)", call)
}

double <- function(formula) {
  keops_kernel(formula, args, precision = "float64")
}

# Several calls, named by their rows, share a program and data: a list of
# list(formula =, calls =, blocks =, data =); a block is the components of one
# call in the result.
batches <- function(calls, size = 12) {
  domains <- vapply(names(calls), function(name) toString(domain_of(name)), "")
  numbers <- stats::ave(seq_along(calls), domains, FUN = function(k) {
    (seq_along(k) - 1) %/% size
  })
  lapply(split(calls, paste(domains, numbers)), function(calls) {
    domain <- domain_of(names(calls)[1])
    data <- data_in(domain[1], domain[2])
    dimensions <- vapply(calls, function(call) {
      ncol(oracle(as_sum(call), args, data))
    }, 1L)
    ends <- cumsum(dimensions)
    list(
      formula = as_sum(concatenated(calls)), calls = calls, data = data,
      blocks = Map(function(end, length) seq(end - length + 1, end), ends,
                   dimensions)
    )
  })
}

expect_value <- function(actual, call, data, precision) {
  expected <- oracle(as_sum(call), args, data)
  scale <- max(oracle(as_sum(sprintf("Abs(%s)", call)), args, data), 1e-3)
  error <- max(abs(actual - expected)) / scale
  limit <- c(float32 = 4e-6, float64 = 1e-14)[[precision]]
  expect_lt(error, limit, label = paste("error of", call, "in", precision))
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
  for (batch in batches(c(examples(), broadcast_calls()))) {
    for (precision in c("float64", "float32")) {
      result <- keops_kernel(batch$formula, args, precision = precision)(
        batch$data
      )
      for (k in seq_along(batch$calls)) {
        actual <- result[, batch$blocks[[k]], drop = FALSE]
        expect_value(actual, batch$calls[[k]], batch$data, precision)
      }
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

variables_of <- function(call) {
  all.vars(parse_formula(call))
}

# eta is zero outside the components of one call, so that one program serves
# all of them.
in_block <- function(eta, block) {
  eta[, -block] <- 0
  eta
}

expect_gradient <- function(actual, expected, label) {
  expect_equal(dim(actual), dim(as.matrix(expected)), label = label)
  error <- max(abs(c(actual) - c(expected))) / max(abs(expected), 1)
  expect_lt(error, 1e-8, label = paste("error of the gradient of", label))
}

# Round(x, 2) has a step nearly everywhere.
differentiable_examples <- function() {
  calls <- examples()
  calls["Round"] <- "Round(x, 0)"
  calls
}

test_that("derivatives agree with finite differences of the meaning in R", {
  skip_on_cran()
  for (batch in batches(c(differentiable_examples(), broadcast_calls()))) {
    data <- batch$data
    op <- double(batch$formula)
    eta <- exact_points(3, max(unlist(batch$blocks)), start = 40)
    for (name in variables_of(batch$formula)) {
      gradient <- keops_grad(op, name)
      for (k in seq_along(batch$calls)) {
        call <- batch$calls[[k]]
        if (!name %in% variables_of(call)) next
        block <- batch$blocks[[k]]
        expected <- oracle_gradient(
          as_sum(call), args, data, name, eta[, block, drop = FALSE]
        )
        if (startsWith(args[[name]], paste(name, "= Pm"))) {
          expected <- matrix(expected, 1)
        }
        actual <- gradient(c(unname(data), list(in_block(eta, block))))
        expect_gradient(actual, expected, paste(call, "in", name))
      }
    }
  }
})

test_that("second derivatives agree with finite differences of the first", {
  skip_on_cran()
  calls <- differentiable_examples()
  uses_x <- vapply(calls, function(call) "x" %in% variables_of(call), NA)
  calls <- calls[uses_x & rows$derivative != "0"]
  for (batch in batches(calls)) {
    eta <- exact_points(3, max(unlist(batch$blocks)), start = 40)
    inputs <- c(batch$data, list(eta = eta))
    first <- keops_grad(double(batch$formula), "x")
    xi <- exact_points(3, 3, start = 60)
    for (name in intersect(c("x", "y"), variables_of(batch$formula))) {
      second <- keops_grad(first, name, name = "xi")
      for (k in seq_along(batch$calls)) {
        inputs$eta <- in_block(eta, batch$blocks[[k]])
        expected <- five_point_gradient(function(value) {
          inputs[[name]] <- value
          sum(xi * first(inputs))
        }, inputs[[name]])
        actual <- second(c(unname(inputs), list(xi)))
        label <- paste(batch$calls[[k]], "in x and", name)
        expect_gradient(actual, expected, label)
      }
    }
  }
})

test_that("a gradient is the adjoint of the differential", {
  skip_on_cran()
  for (batch in batches(differentiable_examples())) {
    op <- double(batch$formula)
    eta <- exact_points(3, max(unlist(batch$blocks)), start = 40)
    direction <- exact_points(3, 3, start = 20)
    along <- five_point_gradient(function(t) {
      moved <- batch$data
      moved$x <- moved$x + t * direction
      sum(eta * op(moved))
    }, 0)
    backward <- keops_grad(op, "x")(c(unname(batch$data), list(eta)))
    expect_equal(sum(backward * direction), along, tolerance = 1e-8)
  }
})

# What leaves the range of float32 in between may be anything that is large.
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
  for (precision in c("float64", "float32")) {
    op <- keops_kernel(formula, args, precision = precision)
    result <- op(inputs$f, inputs$g)
    for (k in seq_along(calls)) {
      expect_special(result[, k], expected[, k], inputs, precision, calls[k])
    }
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
