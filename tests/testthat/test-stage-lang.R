# The text of formulas and of `args` into trees, and the errors of both with
# their places.

args <- c("x = Vi(3)", "y = Vj(3)", "s = Pm(1)", "A = Pm(6)")

tree_of <- function(formula) {
  unclass(explain(keops_kernel(formula, args), "tree"))
}

same_tree <- function(a, b) {
  of <- function(text) tree_of(sprintf("Sum_Reduction(%s, 0)", text))
  expect_identical(of(a), of(b), label = a)
}

test_that("a formula is read as a tree", {
  expect_snapshot({
    writeLines(tree_of("Sum_Reduction(Exp(-s * SqNorm2(x - y)) * y, 0)"))
    writeLines(tree_of("Sum_Reduction(-x^2 / 2 + (x | y) * 1e-3, 1)"))
    writeLines(
      tree_of("Sum_Reduction(TensorDot(A, x, [2, 3], [3], [1], [0]), 0)")
    )
  })
})

test_that("operators bind as in R", {
  same_tree("-x^2", "-(x^2)")
  same_tree("x^-2", "x^(-2)")
  same_tree("x^s^2", "x^(s^2)")
  same_tree("x ** s", "x ^ s")
  same_tree("-x * y", "(-x) * y")
  same_tree("x / y * x", "(x / y) * x")
  same_tree("x - y - s", "(x - y) - s")
  same_tree("x + y * s", "x + (y * s)")
  same_tree("x | y + s", "x | (y + s)")
  same_tree("x + y | x", "(x + y) | x")
  same_tree("x | y < s", "(x | y) < s")
  same_tree("--x", "-(-x)")
})

test_that("blanks and line ends mean nothing", {
  same_tree(" x\t-\n y ", "x-y")
  same_tree("SqDist ( x , y )", "SqDist(x,y)")
})

test_that("numbers are those of R, whatever the locale", {
  graph_of <- function(number) {
    formula <- sprintf("Sum_Reduction(x * %s, 0)", number)
    unclass(explain(keops_kernel(formula, "x = Vi(1)"), "graph"))
  }
  same <- function(a, b) expect_identical(graph_of(a), graph_of(b), label = a)
  same("2", "2.0")
  same("2", "2L")
  same("0.5", ".5")
  same("1e3", "1000")
  same("1.5E-2", "0.015")
  same("2.", "2")
  for (number in c("0.1", "1e-300", "0.333333333333333315", "123456789")) {
    expect_match(graph_of(number), sub("15$", "", number), fixed = TRUE,
                 all = FALSE)
  }
})

test_that("lists are written in four ways, whole numbers as sums and products", {
  graph_of <- function(call) {
    formula <- sprintf("Sum_Reduction(%s, 0)", call)
    unclass(explain(keops_kernel(formula, args), "graph"))
  }
  same <- function(a, b) expect_identical(graph_of(a), graph_of(b), label = a)
  brackets <- "TensorDot(A, x, [2, 3], [3], [1], [0])"
  same("TensorDot(A, x, (2, 3), (3,), (1,), (0,))", brackets)
  same("TensorDot(A, x, Ind(2, 3), Ind(3), Ind(1), Ind(0))", brackets)
  same("TensorDot(A, x, [2, 3], 3, 1, 0)", brackets)
  same("Elem(x, 1 + 1)", "Elem(x, 2)")
  same("Pow(x, -2 * 2 + 1)", "Pow(x, -3)")
  same("Extract(x, 3 - 2, (2))", "Extract(x, 1, 2)")
  for (call in c("Elem(x, 2 / 2)", "Elem(x, 1e5 * 1e5)", "(x, s)", "(x,)")) {
    expect_rkeops_error(graph_of(call), "formula")
  }
})

# Shows where the caret stands, and what is said.
shown <- function(formula, args = c("x = Vi(3)", "y = Vj(3)", "b = Vj(2)")) {
  error <- tryCatch(keops_kernel(formula, args), rkeops_error = identity)
  writeLines(c(class(error)[1], conditionMessage(error), ""))
}

test_that("errors of the text have a place", {
  expect_snapshot({
    shown("Sum_Reduction(x - y, 0")
    shown("Sum_Reduction(x - y, 0))")
    shown("Sum_Reduction(x - , 0)")
    shown("Sum_Reduction(x y, 0)")
    shown("Sum_Reduction(2x, 0)")
    shown("Sum_Reduction(1e, 0)")
    shown("Sum_Reduction(1.2.3, 0)")
    shown("Sum_Reduction(1.5L * x, 0)")
    shown("Sum_Reduction(1e999 * x, 0)")
    shown("Sum_Reduction(x && y, 0)")
    shown("Sum_Reduction(x %*% y, 0)")
    shown("Sum_Reduction('x', 0)")
    shown("Sum_Reduction(x = y, 0)")
    shown("Sum_Reduction(x < y < 1, 0)")
    shown("Sum_Reduction([1, 2] + x, 0)")
    shown("Sum_Reduction(, 0)")
  })
})

test_that("characters of word processors are recognised", {
  expect_rkeops_error(
    keops_kernel("Sum_Reduction(x \u2212 y, 0)", args), "formula", "minus"
  )
  expect_rkeops_error(
    keops_kernel("Sum_Reduction(\u00e9, 0)", args), "formula", "character"
  )
})

test_that("errors of `args` have a place", {
  expect_snapshot({
    shown("Sum_Reduction(x, 0)", "x = Vx3")
    shown("Sum_Reduction(x, 0)", "x = Vk(3)")
    shown("Sum_Reduction(x, 0)", "x = Vi(0)")
    shown("Sum_Reduction(x, 0)", "x = Vi(1.5)")
    shown("Sum_Reduction(x, 0)", "x = Vi(1, 2, 3)")
    shown("Sum_Reduction(x, 0)", "x == Vi(3)")
    shown("Sum_Reduction(x, 0)", c("x = Vi(3)", "x = Vj(3)"))
    shown("Sum_Reduction(x, 0)", c("x = Vi(0, 3)", "y = Vj(3)"))
    shown("Sum_Reduction(x, 0)", c("x = Vi(0, 3)", "y = Vj(0, 3)"))
    shown("Sum_Reduction(x, 0)", c("x = Vi(1, 3)"))
  })
})

test_that("deep and long formulas are read, or refused", {
  long <- paste(rep("x", 1500), collapse = " + ")
  expect_no_error(tree_of(sprintf("Sum_Reduction(%s, 0)", long)))
  deep <- paste0(strrep("(", 1e5), "x", strrep(")", 1e5))
  expect_rkeops_error(
    tree_of(sprintf("Sum_Reduction(%s, 0)", deep)), "formula", "nested"
  )
  longer <- paste(rep("x", 2e5), collapse = " * ")
  result <- tryCatch(
    tree_of(sprintf("Sum_Reduction(%s, 0)", longer)),
    rkeops_error_formula = function(error) "refused"
  )
  expect_type(result, "character")
})
