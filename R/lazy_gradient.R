# Gradients of lazy tensors: as tensors again (keops_grad), of reductions
# (grad), and of a total as a function of data (lazy_objective).

#' @rdname keops_grad
#' @param eta Of the gradient of a lazy tensor: what its components are weighted
#'   with, a lazy tensor, a vector or a number.
#' @export
keops_grad.LazyTensor <- function(operator, var, eta = 1, ...) { # nolint
  call <- rlang::current_env()
  check_no_more(list(...), call)
  operator <- as_lazy(operator, "operator", call)
  variable <- find_variable(operator, var, call)
  eta <- as_lazy(eta, "eta", call)
  refuse_codes(list(operator, eta), "keops_grad", call)
  sizes <- common_sizes(list(operator, eta), "keops_grad", call)
  parts <- check_native(r_lazy_gradient(
    native_operand(operator, TRUE), native_operand(variable),
    native_operand(eta, TRUE)
  ), call)
  value <- new_lazy(
    parts, sizes, "real", common_precision(list(operator, eta)),
    ranges = common_ranges(list(operator, eta), "keops_grad", call)
  )
  value@batch <- common_batch(list(operator, eta), "keops_grad", call)
  value
}

# The variable of x that `var` says: by a tensor, by its name, or by its
# position counted from 0.
find_variable <- function(x, var, call) {
  if (!missing(var) && is.LazyTensor(var)) {
    return(var)
  }
  names <- sub(" *=.*", "", x@args)
  place <- if (missing(var)) {
    NA
  } else if (is_whole_number(var, lower = 0)) {
    var + 1L
  } else if (checkmate::test_string(var)) {
    match(var, names)
  } else {
    NA
  }
  if (is.na(place) || place > length(names)) {
    abort_argument(
      "var", paste(
        "a variable of the LazyTensor (the one made from the data, a name such",
        "as \"V0\", or a position counted from 0)"
      ), var, call
    )
  }
  variable_at(x, place)
}

variable_at <- function(x, place) {
  category <- sub(".*= *(V?[ijPm]+)\\(.*", "\\1", x@args[[place]])
  index <- c(Vi = "i", Vj = "j", Pm = "none")[[category]]
  data <- x@data[[place]]
  own <- attr(data, "rkeops_batch")
  columns <- if (index == "none") length(data) else ncol(data)
  sizes <- no_sizes
  if (index != "none") sizes[[index]] <- nrow(data)
  # a parameter of batches has one point, which says nothing of i
  if (!is.null(own)) sizes[[index]] <- if (own$points > 1L) own$points else NA
  value <- new_lazy(
    check_native(r_lazy_variable(index, columns, data)), sizes, "real",
    x@precision
  )
  value@batch <- as.integer(own$axes)
  value
}

