# Every operation and every reduction: forward mode (Diff) against reverse mode
# (keops_grad) and against finite differences, in every variable; and second
# derivatives of reductions.

skip_on_cran()

rows <- r_language("operations")

args <- c(
  "x = Vi(3)", "y = Vj(3)", "b = Vj(2)", "z = Vi(4)", "w = Vj(4)",
  "p = Pm(1)", "c = Pm(2)", "A = Pm(6)", "Q = Pm(9)", "knots = Pm(7)"
)
names(args) <- sub(" .*", "", args)

# Points away from kinks, in the domain of an operation.
data_in <- function(domain) {
  list(
    x = exact_points(3, 3, domain[1], domain[2]),
    y = exact_points(4, 3, domain[1], domain[2], start = 50) + 1 / 256,
    b = exact_points(4, 2, start = 70), z = exact_points(3, 4, start = 5),
    w = exact_points(4, 4, start = 90), p = matrix(0.75),
    c = matrix(c(0.5, 1.25), 1), A = exact_points(1, 6, start = 30),
    Q = exact_points(1, 9, start = 60) + 2 * c(diag(3)),
    knots = matrix(c(-1, -0.5, 0.25, 0.5, 1, 1.5, 2), 1)
  )
}

variables_of <- function(formula) all.vars(parse_formula(formula))

# The declaration of a direction for this variable.
like <- function(args, name, new = "u") {
  sub("^[^=]*", paste0(new, " "), args[[name]])
}

moved <- function(data, name, step) {
  data[[name]] <- data[[name]] + step
  data
}

# What forward mode, finite differences and reverse mode say of the same
# directional derivative. `eta` weighs the components of the result.
expect_same_derivative <- function(formula, args, data, name, blocks, labels,
                                   tolerance = 1e-8) {
  op <- keops_kernel(formula, args, precision = "float64")
  direction <- exact_points(nrow(data[[name]]), ncol(data[[name]]), start = 20)
  forward <- keops_kernel(
    sprintf("Diff(%s, %s, u)", formula, name), c(args, like(args, name)),
    precision = "float64"
  )(c(unname(data), list(direction)))
  differences <- five_point_gradient_of_matrix(function(t) {
    op(unname(moved(data, name, t * direction)))
  })
  gradient <- keops_grad(op, name)
  eta <- exact_points(nrow(forward), ncol(forward), start = 40)
  for (k in seq_along(blocks)) {
    block <- blocks[[k]]
    if (!name %in% variables_of(labels[[k]])) next
    label <- paste(labels[[k]], "in", name)
    size <- max(abs(differences[, block]), 1)
    error <- max(abs(forward[, block] - differences[, block])) / size
    expect_lt(error, tolerance, label = paste("Diff of", label))
    here <- eta
    here[, -block] <- 0
    backward <- sum(gradient(c(unname(data), list(here))) * direction)
    error <- abs(sum(here * forward) - backward) / (size * sum(abs(here)))
    expect_lt(error, 1e-12, label = paste("reverse against Diff of", label))
  }
}

five_point_gradient_of_matrix <- function(f, step = 2^-10) {
  (8 * (f(step) - f(-step)) - (f(2 * step) - f(-2 * step))) / (12 * step)
}

test_that("forward mode is reverse mode and finite differences: operations", {
  examples <- rlang::set_names(rows$example, rows$name)
  examples["Round"] <- "Round(x, 0)"
  domains <- vapply(rows$name, function(name) toString(domain_of(name)), "")
  for (name in names(args)) {
    uses <- vapply(examples, function(call) name %in% variables_of(call), NA)
    for (calls in split(examples[uses], domains[uses])) {
      data <- data_in(domain_of(names(calls)[1]))
      for (batch in split(calls, (seq_along(calls) - 1) %/% 12)) {
        sums <- sprintf("Sum_Reduction(%s, 0)", batch)
        dimensions <- vapply(sums, function(sum) {
          ncol(oracle(sum, args, data))
        }, 1L)
        ends <- cumsum(dimensions)
        expect_same_derivative(
          sprintf("Sum_Reduction(%s, 0)", concatenated(batch)), args, data,
          name, Map(function(end, d) seq(end - d + 1, end), ends, dimensions),
          batch
        )
      }
    }
  }
})

reductions <- r_language("reductions")
arguments <- rlang::set_names(
  strsplit(reductions$arguments, ", ", fixed = TRUE), reductions$name
)
reduction_args <- c(x = "x = Vi(2)", y = "y = Vj(2)", p = "p = Pm(1)")
reduction_data <- list(
  x = exact_points(5, 2), y = exact_points(7, 2, start = 9), p = matrix(0.75)
)

reduction_call <- function(name, axis) {
  scalar <- grepl("Exp|SoftMax", name)
  words <- c(
    f = if (scalar) "Sin(p * (x | y))" else "Sin(p * x - y)",
    weight = "(2 + Cos(p * x) * y)", K = "3", D = "2", axis = axis
  )
  if (name == "NonzeroProd_Reduction") words["f"] <- "2 + Sin(p * x - y)"
  sprintf("%s(%s)", name, toString(words[arguments[[name]]]))
}

test_that("forward mode is reverse mode and finite differences: reductions", {
  for (name in reductions$name) {
    axis <- match(name, reductions$name) %% 2
    formula <- reduction_call(name, axis)
    columns <- ncol(oracle(formula, reduction_args, reduction_data))
    for (variable in intersect(names(reduction_args), variables_of(formula))) {
      expect_same_derivative(
        formula, reduction_args, reduction_data, variable,
        list(seq_len(columns)), formula
      )
    }
  }
})

test_that("second derivatives of reductions are those of the first", {
  flat <- grep("^(Arg|Count|Any|All|Zero)", reductions$name, value = TRUE)
  for (name in setdiff(reductions$name, flat)) {
    formula <- reduction_call(name, 0)
    op <- keops_kernel(formula, reduction_args, precision = "float64")
    result <- op(unname(reduction_data))
    eta <- exact_points(nrow(result), ncol(result), start = 40)
    first <- keops_grad(op, "x")
    xi <- exact_points(5, 2, start = 60)
    for (variable in c("x", "y", "p")) {
      expected <- five_point_gradient(function(value) {
        data <- reduction_data
        data[[variable]] <- value
        sum(xi * first(c(unname(data), list(eta))))
      }, reduction_data[[variable]])
      actual <- keops_grad(first, variable, name = "xi")(
        c(unname(reduction_data), list(eta, xi))
      )
      error <- max(abs(c(actual) - c(expected))) / max(abs(expected), 1)
      expect_lt(error, 1e-8, label = paste("x and", variable, "of", formula))
    }
  }
})
