# Random formulas: values and gradients against plain R, and printing. The
# environment variable RKEOPS_FUZZ sets how many, RKEOPS_FUZZ_SEED where the
# random numbers begin.

skip_on_cran()

wanted <- as.integer(Sys.getenv("RKEOPS_FUZZ", "60"))
seed <- as.integer(Sys.getenv("RKEOPS_FUZZ_SEED", "1"))
batch_size <- 10
gradients_a_batch <- if (wanted > 60) 12 else 4

table <- example_table()
all_variables <- head(names(random_args), 12)

# list(parts =, formula =, blocks =, data =): the parts share one program.
random_batch <- function(number) {
  withr::local_seed(seed * 1000 + number)
  dimensions <- sample.int(4, batch_size, replace = TRUE)
  parts <- vapply(dimensions, random_formula, "", table = table, depth = 3)
  ends <- cumsum(dimensions)
  reduction <- pick(c("Sum", "Sum", "Mean"))
  axis <- pick(0:1)
  wrap <- function(part) sprintf("%s_Reduction(%s, %d)", reduction, part, axis)
  list(
    parts = wrap(parts), formula = wrap(concatenated(parts)),
    blocks = Map(function(end, d) seq(end - d + 1, end), ends, dimensions),
    data = random_data(), eta_seed = number
  )
}

reference <- function(formula, data, noise = 0, ...) {
  oracle(formula, random_args, data, noise = noise, ...)
}

is_bad <- function(x) !is.finite(x)

# How far results of double precision may be from each other: from what random
# errors of 1e-10 do. Where everything cancels exactly, as in Cross(f, f), fused
# multiplications leave a rounding error. NA where not all of them are finite.
uncertainty <- function(formula, data, expected) {
  if (any(is_bad(expected))) {
    return(NA)
  }
  withr::local_seed(1)
  errors <- replicate(3, {
    max(abs(reference(formula, data, 1e-10) - expected), na.rm = TRUE)
  })
  size <- 1e-13 * max(abs(expected), na.rm = TRUE) + 1e-3 * max(errors)
  if (size == 0) 1e-14 else size + 1e-300
}

agree <- function(actual, expected, limit) {
  if (any(is_bad(expected))) {
    return(identical(is_bad(actual), is_bad(expected)))
  }
  isTRUE(max(abs(actual - expected)) < limit)
}

# Does plain R disagree with itself where operations round otherwise? So it is
# where a comparison, or a place, or a quotient hangs on a number that is only
# rounding errors: nothing can be said of these.
hangs_on_rounding <- function(formula, data, expected, limit) {
  withr::local_seed(1)
  !all(replicate(20, agree(
    reference(formula, data, 1e-15, noise_inside = 1e-15), expected, limit
  )))
}

# Is a part of the formula infinite or NaN, and does the value depend on that? As
# in Exp(-x / Exp(Exp(10 * y))) the derivative is then 0 times Inf somewhere on the
# way. What the value does not depend on must not disturb the derivative.
depends_on_infinity <- function(formula, data) {
  met <- FALSE
  finite <- reference(formula, data, change = function(value) {
    met <<- met || any(is_bad(value))
    replace(value, is_bad(value), 0.3)
  })
  met && !identical(finite, reference(formula, data))
}

unsimplified <- function(formula, args = random_args) {
  new_operator(
    formula, args, "output", "float64", "auto", rlang::current_env(),
    simplified = FALSE
  )
}

