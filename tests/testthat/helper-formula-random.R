# Random formulas over all operations: the examples of the table, with other
# formulas in place of their variables. They are reproducible (the caller sets
# the seed) and stay inside the domains of the operations.

random_args <- sprintf(
  "%s%d = %s(%d)", rep(c("i", "j", "p"), each = 4), 1:4,
  rep(c("Vi", "Vj", "Pm"), each = 4), 1:4
)
random_args <- c(random_args, "A = Pm(6)", "Q = Pm(9)", "knots = Pm(7)")
names(random_args) <- sub(" .*", "", random_args)

random_data <- function(rows = 3, columns = 4) {
  sizes <- c(Vi = rows, Vj = columns, Pm = 1)
  data <- lapply(random_args, function(text) {
    declaration <- read_declaration(text)
    shape <- c(sizes[[declaration$category]], declaration$dimension)
    matrix(stats::runif(prod(shape), -1.5, 1.5), shape[1])
  })
  data$Q <- data$Q + 4 * c(diag(3))
  data$knots <- t(sort(data$knots))
  data
}

# The dimensions of the variables of the examples.
example_dimensions <- c(x = 3, y = 3, b = 2, z = 4, w = 4, p = 1, c = 2)

pick <- function(choices) choices[[sample.int(length(choices), 1)]]

random_leaf <- function(dimension) {
  if (dimension == 1 && stats::runif(1) < 0.2) {
    return(pick(c("0.5", "2", "-1", "0.3", "3")))
  }
  paste0(pick(c("i", "j", "p")), dimension)
}

# The argument brought into the domain of the operation.
into_domain <- function(formula, name, variable) {
  grows <- c(
    "Exp", "Expm1", "Exp2", "Sinh", "Cosh", "Pow", "Tan", "ComplexExp",
    "Polygamma", "Square"
  )
  is_scale <- variable == "p" && !name %in% c("SumT", "ElemT", "OneHot")
  domain <- domain_of(name)
  if (is_scale || domain[1] == 0.25) {
    return(sprintf("(0.5 + Square(%s))", formula))
  }
  if (domain[1] > 1) {
    return(sprintf("(1.25 + Square(%s))", formula))
  }
  if (domain[2] < 1) {
    return(sprintf("(0.75 * Tanh(%s))", formula))
  }
  if (name %in% grows) sprintf("Sin(%s)", formula) else formula
}

# A formula of any dimension, made one of this dimension.
of_dimension <- function(formula, from, to) {
  if (from == to) {
    return(formula)
  }
  if (to == 1) {
    return(sprintf("Elem(%s, %d)", formula, sample.int(from, 1) - 1L))
  }
  if (from == 1) {
    return(sprintf("SumT(%s, %d)", formula, to))
  }
  if (from > to) {
    return(sprintf("Extract(%s, %d, %d)", formula, from - to, to))
  }
  sprintf("ExtractT(%s, 0, %d)", formula, to)
}

dimension_of <- function(call, args) {
  op <- keops_kernel(sprintf("Sum_Reduction(%s, 0)", call), args)
  describe_operator(operator_state(op))$result$dimension
}

# data.frame of the examples: name, example, dimension of the result.
example_table <- function() {
  rows <- r_language("operations")[c("name", "example")]
  variables <- sprintf(
    "%s = Vi(%d)", names(example_dimensions), example_dimensions
  )
  args <- c(variables, "A = Pm(6)", "Q = Pm(9)", "knots = Pm(7)")
  rows$dimension <- vapply(rows$example, dimension_of, 1L, args)
  rows
}

random_formula <- function(table, dimension, depth) {
  if (depth == 0 || stats::runif(1) < 0.1) {
    return(random_leaf(dimension))
  }
  if (stats::runif(1) < 0.05) {
    inner <- random_formula(table, dimension, depth - 1)
    reduction <- pick(c(
      "Sum", "Mean", "Max", "Min", "Var", "Prod",
      if (dimension == 1) "LogSumExp"
    ))
    if (reduction %in% c("Prod", "LogSumExp")) {
      inner <- sprintf("(1.5 + Tanh(%s))", inner)
    }
    return(sprintf("%s_Reduction(%s, %d)", reduction, inner, pick(0:1)))
  }
  row <- table[sample.int(nrow(table), 1), ]
  formula <- row$example
  variables <- intersect(
    all.vars(parse_formula(formula)), names(example_dimensions)
  )
  for (variable in variables) {
    argument <- random_formula(table, example_dimensions[[variable]], depth - 1)
    argument <- into_domain(argument, row$name, variable)
    formula <- gsub(
      sprintf("\\b%s\\b", variable), sprintf("(%s)", argument), formula
    )
  }
  of_dimension(sprintf("(%s)", formula), row$dimension, dimension)
}
