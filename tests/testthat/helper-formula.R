# The slow truth about formulas: R's own parser reads them (their syntax is
# nearly R's), and the small R functions of helper-formula-tables.R give them
# their meaning, in double precision. Nothing here uses the package.
#
# A value is an array [i, j, component]; an extent of 1 is repeated as needed.

stretch <- function(value, extents) {
  places <- Map(
    function(from, to) rep_len(seq_len(from), to), dim(value), extents
  )
  value[places[[1]], places[[2]], places[[3]], drop = FALSE]
}

constant <- function(number) array(number, c(1, 1, 1))

# R has no lists in square brackets.
parse_formula <- function(formula) {
  formula <- gsub("[", "c(", formula, fixed = TRUE)
  formula <- gsub("]", ")", formula, fixed = TRUE)
  parse(text = formula, keep.source = FALSE)[[1]]
}

# The meaning at each pair (i, j); one call with zeros tells the dimension
# where there is no pair.
at_all_pairs <- function(meaning, values, numbers) {
  extents <- c(1, 1)
  for (value in values) {
    extents <- ifelse(extents == 1, dim(value)[1:2], extents)
  }
  values <- lapply(values, function(value) {
    stretch(value, c(extents, dim(value)[3]))
  })
  at <- function(i, j) {
    vectors <- lapply(values, function(value) value[i, j, ])
    as.numeric(do.call(meaning, c(vectors, numbers)))
  }
  if (!prod(extents)) {
    zeros <- lapply(values, function(value) rep(0, dim(value)[3]))
    dimension <- length(do.call(meaning, c(zeros, numbers)))
    return(array(0, c(extents, dimension)))
  }
  results <- Map(
    at, rep(seq_len(extents[1]), extents[2]),
    rep(seq_len(extents[2]), each = extents[1])
  )
  aperm(array(
    unlist(results), c(length(results[[1]]), extents)
  ), c(2, 3, 1))
}

is_reduction <- function(tree) {
  is.call(tree) && endsWith(as.character(tree[[1]]), "_Reduction")
}

# The values of the elements of one row as a matrix, one row an element.
reduce_values <- function(meaning, values, numbers, extent, over) {
  if (over == "i") values <- lapply(values, aperm, c(2, 1, 3))
  rows <- 1
  for (value in values) rows <- if (rows == 1) dim(value)[1] else rows
  values <- lapply(values, function(value) {
    stretch(value, c(rows, extent, dim(value)[3]))
  })
  at <- function(i) {
    matrices <- lapply(values, function(value) {
      matrix(value[i, , ], extent, dim(value)[3])
    })
    as.numeric(do.call(meaning, c(matrices, numbers)))
  }
  empty <- lapply(values, function(value) matrix(0, 0, dim(value)[3]))
  dimension <- length(do.call(meaning, c(empty, numbers)))
  results <- vapply(seq_len(rows), at, numeric(dimension))
  value <- aperm(array(results, c(dimension, rows, 1)), c(2, 3, 1))
  if (over == "i") aperm(value, c(2, 1, 3)) else value
}

evaluate_formula <- function(tree, context) {
  if (is.numeric(tree)) {
    return(constant(tree))
  }
  if (is.name(tree)) {
    return(context$values[[as.character(tree)]])
  }
  name <- as.character(tree[[1]])
  arguments <- as.list(tree)[-1]
  if (name == "(") {
    return(evaluate_formula(arguments[[1]], context))
  }
  value <- if (is_reduction(tree)) {
    value_of_reduction(name, arguments, context)
  } else {
    value_of_operation(name, arguments, context)
  }
  context$change(value)
}

value_of_reduction <- function(name, arguments, context) {
  meaning <- reduction_meaning(name, length(arguments))
  over <- if (arguments[[length(arguments)]] == 0) "j" else "i"
  # The number K stands before the axis, like a weight.
  given <- read_arguments(meaning, arguments[-length(arguments)], context)
  reduce_values(
    meaning, given$values, given$numbers, context$extents[[over]], over
  )
}

# Operations that are sums of products: where these cancel exactly in plain R,
# as in Cross(f, f), fused multiplications leave a rounding error.
sums_of_products <- c(
  "Scalprod", "Cross", "TensorDot", "MatVecMult", "VecMatMult", "Det",
  "Inverse", "ComplexMult", "ComplexScal", "ComplexDivide"
)

value_of_operation <- function(name, arguments, context) {
  meaning <- meaning_of(name, length(arguments))
  given <- read_arguments(meaning, arguments, context)
  if (context$noise_inside > 0 && name %in% sums_of_products) {
    given$values <- lapply(given$values, disturbed, context$noise_inside)
  }
  value <- at_all_pairs(meaning, given$values, given$numbers)
  disturbed(value, context$noise)
}

disturbed <- function(value, noise) {
  value * (1 + noise * stats::runif(length(value), -1, 1))
}

