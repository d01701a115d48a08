# The interpreter against compiled programs: all operations and reductions, all
# instruction sets of this machine, awkward sizes, both precisions.

precisions <- c("float64", "float32")

interpreted <- function(formula, args, precision = "float64") {
  running(keops_kernel(formula, args, precision = precision), "never")
}

test_that("the generated list of loops is what the tables say", {
  file <- file.path(source_root(), "src/interpret/generated_operations.h")
  text <- paste0(paste(readLines(file), collapse = "\n"), "\n")
  expect_identical(
    text, r_generated_operations(),
    info = "Run tools/generate-operations.R and install the package again."
  )
})

awkward_sizes <- list(c(3, 4), c(67, 300), c(1, 1), c(130, 17))

test_that("every operation gives what the compiled one gives", {
  skip_on_cran()
  for (batch in row_batches(row_examples())) {
    all_calls <- concatenated(batch$calls)
    for (precision in precisions) {
      for (size in awkward_sizes) {
        data <- row_data(domain_of(names(batch$calls)[1]), size[1], size[2])
        sizes <- interpreted(
          as_sum(sprintf("Abs(%s)", all_calls)), row_args, precision
        )(data)
        expect_engines_agree(
          batch$formula, row_args, data, precision, scale = sizes + 1,
          label = toString(batch$calls)
        )
      }
    }
  }
})

test_that("gradients of every operation are those of the compiled one", {
  skip_on_cran()
  for (batch in row_batches(differentiable_examples())) {
    op <- keops_kernel(batch$formula, row_args, precision = "float64")
    data <- row_data(domain_of(names(batch$calls)[1]), 5, 70)
    eta <- op(data)
    eta[] <- exact_points(nrow(eta), ncol(eta), start = 33)
    used <- intersect(c("x", "y", "p"), variables_of(batch$formula))
    for (name in used) {
      gradient <- keops_grad(op, name)
      inputs <- c(unname(data), list(eta))
      expected <- running(gradient, "always")(inputs)
      actual <- running(gradient, "never")(inputs)
      expect_same_result(
        actual, expected, 10 * max(1, abs(expected)), "float64",
        paste("gradient of", batch$formula)
      )
    }
  }
})

# ---- integers that are template arguments of compiled programs ----

test_that("all orders and exponents are right", {
  x <- c(0.25, 0.75, 1.5, 3, 7.5, 20, 45)
  value <- function(call) {
    interpreted(sprintf("Sum_Reduction(%s, 0)", call), "x = Vi(1)")(list(x))
  }
  for (n in 0:40) {
    expect_equal(
      c(value(sprintf("SphericalBessel(x, %d)", n))), spherical_bessel(x, n),
      tolerance = 1e-9
    )
  }
  for (n in 0:20) {
    expect_equal(
      c(value(sprintf("Polygamma(x, %d)", n))), psigamma(x, n),
      tolerance = 1e-9
    )
  }
  for (n in c(-70:70, -1000, 1023)) {
    expect_equal(
      c(value(sprintf("Pow(x, %d)", n))), x^n, tolerance = 1e-12
    )
  }
  for (d in -3:4) {
    expect_equal(
      c(value(sprintf("Round(x, %d)", d))), round(x, d),
      tolerance = 1e-14
    )
  }
})

test_that("powers are those of the compiled program, bit for bit", {
  skip_on_cran()
  powers <- concatenated(sprintf("Pow(x, %d)", c(-17:-1, 2:33, 100)))
  op <- keops_kernel(
    sprintf("Sum_Reduction(%s, 0)", powers), "x = Vi(1)", precision = "float32"
  )
  x <- points(100, 1) + 0.5
  expected <- running(op, "always")(list(x))
  expect_identical(running(op, "never")(list(x)), expected)
})

# ---- reductions ----

reduction_rows <- r_language("reductions")
reduction_arguments <- strsplit(reduction_rows$arguments, ", ", fixed = TRUE)
names(reduction_arguments) <- reduction_rows$name

# The dimensions of the argument, of the weight, and K to try.
reduction_shapes <- function(name) {
  arguments <- reduction_arguments[[name]]
  scalar <- grepl("Exp|SoftMax", name)
  expand.grid(
    f = if (scalar) 1 else c(1, 6),
    weight = if ("weight" %in% arguments) c(1, 7, 9, 25) else 1,
    K = if ("K" %in% arguments) c(1, 7, 300) else 1
  )
}

