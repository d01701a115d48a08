# Missing values: the rows of logic, and the formula in which nothing hides a
# NaN (explain(op, "missing")).

skip_on_cran()

args <- c("x = Vi(3)", "y = Vj(3)", "p = Pm(1)")

missing_form <- function(formula, args = row_args) {
  op <- keops_kernel(formula, args)
  unclass(explain(op, "missing"))
}

of_pair <- function(formula, x, y, precision = "float64") {
  op <- keops_kernel(
    sprintf("Sum_Reduction(%s, 0)", formula), c("x = Vi(1)", "y = Vi(1)"),
    precision = precision
  )
  c(op(x, y, ny = 1))
}

test_that("logic has three values, as in R", {
  values <- c(0, 1, NaN, -2, Inf)
  x <- rep(values, 5)
  y <- rep(values, each = 5)
  number <- function(logical) ifelse(is.na(logical), NaN, logical)
  local_rkeops_options(compile = "never")
  for (precision in c("float64", "float32")) {
    of <- function(formula) of_pair(formula, x, y, precision)
    truth <- function(x) ifelse(is.nan(x), NA, x != 0)
    expect_identical(of("And(x, y)"), number(truth(x) & truth(y)))
    expect_identical(of("Or(x, y)"), number(truth(x) | truth(y)))
    expect_identical(of("Not(x) + 0 * IsNaN(y)"), number(!truth(x)))
    expect_identical(of("IsNaN(x) + 0 * IsNaN(y)"), as.numeric(is.nan(x)))
    expect_identical(of("IfKnown(x, y)"), ifelse(is.nan(x), NaN, y))
  }
})

test_that("constants of logic are folded as they are computed", {
  for (call in c(
    "And(1, 0)", "And(0, 0 / 0)", "And(0 / 0, 1)", "Or(0, 2)", "Or(0 / 0, 1)",
    "Or(0, 0)", "Or(0, 0 / 0)", "Not(0)", "Not(3)", "IsNaN(0 / 0)",
    "IfKnown(1, 2)", "IfKnown(0 / 0, 2)"
  )) {
    f <- sprintf("Sum_Reduction(%s + 0 * x, 0)", call)
    # the numbers as a parameter, which is not folded
    unfolded <- gsub("([0-9]+)", "(\\1 + 0 * x)", call)
    value <- function(f) {
      op <- keops_kernel(f, "x = Vi(1)", precision = "float64")
      c(op(matrix(1), ny = 1))
    }
    expect_identical(
      value(f), value(sprintf("Sum_Reduction(%s, 0)", unfolded)), label = call
    )
  }
})

test_that("nothing hides a missing value in the formula for such data", {
  local_rkeops_options(compile = "never")
  cases <- list(
    list("x < y", function(x, y) x < y), list("x <= y", function(x, y) x <= y),
    list("x > y", function(x, y) x > y), list("x >= 1", function(x, y) x >= 1),
    list("x == y", function(x, y) x == y), list("x != y", function(x, y) x != y),
    list("And(x < 1, y < 1)", function(x, y) x < 1 & y < 1),
    list("Or(x < 1, y < 1)", function(x, y) x < 1 | y < 1),
    list("Not(x < y)", function(x, y) !(x < y)),
    list("IsNaN(x - y)", function(x, y) is.na(x - y)),
    list("IfElse((x < 1) - 0.5, y, 3)", function(x, y) ifelse(x < 1, y, 3)),
    list("IfElse(x, 1, y)", function(x, y) ifelse(x >= 0, 1, y)),
    list("Clamp(y, x, 4)", function(x, y) pmin(pmax(y, x), 4)),
    list("ReLU(x) + Step(y)", function(x, y) pmax(x, 0) + (y >= 0)),
    list("Maximum(x, y)", function(x, y) pmax(x, y)),
    list("Sign(x) * Abs(y)", function(x, y) sign(x) * abs(y)),
    list("Floor(x) + Round(y, 0)", function(x, y) floor(x) + round(y))
  )
  x <- c(0.5, 2, NaN, 0.5, NaN, 3, -1)
  y <- c(1, 1, 0, NaN, NaN, 3, 0)
  for (case in cases) {
    formula <- sprintf("Sum_Reduction(%s, 0)", case[[1]])
    args <- c("x = Vi(1)", "y = Vi(1)")
    form <- missing_form(formula, args)
    if (startsWith(form, "nothing")) form <- formula
    for (precision in c("float64", "float32")) {
      op <- keops_kernel(form, args, precision = precision)
      expected <- as.numeric(case[[2]](x, y))
      expected[is.na(expected)] <- NaN
      expect_identical(c(op(x, y, ny = 1)), expected, label = form)
    }
  }
})

