# Calls of operators: what is missing, unknown or twice is named; what they print.

three_inputs <- function() {
  keops_kernel("Sum_Reduction((x - y) * b, 0)",
               c("x = Vi(1)", "y = Vj(1)", "b = Vj(1)"))
}

test_that("an argument that is missing or unknown is named", {
  op <- three_inputs()
  x <- c(1, 2)
  expect_rkeops_error(op(x = x, yy = x, b = x), "argument", "`yy`")
  expect_rkeops_error(op(x = x, yy = x), "argument", "Did you mean `y`")
  expect_rkeops_error(op(x = x, b = x), "shape", "`y` is missing")
  expect_rkeops_error(op(list(b = x, y = x)), "shape", "`x` is missing")
  expect_rkeops_error(op(x, x), "shape", "`b` is missing")
  expect_rkeops_error(op(x, x, x, x), "shape", "not 4")
  expect_rkeops_error(op(list()), "shape", "`x` is missing")
  expect_rkeops_error(op(x = x, x = x, b = x), "argument", "twice")
  expect_rkeops_error(op(x = x, x, x), "argument", "Name all")
  expect_rkeops_error(op(x, x, x, inner = 0), "argument", "inner")
  expect_rkeops_error(op(foo = list(x, x, x)), "argument", "`foo`")
  expect_rkeops_error(op(list(x, x, x), ny1 = 2), "argument", "Did you mean `ny`")
  expect_identical(op(input = list(x, x, x)), op(x, x, x))
})

test_that("NULL and other values are no inputs", {
  op <- three_inputs()
  x <- c(1, 2)
  expect_rkeops_error(op(NULL, x, x), "argument", "`x`.*NULL")
  expect_rkeops_error(op(NULL, x), "shape")
  expect_rkeops_error(op(x, x, NULL), "argument", "`b`.*NULL")
  expect_rkeops_error(op(x, sum, x), "argument", "`y`")
  expect_rkeops_error(op(x, quote(a), x), "argument", "`y`")
  expect_named(op(NULL), names(op()))
  for (wrong in list(sum, NA, list(1), NULL, 1:2, "points", quote(a))) {
    expect_rkeops_error(op(x, x, x, inner_dim = wrong), "argument", "inner_dim")
  }
  expect_rkeops_error(op(x, x, x, nx = NA), "argument", "nx")
  expect_rkeops_error(op(x, x, x, ny = "2"), "argument", "ny")
})

test_that("an operator prints, and says in short what it is", {
  op <- three_inputs()
  summary <- summary(op)
  expect_identical(summary$arguments$name, c("x", "y", "b"))
  expect_identical(summary$result, list(index = "i", dimension = 1L))
  expect_identical(summary$precision, "float32")
  expect_output(print(summary), "result: nx x 1 matrix.*index of the result")
  expect_output(str(op), "operator \\(x, y, b\\) Sum_Reduction")
  expect_output(str(list(op)), "Sum_Reduction")
})

test_that("gradients in several variables are a list", {
  op <- three_inputs()
  gradients <- keops_grad(op, c("x", "b"))
  x <- c(1, 2, 4)
  values <- gradients(x, x, x, x)
  expect_named(values, c("x", "b"))
  expect_length(gradients, 2)
  expect_named(gradients, c("x", "b"))
  expect_s3_class(gradients[["x"]], "keops_operator")
  expect_identical(gradients$b(x, x, x, x), values$b)
  expect_identical(gradients[[2]](x, x, x, x), values$b)
  expect_identical(lapply(gradients, function(one) one(x, x, x, x)), values)
  expect_identical(
    vapply(gradients, function(one) nrow(one(x, x, x, x)), 1L), c(x = 3L, b = 3L)
  )
  expect_identical(names(gradients["b"]), "b")
  expect_identical(gradients["b"](x, x, x, x), values["b"])
  expect_type(as.list(gradients), "list")
  expect_output(str(gradients), "List of 2.*\\$ x:.*\\$ b:")
  expect_rkeops_error(gradients[["y"]], "argument", "x, b")
  expect_rkeops_error(gradients[3], "argument", "x, b")
})

test_that("gradients have no further arguments", {
  op <- three_inputs()
  expect_rkeops_error(keops_grad(op, "x", foo = 1), "argument", "`foo`")
  expect_rkeops_error(keops_grad(op, "x", "eta", 1), "argument", "too many")
  x_i <- Vi(c(1, 2))
  expect_rkeops_error(keops_grad(x_i^2, x_i, foo = 1), "argument", "`foo`")
})

test_that("text is read as UTF-8, whatever it was written in", {
  latin <- function(text) iconv(text, "UTF-8", "latin1")
  wide <- "Sum_Reduction(x - \u00e9, 0)"
  messages <- lapply(c(wide, latin(wide)), function(formula) {
    tryCatch(
      keops_kernel(formula, c("x = Vi(1)", "\u00e9 = Vj(1)")),
      error = function(error) conditionMessage(error)
    )
  })
  expect_identical(messages[[1]], messages[[2]])
  expect_match(messages[[1]], "\u00e9", fixed = TRUE)
  op <- keops_kernel("Sum_Reduction(x, 0)", "x = Vi(1)")
  input <- list(1)
  names(input) <- latin("\u00e9t\u00e9")
  expect_rkeops_error(op(input), "argument", "\u00e9t\u00e9")
  for (name in c("\u00e9t\u00e9", latin("\u00e9t\u00e9"))) {
    expect_rkeops_error(keops_grad(op, name), "argument", "`\u00e9t\u00e9`")
    expect_rkeops_error(lazy_apply(name, Vi(1)), "argument", "`\u00e9t\u00e9`")
  }
})

test_that("a matrix on the GPU beside a lazy tensor says what to write", {
  local_gpu()
  numbers <- matrix(c(1, 2, 3))
  y <- to_gpu(numbers)
  K <- exp(-sqdist(Vi(1:4), Vj(1:3)))
  stored <- exp(-outer(1:4, 1:3, "-")^2)
  near <- function(value, wanted) {
    expect_equal(as.matrix(value), wanted, tolerance = 1e-6)
  }
  expect_rkeops_error(K * y, "argument", "Vi")
  expect_rkeops_error(y < K, "argument", "Vi")
  near(sum(K * Vj(y), "j"), stored %*% numbers)
  near(K * crossprod(y), 14 * stored)
  near(crossprod(y) * K, 14 * stored)
  near(K %*% y, stored %*% numbers)
  near(t(y) %*% t(K), t(numbers) %*% t(stored))
  near(to_gpu(t(numbers)) %*% t(K), t(numbers) %*% t(stored))
  near(crossprod(t(K), y), stored %*% numbers)
  near(crossprod(y, t(K)), t(stored %*% numbers))
  near(tcrossprod(K, to_gpu(t(numbers))), stored %*% numbers)
})