#' The gradient of a reduction of a lazy tensor
#'
#' For `a`, the reduction of `f` over `index`, this computes the gradient of
#' `sum(gradin * a)` with respect to the data of one variable.
#'
#' @param f A lazy tensor.
#' @param gradin What the result of the reduction is weighted with: a lazy
#'   tensor indexed like the result, a matrix of the shape of the result, or one
#'   number.
#' @param opstr The name of the reduction, `"Sum"`, as in
#'   [reduction.LazyTensor()].
#' @param var The variable: the lazy tensor made from the data, the name that
#'   `f$args` shows, or its position there, counted from 0.
#' @param index The index that is reduced, `"i"` or `"j"`.
#' @param opt_arg The whole number, or the weight, that the reduction needs, as
#'   in [reduction.LazyTensor()]. `var` may be the lazy tensor that is the
#'   weight, or one that it is made of.
#' @param precision `"float32"` or `"float64"`; `NULL`, that of `f`.
#' @return A matrix of the shape of the data of `var` (of one row for a
#'   parameter).
#' @seealso [keops_grad()] for the gradient at each pair as a lazy tensor,
#'   [lazy_objective()] for optimisers.
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' x <- matrix(runif(20), 10)
#' y <- matrix(runif(30), 15)
#' x_i <- Vi(x)
#' D <- sqdist(x_i, Vj(y))
#' grad(exp(-D), 1, "Sum", x_i, "j")
#' # of means weighted by exp(-D)
#' b_j <- Vj(runif(15))
#' grad(-D, 1, "SumSoftMaxWeight", b_j, "j", b_j)
#' \dontshow{set_rkeops_options(previous)}
grad <- function(f, gradin, opstr, var, index, opt_arg = NULL,
                 precision = NULL) {
  call <- rlang::current_env()
  check_lazy(f, "f", call)
  check_string(opstr, "opstr", call)
  read_index(index, call)
  other <- if (index == "j") "i" else "j"
  is_data <- !missing(gradin) &&
    (is.matrix(gradin) || is_batch_array(gradin)) && length(gradin) > 1L
  if (is_data) {
    gradin <- LazyTensor(gradin, other, precision = precision_of(f))
  }
  gradin <- as_lazy(gradin, "gradin", call)
  integers <- integer()
  operands <- list(f)
  if (is.null(opt_arg) || is.int(opt_arg)) {
    integers <- as.integer(opt_arg)
  } else {
    operands <- list(f, reduction_weight(f, opt_arg, call))
  }
  variable <- find_variable(f, var, call)
  refuse_codes(c(operands, gradin), "grad", call)
  common_sizes(c(operands, gradin), "grad", call)
  if (length(common_batch(c(operands, gradin), "grad", call))) {
    return(grad_batches(
      operands, gradin, opstr, variable, index, integers, precision, call
    ))
  }
  grad_stacked(
    operands, gradin, opstr, variable, index, integers, precision, call
  )
}

grad_stacked <- function(operands, gradin, opstr, variable, index, integers,
                         precision, call) {
  check_native(r_lazy_reduction_gradient(
    unname(lapply(operands, native_operand, TRUE)), native_operand(variable),
    native_operand(gradin),
    evaluation(
      opstr, integers, index,
      chosen_precision(precision, c(operands, gradin), call),
      common_ranges(operands, "grad", call)
    )
  ), call)
}

reduction_weight <- function(f, weight, call) {
  if (is_sequence(weight) && has_index(f)) {
    check_vector(weight, "opt_arg", list(f), call)
  }
  as_lazy(weight, "opt_arg", call)
}

#' An objective and its gradient, for optimisers
#'
#' @param f A function of a matrix or vector that returns a lazy tensor. The
#'   objective is the sum of the reduction `opstr` over `index` of this tensor:
#'   by default the sum over all pairs.
#' @param start A matrix or vector of the shape that `f` expects.
#' @param opstr,index The reduction, as in [reduction.LazyTensor()].
#' @param precision `"float32"` or `"float64"`, in which objective and gradient
#'   are computed; `NULL`, that of the tensor that `f` returns.
#'
#' @details
#' Where `f` makes a tensor of its argument, it must be of the argument itself:
#' `Vi(x)`, `Vj(x)`, `Pm(x)`, all of them count. `Vi(2 * x)` is data of its own,
#' with respect to which nothing is differentiated; write `2 * Vi(x)`.
#'
#' @return A list of two functions of a vector or matrix, `fn` the objective and
#'   `gr` its gradient, of the shape of its argument, as [stats::optim()] takes
#'   them. Such lists can be added, subtracted and multiplied by numbers:
#'   objectives of several terms.
#' @export
#' @examples
#' \dontshow{
#' previous <- set_rkeops_options(threads = 2, precision = "float64")
#' }
#' # the point with the smallest sum of distances to others
#' y <- matrix(rnorm(40), 20)
#' objective <- lazy_objective(
#'   function(x) norm2(Pm(x) - Vj(y)), start = colMeans(y)
#' )
#' optim(colMeans(y), objective$fn, objective$gr, method = "BFGS")$par
#' # points that attract others and repel each other
#' x <- matrix(rnorm(20), 10)
#' near <- lazy_objective(function(x) sqdist(Vi(x), Vj(y)), x)
#' apart <- lazy_objective(function(x) exp(-sqdist(Vi(x), Vj(x))), x)
#' both <- near + 50 * apart
#' both$fn(x) > both$fn(x - 1e-3 * both$gr(x))
#' \dontshow{set_rkeops_options(previous)}
lazy_objective <- function(f, start, opstr = "Sum", index = "j",
                           precision = NULL) {
  call <- rlang::current_env()
  if (missing(f) || !is.function(f)) {
    abort_argument("f", "a function that returns a LazyTensor", f, call)
  }
  start <- check_data(start, "start", call)
  check_string(opstr, "opstr", call)
  read_index(index, call)
  if (!is.null(precision)) read_precision(precision, "precision", call)
  new_objective(
    fn = function(par) {
      call <- rlang::current_env()
      value <- tensor_of(f, as_start(par, start, call), call)
      sum(reduce_tensor(
        value, opstr, index, call = call, precision = precision
      ))
    },
    gr = function(par) {
      call <- rlang::current_env()
      x <- as_start(par, start, call)
      gradient <- objective_gradient(
        tensor_of(f, x, call), x, opstr, index, precision, call
      )
      # as vectors for optim(), as a matrix for p - step * gr(p)
      dim(gradient) <- dim(par)
      gradient
    }
  )
}

