# The slow truth about formulas: R's own parser reads them (their syntax is
# nearly R's) and one small R function for each row of the tables gives them
# their meaning, in double precision. Nothing here uses the package.
#
# A value is an array [i, j, component]; an extent of 1 is repeated as needed.

stretch <- function(value, extents) {
  places <- Map(
    function(from, to) rep_len(seq_len(from), to), dim(value), extents
  )
  value[places[[1]], places[[2]], places[[3]], drop = FALSE]
}

common_extents <- function(a, b) {
  ifelse(dim(a) == 1, dim(b), dim(a))
}

elementwise <- function(operation, f, g) {
  extents <- common_extents(f, g)
  operation(stretch(f, extents), stretch(g, extents))
}

constant <- function(number) array(number, c(1, 1, 1))

# pow() of C, which knows negative numbers to an infinite power.
c_power <- function(f, g) {
  at_infinity <- is.infinite(g) & !is.na(f) & f < 0
  f[at_infinity] <- -f[at_infinity]
  f^g
}

reciprocal_root <- function(f) {
  root <- 1 / sqrt(f)
  root[!is.na(f) & f == 0] <- 0
  root
}

sum_components <- function(f) {
  array(rowSums(f, dims = 2), c(dim(f)[1:2], 1))
}

# Formula arguments are called f and g, all others are integers.
formula_operations <- list(
  IntCst = function(n) constant(n),
  IntInv = function(n) constant(1 / n),
  RatCst = function(p, q) constant(p / q),
  Zero = function(D) array(0, c(1, 1, D)),
  Add = function(f, g) elementwise(`+`, f, g),
  Subtract = function(f, g) elementwise(`-`, f, g),
  Mult = function(f, g) elementwise(`*`, f, g),
  Divide = function(f, g) elementwise(`/`, f, g),
  Minus = function(f) -f,
  Square = function(f) f * f,
  Pow = function(f, m) f^m,
  Powf = function(f, g) elementwise(c_power, f, g),
  Power = function(f, g) elementwise(c_power, f, g),
  Sqrt = function(f) sqrt(f),
  Rsqrt = function(f) reciprocal_root(f),
  Inv = function(f) 1 / f,
  Exp = function(f) exp(f),
  Expm1 = function(f) expm1(f),
  Exp2 = function(f) 2^f,
  Log = function(f) log(f),
  Log1p = function(f) log1p(f),
  Log2 = function(f) log2(f),
  Log10 = function(f) log10(f),
  Logistic = function(f) stats::plogis(f),
  Softplus = function(f) -stats::plogis(f, lower.tail = FALSE, log.p = TRUE),
  Sin = function(f) sin(f),
  Cos = function(f) cos(f),
  Atan = function(f) atan(f),
  Sinh = function(f) sinh(f),
  Cosh = function(f) cosh(f),
  Tanh = function(f) tanh(f),
  Erf = function(f) sign(f) * stats::pchisq(2 * f^2, df = 1),
  Abs = function(f) abs(f),
  Sign = function(f) sign(f),
  Step = function(f) ifelse(f < 0, 0, 1),
  ReLU = function(f) ifelse(f < 0, 0, f),
  Sum = function(f) sum_components(f),
  SumT = function(f, D) stretch(f, c(dim(f)[1:2], D)),
  Extract = function(f, start, length) {
    f[, , start + seq_len(length), drop = FALSE]
  },
  ExtractT = function(f, start, length) {
    result <- array(0, c(dim(f)[1:2], length))
    result[, , start + seq_len(dim(f)[3])] <- f
    result
  },
  Concat = function(f, g) {
    extents <- common_extents(f, g)[1:2]
    dimensions <- c(dim(f)[3], dim(g)[3])
    array(
      c(stretch(f, c(extents, dimensions[1])),
        stretch(g, c(extents, dimensions[2]))),
      c(extents, sum(dimensions))
    )
  },
  Elem = function(f, m) f[, , m + 1, drop = FALSE],
  ElemT = function(f, length, m) {
    result <- array(0, c(dim(f)[1:2], length))
    result[, , m + 1] <- f
    result
  },
  Scalprod = function(f, g) sum_components(elementwise(`*`, f, g)),
  SqNorm2 = function(f) sum_components(f^2),
  Norm2 = function(f) sqrt(sum_components(f^2)),
  Normalize = function(f) {
    elementwise(`*`, f, reciprocal_root(sum_components(f^2)))
  },
  SqDist = function(f, g) sum_components(elementwise(`-`, f, g)^2)
)

