# Sums with a tolerance: its values, and which sums have one.

#' Sums with a proven error
#'
#' A sum over pairs such as `Sum_Reduction(Exp(-SqDist(x, y)) * b, 0)` takes a
#' time in proportion to the product of the numbers of rows and columns. With a
#' tolerance its time is about in proportion to their sum: pairs that are far
#' from each other are expanded together, so that the error of every row stays
#' below `tolerance` times the sum of the absolute values of its terms:
#' \deqn{|\mathrm{error}_i| \le \mathrm{tolerance} \sum_j |F_{ij} b_j|.}{
#' |error_i| <= tolerance * sum_j |F_ij b_j|.}
#' This is proven for each call, by intervals of complex numbers in which the
#' formula is evaluated, whatever the formula, the points and the weights;
#' beside it there is the rounding that sums of doubles have anyway. The error
#' that is reached is mostly a thousand times smaller.
#'
#' Give it in a call, `op(x, y, b, tolerance = 1e-6)`, to [keops_kernel()], to
#' `sum(K, index = "j", tolerance = 1e-6)`, or as the option `tolerance` (see
#' [set_rkeops_option()]), which holds for all sums, products of kernel matrices
#' `K %*% b` among them.
#'
#' * What is summed up is a function of differences `x - y` of at most 3
#'   components, one number for each pair, times numbers of the column (weights
#'   of one or several components). The function is made of smooth operations:
#'   sums, products, quotients, powers, roots, exponentials, logarithms,
#'   trigonometric and hyperbolic functions, `Erf`, kernels by name; where it
#'   has a kink or a pole, pairs near to it are computed directly.
#' * Any other sum is computed from all pairs, with the rounding of doubles (or
#'   of the precision of the operator) alone, as without a tolerance. So are
#'   calls with few pairs, calls where expansions would not be sooner, calls
#'   with ranges or batches, data that are not all finite, and calls on a GPU.
#'   `explain(op, "tolerance")` says why, or what was done.
#' * A reduction that is no sum over pairs has no tolerance: an argument
#'   `tolerance` is refused there, the option does not matter.
#' * Expansions are computed in double precision, also those of operators in
#'   single precision. What a formula makes of sums, as in their logarithm, is
#'   computed from sums with that error. Results are the same for any number of
#'   threads.
#'
#' @param tolerance A number from 1e-12 to 1.
#' @return Nothing: the page is about an argument of operators, whose value is a
#'   matrix as without it.
#' @name tolerance
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' op <- keops_kernel(
#'   "Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0)",
#'   c("x = Vi(2)", "y = Vj(2)", "b = Vj(1)", "s = Pm(1)"),
#'   precision = "float64"
#' )
#' x <- matrix(runif(2e4), ncol = 2)
#' b <- rnorm(1e4)
#' value <- op(x, x, b, 50, tolerance = 1e-6)
#' explain(op, "tolerance")
#' terms <- op(x, x, abs(b), 50)
#' max(abs(value - op(x, x, b, 50)) / terms)
#' \dontshow{set_rkeops_options(previous)}
NULL

smallest_tolerance <- 1e-12

# NULL stays NULL.
check_tolerance <- function(tolerance, name, call) {
  if (is.null(tolerance)) {
    return(NULL)
  }
  if (!checkmate::test_number(tolerance, finite = TRUE) ||
        tolerance < smallest_tolerance || tolerance > 1) {
    abort_argument(name, "a number from 1e-12 to 1, or NULL", tolerance, call)
  }
  as.double(tolerance)
}

# The native code takes a number below 0 for the option.
native_tolerance <- function(tolerance) tolerance %||% -1

refuse_tolerance <- function(state, call) {
  if (!is.null(state$tolerance)) {
    check_native(r_operator_check_tolerance(state$pointer), call)
  }
}

# The state of the same operator, with the tolerance of one call.
with_tolerance <- function(state, tolerance, call) {
  if (is.null(tolerance)) {
    return(state)
  }
  own <- new.env(parent = parent.env(state))
  list2env(as.list(state, all.names = TRUE), own)
  own$tolerance <- check_tolerance(tolerance, "tolerance", call)
  refuse_tolerance(own, call)
  own
}
