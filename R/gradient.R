# Gradients: the native code writes the formula of the gradient, and an
# operator is made of it like any other.

#' Make the operator of a gradient
#'
#' The gradient is the adjoint of the differential: for the operator that
#' computes `a(x, y, b, s)`, the operator `keops_grad(op, "x")` takes one more
#' input `eta`, of the shape of `a`, and computes the gradient of `sum(eta * a)`
#' with respect to `x`. The result has the shape of `x`.
#'
#' Of a lazy tensor `f`, `keops_grad(f, x_i)` is the lazy tensor of the
#' gradients of `sum(eta * f)` at each pair with respect to the vector `x_i`; it
#' can be reduced, combined and differentiated again. See [grad()] for the
#' gradient of a reduction.
#'
#' @param operator An operator, made by [keops_kernel()] or by `keops_grad()`
#'   itself: gradients of gradients are operators too. Or a lazy tensor.
#' @param var The name of an argument of the operator, or its position counted
#'   from 0. With several names or positions the operator returns a list of
#'   gradients with the names of the arguments. Of a lazy tensor: the tensor
#'   that was made from the data, or the name or position that `operator$args`
#'   shows.
#' @param name The name of the additional input, which is the last one.
#' @param ... Not used.
#'
#' @return An operator, as [keops_kernel()] returns it; it takes the inputs of
#'   `operator` and after them the additional one. Of a lazy tensor, a lazy
#'   tensor.
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' op <- keops_kernel(
#'   "Sum_Reduction(SqNorm2(x - y), 0)", c("x = Vi(3)", "y = Vj(3)")
#' )
#' gradient <- keops_grad(op, "x")
#' x <- matrix(runif(100 * 3), nrow = 100)
#' y <- matrix(runif(150 * 3), nrow = 150)
#' eta <- matrix(1, nrow = 100)
#' all.equal(
#'   gradient(x, y, eta),
#'   2 * (150 * x - rep(colSums(y), each = 100)),
#'   tolerance = 1e-5
#' )
#' \dontshow{set_rkeops_options(previous)}
keops_grad <- function(operator, var, ...) {
  UseMethod("keops_grad")
}

#' @export
keops_grad.default <- function(operator, var, ...) {
  check_operator(operator, "operator", rlang::current_env())
}

#' @rdname keops_grad
#' @export
keops_grad.keops_operator <- function(operator, var, name = "eta", ...) {
  call <- rlang::current_env()
  check_string(name, "name", call)
  check_variables(var, call)
  gradients <- lapply(var, function(one) {
    one_gradient(operator_state(operator), one, name, call)
  })
  if (length(gradients) == 1L) {
    return(gradients[[1L]])
  }
  names(gradients) <- variable_names(operator, var)
  gradient_list(gradients)
}

check_variables <- function(var, call) {
  if (missing(var)) {
    abort_argument(
      "var", "the name of an argument, or its position counted from 0", , call
    )
  }
  by_name <- checkmate::test_character(var, any.missing = FALSE, min.len = 1)
  by_place <- checkmate::test_integerish(
    var, lower = 0, any.missing = FALSE, min.len = 1
  )
  if (!by_name && !by_place) {
    abort_argument(
      "var", "the name of an argument, or its position counted from 0", var,
      call
    )
  }
}

one_gradient <- function(state, var, name, call) {
  var <- if (is.numeric(var)) as.integer(var) else var
  gradient <- check_native(r_operator_gradient(state$pointer, var, name), call)
  new_operator(
    gradient$formula, gradient$args, state$axis, state$precision,
    state$sum_scheme, call, state$simplified
  )
}

variable_names <- function(operator, var) {
  if (is.character(var)) {
    return(var)
  }
  arguments <- describe_operator(operator_state(operator))$arguments
  arguments$name[match(var, arguments$position)]
}

# One call for all the gradients: what they have in common is computed once.
gradient_list <- function(gradients) {
  force(gradients)
  operator <- function(..., inner_dim = 1, nx = NULL, ny = NULL) {
    states <- lapply(gradients, operator_state)
    on.exit(for (state in states) state$shared <- NULL)
    shared <- r_shared_results()
    for (state in states) state$shared <- shared
    lapply(gradients, function(gradient) {
      gradient(..., inner_dim = inner_dim, nx = nx, ny = ny)
    })
  }
  structure(operator, class = "keops_gradients")
}

#' @rdname print.keops_operator
#' @export
print.keops_gradients <- function(x, ...) {
  gradients <- environment(x)$gradients
  for (name in names(gradients)) {
    writeLines(paste0("$", name))
    print(gradients[[name]])
  }
  invisible(x)
}