test_that("what hangs on rounding is told from what does not", {
  withr::local_seed(7)
  data <- random_data()
  hangs <- function(formula) {
    expected <- reference(formula, data)
    limit <- uncertainty(formula, data, expected)
    hangs_on_rounding(formula, data, expected, limit)
  }
  for (formula in c(
    "Sum_Reduction(Cross(p3, p3) == Zero(3), 0)",
    "Sum_Reduction(ComplexImag(ComplexDivide(j4, j4)) != Zero(2), 0)",
    "Sum_Reduction(ArgMax(MatVecMult(A, Cross(j3, j3))), 0)",
    "Sum_Reduction(i1 / Elem(Cross(p3, p3), 0), 0)",
    "Sum_Reduction(i3 * j3 < j3 * i3, 0)"
  )) {
    expect_true(hangs(formula), label = formula)
  }
  for (formula in c(
    "Sum_Reduction(Exp(i3 * j3), 0)", "Sum_Reduction(i3 < j3, 0)",
    "Sum_Reduction(Cross(i3, j3) < Zero(3), 0)", "Sum_Reduction(i3 == i3, 0)",
    "Sum_Reduction(j1 / (i1 - i1), 0)", "Sum_Reduction(Floor(i3 / j3), 0)",
    "Sum_Reduction(ArgMax(ComplexMult(i4, j4)), 0)",
    "Sum_Reduction(ComplexDivide(i4, j4), 0)"
  )) {
    expect_false(hangs(formula), label = formula)
  }
})

# A random formula times or over factors that vary with one index alone.
random_product <- function() {
  dimension <- sample.int(3, 1)
  factor <- random_formula(table, pick(c(1, dimension)), depth = 1)
  alone <- pick(c("i", "j", "p"))
  factor <- gsub("\\b[ijp]([1-4])\\b", paste0(alone, "\\1"), factor)
  words <- c(factor, random_formula(table, dimension, depth = 2))
  words <- sprintf("%s(%s)", pick(c("", "-", "2 * ")), words)
  list(
    part = sprintf(
      "%s_Reduction(%s, %d)", pick(c("Sum", "Sum", "Mean")),
      paste(sample(words), collapse = pick(c(" * ", " * ", " / "))), pick(0:1)
    ),
    dimension = dimension
  )
}

# Formulas of one index, as one: their reductions are kernels of their own.
random_products <- function(number, size = 4) {
  withr::local_seed(seed * 1000 + number)
  products <- replicate(size, random_product(), simplify = FALSE)
  axis <- pick(0:1)
  parts <- vapply(products, function(product) {
    sub("\\d\\)$", paste0(axis, ")"), product$part)
  }, "")
  ends <- cumsum(vapply(products, `[[`, 1L, "dimension"))
  starts <- c(0L, ends[-size]) + 1L
  list(
    parts = parts, formula = concatenated(parts), data = random_data(),
    blocks = Map(seq, starts, ends)
  )
}

test_that("values are those of R, simplified or not", {
  for (number in seq_len(ceiling(wanted / batch_size))) {
    for (batch in list(random_batch(number), random_products(number))) {
      op <- keops_kernel(batch$formula, random_args, precision = "float64")
      result <- op(batch$data)
      plain <- unsimplified(batch$formula)(batch$data)
      for (k in seq_along(batch$parts)) {
        part <- batch$parts[k]
        actual <- result[, batch$blocks[[k]], drop = FALSE]
        other <- plain[, batch$blocks[[k]], drop = FALSE]
        expected <- reference(part, batch$data)
        # where an exact 0 meets a rounding error nothing can be said
        noisy <- is_bad(reference(part, batch$data, 1e-10))
        if (!identical(noisy, is_bad(expected))) next
        limit <- uncertainty(part, batch$data, expected)
        agreed <- agree(actual, expected, limit) &&
          agree(other, expected, limit)
        if (!agreed && hangs_on_rounding(part, batch$data, expected, limit)) {
          next
        }
        expect_identical(is_bad(actual), is_bad(expected), label = part)
        expect_identical(is_bad(other), is_bad(expected), label = part)
        if (any(is_bad(expected))) next
        expect_lt(max(abs(actual - expected)) / limit, 1, label = part)
        expect_lt(max(abs(other - expected)) / limit, 1, label = part)
      }
    }
  }
})

# The derivative of sum(eta * result) along a direction, with two steps: where
# they disagree a kink is near, and nothing can be said.
directional <- function(part, batch, name, direction, eta,
                        steps = c(2^-10, 2^-11)) {
  vapply(steps, function(step) {
    five_point_gradient(function(t) {
      moved <- batch$data
      moved[[name]] <- moved[[name]] + t * direction
      sum(eta * reference(part, moved))
    }, 0, step)
  }, 1)
}