new_objective <- function(fn, gr) {
  structure(list(fn = fn, gr = gr), class = "lazy_objective")
}

# Sums, differences, and products with numbers.
#' @export
Ops.lazy_objective <- function(e1, e2) {
  call <- rlang::current_env()
  if (missing(e2)) {
    e2 <- e1
    e1 <- 0
  }
  are <- vapply(list(e1, e2), inherits, NA, "lazy_objective")
  valid <- if (.Generic %in% c("+", "-")) {
    all(are) || identical(e1, 0)
  } else if (.Generic == "*") {
    sum(are) == 1L && is_factor_number(if (are[[1L]]) e2 else e1)
  } else {
    .Generic == "/" && are[[1L]] && is_factor_number(e2)
  }
  if (!valid) {
    abort_rkeops(
      "argument", sprintf("`%s` of an objective is not defined.", .Generic),
      hints = "Objectives are added, subtracted, and multiplied by numbers.",
      call = call
    )
  }
  operator <- get(.Generic, baseenv())
  part_of <- function(e, part, par) {
    if (inherits(e, "lazy_objective")) e[[part]](par) else e
  }
  new_objective(
    fn = function(par) operator(part_of(e1, "fn", par), part_of(e2, "fn", par)),
    gr = function(par) operator(part_of(e1, "gr", par), part_of(e2, "gr", par))
  )
}

is_factor_number <- function(x) checkmate::test_number(x, finite = TRUE)

#' @export
print.lazy_objective <- function(x, ...) {
  cat("<lazy_objective> of functions `fn` and its gradient `gr`\n")
  invisible(x)
}

# A new object with the values of `par`: what is found in the tensor again.
as_start <- function(par, start, call) {
  if (!is.numeric(par) || length(par) != length(start)) {
    abort_argument(
      "par", paste(length(start), "numbers, as many as `start` has"), par, call
    )
  }
  x <- as.double(start)
  x[] <- par
  dim(x) <- dim(start)
  x
}

tensor_of <- function(f, x, call) {
  value <- f(x)
  if (!is.LazyTensor(value)) {
    abort_rkeops(
      "argument", "`f` must return a LazyTensor.",
      hints = "The reduction is done for it.", call = call
    )
  }
  value
}

objective_gradient <- function(f, x, opstr, index, precision, call) {
  is_x <- vapply(f@data, function(data) {
    rlang::is_reference(source_of(data), x)
  }, NA)
  if (!any(is_x)) {
    abort_rkeops(
      "argument", "The LazyTensor does not use the argument of `f` itself.",
      hints = "Write `Vi(x)`, `Vj(x)` or `Pm(x)`, and functions of these.",
      call = call
    )
  }
  total <- 0
  for (place in which(is_x)) {
    gradient <- grad(f, 1, opstr, place - 1L, index, precision = precision)
    total <- total + as.vector(gradient)
  }
  total
}