# The rows that give a number of NaN although R does not: all of them have a
# form for missing values.
test_that("every row lets NaN through, in that formula", {
  local_rkeops_options(compile = "never")
  calls <- row_examples()
  calls <- calls[!names(calls) %in% c("IsNaN", "And", "Or", "Pow", "Powf")]
  for (name in names(calls)) {
    if (!"x" %in% variables_of(calls[[name]])) next
    used <- row_args[variables_of(calls[[name]])]
    formula <- as_sum(calls[[name]])
    form <- missing_form(formula, used)
    if (startsWith(form, "nothing")) form <- formula
    data <- row_data(domain_of(name))[names(used)]
    data$x[] <- NaN
    plain <- keops_kernel(form, used, precision = "float64")(unname(data))
    # numbers beside those of x, in vectors made of both
    beside <- keops_kernel(form, used, precision = "float64")
    data$x[] <- 0.5
    changes <- beside(unname(data))
    expect_true(
      any(is.nan(plain)) || name %in% c("ExtractT", "Zero"), label = form
    )
  }
})

# Its bits are no default NaN: in arithmetic with exponents they become numbers.
test_that("the NA of R is missing in every function of one argument", {
  calls <- sprintf("%s(x)", formula_language()$name)
  for (instructions in c("", "baseline")) {
    local_rkeops_options(compile = "never", instructions = instructions)
    for (precision in c("float64", "float32")) {
      missing_in <- function(call, value) {
        # a full register, and what is left over
        x <- rep(value, 19)
        op <- keops_kernel(
          sprintf("Sum_Reduction(%s, 0)", call), "x = Vi(1)",
          precision = precision
        )
        is.na(op(x, ny = 1))
      }
      for (call in calls) {
        of_nan <- tryCatch(missing_in(call, NaN), rkeops_error = function(e) NULL)
        if (is.null(of_nan)) next
        label <- paste(call, precision, instructions)
        expect_identical(missing_in(call, NA_real_), of_nan, label = label)
      }
      expect_true(all(missing_in("Exp(-x) * 2", NA_real_)))
    }
  }
})

test_that("conditions of all elements are those of R", {
  local_rkeops_options(compile = "never")
  x <- c(0, 1, NaN)
  y <- c(0, 0, 0)
  table <- function(x) {
    vapply(c("Any", "All", "Count"), function(name) {
      formula <- sprintf("%s_Reduction(y, 0)", name)
      op <- keops_kernel(
        missing_form(formula, "y = Vj(1)"), "y = Vj(1)", precision = "float64"
      )
      c(op(matrix(x), nx = 1))
    }, 1)
  }
  of <- function(...) unname(table(c(...)))
  expect_identical(of(0, 1, 0), c(1, 0, 1))
  expect_identical(of(0, NaN, 0), c(NaN, 0, NaN))
  expect_identical(of(1, NaN, 2), c(1, NaN, NaN))
  expect_identical(of(1, 2), c(1, 1, 2))
  expect_identical(of(0, 1, NaN), c(1, 0, NaN))
})

test_that("formulas without comparisons stay as they are", {
  expect_identical(
    missing_form("Sum_Reduction(Exp(-SqDist(x, y)), 0)"),
    "nothing hides a missing value"
  )
  # which element a reduction found is no comparison of data
  expect_no_match(
    paste(missing_form("Grad(KMin_Reduction(SqDist(x, y), 2, 0), x, b)", c(
      "x = Vi(3)", "y = Vj(3)", "b = Vi(2)"
    )), collapse = ""), "IfKnown\\(Extract"
  )
  expect_identical(
    missing_form("Sum_Reduction(x < 1, 0)", args),
    "Sum_Reduction(IfKnown(x, x < 1), 0)"
  )
})

