# Gradients: the native code writes the formula of the gradient, and an
# operator is made of it like any other.

#' Make the operator of a gradient
#'
#' The gradient is the adjoint of the differential: for the operator that
#' computes `a(x, y, b, s)`, the operator `keops_grad(op, "x")` takes one more
#' input `eta`, of the shape of `a`, and computes the gradient of `sum(eta * a)`
#' with respect to `x`. The result has the shape of `x`.
#'
#' For a lazy tensor `f`, `keops_grad(f, x_i)` is the lazy tensor of the
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
#' @param ... Must be empty.
#'
#' @details
#' If an operator was called with `ranges`, its gradient is called with the
#' same: what is summed over the other index takes them transposed.
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
  check_no_more(list(...), call)
  name <- check_string(name, "name", call)
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
  by_place <- is.numeric(var) &&
    is_whole(var, lower = 0, any.missing = FALSE, min.len = 1)
  if (!by_name && !by_place) {
    abort_argument(
      "var", "the name of an argument, or its position counted from 0", var,
      call
    )
  }
}

one_gradient <- function(state, var, name, call) {
  var <- if (is.numeric(var)) as.integer(var) else enc2utf8(var)
  gradient <- check_native(r_operator_gradient(state$pointer, var, name), call)
  operator <- new_operator(
    gradient$formula, gradient$args, state$axis, state$precision,
    state$sum_scheme, call, state$simplified, state$axis_is_chosen
  )
  environment(operator)$wrt <- if (is.character(var)) {
    var
  } else {
    known <- describe_operator(state)$arguments
    known$name[[match(var, known$position)]]
  }
  operator
}

variable_names <- function(operator, var) {
  if (is.character(var)) {
    return(var)
  }
  arguments <- describe_operator(operator_state(operator))$arguments
  arguments$name[match(var, arguments$position)]
}

# One call for all the gradients: what they have in common is computed once. A
# function, and beside that, by the methods below, a list of operators.
gradient_list <- function(gradients) {
  force(gradients)
  operator <- function(..., inner_dim = 1, nx = NULL, ny = NULL,
                       ranges = NULL, groups = NULL) {
    states <- lapply(gradients, operator_state)
    on.exit(for (state in states) state$shared <- NULL)
    shared <- r_shared_results()
    for (state in states) state$shared <- shared
    lapply(gradients, function(gradient) {
      gradient(
        ..., inner_dim = inner_dim, nx = nx, ny = ny, ranges = ranges,
        groups = groups
      )
    })
  }
  structure(operator, class = "keops_gradients")
}

#' Gradients in several variables, as a list
#'
#' What [keops_grad()] returns for several variables is called like an operator,
#' and is a list of the operators too.
#'
#' @param x,object What `keops_grad()` returned for several variables.
#' @param i,name Names of variables, or places counted from 1.
#' @param ... Not used.
#' @return `[[` and `$` return the operator of one gradient, `[` those of some
#'   as an object like `x`, `as.list()` the list of all, which is what
#'   `lapply()` goes over.
#' @export
#' @examples
#' op <- keops_kernel("Sum_Reduction(SqDist(x, y), 0)", c("x=Vi(3)", "y=Vj(3)"))
#' gradients <- keops_grad(op, c("x", "y"))
#' names(gradients)
#' gradients$x
#' lengths(lapply(gradients, format))
as.list.keops_gradients <- function(x, ...) { # nolint: object_name_linter.
  environment(x)$gradients
}

#' @rdname as.list.keops_gradients
#' @export
length.keops_gradients <- function(x) length(as.list(x))

#' @rdname as.list.keops_gradients
#' @export
names.keops_gradients <- function(x) names(as.list(x))

#' @rdname as.list.keops_gradients
#' @export
`[[.keops_gradients` <- function(x, i) {
  gradients <- as.list(x)
  known <- if (is.character(i)) names(gradients) else seq_along(gradients)
  if (!is.atomic(i) || length(i) != 1L || !i %in% known) {
    abort_argument(
      "i", paste("one of", paste(known, collapse = ", ")), i, sys.call()
    )
  }
  gradients[[i]]
}

#' @rdname as.list.keops_gradients
#' @export
`$.keops_gradients` <- function(x, name) x[[name]]

#' @rdname as.list.keops_gradients
#' @export
`[.keops_gradients` <- function(x, i) {
  gradients <- about_argument("i", sys.call(), as.list(x)[i])
  if (anyNA(names(gradients))) {
    known <- paste(names(x), collapse = ", ")
    abort_argument("i", paste("among", known), i, sys.call())
  }
  gradient_list(gradients)
}

#' @rdname as.list.keops_gradients
#' @export
print.keops_gradients <- function(x, ...) {
  gradients <- as.list(x)
  for (name in names(gradients)) {
    writeLines(paste0("$", name))
    print(gradients[[name]])
  }
  invisible(x)
}

#' @rdname as.list.keops_gradients
#' @importFrom utils str
#' @export
str.keops_gradients <- function(object, ...) {
  cat("List of", length(object), "operators, and a function of their inputs\n")
  gradients <- as.list(object)
  for (name in names(gradients)) {
    cat(" $ ", name, ":", sep = "")
    str(gradients[[name]])
  }
}