# NA where nothing can be said.
gradient_error <- function(part, batch, name, gradient, direction, eta) {
  expected <- directional(part, batch, name, direction, eta)
  if (all(is.finite(expected)) && !all(is.finite(gradient))) {
    # perhaps it is another part that has no finite derivative
    alone <- keops_kernel(part, random_args, precision = "float64")
    gradient <- keops_grad(alone, name)(c(unname(batch$data), list(eta)))
    if (!all(is.finite(gradient)) && depends_on_infinity(part, batch$data)) {
      return(NA)
    }
  }
  disagreement <- abs(diff(expected))
  # steeper than this the values oscillate between the points of a difference
  change <- 2^-10 * abs(sum(gradient * direction))
  if (isTRUE(change > sum(abs(eta * reference(part, batch$data))) + 1e-3)) {
    return(NA)
  }
  size <- sum(abs(gradient * direction), na.rm = TRUE)
  size <- size + abs(expected[2]) + 1e-3
  size <- size + 1e-4 * sum(abs(eta * reference(part, batch$data)))
  if (!is.finite(disagreement) || disagreement > 1e-6 * size) {
    return(NA)
  }
  error <- abs(sum(gradient * direction) - expected[2]) / size
  if (is.nan(error)) {
    return(Inf)
  }
  if (error < 2e-6) {
    return(error)
  }
  # many small stairs, as of Round(100 * x, 2), look like a slope from afar
  near <- directional(part, batch, name, direction, eta, 2^-17)
  if (isTRUE(abs(near - expected[2]) < 1e-3 * size)) error else NA
}

test_that("stairs are told from slopes", {
  batch <- list(data = random_data(2, 4))
  batch$data$i1[] <- c(0.3, 0.7)
  error_of <- function(formula, gradient) {
    eta <- reference(formula, batch$data)
    gradient_error(
      formula, batch, "i1", matrix(gradient, 2), matrix(1, 2), replace(eta, , 1)
    )
  }
  stairs <- sprintf("Sum_Reduction(Round(%d * i1, 0), 1)", 2^11)
  expect_identical(error_of(stairs, 0), NA)
  expect_lt(error_of("Sum_Reduction(3 * i1, 1)", 12), 1e-9)
  expect_gt(error_of("Sum_Reduction(3 * i1, 1)", 0), 0.9)
})

test_that("gradients agree with finite differences along directions", {
  said <- 0
  unsaid <- 0
  for (number in seq_len(ceiling(wanted / batch_size))) {
    batch <- random_batch(number)
    withr::local_seed(number)
    op <- keops_kernel(batch$formula, random_args, precision = "float64")
    result <- op(batch$data)
    eta <- result
    eta[] <- stats::runif(length(eta), -1, 1)
    used <- intersect(all_variables, all.vars(parse_formula(batch$formula)))
    for (name in utils::head(sample(used), gradients_a_batch)) {
      gradient <- keops_grad(op, name)
      for (k in seq_along(batch$parts)) {
        part <- batch$parts[k]
        block <- batch$blocks[[k]]
        if (!name %in% all.vars(parse_formula(part))) next
        eta_here <- eta
        eta_here[, -block] <- 0
        actual <- gradient(c(unname(batch$data), list(eta_here)))
        direction <- matrix(stats::runif(length(actual), -1, 1), nrow(actual))
        error <- gradient_error(
          part, batch, name, actual, direction, eta[, block, drop = FALSE]
        )
        said <- said + !is.na(error)
        unsaid <- unsaid + is.na(error)
        if (is.na(error)) next
        expect_lt(error, 2e-6, label = paste("gradient in", name, "of", part))
      }
    }
  }
  expect_gt(said, 4 * unsaid)
})

