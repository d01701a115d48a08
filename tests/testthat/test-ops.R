# Every row of the table of operations: values, broadcasting, derivatives,
# special values and errors, against plain R. A new row is tested by itself once
# helper-formula.R says what it means.

rows <- r_language("operations")
rows$arguments <- strsplit(rows$arguments, ", ", fixed = TRUE)

# x, y, a, b have both signs; u, v, c, d are positive.
args <- c(
  "x = Vi(3)", "y = Vj(3)", "a = Vi(1)", "b = Vj(1)",
  "u = Vi(3)", "v = Vj(3)", "c = Vi(1)", "d = Vj(1)"
)
data <- list(
  x = exact_points(3, 3), y = exact_points(4, 3, start = 50),
  a = exact_points(3, 1, start = 5), b = exact_points(4, 1, start = 70),
  u = exact_points(3, 3, 0.25, 2), v = exact_points(4, 3, 0.5, 2, 30),
  c = exact_points(3, 1, 0.25, 2, 80), d = exact_points(4, 1, 0.5, 2, 90)
)

needs_positive <- c(
  "Divide", "Powf", "Power", "Sqrt", "Rsqrt", "Inv", "Log", "Log1p", "Log2",
  "Log10"
)
needs_scalar <- c("SumT", "ElemT")

integers <- function(name) {
  chosen <- list(
    Pow = c(m = 3), ElemT = c(length = 4, m = 2),
    ExtractT = c(start = 1, length = 5)
  )[[name]]
  common <- c(n = 3, p = -2, q = 7, D = 4, m = 1, start = 1, length = 2)
  c(chosen, common[setdiff(names(common), names(chosen))])
}

# "Add(x, y)": a call of a row; `scalar` names the formula arguments that are
# to be of dimension 1.
example_call <- function(name, scalar = character()) {
  vectors <- if (name %in% needs_positive) c("u", "v") else c("x", "y")
  scalars <- if (name %in% needs_positive) c("c", "d") else c("a", "b")
  if (name %in% needs_scalar) scalar <- "f"
  words <- vapply(rows$arguments[[match(name, rows$name)]], function(word) {
    place <- match(word, c("f", "g"))
    if (is.na(place)) {
      return(format(integers(name)[[word]]))
    }
    if (word %in% scalar) scalars[place] else vectors[place]
  }, "")
  sprintf("%s(%s)", name, paste(words, collapse = ", "))
}

as_sum <- function(calls) {
  sprintf("Sum_Reduction(%s, 0)", calls)
}

double <- function(formula, args) {
  keops_kernel(formula, args, precision = "float64")
}

# Several calls share one program: list(formula =, calls =, blocks =), the last
# the components of each call in the result.
batches <- function(calls, size = 8) {
  lapply(split(calls, (seq_along(calls) - 1) %/% size), function(calls) {
    ends <- cumsum(vapply(calls, function(call) {
      ncol(oracle(as_sum(call), args, data))
    }, 1L))
    starts <- c(0, ends[-length(ends)])
    list(
      formula = as_sum(concatenated(calls)), calls = calls,
      blocks = Map(function(start, end) seq(start + 1, end), starts, ends)
    )
  })
}

expect_value <- function(actual, call, precision) {
  expected <- oracle(as_sum(call), args, data)
  scale <- max(oracle(as_sum(sprintf("Abs(%s)", call)), args, data), 1e-3)
  error <- max(abs(actual - expected)) / scale
  expect_lt(
    error, c(float32 = 2e-6, float64 = 1e-14)[[precision]],
    label = paste("error of", call, "in", precision)
  )
}

all_calls <- function() {
  elementwise <- c("Add", "Subtract", "Mult", "Divide", "Powf", "Power",
                   "Scalprod", "SqDist")
  c(
    vapply(rows$name, example_call, ""),
    vapply(elementwise, example_call, "", scalar = "f"),
    vapply(elementwise, example_call, "", scalar = "g"),
    vapply(elementwise, example_call, "", scalar = c("f", "g"))
  )
}

test_that("every row has a meaning in R, with the same arguments", {
  expect_setequal(names(formula_operations), rows$name)
  for (k in seq_len(nrow(rows))) {
    definition <- formula_operations[[rows$name[k]]]
    expect_identical(names(formals(definition)), rows$arguments[[k]])
    expect_match(rows$definition[k], ".")
    expect_match(rows$derivative[k], ".")
  }
})