reduction_call <- function(name, shape, axis) {
  f <- if (shape$f == 1) "(p * Sum(x * y))" else "(p * x - y)"
  words <- c(
    f = f, weight = "(b + Elem(x, 0))", K = shape$K, D = "2", axis = axis
  )
  sprintf("%s(%s)", name, toString(words[reduction_arguments[[name]]]))
}

reduction_data <- function(rows, columns, weight) {
  list(
    x = points(rows, 6) - 0.5, y = points(columns, 6, start = 9) - 0.5,
    b = points(columns, weight, start = 4), p = 1.75
  )
}

test_that("every reduction gives what the compiled one gives", {
  skip_on_cran()
  for (name in reduction_rows$name) {
    shapes <- reduction_shapes(name)
    for (k in seq_len(nrow(shapes))) {
      shape <- shapes[k, ]
      args <- c(
        "x = Vi(6)", "y = Vj(6)", sprintf("b = Vj(%d)", shape$weight),
        "p = Pm(1)"
      )
      precision <- precisions[1 + k %% 2]
      for (size in list(c(70, 529), c(3, 5))) {
        data <- reduction_data(size[1], size[2], shape$weight)
        expect_engines_agree(
          reduction_call(name, shape, 0), args, data, precision
        )
      }
    }
  }
})

test_that("all ways of summing, over splits of the columns", {
  skip_on_cran()
  data <- list(x = points(3, 1), y = points(70001, 1) - 0.5)
  for (scheme in c("plain", "block", "compensated")) {
    for (reduction in c("Sum", "Mean")) {
      for (precision in precisions) {
        expect_engines_agree(
          sprintf("%s_Reduction(Exp(-x * y), 0)", reduction),
          c("x = Vi(1)", "y = Vj(1)"), data, precision, sum_scheme = scheme
        )
      }
    }
  }
})

test_that("a thousand smallest are found, and nothing to reduce is nothing", {
  x <- points(5, 1)
  y <- points(4000, 1, start = 3)
  result <- interpreted(
    "ArgKMin_Reduction(Square(x - y), 1000, 0)", c("x = Vi(1)", "y = Vj(1)")
  )(list(x, y))
  expected <- apply(outer(c(x), c(y), "-")^2, 1, order)[1:1000, ] - 1
  expect_equal(result, t(expected))
  empty <- interpreted("Sum_Reduction(x * y, 0)", c("x = Vi(1)", "y = Vj(1)"))
  expect_equal(empty(list(x, numeric())), matrix(0, 5, 1))
  expect_equal(dim(empty(list(numeric(), y))), c(0L, 1L))
})

test_that("long vectors and wide results fit", {
  skip_on_cran()
  data <- list(
    x = points(70, 700), y = points(65, 700, start = 1) - 0.5,
    b = points(65, 130) - 0.5
  )
  args <- c("x = Vi(700)", "y = Vj(700)", "b = Vj(130)")
  for (formula in c(
    "Sum_Reduction(Exp(-SqDist(x, y) / 700) * b, 0)",
    "Max_Reduction(x - y, 0)", "Sum_Reduction(Norm2(Sin(x) - y) * b, 1)",
    "Min_Reduction(Sum(Sqrt(Abs(x - y))), 0)"
  )) {
    for (precision in precisions) {
      expect_engines_agree(formula, args, data, precision)
    }
  }
})

# ---- routines ----

test_that("soft-DTW and its derivatives, of lengths known at run time", {
  skip_on_cran()
  for (lengths in list(c(1, 1), c(1, 5), c(4, 2), c(9, 11))) {
    args <- c(
      sprintf("%s = Vi(%d)", c("x", "u", "v"), lengths[1]),
      sprintf("y = Vj(%d)", lengths[2]), "p = Pm(1)"
    )
    data <- list(
      points(3, lengths[1]), points(3, lengths[1], start = 5),
      points(3, lengths[1], start = 7), points(70, lengths[2], start = 2), 0.25
    )
    distance <- as_sum("SoftDTW_SqDist(x, y, p)")
    first <- sprintf("Diff(%s, x, u)", distance)
    second <- sprintf("Diff(%s, x, v)", first)
    formulas <- c(
      distance, first, second, sprintf("Diff(%s, x, u)", second),
      sprintf("Grad(%s, x, Elem(u, 0))", distance),
      sprintf("Grad(%s, p, Elem(u, 0))", second)
    )
    # Both precisions in turn, since these take longest to compile. Errors of
    # derivatives grow from one cell of the table to the next.
    for (k in seq_along(formulas)) {
      precision <- precisions[1 + (k + lengths[1]) %% 2]
      expect_engines_agree(formulas[k], args, data, precision, slack = 20)
    }
  }
})

