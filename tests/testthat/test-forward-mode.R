# Every operation and every reduction: forward mode (Diff) against reverse mode
# (keops_grad) and against finite differences, in every variable; and second
# derivatives of reductions.

skip_on_cran()

# The declaration of a direction for this variable.
like <- function(args, name, new = "u") {
  sub("^[^=]*", paste0(new, " "), args[[name]])
}

moved <- function(data, name, step) {
  data[[name]] <- data[[name]] + step
  data
}

along <- function(formula, args, data, name, direction) {
  interpret_unless_exhaustive()
  op <- keops_kernel(formula, args, precision = "float64")
  five_point_gradient_of_matrix(function(t) {
    op(unname(moved(data, name, t * direction)))
  })
}

# Forward mode, finite differences and reverse mode agree on the same
# directional derivative. `eta` weighs the components of the result.
expect_same_derivative <- function(formula, args, data, name, blocks, labels) {
  direction <- exact_points(nrow(data[[name]]), ncol(data[[name]]), start = 20)
  differences <- along(formula, args, data, name, direction)
  eta <- exact_points(nrow(differences), ncol(differences), start = 40)
  for (way in ways()) {
    local({
      local_way(way)
      forward <- row_operator(
        sprintf("Diff(%s, %s, u)", formula, name), way,
        c(args, like(args, name))
      )(c(unname(data), list(direction)))
      gradient <- keops_grad(row_operator(formula, way, args), name)
      for (k in seq_along(blocks)) {
        if (!name %in% variables_of(labels[[k]])) next
        block <- blocks[[k]]
        label <- paste(labels[[k]], "in", name)
        expect_near(
          forward[, block], differences[, block], way,
          c(float64 = 1e-8, float32 = 2e-5), paste("Diff of", label)
        )
        here <- in_block(eta, block)
        backward <- sum(gradient(c(unname(data), list(here))) * direction)
        size <- sum(abs(here)) * max(abs(differences[, block]), 1)
        expect_near(
          backward / size, sum(here * forward) / size, way,
          c(float64 = 1e-12, float32 = 1e-5),
          paste("reverse against Diff of", label)
        )
      }
    })
  }
}

five_point_gradient_of_matrix <- function(f, step = 2^-10) {
  (8 * (f(step) - f(-step)) - (f(2 * step) - f(-2 * step))) / (12 * step)
}

test_that("forward mode is reverse mode and finite differences: operations", {
  examples <- differentiable_examples()
  for (name in names(row_args)) {
    uses <- vapply(examples, function(call) name %in% variables_of(call), NA)
    for (batch in row_batches(examples[uses])) {
      expect_same_derivative(
        batch$formula, row_args, batch$data, name, batch$blocks, batch$calls
      )
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

test_that("forward mode of reductions of reductions, on both axes", {
  args <- reduction_args[c("x", "y")]
  formulas <- c(
    "Sum_Reduction(Min_Reduction(y * y, 1), 0)",
    "Min_Reduction(Max_Reduction(Exp(y), 1), 0)",
    "Sum_Reduction(Max_Reduction(x * y, 1), 0)",
    "Sum_Reduction(KMin_Reduction(x - y, 2, 0), 1)",
    "Var_Reduction(Min_Reduction(x * x, 0), 1)"
  )
  for (formula in formulas) {
    columns <- ncol(oracle(formula, args, reduction_data))
    for (variable in intersect(names(args), variables_of(formula))) {
      expect_same_derivative(
        formula, args, reduction_data[c("x", "y")], variable,
        list(seq_len(columns)), formula
      )
    }
  }
})

test_that("second derivatives of reductions are those of the first", {
  interpret_unless_exhaustive()
  flat <- grep("^(Arg|Count|Any|All|Zero)", reductions$name, value = TRUE)
  xi <- exact_points(5, 2, start = 60)
  for (name in setdiff(reductions$name, flat)) {
    formula <- reduction_call(name, 0)
    op <- keops_kernel(formula, reduction_args, precision = "float64")
    result <- op(unname(reduction_data))
    eta <- exact_points(nrow(result), ncol(result), start = 40)
    first <- keops_grad(op, "x")
    for (variable in c("x", "y", "p")) {
      expected <- five_point_gradient(function(value) {
        data <- reduction_data
        data[[variable]] <- value
        sum(xi * first(c(unname(data), list(eta))))
      }, reduction_data[[variable]])
      for (way in ways()) {
        local({
          local_way(way)
          first <- keops_grad(row_operator(formula, way, reduction_args), "x")
          actual <- keops_grad(first, variable, name = "xi")(
            c(unname(reduction_data), list(eta, xi))
          )
          expect_near(
            actual, expected, way, c(float64 = 1e-8, float32 = 5e-5),
            paste("x and", variable, "of", formula)
          )
        })
      }
    }
  }
})