read_arguments <- function(meaning, arguments, context) {
  is_formula <- vapply(formals(meaning), is_missing, NA)[seq_along(arguments)]
  list(
    values = unname(lapply(arguments[is_formula], evaluate_formula, context)),
    numbers = unname(lapply(arguments[!is_formula], eval, baseenv()))
  )
}

is_missing <- function(default) identical(default, quote(expr = ))

# "i", "j" or "none": what the value varies with, or else the rows of the
# outermost reductions, if these are the same for all of them.
index_of_result <- function(tree, value) {
  varies <- dim(value)[1:2] != 1
  if (any(varies)) {
    return(c("i", "j")[varies])
  }
  index <- unique(outermost_indices(tree))
  if (length(index) == 1) index else "none"
}

outermost_indices <- function(tree) {
  if (is_reduction(tree)) {
    return(if (tree[[length(tree)]] == 0) "i" else "j")
  }
  parts <- Filter(is.call, as.list(tree)[-1])
  unlist(lapply(parts, outermost_indices))
}

# list(name =, category =, dimension =) of "x = Vi(3)".
read_declaration <- function(text) {
  declaration <- parse(text = text)[[1]]
  list(
    name = as.character(declaration[[2]]),
    category = as.character(declaration[[3]][[1]]),
    dimension = declaration[[3]][[2]]
  )
}

as_formula_value <- function(input, declaration) {
  dimension <- declaration$dimension
  switch(declaration$category,
    Vi = array(input, c(length(input) / dimension, 1, dimension)),
    Vj = array(input, c(1, length(input) / dimension, dimension)),
    Pm = array(input, c(1, 1, dimension))
  )
}

# The result of the operator, a matrix. `noise` is the relative size of random
# errors of every operation, which show how well conditioned the formula is;
# `noise_inside` that of the errors before sums of products add up. `change` puts
# another value in the place of that of each part.
oracle <- function(formula, args, data, nx = 1, ny = 1, noise = 0,
                   noise_inside = 0, change = identity) {
  declarations <- lapply(args, read_declaration)
  names(declarations) <- vapply(declarations, `[[`, "", "name")
  values <- Map(as_formula_value, data[names(declarations)], declarations)
  extents <- list(i = nx, j = ny)
  for (name in names(declarations)) {
    category <- declarations[[name]]$category
    if (category == "Vi") extents$i <- dim(values[[name]])[1]
    if (category == "Vj") extents$j <- dim(values[[name]])[2]
  }
  tree <- parse_formula(formula)
  value <- suppressWarnings(evaluate_formula(tree, list(
    values = values, extents = extents, noise = noise,
    noise_inside = noise_inside, change = change
  )))
  dimension <- dim(value)[3]
  index <- index_of_result(tree, value)
  rows <- if (index == "none") 1 else extents[[index]]
  shape <- if (index == "i") c(rows, 1, dimension) else c(1, rows, dimension)
  matrix(stretch(value, shape), rows, dimension)
}

# The derivative of `f` at every entry of x by five points: exact for
# polynomials of degree 4.
five_point_gradient <- function(f, x, step = 2^-10) {
  gradient <- x
  for (k in seq_along(x)) {
    at <- function(shift) {
      x[k] <- x[k] + shift * step
      f(x)
    }
    gradient[k] <- (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step)
  }
  gradient
}

# The gradient of sum(eta * result) in the input called `name`.
oracle_gradient <- function(formula, args, data, name, eta, ...) {
  five_point_gradient(function(value) {
    data[[name]] <- value
    sum(eta * oracle(formula, args, data, ...))
  }, data[[name]])
}

# An operation is defined between these numbers, by default between -1.5 and
# 1.5.
domain_of <- function(name) {
  positive <- c(
    "Divide", "Powf", "Power", "Sqrt", "Rsqrt", "Inv", "Log", "Log1p", "Log2",
    "Log10", "XLogX", "Lgamma", "Digamma"
  )
  if (name %in% positive) {
    return(c(0.25, 2))
  }
  switch(name,
    Asin = , Acos = , Atanh = c(-0.75, 0.75), Acosh = c(1.25, 3), c(-1.5, 1.5)
  )
}

# Odd multiples of 1/128, which float32 holds exactly and which keep away from
# the kinks at 0.
exact_points <- function(rows, columns, from = -1.5, to = 1.5, start = 0) {
  from + (floor(points(rows, columns, start) * (to - from) * 64) + 0.5) / 64
}

# Concat of any number of formulas, as a balanced tree.
concatenated <- function(formulas) {
  count <- length(formulas)
  if (count == 1) {
    return(formulas)
  }
  half <- seq_len(count %/% 2)
  sprintf(
    "Concat(%s, %s)", concatenated(formulas[half]),
    concatenated(formulas[-half])
  )
}

# The formula as the package prints it, from the head of the program; NA when
# it is too long to stand there.
printed_formula <- function(op) {
  lines <- unclass(explain(op, "source", "cpu"))
  heads <- which(lines == "// It computes")
  formula <- sub("^//   ", "", lines[heads[length(heads)] + 1])
  if (endsWith(formula, "...")) NA_character_ else formula
}