test_that("tables of long sequences fit, compiled and interpreted", {
  skip_on_cran()
  args <- c("x = Vi(64)", "y = Vj(64)", "p = Pm(1)")
  data <- list(points(3, 64), points(4, 64, start = 2), 0.25)
  gradient <- "Grad(Sum_Reduction(SoftDTW_SqDist(x, y, p), 0), x, Elem(x, 0))"
  third <- sprintf("Diff(Diff(%s, x, x), x, x)", gradient)
  expect_engines_agree(third, args, data, "float64", slack = 20)
})

test_that("routines of high order are compiled, refused where nothing may be", {
  skip_on_cran()
  formula <- as_sum("SoftDTW_SqDist(x, y, p)")
  for (order in 1:5) formula <- sprintf("Diff(%s, x, x)", formula)
  op <- keops_kernel(formula, c("x = Vi(3)", "y = Vj(3)", "p = Pm(1)"))
  data <- list(points(4), points(5), 0.5)
  expect_rkeops_error(running(op, "never")(data), "compile", "never")
  skip_without_compiler()
  expect_equal(running(op, "auto")(data), running(op, "always")(data))
})

# ---- random formulas ----

test_that("random formulas are the same, interpreted and compiled", {
  skip_on_cran()
  table <- example_table()
  for (number in seq_len(as.integer(Sys.getenv("RKEOPS_FUZZ", "60")) %/% 10)) {
    withr::local_seed(7000 + number)
    dimensions <- sample.int(4, 10, replace = TRUE)
    parts <- vapply(dimensions, random_formula, "", table = table, depth = 3)
    formula <- sprintf(
      "%s_Reduction(%s, %d)", pick(c("Sum", "Max", "Mean")),
      concatenated(parts), pick(0:1)
    )
    op <- keops_kernel(formula, random_args, precision = "float64")
    data <- random_data(5, 70)
    expected <- running(op, "always")(data)
    # what changes of the inputs in their last digits do
    moved <- data
    moved[1:8] <- lapply(moved[1:8], function(m) m * (1 + 1e-13))
    noise <- abs(running(op, "always")(moved) - expected)
    for (name in r_instruction_sets()) {
      actual <- running(op, "never", name)(data)
      expect_identical(is.finite(actual), is.finite(expected), label = formula)
      error <- abs(actual - expected) / (1e-12 * abs(expected) + noise + 1e-12)
      expect_lt(max(error[is.finite(expected)], 0), 10, label = formula)
    }
  }
})

# ---- in a session ----

test_that("results do not depend on the number of threads", {
  op <- gaussian_operator("float32")
  data <- gaussian_data(700, 1500)
  local_rkeops_options(compile = "never", threads = 1)
  alone <- op(data)
  set_rkeops_option("threads", 2)
  expect_identical(op(data), alone)
  expect_close(
    alone, gaussian_sum(data$x, data$y, data$b, data$s),
    gaussian_scale(data$x, data$y, data$b, data$s), "float32"
  )
})

test_that("steps can be seen, and instruction sets chosen by name only", {
  op <- keops_kernel(gaussian_formula, gaussian_args)
  text <- explain(op, "instructions")
  expect_true(any(grepl("square($0 - $1)", text, fixed = TRUE)))
  local_rkeops_options(compile = "never", instructions = "baseline")
  expect_match(explain(op, "instructions")[1], "baseline")
  expect_true(any(grepl("baseline", explain(op, "engine"))))
  expect_rkeops_error(
    set_rkeops_option("instructions", "AVX-1024"), "argument", "baseline"
  )
})