infix_operations <- c(
  `+` = "Add", `-` = "Subtract", `*` = "Mult", `/` = "Divide", `^` = "Power",
  `|` = "Scalprod"
)

# What becomes of the values of one row and component.
formula_reductions <- list(
  Sum_Reduction = function(f) sum(f),
  LogSumExp_Reduction = function(f) {
    largest <- max(c(f, -Inf))
    shift <- if (is.finite(largest)) largest else 0
    shift + log(sum(exp(f - shift)))
  },
  Min_Reduction = function(f) min(c(f, Inf)),
  Max_Reduction = function(f) max(c(f, -Inf)),
  ArgMin_Reduction = function(f) c(which.min(f) - 1, NaN)[1],
  ArgMax_Reduction = function(f) c(which.max(f) - 1, NaN)[1]
)

is_reduction <- function(tree) {
  is.call(tree) && as.character(tree[[1]]) %in% names(formula_reductions)
}

reduce_value <- function(value, reduction, extent, over) {
  if (over == "i") value <- aperm(value, c(2, 1, 3))
  value <- stretch(value, c(dim(value)[1], extent, dim(value)[3]))
  result <- array(0, c(dim(value)[1], 1, dim(value)[3]))
  for (i in seq_len(dim(value)[1])) {
    for (k in seq_len(dim(value)[3])) {
      result[i, 1, k] <- reduction(value[i, , k])
    }
  }
  if (over == "i") aperm(result, c(2, 1, 3)) else result
}

evaluate_formula <- function(tree, context) {
  if (is.numeric(tree)) {
    return(constant(tree))
  }
  if (is.name(tree)) {
    return(context$values[[as.character(tree)]])
  }
  name <- as.character(tree[[1]])
  if (name == "(") {
    return(evaluate_formula(tree[[2]], context))
  }
  if (is_reduction(tree)) {
    over <- if (tree[[3]] == 0) "j" else "i"
    return(reduce_value(
      evaluate_formula(tree[[2]], context), formula_reductions[[name]],
      context$extents[[over]], over
    ))
  }
  value <- apply_operation(name, as.list(tree)[-1], context)
  value * (1 + context$noise * stats::runif(length(value), -1, 1))
}

apply_operation <- function(name, arguments, context) {
  if (name == "-" && length(arguments) == 1) name <- "Minus"
  if (name %in% names(infix_operations)) name <- infix_operations[[name]]
  operation <- formula_operations[[name]]
  is_formula <- names(formals(operation)) %in% c("f", "g")
  arguments[is_formula] <- lapply(
    arguments[is_formula], evaluate_formula, context
  )
  arguments[!is_formula] <- lapply(arguments[!is_formula], eval, baseenv())
  do.call(operation, unname(arguments))
}

# "i" or "j": the index of the outermost reduction.
index_of_result <- function(tree) {
  if (is_reduction(tree)) {
    return(if (tree[[3]] == 0) "i" else "j")
  }
  for (part in as.list(tree)[-1]) {
    index <- if (is.call(part)) index_of_result(part)
    if (!is.null(index)) {
      return(index)
    }
  }
  NULL
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
# errors of every operation, which show how well conditioned the formula is.
oracle <- function(formula, args, data, nx = 1, ny = 1, noise = 0) {
  declarations <- lapply(args, read_declaration)
  names(declarations) <- vapply(declarations, `[[`, "", "name")
  values <- Map(as_formula_value, data[names(declarations)], declarations)
  extents <- list(i = nx, j = ny)
  for (name in names(declarations)) {
    category <- declarations[[name]]$category
    if (category == "Vi") extents$i <- dim(values[[name]])[1]
    if (category == "Vj") extents$j <- dim(values[[name]])[2]
  }
  tree <- parse(text = formula, keep.source = FALSE)[[1]]
  value <- suppressWarnings(evaluate_formula(
    tree, list(values = values, extents = extents, noise = noise)
  ))
  dimension <- dim(value)[3]
  by_i <- index_of_result(tree) == "i"
  rows <- if (by_i) extents$i else extents$j
  shape <- if (by_i) c(rows, 1, dimension) else c(1, rows, dimension)
  matrix(stretch(value, shape), rows, dimension)
}

# The derivative of `f` at every entry of x by five points: exact for
# polynomials of degree 4.
five_point_gradient <- function(f, x, step = 2^-9) {
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