# NULL where the formula has no variable, or a value that is not finite.
random_derivative <- function(number) {
  withr::local_seed(seed * 100000 + number)
  formula <- sprintf(
    "%s_Reduction(%s, %d)", pick(c("Sum", "Mean", "Max", "Min")),
    random_formula(table, sample.int(4, 1), depth = sample(2:3, 1)), pick(0:1)
  )
  used <- intersect(all_variables, all.vars(parse_formula(formula)))
  data <- random_data()
  op <- keops_kernel(formula, random_args, precision = "float64")
  eta <- op(data)
  if (!length(used) || any(is_bad(eta))) {
    return(NULL)
  }
  name <- pick(used)
  random_like <- function(x) replace(x, TRUE, stats::runif(length(x), -1, 1))
  list(
    op = op, name = name, data = unname(data), eta = random_like(eta),
    direction = random_like(data[[name]]),
    diff = sprintf("Diff(%s, %s, u)", formula, name),
    args = c(random_args, sub("^[^=]*", "u ", random_args[[name]]))
  )
}

test_that("forward mode is reverse mode, simplified or not", {
  local_rkeops_options(compile = "never")
  for (case in lapply(seq_len(wanted), random_derivative)) {
    if (is.null(case)) next
    inputs <- c(case$data, list(case$direction))
    forward <- list(
      keops_kernel(case$diff, case$args, precision = "float64"),
      unsimplified(case$diff, case$args)
    )
    gradient <- keops_grad(case$op, case$name)(c(case$data, list(case$eta)))
    backward <- gradient * case$direction
    for (op in forward) {
      along <- op(inputs) * case$eta
      if (any(is_bad(c(sum(along), sum(backward))))) next
      size <- sum(abs(along)) + sum(abs(backward)) + 1e-6
      error <- abs(sum(along) - sum(backward)) / size
      expect_lt(error, 1e-8, label = paste("error of", case$diff))
    }
  }
})

test_that("what is printed means the same, and is printed the same again", {
  printed_parts <- 0
  for (number in seq_len(ceiling(wanted / batch_size))) {
    batch <- random_batch(number)
    for (part in batch$parts) {
      op <- keops_kernel(part, random_args)
      printed <- printed_formula(op)
      if (is.na(printed)) next
      printed_parts <- printed_parts + 1
      again <- keops_kernel(printed, random_args)
      expect_identical(printed_formula(again), printed, label = part)
      expect_identical(
        unclass(explain(again, "plan")), unclass(explain(op, "plan")),
        label = part
      )
      expected <- reference(part, batch$data)
      actual <- reference(printed, batch$data)
      if (any(is_bad(expected))) next
      error <- max(abs(actual - expected)) /
        uncertainty(part, batch$data, expected)
      expect_lt(error, 1, label = paste(printed, "is not", part))
    }
  }
  expect_gt(printed_parts, wanted / 4)
})

# The faults that random formulas found, once each.
test_that("formulas that failed once do so no more", {
  data <- {
    withr::local_seed(4)
    random_data()
  }
  expect_value <- function(formula) {
    op <- keops_kernel(formula, random_args, precision = "float64")
    expect_equal(op(data), reference(formula, data), tolerance = 1e-12)
  }
  # GCC 12 crashed
  expect_value(concatenated(c(
    paste0(
      "Sum_Reduction(SumT(0.75 * SqNormIso(p1, j3), 2) * ",
      "SumT(Gauss(p3, p3, 0.5 + Square(j1)), 2), 0)"
    ),
    paste0(
      "Mean_Reduction(-Elem(Atan(Sum_Reduction(i3, 0)), 2) * ",
      "-Elem(Erfc(j3), 1), 0)"
    ),
    paste0(
      "Sum_Reduction(Extract(ComplexAdd(p4, p4), 2, 2) * ",
      "ComplexAbs(ExtractT(ComplexAbs(i4), 0, 4)), 0)"
    ),
    paste0(
      "Mean_Reduction(Elem(Sqrt(0.5 + Square(Step(i3))), 0) / ",
      "Elem(Tan(Sin(j3)), 2), 0)"
    )
  )))
  # the derivative of an angle at the origin was NaN
  gradient <- keops_grad(keops_kernel(
    "Sum_Reduction(ComplexAngle(BSpline(knots, 5 + Square(i1), 2)), 0)",
    random_args, precision = "float64"
  ), "i1")
  expect_identical(
    gradient(c(unname(data), list(matrix(1, 3, 2)))), matrix(0, 3, 1)
  )
})