test_that("values are those of R, also where arguments are repeated", {
  skip_on_cran()
  for (batch in batches(all_calls(), 16)) {
    for (precision in c("float64", "float32")) {
      op <- keops_kernel(batch$formula, args, precision = precision)
      result <- op(data)
      for (k in seq_along(batch$calls)) {
        actual <- result[, batch$blocks[[k]], drop = FALSE]
        expect_value(actual, batch$calls[[k]], precision)
      }
    }
  }
})

test_that("infix operators are the rows of those names", {
  same <- function(f, g) {
    graphs <- lapply(c(f, g), function(formula) {
      unclass(explain(double(as_sum(formula), args), "graph"))
    })
    expect_identical(graphs[[1]], graphs[[2]])
  }
  same("x + y", "Add(x, y)")
  same("x - y", "Subtract(x, y)")
  same("x * y", "Mult(x, y)")
  same("x / y", "Divide(x, y)")
  same("x ^ y", "Power(x, y)")
  same("x ** y", "Power(x, y)")
  same("(x | y)", "Scalprod(x, y)")
  same("-x", "Minus(x)")
  same("+x", "x")
})

# eta is zero outside the components of one call, so that one program serves
# all of them.
in_block <- function(eta, block) {
  eta[, -block] <- 0
  eta
}

variables_of <- function(calls) {
  names <- vapply(args, function(arg) read_declaration(arg)$name, "")
  names[names %in% unlist(lapply(calls, function(call) {
    all.vars(parse(text = call)[[1]])
  }))]
}

expect_gradient <- function(actual, expected, label) {
  error <- max(abs(actual - expected)) / max(abs(expected), 1)
  expect_lt(error, 1e-8, label = paste("error of the gradient of", label))
}

test_that("derivatives agree with finite differences of the meaning in R", {
  skip_on_cran()
  for (batch in batches(all_calls(), 16)) {
    op <- double(batch$formula, args)
    eta <- exact_points(3, max(unlist(batch$blocks)), start = 40)
    for (name in variables_of(batch$calls)) {
      gradient <- keops_grad(op, name)
      for (k in seq_along(batch$calls)) {
        block <- batch$blocks[[k]]
        expected <- oracle_gradient(
          as_sum(batch$calls[[k]]), args, data, name,
          eta[, block, drop = FALSE]
        )
        actual <- gradient(c(unname(data), list(in_block(eta, block))))
        expect_gradient(actual, expected, paste(batch$calls[[k]], "in", name))
      }
    }
  }
})

test_that("second derivatives agree with finite differences of the first", {
  skip_on_cran()
  calls <- vapply(rows$name, example_call, "")
  for (batch in batches(calls, 16)) {
    op <- double(batch$formula, args)
    inputs <- c(unname(data), list(
      exact_points(3, max(unlist(batch$blocks)), start = 40)
    ))
    names(inputs)[seq_along(data)] <- names(data)
    pairs <- rbind(c("x", "x"), c("x", "y"), c("u", "u"), c("u", "v"))
    for (pair in seq_len(nrow(pairs))) {
      first <- keops_grad(op, pairs[pair, 1])
      second <- keops_grad(first, pairs[pair, 2])
      xi <- exact_points(3, 3, start = 60)
      expected <- five_point_gradient(function(value) {
        inputs[[pairs[pair, 2]]] <- value
        sum(xi * first(unname(inputs)))
      }, inputs[[pairs[pair, 2]]])
      actual <- second(c(unname(inputs), list(xi)))
      expect_gradient(actual, expected, paste(batch$formula, pairs[pair, 1],
                                              pairs[pair, 2]))
    }
  }
})

test_that("a gradient is the adjoint of the differential", {
  skip_on_cran()
  calls <- vapply(rows$name, example_call, "")
  for (batch in batches(calls, 16)) {
    op <- double(batch$formula, args)
    eta <- exact_points(3, max(unlist(batch$blocks)), start = 40)
    for (name in intersect(variables_of(batch$calls), c("x", "u"))) {
      direction <- exact_points(3, 3, start = 20)
      along <- five_point_gradient(function(t) {
        moved <- data
        moved[[name]] <- moved[[name]] + t * direction
        sum(eta * op(moved))
      }, 0)
      backward <- keops_grad(op, name)(c(unname(data), list(eta)))
      expect_equal(sum(backward * direction), along, tolerance = 1e-8)
    }
  }
})