test_that("logic of lazy tensors knows NA", {
  local_rkeops_options(compile = "never", precision = "float64")
  x <- c(0, 1, NA)
  x_i <- Vi(x)
  y_j <- Vj(x)
  entries <- function(f) {
    value <- unname(as.matrix(f))
    value[is.nan(value)] <- NA
    value == 1
  }
  truth <- x != 0
  expect_identical(entries(x_i & y_j), outer(truth, truth, `&`))
  expect_identical(
    entries((x_i != 0) & (y_j != 0) | is.na(y_j)),
    outer(truth, truth, `&`) | outer(truth, is.na(truth), function(a, b) b)
  )
  expect_identical(entries(!x_i & is.finite(y_j)), outer(!truth, is.finite(x), `&`))
  expect_identical(entries(is.na(x_i) | is.na(y_j)), outer(is.na(x), is.na(x), `|`))
})

test_that("numbers and tensors agree", {
  local_rkeops_options(compile = "never")
  x <- c(-Inf, -2.5, -0.5, 0, 0.5, 1.5, 2.5, 3, Inf, NaN, NA)
  for (precision in c("float64", "float32")) {
    local_rkeops_options(precision = precision)
    tolerance <- c(float64 = 1e-15, float32 = 1e-6)[[precision]]
    same <- function(f) {
      expect_equal(c(as.matrix(f(Vi(x)))), f(x), tolerance = tolerance)
    }
    same(relu)
    same(step)
    same(round)
    same(function(x) round(x, 1))
    same(function(x) round(x / 10, -1))
    same(function(x) rsqrt(abs(x)))
  }
  expect_identical(rsqrt(c(0, 4)), c(0, 0.5))
  expect_identical(step(c(3, 0, -1)), c(1, 1, 0))
})

test_that("halves are rounded to the even digit, as R does", {
  local_rkeops_options(compile = "never", precision = "float64")
  x <- c(0.15, 0.25, 0.35, 2.675, 1.005, -0.15, 12345.5, 1e15 + 0.5, 2^52 + 1, 1e300)
  for (digits in c(-3:3, 10)) {
    expect_identical(c(as.matrix(round(Vi(x), digits))), round(x, digits))
  }
})

test_that("calls take the form for missing values where data have some", {
  set.seed(1)
  for (precision in c("float32", "float64")) {
    for (size in c(3L, 65L, 331L)) {
      x <- round(rnorm(size), 1)
      y <- round(rnorm(size + 2L), 1)
      for (missing in c(NA, NaN)) {
        for (place in list(1L, size, integer())) {
          x[place] <- missing
          x_i <- Vi(x, precision = precision)
          y_j <- Vj(y, precision = precision)
          less <- outer(x, y, "<")
          expect_identical(rowSums(x_i < y_j), rowSums(less) + 0)
          expect_identical(colSums(x_i < y_j), colSums(less) + 0)
          expect_identical(
            rowSums(ifelse(x_i < y_j, 1, 0)), rowSums(ifelse(less, 1, 0))
          )
          expect_identical(is.na(rowSums(x_i < y_j, na.rm = TRUE)), rep(FALSE, size))
          expect_identical(colSums(is.na(x_i) & y_j == y_j),
                           rep(sum(is.na(x)), size + 2) + 0)
        }
      }
    }
  }
})

test_that("calls on a GPU do so too", {
  local_large_gpu()
  x <- c(1, NA, 3, rep(2, 300))
  expect_identical(rowSums(Vi(x) < Vj(c(2, 4))), rowSums(outer(x, c(2, 4), "<")) + 0)
  op <- keops_kernel("Sum_Reduction(x < y, 0)", c("x = Vi(1)", "y = Vj(1)"))
  value <- as.matrix(op(to_gpu(cbind(x)), to_gpu(cbind(c(2, 4)))))
  expect_identical(is.na(c(value)), is.na(x))
})
