# The interpreter beside compiled programs: each is the other's oracle.

# A function of the inputs of the operator that computes its result one way.
running <- function(op, compile, instructions = "") {
  function(data) {
    if (compile == "always") skip_without_compiler()
    local_rkeops_options(compile = compile, instructions = instructions)
    op(data)
  }
}

# Differences of rounding only: relative to `scale`, the sizes of what was
# added, for each component.
expect_same_result <- function(actual, expected, scale, precision, label) {
  expect_equal(dim(actual), dim(expected), label = label)
  expect_identical(
    is.finite(actual), is.finite(expected), label = paste("finite", label)
  )
  finite <- is.finite(expected)
  expect_identical(actual[!finite], expected[!finite], label = label)
  if (any(finite)) {
    tolerance <- c(float32 = 4e-6, float64 = 1e-14)[[precision]]
    error <- abs(actual - expected) / pmax(scale, 1e-3)
    expect_lt(max(error[finite]), tolerance, label = paste("error of", label))
  }
}

# All the instruction sets of this machine against the compiled program.
expect_engines_agree <- function(formula, args, data, precision,
                                 scale = NULL, label = formula, slack = 1,
                                 ...) {
  op <- keops_kernel(formula, args, precision = precision, ...)
  expected <- running(op, "always")(data)
  scale <- slack * (scale %||% max(1, abs(expected[is.finite(expected)])))
  for (name in r_instruction_sets()) {
    actual <- running(op, "never", name)(data)
    expect_same_result(
      actual, expected, scale, precision, paste(label, precision, name)
    )
  }
}