test_that("special values are those of R", {
  skip_on_cran()
  special <- c(0, 1, -1, 0.5, -2, 3, Inf, -Inf, NaN, 2^-40, -2^-40, 2^60, -2^60)
  pairs <- expand.grid(f = special, g = special)
  elementwise <- rows$name[vapply(rows$name, function(name) {
    words <- rows$arguments[[match(name, rows$name)]]
    all(words %in% c("f", "g", "m")) && !name %in% c("Concat", "Elem")
  }, NA)]
  formulas <- gsub("[xu]", "f", gsub("[yv]", "g", vapply(
    elementwise, function(name) {
      words <- rows$arguments[[match(name, rows$name)]]
      sprintf("%s(%s)", name, paste(sub("m", "3", words), collapse = ", "))
    }, ""
  )))
  formula <- as_sum(concatenated(formulas))
  for (precision in c("float64", "float32")) {
    op <- keops_kernel(formula, c("f = Vi(1)", "g = Vi(1)"),
      precision = precision
    )
    result <- op(pairs$f, pairs$g)
    expected <- oracle(formula, c("f = Vi(1)", "g = Vi(1)"), pairs)
    limit <- c(float32 = 3.4e38, float64 = Inf)[[precision]]
    for (k in seq_along(formulas)) {
      expect_special(result[, k], expected[, k], limit,
        paste(formulas[k], precision), pairs)
    }
  }
})

# What leaves the range of float32 in between may be anything that is large.
expect_special <- function(actual, expected, limit, label, pairs) {
  tolerance <- if (is.finite(limit)) 4e-6 else 1e-14
  smallest <- if (is.finite(limit)) 1e-37 else 0
  large <- is.finite(expected) & abs(expected) > sqrt(limit)
  same <- ifelse(
    is.nan(expected), is.nan(actual),
    actual == expected |
      abs(actual - expected) <= tolerance * abs(expected) + smallest
  )
  wrong <- which(!(same %in% TRUE) & !large)
  shown <- sprintf(
    "f = %g, g = %g: %g, not %g", pairs$f[wrong], pairs$g[wrong],
    actual[wrong], expected[wrong]
  )
  expect_identical(shown, character(), label = label)
}

test_that("powers with numbers as exponents are exact, and 0 for Rsqrt at 0", {
  exponents <- c("0", "1", "2", "3", "7", "64", "0.5", "-0.5", "-1", "-2", "-3",
                 "0.3", "(1/2)", "65")
  formula <- as_sum(concatenated(paste0("x^", exponents)))
  x <- c(0, 1, -1, 2, -2, 0.75, -1.5, Inf, NaN)
  result <- double(formula, "x = Vi(1)")(x)
  expected <- oracle(formula, "x = Vi(1)", list(x = x))
  expected[x %in% 0, exponents == "-0.5"] <- 0
  expect_equal(result, expected, tolerance = 1e-14)
})

test_that("wrong numbers of arguments are errors of the formula", {
  refused <- function(call) {
    expect_rkeops_error(double(as_sum(call), args), "formula")
  }
  for (k in seq_len(nrow(rows))) {
    words <- ifelse(rows$arguments[[k]] %in% c("f", "g"), "a", "1")
    call <- function(words) {
      sprintf("%s(%s)", rows$name[k], paste(words, collapse = ", "))
    }
    refused(call(c(words, "1")))
    refused(call(words[-1]))
  }
})

test_that("wrong dimensions and integers are errors of the formula", {
  wrong <- c(
    sprintf(
      "%s(Extract(x, 0, 2), y)",
      c("Add", "Subtract", "Mult", "Divide", "Powf", "Power", "Scalprod",
        "SqDist")
    ),
    "SumT(x, 3)", "SumT(a, 0)", "SumT(a, -1)", "SumT(a, 1.5)", "SumT(a, b)",
    "Extract(x, 2, 2)", "Extract(x, -1, 2)", "Extract(x, 0, 0)",
    "ExtractT(x, 1, 3)", "ExtractT(x, -1, 5)", "Elem(x, 3)", "Elem(x, -1)",
    "ElemT(x, 4, 1)", "ElemT(a, 4, 4)", "ElemT(a, 4, -1)", "Zero(0)",
    "IntInv(0)", "RatCst(1, 0)", "Pow(x, 0.5)", "Pow(x, a)", "IntCst(x)"
  )
  for (call in wrong) {
    expect_rkeops_error(double(as_sum(call), args), "formula")
  }
})
